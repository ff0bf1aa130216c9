"""Compare what was measured with what was published."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from neurospine.analysis.derived import shares_of_largest
from neurospine.analysis.measures import Measures
from neurospine.analysis.repeats import CONFIDENCE
from neurospine.description.measures import axes_of
from neurospine.description.protocol import Protocol
from neurospine.description.targets import Place, Target, holds_words
from neurospine.description.units import convert, parse_quantity
from neurospine.errors import ProtocolError
from neurospine.results.trajectory import Trajectory

#: Shown: nothing was compared, as the target asks.
Verdict = Literal["met", "near", "miss", "shown"]
#: Calibrated: parameters were fitted to these data. Held out: they must not be. Predicted: they
#: were not. Prediction: there are no data yet.
Status = Literal["calibrated", "predicted", "held out", "prediction"]


@dataclass(frozen=True)
class Score:
    """One line of a scorecard.

    `z` is the distance of the measured from the published value in standard errors
    of both together; it is None where the published value is a bound, and where nothing is
    compared.
    """

    phenomenon: str
    condition: str
    measured: float
    measured_error: float
    published: float | None
    published_error: float | None
    criterion: str
    z: float | None
    verdict: Verdict
    status: Status
    source: str


def verdict_of(z: float) -> Verdict:
    """Return met for a `z` within 1 of zero, near within 2, else miss."""
    return "met" if abs(z) <= 1 else "near" if abs(z) <= 2 else "miss"


def compare(trajectory: Trajectory, protocol: Protocol, measures: Measures) -> list[Score]:
    """Return the scorecard of a run: one line for each published value.

    Parameters
    ----------
    trajectory
        The run; its record says which data the parameters were fitted to.
    protocol
        The protocol with its targets.
    measures
        What `measure` returned for the two.

    Raises
    ------
    ProtocolError
        If a target's data have no value for any condition of the run.
    """
    fitted = set(str(trajectory.info.attributes.get("fitted_to", "")).split())
    scores: list[Score] = []
    for target in protocol.targets:
        table = measures[target.measure]
        if target.data:
            lines = _against_data(target, protocol, table, fitted)
        elif target.bounded:
            lines = [_against_bound(target, protocol, table, fitted)]
        elif target.excludes is not None:
            lines = [_against_interval(target, protocol, table, fitted)]
        else:
            lines = _shown(target, protocol, table, fitted)
        if not lines:
            raise ProtocolError(
                f"target {target.phenomenon!r}: data/reference/{target.data}.csv has no value for "
                "any condition of this run"
            )
        scores += lines
    return scores


def _status(target: Target, fitted: set[str]) -> Status:
    if target.prediction:
        return "prediction"
    if target.held_out and target.rows:  # these rows of the data were not fitted
        return "held out"
    if {target.data, target.source} & fitted:
        return "calibrated"
    return "held out" if target.held_out else "predicted"


def _against_data(
    target: Target, protocol: Protocol, table: pd.DataFrame, fitted: set[str]
) -> list[Score]:
    reference = target.published()
    units = _axes(target, protocol, table)
    columns = {axis: target.columns.get(axis, axis) for axis in units}
    axes = {axis: column for axis, column in columns.items() if column in reference.table}
    scores = []
    for _, row in _within(target, protocol, table).iterrows():
        for _, published in reference.table.iterrows():
            if all(
                _same(row[axis], published[column], units[axis], reference.units[column])
                for axis, column in axes.items()
            ):
                scores.append(_score(target, protocol, row, published, fitted))
    return scores


def _axes(target: Target, protocol: Protocol, table: pd.DataFrame) -> dict[str, str]:
    """Return the unit of every axis of a target's measure: conditions, then its own."""
    own = axes_of(protocol, protocol.measures[target.measure])
    units = {name: axis.unit for name, axis in protocol.conditions.items()} | own
    return {name: unit for name, unit in units.items() if name in table}


def _same(ours: Any, theirs: Any, unit: str, their_unit: str) -> bool:
    if isinstance(ours, str):
        return bool(ours == theirs)
    theirs = convert(float(theirs), their_unit, unit)
    return math.isclose(ours, theirs, rel_tol=1e-6, abs_tol=1e-9)


def _within(
    target: Target, protocol: Protocol, table: pd.DataFrame, key: Literal["at", "among"] = "at"
) -> pd.DataFrame:
    """Return the rows of a measure at which a target wants it."""
    inside, units = table, _axes(target, protocol, table)
    for axis, ends in getattr(target, key).items():
        if holds_words(protocol, axis):
            inside = inside[inside[axis].isin(ends)]
            continue
        low, high = (convert(*parse_quantity(end), units[axis]) for end in (ends[0], ends[-1]))
        inside = inside[inside[axis].between(low - 1e-9, high + 1e-9)]
    if inside.empty:
        raise ProtocolError(
            f"target {target.phenomenon!r}: no condition of the run is within '{key}'"
        )
    return inside


