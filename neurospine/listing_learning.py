"""Tables of what was learned, for the terminal."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import scipy
from rich import box
from rich.markup import escape
from rich.table import Table
from rich.text import Text


def learning_tables(learned: Any) -> Iterator[Table | Text]:
    """Yield the table of a network by seed, or that of a comparison."""
    if learned.comparison.empty:
        (outcome,) = learned.networks.values()
        yield _seeds(learned.attributes, outcome)
    else:
        yield _methods(learned.attributes, learned.comparison)


def _seeds(attributes: Any, outcome: Any) -> Table:
    """Return accuracies by seed, with mean and standard error."""
    table = _table(
        f"{attributes['name']}, {attributes['data']}, {attributes['samples']} samples", "",
        "test (%)", "validation (%)",
    )  # fmt: skip
    both = [100 * outcome.final[f"{part}_accuracy"].values for part in ("test", "validation")]
    for seed, *row in zip(outcome.final["seed"].values, *both, strict=True):
        table.add_row(f"seed {seed}", *(f"{value:.2f}" for value in row))
    if len(both[0]) > 1:
        means = [f"{values.mean():.2f} ± {scipy.stats.sem(values):.2f}" for values in both]
        table.add_section()
        table.add_row("mean ± SEM", *means)
    return table


def _methods(attributes: Any, comparison: Any) -> Table:
    """Return how networks differ from control."""
    accuracy = f"{100 * comparison['accuracy'].iloc[0]:.1f} %"
    table = _table(
        f"{attributes['name']}, {attributes['data']}, {attributes['samples']} samples, "
        f"{len(attributes['seeds'])} seeds",
        "", "test (%)", "validation (%)", f"less {attributes['control']}", "p",
        f"samples to {accuracy}",
    )  # fmt: skip
    table.caption = "in brackets intervals of 95 %, in pairs of one seed; * without zero"
    for row in comparison.to_dict("records"):
        mean = f"{100 * row['test']:.2f}"
        error = "" if math.isnan(row["sem"]) else f" ± {100 * row['sem']:.2f}"
        same = row["network"] == attributes["control"]
        table.add_row(
            escape(row["network"]), mean + error, f"{100 * row['validation']:.2f}",
            "control" if same else _difference(row),
            "" if same or math.isnan(row["p"]) else f"{row['p']:.2g}", _reached(row),
        )  # fmt: skip
    return table


def _difference(row: Mapping[str, Any]) -> str:
    text = f"{100 * row['difference']:+.2f}"
    if math.isnan(row["low"]):
        return text
    clear = bool(row["low"] > 0 or row["high"] < 0)
    text += rf" \[{100 * row['low']:+.2f}, {100 * row['high']:+.2f}]"
    return f"{text} *" if clear else text


def _reached(row: Mapping[str, Any]) -> str:
    if not row["reached"]:
        return "not reached"
    some = f" ({row['reached']} of {row['n']} seeds)" * (row["reached"] < row["n"])
    return f"{row['samples_to']:.0f}{some}"


def _table(title: str, first: str, *columns: str) -> Table:
    table = Table(title=escape(title), title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column(first, overflow="fold")
    for name in columns:
        table.add_column(name, justify="right")
    return table
