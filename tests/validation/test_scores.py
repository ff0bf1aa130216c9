"""What a scorecard claims: verdicts, and whether data were fitted or predicted."""

from __future__ import annotations

import math
from typing import Any

import pytest

from neurospine import NeurospineError, Protocol, compare, load_model, measure, simulate

pytestmark = pytest.mark.cpp


def statuses(outcome: Any, name: str, parameters: str | None = None) -> set[str]:
    return {score.status for score in outcome(name, parameters).scores}


def test_data_that_a_set_was_fitted_to_count_as_calibrated(outcome: Any) -> None:
    assert statuses(outcome, "pairing_frequency") == {"calibrated"}
    assert statuses(outcome, "triplets") == {"calibrated"}
    assert statuses(outcome, "stdp_window") == {"calibrated"}


@pytest.mark.parametrize(
    ("name", "spine"),
    [
        pytest.param("stdp_window", "pair_stdp_multiplicative", marks=pytest.mark.slow),
        ("pairing_frequency", "triplet_stdp"),
    ],
)
def test_data_that_the_values_of_a_rule_file_were_fitted_to_count_as_calibrated(
    outcome: Any, name: str, spine: str
) -> None:
    """Without any set, the numbers in force are those of the file, fitted all the same."""
    protocol = outcome(name).protocol
    trajectory = simulate(load_model("independent_pairs", spine=spine), protocol)
    scores = compare(trajectory, protocol, measure(trajectory, protocol))
    assert {score.status for score in scores} == {"calibrated"}


def test_other_data_count_as_predicted(outcome: Any) -> None:
    assert statuses(outcome, "pairing_frequency", "hippocampal_all_to_all_full") == {"predicted"}
    assert statuses(outcome, "triplets", "visual_all_to_all_full") == {"predicted"}


@pytest.mark.parametrize(
    ("change", "status"),
    [({"tau_plus": "16 ms"}, "predicted"), ({"axonal_delay": "0 ms"}, "calibrated")],
)
def test_an_override_of_a_rule_makes_it_fitted_to_nothing(
    outcome: Any, change: dict[str, str], status: str
) -> None:
    protocol = outcome("triplets").protocol
    trajectory = simulate(None, protocol, parameters=change)
    scores = compare(trajectory, protocol, measure(trajectory, protocol))
    assert {score.status for score in scores} == {status}


def with_targets(protocol: Protocol, *targets: dict[str, Any]) -> Protocol:
    tables = protocol.model_dump(by_alias=True, exclude_defaults=True)
    return Protocol(**{**tables, "targets": targets})


BOUND = {"phenomenon": "bound", "measure": "change", "source": "bi_poo1998", "why": "a test"}


def test_held_out_data_are_named_so(outcome: Any) -> None:
    run = outcome("pairing_frequency", "hippocampal_all_to_all_full")
    target = run.protocol.targets[0].model_dump(exclude_defaults=True)
    protocol = with_targets(run.protocol, {**target, "held_out": True})
    scores = compare(run.trajectory, protocol, run.measures)
    assert {score.status for score in scores} == {"held out"}


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    ("distance", "verdict"),
    [(0.0, "met"), (0.999, "met"), (1.001, "near"), (1.999, "near"), (2.001, "miss"), (9, "miss")],
)
def test_verdict_follows_the_distance_in_standard_errors(
    outcome: Any, distance: float, sign: int, verdict: str
) -> None:
    run = outcome("pairing_frequency")
    published = {s.condition: (s.published, s.published_error) for s in run.scores}
    for own in (0.0, 0.3):
        table = run.measures["change"].copy()
        for row, (value, error) in enumerate(published.values()):
            table.loc[row, "value"] = value + sign * distance * math.hypot(error, own)
        table["standard_error"] = own
        scores = compare(run.trajectory, run.protocol, {"change": table})
        assert {score.verdict for score in scores} == {verdict}
        assert all(score.z == pytest.approx(sign * distance) for score in scores)


@pytest.mark.parametrize(
    ("bound", "span", "low", "high", "verdict"),
    [
        ({"below": 0.0}, ("-40 ms", "-5 ms"), -40, -5, "met"),
        ({"below": -0.2}, ("-40 ms", "-5 ms"), -40, -5, "miss"),
        ({"above": 0.0}, ("0.002 s", "0.1 s"), 2, 100, "met"),
        ({"above": 0.3}, ("2 ms", "10 ms"), 2, 10, "met"),
        ({"above": 0.3}, ("2 ms", "40 ms"), 2, 40, "miss"),
        ({"below": 0.0}, None, -100, 100, "miss"),
    ],
)
def test_a_bound_holds_at_every_condition_or_is_missed(
    outcome: Any, bound: Any, span: Any, low: float, high: float, verdict: str
) -> None:
    run = outcome("stdp_window")
    target = {**BOUND, **bound, "at": {"interval": span} if span else {}}
    (score,) = compare(run.trajectory, with_targets(run.protocol, target), run.measures)
    change = run.measures["change"].set_index("interval")["value"].loc[low:high]
    assert score.verdict == verdict
    assert score.measured == (change.max() if "below" in bound else change.min())
    assert score.z is None
    assert score.published is None


def test_targets_without_a_condition_of_the_run_are_an_error(outcome: Any) -> None:
    run = outcome("stdp_window")
    nowhere = {**BOUND, "below": 0.0, "at": {"interval": ("200 ms", "300 ms")}}
    with pytest.raises(NeurospineError, match="no condition of the run is within 'at'"):
        compare(run.trajectory, with_targets(run.protocol, nowhere), run.measures)
    other = {"phenomenon": "rates", "measure": "change", "source": "sjostrom2001",
             "data": "sjostrom2001"}  # fmt: skip
    table = run.measures["change"].assign(interval=1000.0)
    with pytest.raises(NeurospineError, match=r"sjostrom2001.csv has no value for any condition"):
        compare(run.trajectory, with_targets(run.protocol, other), {"change": table})
