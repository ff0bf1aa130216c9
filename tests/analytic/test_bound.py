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
RULE = {"a_plus": 0.11, "a_minus": 0.1, "tau_plus": 16.8, "tau_minus": 33.7, "accumulation": 1.0}

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
    circuit = pairs.__globals__["CIRCUIT"] if hasattr(pairs, "__globals__") else ""

    @cache
    def run(spine: str, form: str, per_weight: float) -> Trajectory:
        model = Model.from_text(circuit.replace("triplet_stdp", spine), parts=parts)
        model = model.with_parameters({**RULE, "axonal_delay": 1.0, "per_weight": per_weight})
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
    reached = np.count_nonzero(wanted == bound)
    assert reached > 10 if per_weight == 0.1 else np.ptp(wanted) > 0 and reached < wanted.size / 2
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
    assert found["weight"].attrs["unit"] == found["bound"].attrs["unit"] == "1"


def hours(first: str, **more: Any) -> Protocol:
    """Spiking of some milliseconds, and hours of consolidation."""
    population = more.pop("population", "cells")
    noise = tuple(
        {"kind": "poisson", "population": name, "rate": "30 Hz"} for name in ("axons", population)
    )
    night = {"name": "night", "kind": "consolidation", "duration": "6 hour", "tick": "10 minute",
             "record_every": "10 minute"}  # fmt: skip
    return Protocol(
        name="hours", model={"circuit": "many_pairs"}, step="1 ms", record_every="50 ms",
        spine_step="50 ms", phases=({"name": "day", "duration": first, "stimuli": noise}, night),
        **more,
    )  # fmt: skip


@pytest.fixture(scope="module")
def slow(parts: Any, pairs: Any) -> Any:
    """Runs in which the volume follows the weight, by form."""
    circuit = pairs.__globals__["CIRCUIT"] if hasattr(pairs, "__globals__") else ""

    @cache
    def run(form: str) -> Trajectory:
        model = Model.from_text(circuit.replace("triplet_stdp", "following"), parts=parts)
        model = model.with_parameters(RULE)
        return simulate(model, hours("300 ms"), backend="numpy", seed=2, form=form)  # type: ignore[arg-type]

    return run


@pytest.mark.parametrize("form", FORMS)
def test_the_volume_is_moved_by_the_slow_part_only(slow: Any, form: str) -> None:
    """Tick by tick: how full a spine is decides, and a bound that falls takes the weight along."""
    trajectory = slow(form)
    volume, weight = (recorded(trajectory, name) for name in ("volume", "weight"))
    evening = 6
    assert np.ptp(weight[evening]) > 0.3
    shrunk = 0
    for snapshot in range(1, len(volume)):
        interval = 0.05 if snapshot <= evening else 600.0
        # Spikes move the weight before the tick; in the night nothing does.
        full = weight[snapshot - 1] / (volume[snapshot - 1] / REFERENCE)
        if snapshot <= evening:
            np.testing.assert_allclose(volume[snapshot], INITIAL, rtol=2e-5)
            continue
        wanted = volume[snapshot - 1] * np.exp(interval / 10800.0 * (full - 0.5))
        np.testing.assert_allclose(volume[snapshot], wanted, rtol=ROUNDING)
        low = np.minimum(weight[snapshot - 1], wanted / REFERENCE)
        np.testing.assert_allclose(weight[snapshot], low, rtol=ROUNDING)
        shrunk += np.count_nonzero(low < weight[snapshot - 1])
    assert np.ptp(volume[-1]) > 0.5 * INITIAL
    del shrunk


def test_forms_agree_where_the_bound_moves(slow: Any) -> None:
    first, *others = (slow(form) for form in FORMS)
    for name in ("volume", "weight"):
        for other in others:
            np.testing.assert_allclose(
                recorded(other, name), recorded(first, name), rtol=0, atol=ROUNDING
            )
