"""A short sample of plasticity that goes on at its mean rate, against plasticity all the time.

Pairs of Poisson trains without correlation: the volumes drift and spread. The drift must be the
same; the spread of a sample is larger, because what chance does in a sample goes on too.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from neurospine import Model, Protocol, Trajectory, simulate
from neurospine.errors import ProtocolError

#: A number drawn at random is further off than this once in 15 000 times.
UNLIKELY = 4.0
#: Ticks at which nothing but plasticity happens leave volumes as they are.
ROUNDING = 1e-12
PAIRS, STEP = 400, 1e-3

STILL = """
kind    = "intrinsic"
name    = "still"
summary = "Nothing happens by itself, except a slow decay where one is wanted."

[step]
code = "volume = volume*exp(-interval*decay)"

[parameters]
decay = { value = 0.0, unit = "1/second", source = "assumed", meaning = "Rate of decay" }
"""

STAGES = """
kind    = "stages"
name    = "births"
summary = "Empty sites that are filled."

[stages]
absent = { meaning = "none" }
spine  = { meaning = "a spine" }

[[transitions]]
from   = "absent"
to     = "spine"
rate   = "birth_rate"
volume = "birth_volume"

[[transitions]]
from = "spine"
to   = "absent"
rate = "death_rate"

[start]
share = "start_share"
stage = "spine"

[parameters]
birth_rate   = { value = 0.02, unit = "1/second", source = "assumed", meaning = "Births" }
death_rate   = { value = 0.0, unit = "1/second", source = "assumed", meaning = "Deaths" }
birth_volume = { value = 0.1, unit = "1", source = "assumed", meaning = "Volume at birth" }
start_share  = { value = 0.5, unit = "1", source = "assumed", meaning = "Share at the start" }
"""


def model(rule: str, *used: str, **values: Any) -> Model:
    circuit = f"""
