"""Statistics of size and its change against laws with known answers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from neurospine.analysis.fluctuations import head_area

#: Standard errors by which a random result may be off.
FAR = 4.5
REPEATS, SPINES = 6, 24_000
REPEAT = np.arange(SPINES) % REPEATS
#: Mean and SD of ln V, relaxation time in days.
CENTRE, SPREAD, TAU = np.log(0.08), 0.8, 30.0


def near(table: Any, expected: Any) -> None:
    assert (table["n"] == REPEATS).all()
    off = (table["value"].to_numpy() - expected) / table["standard_error"].to_numpy()
    assert np.abs(off).max() < FAR
    assert np.abs(table["value"].to_numpy() - expected).max() < 0.1 * max(1, np.max(expected))


@pytest.fixture(scope="module")
def wandering(synthetic: Any) -> Any:
    """ln V of an Ornstein-Uhlenbeck process in its steady state, daily for 20 days."""
    generator = np.random.default_rng(12)
    log = np.empty((21, SPINES))
    log[0] = generator.normal(0, SPREAD, SPINES)
    keep = np.exp(-1 / TAU)
    for day in range(20):
        log[day + 1] = keep * log[day] + generator.normal(0, SPREAD * np.sqrt(1 - keep**2), SPINES)
    return synthetic.trajectory(np.exp(CENTRE + log), repeat=REPEAT)


@pytest.mark.parametrize(
    ("give", "expected"),
    [
        ("mean", np.exp(CENTRE + SPREAD**2 / 2)),
        ("median", np.exp(CENTRE)),
        ("cv", np.sqrt(np.exp(SPREAD**2) - 1)),
        ("mean_log", CENTRE),
        ("sd_log", SPREAD),
        ("skew_log", 0.0),
    ],
)
def test_moments_of_a_lognormal_law(
    synthetic: Any, wandering: Any, give: str, expected: float
) -> None:
    table = synthetic.measured(wandering, kind="size_distribution", give=give)
    near(table, expected)
    plain = wandering.spines["pair"]["volume"].values[-1]
    statistic = {"mean": np.mean, "median": np.median, "cv": lambda v: v.std() / v.mean(),
                 "mean_log": lambda v: np.log(v).mean(), "sd_log": lambda v: np.log(v).std(),
                 "skew_log": lambda v: stats.skew(np.log(v))}[give]  # fmt: skip
    by_repeat = [statistic(plain[r == REPEAT]) for r in range(REPEATS)]
    assert table["value"].item() == pytest.approx(np.mean(by_repeat))
    assert table["standard_error"].item() == pytest.approx(stats.sem(by_repeat))


def test_sizes_over_time_and_from_a_volume_on(synthetic: Any, wandering: Any) -> None:
    table = synthetic.measured(
        wandering, kind="size_distribution", give="mean_log", every="10 day", detection="0.08 um**3"
    )
    assert table["time"].tolist() == [0, 10, 20]
    near(table, CENTRE + SPREAD * np.sqrt(2 / np.pi))


def test_a_lognormal_law_passes_the_test_and_another_does_not(
    synthetic: Any, wandering: Any
) -> None:
    share = {"kind": "size_distribution", "give": "ks_share"}
    assert synthetic.measured(wandering, **share)["value"].item() > 0.95
    assert synthetic.measured(wandering, **{**share, "give": "ks_p"})["value"].item() > 0.4
    gamma = np.random.default_rng(2).gamma(1.0, 0.1, (2, SPINES))
    other = synthetic.trajectory(gamma, repeat=REPEAT)
    assert synthetic.measured(other, **share)["value"].item() < 0.2
    again = synthetic.measured(other, **share)
    assert again.equals(synthetic.measured(other, **share))


def test_two_kinds_of_spine_are_two_modes(synthetic: Any, wandering: Any) -> None:
    modes = {"kind": "size_distribution", "give": "modes"}
    assert synthetic.measured(wandering, **modes)["value"].item() == pytest.approx(1, abs=0.2)
    log = np.random.default_rng(4).normal(0, 0.3, (2, SPINES))
    log += np.log(np.where(np.arange(SPINES) % 5 < 2, 0.02, 0.085))
    both = synthetic.trajectory(np.exp(log), repeat=REPEAT)
    assert synthetic.measured(both, **modes)["value"].item() == 2


@pytest.mark.parametrize("method", ["hill", "regression"])
def test_the_tail_of_a_power_law_has_its_exponent(synthetic: Any, method: str) -> None:
    volume = 0.1 * (1 + np.random.default_rng(3).pareto(2.0, (2, SPINES)))
    run = synthetic.trajectory(volume, repeat=REPEAT)
    facts = {"kind": "tail_exponent", "smallest": "0.1 um**3", "method": method}
    facts["largest"] = "1 um**3"  # which the estimator of Hill takes no notice of
    near(synthetic.measured(run, **facts), 3.0)


def test_memory_of_size_decays_with_the_relaxation_time(synthetic: Any, wandering: Any) -> None:
    lags = np.array([0, 2, 8, 20])
    table = synthetic.measured(
        wandering, kind="autocorrelation", lags=[f"{lag} day" for lag in lags]
    )
    assert table["lag"].tolist() == lags.tolist()
    assert table["value"][0] == pytest.approx(1)
    near(table[1:], np.exp(-lags[1:] / TAU))


def test_memory_is_that_of_spines_that_live_through(synthetic: Any) -> None:
    volume = [[1, 2, 4, 9], [2, 3, 7, 1], [1, 3, 9, 1]]
    contacts = [(0, np.nan, np.nan), (1, np.nan, np.nan), (2, np.nan, np.nan), (3, np.nan, 0.5),
                (3, 0.7, np.nan)]  # fmt: skip
    run = synthetic.trajectory(volume, contacts)
    table = synthetic.measured(run, kind="autocorrelation", lags=["1 day", "2 day"], log=False)
    expected = [np.corrcoef(volume[0][:3], volume[k][:3])[0, 1] for k in (1, 2)]
    assert table["value"].tolist() == pytest.approx(expected)


def test_the_spread_of_change_follows_size(synthetic: Any, wandering: Any) -> None:
    """SD(dV | V) of the process goes exactly as V**exp(-lag/tau)."""
    keep = np.exp(-2 / TAU)
    facts = {"kind": "fluctuation", "lag": "2 day"}
    table = synthetic.measured(wandering, **facts, give="exponent", bins=20)
    # Within a bin the drift differs with size and adds to the spread, most in the widest ones.
    assert table["value"].item() == pytest.approx(keep, abs=0.015)
    curve = synthetic.measured(wandering, **facts, give="curve", bins=20)
    assert len(curve) == 20
    s = SPREAD * np.sqrt(1 - keep**2)
    x = np.log(curve["size"][5:15])
    exact = np.exp(keep * x + (1 - keep) * CENTRE + s**2 / 2) * np.sqrt(np.exp(s**2) - 1)
    np.testing.assert_allclose(curve["value"][5:15], exact, rtol=0.04)
    slope = synthetic.measured(wandering, **facts, give="slope", bins=20)
    fitted = np.polyfit(curve["size"], curve["value"], 1)[0]
    assert slope["value"].item() == pytest.approx(fitted, rel=0.02)


def test_the_spread_of_change_is_that_of_plain_arrays(synthetic: Any, wandering: Any) -> None:
    volume = wandering.spines["pair"]["volume"].values
    for name, size in (("volume", volume), ("area", head_area(volume))):
        facts = {"kind": "fluctuation", "size": name}
        change = np.diff(size, axis=0)
        pairs = [(size[:-1, r == REPEAT].ravel(), change[:, r == REPEAT].ravel())
                 for r in range(REPEATS)]  # fmt: skip
        sd = synthetic.measured(wandering, **facts, give="sd")
        assert sd["value"].item() == pytest.approx(np.mean([d.std() for _, d in pairs]))
        correlation = synthetic.measured(wandering, **facts, give="correlation")
        expected = np.mean([np.corrcoef(x, np.abs(d))[0, 1] for x, d in pairs])
        assert correlation["value"].item() == pytest.approx(expected)


def test_changes_are_of_the_same_spine_seen_twice(synthetic: Any) -> None:
    volume = [[1.0, 2, 3, 4, 5, 6, 9], [1.5, 2, 3.5, 4, 5.5, 6, 1]]
    contacts = [(slot, np.nan, np.nan) for slot in range(6)] + [(6, np.nan, 0.5), (6, 0.7, np.nan)]
    table = synthetic.measured(
        synthetic.trajectory(volume, contacts), kind="fluctuation", give="sd", bins=3
    )
    assert table["value"].item() == pytest.approx(0.25)
    assert table["standard_error"].item() == pytest.approx(0.25 / np.sqrt(12))


def test_head_area_is_the_disc_of_a_sphere() -> None:
    radius = np.array([0.1, 0.25, 0.7])
    np.testing.assert_allclose(head_area(4 / 3 * np.pi * radius**3), np.pi * radius**2, rtol=1e-12)


def test_the_numbers_of_a_kesten_process_come_back(synthetic: Any) -> None:
    """x' = e x + h, independent e of mean 0.95 and SD 0.1, h of mean 0.005 and SD 0.008 um**3."""
    generator = np.random.default_rng(6)
    volume = np.empty((31, SPINES))
    volume[0] = 0.1
    for day in range(30):
        e, h = generator.normal(0.95, 0.1, SPINES), generator.normal(0.005, 0.008, SPINES)
        volume[day + 1] = np.maximum(e * volume[day] + h, 1e-6)
    run = synthetic.trajectory(volume, repeat=REPEAT, phases={"days": (10, 30)})
    expected = {"factor": 0.95, "factor_sd": 0.1, "addition": 0.005, "addition_sd": 0.008}
    for give, number in expected.items():
        table = synthetic.measured(run, kind="kesten", give=give)
        assert table["value"].item() == pytest.approx(number, rel=0.04), give
