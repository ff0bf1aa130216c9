"""Targets that are shares of the largest value, predictions, or shown only."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from neurospine import NeurospineError, Protocol, Score, compare
from neurospine.analysis.derived import shares_of_largest
from neurospine.analysis.scorecard import summary
from neurospine.errors import ProtocolError
from neurospine.listing_protocols import criterion

BOUND = {"phenomenon": "growth", "measure": "change", "source": "assumed", "why": "w"}
SHARE = {**BOUND, "relative_to": "largest"}
AXIS = {"values": [5, -5], "unit": "ms", "meaning": "m"}
CHANGE = {"kind": "relative_change", "meaning": "m", "phase": "a"}


def table(values: Any, errors: Any = 0.0) -> pd.DataFrame:
    """Return a measure at two intervals by two words."""
    axes = {"interval": [5.0, 5.0, -5.0, -5.0], "word": ["a", "b", "a", "b"]}
    return pd.DataFrame({**axes, "value": values, "standard_error": errors})


@pytest.fixture
def scores(small: Protocol, trajectory: Any) -> Any:
    """A function that compares a table with a target."""

    def scored(target: dict[str, Any], values: Any, errors: Any = 0.0) -> list[Score]:
        tables = small.model_dump(by_alias=True, exclude_defaults=True)
        protocol = Protocol(**{**tables, "targets": [target]})
        return compare(trajectory, protocol, {"change": table(values, errors)})

    return scored


def test_shares_and_their_errors_follow_from_values_and_errors() -> None:
    found = shares_of_largest(table([2.0, -4.0, 1.0, 0.0], [0.3, 0.4, 0.0, 0.2]))
    np.testing.assert_allclose(found["value"], [-0.5, 1.0, -0.25, 0.0])
    wanted = [math.hypot(0.3, 0.5 * 0.4) / 4, 0.0, 0.25 * 0.4 / 4, 0.2 / 4]
    np.testing.assert_allclose(found["standard_error"], wanted)


def test_errors_of_shares_are_those_of_a_quotient_of_normal_numbers() -> None:
    random = np.random.Generator(np.random.Philox(7))
    draws = random.normal([1.0, 4.0], [0.05, 0.08], (200_000, 2))
    values = pd.DataFrame({"value": [1.0, 4.0], "standard_error": [0.05, 0.08]})
    found = shares_of_largest(values)["standard_error"].iloc[0]
    assert found == pytest.approx((draws[:, 0] / draws[:, 1]).std(), rel=0.01)


@pytest.mark.parametrize(
    ("facts", "values", "verdict", "measured"),
    [
        ({"above": 0.5, "at": {"word": ("a",)}}, [0.6, 0.1, 0.9, 1.0], "met", 0.6),
        ({"above": 0.5, "at": {"word": ("a",)}}, [0.4, 0.1, 0.9, 1.0], "miss", 0.4),
        ({"above": 0.5, "at": {"word": ("a",)}}, [-0.6, 0.1, -0.9, -1.0], "met", 0.6),
        ({"above": 0.5, "at": {"word": ("a",)}}, [-0.6, 0.1, 0.9, 1.0], "miss", -0.6),
        ({"below": 0.1, "at": {"word": ("b",)}}, [-2.0, -0.1, 1.0, 0.4], "met", 0.05),
        ({"below": 0.1, "at": {"word": ("b",)}}, [2.0, 0.1, 1.0, 0.4], "miss", 0.2),
        ({"above": -0.1, "below": 0.1, "at": {"word": ("b",)}}, [2.0, -0.4, 1, 0], "miss", -0.2),
        # the largest of the stated set, not of all
        ({"above": 0.5, "at": {"interval": ("5 ms",)}, "among": {"interval": ("5 ms",)}},
         [0.6, 1.0, 9.0, 8.0], "met", 0.6),
        ({"above": 2.0, "at": {"interval": ("-5 ms",)}, "among": {"interval": ("5 ms",)}},
         [0.5, 1.0, 3.0, 4.0], "met", 3.0),
        ({"above": 0.5}, [0.0, 0.0, 0.0, 0.0], "miss", math.nan),
        ({"below": 0.1}, [0.0, 0.0, 0.0, 0.0], "miss", math.nan),
    ],
)  # fmt: skip
def test_a_bound_may_be_one_of_a_share(
    scores: Any, facts: Any, values: list[float], verdict: str, measured: float
) -> None:
    (score,) = scores({**SHARE, **facts}, values)
    assert score.verdict == verdict
    assert score.measured == pytest.approx(measured, nan_ok=True)
    assert score.criterion.endswith(" of largest")


def test_a_set_without_a_condition_of_the_run_is_an_error(scores: Any) -> None:
    with pytest.raises(NeurospineError, match="within 'among'"):
        scores({**SHARE, "above": 0.5, "among": {"interval": ("50 ms", "60 ms")}}, [1.0] * 4)


def test_a_prediction_is_scored_and_counted_apart(scores: Any) -> None:
    (own,) = scores({**BOUND, "above": 0.0, "prediction": True}, [1.0] * 4)
    (published,) = scores({**BOUND, "above": 2.0}, [1.0] * 4)
    assert (own.verdict, own.status) == ("met", "prediction")
    assert summary([own, published]) == "0 met, 0 near, 1 miss of 1; 1 of 1 predictions met"


def test_what_is_not_scored_is_shown(scores: Any) -> None:
    bound = {**BOUND, "scored": False, "above": 2.0, "at": {"word": ("a",)}}
    (score,) = scores(bound, [1.0, 3.0, 4.0, 5.0])
    assert (score.verdict, score.measured, score.criterion) == ("shown", 1.0, "> 2")
    bare = scores({**BOUND, "scored": False, "at": {"word": ("a",)}}, [1.0, 3.0, 4.0, 5.0])
    assert [(s.verdict, s.measured, s.published) for s in bare] == [
        ("shown", 1.0, None), ("shown", 4.0, None),
    ]  # fmt: skip
    assert bare[0].condition == "interval 5 ms, a"
    assert summary([score, *bare]) == "0 met, 0 near, 0 miss of 0; 3 shown"


def test_published_values_that_are_not_scored_need_no_error(tables: dict[str, Any]) -> None:
    """That file has no standard errors, so it cannot be scored."""
    made = {"conditions": {"interval": AXIS}, "measures": {"change": CHANGE}}
    target = {**BOUND, "data": "bi_poo1998"}
    with pytest.raises(ProtocolError, match="standard_error"):
        Protocol(**tables, **made, targets=[target])
    protocol = Protocol(**tables, **made, targets=[{**target, "scored": False}])

    class Run:
        class info:  # noqa: N801
            attributes: dict[str, str] = {}

    published = protocol.targets[0].published().table.iloc[0]
    row = {"interval": published["interval"], "value": 0.1, "standard_error": 0.0}
    found = compare(Run(), protocol, {"change": pd.DataFrame([row])})  # type: ignore[arg-type]
    assert found[0].published == pytest.approx(published["relative_change"])
    assert {(s.verdict, s.z, s.published_error) for s in found} == {("shown", None, None)}


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"above": 0.5, "relative_to": "biggest"}, "relative_to"),
        ({"data": "wang2005", "relative_to": "largest"}, "relative_to: goes with a bound"),
        ({"above": 1.0, "relative_to": "largest"}, "above: a share of the largest"),
        ({"below": -1.5, "relative_to": "largest"}, "below: a share of the largest"),
        ({"above": 0.5, "among": {"x": ("5 ms",)}}, "among: goes with 'relative_to'"),
        ({"above": 0.5, "relative_to": "largest", "among": {"y": ("5 ms",)}}, "among: .*'y'"),
        ({"above": 0.5, "relative_to": "largest", "among": {"x": ("5 mV",)}}, "among: x: .*mV"),
        ({"prediction": True}, "prediction: what is predicted is a bound"),
        ({"prediction": True, "data": "wang2005"}, "prediction"),
        ({"prediction": True, "above": 0.0, "held_out": True}, "prediction"),
        ({"prediction": True, "above": 0.0, "scored": False}, "prediction"),
        ({"scored": False, "why": ""}, "scored: say in 'why'"),
        ({"scored": False, "data": "wang2005", "above": 0.0}, "either 'data' or a bound"),
    ],
)
def test_a_target_that_contradicts_itself_is_refused(
    tables: dict[str, Any], facts: dict[str, Any], words: str
) -> None:
    made = {"conditions": {"x": AXIS}, "measures": {"change": CHANGE}}
    with pytest.raises(ProtocolError, match=rf"targets.*{words}"):
        Protocol(**tables, **made, targets=[{**BOUND, **facts}])


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"above": 0.5, "relative_to": "largest"}, "> 0.5 of the largest value"),
        ({"below": 0.1, "relative_to": "largest", "among": {"x": ("5 ms",)},
          "at": {"x": ("-5 ms",)}},
         "< 0.1 of the largest value among x 5 ms at x -5 ms"),
        ({"above": 0, "prediction": True}, "> 0 (prediction)"),
        ({"scored": False}, "none (shown, not scored)"),
    ],
)  # fmt: skip
def test_show_says_what_a_target_asks_for(
    tables: dict[str, Any], facts: dict[str, Any], words: str
) -> None:
    made = {"conditions": {"x": AXIS}, "measures": {"change": CHANGE}}
    (target,) = Protocol(**tables, **made, targets=[{**BOUND, **facts}]).targets
    assert criterion(target) == words
