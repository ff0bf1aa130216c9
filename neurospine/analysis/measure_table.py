"""What was measured as people read it, where there is nothing to compare it with."""

from __future__ import annotations

from typing import Any

import pandas as pd
from rich import box
from rich.markup import escape
from rich.table import Table

from neurospine.analysis.drawing import with_unit_after
from neurospine.analysis.measures import Measures
from neurospine.analysis.scorecard import with_error
from neurospine.description.measures import axes_of
from neurospine.description.protocol import Protocol

#: Rows of a measure that are shown; of more, so many at the start and at the end.
_ROWS = 12
_ENDS = 5


def measure_table(protocol: Protocol, measures: Measures, title: str) -> Table:
    """Return what was measured as a table for the terminal: name, value ± SE, and meaning."""
    table = Table(
        title=escape(title), caption="values ± standard errors", box=box.SIMPLE_HEAD,
        title_justify="left",
    )  # fmt: skip
    table.add_column("measure and condition", no_wrap=True)
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("meaning")
    for name, values in measures.items():
        measure = protocol.measures[name]
        units = {axis: described.unit for axis, described in protocol.conditions.items()}
        units |= axes_of(protocol, measure)
        axes = {axis: unit for axis, unit in units.items() if axis in values}
        head, meaning = f"[bold]{escape(name)}[/bold]", escape(measure.meaning)
        if len(values) == 1 and not axes:
            table.add_row(head, _shown(values.iloc[0]), meaning)
            continue
        table.add_row(head, "", meaning)
        many = len(values) > _ROWS
        for number, (_, row) in enumerate(values.iterrows()):
            if many and _ENDS <= number < len(values) - _ENDS:
                if number == _ENDS:
                    table.add_row(f"  [dim]{len(values) - 2 * _ENDS} more[/dim]", "", "")
                continue
            words = ", ".join(_place(axis, row[axis], unit) for axis, unit in axes.items())
            table.add_row(f"  {escape(words)}", _shown(row), "")
    return table


def _shown(row: pd.Series[Any]) -> str:
    return with_error(float(row["value"]), float(row["standard_error"]))


def _place(axis: str, value: Any, unit: str) -> str:
    """Return a place on an axis in words."""
    name = axis.replace("_", " ")
    if isinstance(value, str):
        return f"{name} {value.replace('_', ' ')}"
    return with_unit_after(f"{name} {value:g}", unit)
