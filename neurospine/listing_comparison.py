"""Tables of how runs differ, for the terminal."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from rich import box
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from neurospine.analysis.forest_plot import place_words, thinned


def comparison_tables(comparison: Any) -> Iterator[Table | Text]:
    """Yield a table for each group, then how runs were paired."""
    shown = thinned(comparison.table)
    for group in comparison.groups:
        table = Table(
            title=f"{escape(group)} against {escape(comparison.control)}", box=box.SIMPLE_HEAD,
            title_justify="left", caption="in brackets intervals of 95 %; * without zero",
        )  # fmt: skip
        table.add_column("measure", overflow="fold")
        for name in ("control", "difference", "%", "effect size"):
            table.add_column(name, justify="right")
        table.add_column("n", justify="right", no_wrap=True)
        for _, row in shown[shown["group"] == group].iterrows():
            words = ", ".join(filter(None, [row["measure"], place_words(row, shown)]))
            table.add_row(
                escape(words), _number(row["control"]),
                _interval(row, "difference", "low", "high") + " *" * bool(row["excludes_zero"]),
                _interval(row, "percent", "percent_low", "percent_high"),
                _interval(row, "effect_size", "effect_low", "effect_high"),
                _count(row),
            )  # fmt: skip
        yield table
    if len(shown) < len(comparison.table):
        yield Text(
            f"{len(comparison.table) - len(shown)} places of curves more are in the CSV file"
        )
    for note in comparison.notes:
        yield Text(note)


def _count(row: Any) -> str:
    return f"{row['n']}" if row["paired"] else f"{row['n']} and {row['n_control']}"


def _interval(row: Any, value: str, low: str, high: str) -> str:
    """Return a number with its interval, as far as there are such."""
    if math.isnan(row[value]):
        return "-"
    text = _number(row[value])
    if math.isnan(row[low]) or math.isnan(row[high]):
        return text
    return rf"{text} \[{_number(row[low])}, {_number(row[high])}]"


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3g}"
