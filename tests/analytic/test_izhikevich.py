"""Izhikevich's rule in closed form against its clock-driven form, as Brian2 users write it.

There eligibility, dopamine and strength of every synapse are integrated in every step, by Euler's
method. The two differ by its error, which falls with the step.
"""

from __future__ import annotations

import brian2
import numpy as np
import pytest
from brian2 import ms, second

from neurospine import Protocol, load_model, simulate

SECONDS, RELEASE, GAIN = 6.0, 250.0, 0.002
A_PLUS, A_MINUS, TAU_PLUS, TAU_MINUS = 0.0131, 0.00465, 16.5 * ms, 33.7 * ms


def trains() -> dict[str, np.ndarray]:
    """Pairs in either order, most of them before the spike, and rewards at any time."""
    random = np.random.default_rng(3)
    before = np.sort(random.choice(np.arange(30, 5900, 40), 80, replace=False))
    after = before + random.choice([-10, 5, 10, 15], before.size)
    rewards = np.sort(random.choice(np.arange(1, 5900), 6, replace=False))
    return {"presynaptic": before, "postsynaptic": after, "fibres": rewards}


def closed_form(step: str) -> float:
    stimuli = [
        {"kind": "spike_list", "population": name, "unit": "ms",
         "cells": [0] * ticks.size, "times": ticks.tolist()}
        for name, ticks in trains().items()
    ]  # fmt: skip
    protocol = Protocol(
        name="rewards", summary="Rewards.", step=step, record_every="1 s",
        phases=[{"name": "all", "duration": "6 s", "stimuli": stimuli}],
    )  # fmt: skip
    model = load_model("modulated_pairs", spine="izhikevich_spine")
    model = model.with_set("bi_poo_all_to_all").with_set("izhikevich_dopamine")
    model = model.with_parameters({"izhikevich_gate.gain": GAIN})  # far from the bounds
    found = simulate(model, protocol, backend="numpy")
    return float(found.spines["pair"]["volume"].to_numpy()[-1, 0] / 0.1 - 1)


def clock_driven(step: float) -> float:
    brian2.start_scope()
    brian2.prefs.codegen.target = "numpy"
    brian2.defaultclock.dt = step * second
    times = trains()
    groups = {
        name: brian2.SpikeGeneratorGroup(1, [0] * ticks.size, ticks * ms)
        for name, ticks in times.items()
    }
    names = {
        "tau_plus": TAU_PLUS, "tau_minus": TAU_MINUS, "tau_c": 1 * second, "tau_d": 0.2 * second,
        "a_plus": A_PLUS, "a_minus": A_MINUS, "tonic": 1.0, "gain": GAIN / second,
    }  # fmt: skip
    synapse = brian2.Synapses(
        groups["presynaptic"],
        groups["postsynaptic"],
        """dx/dt = -x/tau_plus : 1 (event-driven)
        dy/dt = -y/tau_minus : 1 (event-driven)
        dc/dt = -c/tau_c : 1 (clock-driven)
        dd/dt = (tonic - d)/tau_d : 1 (clock-driven)
        ds/dt = gain*c*d : 1 (clock-driven)""",
        on_pre="c -= a_minus*y; x += 1",
        on_post="c += a_plus*x; y += 1",
        method="euler",
        namespace=names,
    )
    synapse.connect()
    synapse.d = 1
    reward = brian2.Synapses(groups["fibres"], synapse, on_pre=f"d_post += {RELEASE}")
    reward.connect()
    net = brian2.Network(*groups.values(), synapse, reward)
    net.run(SECONDS * second, namespace={})
    return float(synapse.s[0])


@pytest.mark.slow
def test_the_clock_driven_form_comes_nearer_with_its_step() -> None:
    errors = []
    for step in (1.0, 0.25):
        wanted = closed_form(f"{step} ms")
        assert wanted > 0.02
        errors.append(abs(clock_driven(step * 1e-3) / wanted - 1))
    assert errors[0] < 1e-3
    assert errors[1] < 0.5 * errors[0]
