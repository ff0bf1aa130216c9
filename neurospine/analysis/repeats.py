"""From a value for each repeat to a table with confidence intervals for each condition."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import scipy

from neurospine.results.trajectory import Trajectory

Array = np.ndarray[Any, np.dtype[Any]]

#: The probability with which the interval from `low` to `high` holds the mean.
CONFIDENCE = 0.95
#: Groups of spines that a jackknife leaves out in turn.
JACKKNIFE = 20


@dataclass(frozen=True)
class Cells:
    """The cells of a design: each repeat of each condition, numbered by condition first."""

    conditions: int
    repeats: int

    @classmethod
    def of(cls, trajectory: Trajectory) -> Cells:
        """Return the cells of a run."""
        repeats = [
            int(d["repeat"].max()) + 1 for d in trajectory.spines.values() if d.sizes["slot"]
        ]
        said = int(trajectory.info.attributes.get("repeats", 1))
        return cls(max(1, len(trajectory.info.conditions)), max(repeats, default=said))

    @property
    def size(self) -> int:
        """The number of cells."""
        return self.conditions * self.repeats

    def index(self, table: Any) -> Array:
        """Return the cell of each row of a table, or slot of a dataset, shape (rows,)."""
        condition, repeat = (np.asarray(table[name]) for name in ("condition", "repeat"))
        return np.asarray(condition * self.repeats + repeat, np.int64)

    def count(self, cell: Array, chosen: Array | None = None) -> Array:
        """Return how many of the chosen are in each cell, shape (cells,)."""
        inside = cell if chosen is None else cell[chosen]
        return np.bincount(inside, minlength=self.size).astype(float)

    def split(self, cell: Array, values: Array) -> Iterator[Array]:
        """Yield the values of each cell in turn."""
        order = np.argsort(cell, kind="stable")
        yield from np.split(values[order], np.cumsum(np.bincount(cell, minlength=self.size))[:-1])

    def values(
        self, value: Array, error: Array, own: Mapping[str, Any] | None = None
    ) -> pd.DataFrame:
        """Return values by cell as a table.

        Parameters
        ----------
        value, error
            Value and its standard error within a repeat, shape (cells,) or (cells, rows).
        own
            For each own axis its values, shape (rows,) or (cells, rows).
        """
        shape = (self.size, -1)
        value = np.reshape(value, shape)
        rows = value.shape[1]
        number = np.repeat(np.arange(self.size), rows)
        table = {"condition": number // self.repeats, "repeat": number % self.repeats}
        for name, axis in (own or {}).items():
            table[name] = np.broadcast_to(np.asarray(axis), value.shape).ravel()
        table["value"] = value.ravel()
        table["error"] = np.broadcast_to(np.reshape(error, shape), value.shape).ravel()
        return pd.DataFrame(table)


def averaged(
    cells: Cells, cell: Array, values: Array, own: Mapping[str, Any] | None = None
) -> pd.DataFrame:
    """Return the mean of values in each cell of a design, with its standard error, as a table.

    Values that are not a number count as not measured. The error is that over the values when
    there is one repeat, else 0.

    Parameters
    ----------
    cells, cell
        The design, and which of its cells each value belongs to, shape (values,).
    values
        Shape (values,), or (values, rows) with an own axis.
    own
        As for `Cells.values`.
    """
    values = np.reshape(values, (len(cell), -1))
    known = np.isfinite(values)
    shape = (cells.size, values.shape[1])
    number, total, squares = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    np.add.at(number, cell, known)
    np.add.at(total, cell, np.where(known, values, 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = total / number
        np.add.at(squares, cell, np.where(known, values - mean[cell], 0.0) ** 2)
        error = np.sqrt(squares / (number - 1) / number)
    single = cells.repeats == 1
    return cells.values(mean, np.where(single & (number > 1), error, 0.0), own)


def share(part: Array, whole: Array) -> tuple[Array, Array]:
    """Return part/whole and its binomial standard error; NaN where the whole is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.where(whole > 0, part / whole, np.nan)
        error = np.sqrt(found * np.maximum(1 - found, 0) / whole)
    return found, error


def by_cell(
    cells: Cells, cell: Array, values: Array, statistic: Callable[[Array], float]
) -> tuple[Array, Array]:
    """Return a statistic of the values in each cell, and its standard error if repeats give none.

    Returns
    -------
    value, error : arrays of shape (cells,)
        NaN where a cell is empty. The error is that of a jackknife over groups of
        spines when there is one repeat, else 0.
    """
    value, error = np.full(cells.size, np.nan), np.zeros(cells.size)
    for number, inside in enumerate(cells.split(cell, values)):
        if inside.size:
            value[number] = statistic(inside)
            if cells.repeats == 1:
                error[number] = jackknife(inside, statistic)
    return value, error


def jackknife(values: Array, statistic: Callable[[Array], float]) -> float:
    """Return the standard error of a statistic by leaving out one in so many groups of values."""
    groups = min(JACKKNIFE, len(values))
    if groups < 2:
        return 0.0
    number = np.arange(len(values)) % groups
    found = np.array([statistic(values[number != k]) for k in range(groups)])
    return float(np.sqrt((groups - 1) * np.var(found)))


def tabulate(
    trajectory: Trajectory, repeats: pd.DataFrame, own: Sequence[str] = ()
) -> pd.DataFrame:
    """Return means over repeats with their confidence intervals.

    Parameters
    ----------
    trajectory
        The run, for its conditions.
    repeats
        The columns condition, repeat, `value`, `error` (within a repeat), and own axes.
        Values that are not a number count as not measured.
    own
        The names of the own axes.

    Returns
    -------
    DataFrame
        A column for each condition axis and own axis, then `value`, `standard_error`,
        `n` repeats, and `low` and `high`, the ends of the 95 % confidence interval (of
        Student's t over repeats). A single repeat has the error within it, if it is
        known, and an interval of the normal law; else the error is 0 and there is no interval.
    """
    keys = ["condition", *own]
    grouped = repeats.groupby(keys, sort=False)
    table = grouped["value"].agg(value="mean", standard_error="sem", n="count").reset_index()
    within = grouped["error"].mean().to_numpy()
    several = table["n"].to_numpy() > 1
    error = np.where(several, table["standard_error"], np.nan_to_num(within))
    half = np.where(
        several, _student(table["n"].to_numpy()), scipy.stats.norm.ppf((1 + CONFIDENCE) / 2)
    )
    known = several | (error > 0)
    table["standard_error"] = np.where(table["n"] > 0, error, 0.0)
    table["low"] = np.where(known, table["value"] - half * error, np.nan)
    table["high"] = np.where(known, table["value"] + half * error, np.nan)
    conditions = trajectory.info.conditions
    if conditions.empty:
        return table.drop(columns="condition")
    places = table.pop("condition").to_numpy()
    axes = conditions.iloc[places].reset_index(drop=True)
    return pd.concat([axes, table], axis=1)


def _student(n: Array) -> Array:
    return np.asarray(scipy.stats.t.ppf((1 + CONFIDENCE) / 2, np.maximum(n - 1, 1)))
