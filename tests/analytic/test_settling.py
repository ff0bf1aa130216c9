"""Folding: the settling interval follows the time constant; no folding where it would be wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neurospine import Model, NeurospineError
from neurospine.description.library import shipped_folder
from neurospine.simulation.simulate import prepare

REFERENCE = 0.1
#: As in test_rule_forms.py: roundings only.
LOOP = 1e-9 * REFERENCE
STEPS = 1200
BACKENDS = ("numpy", pytest.param("cpp", marks=pytest.mark.cpp))

TRIPLET = {
    "a2_plus": 3e-3, "a3_plus": 2e-3, "a2_minus": 4e-3, "a3_minus": 1e-3, "accumulation": 1.0,
    "tau_plus": 16.8, "tau_minus": 33.7, "tau_x": 101.0, "tau_y": 50.0,
}  # fmt: skip
VOLUMES = {"initial": 0.1, "reference": REFERENCE, "lowest": 0.05, "highest": 0.2}


@pytest.fixture(scope="module")
def trains() -> tuple[list[list[int]], list[list[int]]]:
    """Dense trains in which many spikes fall into settling steps."""
    random = np.random.default_rng(3)
    hits = random.random((2, 24, STEPS)) < 0.06
    hits[:, :, ::10] |= random.random((2, 24, STEPS // 10)) < 0.2
    before, after = ([list(map(int, np.flatnonzero(row))) for row in side] for side in hits)
    return before, after


@pytest.fixture
def compared(pairs: Any, listed_spikes: Any, volumes: Any, event_loop: Any, trains: Any) -> Any:
    """A function that runs the triplet rule and the event loop."""

    def run(
        backend: str, form: str | None, record: int, start: float = 0.1, **changed: float
    ) -> Any:
        rule = {**TRIPLET, **changed}
        model = pairs("triplet_stdp").with_parameters(
            {**rule, "axonal_delay": 1.0, **{f"volume_{k}": v for k, v in VOLUMES.items()}},
            volume_initial=start,
        )
        protocol = listed_spikes(*trains, steps=STEPS, record=record)
        used = prepare(model, protocol, form=form).forms["pair"]  # type: ignore[arg-type]
        found = volumes(model, protocol, backend, form)
        at = range(0, STEPS + 1, record)
        loops = [event_loop(b, a, 1, {**rule, **VOLUMES}, at) for b, a in zip(*trains, strict=True)]
        return used, found, np.array(loops).T

    return run


@pytest.mark.parametrize(
    ("tau", "record", "interval"), [(2.0, 100, 20), (0.5, 100, 5), (120.0, 600, 600)]
)
@pytest.mark.parametrize("backend", BACKENDS)
def test_short_and_long_traces_settle_in_time(
    compared: Any, backend: str, tau: float, record: int, interval: int
) -> None:
    used, found, loop = compared(backend, "folded", record, tau_plus=tau)
    assert used.settle_steps == interval
    np.testing.assert_allclose(found, loop, rtol=0, atol=LOOP)


def test_a_trace_shorter_than_a_step_is_not_folded(compared: Any) -> None:
    used, found, loop = compared("numpy", None, 100, tau_plus=0.05)
    assert used.name == "neuron_traces"
    np.testing.assert_allclose(found, loop, rtol=0, atol=LOOP)


@pytest.mark.parametrize("name", ["a2_plus", "a3_plus"])
def test_a_negative_gain_is_not_folded(compared: Any, name: str) -> None:
    used, found, loop = compared("numpy", None, 100, **{name: -0.02})
    assert used.name == "neuron_traces"
    assert (loop == VOLUMES["lowest"]).any()
    np.testing.assert_allclose(found, loop, rtol=0, atol=LOOP)
    with pytest.raises(NeurospineError, match=r"'folded'.*neuron_traces, textbook"):
        compared("numpy", "folded", 100, **{name: -0.02})


@pytest.mark.cpp
def test_settling_keeps_to_its_step_after_minutes(
    pairs: Any, listed_spikes: Any, volumes: Any, event_loop: Any
) -> None:
    """Beyond a minute the times of two clocks round differently by more than 1e-14 s."""
    seconds = 150
    random = np.random.default_rng(5)
    near = np.arange(100, 1000 * seconds, 100) + random.integers(-1, 2, (2, 24, 10 * seconds - 1))
    kept = random.random(near.shape) < 0.3
    before, after = (
        [list(map(int, ticks[chosen])) for ticks, chosen in zip(*side, strict=True)]
        for side in zip(near, kept, strict=True)
    )
    rule = {**TRIPLET, **VOLUMES}
    model = pairs("triplet_stdp").with_parameters(
        {**TRIPLET, **{f"volume_{k}": v for k, v in VOLUMES.items()}}
    )
    protocol = listed_spikes(before, after, steps=1000 * seconds, record=1000)
    at = range(0, 1000 * seconds + 1, 1000)
    loop = [event_loop(b, a, 0, rule, at) for b, a in zip(before, after, strict=True)]
    found = volumes(model, protocol, "cpp", "folded")
    np.testing.assert_allclose(found, np.array(loop).T, rtol=0, atol=LOOP)


@pytest.mark.parametrize("start", [0.04, 0.21])
def test_a_start_outside_the_bounds_is_refused(compared: Any, start: float) -> None:
    """A folded spine would be clipped in the first step, one without events never."""
    with pytest.raises(NeurospineError, match="volume_initial"):
        compared("numpy", None, 100, start=start)


SWITCHING = """
kind    = "plasticity"
name    = "switching"
summary = "Each postsynaptic spike takes from the gain of the next."
drive   = "additive"

