"""The chain of size classes against closed forms, identities and finer classes."""

from __future__ import annotations

import numpy as np
import pytest

from neurospine.analysis.chain import Chain, chain_of, size_chain
from neurospine.analysis.chain_measures import (
    births_per_spine,
    change_exponent,
    distance_to_log_normal,
    modes,
    newcomers,
    relaxation_time,
    size_change,
    sizes,
    stationary,
    survival,
    tail_exponent,
    turnover,
)
from neurospine.errors import ModelError

DAY = 86400.0
#: Deaths so rare that the law is that of a closed population, relative to the rate of the drift.
RARE = 1e-7
#: Rounding of long sums of probabilities.
ROUNDING = 1e-10
#: Published values of the same model, from an independent solution, have three digits.
DIGITS = 0.0015
#: What refinement from the default to five times as many classes may change.
COARSE = 0.005


def log_normal(
    tau: float = 30.0, slope: float = 0.2, hazard: float = RARE, **options: int
) -> Chain:
    return size_chain(
        lambda v: v * (np.log(0.07 / v) / tau + slope**2 / 2),
        lambda v: slope * v,
        lambda _: hazard,
        0.07,
        0.3,
        smallest=0.07 * np.exp(-6.0),
        largest=0.07 * np.exp(6.0),
        **options,
    )


def cortex(threshold: float, classes: int = 160) -> Chain:
    """Age series of somatosensory cortex in one population, in days."""
    return size_chain(
        lambda v: v * (np.log(0.0864 / v) / 23.6 + 0.02),
        lambda v: 0.2 * v,
        lambda v: 1.19 / (1 + (v / threshold) ** 4),
        0.0199,
        0.365,
        classes=classes,
    )


@pytest.mark.parametrize("classes", [40, 160])
def test_stationary_sizes_are_those_of_the_closed_form(classes: int) -> None:
    found = log_normal(classes=classes)
    law = stationary(found)
    got = sizes(found, law)
    # The truncation at six units of ln V (about 7.7 SD) and the rare deaths do not show.
    assert got.log_mean == pytest.approx(np.log(0.07), abs=1e-4)
    assert got.log_sd == pytest.approx(0.2 * np.sqrt(30.0 / 2), rel=1e-4)
    assert got.log_skew == pytest.approx(0.0, abs=1e-3)
    assert got.cv == pytest.approx(np.sqrt(np.expm1(0.6)), rel=1e-3)
    assert distance_to_log_normal(found, law) < 0.01
    assert modes(found, law) == 1


def test_relaxation_is_that_of_the_drift() -> None:
    assert relaxation_time(log_normal(hazard=0.01)) == pytest.approx(1 / 0.01, rel=1e-6)
    rates = np.sort(-np.linalg.eigvals(log_normal().generator).real)
    assert rates[1] == pytest.approx(1 / 30.0, rel=COARSE)


def test_change_over_a_lag_is_that_of_the_closed_form() -> None:
    change = size_change(log_normal(), 5.0)
    decay = np.exp(-5.0 / 30.0)
    spread = 0.6 * (1 - decay**2)
    x = np.log(change.volume / 0.07)
    later = 0.07 * np.exp(decay * x + spread / 2)
    middle = np.abs(x) < 2
    assert change.mean[middle] == pytest.approx((later - change.volume)[middle], abs=5e-4)
    assert change.sd[middle] == pytest.approx((later * np.sqrt(np.expm1(spread)))[middle], rel=0.01)
    # ln SD = decay ln V + constant.
    assert change_exponent(change) == pytest.approx(decay, abs=0.01)


@pytest.mark.parametrize("kappa", [0.04, 0.08])
def test_linear_drift_has_its_power_tail(kappa: float) -> None:
    chain = size_chain(
        lambda v: kappa * (0.1 - v), lambda v: 0.2 * v, lambda _: RARE, 0.1, 0.3, largest=400.0
    )
    found = tail_exponent(chain, stationary(chain), (40.0, 200.0))
    assert found == pytest.approx(2 + 2 * kappa / 0.04, rel=COARSE)


def test_an_absorbing_minimum_gives_the_first_passage_of_drifted_noise() -> None:
    # Brownian motion in ln V with drift c > 0 up from a floor at distance d: reached with
    # probability exp(-2 c d/slope^2); with drift down, after a mean time d/c.
    fall, distance = 0.05, 1.0
    chain = size_chain(
        lambda v: (0.02 - fall) * v,
        lambda v: 0.2 * v,
        lambda _: 0.0,
        0.01 * np.exp(distance),
        0.0,
        lowest=0.01,
        largest=40.0,
        classes=320,
    )
    assert stationary(chain).sum() == pytest.approx(distance / fall, rel=0.01)


def test_a_constant_hazard_gives_one_exponential() -> None:
    chain = log_normal(hazard=0.1)
    assert survival(chain, 1.0, 20) == pytest.approx(np.exp(-0.1 * np.arange(21)), abs=ROUNDING)
    assert births_per_spine(chain) == pytest.approx(0.1, rel=1e-9)
    assert turnover(chain, 4.0) == pytest.approx(-np.expm1(-0.4), rel=1e-9)


@pytest.mark.parametrize("detection", [0.0, 0.03])
def test_losses_of_a_day_are_gains_that_have_lasted(detection: float) -> None:
    chain = cortex(0.0262)
    seen = chain.seen(detection)
    present = (seen * stationary(chain)).sum()
    new = newcomers(chain, 1.0, seen=seen)
    lost = -np.diff(survival(chain, 1.0, 30, seen=seen))
    lasting = survival(chain, 1.0, 29, seen=seen, start=new)
    # In a steady state, whoever is seen for so many visits and then no more is as frequent as
    # whoever is seen for so many and was not before, whatever a visit sees.
    gain = (seen * new).sum() / present
    assert lost == pytest.approx(gain * lasting, abs=ROUNDING)


