"""What `show` and `check` print."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from rich.console import RenderableType
from rich.markup import escape
from rich.text import Text

from neurospine.description.cell_checks import load_cell
from neurospine.description.cell_parts import MechanismPart
from neurospine.description.checks import check_neuron, check_part
from neurospine.description.composition import check_alone
from neurospine.description.disorder import Disorder
from neurospine.description.entries import Part
from neurospine.description.library import display, find_file, list_files, parse_toml, read_text
from neurospine.description.model import Model, load_model
from neurospine.description.parts import NeuronPart, PartSource, parse_part
from neurospine.description.protocol import Protocol, load_protocol
from neurospine.description.references import references
from neurospine.description.spine_loading import load_spine
from neurospine.description.spine_parts import SpinePart
from neurospine.errors import LibraryError, ModelError, NeurospineError, ProtocolError, suggest
from neurospine.learning.kinds import KINDS_OF_NETWORK
from neurospine.listing_cells import describe_cell, describe_mechanism
from neurospine.listing_circuits import describe_circuit
from neurospine.listing_disorders import describe_disorder
from neurospine.listing_networks import check_network_file, describe_network
from neurospine.listing_protocols import (
    describe_protocol,
    form_equations,
    gate_integrals,
    slow_clock,
)
from neurospine.listing_tables import Listing, parameter_table
from neurospine.simulation.cable import cable_step
from neurospine.simulation.plan import make_plan

#: Of the library, with files that can be shown and checked.
_FOLDERS = ("models", "protocols", "networks")


def describe(
    name: str,
    choose: Callable[[Protocol], Model],
    form: Any,
    equations: bool,
    *,
    own_model: bool,
) -> Iterator[RenderableType]:
    """Yield what there is to say about a protocol or a model file.

    `own_model` says that the user chose something about the model, which only a
    protocol has a use for.
    """
    kind, path = _find(name)
    if kind != "protocol" and own_model:
        raise LibraryError(f"{name!r} is a {kind}: options that choose a model go with a protocol")
    if kind == "network":
        yield from describe_network(path)
        return
    if kind == "protocol":
        protocol = load_protocol(path)
        model = choose(protocol)
        yield from describe_protocol(protocol)
        plan = make_plan(model, protocol, form=form)
        for projection, written in plan.forms.items():
            yield Text(f"\n{projection}: computed in the {written.name} form", style="bold")
            if equations:
                yield form_equations(written)
                yield gate_integrals(plan, projection)
                yield slow_clock(plan, projection)
        yield parameter_table("Parameters", model.parameters.items())
        return
    part = parse_part(read_text(path), display(path))
    yield Text(f"{part.name} ({part.kind}): {part.summary}", style="bold")
    yield from map(Text, (str(references()[key]) for key in part.references))
    if isinstance(part, Disorder):
        yield from describe_disorder(part)
        return
    cell = None
    if isinstance(part, NeuronPart) and part.compartments:
        cell = load_cell(part, display(path), PartSource(folder=path.parent), {})
    own_words = cell or isinstance(part, MechanismPart)
    if (equations and not own_words) or not isinstance(part, Part):
        yield Text("\n" + read_text(path))
    if part.kind == "circuit":
        circuit = load_model(path)
        yield from describe_circuit(circuit)
        yield parameter_table("Parameters", circuit.parameters.items())
    elif isinstance(part, Part):
        if cell:
            yield from describe_cell(cell, equations=equations)
            part = cell.part
        if isinstance(part, MechanismPart):
            yield from describe_mechanism(part)
        own = ((short, entry.parameter(short)) for short, entry in part.parameters.items())
        yield parameter_table("Parameters", own)
        sets = Listing("\nParameter sets", "name", "meaning", "source", "fitted to")
        for label, chosen in part.sets.items():
            sets.add(label, chosen.meaning, chosen.source, ", ".join(chosen.fitted_to))
        if part.sets:
            yield sets


def _find(name: str) -> tuple[str, Path]:
    """Return whether a name or path means a protocol, a network or a model, and its file."""
    if name.endswith(".toml"):
        path = find_file(name, "models")
        return _kind(path), path
    known = {k: v for folder in _FOLDERS for k, v in list_files(folder).items()}
    if name in known:
        return _kind(known[name]), known[name]
    raise LibraryError(f"no protocol, model or network named {name!r}. {suggest(name, known)}")


def _kind(path: Path) -> str:
    """Return whether a file is a protocol, a network (or compares such), or a model."""
    kind = parse_toml(read_text(path), display(path)).get("kind")
    if kind == "protocol":
        return "protocol"
    return "network" if kind in (*KINDS_OF_NETWORK, "comparison") else "model"


def check_files(names: list[str], *, everything: bool) -> Iterator[str]:
    """Check files and yield a line for each.

    Raises
    ------
    NeurospineError
        When a single file is wrong; of several, all are checked first.
    """
    found = [_find(name) for name in names]
    if everything:
        paths = [path for folder in _FOLDERS for path in list_files(folder).values()]
        found += [("", path) for path in paths]
    wrong: list[str] = []
    for kind, path in found:
        try:
            yield f"{escape(display(path))}: {_check(kind or _kind(path), path)}"
        except NeurospineError as error:
            if len(found) == 1:
                raise
            wrong.append(str(error))
            yield escape(str(error))
    if wrong:
        raise LibraryError(f"{len(wrong)} of {len(found)} files are wrong")


def _check(kind: str, path: Path) -> str:
    if kind == "network":
        return check_network_file(path)
    if kind == "protocol":
        protocol = load_protocol(path)
        try:
            plan = make_plan(protocol.default_model(), protocol)
        except NeurospineError as error:
            place = f"{display(path)}: "
            raise ProtocolError(place + str(error).removeprefix(place)) from None
        return f"ok, {plan.copies} conditions and repeats, targets: {len(protocol.targets)}"
    part = parse_part(read_text(path), display(path))
    check_alone(part, display(path))
    if part.name != path.stem:
        raise ModelError(
            f"{display(path)}: the name inside is {part.name!r}; it must agree with the file's, "
            f"{path.stem!r}"
        )
    if part.kind == "circuit":
        load_model(path)
    if isinstance(part, SpinePart):
        load_spine(part, display(path), PartSource(folder=path.parent), {})
    if isinstance(part, NeuronPart) and part.compartments:
        cell = load_cell(part, display(path), PartSource(folder=path.parent), {})
        check_part(cell.part, display(path))
        check_neuron(cell.part, display(path))
        cable_step(cell)
        part = cell.part
    if isinstance(part, Disorder):
        return f"ok, changes: {', '.join(change.target for change in part.changes)}"
    sources = Counter(entry.source for entry in getattr(part, "parameters", {}).values())
    counts = ", ".join(f"{count} {source}" for source, count in sources.most_common())
    return f"ok{', parameters: ' * bool(counts)}{counts}"
