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

from neurospine.listing_tables import Listing


def learning_tables(learned: Any) -> Iterator[Listing | Table | Text]:
    """Yield the table of a network by seed, or that of a comparison."""
    if learned.comparison.empty:
        (outcome,) = learned.networks.values()
        yield _seeds(learned.attributes, outcome)
    else:
        yield _methods(learned.attributes, learned.comparison)
        yield Text("± SEM; in brackets intervals of 95 %, in pairs of one seed; * without zero")


def _seeds(attributes: Any, outcome: Any) -> Table:
    """Return accuracies by seed, with mean and standard error."""
    table = Table(title=escape(_title(attributes)), title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("")
    for name in ("test (%)", "validation (%)"):
        table.add_column(name, justify="right")
    both = [100 * outcome.final[f"{part}_accuracy"].values for part in ("test", "validation")]
    for seed, *row in zip(outcome.final["seed"].values, *both, strict=True):
        table.add_row(f"seed {seed}", *(f"{value:.2f}" for value in row))
    if len(both[0]) > 1:
        means = [f"{values.mean():.2f} ± {scipy.stats.sem(values):.2f}" for values in both]
        table.add_section()
        table.add_row("mean ± SEM", *means)
    return table


def _methods(attributes: Any, comparison: Any) -> Listing:
    """Return how networks differ from control."""
    accuracy = f"{100 * comparison['accuracy'].iloc[0]:.1f} %"
    table = Listing(
        _title(attributes), "name", "test (%)", "validation (%)",
        f"less {attributes['control']}", "p", f"samples to {accuracy}",
    )  # fmt: skip
    for row in comparison.to_dict("records"):
        mean = f"{100 * row['test']:.2f}"
        error = "" if math.isnan(row["sem"]) else f" ± {100 * row['sem']:.2f}"
        same = row["network"] == attributes["control"]
        table.add(
            row["network"], mean + error, f"{100 * row['validation']:.2f}",
            "control" if same else _difference(row),
            "" if same or math.isnan(row["p"]) else f"{row['p']:.2g}", _reached(row),
        )  # fmt: skip
    return table


def _title(attributes: Any) -> str:
    seeds = len(attributes["seeds"])
    part = f", {attributes['training']} to learn from" if "training" in attributes else ""
    return (
        f"{attributes['name']}: {attributes['data']}{part}, {attributes['samples']} samples, "
        f"{seeds} seed{'s' * (seeds > 1)}"
    )


def _difference(row: Mapping[str, Any]) -> str:
    text = f"{100 * row['difference']:+.2f}"
    if math.isnan(row["low"]):
        return text
    clear = bool(row["low"] > 0 or row["high"] < 0)
    text += f" [{100 * row['low']:+.2f}, {100 * row['high']:+.2f}]"
    return f"{text} *" if clear else text


def _reached(row: Mapping[str, Any]) -> str:
    if not row["reached"]:
        return "not reached"
    some = f" ({row['reached']} of {row['n']} seeds)" * (row["reached"] < row["n"])
    return f"{row['samples_to']:.0f}{some}"
