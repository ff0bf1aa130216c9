"""Parameters of a circuit that differ between the conditions of one run."""

from __future__ import annotations

import numpy as np
import pytest

from neurospine import Model, Protocol, measure, simulate

CIRCUIT = """
kind = "circuit"
name = "one_synapse"
summary = "s"
[populations.axon]
size = 1
[populations.cell]
neuron = "leaky"
size = 2
[projections.synapse]
from = "axon"
to = "cell"
spine = "fixed_contact"
delay = "axonal_delay"
connectivity = { rule = "all_to_all" }
effect = "i_synaptic += weight*peak_current"
[drives.background]
to = "cell"
effect = "i_synaptic += noise_current*noise"
[parameters]
axonal_delay = { value = 1.0, unit = "ms", source = "assumed", meaning = "m" }
peak_current = { value = 1.0, unit = "pA", source = "assumed", meaning = "m" }
noise_current = { value = 0.0, unit = "pA", source = "assumed", meaning = "m" }
"""


@pytest.mark.parametrize(
    "backend", ["numpy", pytest.param("cpp", marks=[pytest.mark.cpp, pytest.mark.slow])]
)
def test_a_linear_cell_answers_in_proportion(backend: str) -> None:
    protocol = Protocol(
        name="peaks", record_every="10 ms", step="0.1 ms",
        conditions={"peak": {"values": (10.0, 20.0, 50.0), "unit": "pA", "meaning": "m",
                             "parameter": "peak_current"}},
        traces={"cell": {"variables": ("v",), "cells": (0, 1), "every": "0.1 ms"}},
        phases=({"name": "response", "duration": "50 ms", "stimuli": (
            {"kind": "volley", "population": "axon", "count": 1, "start": "5 ms"},)},),
        measures={"peak": {"kind": "peak_deflection", "meaning": "m", "population": "cell",
                           "phase": "response"}},
    )  # fmt: skip
    run = simulate(Model.from_text(CIRCUIT), protocol, backend=backend)
    peaks = measure(run, protocol)["peak"]["value"].to_numpy()
    assert peaks[0] > 0
    np.testing.assert_allclose(peaks / peaks[0], [1.0, 2.0, 5.0], rtol=1e-9)


def test_the_noise_of_a_drive_may_vary_too() -> None:
    protocol = Protocol(
        name="noises", record_every="10 ms", step="0.1 ms",
        conditions={"loudness": {"values": (0.0, 5.0, 10.0), "unit": "pA", "meaning": "m",
                             "parameter": "noise_current"}},
        traces={"cell": {"variables": ("v",), "cells": (0, 1), "every": "1 ms"}},
        phases=({"name": "noise", "duration": "50 ms"},),
    )  # fmt: skip
    run = simulate(Model.from_text(CIRCUIT), protocol, backend="numpy")
    v = run.traces["cell"]["v"].values - run.traces["cell"]["v"].values[0]
    quiet, small, large = v[:, :2], v[:, 2:4], v[:, 4:]
    assert not quiet.any()
    np.testing.assert_allclose(large, 2 * small, rtol=1e-9, atol=1e-15)
