"""Networks that learn: their tables, and how files build on each other.

A file may name a `base` and then holds only what differs from it. Numbers come from the
source that the file names; those of the base keep the source of their own file.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, PositiveInt

from neurospine.description.entries import LibraryFile
from neurospine.description.library import display, find_file, parse_toml, read_text
from neurospine.description.references import check_source
from neurospine.description.schema import Number, Table, read_table
from neurospine.errors import LearningError, ModelError
from neurospine.learning.base import set_value, with_base
from neurospine.learning.dendritic.checks import check_network
from neurospine.learning.words import Relative

#: Cells of a layer: excitatory, inhibitory onto somata, inhibitory onto dendrites.
Population = Literal["E", "SomaI", "DendI"]
Rule = Literal[
    "fixed", "dendritic_target", "dendritic_loss", "hebb", "clipped_hebb", "contrast", "btsp",
    "bcm", "transpose", "backprop",
]  # fmt: skip
Positive = Annotated[float, Field(strict=True, gt=0)]
Share = Annotated[float, Field(strict=True, ge=0, le=1)]
#: What can be silent: cells, or excitation of dendrites from above.
Silenced = Literal["SomaI", "DendI", "top_down"]


class Projection(Table):
    """Weights from one population onto another, and how they learn.

    Those that are `fixed` stay as they are. At the start they are even between 0 and
    ``spread/sqrt(presynaptic cells)``; with `total` the inputs of each cell are then, and after
    each sample, scaled to that sum.
    """

    rule: Rule = "fixed"
    rate: Number | None = None
    spread: Positive | None = None
    total: Positive | None = None
    scale: Positive | None = None
    largest: Positive | None = None
    discount: Positive | None = None
    threshold: Positive | None = None
    tau_threshold: Positive | None = None


class Layer(Table):
    """Cells of a layer by population, the rate at which biases learn, projections onto them.

    Dendrites have adapted to a share `adaptation` of their state before the target comes. A
    share `balance` of the mean nudge of all output cells is taken from each. With
    `silent_learn`, outputs that are silent get their error too.
    """

    E: PositiveInt
    SomaI: int = Field(default=0, ge=0)
    DendI: int = Field(default=0, ge=0)
    bias_rate: Number | None = None
    adaptation: Share = 0.0
    balance: Share = 0.0
    silent_learn: bool = False
    projections: dict[str, Projection]

    @property
    def populations(self) -> tuple[Population, ...]:
        """The populations that have cells."""
        sizes = {"E": self.E, "SomaI": self.SomaI, "DendI": self.DendI}
        return tuple(name for name, size in sizes.items() if size)  # type: ignore[misc]

    def size(self, population: str) -> int:
        """Return the number of cells of a population."""
        return int(getattr(self, population))


class LivingSpines(Table):
    """How weights live as spines, by a spine model with its sets, values and disorders.

    A day lasts `samples_per_day`; before the first sample, spines have lived `settle` days.
    """

    model: str
    sets: tuple[str, ...] = ()
    values: dict[str, Number | str] = {}
    disorders: tuple[str, ...] = ()
    samples_per_day: Positive
    settle: int = Field(default=0, ge=0)


class AdaptiveBounds(Table):
    """Bounds that adapt to weights; see `bounds.BoundNumbers`."""

    relative: Relative = "one"
    start: Positive
    checks: Positive = 18.0
    growth: Number = 1.0
    growth_step: Number = 0.0
    shrinkage: Number = 0.75
    shrinkage_step: Number = 0.0
    smallest: Number = 0.0


class Structural(Table):
    """What happens to some projections at every so many samples, whatever their rules."""

    every: PositiveInt
    projections: Annotated[tuple[str, ...], Field(min_length=1)]
    spines: LivingSpines | None = None
    bounds: AdaptiveBounds | None = None


class Network(LibraryFile):
    """A checked network; its fields are the tables of a file with its bases.

    Raises
    ------
    LearningError
        If a table is wrong; the message names table and key.
    """

    kind: Literal["network"]
    data: str
    source: str
    where: str = ""
    base: str | None = None
    samples: PositiveInt
    inputs: PositiveInt
    steps: PositiveInt = 15
    tau: Annotated[float, Field(strict=True, ge=1)] = 3.0
    dale: bool = True
    settling: tuple[Population, ...] = ()
    backward_steps: PositiveInt = 1
    falling: tuple[str, ...] = ()
    silenced_in_training: tuple[Silenced, ...] = ()
    silenced_in_test: tuple[Silenced, ...] = ()
    structural: Structural | None = None
    layers: dict[str, Layer]

    @property
    def batch(self) -> int:
        """How many samples are learned together."""
        return 1

    @property
    def output(self) -> str:
        """The name of the last layer."""
        return list(self.layers)[-1]

    @property
    def classes(self) -> int:
        """How many classes the network tells apart."""
        return self.layers[self.output].E

    def below(self, layer: str) -> str | None:
        """Return the layer below another; None where that is the input."""
        names = list(self.layers)
        place = names.index(layer)
        return names[place - 1] if place else None

    def above(self, layer: str) -> str:
        """Return the layer above another."""
        names = list(self.layers)
        return names[names.index(layer) + 1]

    def cells_below(self, layer: str) -> int:
        """Return how many excitatory cells, or inputs, project to a layer from below."""
        below = self.below(layer)
        return self.layers[below].E if below else self.inputs

    def sources(self, layer: str, projection: str) -> int:
        """Return the number of presynaptic cells of a projection."""
        origin = projection.partition("_to_")[0]
        if origin == "below":
            return self.cells_below(layer)
        if origin == "above":
            return self.layers[self.above(layer)].E
        return self.layers[layer].size(origin)

    def rules(self, rule: Rule) -> list[tuple[str, str]]:
        """Return layer and name of every projection that learns by a rule."""
        return [
            (label, name)
            for label, layer in self.layers.items()
            for name, projection in layer.projections.items()
            if projection.rule == rule
        ]


def load_network(name: str | Path, values: Mapping[str, Any] | None = None) -> Network:
    """Return a network by library name or path.

    Parameters
    ----------
    name
        A file of the folder `networks` of the library, or a path.
    values
        What to change, by the path of a key: ``"steps"``, ``"H1.E"`` or
        ``"H1.below_to_E.rate"``.

    Raises
    ------
    LearningError
        If a key is missing, unknown or of the wrong type, or names nothing of the network.
    """
    path = find_file(name, "networks")
    return parse_network(read_text(path), display(path), values)


def parse_network(text: str, origin: str, values: Mapping[str, Any] | None = None) -> Network:
    """Return the network that a TOML text describes; see `load_network`."""
    table = with_base(parse_toml(text, origin), origin)
    for path, value in (values or {}).items():
        set_value(table, path, value, origin)
    network = read_table(Network, table, origin, LearningError)
    try:
        check_source(network.source)
    except ModelError as error:
        raise LearningError(f"{origin}: source: {error}") from None
    check_network(network, origin)
    if network.structural is not None:
        from neurospine.learning.dendritic.structural_checks import check_structural

        check_structural(network, origin)
    return network
