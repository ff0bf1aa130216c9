"""Measures that follow from the tables of other measures: fits, ratios and shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import scipy

from neurospine.analysis.repeats import CONFIDENCE, Array, tabulate
from neurospine.description.measure_tables import Effect, ExponentialFit, Ratio, Summation
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
        found, covariance = scipy.optimize.curve_fit(_exponential, x, y, guess)
    except (RuntimeError, ValueError, TypeError) as error:
        raise ResultError(f"no exponential fits {wanted.of!r}: {error}") from None
    index = 0 if wanted.give == "amplitude" else 1
    value, spread = found[index], covariance[index, index] ** 0.5
    half = spread * scipy.stats.t.ppf((1 + CONFIDENCE) / 2, x.size - 2) if x.size > 2 else np.nan
    return {"value": value, "standard_error": spread, "n": x.size, "low": value - half,
            "high": value + half}  # fmt: skip


def _exponential(x: Array, amplitude: float, constant: float) -> Array:
    return np.asarray(amplitude * np.exp(-x / constant))


def relative(
    trajectory: Trajectory,
    repeats: pd.DataFrame,
    wanted: Ratio | Effect | Summation,
    own: Sequence[str],
) -> pd.DataFrame:
    """Return what a measure is relative to its value at a reference condition.

    Parameters
    ----------
    trajectory
        The run, for its conditions.
    repeats
        The measure by repeat, as `tabulate` takes it.
    wanted
        What is asked for.
    own
        The own axes of the measure.

    Raises
    ------
    ResultError
        If a condition has no reference in the run.
    """
    if isinstance(wanted, Effect):
        both = paired(trajectory, repeats, {wanted.axis: wanted.reference}, own)
        both = both[both["condition"] != both["reference"]]
        found = _quotients(both, own) if wanted.give == "ratio" else _differences(both)
        return tabulate(trajectory, found, own)
    both = paired(trajectory, repeats, wanted.reference, own)
    table = tabulate(trajectory, _quotients(both, own), own)
    if isinstance(wanted, Summation):
        number = table[wanted.axis] / wanted.single
        for column in ("value", "standard_error", "low", "high"):
            table[column] /= number.where(number != 0)
    return table


def paired(
    trajectory: Trajectory,
    repeats: pd.DataFrame,
    reference: Mapping[str, float | str],
    own: Sequence[str],
) -> pd.DataFrame:
    """Return a measure by repeat beside its value at a reference condition.

    The columns `other` and `other_error` are those of the same repeat there, `reference` is the
    number of that condition. Where one of the two was not measured neither counts.

    Raises
    ------
    ResultError
        If a condition has no reference in the run.
    """
    conditions = trajectory.info.conditions
    goal = conditions.assign(**dict(reference))
    numbered = conditions.assign(reference=np.arange(len(conditions)))
    numbered = numbered.drop_duplicates(list(conditions))
    number = goal.merge(numbered, on=list(conditions), how="left")["reference"]
    if number.isna().any():
        raise ResultError(f"no condition of the run has the reference {dict(reference)}")
    both = repeats.assign(reference=number.to_numpy(int)[repeats["condition"]])
    theirs = repeats.rename(
        columns={"condition": "reference", "value": "other", "error": "other_error"}
    )
    both = both.merge(theirs, on=["reference", "repeat", *own], how="left")
    counted = both["value"].notna() & both["other"].notna()
    both.loc[~counted, ["value", "other"]] = np.nan
    return both


def _quotients(both: pd.DataFrame, own: Sequence[str]) -> pd.DataFrame:
    """Return the ratio of the means, moved by what each repeat moves it to first order."""
    mean = both.groupby(["condition", *own], sort=False)[["value", "other"]].transform("mean")
    quotient = mean["value"] / mean["other"].where(mean["other"] != 0)
    moved = (both["value"] - quotient * both["other"]) / mean["other"]
    error = np.hypot(both["error"], quotient * both["other_error"]) / mean["other"].abs()
    same = both["condition"] == both["reference"]
    return both.assign(value=quotient + moved, error=error.where(~same, 0.0))


def _differences(both: pd.DataFrame) -> pd.DataFrame:
    return both.assign(
        value=both["value"] - both["other"], error=np.hypot(both["error"], both["other_error"])
    )


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
