"""Parts of the slow clock and shared signals: the same on every backend, and who shares what."""

from functools import cache
from typing import Any

import numpy as np
import pytest

from neurospine.description.model import Model
from neurospine.description.protocol import Protocol
from neurospine.results.trajectory import Trajectory
from neurospine.simulation.simulate import prepare, simulate

PARAMETER = '{{ value = {}, unit = "{}", source = "assumed", meaning = "Anything" }}'
RULE = f"""
schema = 1
kind = "plasticity"
name = "pulses"
summary = "A pulse enlarges, and tells the dendrite."
drive = "multiplicative"
provides = ["drive", "stimulation"]

[synapse]
variables = "stimulation : 1"
on_pre = '''
drive = enlargement
stimulation = stimulation + 1
'''

[parameters]
enlargement = {PARAMETER.format(0.02, "1")}
"""
CONSOLIDATION = f"""
schema = 1
kind = "consolidation"
name = "half_passes"
summary = "Half of what plasticity does passes."

[step]
variables = "early : 1"
code = '''
early = early + 0.5*taken
volume = volume - early*(1 - exp(-interval/tau_early))
early = early*exp(-interval/tau_early)
'''

[parameters]
tau_early = {PARAMETER.format(10.0, "minute")}
"""
SIGNALS = """
[signals.{0}]
meaning = "Of a {1}"
extent  = "{1}"
release = "stimulation"
step    = "{0} = {0}*exp(-interval/tau_signal) + released"
"""
NEIGHBOURS = f"""
schema = 1
kind = "neighbours"
name = "three_signals"
summary = "Spines shrink by what others of the dendrite, branch and cell release."
needs = ["volume", "stimulation"]
{SIGNALS.format("near", "dendrite")}
diffusion = "spreading"
{SIGNALS.format("around", "branch")}
{SIGNALS.format("everywhere", "neuron")}

[step]
code = "volume = volume*exp(-shrinking*(near + 0.1*around + 0.01*everywhere)*interval)"

[parameters]
spreading  = {PARAMETER.format(0.3, "um**2/second")}
tau_signal = {PARAMETER.format(5.0, "minute")}
shrinking  = {PARAMETER.format(0.0005, "1/second")}
"""
SPINE = """
schema = 1
kind = "spine"
name = "{}"
summary = "Pulses, what passes of their change, and neighbours."
use = ["pulses", "bounded_volume", "half_passes", "three_signals", {}"volume_weight"]
"""
CIRCUIT = """
schema = 1
kind = "circuit"
name = "two_projections"
summary = "Two kinds of axon onto the same dendrites of one cell."

[populations.first]
size = 20

[populations.further]
size = 20

[populations.cell]
neuron = "four_branches"
size = 1

[projections.one]
from = "first"
to = "cell"
spine = "SPINE"
delay = "axonal_delay"
connectivity = { rule = "all_to_all" }
compartments = ["branch_a", "branch_b"]
receptors = { ampa = "peak" }

[projections.other]
from = "further"
to = "cell"
spine = "SPINE"
delay = "axonal_delay"
connectivity = { rule = "all_to_all" }
compartments = ["branch_a"]
receptors = { ampa = "peak" }

[parameters]
axonal_delay = { value = 1.0, unit = "ms", source = "assumed", meaning = "Delay" }
peak = { value = 0.1, unit = "nS", source = "assumed", meaning = "Peak" }
"""


def tried(spine: str) -> tuple[Model, Protocol]:
    parts = {"pulses": RULE, "half_passes": CONSOLIDATION, "three_signals": NEIGHBOURS}
    parts |= {"still": SPINE.format("still", "")}
    parts |= {"alive": SPINE.format("alive", '"log_drift", "turnover", ')}
    model = Model.from_text(CIRCUIT.replace("SPINE", spine), parts=parts)
    pulses = {
        "kind": "spike_list",
        "population": "first",
        "cells": [0] * 5,
        "times": [0.1, 0.2, 0.3, 0.4, 0.5],
    }
    phases = [
        {"name": "pulses", "duration": "1 s", "stimuli": [pulses]},
        {"name": "after", "kind": "consolidation", "duration": "30 minute", "tick": "1 minute",
         "record_every": "10 minute"},
    ]  # fmt: skip
    return model, Protocol(name="p", step="1 ms", record_every="1 s", phases=phases)


@cache
def run(backend: str, spine: str) -> Trajectory:
    return simulate(*tried(spine), backend=backend, seed=2)


@pytest.mark.cpp
@pytest.mark.slow
@pytest.mark.parametrize("spine", ["still", "alive"])
def test_a_cuda_program_does_the_same(same_as_cpp: Any, spine: str) -> None:
    assert same_as_cpp(prepare(*tried(spine), seed=2).network, 1e-7) > 100


@pytest.mark.cpp
@pytest.mark.slow
@pytest.mark.parametrize(("spine", "tolerance"), [("still", 1e-12), ("alive", 1e-6)])
def test_backends_agree(spine: str, tolerance: float) -> None:
    ours, theirs = run("numpy", spine), run("cpp", spine)
    for name in ("one", "other"):
        volume = ours.spines[name]["volume"].values
        np.testing.assert_allclose(
            theirs.spines[name]["volume"].values, volume, rtol=tolerance, atol=1e-12
        )
        assert np.any(volume != volume[0])


def test_spines_of_two_projections_share_dendrites_branches_and_cells() -> None:
    trajectory = run("numpy", "still")
    (place,) = trajectory.slots["one"].loc[[0], ["compartment", "position"]].to_numpy()
    loss = {}
    for name in ("one", "other"):
        slots, volume = trajectory.slots[name], trajectory.spines[name]["volume"].values
        for compartment, position, last in zip(
            slots["compartment"], slots["position"], volume[-1], strict=True
        ):
            loss[name, compartment, position] = float(np.log(volume[0, 0] / last))
    others = {key[1:]: value for key, value in loss.items() if key[0] == "other"}
    elsewhere = [v for (name, c, p), v in loss.items() if name == "one" and c != place[0]]
    assert min(others.values()) > 0
    if place[0] == "branch_a":
        near = sorted(others, key=lambda key: abs(key[1] - place[1]))
        values = [others[key] for key in near]
        assert values == sorted(values, reverse=True)
        assert max(elsewhere) < min(values)
    # Another branch hears only what the whole cell shares, the same everywhere.
    np.testing.assert_allclose(elsewhere, elsewhere[0], rtol=1e-9)


def test_plasticity_is_told_from_what_else_changes_volume() -> None:
    volume = run("numpy", "still").spines["one"]["volume"].values
    neighbours = volume[1:, 1:]  # nothing stimulated them, so nothing of them passes
    assert np.all(np.diff(neighbours, axis=0) <= 0)
