"""What a condition does to a measure, paired by repeat, and targets that ask for its interval."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from neurospine import Protocol, compare
from neurospine.analysis.derived import relative
from neurospine.description.measure_tables import Effect
from neurospine.errors import ProtocolError, ResultError
from neurospine.listing_protocols import criterion

CONDITIONS = {"disorder": ("control", "a", "b"), "age": (10.0, 20.0)}
#: Values of each repeat: rows are control, a and b at age 10, then at age 20.
VALUES = np.array(
    [[1.0, 2.0, 4.0], [1.5, 2.4, 4.7], [0.0, 0.5, np.nan],
     [2.0, 2.0, 2.0], [3.0, 3.0, 3.0], [1.0, 2.0, 6.0]]
)  # fmt: skip


class Run:
    """As much of a trajectory as a table needs: its conditions, the last axis fastest."""

    class info:  # noqa: N801
        conditions = pd.DataFrame(
            [(d, a) for a in CONDITIONS["age"] for d in CONDITIONS["disorder"]],
            columns=["disorder", "age"],
        )
        attributes: dict[str, str] = {}


def repeats() -> pd.DataFrame:
    number = np.arange(VALUES.size)
    return pd.DataFrame(
        {"condition": number // 3, "repeat": number % 3, "value": VALUES.ravel(), "error": 0.0}
    )


def effect(**facts: Any) -> Effect:
    given = {"of": "x", "axis": "disorder", "reference": "control", "meaning": "m"}
    return Effect(kind="effect", **{**given, **facts})


def table(**facts: Any) -> pd.DataFrame:
    return relative(Run(), repeats(), effect(**facts), [])  # type: ignore[arg-type]


def row(found: pd.DataFrame, disorder: str, age: float) -> pd.Series[Any]:
    (place,) = np.flatnonzero((found["disorder"] == disorder) & (found["age"] == age))
    return found.iloc[place]


def test_a_difference_is_that_of_pairs_with_their_interval() -> None:
    found = table()
    assert set(found["disorder"]) == {"a", "b"}  # the reference is compared with nothing
    differences = VALUES[1] - VALUES[0]
    one = row(found, "a", 10.0)
    assert one["value"] == pytest.approx(differences.mean(), rel=1e-14)
    assert one["standard_error"] == pytest.approx(stats.sem(differences), rel=1e-14)
    half = stats.t.ppf(0.975, 2) * stats.sem(differences)
    np.testing.assert_allclose(
        [one["low"], one["high"]], differences.mean() + np.array([-half, half]), rtol=1e-13
    )
    # much less than the spread of either, as pairs share what they start with
    assert one["standard_error"] < 0.2 * stats.sem(VALUES[0])


def test_a_pair_of_which_one_is_missing_does_not_count() -> None:
    one = row(table(), "b", 10.0)
    differences = (VALUES[2] - VALUES[0])[:2]
    assert one["n"] == 2
    assert one["value"] == pytest.approx(differences.mean(), rel=1e-14)


def test_a_ratio_is_that_of_the_means() -> None:
    found = table(give="ratio")
    one = row(found, "a", 10.0)
    assert one["value"] == pytest.approx(VALUES[1].mean() / VALUES[0].mean(), rel=1e-14)
    linear = (VALUES[1] - one["value"] * VALUES[0]) / VALUES[0].mean()
    assert one["standard_error"] == pytest.approx(stats.sem(linear), rel=1e-12)
    same = row(found, "a", 20.0)
    assert (same["value"], same["standard_error"]) == (1.5, 0.0)


def test_other_axes_and_numbers_can_be_compared_along() -> None:
    found = table(axis="age", reference=10.0)
    assert set(found["age"]) == {20.0}
    one = row(found, "control", 20.0)
    assert one["value"] == pytest.approx((VALUES[3] - VALUES[0]).mean(), rel=1e-14)


def test_a_run_without_the_reference_is_refused() -> None:
    with pytest.raises(ResultError, match="no condition of the run has the reference"):
        table(reference="healthy")


# -- protocols and targets --------------------------------------------------------------------

CHANGE = {"kind": "relative_change", "meaning": "m", "phase": "days"}
FACTS = {"kind": "effect", "of": "change", "axis": "group", "reference": "control", "meaning": "m"}
AXIS = {"values": ("control", "one", "two"), "meaning": "m"}
TARGET = {
    "phenomenon": "p", "measure": "effect", "source": "assumed", "why": "w",
    "excludes": 0.0, "side": "above",
}  # fmt: skip


def protocol(
    facts: dict[str, Any] | None = None, target: dict[str, Any] | None = None, **more: Any
) -> Protocol:
    tables = {
        "name": "p", "repeats": 3, "step": "1 ms", "record_every": "1 day",
        "phases": [{"name": "days", "kind": "consolidation", "duration": "1 day", "tick": "1 day"}],
        "conditions": {"group": AXIS},
        "measures": {"change": CHANGE, "effect": {**FACTS, **(facts or {})}},
        "targets": [{**TARGET, **target}] if target is not None else [],
    }  # fmt: skip
    return Protocol(**{**tables, **more})


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"of": "chang"}, "of: unknown name 'chang'"),
        ({"of": "effect"}, "of: must be a measure by condition"),
        ({"axis": "grop"}, "axis: unknown name 'grop'"),
        ({"reference": "cntrol"}, "reference: group is never 'cntrol'"),
        ({"give": "quotient"}, "give"),
    ],
)
def test_an_effect_of_what_is_not_there_is_refused(facts: dict[str, Any], words: str) -> None:
    with pytest.raises(ProtocolError, match=rf"measures.effect.*{words}"):
        protocol(facts)


def test_an_effect_needs_something_to_compare() -> None:
    with pytest.raises(ProtocolError, match="no value but the reference"):
        protocol(conditions={"group": {**AXIS, "values": ("control",)}})


@pytest.mark.parametrize(
    ("target", "more", "words"),
    [
        ({"side": None}, {}, "both 'excludes' and 'side'"),
        ({"excludes": None, "above": 0.0}, {}, "both 'excludes' and 'side'"),
        ({"above": 0.0}, {}, "either 'data' or a bound"),
        ({"data": "wang2005"}, {}, "either 'data' or a bound"),
        ({"why": ""}, {}, "a bound needs 'why'"),
        ({"relative_to": "largest"}, {}, "relative_to: goes with a bound"),
        ({}, {"repeats": 1}, "an interval over repeats needs two of them"),
    ],
)
def test_an_interval_that_cannot_be_asked_for_is_refused(
    target: dict[str, Any], more: dict[str, Any], words: str
) -> None:
    with pytest.raises(ProtocolError, match=rf"targets.*{words}"):
        protocol(target=target, **more)


def test_a_target_without_measure_by_repeat_has_no_interval() -> None:
    fit = {"kind": "exponential_fit", "of": "change", "axis": "dose", "give": "constant"}
    measures = {"change": CHANGE, "effect": {**fit, "meaning": "m"}}
    dose = {"values": (1.0, 2.0, 3.0), "meaning": "m"}
    with pytest.raises(ProtocolError, match="the interval of a fit"):
        protocol(target={}, measures=measures, conditions={"dose": dose})


@pytest.mark.parametrize(
    ("target", "intervals", "verdict", "measured"),
    [
        ({}, [(0.1, 0.5), (0.2, 0.4)], "met", 0.3),
        ({}, [(0.1, 0.7), (-0.1, 0.5)], "miss", 0.2),
        ({}, [(0.1, 0.7), (0.0, 0.4)], "miss", 0.2),  # its end is not beyond
        ({"at": {"group": ("one",)}}, [(0.1, 0.7), (-0.1, 0.5)], "met", 0.4),
        ({"side": "below"}, [(-0.5, -0.1), (-0.7, -0.2)], "met", -0.3),
        ({"side": "below"}, [(-0.5, 0.1), (-0.7, -0.2)], "miss", -0.2),
        ({"excludes": 1.0}, [(1.1, 1.3), (1.4, 1.8)], "met", 1.2),
        ({}, [(0.1, 0.5), (np.nan, np.nan)], "miss", np.nan),
        ({"scored": False}, [(0.1, 0.5), (0.2, 0.4)], "shown", 0.3),
    ],
)
def test_the_whole_interval_has_to_be_on_the_side(
    target: dict[str, Any], intervals: list[tuple[float, float]], verdict: str, measured: float
) -> None:
    rows = [
        {"group": group, "value": (low + high) / 2, "standard_error": 0.1, "n": 3, "low": low,
         "high": high}
        for group, (low, high) in zip(("one", "two"), intervals, strict=True)
    ]  # fmt: skip
    found = compare(Run(), protocol(target=target), {"effect": pd.DataFrame(rows)})  # type: ignore[arg-type]
    (score,) = found
    assert score.verdict == verdict
    assert score.measured == pytest.approx(measured, nan_ok=True)
    sign = "<" if target.get("side") == "below" else ">"
    assert score.criterion == f"95 % interval {sign} {target.get('excludes', 0.0):g}"
    assert (score.z, score.published) == (None, None)


def test_show_says_which_interval_is_asked_for() -> None:
    (target,) = protocol(target={"prediction": True}).targets
    assert criterion(target) == "95 % interval above 0 (prediction)"
