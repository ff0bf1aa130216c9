"""Which dendrites the spines of each projection share signals on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from neurospine.simulation.dendrites import Dendrites, extents
from neurospine.simulation.network import Array, Border, Group
from neurospine.simulation.numbers import Numbers
from neurospine.simulation.sites import Sites, dendrite_lengths
from neurospine.simulation.slow import place_of


@dataclass(frozen=True)
class Shared:
    """What the spines of one projection share: dendrites, and the places of its slots there."""

    dendrites: tuple[Dendrites, ...] = ()
    places: Mapping[str, Array] = field(default_factory=dict)

    def collecting(self, projection: str) -> Iterator[Border]:
        """Yield what brings releases to the places."""
        for one in self.dendrites:
            yield from one.collecting(projection)

    def looking(self, projection: str) -> Iterator[Border]:
        """Yield what brings signals to the spines."""
        for one in self.dendrites:
            yield from one.looking(projection)


class Sharing:
    """The dendrites of a network on which spines share signals.

    Parameters
    ----------
    numbers
        The model in each condition.
    sizes
        Cells in one copy of each population.
    """

    def __init__(self, numbers: Numbers, sizes: Mapping[str, int]) -> None:
        self.numbers = numbers
        copies = len(numbers.models) * numbers.repeats
        self.known: dict[tuple[str, str, str], Dendrites] = {}
        for name, projection in numbers.model.circuit.projections.items():
            for part in numbers.model.spines[name].slow:
                for extent in extents(part):
                    key = (projection.target, part.name, extent)
                    if key not in self.known:
                        cells = sizes[projection.target] * copies
                        self.known[key] = Dendrites(numbers, projection.target, cells, part, extent)
                    self.known[key].reach(name, dendrite_lengths(numbers, name))

    def of(self, projection: str, sites: Sites, post: Array) -> Shared:
        """Return what the spines of a projection share; `post` are the cells of its slots."""
        model = self.numbers.model
        target = model.circuit.projections[projection].target
        found, places = [], {}
        for part in model.spines[projection].slow:
            for extent in extents(part):
                one = self.known[target, part.name, extent]
                found.append(one)
                places[place_of(part, extent)] = one.places(sites, post)
        return Shared(tuple(found), places)

    def groups(self) -> list[Group]:
        """Return the groups of places."""
        return [one.group() for one in self.known.values()]

    def borders(self) -> Iterator[Border]:
        """Yield what is done with the places in a tick, after releases and before spines look."""
        for one in self.known.values():
            yield from one.borders()
