"""Small runs that have all there is to export: spines that live, neurons, currents, dopamine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from neurospine import Protocol, Trajectory, load_model, simulate

LIVING = Protocol(
    name="living",
    step="1 ms",
    spine_step="100 ms",
    record_every="100 ms",
    repeats=2,
    conditions={"rate": {"values": [20, 40], "unit": "Hz", "meaning": "Rate of axons"}},
    phases=[
        {
            "name": "activity",
            "duration": "300 ms",
            "stimuli": [{"kind": "poisson", "population": "axons", "rate": "rate"}],
        },
        {
            "name": "days",
            "kind": "consolidation",
            "duration": "6 day",
            "tick": "1 day",
            "record_every": "1 day",
        },
    ],
)
PULSES = {
    "kind": "current",
    "population": "neurons",
    "amplitude": "current",
    "start": "5 ms",
    "stop": "10 ms",
    "rate": "50 Hz",
    "count": 2,
}
NEURONS = Protocol(
    name="neurons",
    step="0.1 ms",
    record_every="10 ms",
    conditions={"current": {"values": [0.3, 2.0], "unit": "nA", "meaning": "Current"}},
    phases=[
        {"name": "rest", "duration": "10 ms"},
        {"name": "test", "duration": "40 ms", "stimuli": [PULSES]},
    ],
    traces={"neurons": {"variables": ["v"], "cells": [0, 1], "every": "0.5 ms"}},
)
PAIRS = {
    "kind": "pairing",
    "presynaptic": "presynaptic",
    "postsynaptic": "postsynaptic",
    "interval": "10 ms",
    "rate": "10 Hz",
    "count": 3,
}
DIP = {"kind": "dip", "neuromodulator": "dopamine", "start": "300 ms", "duration": "100 ms"}
DOPAMINE = Protocol(
    name="dopamine",
    step="1 ms",
    spine_step="20 ms",
    record_every="200 ms",
    phases=[{"name": "trial", "duration": "1 s", "stimuli": [PAIRS, DIP]}],
    traces={"dopamine": {"variables": ["concentration"], "every": "10 ms"}},
)


@pytest.fixture(scope="session")
def living(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Spines that are born and die, in two conditions and two repeats; snapshots at two paces."""
    model = load_model("dendrite").with_parameters({"n_sites": 40})
    return _written(tmp_path_factory, "living", model, LIVING)


@pytest.fixture(scope="session")
def neurons(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Neurons that fire at currents, with spines among them; potentials of two in each copy."""
    model = load_model("recurrent_network").with_parameters({"n_neurons": 12, "in_degree": 4})
    return _written(tmp_path_factory, "neurons", model, NEURONS)


@pytest.fixture(scope="session")
def dopamine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pairs of forced spikes and a dip of dopamine, whose concentration is recorded."""
    return _written(tmp_path_factory, "dopamine", load_model("modulated_pairs"), DOPAMINE)


def _written(factory: pytest.TempPathFactory, name: str, model: Any, protocol: Protocol) -> Path:
    path = factory.mktemp("runs") / f"{name}.h5"
    simulate(model, protocol, backend="numpy", seed=2, output=path)
    return path


@pytest.fixture(scope="session")
def read() -> Any:
    """Read a result file."""
    return Trajectory.from_hdf5
