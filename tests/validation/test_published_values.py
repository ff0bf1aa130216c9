"""The shipped protocols against published data and the published output of the rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

pytestmark = pytest.mark.cpp

#: The reference output has two decimals.
RULE_OUTPUT = 0.01


def reference(shipped: Path, name: str) -> pd.DataFrame:
    table = pd.read_csv(shipped / "data" / "reference" / f"{name}.csv", comment="#")
    return table.rename(columns=lambda head: head.split(" [")[0])


def against(published: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Return measured and published values side by side."""
    axes = [c for c in published.columns if c in table and c != "relative_change"]
    merged = published.merge(table, on=axes, validate="one_to_one")
    assert len(merged) == len(published) == len(table)
    return merged


@pytest.mark.parametrize("parameters", ["visual_all_to_all_minimal", "visual_nearest_full"])
def test_pairing_frequency_gives_the_published_output_of_the_rule(
    outcome: Any, shipped: Path, parameters: str
) -> None:
    table = reference(shipped, "pfister2006_rule_output")
    chosen = table[table["parameters"] == parameters]
    both = against(chosen, outcome("pairing_frequency", parameters).measures["change"])
    assert len(both) == 10
    np.testing.assert_allclose(both["value"], both["relative_change"], rtol=0, atol=RULE_OUTPUT)


def test_triplets_give_the_published_output_of_the_rule(outcome: Any, shipped: Path) -> None:
    table = reference(shipped, "pfister2006_triplet_output")
    both = against(table, outcome("triplets", "hippocampal_all_to_all_full").measures["change"])
    assert len(both) == 8
    np.testing.assert_allclose(both["value"], both["relative_change"], rtol=0, atol=RULE_OUTPUT)


#: Of the closed form; four standard errors of 4000 spines are as much at the largest changes.
CLOSED_FORM = 0.05


@pytest.mark.parametrize(
    ("name", "number"),
    [
        # `analytic/test_graupner_brunel.py` holds the rule to the text.
        pytest.param("calcium_slices", 12, marks=pytest.mark.slow),
        pytest.param("calcium_cortical", 11, marks=pytest.mark.slow),
        pytest.param("calcium_cultures", 8, marks=pytest.mark.slow),
    ],
)
def test_calcium_rule_gives_the_output_of_the_authors_closed_form(
    outcome: Any, name: str, number: int
) -> None:
    """T7 and T8 of the plan: pairs depress, doublets and high rates potentiate."""
    run = outcome(name)
    scores = [s for s in run.scores if s.phenomenon.startswith("output of the rule")]
    assert len(scores) == number
    for score in scores:
        assert score.status == "calibrated"  # it is no datum
        assert abs(score.measured - score.published) < CLOSED_FORM + 2 * score.measured_error


@pytest.mark.slow
def test_predictions_are_what_the_rules_say(outcome: Any) -> None:
    lowered = (
        outcome("calcium_lowered").measures["change"].set_index(["rate", "outside", "interval"])
    )
    assert lowered.loc[(40, 1.0, 10), "value"] == pytest.approx(1.55, abs=0.08)
    assert lowered.loc[(40, 0.6, 10), "value"] == pytest.approx(0.92, abs=0.06)
    assert lowered.loc[(10, 0.6, 10), "value"] == pytest.approx(1.0, abs=1e-12)
    held = outcome("clopath_hyperpolarised").measures["change"].set_index("holding")["value"]
    assert held[0] == pytest.approx(0.418, abs=0.002)
    assert held[-600] == pytest.approx(-0.215, abs=0.002)


@pytest.mark.slow
def test_voltage_rule_meets_or_comes_near_every_published_rate(outcome: Any) -> None:
    scores = [s for s in outcome("clopath_frequency").scores if s.source == "sjostrom2001"]
    assert len(scores) == 10
    assert {s.verdict for s in scores} == {"met", "near"}
    assert sum(s.verdict == "met" for s in scores) == 6


def test_every_published_pairing_frequency_is_scored(outcome: Any, shipped: Path) -> None:
    scores = outcome("pairing_frequency").scores
    published = reference(shipped, "sjostrom2001")
    assert sorted(s.published for s in scores) == sorted(published["relative_change"])
    assert sorted(s.published_error for s in scores) == sorted(published["standard_error"])
    assert all(s.z is not None and s.verdict for s in scores)


def test_pairing_at_40_hz_post_before_pre_is_near_and_not_met(outcome: Any) -> None:
    (score,) = [s for s in outcome("pairing_frequency").scores if s.published == 0.56
                and s.published_error == 0.32]  # fmt: skip
    assert "40 Hz" in score.condition
    assert "-10 ms" in score.condition
    assert score.verdict == "near"
    assert round(abs(score.z), 1) == 1.2


def test_triplets_miss_two_or_three_published_values(outcome: Any) -> None:
    scores = outcome("triplets").scores
    assert len(scores) == 8
    assert 2 <= sum(score.verdict == "miss" for score in scores) <= 3


def test_stdp_window_is_that_of_bi_and_poo(outcome: Any) -> None:
    """T6 of the plan: amplitude 0.86 +/- 0.23, tau 15 +/- 8 ms, depression out to -40 ms."""
    run = outcome("stdp_window")
    amplitude, constant, depression = run.scores
    assert amplitude.published == pytest.approx(0.86, abs=0.01)
    assert abs(amplitude.measured - 0.86) < 0.23
    assert constant.published == pytest.approx(15, abs=0.5)
    assert abs(constant.measured - 15) < 8
    assert [score.verdict for score in run.scores] == ["met"] * 3
    change = run.measures["change"].set_index("interval")["value"]
    assert (change.loc[-40:-5] < 0).all()
    assert (change[change.index > 0] > 0).all()
    assert depression.measured == change.loc[-40:-5].max()


@pytest.mark.slow
def test_network_stays_active_and_its_weights_spread(outcome: Any) -> None:
    from neurospine import load_model, load_protocol, simulate

    model = load_model("recurrent_network").with_parameters(n_neurons=200, in_degree=50)
    trajectory = simulate(model, load_protocol("network_activity"))
    rate = len(trajectory.spikes["neurons"]) / 200 / 10
    assert 2 < rate < 50
    weight = trajectory.spines["recurrent"]["weight"].values
    assert weight[0].std() == 0
    assert (np.diff(weight.std(axis=1)) > 0).all()
    assert 0 <= weight.min() <= weight.max() <= 1
