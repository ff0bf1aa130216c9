"""Effects against the tests of scipy, closed forms, and how often intervals hold the truth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from neurospine.analysis.effect_sizes import Effect, paired_effect, unpaired_effect

CONTROL = np.array([1.0, 1.3, 0.8, 1.1, 1.9, 1.4])
VALUE = np.array([1.2, 1.6, 0.7, 1.5, 2.5, 1.5])
#: Samples of which the share is counted whose interval holds the truth: 0.95 +- 3*0.0089.
SAMPLES = 600


def coverage(found: list[tuple[float, float]], truth: float) -> float:
    return float(np.mean([low <= truth <= high for low, high in found]))


def test_pairs_have_the_interval_of_student() -> None:
    effect = paired_effect(CONTROL, VALUE)
    interval = stats.ttest_rel(VALUE, CONTROL).confidence_interval(0.95)
    assert (effect.low, effect.high) == pytest.approx((interval.low, interval.high))
    assert effect.difference == pytest.approx(0.25)
    assert effect.percent == pytest.approx(100 * 0.25 / CONTROL.mean())
    assert (effect.n, effect.n_control, effect.excludes_zero) == (6, 6, effect.low > 0)


def test_independent_groups_have_the_interval_of_welch() -> None:
    effect = unpaired_effect(CONTROL, VALUE[:4])
    interval = stats.ttest_ind(VALUE[:4], CONTROL, equal_var=False).confidence_interval(0.95)
    assert (effect.low, effect.high) == pytest.approx((interval.low, interval.high))
    assert (effect.n, effect.n_control) == (4, 6)


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("shift", [0.0, 0.3, 3.0, 40.0])
def test_standardised_differences_have_the_interval_of_noncentral_t(
    shift: float, sign: float
) -> None:
    moved = VALUE - CONTROL + shift
    effect = paired_effect(np.zeros(6), sign * moved)
    t = float(moved.mean() / moved.std(ddof=1) * math.sqrt(6))
    factor = effect.effect_size / (sign * moved.mean() / moved.std(ddof=1))
    ends = sorted(sign * end / factor for end in (effect.effect_low, effect.effect_high))
    low, high = (float(stats.nct.cdf(t, 5, end * math.sqrt(6))) for end in ends)
    assert (low, high) == pytest.approx((0.975, 0.025), rel=1e-6)
    assert effect.effect_low < effect.effect_size < effect.effect_high


def test_the_correction_of_hedges() -> None:
    spread = math.sqrt((5 * CONTROL.var(ddof=1) + 5 * VALUE.var(ddof=1)) / 10)
    plain = (VALUE.mean() - CONTROL.mean()) / spread
    factor = math.gamma(5) / (math.sqrt(5) * math.gamma(4.5))
    assert unpaired_effect(CONTROL, VALUE).effect_size == pytest.approx(factor * plain)
    assert factor == pytest.approx(1 - 3 / (4 * 10 - 1), abs=1e-3)  # as it is often written


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    generator = np.random.default_rng(1)
    pairs: dict[str, list[tuple[float, float]]] = {"low": [], "percent_low": [], "effect_low": []}
    alone = {name: list[tuple[float, float]]() for name in pairs}
    for _ in range(SAMPLES):
        control = generator.normal(10.0, 1.0, 8)
        value = control + generator.normal(1.0, 1.0, 8)
        for found, effect in (
            (pairs, paired_effect(control, value)),
            (
                alone,
                unpaired_effect(generator.normal(10.0, 1.0, 6), generator.normal(11.0, 1.0, 8)),
            ),
        ):
            for name in found:
                ends = getattr(effect, name), getattr(effect, name.replace("low", "high"))
                found[name].append(ends)
    for found in (pairs, alone):
        assert coverage(found["low"], 1.0) == pytest.approx(0.95, abs=0.027)
        assert coverage(found["percent_low"], 10.0) == pytest.approx(0.95, abs=0.03)
        freedom = 7 if found is pairs else 12
        factor = math.gamma(freedom / 2) / math.gamma((freedom - 1) / 2) / math.sqrt(freedom / 2)
        assert coverage(found["effect_low"], factor) == pytest.approx(0.95, abs=0.027)


def test_the_bootstrap_is_fixed_and_near_student_for_normal_differences() -> None:
    generator = np.random.default_rng(3)
    control = generator.normal(10.0, 1.0, 60)
    value = control + generator.normal(1.0, 1.0, 60)
    effect = paired_effect(control, value, 4000)
    assert effect == paired_effect(control, value, 4000)
    student = paired_effect(control, value)
    for name in ("low", "high", "percent_low", "percent_high"):
        assert getattr(effect, name) == pytest.approx(getattr(student, name), rel=0.05)
    loose = unpaired_effect(control, value[:40], 4000)
    assert loose.low == pytest.approx(unpaired_effect(control, value[:40]).low, rel=0.1)


def test_one_pair_and_no_spread() -> None:
    one = paired_effect(np.array([2.0]), np.array([3.0]))
    assert (one.difference, one.percent, one.n) == (1.0, 50.0, 1)
    assert math.isnan(one.low)
    assert math.isnan(one.effect_size)
    assert not one.excludes_zero
    for effect in (paired_effect, unpaired_effect):
        same = effect(np.full(3, 2.0), np.full(3, 3.0))
        assert (same.low, same.high, same.percent_low, same.percent_high) == (1.0, 1.0, 50.0, 50.0)
        assert math.isnan(same.effect_size)
        assert same.excludes_zero
        assert effect(np.full(3, 2.0), np.full(3, 3.0), 100).low == 1.0
        dust = effect(np.full(3, 2.0), np.full(3, 2.0 + 1e-14))
        assert not dust.excludes_zero
        nothing = effect(np.zeros(3), np.full(3, 2.0))
        assert math.isnan(nothing.percent)
    assert Effect(1, 1, 0.0, 0.0, 0.0).excludes_zero is False
