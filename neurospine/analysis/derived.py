"""Measures that follow from the tables of other measures: fits, ratios and shares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats
from scipy.optimize import curve_fit

from neurospine.analysis.repeats import CONFIDENCE, Array, tabulate
from neurospine.description.measure_tables import ExponentialFit, Ratio, Summation
from neurospine.errors import ResultError
from neurospine.results.trajectory import Trajectory


def exponential_fit(
    table: pd.DataFrame, wanted: ExponentialFit, others: Sequence[str] = ()
) -> pd.DataFrame:
    """Return a parameter of an exponential through a table.

    Parameters
    ----------
    table
        The measure that is fitted.
    wanted
        The fit.
    others
        Axes of which each value has its own fit; one fit in all without.

    Raises
    ------
    ResultError
        If no exponential fits.
    """
    if not others:
        return pd.DataFrame([_fit(table, wanted)])
    rows = []
    for values, part in table.groupby(list(others), sort=False):
        rows.append({**dict(zip(others, values, strict=True)), **_fit(part, wanted)})
    return pd.DataFrame(rows)


def _fit(table: pd.DataFrame, wanted: ExponentialFit) -> dict[str, Any]:
    side = table[table[wanted.axis] > 0 if wanted.side == "positive" else table[wanted.axis] < 0]
    x, y = side[wanted.axis].abs().to_numpy(float), side["value"].to_numpy(float)
    try:
        guess = (y[np.argmin(x)], float(np.median(x)))
        found, covariance = curve_fit(_exponential, x, y, guess)
    except (RuntimeError, ValueError, TypeError) as error:
        raise ResultError(f"no exponential fits {wanted.of!r}: {error}") from None
    index = 0 if wanted.give == "amplitude" else 1
    value, spread = found[index], covariance[index, index] ** 0.5
    half = spread * stats.t.ppf((1 + CONFIDENCE) / 2, x.size - 2) if x.size > 2 else np.nan
    return {"value": value, "standard_error": spread, "n": x.size, "low": value - half,
            "high": value + half}  # fmt: skip


def _exponential(x: Array, amplitude: float, constant: float) -> Array:
    return np.asarray(amplitude * np.exp(-x / constant))


def ratio(
    trajectory: Trajectory, repeats: pd.DataFrame, wanted: Ratio | Summation, own: Sequence[str]
) -> pd.DataFrame:
    """Return a measure over its value at a reference condition.

    Parameters
    ----------
    trajectory
        The run, for its conditions.
    repeats
        The measure by repeat, as `tabulate` takes it.
    wanted
        The ratio.
    own
        The own axes of the measure.

    Raises
    ------
    ResultError
        If a condition has no reference in the run.
    """
    conditions = trajectory.info.conditions
    goal = conditions.assign(**dict(wanted.reference))
    numbered = conditions.assign(reference=np.arange(len(conditions)))
    numbered = numbered.drop_duplicates(list(conditions))
    reference = goal.merge(numbered, on=list(conditions), how="left")["reference"]
    if reference.isna().any():
        raise ResultError(f"no condition of the run has the reference {wanted.reference}")
    keys = ["condition", *own]
    both = repeats.assign(reference=reference.to_numpy(int)[repeats["condition"]])
    theirs = repeats.rename(
        columns={"condition": "reference", "value": "divisor", "error": "divisor_error"}
    )
    both = both.merge(theirs, on=["reference", "repeat", *own], how="left")
    counted = both["value"].notna() & both["divisor"].notna()
    both.loc[~counted, ["value", "divisor"]] = np.nan
    mean = both.groupby(keys, sort=False)[["value", "divisor"]].transform("mean")
    quotient = mean["value"] / mean["divisor"].where(mean["divisor"] != 0)
    # to first order, the ratio of the means moves by this much with each repeat
    moved = (both["value"] - quotient * both["divisor"]) / mean["divisor"]
    error = np.hypot(both["error"], quotient * both["divisor_error"]) / mean["divisor"].abs()
    same = both["condition"] == both["reference"]
    linear = both.assign(value=quotient + moved, error=error.where(~same, 0.0))
    return tabulate(trajectory, linear, own)


def summation(
    trajectory: Trajectory, repeats: pd.DataFrame, wanted: Summation, own: Sequence[str]
) -> pd.DataFrame:
    """Return a measure over what it would be if single responses added up; see `ratio`."""
    table = ratio(trajectory, repeats, wanted, own)
    number = table[wanted.axis] / wanted.single
    for column in ("value", "standard_error", "low", "high"):
        table[column] /= number.where(number != 0)
    return table


def shares_of_largest(table: pd.DataFrame, among: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return a measure as share of its largest value in size, with the error of the share.

    Parameters
    ----------
    table
        The measure, with the columns `value` and `standard_error`.
    among
        The rows of it among which the largest is sought; all of them by default.

    Returns
    -------
    DataFrame
        The table with other values and errors, to first order and as if conditions were
        independent. That of the largest is 1 without error. Where all values are 0 or none is
        a number, shares are no numbers.
    """
    sizes = (table if among is None else among)["value"].abs()
    if not sizes.max() > 0:
        return table.assign(value=np.nan, standard_error=0.0)
    place: Any = sizes.idxmax()
    largest, error = table.loc[place, "value"], table.loc[place, "standard_error"]
    share = table["value"] / largest
    spread = np.hypot(table["standard_error"], share * error) / abs(largest)
    return table.assign(value=share, standard_error=spread.where(table.index != place, 0.0))