kind = "circuit"
name = "noisy_pairs"
summary = "Pairs."
[populations.axons]
size = {PAIRS}
[populations.cells]
size = {PAIRS}
[projections.pair]
from = "axons"
to = "cells"
spine = "tried"
delay = "axonal_delay"
connectivity = {{ rule = "one_to_one" }}
[parameters]
axonal_delay = {{ value = 1.0, unit = "ms", source = "assumed", meaning = "Time to arrival" }}
"""
    parts = [name for name in (rule, "bounded_volume", *used, "volume_weight") if name]
    spine = f"kind = 'spine'\nname = 'tried'\nsummary = 'Tried.'\nuse = {parts}"
    texts = {"tried": spine, "still": STILL, "births": STAGES}
    return Model.from_text(circuit, parts=texts).with_parameters(values)


def noise(rate: str) -> tuple[dict[str, Any], ...]:
    return tuple({"kind": "poisson", "population": p, "rate": rate} for p in ("axons", "cells"))


def days(sample: int, rest: int, count: int, *, activity: bool = True, rate: int = 20) -> Protocol:
    """Return turns of seconds of spiking and seconds of consolidation with its drive."""
    phases = [
        {"name": "sample", "duration": f"{sample} s", "stimuli": noise(f"{rate} Hz")},
        {"name": "rest", "kind": "consolidation", "duration": f"{rest} s", "tick": "2 s",
         "record_every": f"{rest} s", **({"activity": "sample"} if activity else {})},
    ]  # fmt: skip
    chosen = phases if rest else phases[:1]
    return Protocol(
        name="days", summary="Days.", step="1 ms", spine_step="0.5 s", record_every=f"{sample} s",
        phases=tuple(chosen), cycle={"phases": tuple(p["name"] for p in chosen), "count": count},
    )  # fmt: skip


RULES = {
    "pair": {"a_plus": 2e-3, "a_minus": 3e-3, "tau_plus": 20.0, "tau_minus": 20.0},
    "pair_multiplicative": {"a_plus": 3e-3, "a_minus": 1e-3, "tau_plus": 20.0, "tau_minus": 20.0},
}


def changes(rule: str, sample: int, rest: int, count: int, seeds: int) -> np.ndarray:
    """Return the change of every spine: relative, or of the logarithm of its volume."""
    made, protocol = model(rule, "still", **RULES[rule]), days(sample, rest, count, rate=5)
    found = []
    for seed in range(seeds):
        spines = simulate(made, protocol, seed=seed).spines["pair"]["volume"].values
        change = (spines[-1] - spines[0]) / 0.1
        found.append(change if rule == "pair" else np.log(spines[-1] / spines[0]))
    return np.concatenate(found)


@pytest.mark.cpp
@pytest.mark.slow
@pytest.mark.parametrize("rule", RULES)
def test_samples_give_the_drift_of_the_full_simulation(rule: str) -> None:
    """Spiking all the time, and samples of ten seconds with fifty that follow each."""
    full = changes(rule, 600, 0, 1, 8)
    samples = changes(rule, 10, 50, 10, 8)
    error = np.hypot(*(x.std() / x.size**0.5 for x in (full, samples)))
    assert abs(full.mean()) > 10 * error
    assert abs(samples.mean() - full.mean()) < UNLIKELY * error
    # Chance pairs of independent trains: the rates, and the area of the window, in which a pair
    # within a step counts as pre before post. Of a logarithm the second order is taken off.
    numbers = RULES[rule]
    decay, spikes = np.exp(-STEP / 0.02), -np.expm1(-5 * STEP)
    plus, minus = numbers["a_plus"] / (1 - decay), numbers["a_minus"] * decay / (1 - decay)
    squares = (numbers["a_plus"] ** 2 + (numbers["a_minus"] * decay) ** 2) / (1 - decay**2)
    expected = 600 / STEP * spikes**2 * (plus - minus - (squares / 2 if rule != "pair" else 0.0))
    assert full.mean() == pytest.approx(expected, abs=UNLIKELY * full.std() / full.size**0.5)


@pytest.mark.parametrize(
    ("rule", "backend"),
    [("pair", "numpy"), ("pair_multiplicative", "numpy"),
     pytest.param("pair", "cpp", marks=[pytest.mark.cpp, pytest.mark.slow])],
)  # fmt: skip
def test_the_change_of_a_sample_goes_on_in_proportion_to_time(rule: str, backend: str) -> None:
    volume = sampled_twice(rule, backend, 0.0)
    change = np.diff(volume if rule == "pair" else np.log(volume), axis=0)
    assert np.abs(change[0]).max() > 1e-4
    for sample, rest in ((0, 1), (2, 3)):
        np.testing.assert_allclose(change[rest], 4 * change[sample], rtol=0, atol=ROUNDING)


def test_what_spines_do_by_themselves_is_not_taken_for_plasticity() -> None:
    """The logarithm of the volume falls at the rate of the decay, whatever the rule does."""
    plain, found = (
        np.log(sampled_twice("pair_multiplicative", "numpy", decay)) for decay in (0.0, 0.04)
    )
    times = np.array([0, 1, 5, 6, 10])
    np.testing.assert_allclose(found, plain - 0.04 * times[:, None], rtol=0, atol=1e-9)


@cache
def sampled_twice(rule: str, backend: str, decay: float) -> np.ndarray:
    made = model(rule, "still", **RULES[rule], decay=decay)
    return np.asarray(
        simulate(made, days(1, 4, 2), backend=backend).spines["pair"]["volume"].values
    )


@pytest.mark.parametrize("form", ["textbook", "neuron_traces"])
def test_a_sample_is_the_same_in_every_form(form: str) -> None:
    made = model("pair", "still", **RULES["pair"])
    chosen: Any = form
    spines = simulate(made, days(1, 4, 2), backend="numpy", form=chosen).spines["pair"]
    found, plain = spines["volume"].values, sampled_twice("pair", "numpy", 0.0)
    np.testing.assert_allclose(found, plain, rtol=0, atol=ROUNDING)


def test_a_sample_that_is_no_longer_known_is_refused() -> None:
    """Only the latest sample is kept."""
    rest = {"kind": "consolidation", "duration": "8 s", "tick": "2 s", "record_every": "8 s"}
    phases = (
        {"name": "loud", "duration": "2 s", "stimuli": noise("20 Hz")},
        {"name": "quiet", "duration": "2 s"},
        {"name": "after_loud", "activity": "loud", **rest},
        {"name": "after_quiet", "activity": "quiet", **rest},
    )
    with pytest.raises(ProtocolError, match=r"after_loud.*activity"):
        Protocol(name="two", step="1 ms", record_every="2 s", phases=phases)
    for order in ((0, 2, 1, 3), (0, 1, 3), (1, 0, 2)):
        Protocol(name="two", step="1 ms", record_every="2 s", phases=[phases[k] for k in order])


@pytest.mark.parametrize("rule", ["", "pair"])
def test_without_plasticity_or_without_activity_nothing_goes_on(rule: str) -> None:
    made = model(rule, "still", **(RULES[rule] if rule else {}))
    found = simulate(made, days(1, 4, 2, activity=rule == ""), backend="numpy")
    change = np.diff(found.spines["pair"]["volume"].values, axis=0)
    assert np.all(change[1::2] == 0)
    assert np.any(change[::2] != 0) == (rule == "pair")


def test_a_spine_that_only_learns_goes_on_too() -> None:
    """A spine without any dynamics of its own is sampled like any other."""
    made = model("pair", **RULES["pair"])
    found = simulate(made, days(1, 4, 1), backend="numpy").spines["pair"]["volume"].values
    change = np.diff(found, axis=0)
    assert np.any(change[0] != 0)
    np.testing.assert_allclose(change[1], 4 * change[0], rtol=0, atol=ROUNDING)


def born_within(found: Trajectory, start: float, stop: float) -> np.ndarray:
    contacts = found.contacts["pair"]
    birth = contacts["birth"].to_numpy()
    alive = contacts["death"].isna().to_numpy()
    return contacts["slot"].to_numpy()[alive & (birth > start + 1e-6) & (birth <= stop + 1e-6)]


@pytest.mark.parametrize(
    ("rule", "backend"),
    [("pair", "numpy"), ("pair_multiplicative", "numpy"),
     pytest.param("pair", "cpp", marks=[pytest.mark.cpp, pytest.mark.slow])],
)  # fmt: skip
def test_who_is_born_later_gets_no_drive_of_the_sample(rule: str, backend: str) -> None:
    """It was not there to be measured; slots that had a spine before make no difference."""
    made = model(rule, "births", **RULES[rule], birth_rate=0.1, death_rate=0.02)
    found = simulate(made, days(4, 20, 1), backend=backend)
    volume = found.spines["pair"]["volume"].values
    new = born_within(found, 4, 24)
    again = np.intersect1d(new, np.flatnonzero(volume[1] > 0))
    assert new.size > 80
    assert again.size > 10
    np.testing.assert_array_equal(volume[-1][new], 0.1)
    old = found.contacts["pair"].query("birth.isna() and death.isna()")["slot"].to_numpy()
    changed = volume[:, old] if rule == "pair" else np.log(volume[:, old])
    change = np.diff(changed, axis=0)
    np.testing.assert_allclose(change[1], 5 * change[0], rtol=0, atol=ROUNDING)


def test_bounds_hold_while_a_sample_goes_on() -> None:
    strong = {**RULES["pair"], "a_plus": 0.3, "a_minus": 0.3}
    made = model("pair", "still", **strong, volume_lowest=0.05, volume_highest=0.15)
    volume = simulate(made, days(2, 60, 2), backend="numpy").spines["pair"]["volume"].values
    assert volume.min() == 0.05
    assert volume.max() == 0.15
