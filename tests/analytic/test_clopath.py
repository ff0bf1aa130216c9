"""The voltage rule and its neuron against an integration of their own."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from neurospine import Protocol, load_model, simulate


def _helper(name: str) -> ModuleType:
    path = Path(__file__).with_name(f"{name}.py")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


clopath = _helper("clopath")
STEP, DURATION = 0.1, 400.0
#: mV; the same steps in another order of additions, and the upswing multiplies roundings.
POTENTIAL = 1e-5
CHANGE = 1e-6
#: Backend, delay of the filter (ms) and homeostasis; both numbers change what is built.
CASES = [
    ("numpy", 0.0, 1.0),
    ("numpy", 5.0, 0.0),
    pytest.param("numpy", 0.0, 0.0, marks=pytest.mark.slow),
    pytest.param("numpy", 5.0, 1.0, marks=pytest.mark.slow),
    pytest.param("cpp", 5.0, 1.0, marks=[pytest.mark.cpp, pytest.mark.slow]),
    pytest.param("cpp", 0.0, 0.0, marks=[pytest.mark.cpp, pytest.mark.slow]),
]
PULSES = (20.0, 40.0, 60.0, 130.0, 155.0, 300.0)
ARRIVALS = (12.0, 25.0, 52.0, 53.3, 61.0, 120.0, 170.0, 310.0)


def protocol(**model: Any) -> Protocol:
    pulses = [
        {"kind": "current", "population": "cell", "amplitude": "45 nA", "start": f"{t} ms",
         "stop": f"{t + 0.5} ms"} for t in PULSES
    ]  # fmt: skip
    axon = {"kind": "spike_list", "population": "axon", "cells": (0,) * len(ARRIVALS),
            "times": ARRIVALS, "unit": "ms"}  # fmt: skip
    return Protocol(
        name="voltage", summary="s", step=f"{STEP} ms", record_every="10 ms",
        phases=({"name": "all", "duration": f"{DURATION} ms", "stimuli": (axon, *pulses)},),
        traces={"cell": {"variables": ("voltage",), "every": f"{STEP} ms", "cells": (0,)}},
        model={"circuit": "axon_and_cell", **model},
    )  # fmt: skip


@pytest.mark.parametrize(("backend", "delay", "homeostasis"), CASES)
def test_engine_follows_a_plain_integration(backend: str, delay: float, homeostasis: float) -> None:
    current = clopath.pulses(45000.0, 0.5, PULSES)
    potential, spikes = clopath.neuron(current, DURATION, STEP)
    assert len(spikes) == len(PULSES)
    rule = {**clopath.RULE, "delay": delay, "homeostasis": homeostasis}
    course = clopath.follow(rule, potential, [round(t / STEP) for t in ARRIVALS], STEP)
    model = load_model("axon_and_cell").with_parameters(filter_delay=delay, homeostasis=homeostasis)
    run = simulate(model, protocol(), backend=backend)  # type: ignore[arg-type]
    trace = np.asarray(run.traces["cell"]["voltage"].values).ravel() * 1e3
    np.testing.assert_allclose(trace, potential[: trace.size], rtol=0, atol=POTENTIAL)
    weight = run.spines["synapse"]["weight"].values[:, 0]
    at = np.arange(100, round(DURATION / STEP) + 1, 100) - 1
    wanted = course.change[at] / 0.5
    assert np.ptp(wanted) > 1e-3
    np.testing.assert_allclose(weight[1:] / weight[0] - 1, wanted, rtol=0, atol=CHANGE)


def test_held_potentials_change_the_weight_by_the_formula() -> None:
    """Each spike depresses by the filter, and its trace has the area 1."""
    rule = clopath.RULE
    steps = 4000
    for held in (-80.0, -65.0, -50.0, -40.0):
        found = clopath.follow(rule, [held] * steps, [100, 500], STEP).change[-1]
        past = max(held - rule["theta_minus"], 0.0)
        # the trace is read at the ends of steps: its sum is less than the area by half a step
        area = STEP / rule["tau_x"] / np.expm1(STEP / rule["tau_x"])
        wanted = (
            2 * past * (rule["a_ltp"] * max(held - rule["theta_plus"], 0) * area - rule["a_ltd"])
        )
        assert found == pytest.approx(wanted, abs=1e-9)


def test_neuron_converges_with_the_step() -> None:
    current = clopath.pulses(45000.0, 0.5, PULSES)
    rough, fine, finest = (clopath.neuron(current, 200.0, h)[1] for h in (0.1, 0.02, 0.005))
    times = [np.array(s) * h for s, h in ((rough, 0.1), (fine, 0.02), (finest, 0.005))]
    assert len(rough) == len(fine) == len(finest)
    assert np.abs(times[1] - times[2]).max() < 0.05
    assert np.abs(times[0] - times[2]).max() < 0.25
