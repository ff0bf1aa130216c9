"""A model: a circuit, its neurons and spines, and every number in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from neurospine.description.cell import Cell
from neurospine.description.cell_checks import load_cell
from neurospine.description.checks import at
from neurospine.description.composition import check_model
from neurospine.description.edge_lists import (
    EdgeList,
    edge_text,
    edges_name,
    edges_text,
    given_edges,
)
from neurospine.description.entries import Part
from neurospine.description.library import display, find_file, read_text
from neurospine.description.model_numbers import ModelNumbers
from neurospine.description.neuromodulator_parts import NeuromodulatorPart
from neurospine.description.neuromodulators import load_neuromodulators
from neurospine.description.parameters import Parameters
from neurospine.description.parts import (
    CircuitPart,
    NeuronPart,
    PartSource,
    parse_part,
)
from neurospine.description.spine import Spine
from neurospine.description.spine_loading import load_spine
from neurospine.errors import ModelError, suggest


@dataclass(frozen=True)
class Model(ModelNumbers):
    """A checked model. Objects do not change; `with_…` methods return a new one.

    Its numbers, sets and disorders are those of `ModelNumbers`.

    Attributes
    ----------
    circuit
        Populations, projections and drives.
    neurons
        Neuron part of each population that has one, by population.
    cells
        Those of them that are made of compartments, taken apart.
    spines
        Spine model of each projection, by projection.
    texts
        The TOML text of every file the model was made from, by name.
    edge_texts
        The lists of edges that the circuit names (see `edge_lists`), by name.
    neuromodulators
        Those of the circuit, by name; the pool of each is one of the neurons.
    """

    circuit: CircuitPart
    neurons: Mapping[str, NeuronPart]
    cells: Mapping[str, Cell]
    spines: Mapping[str, Spine]
    texts: Mapping[str, str]
    edge_texts: Mapping[str, str] = field(default_factory=dict)
    neuromodulators: Mapping[str, NeuromodulatorPart] = field(default_factory=dict)
    origins: Mapping[str, str] = field(default_factory=dict, compare=False)

    @classmethod
    def from_text(
        cls,
        text: str,
        *,
        parts: Mapping[str, str] | None = None,
        spine: str | None = None,
        folder: Path = Path(),
        edges: Mapping[str, str] | None = None,
    ) -> Model:
        """Return a model from the TOML text of a circuit.

        Parameters
        ----------
        text
            A circuit file.
        parts
            TOML texts of parts that are not in the library, by name.
        spine
            A spine model to use in every projection instead of the circuit's own.
        folder, edges
            Where lists of edges that the circuit names are looked up, and such as
            `edge_texts` holds them, which are used instead.

        Raises
        ------
        ModelError
            If a file is wrong or the parts do not fit together.
        """
        circuit = parse_part(text, "<circuit>")
        if not isinstance(circuit, CircuitPart):
            raise ModelError(f"<circuit>: a circuit is wanted here, this is a {circuit.kind}")
        source = PartSource(dict(parts or {}))
        return _compose(circuit, text, "<circuit>", source, spine, folder, edges)

    def with_edges(self, projection: str, edges: EdgeList) -> Model:
        """Return the model in which a projection joins the pairs of a list, with their sizes.

        Raises
        ------
        ModelError
            If there is no such projection, or something is wrong with the list.
        """
        projections = self.circuit.projections
        if projection not in projections:
            raise ModelError(f"no projection {projection!r}. {suggest(projection, projections)}")
        texts = {**self.edge_texts, edges_name(given_edges(projection)): edges_text(edges)}
        return replace(self, circuit=_listed(self.circuit, texts), edge_texts=texts)

    def __repr__(self) -> str:
        """Return name, populations with their sizes and neurons, and projections."""
        sizes = {n: p.size for n, p in self.circuit.populations.items()}
        cells = [
            f"{name}: {f'{self.number(self.name, s):g}' if isinstance(s, str) else s} "
            f"{self.neurons[name].name if name in self.neurons else 'sources of spikes'}"
            for name, s in sizes.items()
        ]
        joined = [
            f"{name}: {p.origin} -> {p.target} ({self.spines[name].name})"
            for name, p in self.circuit.projections.items()
        ]
        return f"<Model {self.name}; {'; '.join([*cells, *joined])}>"

    @property
    def name(self) -> str:
        """The name of the circuit."""
        return self.circuit.name

    @cached_property
    def parts(self) -> dict[str, Part]:
        """Every part with parameters, by name; the circuit comes last."""
        spine_parts = [part for spine in self.spines.values() for part in spine.parts]
        found = [*spine_parts, *self.neurons.values(), self.circuit]
        return {part.name: part for part in found}

    @property
    def spine_instead(self) -> str | None:
        """The spine model used in every projection instead of the circuit's own, if any."""
        for name, projection in self.circuit.projections.items():
            if Path(projection.spine).stem != self.spines[name].name:
                return self.spines[name].name
        return None


