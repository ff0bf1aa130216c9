"""The kinds of model file: plasticity rules, spine parts, neurons and circuits.

Each class is the schema of one kind. Parts know nothing of each other; they
meet at the ports that `needs` and `provides` name (see `model.py`).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, PositiveInt

from neurospine.description.entries import LibraryFile, ParameterEntry, SetEntry, ValueEntry
from neurospine.description.expressions import (
    Equation,
    Statement,
    parse_equations,
    parse_statements,
)
from neurospine.description.library import display, find_file, parse_toml, read_text
from neurospine.description.schema import Table, read_table
from neurospine.errors import ModelError, shorten, suggest

DriveKind = Literal["additive", "multiplicative"]


class CellSection(Table):
    """State that a rule keeps once per neuron, and what a spike does to it."""

    equations: str = ""
    on_spike: str = ""

    def parsed(self) -> tuple[tuple[Equation, ...], tuple[Statement, ...]]:
        """Return the checked equations and statements."""
        return parse_equations(self.equations), parse_statements(self.on_spike)


class SynapseSection(Table):
    """What a rule does at a spine when a spike arrives there or its neuron fires."""

    on_pre: str = ""
    on_post: str = ""


class FoldedSection(Table):
    """The rule's `on_post` drive as a presynaptic trace times a postsynaptic gain.

    With it the postsynaptic pathway can be left out exactly (see
    `neurospine.simulation.forms`).
    """

    trace: str
    time_constant: str
    gain: str


class Part(LibraryFile):
    """A model file with parameters and named sets of their values."""

    parameters: dict[str, ParameterEntry] = {}
    sets: dict[str, SetEntry] = {}


class PlasticityPart(Part):
    """A plasticity rule: it sets the port `drive`."""

    kind: Literal["plasticity"]
    drive: DriveKind
    needs: tuple[str, ...] = ()
    provides: tuple[str, ...] = ("drive",)
    presynaptic: CellSection = CellSection()
    postsynaptic: CellSection = CellSection()
    synapse: SynapseSection
    folded: FoldedSection | None = None


class VolumeSection(Table):
    """How a drive changes head volume, and between which bounds."""

    unit: str
    initial: str
    lowest: str
    highest: str
    additive: str
    multiplicative: str


class StructurePart(Part):
    """What a drive does to the spine: it sets the port `volume`."""

    kind: Literal["structure"]
    needs: tuple[str, ...] = ("drive",)
    provides: tuple[str, ...] = ("volume",)
    volume: VolumeSection


class ReadoutSection(Table):
    """An expression for the port that a readout sets."""

    unit: str
    value: str


class ReadoutPart(Part):
    """How volume becomes synaptic weight: it sets the port `weight`."""

    kind: Literal["readout"]
    needs: tuple[str, ...] = ("volume",)
    provides: tuple[str, ...] = ("weight",)
    weight: ReadoutSection


class SpinePart(LibraryFile):
    """A spine model: the parts it is made of."""

    kind: Literal["spine"]
    use: tuple[str, ...]


class NeuronPart(Part):
    """A point neuron."""

    kind: Literal["neuron"]
    equations: str
    threshold: str
    reset: str
    refractory: str
    initial: dict[str, str] = {}
    method: Literal["exact", "exponential_euler", "euler", "rk2", "rk4"] = "exact"


class Population(Table):
    """Cells of one kind; without `neuron` they spike only where a protocol says so."""

    size: PositiveInt | str
    neuron: str | None = None


class Connectivity(Table):
    """Which cells are joined.

    ``fixed_in_degree`` draws the partners of each postsynaptic cell independently:
    a pair of cells may share several spines, no cell contacts itself.
    """

    rule: Literal["one_to_one", "all_to_all", "fixed_in_degree"]
    in_degree: str | None = None


class Projection(Table):
    """Spines from the axons of one population onto the cells of another."""

    origin: Annotated[str, Field(alias="from")]
    target: Annotated[str, Field(alias="to")]
    spine: str
    connectivity: Connectivity
    delay: str
    delay_spread: str | None = None
    effect: str = ""


class Drive(Table):
    """Independent Poisson input to every cell of a population."""

    target: Annotated[str, Field(alias="to")]
    rate: str
    effect: str


class CircuitPart(Part):
    """Populations, the projections between them and what drives them."""

    kind: Literal["circuit"]
    populations: dict[str, Population]
    projections: dict[str, Projection] = {}
    drives: dict[str, Drive] = {}
    use_sets: tuple[str, ...] = ()
    values: dict[str, ValueEntry] = {}


KINDS: dict[str, type[LibraryFile]] = {
    "plasticity": PlasticityPart,
    "structure": StructurePart,
    "readout": ReadoutPart,
    "spine": SpinePart,
    "neuron": NeuronPart,
    "circuit": CircuitPart,
}


def parse_part(text: str, origin: str) -> Any:
    """Return the part that a TOML text describes, of the class its `kind` names.

    Raises
    ------
    ModelError
        If a key is missing, unknown or of the wrong type.
    """
    table = parse_toml(text, origin)
    kind = table.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise ModelError(
            f"{origin}: kind = {shorten(repr(kind))}. {suggest(str(kind), [*KINDS, 'protocol'])}"
        )
    return read_table(KINDS[kind], table, origin, ModelError)


class PartSource:
    """Where the parts of one model come from: given texts first, then the library.

    `texts` collects the text of every part read, for the record of a run.
    """

    def __init__(self, given: dict[str, str] | None = None) -> None:
        self.given = dict(given or {})
        self.texts: dict[str, str] = {}

    def load(self, name: str, *kinds: str) -> tuple[Any, str]:
        """Return the part called `name`, which must be of one of `kinds`, and its origin."""
        if name in self.given:
            text, origin = self.given[name], f"<{name}>"
        else:
            path = find_file(name, "models")
            text, origin = read_text(path), display(path)
            name = path.stem
        part = parse_part(text, origin)
        if part.kind not in kinds:
            raise ModelError(
                f"{origin}: a {' or '.join(kinds)} is wanted here, this is a {part.kind}"
            )
        if part.name != name:
            raise ModelError(
                f"{origin}: the name inside is {part.name!r}; it must agree with the file's, "
                f"{name!r}"
            )
        self.texts[part.name] = text
        return part, origin
