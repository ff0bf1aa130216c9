"""Survival of spines within phases and through the run, as Kaplan and Meier estimate it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from neurospine.analysis.lifetimes import observed, product_limit
from neurospine.analysis.repeats import Cells, tabulate
from neurospine.report_page.figures_data import short
from neurospine.report_page.reported import ReportedRun

#: Points of a curve; phases that are followed besides the whole run, the longest.
_POINTS, _PHASES = 61, 4
#: Whose lives: there when observation begins, or born under it.
_WHOSE = {"present": "there at the start", "new": "born meanwhile"}
WHOLE = "whole run"


def survival(run: ReportedRun) -> list[dict[str, Any]]:
    """Return curves by pool, phase and whose lives they are; none without births and deaths."""
    found = []
    for name, contacts in run.trajectory.contacts.items():
        for phase, start, stop in _spans(run):
            for of, words in _WHOSE.items():
                curves = _curves(run, contacts, of, start, stop)
                if curves:
                    facts = {"pool": name, "phase": phase, "of": words}
                    found.append({**facts, "length": stop - start, "curves": curves})
    return found


def _spans(run: ReportedRun) -> list[tuple[str, float, float]]:
    """Return name, start and stop of the whole run and of its longest phases."""
    phases = run.trajectory.info.phases
    whole = (WHOLE, float(phases["start"].min()), float(phases["stop"].max()))
    if len(phases) == 1:
        return [whole]
    length = phases["stop"] - phases["start"]
    longest = phases.loc[length.sort_values(ascending=False, kind="stable").index[:_PHASES]]
    columns = (longest.sort_index()[name] for name in ("name", "start", "stop"))
    return [whole, *((str(n), float(a), float(b)) for n, a, b in zip(*columns, strict=True))]


def _curves(
    run: ReportedRun, contacts: pd.DataFrame, of: str, start: float, stop: float
) -> list[dict[str, Any]]:
    """Return a curve for each condition: means over repeats with their intervals."""
    cells = Cells.of(run.trajectory)
    lives, rows = observed(contacts, of, start, stop)
    cell = cells.index(contacts)[rows]
    lags = np.linspace(0.0, stop - start, _POINTS)
    value, error = np.full((cells.size, lags.size), np.nan), np.zeros((cells.size, lags.size))
    died = np.zeros(cells.size, int)
    for number, inside in enumerate(cells.split(cell, np.arange(cell.size))):
        if inside.size:
            value[number], error[number] = product_limit(lives[inside]).at(lags)
            died[number] = int(lives.died[inside].sum())
    if not died.any():
        return []
    table = tabulate(run.trajectory, cells.values(value, error, {"lag": lags}), ["lag"])
    counted = cells.count(cell).astype(int)
    found = []
    for condition in range(cells.conditions):
        own = slice(condition * cells.repeats, (condition + 1) * cells.repeats)
        lines = table.iloc[condition * lags.size : (condition + 1) * lags.size]
        if counted[own].any():
            found.append(
                {
                    "condition": condition,
                    "lives": int(counted[own].sum()),
                    "died": int(died[own].sum()),
                    "lag": short(lags, 6),
                    **{name: short(lines[name]) for name in ("value", "low", "high")},
                }
            )
    return found