[presynaptic]
equations = "dr1/dt = -r1/tau_plus : 1"
on_spike  = "r1 = accumulation*r1 + 1"

[postsynaptic]
equations = "do1/dt = -o1/tau_minus : 1"
on_spike  = "o1 = o1 + jump"

[synapse]
on_pre  = "drive = 0.0"
on_post = "drive = r1*(a_plus + o1)"

[folded]
trace         = "r1"
time_constant = "tau_plus"
gain          = "a_plus + o1"

[parameters]
a_plus       = { value = 0.2,  unit = "1",  source = "assumed", meaning = "Gain at rest" }
jump         = { value = -0.08,unit = "1",  source = "assumed", meaning = "Change of gain" }
tau_plus     = { value = 16.8, unit = "ms", source = "assumed", meaning = "Decay of r1" }
tau_minus    = { value = 33.7, unit = "ms", source = "assumed", meaning = "Decay of o1" }
accumulation = { value = 1.0,  unit = "1",  source = "assumed", meaning = "Share kept" }
"""
SPINE = """
kind    = "spine"
name    = "switching_stdp"
summary = "The rule above on a head."
use     = ["switching", "head_volume", "volume_weight"]
"""


CHANGES = {
    "at once": {},
    "by way of another variable": {
        'on_spike  = "o1 = o1 + jump"': "on_spike  = '''\no1 = o1 + o2\no2 = o2 + jump\n'''",
        'equations = "do1/dt = -o1/tau_minus : 1"':
            "equations = '''\ndo1/dt = -o1/tau_minus : 1\ndo2/dt = -o2/tau_plus : 1\n'''",
    },
}  # fmt: skip


@pytest.mark.parametrize("how", CHANGES)
def test_a_gain_that_can_turn_negative_is_not_folded(
    pairs: Any, listed_spikes: Any, volumes: Any, trains: Any, how: str
) -> None:
    rule = SWITCHING
    for before, after in CHANGES[how].items():
        assert before in rule
        rule = rule.replace(before, after)
    model = Model.from_text(
        pairs("triplet_stdp").texts["many_pairs"],
        parts={"switching": rule, "switching_stdp": SPINE},
        spine="switching_stdp",
    ).with_parameters({f"volume_{k}": v for k, v in VOLUMES.items()})
    protocol = listed_spikes(*trains, steps=STEPS, record=100)
    plain = volumes(model, protocol, "numpy", "neuron_traces")
    for bound in ("lowest", "highest"):
        assert (plain == VOLUMES[bound]).any()
    np.testing.assert_allclose(volumes(model, protocol, "numpy", None), plain, rtol=0, atol=LOOP)


def test_a_trace_whose_jump_an_arrival_changes_is_not_folded() -> None:
    """The jump would be read before or after the arrival has changed it, not at its moment."""
    rule = (shipped_folder() / "models/plasticity/triplet.toml").read_text()
    changed = rule.replace("r1 = accumulation*r1 + 1", "r1 = accumulation*r1 + r2")
    spine = (shipped_folder() / "models/spines/triplet_stdp.toml").read_text()
    circuit = (shipped_folder() / "models/circuits/independent_pairs.toml").read_text()
    model = Model.from_text(circuit, parts={"triplet": changed, "triplet_stdp": spine})
    assert {f.name for f in prepare(model, "triplets").forms.values()} == {"neuron_traces"}
