"""Small protocols, a limit on time, and the commands without a new process."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from tools.hardening.small_protocols import TINY


@pytest.fixture
def tiny_text() -> str:
    """A protocol of two conditions and 50 steps, as a file has it."""
    return TINY


@pytest.fixture
def tables() -> dict[str, Any]:
    """The least a protocol needs, as tables: one phase of 100 ms without stimuli."""
    return copy.deepcopy(
        {
            "name": "p",
            "model": {"circuit": "independent_pairs"},
            "step": "1 ms",
            "record_every": "10 ms",
            "phases": [{"name": "a", "duration": "100 ms", "stimuli": []}],
        }
    )


PAIRING = {
    "presynaptic": "presynaptic",
    "postsynaptic": "postsynaptic",
    "interval": "interval",
    "rate": "100 Hz",
    "count": 5,
}


@pytest.fixture(scope="session")
def small() -> Any:
    """Two numbers by two words, two repeats; trains and Poisson spikes."""
    from neurospine import Protocol

    noise = [
        {"kind": "poisson", "population": p, "rate": "300 Hz"}
        for p in ("presynaptic", "postsynaptic")
    ]
    return Protocol(
        name="small",
        model={"circuit": "independent_pairs"},
        step="0.1 ms",
        record_every="10 ms",
        repeats=2,
        conditions={
            "interval": {"values": [5, -5], "unit": "ms", "meaning": "Post minus pre"},
            "word": {"values": ["a", "b"], "meaning": "Nothing"},
        },
        phases=[
            {"name": "trains", "duration": "60 ms", "stimuli": [{"kind": "pairing", **PAIRING}]},
            {"name": "noise", "duration": "40 ms", "stimuli": noise},
        ],
        measures={"change": {"kind": "relative_change", "meaning": "m", "phase": "trains"}},
    )  # fmt: skip


@pytest.fixture(scope="session")
def trajectory(small: Any) -> Any:
    """A run of it."""
    from neurospine import measure, simulate

    made = simulate(None, small, backend="numpy", seed=3, parameters={"axonal_delay": "1 ms"})
    return made.with_measures(measure(made, small))


@pytest.fixture(scope="session")
def written(trajectory: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its file."""
    return trajectory.to_hdf5(tmp_path_factory.mktemp("results") / "run.h5")


CELL = {
    "leak": """
kind = "mechanism"
name = "leak"
summary = "s"
conductance = "area/membrane_resistivity"
reversal = "e_leak"

[parameters]
membrane_resistivity = { value = 10000.0, unit = "ohm*cm**2", source = "assumed", meaning = "m" }
e_leak = { value = -70.0, unit = "mV", source = "assumed", meaning = "m" }
""",
    "spiking": """
kind = "mechanism"
name = "spiking"
summary = "s"
threshold = "v > v_threshold"
refractory = "refractory_period"
on_spike = "v = v_reset"

[parameters]
v_threshold = { value = -50.0, unit = "mV", source = "assumed", meaning = "m" }
v_reset = { value = -60.0, unit = "mV", source = "assumed", meaning = "m" }
refractory_period = { value = 2.0, unit = "ms", source = "assumed", meaning = "m" }
""",
    "ampa": """
kind = "mechanism"
name = "ampa"
summary = "s"
equations = "dampa_open/dt = -ampa_open/tau_ampa : siemens"
conductance = "ampa_open"
reversal = "e_ampa"
carries = { calcium = "calcium_share" }
receives = "ampa_open += conductance"

[parameters]
tau_ampa = { value = 2.0, unit = "ms", range = [0.1, 100.0], source = "assumed", meaning = "m" }
e_ampa = { value = 0.0, unit = "mV", source = "assumed", meaning = "m" }
calcium_share = { value = 0.1, unit = "1", source = "assumed", meaning = "m" }
""",
    "pool": """
kind = "mechanism"
name = "pool"
summary = "s"
needs = ["i_calcium"]
provides = ["calcium"]
equations = "dcalcium/dt = i_calcium*calcium_by_charge/area - calcium/tau_calcium : mmolar"

[parameters]
tau_calcium = { value = 20.0, unit = "ms", source = "assumed", meaning = "m" }
calcium_by_charge = { value = 1.0, unit = "mmolar*um**2/pA/ms", source = "assumed", meaning = "m" }
""",
    "slow": """
kind = "mechanism"
name = "slow"
summary = "s"
needs = ["calcium"]
equations = "dslow_gate/dt = (calcium/half_calcium - slow_gate)/tau_slow : 1"
current = "-slow_gate*largest_current"

[parameters]
tau_slow = { value = 50.0, unit = "ms", source = "assumed", meaning = "m" }
half_calcium = { value = 1.0, unit = "mmolar", source = "assumed", meaning = "m" }
largest_current = { value = 1.0, unit = "pA", source = "assumed", meaning = "m" }
""",
    "branched": """
kind = "neuron"
name = "branched"
summary = "s"
method = "crank_nicolson"

[membrane]
capacitance = "specific_capacitance"
axial_resistivity = "resistivity"
potential = "v_start"

[compartments.soma]
length = "size"
diameter = "size"
mechanisms = ["leak", "spiking"]

[compartments.trunk]
parent = "soma"
length = "length_trunk"
diameter = "thick"
segments = 2
mechanisms = ["leak", "ampa", "pool", "slow"]

[compartments.tuft]
parent = "trunk"
length = "length_tuft"
diameter = "thin"
mechanisms = ["leak", "ampa"]

[compartments.basal]
parent = "soma"
length = "length_tuft"
diameter = "thin"
mechanisms = ["leak"]

[values]
e_leak = { value = -75.0, unit = "mV", source = "assumed" }
tau_ampa_tuft = { value = 4.0, unit = "ms", source = "assumed" }

[parameters]
specific_capacitance = { value = 1.0, unit = "uF/cm**2", source = "assumed", meaning = "m" }
resistivity = { value = 150.0, unit = "ohm*cm", source = "assumed", meaning = "m" }
v_start = { value = -70.0, unit = "mV", source = "assumed", meaning = "m" }
size = { value = 20.0, unit = "um", source = "assumed", meaning = "m" }
length_trunk = { value = 300.0, unit = "um", source = "assumed", meaning = "m" }
length_tuft = { value = 100.0, unit = "um", source = "assumed", meaning = "m" }
thick = { value = 3.0, unit = "um", source = "assumed", meaning = "m" }
thin = { value = 1.0, unit = "um", source = "assumed", meaning = "m" }

[sets.stubby]
meaning = "m"
source = "assumed"
values = { length_trunk = 150.0, thick = 4.0, tau_ampa = 1.0 }
""",
    "circuit": """
kind = "circuit"
name = "alone"
summary = "s"

[populations.axons]
size = 400

[populations.cell]
neuron = "branched"
size = 1

[projections.spines]
from = "axons"
to = "cell"
spine = "pair_stdp"
delay = "axonal_delay"
connectivity = { rule = "all_to_all" }
compartments = ["trunk", "tuft"]
receptors = { ampa = "ampa_peak" }

[parameters]
axonal_delay = { value = 1.0, unit = "ms", source = "assumed", meaning = "m" }
ampa_peak = { value = 0.1, unit = "nS", source = "assumed", meaning = "m" }
""",
}


@pytest.fixture
def branched() -> dict[str, str]:
    """A neuron with two branches, its mechanisms and a circuit with spines on it, as files."""
    return dict(CELL)
