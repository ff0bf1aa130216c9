"""Dendrites as rows of places, where the spines of a population share signals.

All projections onto a population whose spines have the same part share its signals. A
place is a piece of a compartment of about a micrometre; signals of a branch or a neuron
have one place for each. Compartments do not exchange what spreads in them.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from brian2.utils.stringtools import word_substitute

from neurospine.description.expressions import names_read, parse_statements
from neurospine.description.slow_parts import Extent, SlowPart
from neurospine.errors import ModelError
from neurospine.simulation.network import Array, Border, Group, Kernel
from neurospine.simulation.numbers import Numbers
from neurospine.simulation.random import slow_code
from neurospine.simulation.sites import Sites
from neurospine.simulation.slow import place_of, released

#: Length of a place in um, at the most.
PLACE = 1.0


def extents(part: SlowPart) -> tuple[Extent, ...]:
    """Return the extents of a part's signals, each once."""
    return tuple(dict.fromkeys(signal.extent for signal in part.signals.values()))


class Dendrites:
    """The places of one extent for the signals of one part, in all copies of a population.

    Parameters
    ----------
    numbers
        The model in each condition.
    population
        The cells.
    cells
        Their number in all copies of the circuit.
    part, extent
        Whose signals.
    """

    def __init__(
        self, numbers: Numbers, population: str, cells: int, part: SlowPart, extent: Extent
    ) -> None:
        self.numbers, self.part, self.extent, self.cells = numbers, part, extent, cells
        self.name = f"{population}_{place_of(part, extent)}"
        self.copies = len(numbers.models) * numbers.repeats
        self.lengths: dict[str, Array] = {}

    def reach(self, projection: str, lengths: dict[str, Array]) -> None:
        """Add the compartments that a projection reaches: lengths in um, one for each copy.

        Raises
        ------
        ModelError
            If its spines are not on dendrites, or on one that has another length elsewhere.
        """
        if self.extent == "neuron":
            return
        if not lengths:
            raise ModelError(
                f"projection {projection!r}: the part {self.part.name!r} of its spines works "
                "along dendrites: give 'compartments', or the 'length' of one"
            )
        for compartment, length in lengths.items():
            known = self.lengths.setdefault(compartment, length)
            if np.any(known != length):
                raise ModelError(
                    f"projection {projection!r}: length: differs from that of another projection "
                    "onto the same dendrites"
                )

    def places(self, sites: Sites, post: Array) -> Array:
        """Return the number of the place of every slot; `post` are their cells."""
        if self.extent == "neuron":
            return post.astype(np.int32)
        rows = {name: number for number, name in enumerate(self.lengths)}
        row = np.array([rows[name] for name in sites.compartment], np.int64)
        copy = post // (self.cells // self.copies)
        counts, starts = self._rows()
        length = np.array(list(self.lengths.values()))[row, copy]
        count = counts[copy, row]
        piece = np.minimum((sites.position / length * count).astype(np.int64), count - 1)
        return np.asarray(starts[post, row] + piece, np.int32)

    def _rows(self) -> tuple[Array, Array]:
        """Return the places of each row by copy, and the first place of it by cell."""
        lengths = np.array(list(self.lengths.values())).T
        counts = np.ones(lengths.shape, np.int64)
        if self.extent == "dendrite":
            counts = np.maximum(1, np.ceil(lengths / PLACE - 1e-9)).astype(np.int64)
        each = np.repeat(counts, self.cells // self.copies, axis=0)
        ends = np.cumsum(each.ravel())
        return counts, np.concatenate([[0], ends[:-1]]).reshape(each.shape)

    def group(self) -> Group:
        """Return the places with their signals and numbers."""
        spread = self._signals(spreads=True)
        if self.extent == "neuron":
            counts, copy = np.ones((self.copies, 1), np.int64), np.arange(self.copies)
            copy = np.repeat(copy, self.cells // self.copies)
        else:
            counts, _ = self._rows()
            copy = np.repeat(
                np.arange(self.copies), counts.sum(axis=1) * (self.cells // self.copies)
            )
        size = copy.size
        lines, values = ["interval : second (shared)"], {"interval": np.zeros(1)}
        for name in self._signals():
            lines += [f"{name} : 1", f"{released(name)} : 1"]
            values |= {name: np.zeros(size), released(name): np.zeros(size)}
        if self.extent == "dendrite":
            lines.append("place_length : 1 (constant)")
            values["place_length"] = self._by_place(
                np.array(list(self.lengths.values())).T / counts
            )
        for name in spread:
            lines.append(f"coupling_{name} : 1/second (constant)")
            values[f"coupling_{name}"] = self._coupling(name, copy, values["place_length"])
        used = set().union(*(names_read(self.part.signals[n].step) for n in self._signals()))
        for name in self.part.parameters:
            if name in used:
                unit = self.numbers.model.parameters.entries[f"{self.part.name}.{name}"].declaration
                lines.append(f"{name} : {unit} (constant)")
                number = np.bincount(
                    copy // self.numbers.repeats, minlength=len(self.numbers.models)
                )
                values[name] = self.numbers.spread(self.part.name, name, number)
        return Group(self.name, size, "\n".join(lines), values)

    def _by_place(self, by_row: Array) -> Array:
        """Return at each place what holds in each copy and row."""
        counts, _ = self._rows()
        each = self.cells // self.copies
        return np.repeat(
            np.repeat(by_row, each, axis=0).ravel(), np.repeat(counts, each, axis=0).ravel()
        )

    def _coupling(self, name: str, copy: Array, length: Array) -> Array:
        signal = self.part.signals[name]
        assert signal.diffusion
        diffusion = self.numbers.copies(self.part.name, signal.diffusion)[copy] * 1e12  # um**2/s
        counts, starts = self._rows()
        coupling = diffusion / length**2
        each = np.repeat(counts, self.cells // self.copies, axis=0)
        coupling[(starts + each - 1).ravel()] = 0.0
        return np.asarray(coupling)

    def _signals(self, *, spreads: bool = False) -> list[str]:
        """Return the signals of this extent, or only those that diffuse."""
        signals = self.part.signals.items()
        return [n for n, s in signals if s.extent == self.extent and (s.diffusion or not spreads)]

    def borders(self) -> Iterator[Border]:
        """Yield what is done with the places in a tick, after releases and before spines look."""
        halves = [
            Border(
                self.name,
                f"spread_{name}",
                "live",
                "",
                kernel=Kernel("spread", name, coupling=f"coupling_{name}", share=0.5),
            )
            for name in self._signals(spreads=True)
        ]
        yield from halves
        lines = []
        for name in self._signals():
            density = "/place_length" if self.extent == "dendrite" else ""
            names = {"released": f"({released(name)}{density})"}
            for s in parse_statements(word_substitute(self.part.signals[name].step, names)):
                value = f"{s.name} {s.operator} ({s.expression})" if s.operator else s.expression
                lines.append(f"{s.name} = {value}")
        lines += [f"{released(name)} = 0.0" for name in self._signals()]
        yield Border(self.name, "step", "live", slow_code("\n".join(lines)))
        yield from (Border(b.owner, f"{b.name}_on", b.role, "", kernel=b.kernel) for b in halves)

    def collecting(self, projection: str) -> Iterator[Border]:
        """Yield what brings releases of a projection's spines to the places."""
        index = place_of(self.part, self.extent)
        for name in self._signals():
            what = Kernel("collect", released(name), self.name, released(name), index)
            yield Border(projection, f"collect_{name}", "live", "", kernel=what)

    def looking(self, projection: str) -> Iterator[Border]:
        """Yield what brings signals to a projection's spines."""
        index = place_of(self.part, self.extent)
        for name in self._signals():
            what = Kernel("look", name, self.name, name, index)
            yield Border(projection, f"look_{name}", "live", "", kernel=what)
