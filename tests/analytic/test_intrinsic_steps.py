"""The step of every intrinsic part against the process that its file states, and closed forms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import pytest

from neurospine.analysis.chain import chain_of
from neurospine.analysis.chain_measures import stationary, survival
from neurospine.description.evaluate import evaluate
from neurospine.description.expressions import parse_equations, parse_statements
from neurospine.description.library import display, list_files, read_text
from neurospine.description.parts import parse_part
from neurospine.description.spine_parts import IntrinsicPart

DAY = 86400.0
#: Sums of a thousand weights, and differences of logarithms.
ROUNDING = 1e-9
POINTS, WEIGHTS = np.polynomial.hermite_e.hermegauss(40)
WEIGHTS = WEIGHTS / WEIGHTS.sum()


@cache
def intrinsic_parts() -> dict[str, IntrinsicPart]:
    """Return every intrinsic part of the library."""
    parts = [parse_part(read_text(path), display(path)) for path in list_files("models").values()]
    return {part.name: part for part in parts if isinstance(part, IntrinsicPart)}


STATED = sorted(name for name, part in intrinsic_parts().items() if part.process)
CHOICES = [(name, chosen) for name in STATED for chosen in ("", *intrinsic_parts()[name].sets)]


def values(name: str, chosen: str = "", **changed: float) -> dict[str, float]:
    """Return the parameters of a part as its expressions see them; `changed` counts own units."""
    part = intrinsic_parts()[name]
    given = {**(part.sets[chosen].values if chosen else {}), **changed}
    found = {}
    for parameter, entry in part.parameters.items():
        value = entry.parameter(parameter)
        found[parameter] = value.with_value(given[parameter], "assumed", "").number if (
            parameter in given
        ) else value.number  # fmt: skip
    return found


def step(name: str, numbers: Mapping[str, float], interval: float, **state: Any) -> dict[str, Any]:
    """Return every name after the statements of a step."""
    names: dict[str, Any] = {**numbers, "interval": interval, **state}
    for statement in parse_statements(intrinsic_parts()[name].step.code):
        value = evaluate(statement.expression, names)
        if statement.operator:
            value = evaluate(
                f"old {statement.operator} new", {"old": names[statement.name], "new": value}
            )
        names[statement.name] = value
    return names


def moments(name: str, numbers: Mapping[str, float], interval: float, volume: np.ndarray) -> Any:
    """Return mean and variance of the change of volume in a step, without absorption."""
    part = intrinsic_parts()[name]
    assert len(part.step.normals) == 1
    assert not parse_equations(part.step.variables)
    normal = {part.step.normals[0]: POINTS}
    change = step(name, numbers, interval, volume=volume[:, None], **normal)["volume"]
    change = change - volume[:, None]
    mean = change @ WEIGHTS
    return mean, (change - mean[:, None]) ** 2 @ WEIGHTS


@pytest.mark.parametrize(("name", "chosen"), CHOICES)
@pytest.mark.parametrize("factor", [1.0, 1.5])
def test_a_short_step_has_the_drift_and_the_noise_of_its_process(
    name: str, chosen: str, factor: float
) -> None:
    numbers = {**values(name, chosen), "slope_factor": factor}
    process = intrinsic_parts()[name].process
    assert process is not None
    if not numbers["noise_slope"]:
        pytest.skip("the set has no noise")
    volume = np.geomspace(0.03, 1.0, 12)
    drift = evaluate(process.drift, {**numbers, "volume": volume})
    noise = evaluate(process.noise, {**numbers, "volume": volume})
    errors = []
    for interval in (60.0, 30.0):
        mean, variance = moments(name, numbers, interval, volume)
        # A step leaves out terms of the next order: the error falls with the interval.
        off = np.abs(mean / interval - drift) / np.abs(volume / DAY)
        spread = np.abs(variance / interval / noise**2 - 1)
        errors.append(max(off.max(), spread.max()))
    assert errors[0] < 2e-3
    assert errors[1] < 0.6 * errors[0] or errors[1] < 1e-7


@pytest.mark.parametrize("interval", [0.1, 1.0, 20.0, 400.0])
@pytest.mark.parametrize("factor", [1.0, 1.3])
def test_the_logarithm_of_log_drift_is_exact_for_any_interval(
    interval: float, factor: float
) -> None:
    numbers = values("log_drift", "v1_adult", slope_factor=factor)
    tau, slope = 29.9, 0.2
    start = np.log(np.array([0.01, 0.067, 0.5]))

    def law(days: float) -> tuple[np.ndarray, float]:
        """Return the mean of ln V for each start and its SD, which is the same for all."""
        after = [
            np.log(
                step("log_drift", numbers, days * DAY, volume=np.exp(start), fluctuation=z)[
                    "volume"
                ]
            )
            for z in (-1.0, 1.0)
        ]
        spread = (after[1] - after[0]) / 2
        assert np.ptp(spread) < ROUNDING
        return (after[0] + after[1]) / 2, float(spread[0])

    mean, spread = law(interval)
    decay = np.exp(-interval / tau)
    # dx = ((ln V0 - x)/tau - (f^2 - 1) slope^2/2) dt + f slope dW, by Ito's rule.
    centre = np.log(0.067) - (factor**2 - 1) * slope**2 * tau / 2
    assert mean == pytest.approx(centre + (start - centre) * decay, abs=ROUNDING)
    assert spread**2 == pytest.approx((factor * slope) ** 2 * tau / 2 * (1 - decay**2), rel=1e-9)
    # Two steps are one of twice the length, in law.
    twice, wider = law(2 * interval)
    assert centre + (mean - centre) * decay == pytest.approx(twice, abs=ROUNDING)
    assert spread**2 * (1 + decay**2) == pytest.approx(wider**2, rel=1e-9)


def kesten(
    volume: np.ndarray, fluctuation: np.ndarray, days: float, **changed: float
) -> np.ndarray:
    numbers = values("kesten", **changed)
    return np.asarray(
        step("kesten", numbers, days * DAY, volume=volume, fluctuation=fluctuation)["volume"]
    )


@pytest.mark.parametrize("days", [1 / 24, 1.0, 4.0])
def test_a_kesten_step_multiplies_and_adds_as_in_the_closed_form(days: float) -> None:
    added = kesten(np.zeros(1), np.zeros(1), days)
    factor = (kesten(np.ones(1), POINTS, days) - added) @ WEIGHTS
    square = (kesten(np.ones(1), POINTS, days) - added) ** 2 @ WEIGHTS
    mean = np.exp(-0.05 * days)
    assert factor == pytest.approx(mean, rel=1e-9)
    assert np.sqrt(square - factor**2) == pytest.approx(
        mean * np.sqrt(np.expm1(0.04 * days)), rel=1e-6
    )
    assert added == pytest.approx(0.09 * (1 - mean), rel=1e-9)
    # What is added does not depend on chance.
    assert np.ptp(kesten(np.zeros(1), POINTS, days)) == 0


def test_a_kesten_population_keeps_its_mean_its_memory_and_its_tail() -> None:
    """At a drift that leaves a variance: 2 drift_rate/noise_slope**2 is 3."""
    rate, slope, days, centre = 0.06, 0.2, 2.0, 0.09
    random = np.random.default_rng(4)
    volume = np.full(150_000, centre)
    kept = []
    for number in range(180):
        volume = kesten(volume, random.standard_normal(volume.size), days, drift_rate=rate)
        if number >= 150:
            kept.append(volume)
    x = np.array(kept)
    # Moments of a sampled Kesten process: the variance is finite, but its error is that of a
    # tail with the power 5, so it is only roughly known.
    assert x.mean() == pytest.approx(centre, rel=0.01)
    for lag in (1, 3, 8):
        before, after = x[0] - x[0].mean(), x[lag] - x[lag].mean()
        cut = np.argsort(before)[:-1500]
        slope_found = (before[cut] @ after[cut]) / (before[cut] @ before[cut])
        assert slope_found == pytest.approx(np.exp(-rate * days * lag), abs=0.02)
    # The density falls as V**-(2 + 2 rate/slope**2), so the share above V as one power less.
    power = 1 + 2 * rate / slope**2
    ordered = np.sort(x[::6].ravel())[::-1]
    ranks = np.unique(np.geomspace(30, 3000, 60).astype(int))
    found = -np.polyfit(np.log(ordered[ranks]), np.log(ranks), 1)[0]
    # The tail begins slowly: over this range its exponent is still some per cent low.
    assert found == pytest.approx(power, rel=0.1)


def test_the_power_of_the_tail_holds_for_every_step() -> None:
    """E eps**power = 1 decides the tail of a Kesten process."""
    for days in (0.1, 1.0, 5.0):
        added = kesten(np.zeros(1), np.zeros(1), days)
        factor = kesten(np.ones(1), POINTS, days) - added
        assert (factor ** (1 + 2 * 0.05 / 0.04)) @ WEIGHTS == pytest.approx(1.0, rel=1e-6)


@pytest.mark.parametrize("chosen", ["", "ca1_slice_minutes"])
@pytest.mark.parametrize("days", [1e-3, 0.5, 10.0])
def test_two_timescales_have_the_variance_and_memory_of_two_processes(
    chosen: str, days: float
) -> None:
    numbers = values("two_timescales", chosen)
    centre, interval = numbers["volume_centre"], days * DAY

    def after(fast: float, slow: float, fast_noise: float, slow_noise: float) -> np.ndarray:
        found = step(
            "two_timescales", numbers, interval, volume=centre * np.exp(fast + slow), fast=fast,
            fast_noise=fast_noise, slow_noise=slow_noise,
        )  # fmt: skip
        return np.array([found["fast"], np.log(found["volume"] / centre) - found["fast"]])

    decay = np.column_stack([after(1, 0, 0, 0), after(0, 1, 0, 0)])
    noise = np.column_stack([after(0, 0, 1, 0), after(0, 0, 0, 1)])
    assert after(0, 0, 0, 0) == pytest.approx([0, 0], abs=ROUNDING)
    spreads = np.array([numbers["spread_fast"], numbers["spread_slow"]])
    times = np.array([numbers["tau_fast"], numbers["tau_slow"]])
    # The stationary covariance C solves C = A C A' + B B'.
    wanted = np.diag(spreads**2)
    assert decay @ wanted @ decay.T + noise @ noise.T == pytest.approx(wanted, abs=ROUNDING)
    # The memory of ln V over k steps is the sum of two exponentials.
    for k in (1, 4):
        found = np.ones(2) @ np.linalg.matrix_power(decay, k) @ wanted @ np.ones(2)
        assert found == pytest.approx(spreads**2 @ np.exp(-k * interval / times), abs=ROUNDING)


@cache
def steady(chosen: str) -> tuple[np.ndarray, np.ndarray, float]:
    """Return edges of size classes in ln V, spines up to each, and the share lost in a day."""
    part, numbers = intrinsic_parts()["absorbing"], values("absorbing", chosen)
    birth = {"slice_culture": 0.04, "cortex_absorbing": 0.03}[chosen]
    chain = chain_of(
        vars(part.process), {"absent": {}, "spine": {}},
        [{"from": "absent", "to": "spine", "rate": "birth", "volume": "born*exp(0.3*normal)"}],
        {**numbers, "birth": 1e-6, "born": birth}, classes=320,
    )  # fmt: skip
    law = stationary(chain)
    edges = np.log(chain.volume[0]) + chain.width * (np.arange(law.size + 1) - 0.5)
    cumulated = np.concatenate([[0.0], np.cumsum(law) / law.sum()])
    return edges, cumulated, float(1 - survival(chain, DAY, 1)[1])


def absorbed(chosen: str, hours: float, *, bridge: bool) -> tuple[float, float, float]:
    """Return the share of a steady population lost in a day: found, its error, and wanted."""
    numbers = values("absorbing", chosen)
    edges, cumulated, wanted = steady(chosen)
    random = np.random.default_rng(8)
    size = 40_000
    # One from each of many equal shares of the population, anywhere within its size class.
    at = (np.arange(size) + random.random(size)) / size
    volume = np.exp(np.interp(at, cumulated, edges))
    alive = np.ones(size)
    for _ in range(round(24 / hours)):
        after = step(
            "absorbing", numbers, hours * 3600, volume=volume,
            fluctuation=random.standard_normal(size),
        )  # fmt: skip
        touched = after["volume"] <= numbers["volume_minimum"]
        alive = alive * np.where(touched, 0.0, after["survival"] if bridge else 1.0)
        volume = np.maximum(after["volume"], numbers["volume_minimum"])
    return 1 - float(alive.mean()), float(np.std(alive) / size**0.5), wanted


@pytest.mark.parametrize("chosen", ["slice_culture", "cortex_absorbing"])
def test_a_lowest_volume_absorbs_as_often_as_it_should(chosen: str) -> None:
    """The step may be an hour, which without the bridge misses a tenth."""
    for hours, step_error in ((1.0, 0.02), (0.25, 0.01)):
        found, error, wanted = absorbed(chosen, hours, bridge=True)
        assert abs(found - wanted) < 4 * error + step_error * wanted
    found, error, wanted = absorbed(chosen, 1.0, bridge=False)
    assert found - wanted < -0.05 * wanted - 3 * error


def test_survival_is_zero_below_the_lowest_volume() -> None:
    numbers = values("absorbing")
    found = step("absorbing", numbers, 3600.0, volume=np.array([0.0201, 0.5]), fluctuation=-5.0)
    assert found["volume"][0] < numbers["volume_minimum"]
    assert found["survival"][0] <= 0
    assert found["survival"][1] == 1


def test_every_part_was_found() -> None:
    assert {"log_drift", "kesten", "absorbing"} <= set(STATED)
    for name, part in intrinsic_parts().items():
        written = {s.name for s in parse_statements(part.step.code)}
        assert "volume" in written, name
        assert not re.search(r"\bdt\b", part.step.code), name
