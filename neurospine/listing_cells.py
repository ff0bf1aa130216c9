"""What `show` prints of a neuron of compartments."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from neurospine.description.cell import Cell
from neurospine.simulation.cable import cable_step


def describe_cell(cell: Cell, *, equations: bool) -> Iterator[RenderableType]:
    """Yield the compartments of a neuron, and its equations as Brian2 gets them."""
    table = Table(title="\nCompartments", title_justify="left", box=None, padding=(0, 2, 0, 0))
    for column in ("name", "parent", "length", "diameter", "segments", "mechanisms"):
        table.add_column(column, header_style="bold", overflow="fold")
    numbers = {name: entry.parameter(name) for name, entry in cell.part.parameters.items()}
    for name in cell.compartments:
        part = cell.part.compartments[name]
        sizes = (str(numbers[part.length]), str(numbers[part.diameter]), str(part.segments))
        table.add_row(name, part.parent or "", *sizes, ", ".join(part.mechanisms))
    yield table
    if equations:
        blocks = (
            ("on each cell", cell.part.equations),
            (f"in each step ({cell.part.method})", cable_step(cell)),
            ("it spikes when", cell.part.threshold),
            ("and then", cell.part.reset),
            ("refractory", cell.part.refractory),
        )
        for title, text in blocks:
            yield Text(f"\n# {title}\n{text}")
