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
            published = _with_error(score.published, score.published_error or 0.0)
        style = _STYLE[score.verdict]
        table.add_row(
            label,
            _with_error(score.measured, score.measured_error),
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


def _with_error(value: float, error: float) -> str:
    """Return a value with as many decimals as its error calls for."""
    decimals = 2 if abs(value) < 10 else 1
    if not error > 0:
        return f"{value:.{decimals}f}"
    shown = min(6, max(2, -math.floor(math.log10(error))))
    return f"{value:.{max(decimals, shown) if shown > 2 else decimals}f} ± {error:.{shown}f}"
