"""What `show` prints of a neuron of compartments, and of a mechanism."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from neurospine.description.cell import Cell
from neurospine.description.cell_parts import Compartment, MechanismPart
from neurospine.description.parameters import Parameter
from neurospine.listing_tables import Listing
from neurospine.simulation.cable import cable_step


def describe_cell(cell: Cell, *, equations: bool) -> Iterator[RenderableType]:
    """Yield the compartments of a neuron, and its equations as Brian2 gets them."""
    table = Listing(
        "\nCompartments", "name", "parent", "coupling", "length", "diameter", "segments",
        "mechanisms", lead=2,
    )  # fmt: skip
    numbers = {name: entry.parameter(name) for name, entry in cell.part.parameters.items()}
    for name in cell.compartments:
        part = cell.part.compartments[name]
        sizes = (str(numbers[part.length]), str(numbers[part.diameter]), str(part.segments))
        parent = f"{part.parent} ({part.attached})" if part.attached else part.parent or ""
        table.add(name, parent, _coupling(part, numbers), *sizes, ", ".join(part.mechanisms))
    yield table
    if equations:
        for title, lines in _by_segment(cell):
            yield Text("\n" + "\n".join([f"# {title}", *lines]))
        yield from _blocks(
            ("it spikes when", cell.part.threshold),
            ("and then", cell.part.reset),
            ("refractory", cell.part.refractory),
            (f"in each step ({cell.part.method})", cable_step(cell)),
        )


def describe_mechanism(part: MechanismPart) -> Iterator[RenderableType]:
    """Yield what a mechanism does in its compartment."""
    yield from _blocks(
        ("reads of others in its compartment", ", ".join(part.needs)),
        ("offers to others in its compartment", ", ".join(part.provides)),
        ("answers to", part.transmitter or ""),
        ("equations", part.equations),
        ("conductance", part.conductance),
        ("reversal potential", part.reversal),
        ("current", part.current),
        ("share of the current that is calcium", ", ".join(part.carries.values())),
        ("when an event of the peak conductance comes (receives)", part.receives),
        ("it spikes when", part.threshold),
        ("refractory", part.refractory),
        ("when the cell spikes (on_spike)", part.on_spike),
        ("starts at", "\n".join(f"{name} = {start}" for name, start in part.initial.items())),
    )


def _blocks(*blocks: tuple[str, str]) -> Iterator[Text]:
    """Yield those texts that there are, each below its heading."""
    for title, text in blocks:
        if text.strip():
            yield Text(f"\n# {title}\n{text.strip()}")


def _coupling(part: Compartment, numbers: dict[str, Parameter]) -> str:
    """Return what joins a compartment to its parent."""
    if part.parent is None:
        return ""
    if part.coupling is None:
        return "cytoplasm"
    return str(numbers[part.coupling]) if part.coupling in numbers else part.coupling


def _by_segment(cell: Cell) -> Iterator[tuple[str, list[str]]]:
    """Yield a heading and the equations below it: of the cytoplasm, then of each segment."""
    names = sorted((s.name for s in cell.tree.segments), key=len, reverse=True)
    links = {link.name for link in cell.tree.links}
    between: list[str] = []
    within: dict[str, list[str]] = {s.name: [] for s in cell.tree.segments}
    for line in cell.part.equations.splitlines():
        left = line.partition("=")[0].partition(":")[0].strip().partition("/dt")[0]
        owner = next((name for name in names if left.endswith(f"_{name}")), None)
        if owner is None or left in links or left.startswith("half_resistance_"):
            between.append(line)
        else:
            within[owner].append(line)
    if between:
        yield "between compartments", between
    for name, lines in within.items():
        yield f"in {name}", lines