def _score(target: Target, protocol: Protocol, row: Any, published: Any, fitted: set[str]) -> Score:
    value, error = float(published[target.column]), published.get(target.error)
    label, status = _label(target, protocol, row), _status(target, fitted)
    measured, own = float(row["value"]), float(row["standard_error"])
    if not target.scored:
        error = None if error is None else float(error)
        return Score(
            target.phenomenon, label, measured, own, value, error, "", None, "shown", status,
            target.source,
        )  # fmt: skip
    both = math.hypot(float(error), own)
    if both == 0:
        raise ProtocolError(
            f"target {target.phenomenon!r}: neither {target.data} nor the run has an error; "
            "give a bound instead"
        )
    z = (measured - value) / both
    return Score(
        target.phenomenon,
        label,
        measured,
        own,
        value,
        float(error),
        "|z| <= 1",
        z,
        verdict_of(z),
        status,
        target.source,
    )


def _against_bound(
    target: Target, protocol: Protocol, table: pd.DataFrame, fitted: set[str]
) -> Score:
    if target.relative_to:
        among = _within(target, protocol, table, "among")
        table = shares_of_largest(table, among)
    inside = _within(target, protocol, table)
    values = inside["value"]
    above = target.above is None or bool((values > target.above).all())
    below = target.below is None or bool((values < target.below).all())
    lowest = not above or target.below is None
    order = values.to_numpy().argsort(kind="stable")
    row = inside.iloc[order[0] if lowest else order[values.count() - 1]]
    bounds = [f"> {target.above:g}"] if target.above is not None else []
    bounds += [f"< {target.below:g}"] if target.below is not None else []
    verdict: Verdict = "met" if above and below else "miss"
    return Score(
        target.phenomenon,
        _places(protocol, target.at),
        float(row["value"]),
        float(row["standard_error"]),
        None,
        None,
        " and ".join(bounds) + f" of {target.relative_to}" * bool(target.relative_to),
        None,
        verdict if target.scored else "shown",
        _status(target, fitted),
        target.source,
    )


def _against_interval(
    target: Target, protocol: Protocol, table: pd.DataFrame, fitted: set[str]
) -> Score:
    """Return the line of the condition whose interval is nearest to what it must exclude."""
    assert target.excludes is not None
    inside = _within(target, protocol, table)
    above = target.side == "above"
    room = inside["low"] - target.excludes if above else target.excludes - inside["high"]
    room = room.fillna(-math.inf)  # without an interval nothing is excluded
    row = inside.iloc[int(room.to_numpy().argmin())]
    sign = ">" if above else "<"
    verdict: Verdict = "met" if bool((room > 0).all()) else "miss"
    return Score(
        target.phenomenon, _label(target, protocol, row), float(row["value"]),
        float(row["standard_error"]), None, None,
        f"{100 * CONFIDENCE:g} % interval {sign} {target.excludes:g}", None,
        verdict if target.scored else "shown", _status(target, fitted), target.source,
    )  # fmt: skip


def _shown(
    target: Target, protocol: Protocol, table: pd.DataFrame, fitted: set[str]
) -> list[Score]:
    """Return a line for each row at which a target wants its measure, compared with nothing."""
    status = _status(target, fitted)
    return [
        Score(
            target.phenomenon, _label(target, protocol, row), float(row["value"]),
            float(row["standard_error"]), None, None, "", None, "shown", status, target.source,
        )
        for _, row in _within(target, protocol, table).iterrows()
    ]  # fmt: skip


def _places(protocol: Protocol, at: Place) -> str:
    """Return where a bound has to hold in words."""
    words = []
    for axis, ends in at.items():
        between = " or " if holds_words(protocol, axis) else " to "
        words.append(f"{axis} {between.join(ends)}")
    return ", ".join(words)


def _label(target: Target, protocol: Protocol, row: Any) -> str:
    """Return a condition in words; three axes or more are given by their values only."""
    words = []
    axes = _axes(target, protocol, row)
    for name, axis_unit in axes.items():
        value = row[name]
        unit = "" if axis_unit == "1" else f" {axis_unit}"
        head = f"{name} " if len(axes) < 3 else ""
        words.append(value if isinstance(value, str) else f"{head}{value:g}{unit}")
    return ", ".join(words)
