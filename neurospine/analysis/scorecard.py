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

from neurospine.analysis.validation import Score

#: Significant digits of a value, and decimals, at most.
_DIGITS, _MOST_DECIMALS = 3, 6
_STYLE = {"met": "green", "near": "yellow", "miss": "red"}


def scorecard_table(scores: Sequence[Score], title: str) -> Table:
    """Return a scorecard as a table for the terminal, grouped by phenomenon."""
    table = Table(
        title=escape(title), caption=summary(scores), box=box.SIMPLE_HEAD, title_justify="left"
    )
    table.add_column("phenomenon and condition")
    for name in ("measured", "published", "z"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    shown = ""
    for score in scores:
        head = (
            f"[bold]{escape(score.phenomenon)}[/bold] [dim]({score.source}, {score.status})[/dim]"
        )
        if score.phenomenon != shown and score.condition:
            table.add_row(head)
        label = f"  {escape(score.condition)}" if score.condition else head
        published = score.criterion
        if score.published is not None:
            published = with_error(score.published, score.published_error or 0.0)
        style = _STYLE[score.verdict]
        table.add_row(
            label,
            with_error(score.measured, score.measured_error),
            published,
            "" if score.z is None else f"{score.z:+.1f}",
            f"[{style}]{score.verdict}[/{style}]",
        )
        shown = score.phenomenon
    return table


def summary(scores: Sequence[Score]) -> str:
    """Return how many values were met, near and missed."""
    counts = [f"{sum(s.verdict == v for s in scores)} {v}" for v in _STYLE]
    return f"{', '.join(counts)} of {len(scores)}"


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
