"""Leaky neurons alone: intervals between spikes, and Poisson drive as shot noise."""

from __future__ import annotations

import math

import numpy as np
import pytest

from neurospine import Model, Protocol, simulate

STEP = 1e-4
NEURONS = 100

CIRCUIT = f"""
kind    = "circuit"
name    = "driven"
summary = "Neurons without synapses under Poisson drive."

[populations.neurons]
neuron = "leaky"
size   = {NEURONS}

[drives.background]
to     = "neurons"
rate   = "rate"
effect = "i_synaptic += count*current"

[parameters]
rate    = {{ value = 0.0,   unit = "Hz", source = "assumed", meaning = "Events a second" }}
current = {{ value = 100.0, unit = "pA", source = "assumed", meaning = "Current of one event" }}
"""


@pytest.fixture(scope="module")
def protocol() -> Protocol:
    """Half a second; the synaptic current of every cell is recorded in every step."""
    wanted = {"variables": ("i_synaptic",), "cells": tuple(range(NEURONS)), "every": "0.1 ms"}
    return Protocol(
        name="alone", summary="Nothing but the drive.", model={"circuit": "driven"},
        step="0.1 ms", record_every="50 ms", phases=({"name": "all", "duration": "0.5 s"},),
        traces={"neurons": wanted},
    )  # fmt: skip


@pytest.fixture(scope="module")
def model() -> Model:
    return Model.from_text(CIRCUIT)


@pytest.mark.parametrize(
    ("backend", "rest", "refractory"),
    [
        ("numpy", -54.0, 2.0),
        # A run takes seconds in Python; compiled, all three are of one program.
        pytest.param("numpy", -50.0, 5.0, marks=pytest.mark.slow),
        pytest.param("numpy", -30.0, 0.5, marks=pytest.mark.slow),
        pytest.param("cpp", -54.0, 2.0, marks=pytest.mark.cpp),
        pytest.param("cpp", -50.0, 5.0, marks=pytest.mark.cpp),
        pytest.param("cpp", -30.0, 0.5, marks=pytest.mark.cpp),
    ],
)
def test_intervals_of_an_undriven_neuron_follow_the_formula(
    model: Model, protocol: Protocol, backend: str, rest: float, refractory: float
) -> None:
    tau, threshold, reset = 20.0, -55.0, -70.0
    values = {"v_rest": rest, "refractory_period": refractory, "v_reset": reset,
              "v_threshold": threshold, "tau_membrane": tau}  # fmt: skip
    chosen = model.with_parameters(values)
    trajectory = simulate(chosen, protocol, backend=backend)
    assert not trajectory.spines
    table = trajectory.spikes["neurons"]
    rise = tau * math.log((rest - reset) / (rest - threshold))
    for cell in (0, NEURONS - 1):
        intervals = np.diff(table["time"][table["cell"] == cell])
        assert intervals.size >= 4
        # The step that sees the threshold crossed is the first and last of its interval.
        early = (refractory + rise) * 1e-3 / STEP - np.rint(intervals / STEP)
        assert early.min() >= 0
        assert early.max() < 1


def currents(model: Model, protocol: Protocol, backend: str) -> np.ndarray:
    """Synaptic current in pA, as (step, neuron), after the events of each step."""
    traces = simulate(model, protocol, backend=backend, seed=1).traces["neurons"]
    assert traces["i_synaptic"].attrs["units"] == "amp"
    np.testing.assert_allclose(np.diff(traces["time"]), STEP)
    return np.asarray(traces["i_synaptic"].values) * 1e12


@pytest.mark.parametrize(
    ("backend", "rate"),
    [
        ("numpy", 4000.0),
        pytest.param("numpy", 200.0, marks=pytest.mark.slow),
        pytest.param("cpp", 4000.0, marks=pytest.mark.cpp),
        pytest.param("cpp", 200.0, marks=pytest.mark.cpp),
    ],
)
def test_poisson_drive_makes_shot_noise(
    model: Model, protocol: Protocol, backend: str, rate: float
) -> None:
    tau, event = 2e-3, 100.0
    found = currents(model.with_parameters(rate=rate), protocol, backend)[int(20 * tau / STEP) :]
    # Campbell's theorem, with the sums over steps in place of the integrals.
    decay, each = math.exp(-STEP / tau), rate * STEP
    mean = event * each / (1 - decay)
    variance = event**2 * each / (1 - decay**2)
    # Five standard errors; a correlation time of tau leaves steps * STEP / (2 tau) samples a cell.
    samples = found.size * STEP / (2 * tau)
    kurtosis = 3 + (1 - decay**2) ** 2 / (1 - decay**4) / each
    assert found.mean() == pytest.approx(mean, abs=5 * math.sqrt(variance / samples))
    assert found.var() == pytest.approx(
        variance, abs=5 * variance * math.sqrt((kurtosis - 1) / samples)
    )
    # The continuous formula is the limit of short steps.
    assert mean == pytest.approx(event * rate * tau, rel=STEP / tau)
    assert variance == pytest.approx(event**2 * rate * tau / 2, rel=2 * STEP / tau)


@pytest.mark.parametrize(
    "backend",
    [pytest.param("numpy", marks=pytest.mark.slow), pytest.param("cpp", marks=pytest.mark.cpp)],
)
def test_neurons_and_steps_get_independent_events(
    model: Model, protocol: Protocol, backend: str
) -> None:
    found = currents(model.with_parameters(rate=2000.0), protocol, backend)
    events = np.rint((found[1:] - found[:-1] * math.exp(-STEP / 2e-3)) / 100.0)
    # Four standard errors of a correlation over that many steps (or neurons times steps).
    between = np.corrcoef(events.T)[np.triu_indices(NEURONS, 1)]
    assert abs(between.mean()) < 4 / math.sqrt(between.size * len(events))
    assert abs(between).max() < 7 / math.sqrt(len(events))
    later = np.corrcoef(events[1:].ravel(), events[:-1].ravel())[0, 1]
    assert abs(later) < 4 / math.sqrt(events.size)


@pytest.mark.parametrize(
    "backend",
    [pytest.param("numpy", marks=pytest.mark.slow), pytest.param("cpp", marks=pytest.mark.cpp)],
)
def test_a_drive_without_a_rate_is_white_noise(protocol: Protocol, backend: str) -> None:
    text = CIRCUIT.replace('rate   = "rate"\n', "").replace("count*current", "noise*current")
    text = "\n".join(line for line in text.splitlines() if not line.startswith("rate "))
    tau, size = 2e-3, 100.0
    found = currents(Model.from_text(text), protocol, backend)[int(20 * tau / STEP) :]
    # A sum of normal numbers that decay: Gaussian, of a variance that no step is short enough for.
    variance = size**2 / (1 - math.exp(-2 * STEP / tau))
    # Five standard errors, with independent samples counted as above.
    samples = found.size * STEP / (2 * tau)
    assert abs(found.mean()) < 5 * math.sqrt(variance / samples)
    assert found.var() == pytest.approx(variance, abs=5 * variance * math.sqrt(2 / samples))
    kurtosis = float(np.mean(found**4)) / variance**2
    assert kurtosis == pytest.approx(3.0, abs=5 * math.sqrt(96 / samples))