@pytest.mark.parametrize(
    ("threshold", "share"), [(0.0313, 0.350), (0.0262, 0.547), (0.0232, 0.660), (0.02125, 0.729)]
)
def test_shares_after_eight_days_agree_with_an_independent_solution(
    threshold: float, share: float
) -> None:
    # The thresholds are rounded to three or four digits, which moves a share by up to 0.003.
    assert survival(cortex(threshold), 1.0, 8)[-1] == pytest.approx(share, abs=0.003)


def test_finer_classes_change_nothing_that_matters() -> None:
    coarse, fine = (cortex(0.0262, classes) for classes in (110, 550))
    assert survival(coarse, 1.0, 28) == pytest.approx(survival(fine, 1.0, 28), rel=COARSE)
    assert births_per_spine(coarse) == pytest.approx(births_per_spine(fine), rel=COARSE)
    for rough, exact in zip(
        vars(sizes(coarse, stationary(coarse))).values(),
        vars(sizes(fine, stationary(fine))).values(),
        strict=True,
    ):
        assert rough == pytest.approx(exact, rel=COARSE, abs=COARSE)


STAGES = {"absent": {}, "filopodium": {"fluctuates": False}, "spine": {}}
TRANSITIONS = [
    {
        "from": "absent",
        "to": "filopodium",
        "rate": "birth_rate",
        "volume": "birth_volume*exp(birth_spread*normal)",
    },
    {"from": "filopodium", "to": "absent", "rate": "death"},
    {"from": "filopodium", "to": "spine", "rate": "maturation"},
    {
        "from": "spine",
        "to": "absent",
        "rate": "elimination_rate/(1 + (volume/elimination_volume)**4)",
    },
]
PROCESS = {
    "drift": "volume*((log(volume_centre) - log(volume))/tau_drift + noise_slope**2/2)",
    "noise": "noise_slope*volume",
    "lowest": "",
}
VALUES = {
    "noise_slope": 0.2 / DAY**0.5,
    "tau_drift": 28.5 * DAY,
    "volume_centre": 0.0709,
    "elimination_rate": 0.379 / DAY,
    "elimination_volume": 0.0146,
    "birth_rate": 0.1 / DAY,
    "birth_volume": 0.0150,
    "birth_spread": 0.15,
    "death": 0.489 / DAY,
}


@pytest.mark.parametrize(
    ("maturation", "share"), [(0.0116, 0.350), (0.0272, 0.538), (0.0496, 0.660), (0.0758, 0.730)]
)
def test_expressions_with_a_stage_without_dynamics_agree_with_an_independent_solution(
    maturation: float, share: float
) -> None:
    chain = chain_of(PROCESS, STAGES, TRANSITIONS, {**VALUES, "maturation": maturation / DAY})
    assert survival(chain, DAY, 8)[-1] == pytest.approx(share, abs=0.003)
    mature = chain.seen(stages=["spine"])
    weekly = survival(chain, 7 * DAY, 3, seen=mature)[-1]
    assert weekly == pytest.approx(0.822, abs=DIGITS)
    same = size_chain(
        lambda v: v * (np.log(0.0709 / v) / 28.5 + 0.02),
        lambda v: 0.2 * v,
        lambda v: 0.379 / (1 + (v / 0.0146) ** 4),
        0.0150,
        0.15,
        filopodium=(0.489, maturation),
    )
    assert same.generator == pytest.approx(chain.generator * DAY, rel=1e-9, abs=ROUNDING)
    assert same.births == pytest.approx(chain.births)


def test_detection_hides_small_spines_but_does_not_kill_them() -> None:
    chain = cortex(0.0262)
    seen = chain.seen(0.05)
    every = survival(chain, 1.0, 8, seen=seen)
    ends = survival(chain, 1.0, 8, seen=seen, every_visit=False)
    assert (every[2:] < ends[2:]).all()
    assert every[-1] == pytest.approx(0.739, abs=0.003)


def test_more_noise_at_the_same_drift_raises_turnover_and_lowers_the_mean() -> None:
    def chain(factor: float) -> Chain:
        return size_chain(
            lambda v: v * (np.log(0.0669 / v) / 30.6 + 0.02),
            lambda v: factor * 0.2 * v,
            lambda v: 0.113 / (1 + (v / 0.0098) ** 4),
            0.012,
            0.3,
        )

    control, more = chain(1.0), chain(1.5)
    assert turnover(more, 4.0) / turnover(control, 4.0) == pytest.approx(6.8, abs=0.05)
    means = [sizes(c, stationary(c)).mean for c in (more, control)]
    assert means[0] / means[1] == pytest.approx(0.74, abs=0.005)


def test_a_chain_that_cannot_be_solved_is_refused() -> None:
    values = {**VALUES, "maturation": 1e-6}
    with pytest.raises(ModelError, match="ever born"):
        chain_of(PROCESS, STAGES, TRANSITIONS[1:], values)
    sized = [*TRANSITIONS[:2], {**TRANSITIONS[2], "rate": "maturation*volume"}, TRANSITIONS[3]]
    with pytest.raises(ModelError, match="volume"):
        chain_of(PROCESS, STAGES, sized, values)
    unknown = [{**TRANSITIONS[0], "volume": ""}, *TRANSITIONS[1:]]
    with pytest.raises(ModelError, match="volume must be given"):
        chain_of(PROCESS, STAGES, unknown, values)
