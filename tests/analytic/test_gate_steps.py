"""Gates with a step on the slow clock, against the same statements in a plain loop."""

from __future__ import annotations

import numpy as np
import pytest

from neurospine import Model, Protocol, Trajectory, load_protocol, simulate

TICK, CLEARANCE, TAU, GAIN = 0.02, 0.2, 0.5, 0.8
A_PLUS, TAU_PLUS = 0.0131, 16.5e-3
GATE = """
schema = 1
kind = "gate"
name = "plain_gate"
summary = "What was asked for decays and becomes drive with dopamine."
needs = ["drive", "dopamine"]
[step]
variables = "held : 1"
code = '''
held  = held*exp(-interval/tau_held) + asked_enlargement - 0.5*asked_shrinkage
drive = gain*interval*held*(dopamine - 1)
'''
[parameters]
gain = { value = 0.8, unit = "1/second", source = "assumed", meaning = "Speed" }
tau_held = { value = 0.5, unit = "s", range = [0.01, 10.0], source = "assumed", meaning = "Decay" }
"""
SPINE = """
schema = 1
kind = "spine"
name = "plain_spine"
summary = "A rule behind a gate."
use = ["pair", "plain_gate", "head_volume", "volume_weight"]
"""


@pytest.fixture
def model(shipped) -> Model:
    circuit = (shipped / "models/circuits/modulated_pairs.toml").read_text()
    parts = {"plain_gate": GATE, "plain_spine": SPINE}
    return Model.from_text(circuit, parts=parts, spine="plain_spine")


def protocol(backend_step: str = "1 ms") -> Protocol:
    pairing = {"kind": "pairing", "presynaptic": "presynaptic", "postsynaptic": "postsynaptic"}
    stimuli = [
        {**pairing, "interval": "10 ms", "rate": "10 Hz", "count": 10, "start": "0.1 s"},
        {**pairing, "interval": "-10 ms", "rate": "10 Hz", "count": 5, "start": "1.33 s"},
        {"kind": "regular", "population": "fibres", "rate": "30 Hz", "count": 10, "start": "0.8 s"},
    ]
    return Protocol(
        name="steps", summary="Steps.", step=backend_step, spine_step="20 ms", record_every="20 ms",
        phases=[{"name": "all", "duration": "2 s", "stimuli": stimuli}],
    )  # fmt: skip


def expected(found: Trajectory) -> np.ndarray:
    """The volume after each tick, from the spikes of a run."""
    tau_minus, a_minus = 33.7e-3, 0.00465
    pre, post = (found.spikes[f"{side}synaptic"]["time"].to_numpy() for side in ("pre", "post"))
    assert pre.size == post.size == 15
    grow = [(t, A_PLUS * np.exp(-(t - pre[pre <= t]) / TAU_PLUS).sum()) for t in post]
    shrink = [(t, -a_minus * np.exp(-(t - post[post < t]) / tau_minus).sum()) for t in pre]
    pulses = np.rint((0.8 + np.arange(10) / 30) * 1000).astype(int)
    level, levels = 1.0, []
    for step in range(2000):  # trapezoid over each step, then the pulses of the step
        passed = 1 + (level - 1) * np.exp(-1e-3 / CLEARANCE)
        levels.append(0.5 * (level + passed))
        level = passed + np.sum(pulses == step)
    volume, held, found = 0.1, 0.0, [0.1]
    for tick in range(1, 101):
        inside = [(tick - 1) * TICK - 1e-9, tick * TICK - 1e-9]
        enlarged = sum(d for t, d in grow if inside[0] < t < inside[1])
        shrunk = sum(d for t, d in shrink if inside[0] < t < inside[1])
        held = held * np.exp(-TICK / TAU) + enlarged - 0.5 * shrunk
        mean = np.mean(levels[(tick - 1) * 20 : tick * 20])
        volume += 0.1 * GAIN * TICK * held * (mean - 1)
        found.append(volume)
    return np.array(found)


@pytest.mark.parametrize(
    "backend",
    # The compiled program of test_eligibility.py has the same gates and ticks.
    ["numpy", pytest.param("cpp", marks=[pytest.mark.cpp, pytest.mark.slow])],
)
def test_a_tick_sees_the_drives_and_the_mean_of_dopamine_since_the_last(
    model: Model, backend: str
) -> None:
    found = simulate(model, protocol(), backend=backend)
    volume = found.spines["pair"]["volume"].to_numpy().ravel()
    wanted = expected(found)
    assert wanted.max() > 0.102
    np.testing.assert_allclose(volume, wanted, atol=1e-10)


def test_without_neurons_a_gate_goes_on_with_dopamine_as_it_is(model: Model) -> None:
    """Consolidation after pairings: dopamine keeps its level, and what is held is used up."""
    tables = protocol().model_dump(exclude_defaults=True)
    later = {"name": "later", "kind": "consolidation", "duration": "2 s", "tick": "20 ms"}
    phases = [*tables.pop("phases"), {**later, "record_every": "2 s"}]
    stimulus = {"kind": "regular", "population": "fibres", "rate": "1 Hz", "count": 1}
    phases[0]["stimuli"] = [*phases[0]["stimuli"], {**stimulus, "start": "1.999 s"}]
    found = simulate(model, Protocol(**{**tables, "phases": phases}), backend="numpy")
    volume = found.spines["pair"]["volume"].to_numpy().ravel()
    assert volume[-1] > volume[-2]


def test_a_disorder_of_the_gate_is_one_of_the_run() -> None:
    """Overactive D2 receptors: the longest dip changes nothing, for the floor alone."""
    wanted = load_protocol("dopamine_dip")
    model = wanted.default_model()
    floor = model.with_disorder("d2_hyperfunction").parameters["d2_gate.dopamine_floor"]
    assert floor.value == 0.3
