"""The shape of spines, and how alike two are that share axon and dendrite."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from neurospine.analysis.repeats import Array, Cells, by_cell
from neurospine.analysis.visits import imagings, snapshot, span, stage_number
from neurospine.description.shape_measures import PairCorrelation, Shape, ShapeCorrelation
from neurospine.errors import ResultError, suggest
from neurospine.results.trajectory import Trajectory

#: With fewer there is no correlation to speak of.
_FEWEST = 4
_STATISTICS: dict[str, Callable[[Array], float]] = {
    "mean": lambda x: float(np.mean(x)),
    "median": lambda x: float(np.median(x)),
    "sd": lambda x: float(np.std(x)),
    "low": lambda x: float(np.quantile(x, 0.025)),
    "high": lambda x: float(np.quantile(x, 0.975)),
}


def shape(trajectory: Trajectory, measure: Shape) -> pd.DataFrame:
    """Return a statistic of a size of the spines at the start of a phase, by repeat."""

    def values(slots: pd.DataFrame, volume: Array) -> Array:
        return size_of(slots, volume, measure.quantity)

    return _of_spines(trajectory, measure, values, _STATISTICS[measure.give])


def shape_correlation(trajectory: Trajectory, measure: ShapeCorrelation) -> pd.DataFrame:
    """Return the correlation of two sizes of the spines at the start of a phase, by repeat."""

    def values(slots: pd.DataFrame, volume: Array) -> Array:
        both = [size_of(slots, volume, name) for name in (measure.first, measure.second)]
        return np.column_stack([np.log(x) if measure.log else x for x in both])

    return _of_spines(trajectory, measure, values, correlation)


def size_of(slots: pd.DataFrame, volume: Array, name: str) -> Array:
    """Return a size of spines: their volume (um**3), or a quantity of their geometry."""
    if name == "volume":
        return volume
    if name not in slots:
        known = ["volume", *(str(c) for c in slots if slots[c].dtype.kind == "f")]
        raise ResultError(f"the spines have no {name!r} in their geometry. {suggest(name, known)}")
    return slots[name].to_numpy()


def _of_spines(
    trajectory: Trajectory,
    measure: Shape | ShapeCorrelation,
    values: Callable[[pd.DataFrame, Array], Array],
    statistic: Callable[[Array], float],
) -> pd.DataFrame:
    """Return a statistic of values of the spines that are there when the phase starts."""
    cells = Cells.of(trajectory)
    start, _ = span(trajectory, measure.phase)
    found, cell = [], []
    for imaging in imagings(trajectory, measure):
        visit = imaging.visit(start)
        found.append(values(imaging.slots.loc[visit.seen], visit.volume[visit.seen]))
        cell.append(imaging.cell[visit.seen])
    return cells.values(*by_cell(cells, np.concatenate(cell), np.concatenate(found), statistic))


def pair_correlation(trajectory: Trajectory, measure: PairCorrelation) -> pd.DataFrame:
    """Return the correlation of two spines with the same axon and cell, by repeat."""
    cells = Cells.of(trajectory)
    _, stop = span(trajectory, measure.phase)
    found, cell = [np.zeros((0, 2))], [np.zeros(0, np.int64)]
    for imaging in imagings(trajectory, measure):
        visit = imaging.visit(stop)
        value = np.log(np.where(visit.seen, visit.volume, 1.0))
        counted = visit.seen.copy()
        if measure.stage or measure.within:
            stage = snapshot(imaging.dataset, "stage", stop)
            if measure.stage:
                value = (stage == stage_number(imaging.stages, measure.stage)).astype(float)
            if measure.within:
                counted &= stage == stage_number(imaging.stages, measure.within)
        pairs = _pairs(imaging.dataset)
        pairs = pairs[counted[pairs].all(axis=1)]
        found.append(value[pairs])
        cell.append(imaging.cell[pairs[:, 0]])
    return cells.values(*by_cell(cells, np.concatenate(cell), np.concatenate(found), _both_orders))


def _pairs(dataset: Any) -> Array:
    """Return the slots of all pairs with one axon and one cell, shape (pairs, 2)."""
    ends = pd.DataFrame({"pre": dataset["pre"].values, "post": dataset["post"].values})
    ends["slot"] = np.arange(len(ends))
    both = ends.merge(ends, on=["pre", "post"])
    return both.loc[both["slot_x"] < both["slot_y"], ["slot_x", "slot_y"]].to_numpy()


def _both_orders(pairs: Array) -> float:
    return correlation(np.concatenate([pairs, pairs[:, ::-1]]))


def correlation(values: Array) -> float:
    """Return the correlation of two columns, NaN of too few rows."""
    if len(values) < _FEWEST or np.any(np.std(values, axis=0) == 0):
        return np.nan
    return float(np.corrcoef(values.T)[0, 1])
