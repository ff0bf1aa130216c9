"""Compare what was measured with what was published."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from neurospine.analysis.measures import Measures
from neurospine.description.protocol import Protocol
from neurospine.description.published import Published, load_reference
from neurospine.description.targets import Target
from neurospine.description.units import convert, parse_quantity
from neurospine.errors import ProtocolError
from neurospine.results.trajectory import Trajectory

Verdict = Literal["met", "near", "miss"]
#: Calibrated: parameters were fitted to these data. Held out: they must not be.
Status = Literal["calibrated", "predicted", "held out"]


@dataclass(frozen=True)
class Score:
    """One line of a scorecard.

    `z` is the distance of the measured from the published value in standard errors
    of both together; it is None where the published value is a bound.
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
        lines = (
            _against_data(target, protocol, table, fitted)
            if target.data
            else [_against_bound(target, protocol, table, fitted)]
        )
        if not lines:
            raise ProtocolError(
                f"target {target.phenomenon!r}: data/reference/{target.data}.csv has no value for "
                "any condition of this run"
            )
        scores += lines
    return scores


def _status(target: Target, fitted: set[str]) -> Status:
    if (target.data or target.source) in fitted:
        return "calibrated"
    return "held out" if target.held_out else "predicted"


def _against_data(
    target: Target, protocol: Protocol, table: pd.DataFrame, fitted: set[str]
) -> list[Score]:
    assert target.data
    reference = load_reference(target.data)
    axes = [axis for axis in protocol.conditions if axis in table and axis in reference.table]
    scores = []
    for _, row in table.iterrows():
        for _, published in reference.table.iterrows():
            if all(_same(axis, row, published, protocol, reference) for axis in axes):
                scores.append(_score(target, protocol, row, published, fitted))
    return scores


def _same(axis: str, row: Any, published: Any, protocol: Protocol, reference: Published) -> bool:
    ours, theirs = row[axis], published[axis]
    if isinstance(ours, str):
        return bool(ours == theirs)
    theirs = convert(float(theirs), reference.units[axis], protocol.conditions[axis].unit)
    return math.isclose(ours, theirs, rel_tol=1e-6, abs_tol=1e-9)


def _score(target: Target, protocol: Protocol, row: Any, published: Any, fitted: set[str]) -> Score:
    value, error = float(published[target.column]), float(published[target.error])
    measured, own = float(row["value"]), float(row["standard_error"])
    if math.hypot(error, own) == 0:
        raise ProtocolError(
            f"target {target.phenomenon!r}: neither {target.data} nor the run has an error; "
            "give a bound instead"
        )
    z = (measured - value) / math.hypot(error, own)
    return Score(
        target.phenomenon,
        _label(protocol, row),
        measured,
        own,
        value,
        error,
        "|z| <= 1",
        z,
        verdict_of(z),
        _status(target, fitted),
        target.source,
    )


def _against_bound(
    target: Target, protocol: Protocol, table: pd.DataFrame, fitted: set[str]
) -> Score:
    inside = table
    for axis, ends in target.at.items():
        low, high = (convert(*parse_quantity(end), protocol.conditions[axis].unit) for end in ends)
        inside = inside[inside[axis].between(low - 1e-9, high + 1e-9)]
    if inside.empty:
        raise ProtocolError(f"target {target.phenomenon!r}: no condition of the run is within 'at'")
    values = inside["value"]
    above = target.above is None or bool((values > target.above).all())
    below = target.below is None or bool((values < target.below).all())
    worst = values.min() if not above or target.below is None else values.max()
    bounds = [f"> {target.above:g}"] if target.above is not None else []
    bounds += [f"< {target.below:g}"] if target.below is not None else []
    span = ", ".join(f"{axis} {ends[0]} to {ends[1]}" for axis, ends in target.at.items())
    return Score(
        target.phenomenon,
        span,
        float(worst),
        0.0,
        None,
        None,
        " and ".join(bounds),
        None,
        "met" if above and below else "miss",
        _status(target, fitted),
        target.source,
    )


def _label(protocol: Protocol, row: Any) -> str:
    """Return a condition in words; three axes or more are given by their values only."""
    words = []
    for name, axis in protocol.conditions.items():
        if name in row:
            value = row[name]
            unit = "" if axis.unit == "1" else f" {axis.unit}"
            head = f"{name} " if len(protocol.conditions) < 3 else ""
            words.append(value if isinstance(value, str) else f"{head}{value:g}{unit}")
    return ", ".join(words)
