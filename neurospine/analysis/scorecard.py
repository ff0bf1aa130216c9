"""The scorecard as people read it: a coloured table, or CSV."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import pandas as pd
from rich import box
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from neurospine.analysis.validation import Score

#: Significant digits of a value, and decimals, at most.
_DIGITS, _MOST_DECIMALS = 3, 6
_STYLE = {"met": "green", "near": "yellow", "miss": "red", "shown": "dim"}
#: The verdicts of what was compared.
VERDICTS = ("met", "near", "miss")


def scorecard_table(scores: Sequence[Score], title: str) -> Table:
    """Return a scorecard as a table for the terminal, grouped by phenomenon."""
    table = Table(
        title=escape(title), caption=summary(scores), box=box.SIMPLE_HEAD, title_justify="left"
    )
    table.add_column("phenomenon and condition")
    add_columns(table)
    shown = ""
    for score in scores:
        head = (
            f"[bold]{escape(score.phenomenon)}[/bold] [dim]({score.source}, {score.status})[/dim]"
        )
        if score.phenomenon != shown and score.condition:
            table.add_row(head)
        label = f"  {escape(score.condition)}" if score.condition else head
        table.add_row(label, *numbers(score))
        shown = score.phenomenon
    return table


def add_columns(table: Table) -> None:
    """Add the columns to a table that `numbers` fills."""
    for name in ("measured", "published", "z"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)


def numbers(score: Score) -> tuple[str, str, str, Text]:
    """Return what was measured, what was published or wanted, z and verdict."""
    published = score.criterion
    if score.published is not None:
        published = with_error(score.published, score.published_error or 0.0)
    return (
        with_error(score.measured, score.measured_error),
        published,
        "" if score.z is None else f"{score.z:+.1f}",
        Text(score.verdict, _STYLE[score.verdict]),
    )


def summary(scores: Sequence[Score]) -> str:
    """Return how many values were met, near and missed; predictions and others count apart."""
    scored = [s for s in scores if s.verdict in VERDICTS]
    published = [s for s in scored if s.status != "prediction"]
    own = [s for s in scored if s.status == "prediction"]
    counts = [f"{sum(s.verdict == v for s in published)} {v}" for v in VERDICTS]
    words = f"{', '.join(counts)} of {len(published)}"
    if own:
        words += f"; {sum(s.verdict == 'met' for s in own)} of {len(own)} predictions met"
    if len(scored) < len(scores):
        words += f"; {len(scores) - len(scored)} shown"
    return words


def scorecard_frame(scores: Sequence[Score]) -> pd.DataFrame:
    """Return a scorecard as a data frame, one row a published value."""
    return pd.DataFrame([asdict(score) for score in scores])


def write_scorecard(scores: Sequence[Score], path: Path) -> None:
    """Write a scorecard as CSV."""
    scorecard_frame(scores).to_csv(path, index=False)


def with_error(value: float, error: float) -> str:
    """Return a value with its error, both to the same decimals.

    The larger has three significant digits at most, the error two; without an error the value
    has three.
    """
    if not math.isfinite(value):
        return "-"
    largest = max(abs(value), error if error > 0 else 0.0)
    if largest == 0:
        return "0"
    decimals = _DIGITS - 1 - _power(largest)
    if not error > 0:
        return f"{value:.{_within(decimals)}f}"
    decimals = _within(min(decimals, 1 - _power(error)))
    shown = f"{error:.{decimals}f}"
    if float(shown) == 0:
        shown = f"<{10.0**-decimals:.{decimals}f}"
    return f"{value:.{decimals}f} ± {shown}"


def _power(value: float) -> int:
    return math.floor(math.log10(value))


def _within(decimals: int) -> int:
    return min(max(decimals, 0), _MOST_DECIMALS)
