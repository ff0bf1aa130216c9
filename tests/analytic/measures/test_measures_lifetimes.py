"""Lifetimes against a worked example of the literature and lives of known law."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neurospine.analysis.lifetimes import Lives, observed, product_limit, weibull
from neurospine.errors import ResultError

NEVER = np.nan
#: Standard errors by which a random result may be off.
FAR = 4.5
#: The published example gives four decimals.
PRINTED = 5e-5

#: Weeks of remission on 6-mercaptopurine, Freireich et al. 1963, as in most textbooks.
RELAPSED = [6, 6, 6, 7, 10, 13, 16, 22, 23]
CENSORED = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
#: Time, survival and its Greenwood error, as printed there.
PRINTED_CURVE = [(6, 0.8571, 0.0764), (7, 0.8067, 0.0869), (10, 0.7529, 0.0963),
                 (13, 0.6902, 0.1068), (16, 0.6275, 0.1141), (22, 0.5378, 0.1282),
                 (23, 0.4482, 0.1346)]  # fmt: skip


def lives_of(died: list[float], censored: list[float], enter: Any = 0.0) -> Lives:
    leave = np.array([*died, *censored], float)
    return Lives(np.broadcast_to(enter, leave.shape), leave, np.arange(leave.size) < len(died))


def test_the_product_limit_is_that_of_the_textbook() -> None:
    curve = product_limit(lives_of(RELAPSED, CENSORED))
    time, survival, error = np.array(PRINTED_CURVE).T
    assert curve.time.tolist() == time.tolist()
    found = curve.at(time)
    np.testing.assert_allclose(found[0], survival, rtol=0, atol=PRINTED)
    np.testing.assert_allclose(found[1], error, rtol=0, atol=PRINTED)
    assert curve.median()[0] == 23
    assert curve.at(np.array([0.0, 5.9]))[0].tolist() == [1, 1]


def test_without_censoring_the_curve_is_a_plain_share_and_its_area_the_mean() -> None:
    times = np.random.default_rng(1).exponential(3, 200)
    curve = product_limit(lives_of(list(times), []))
    ages = np.array([1.0, 2.0, 5.0])
    survival, error = curve.at(ages)
    plain = (times[:, None] > ages).mean(axis=0)
    np.testing.assert_allclose(survival, plain, rtol=1e-12)
    np.testing.assert_allclose(error, np.sqrt(plain * (1 - plain) / 200), rtol=1e-9)
    mean, spread = curve.mean(1e9)
    assert mean == pytest.approx(times.mean())
    assert spread == pytest.approx(times.std() / np.sqrt(200))


def test_those_who_come_late_are_at_risk_from_then_on() -> None:
    """By hand: at 2 three of four are at risk, at 4 both the late one and one other."""
    lives = Lives(
        np.array([0.0, 0, 0, 3]), np.array([2.0, 4, 3, 5]), np.array([True, True, False, False])
    )
    curve = product_limit(lives)
    assert curve.time.tolist() == [2, 4]
    assert curve.survival.tolist() == pytest.approx([1, 2 / 3, 1 / 3])
    assert curve.greenwood.tolist() == pytest.approx([0, 1 / (3 * 2), 1 / 6 + 1 / (2 * 1)])


@pytest.mark.parametrize(
    ("of", "enter", "leave", "died"),
    [
        ("new", [0, 0], [4, 6], [True, False]),
        ("all", [2, 0, 0], [5, 4, 6], [True, True, False]),
        ("present", [0, 0, 0], [3, 1, 10], [True, True, False]),
    ],
)
def test_lives_are_cut_to_the_phase(
    synthetic: Any, of: str, enter: list[float], leave: list[float], died: list[bool]
) -> None:
    """A phase from day 10 to 20; one life is over before it and one begins after it."""
    contacts = [(0, 8, 13), (1, NEVER, 11), (1, 12, 16), (2, 14, 25), (3, 1, 5), (4, NEVER, NEVER),
                (5, 21, NEVER)]  # fmt: skip
    run = synthetic.trajectory(np.zeros((31, 6)), contacts)
    day = synthetic.day
    lives, rows = observed(run.contacts["pair"], of, 10 * day, 20 * day)
    assert (lives.enter / day).tolist() == pytest.approx(enter)
    assert (lives.leave / day).tolist() == pytest.approx(leave)
    assert lives.died.tolist() == died
    assert len(rows) == len(died)


TAU, SLOTS, DAYS = 6.0, 24_000, 30


def runs(synthetic: Any, shape: float) -> Any:
    """Weibull lives of mean about TAU, in 6 repeats, long after the start."""
    lives = synthetic.lives(SLOTS, DAYS, lambda g, n: TAU * g.weibull(shape, n), 4.0, 3, start=-60)
    return synthetic.trajectory(np.zeros((DAYS + 1, SLOTS)), lives, repeat=np.arange(SLOTS) % 6)


def near(table: Any, expected: Any) -> None:
    assert (table["n"] == 6).all()
    off = (table["value"].to_numpy() - expected) / table["standard_error"].to_numpy()
    assert np.abs(off).max() < FAR
    np.testing.assert_allclose(table["value"], expected, rtol=0.1)


@pytest.fixture(scope="module")
def exponential(synthetic: Any) -> Any:
    return runs(synthetic, 1.0)


@pytest.fixture(scope="module")
def heavy(synthetic: Any) -> Any:
    """Lives whose risk falls with age."""
    return runs(synthetic, 0.6)


@pytest.mark.parametrize("of", ["new", "all", "present"])
def test_exponential_lives_have_their_mean_however_they_are_sampled(
    synthetic: Any, exponential: Any, of: str
) -> None:
    near(synthetic.measured(exponential, kind="lifetime", give="mean", of=of), TAU)
    near(synthetic.measured(exponential, kind="lifetime", give="shape", of=of), 1.0)
    median = synthetic.measured(exponential, kind="kaplan_meier", give="median", of=of)
    near(median, TAU * np.log(2))
    area = synthetic.measured(exponential, kind="kaplan_meier", give="mean", of=of, unit="hour")
    near(area, 24 * TAU * (1 - np.exp(-DAYS / TAU)))


def test_heavy_tails_show_in_shape_and_curve(synthetic: Any, heavy: Any) -> None:
    lags = np.array([1.0, 5, 12])
    for of in ("new", "all"):
        table = synthetic.measured(
            heavy, kind="kaplan_meier", of=of, lags=[f"{24 * lag} hour" for lag in lags]
        )
        assert table["lag"].tolist() == (24 * lags).tolist()
        near(table, np.exp(-((lags / TAU) ** 0.6)))
        near(synthetic.measured(heavy, kind="lifetime", give="shape", of=of), 0.6)
    p = synthetic.measured(heavy, kind="lifetime", give="one_exponential_p")
    assert p["value"].item() < 1e-6


def test_the_p_value_of_one_exponential_is_uniform() -> None:
    generator = np.random.default_rng(4)
    ratios = []
    for _ in range(300):
        times = generator.exponential(2, 60)
        leave = np.minimum(times, 3)
        ratios.append(weibull(Lives(np.zeros(60), leave, times < 3))[2])
    # 5 % of a chi squared variable of one degree lie above 3.84; binomial error 1.3 %.
    assert 0.01 < np.mean(np.array(ratios) > 3.84) < 0.10


def test_the_error_of_a_shape_is_the_spread_of_shapes() -> None:
    generator = np.random.default_rng(8)
    found = np.array([
        weibull(Lives(np.zeros(200), 2 * generator.weibull(0.8, 200), np.ones(200, bool)))[:2]
        for _ in range(100)
    ])  # fmt: skip
    assert found[:, 0].mean() == pytest.approx(0.8, abs=0.03)
    assert found[:, 1].mean() == pytest.approx(found[:, 0].std(), rel=0.25)


def test_without_births_and_deaths_there_are_no_lifetimes(synthetic: Any) -> None:
    with pytest.raises(ResultError, match="no births and deaths of 'pair'"):
        synthetic.measured(synthetic.trajectory([[0.1], [0.1]]), kind="lifetime")
    with pytest.raises(ResultError, match="no projection 'pear'"):
        synthetic.measured(synthetic.trajectory([[0.1], [0.1]]), kind="density", projection="pear")


def test_no_death_gives_no_lifetime(synthetic: Any) -> None:
    run = synthetic.trajectory([[0.1], [0.1]], [(0, NEVER, NEVER)])
    table = synthetic.measured(run, kind="lifetime", of="present")
    assert np.isnan(table["value"].item())
    assert table["n"].item() == 0
