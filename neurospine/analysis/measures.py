"""Work out what a protocol measures from the trajectory of a run."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr
from scipy.optimize import curve_fit

from neurospine.description.protocol import Protocol
from neurospine.description.targets import ExponentialFit, RelativeChange
from neurospine.errors import ResultError
from neurospine.results.trajectory import Trajectory

Measures = dict[str, pd.DataFrame]


def measure(trajectory: Trajectory, protocol: Protocol) -> Measures:
    """Return a table for each measure of a protocol.

    Parameters
    ----------
    trajectory
        A complete run of the protocol.
    protocol
        The protocol.

    Returns
    -------
    dict of DataFrame
        One row a condition (one in all for a fit), with a column for each axis and
        `value`, `standard_error` over repeats (0 for a single one) and `n` repeats.

    Raises
    ------
    ResultError
        If the trajectory does not reach the end of a phase that is measured.
    """
    tables: Measures = {}
    for name, wanted in protocol.measures.items():
        if isinstance(wanted, RelativeChange):
            tables[name] = _relative_change(trajectory, wanted)
    for name, wanted in protocol.measures.items():
        if isinstance(wanted, ExponentialFit):
            tables[name] = _exponential_fit(tables[wanted.of], wanted)
    return tables


def _relative_change(trajectory: Trajectory, wanted: RelativeChange) -> pd.DataFrame:
    phases = trajectory.info.phases.set_index("name")
    start, stop = (phases[edge].to_dict()[wanted.phase] for edge in ("start", "stop"))
    columns = ["condition", "repeat"]
    changes = []
    for dataset in trajectory.spines.values():
        before, after = (_at(dataset, wanted.variable, float(t)) for t in (start, stop))
        change = pd.DataFrame({c: dataset[c].values for c in columns})
        change["before"], change["after"] = before, after
        changes.append(change)
    cells = pd.concat(changes).groupby(columns)[["before", "after"]].mean()
    if (cells["before"] == 0).any():
        raise ResultError(
            f"phase {wanted.phase!r} begins with a {wanted.variable} of 0, of which there is no "
            "relative change"
        )
    relative = cells["after"] / cells["before"] - 1.0
    by_condition = relative.groupby("condition")
    error = by_condition.sem().fillna(0.0)
    table = trajectory.info.conditions.copy()
    if table.empty:
        table = pd.DataFrame(index=[0])
    table["value"] = by_condition.mean().to_numpy()
    table["standard_error"] = error.to_numpy()
    table["n"] = by_condition.size().to_numpy()
    return table


def _at(dataset: xr.Dataset, variable: str, time: float) -> np.ndarray:
    times = dataset["time"].values
    nearest = int(np.argmin(np.abs(times - time))) if times.size else -1
    if nearest < 0 or abs(times[nearest] - time) > 1e-9 * max(1.0, time):
        raise ResultError(f"no snapshot at {time:g} s: the run did not get so far")
    return np.asarray(dataset[variable].values[nearest])


def _exponential_fit(table: pd.DataFrame, wanted: ExponentialFit) -> pd.DataFrame:
    side = table[table[wanted.axis] > 0 if wanted.side == "positive" else table[wanted.axis] < 0]
    x, y = side[wanted.axis].abs().to_numpy(float), side["value"].to_numpy(float)
    guess = (y[np.argmin(x)], float(np.median(x)))
    try:
        found, covariance = curve_fit(_exponential, x, y, guess)
    except (RuntimeError, ValueError, TypeError) as error:
        raise ResultError(f"no exponential fits {wanted.of!r}: {error}") from None
    index = 0 if wanted.give == "amplitude" else 1
    row = {"value": found[index], "standard_error": covariance[index, index] ** 0.5, "n": x.size}
    return pd.DataFrame([row])


def _exponential(x: np.ndarray, amplitude: float, constant: float) -> np.ndarray:
    return np.asarray(amplitude * np.exp(-x / constant))
