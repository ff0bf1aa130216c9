"""What `list`, `show` and `check` print."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from neurospine.description.cell_checks import load_cell
from neurospine.description.checks import check_neuron, check_part
from neurospine.description.composition import check_alone
from neurospine.description.entries import Part
from neurospine.description.expressions import Equation
from neurospine.description.library import display, find_file, list_files, parse_toml, read_text
from neurospine.description.model import Model, load_model
from neurospine.description.parameters import Parameter
from neurospine.description.parts import KINDS, NeuronPart, PartSource, parse_part
from neurospine.description.protocol import Protocol, load_protocol
from neurospine.description.references import references
from neurospine.description.spine_loading import load_spine
from neurospine.description.spine_parts import SpinePart
from neurospine.errors import LibraryError, ModelError, NeurospineError, ProtocolError, suggest
from neurospine.listing_cells import describe_cell
from neurospine.simulation.cable import cable_step
from neurospine.simulation.forms import Form
from neurospine.simulation.plan import Plan, make_plan

_MODEL_KINDS = tuple(KINDS)


def library_tables() -> Iterator[RenderableType]:
    """Yield tables of all protocols and models with their summaries."""
    table = _table("Protocols", "name", "what it does", "sources")
    parts: dict[str, Any] = {}
    broken: list[str] = []
    for name, path in sorted(list_files("protocols").items()):
        try:
            protocol = load_protocol(path)
            _row(table, name, protocol.summary, ", ".join(protocol.references))
        except NeurospineError as error:
            broken.append(str(error))
    yield table
    for name, path in list_files("models").items():
        try:
            parts[name] = parse_part(read_text(path), display(path))
        except NeurospineError as error:
            broken.append(str(error))
    for kind in _MODEL_KINDS:
        table = _table(f"Models: {kind}", "name", "what it is", "parameter sets")
        for name, part in sorted(parts.items()):
            if part.kind == kind:
                _row(table, name, part.summary, "\n".join(getattr(part, "sets", {})))
        yield table
    for problem in broken:
        yield Text(f"left out: {problem}", style="red")


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0))
    for number, column in enumerate(columns):
        table.add_column(column, header_style="bold", no_wrap=number == 0, overflow="fold")
    return table


def _row(table: Table, *cells: str | Text) -> None:
    """Add a row whose texts are shown as they are, brackets and all."""
    table.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in cells))


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
    if kind == "model" and own_model:
        raise LibraryError(f"{name!r} is a model: options that choose a model go with a protocol")
    if kind == "protocol":
        protocol = load_protocol(path)
        model = choose(protocol)
        yield from _protocol(protocol)
        plan = make_plan(model, protocol, form=form)
        for projection, written in plan.forms.items():
            yield Text(f"\n{projection}: computed in the {written.name} form", style="bold")
            if equations:
                yield _equations(written)
                yield _slow_clock(plan, projection)
        yield _parameters(model, "Parameters")
        return
    part = parse_part(read_text(path), display(path))
    yield Text(f"{part.name} ({part.kind}): {part.summary}", style="bold")
    yield from map(Text, (str(references()[key]) for key in part.references))
    cell = None
    if isinstance(part, NeuronPart) and part.compartments:
        cell = load_cell(part, display(path), PartSource(), {})
    if (equations and not cell) or not isinstance(part, Part):
        yield Text("\n" + read_text(path))
    if part.kind == "circuit":
        yield _parameters(load_model(path), "Parameters")
    elif isinstance(part, Part):
        if cell:
            yield from describe_cell(cell, equations=equations)
            part = cell.part
        own = ((short, entry.parameter(short)) for short, entry in part.parameters.items())
        yield _parameter_table("Parameters", own)
        sets = _table("\nParameter sets", "name", "meaning", "source", "fitted to")
        for label, chosen in part.sets.items():
            _row(sets, label, chosen.meaning, chosen.source, ", ".join(chosen.fitted_to))
        if part.sets:
            yield sets


def _find(name: str) -> tuple[str, Path]:
    """Return whether a name or path means a protocol or a model, and its file."""
    known = {**list_files("models"), **list_files("protocols")}
    if name.endswith(".toml") or name in known:
        path = known.get(name) or find_file(name, "models")
        kind = parse_toml(read_text(path), display(path)).get("kind")
        return ("protocol" if kind == "protocol" else "model"), path
    raise LibraryError(f"no protocol or model named {name!r}. {suggest(name, known)}")


def _protocol(protocol: Protocol) -> Iterator[RenderableType]:
    yield Text(f"{protocol.name} (protocol): {protocol.summary}", style="bold")
    yield from map(Text, (str(references()[key]) for key in protocol.references))
    if protocol.conditions:
        table = _table(f"\nConditions ({protocol.arrangement})", "axis", "values", "meaning")
        for name, axis in protocol.conditions.items():
            unit = "" if axis.unit == "1" else f" {axis.unit}"
            values = ", ".join(v if isinstance(v, str) else f"{v:g}" for v in axis.values)
            _row(table, name, values + unit, axis.meaning)
        yield table
    table = _table("\nPhases", "name", "duration", "stimuli")
    for phase in protocol.phases:
        _row(table, phase.name, phase.duration, ", ".join(s.kind for s in phase.stimuli))
    yield table
    if protocol.targets:
        table = _table("\nTargets", "phenomenon", "measure", "published", "source")
        for target in protocol.targets:
            where = f"data/reference/{target.data}.csv" if target.data else target.why
            _row(table, target.phenomenon, target.measure, where, target.source)
        yield table


def _parameters(model: Model, title: str) -> Table:
    return _parameter_table(title, model.parameters.items())


def _parameter_table(title: str, parameters: Iterable[tuple[str, Parameter]]) -> Table:
    table = _table(f"\n{title}", "name", "value", "meaning", "source")
    for name, parameter in parameters:
        where = f" ({parameter.where})" if parameter.where else ""
        source = Text.assemble(parameter.source, (where, "dim"))
        _row(table, name, str(parameter), parameter.meaning, source)
    return table


def _equations(form: Form) -> Group:
    blocks = (
        ("on each axon", _lines(form.presynaptic.equations)),
        ("when a spike has arrived", form.presynaptic.on_spike),
        ("on each postsynaptic cell", _lines(form.postsynaptic.equations)),
        ("when the cell has fired", form.postsynaptic.on_spike),
        ("on each spine", _lines(form.equations)),
        ("at a spine when a spike arrives", form.on_pre),
        ("at a spine when its cell fires", form.on_post),
        ("at a spine when settled", form.settle),
    )
    return Group(*(Text(f"# {title}\n{text}\n") for title, text in blocks if text))


def _slow_clock(plan: Plan, projection: str) -> Group:
    """Return what happens to the spines of a projection between steps."""
    titles = {
        "live": "on each spine, in a tick of the slow clock",
        "rewire": "on each empty slot, before a phase of spiking that is not the first",
        "begin": "on each spine, when a sample of activity begins",
        "measure": "on each spine, first in a tick of a sample",
        "keep": "on each spine, last in a tick of a sample",
        "replay": "on each spine, first in a tick in which a sample is applied",
        "quiet": "on each spine, before a phase in which nothing spikes",
    }
    own = [b for b in plan.network.borders if b.owner == projection and b.role in titles]
    return Group(*(Text(f"# {titles[b.role]} ({b.name})\n{b.code}\n") for b in own))


def _lines(equations: Iterable[Equation]) -> str:
    return "\n".join(equation.text for equation in equations)


def check_files(names: list[str], *, everything: bool) -> Iterator[str]:
    """Check files and yield a line for each.

    Raises
    ------
    NeurospineError
        When a single file is wrong; of several, all are checked first.
    """
    paths = [_find(name)[1] for name in names]
    if everything:
        paths += [*list_files("models").values(), *list_files("protocols").values()]
    wrong: list[str] = []
    for path in paths:
        try:
            yield f"{escape(display(path))}: {_check(path)}"
        except NeurospineError as error:
            if len(paths) == 1:
                raise
            wrong.append(str(error))
            yield escape(str(error))
    if wrong:
        raise LibraryError(f"{len(wrong)} of {len(paths)} files are wrong")


def _check(path: Path) -> str:
    kind = parse_toml(read_text(path), display(path)).get("kind")
    if kind == "protocol":
        protocol = load_protocol(path)
        try:
            plan = make_plan(protocol.default_model(), protocol)
        except NeurospineError as error:
            raise ProtocolError(f"{display(path)}: {error}") from None
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
        load_spine(part, display(path), PartSource(), {})
    if isinstance(part, NeuronPart) and part.compartments:
        cell = load_cell(part, display(path), PartSource(), {})
        check_part(cell.part, display(path))
        check_neuron(cell.part, display(path))
        cable_step(cell)
        part = cell.part
    sources = Counter(entry.source for entry in getattr(part, "parameters", {}).values())
    counts = ", ".join(f"{count} {source}" for source, count in sources.most_common())
    return f"ok{', parameters: ' * bool(counts)}{counts}"