def load_model(name: str | Path, *, spine: str | None = None) -> Model:
    """Return the model in a circuit file, given by library name or path.

    Parameters
    ----------
    name
        A name such as ``"independent_pairs"`` or a path ending in ``.toml``.
    spine
        A spine model to use in every projection instead of the circuit's own.

    Raises
    ------
    LibraryError
        If there is no such file.
    ModelError
        If the file or one of its parts is wrong.
    """
    path = find_file(name, "models")
    origin, text = display(path), read_text(path)
    part = parse_part(text, origin)
    if not isinstance(part, CircuitPart):
        hint = f" Use it as spine={part.name!r} in a circuit." if part.kind == "spine" else ""
        raise ModelError(f"{origin}: a circuit is wanted here, this is a {part.kind}.{hint}")
    return _compose(part, text, origin, PartSource(folder=path.parent), spine, path.parent)


def _compose(
    circuit: CircuitPart,
    text: str,
    origin: str,
    source: PartSource,
    spine: str | None,
    folder: Path,
    edges: Mapping[str, str] | None = None,
) -> Model:
    origins = {circuit.name: origin}
    neurons: dict[str, NeuronPart] = {}
    cells: dict[str, Cell] = {}
    for name, population in circuit.populations.items():
        if population.neuron:
            with at(origin, f"populations.{name}"):
                part, found = source.load(population.neuron, "neuron")
            if part.compartments:
                cells[name] = load_cell(part, found, source, origins)
            neurons[name] = cells[name].part if name in cells else part
            origins[part.name] = found
    circuit = _listed(circuit, edges or {})
    circuit, modulators, pools = load_neuromodulators(circuit, origin, source, origins)
    neurons |= pools
    spines: dict[str, Spine] = {}
    lists: dict[str, str] = {}
    for name, projection in circuit.projections.items():
        with at(origin, f"projections.{name}"):
            part, found = source.load(spine or projection.spine, "spine")
            spines[name] = load_spine(part, found, source, origins)
            lists |= edge_text(projection.connectivity, folder, edges or {})
    if circuit.name in source.texts:
        raise ModelError(f"{origin}: {circuit.name!r} is also the name of one of its parts")
    source.texts[circuit.name] = text
    texts = dict(source.texts)
    model = Model(circuit, neurons, cells, spines, texts, lists, modulators, origins)
    entries = {
        f"{part.name}.{name}": entry.parameter(f"{part.name}.{name}")
        for part in model.parts.values()
        for name, entry in part.parameters.items()
    }
    model = replace(model, control=Parameters(entries))
    check_model(model)
    return _with_own_values(model, origin)


def _listed(circuit: CircuitPart, texts: Mapping[str, str]) -> CircuitPart:
    """Return a circuit in which projections with given edges have these instead of a rule."""
    projections = {
        name: projection.model_copy(update={"connectivity": given_edges(name)})
        if edges_name(given_edges(name)) in texts
        else projection
        for name, projection in circuit.projections.items()
    }
    return circuit.model_copy(update={"projections": projections})


def _with_own_values(model: Model, origin: str) -> Model:
    """Apply the sets and values that the circuit file itself chooses.

    Those for parts of its own spine models do not count where another is used instead.
    """
    instead = model.spine_instead is not None
    known = {label for part in model.parts.values() for label in part.sets}
    with at(origin, "use_sets"):
        for label in model.circuit.use_sets:
            if label in known or not instead:
                model = model.with_set(label)
    parameters = model.control
    for name, given in model.circuit.values.items():
        if instead and name.rpartition(".")[0] not in model.parts:
            continue
        with at(origin, f"values.{name}"):
            value = f"{given.value!r} {given.unit}" if given.unit != "1" else given.value
            parameters = parameters.override({name: value}, given.source, given.where)
    return replace(model, control=parameters)
