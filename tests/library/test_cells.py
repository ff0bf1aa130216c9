"""The shipped neurons of compartments: finite and spiking under strong currents at 0.1 ms."""

from __future__ import annotations

import tomllib
from functools import cache

import numpy as np
import pytest

from neurospine import Model, Protocol, Trajectory, simulate
from neurospine.description.library import shipped_folder

#: Every shipped neuron that is made of compartments.
CELLS = sorted(
    path.stem
    for path in (shipped_folder() / "models" / "neurons").glob("*.toml")
    if "compartments" in tomllib.loads(path.read_text())
)
#: A ball and stick, a pyramidal cell fitted to records and an interneuron; the others are slow, as
#: what a step of each is takes a second to work out.
QUICK = {"ball_and_stick_hh", "layer5_pyramidal", "pv_interneuron"}
assert set(CELLS) > QUICK
#: In nA: near the rheobase of pyramidal cells, and far beyond what any cell gets.
CURRENTS = (0.6, 10.0)
#: No potential of a cell can lie far outside its reversal potentials, of -90 and 120 mV.
LOWEST, HIGHEST = -150.0, 250.0


@cache
def run(names: tuple[str, ...]) -> Trajectory:
    populations = "".join(f'[populations.{n}]\nneuron = "{n}"\nsize = 1\n' for n in names)
    circuit = f'kind = "circuit"\nname = "all"\nsummary = "Cells."\n{populations}'
    stimuli = tuple(
        {"kind": "current", "population": n, "amplitude": "i", "start": "5 ms", "stop": "45 ms"}
        for n in names
    )
    protocol = Protocol(
        name="strong",
        model={"circuit": "all"},
        step="0.1 ms",
        record_every="60 ms",
        conditions={"i": {"values": CURRENTS, "unit": "nA", "meaning": "Current"}},
        phases=({"name": "step", "duration": "60 ms", "stimuli": stimuli},),
        traces={n: {"variables": _potentials(n), "cells": (0,), "every": "0.1 ms"} for n in names},
    )
    return simulate(Model.from_text(circuit), protocol, backend="numpy")


def _potentials(name: str) -> tuple[str, ...]:
    """Return the potentials of a neuron's compartments, of a cut one that of its far end."""
    path = shipped_folder() / "models" / "neurons" / f"{name}.toml"
    compartments = tomllib.loads(path.read_text())["compartments"]
    pieces = {n: c.get("segments", 1) for n, c in compartments.items()}
    return tuple(f"v_{n}_{k}" if k > 1 else f"v_{n}" for n, k in pieces.items())


@pytest.mark.parametrize(
    "name", [n if n in QUICK else pytest.param(n, marks=pytest.mark.slow) for n in CELLS]
)
def test_a_cell_stays_finite_and_spikes_under_strong_currents(name: str) -> None:
    trajectory = run(tuple(n for n in CELLS if (n in QUICK) == (name in QUICK)))
    potentials = 1e3 * np.stack([trajectory.traces[name][v].to_numpy() for v in _potentials(name)])
    assert np.isfinite(potentials).all()
    assert potentials.min() > LOWEST
    assert potentials.max() < HIGHEST
    assert len(trajectory.spikes[name]) > 2
