"""Weight below a bound: drives move the weight, slow parts the volume that sets the bound."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from neurospine import Model, Protocol, Trajectory, simulate

FORMS = ("folded", "neuron_traces", "textbook")
#: The loop rounds differently; forms among each other even less.
LOOP, ROUNDING = 1e-9, 1e-12
REFERENCE, INITIAL = 0.1, 0.1
PAIRS, STEPS, RECORD = 24, 600, 50
RULE = {"a_plus": 0.25, "a_minus": 0.1, "tau_plus": 16.8, "tau_minus": 33.7, "accumulation": 1.0}

READOUT = """
provides = ["weight", "bound"]
[weight]
unit = "1"
value = "filled*volume/per_weight"
[bound]
unit = "1"
value = "volume/per_weight"
additive = "drive"
multiplicative = "drive*weight"
[parameters]
filled = 0.5 1
per_weight = 0.1 1
"""
#: The volume follows how full the spine is.
FOLLOWING = """
needs = ["volume", "weight", "bound"]
[step]
code = "volume = volume*exp(interval/tau_growth*(weight/bound - half))"
[parameters]
tau_growth = 3.0 hour
half = 0.5 1
"""
LINE = """
kind = "circuit"
name = "line"
summary = "s"
[populations.axons]
size = 60
[populations.cell]
size = 1
[projections.pair]
from = "axons"
to = "cell"
spine = "turning"
delay = "axonal_delay"
connectivity = { rule = "all_to_all" }
[parameters]
axonal_delay = { value = 1.0, unit = "ms", source = "assumed", meaning = "m" }
"""
USED = {
    "additive": ("pair", "bounded_volume", "below"),
    "multiplicative": ("pair_multiplicative", "bounded_volume", "below"),
    "following": ("pair", "bounded_volume", "follow", "below"),
    "turning": ("pair", "bounded_volume", "follow", "log_drift", "turnover", "below"),
}


def trains(seed: int) -> list[list[int]]:
    random = np.random.default_rng(seed)
    chance = random.permutation(np.geomspace(0.01, 0.15, PAIRS))
    hits = random.random((PAIRS, STEPS)) < chance[:, None]
    hits[:, [0, 100, STEPS - 1]] |= random.random((PAIRS, 3)) < 0.5
    return [list(map(int, np.flatnonzero(row))) for row in hits]


BEFORE, AFTER = trains(1), trains(2)


@pytest.fixture(scope="module")
def parts(trees: Any) -> dict[str, str]:
    """The readout with a bound, a slow part that reads it, and spines made of them."""
    found = {
        "below": trees.part("readout", "below", READOUT),
        "follow": trees.part("consolidation", "follow", FOLLOWING),
    }
    for name, used in USED.items():
        listed = ", ".join(f'"{part}"' for part in used)
        found[name] = trees.part("spine", name, f"use = [{listed}]")
    return found


@pytest.fixture(scope="module")
def spiking(parts: Any, pairs: Any, listed_spikes: Any) -> Any:
    """Runs of pairs with spikes in dense trains, by spine model, form and bound."""

    @cache
    def run(spine: str, form: str, per_weight: float) -> Trajectory:
        model = pairs(spine, parts).with_parameters(
            {**RULE, "axonal_delay": 1.0, "per_weight": per_weight}
        )
        protocol = listed_spikes(BEFORE, AFTER, steps=STEPS, record=RECORD)
        return simulate(model, protocol, backend="numpy", form=form)  # type: ignore[arg-type]

    return run


def recorded(trajectory: Trajectory, name: str) -> np.ndarray:
    return np.asarray(trajectory.spines["pair"][name].values)


POSSIBLE = [("additive", form) for form in FORMS] + [("multiplicative", f) for f in FORMS[1:]]


#: Volume for a weight of 1: with the second the bound lies so low that it is reached often.
@pytest.mark.parametrize("per_weight", [0.02, 0.1])
@pytest.mark.parametrize(("spine", "form"), POSSIBLE)
def test_a_drive_moves_the_weight_between_zero_and_its_bound(
    spiking: Any, event_loop: Any, spine: str, form: str, per_weight: float
) -> None:
    bound = INITIAL / per_weight
    values = {"a2_plus": RULE["a_plus"], "a2_minus": RULE["a_minus"], "a3_plus": 0.0,
              "a3_minus": 0.0, "tau_x": 1.0, "tau_y": 1.0, "initial": bound / 2,
              "reference": 1.0, "lowest": 0.0, "highest": bound,
              **{n: RULE[n] for n in ("tau_plus", "tau_minus", "accumulation")}}  # fmt: skip
    how = {"multiplicative": spine == "multiplicative"}
    loops = [
        event_loop(b, a, 1, values, range(0, STEPS + 1, RECORD), **how)
        for b, a in zip(BEFORE, AFTER, strict=True)
    ]
    wanted = np.array(loops).T
    inside = (wanted > 0) & (wanted < bound)
    assert 0.2 < inside.mean() < 1
    assert np.count_nonzero(wanted == bound) >= 3
    found = spiking(spine, form, per_weight)
    np.testing.assert_allclose(recorded(found, "weight"), wanted, rtol=0, atol=LOOP)
    np.testing.assert_array_equal(recorded(found, "volume"), INITIAL)


def test_a_drive_takes_a_weight_to_zero_and_up_again(spiking: Any) -> None:
    weight = recorded(spiking("additive", "folded", 0.1), "weight")
    assert np.any((weight[1:-1] == 0.0) & (weight[2:] > 0.0))


@pytest.mark.parametrize("per_weight", [0.02, 0.1])
def test_forms_below_a_bound_agree(spiking: Any, per_weight: float) -> None:
    for spine in ("additive", "multiplicative"):
        names = [form for kind, form in POSSIBLE if kind == spine]
        first, *others = (recorded(spiking(spine, f, per_weight), "weight") for f in names)
        for other in others:
            np.testing.assert_allclose(other, first, rtol=0, atol=ROUNDING * first.max())


def test_weight_and_bound_are_in_the_result(spiking: Any) -> None:
    found = spiking("additive", "folded", 0.02).spines["pair"]
    np.testing.assert_allclose(found["bound"], found["volume"] / 0.02, rtol=ROUNDING)
    np.testing.assert_array_equal(found["weight"].values[0], 0.5 * INITIAL / 0.02)
    assert found["weight"].attrs["units"] == found["bound"].attrs["units"] == "1"


def hours(circuit: str, *spiking: str) -> Protocol:
    """Spiking of some milliseconds, and hours of consolidation."""
    noise = tuple({"kind": "poisson", "population": p, "rate": "30 Hz"} for p in spiking)
    night = {"name": "night", "kind": "consolidation", "duration": "6 hour", "tick": "10 minute",
             "record_every": "10 minute"}  # fmt: skip
    return Protocol(
        name="hours", model={"circuit": circuit}, step="1 ms", record_every="50 ms",
        spine_step="50 ms", phases=({"name": "day", "duration": "300 ms", "stimuli": noise}, night),
    )  # fmt: skip


@pytest.fixture(scope="module")
def slow(parts: Any, pairs: Any) -> Any:
    """Runs in which the volume follows the weight, by form."""

    @cache
    def run(form: str) -> Trajectory:
        model = pairs("following", parts).with_parameters(RULE)
        protocol = hours("many_pairs", "axons", "cells")
        return simulate(model, protocol, backend="numpy", seed=2, form=form)  # type: ignore[arg-type]

    return run


EVENING = 6


@pytest.mark.parametrize("form", FORMS)
def test_only_the_slow_part_moves_the_volume_and_it_takes_the_weight_along(
    slow: Any, form: str
) -> None:
    """Tick by tick: how full a spine is decides; a bound that falls cuts the weight."""
    volume, weight = (recorded(slow(form), name) for name in ("volume", "weight"))
    assert np.ptp(weight[EVENING]) > 0.3
    np.testing.assert_allclose(volume[: EVENING + 1], INITIAL, rtol=3e-5)
    cut = 0
    for before, after in zip(range(EVENING, len(volume) - 1), range(EVENING + 1, len(volume)),
                             strict=True):  # fmt: skip
        full = weight[before] / (volume[before] / REFERENCE)
        wanted = volume[before] * np.exp(600.0 / 10800.0 * (full - 0.5))
        np.testing.assert_allclose(volume[after], wanted, rtol=ROUNDING)
        low = np.minimum(weight[before], volume[after] / REFERENCE)
        np.testing.assert_allclose(weight[after], low, rtol=ROUNDING)
        cut += np.count_nonzero(low < weight[before] * (1 - ROUNDING))
    assert np.ptp(volume[-1]) > 0.3 * INITIAL
    assert cut == 0 or np.any(np.diff(volume[EVENING:], axis=0) < 0)


def test_forms_agree_where_the_bound_moves(slow: Any) -> None:
    first, *others = (slow(form) for form in FORMS)
    for name in ("volume", "weight"):
        for other in others:
            np.testing.assert_allclose(
                recorded(other, name), recorded(first, name), rtol=0, atol=ROUNDING
            )


@pytest.fixture(scope="module", params=["40/day", "1e5/day"])
def turning(parts: Any, request: Any) -> Trajectory:
    """Spines that fluctuate, die and are born, at night or also while drives move the weight."""
    model = Model.from_text(LINE, parts=parts).with_parameters({
        **RULE, "a_plus": 0.3, "noise_slope": "5/day**0.5", "start_share": 0.5,
        "birth_rate": request.param, "elimination_rate": "0/day",
        "elimination_background": request.param,
    })  # fmt: skip
    return simulate(model, hours("line", "axons", "cell"), backend="numpy", seed=2)


def test_no_weight_is_ever_above_its_bound(turning: Trajectory) -> None:
    """Whatever moves it: drives, slow parts, fluctuation, births and deaths."""
    weight, bound, volume = (recorded(turning, name) for name in ("weight", "bound", "volume"))
    assert np.all(weight <= bound * (1 + ROUNDING))
    assert weight.min() >= 0
    np.testing.assert_allclose(bound, volume / REFERENCE, rtol=ROUNDING)
    alive = volume > 0
    np.testing.assert_array_equal(weight[~alive], 0.0)
    assert np.any(alive[1:] & ~alive[:-1])
    assert np.any(~alive[1:] & alive[:-1])
    full = weight[alive] / bound[alive]
    assert np.any(full > 1 - 1e-9)
    assert np.any(full < 0.45)


@pytest.mark.parametrize("turning", ["40/day"], indirect=True)
def test_a_new_spine_begins_with_the_weight_that_the_readout_gives(turning: Trajectory) -> None:
    """Half of its bound; seen in the night, where nothing else moves the weight."""
    weight, bound, volume = (
        recorded(turning, name)[EVENING:] for name in ("weight", "bound", "volume")
    )
    born = (volume[:-1] == 0) & (volume[1:] > 0)
    assert np.count_nonzero(born) > 20
    np.testing.assert_allclose(weight[1:][born], 0.5 * bound[1:][born], rtol=1e-9)
