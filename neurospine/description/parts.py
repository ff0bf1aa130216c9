"""The kinds of model file: neurons, circuits, parts of spines (`spine_parts.py`), disorders."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, PositiveInt

from neurospine.description.cell_parts import Compartment, MechanismPart, Membrane, Transmitter
from neurospine.description.connectivity import Connectivity
from neurospine.description.disorder import Disorder
from neurospine.description.entries import LibraryFile, Part, ValueEntry
from neurospine.description.library import (
    display,
    find_file,
    list_files,
    parse_toml,
    read_text,
    said_where,
)
from neurospine.description.neuromodulator_parts import (
    GatePart,
    Neuromodulator,
    NeuromodulatorPart,
)
from neurospine.description.plasticity_parts import PlasticityPart
from neurospine.description.schema import Table, read_table
from neurospine.description.slow_parts import ConsolidationPart, NeighboursPart
from neurospine.description.spine_parts import (
    GeometryPart,
    IntrinsicPart,
    ReadoutPart,
    SpinePart,
    StagesPart,
    StructurePart,
)
from neurospine.errors import ModelError, shorten, suggest

PointMethod = Literal["exact", "exponential_euler", "euler", "rk2", "rk4"]
CableMethod = Literal["backward_euler", "crank_nicolson"]
Placement = Literal["random", "even"]


class NeuronPart(Part):
    """A point neuron, given by its equations, or a neuron of compartments.

    The second has a `membrane`, `compartments` with mechanisms, and `values` for the
    parameters of these: ``<name>`` in all compartments or ``<name>_<compartment>``.
    A point neuron's equations may read ``i_injected`` (amp), which stimuli inject into it;
    its `transmitters` say to which transmitter a variable answers that projections add to:
    what adds to it then excites (glutamate) or inhibits (gaba).
    """

    kind: Literal["neuron"]
    equations: str = ""
    threshold: str = ""
    reset: str = ""
    refractory: str = ""
    initial: dict[str, str] = {}
    transmitters: dict[str, Transmitter] = {}
    method: PointMethod | CableMethod | None = None
    membrane: Membrane | None = None
    compartments: dict[str, Compartment] = {}
    values: dict[str, ValueEntry] = {}


class Population(Table):
    """Cells of one kind; without `neuron` they spike only where a protocol says so.

    All their projections excite, or all inhibit (see `dale.py`); with `transmitter` it
    is said which.
    """

    size: PositiveInt | str
    neuron: str | None = None
    transmitter: Transmitter | None = None


class Projection(Table):
    """Spines from the axons of one population onto the cells of another.

    On point neurons an arrival has an `effect`. On neurons of compartments spines lie on
    `compartments`, evenly over their membrane, and open `receptors`: mechanisms, each
    with the parameter that is its peak conductance at weight 1. One that `gates` another
    projection inhibits the dendrite at its spines, which their rule may read. A rule reads the
    potential and calcium under its spine, or those of the compartment that it `follows`.

    Cells without compartments may have one straight dendrite of a `length`. Spines lie on a
    dendrite at `random` or at `even` distances (`placement`), or all at one `position`, which
    counts from the parent's side (see `places.py`).
    """

    origin: Annotated[str, Field(alias="from")]
    target: Annotated[str, Field(alias="to")]
    spine: str
    connectivity: Connectivity
    delay: str
    delay_spread: str | None = None
    effect: str = ""
    compartments: tuple[str, ...] = ()
    receptors: dict[str, str] = {}
    gates: str | None = None
    follows: str | None = None
    length: str | None = None
    placement: Placement | None = None
    position: str | None = None


class Drive(Table):
    """Independent random input to every cell of a population.

    With a `rate`, `effect` may use ``count``, the number of Poisson events in a
    step; without, it may use ``noise``, a standard normal number for each step.
    """

    target: Annotated[str, Field(alias="to")]
    rate: str | None = None
    effect: str


class CircuitPart(Part):
    """Populations, projections between them, what drives them and what modulates their spines."""

    kind: Literal["circuit"]
    populations: dict[str, Population]
    projections: dict[str, Projection] = {}
    drives: dict[str, Drive] = {}
    neuromodulators: dict[str, Neuromodulator] = {}
    use_sets: tuple[str, ...] = ()
    values: dict[str, ValueEntry] = {}


KINDS: dict[str, type[LibraryFile]] = {
    "plasticity": PlasticityPart,
    "gate": GatePart,
    "structure": StructurePart,
    "consolidation": ConsolidationPart,
    "neighbours": NeighboursPart,
    "intrinsic": IntrinsicPart,
    "stages": StagesPart,
    "readout": ReadoutPart,
    "geometry": GeometryPart,
    "spine": SpinePart,
    "mechanism": MechanismPart,
    "neuron": NeuronPart,
    "neuromodulator": NeuromodulatorPart,
    "circuit": CircuitPart,
    "disorder": Disorder,
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
    if kind is None:
        raise ModelError(f"{origin}: the key 'kind' is missing: 'protocol', or {', '.join(KINDS)}")
    if not isinstance(kind, str) or kind not in KINDS:
        raise ModelError(
            f"{origin}: kind = {shorten(repr(kind))}. {suggest(str(kind), [*KINDS, 'protocol'])}"
        )
    return read_table(KINDS[kind], table, origin, ModelError)


class PartSource:
    """Where the parts of one model come from: given texts first, then the library.

    `texts` collects the text of every part read, for the record of a run. Parts are not
    looked up in the `folder` of the file that names them, but errors say so.
    """

    def __init__(self, given: dict[str, str] | None = None, folder: Path | None = None) -> None:
        self.given = dict(given or {})
        self.folder = folder
        self.texts: dict[str, str] = {}

    def load(self, name: str, *kinds: str) -> tuple[Any, str]:
        """Return the part called `name`, which must be of one of `kinds`, and its origin."""
        if self.given and name.endswith(".toml"):
            name = Path(name).stem if Path(name).stem in self.given else name
        if name in self.given:
            text, origin = self.given[name], f"<{name}>"
        else:
            with said_where(name, self.folder):
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


def offering(port: str, by: str = "provides") -> list[str]:
    """Return the names of library parts that set a port, or with `by` those that need it."""
    names = []
    for name, path in list_files("models").items():
        part = parse_part(read_text(path), display(path))
        if port in getattr(part, by, ()):
            names.append(name)
    return names
