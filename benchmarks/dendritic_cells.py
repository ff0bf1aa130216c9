"""A thousand cells of soma and dendrite, AMPA and NMDA receptors, 200 Hz each (workload W3).

neurospine beside the same cell as a Brian2 user writes it, beside Dendrify and beside NEURON
where these are installed (extra ``compare``). Equal weights, areas, coupling and step; input
differs by chance, so rates are compared.

Cells of NEURON cannot be reset, so theirs have a squid soma and are compared with such cells
of ours, over a fifth of the time and without its start-up. Dendrify does not hold the potential
in the refractory period, so its cells fire more. The others make Poisson input while they run.
Ours does so too as a drive; as axons (a row of its own) its spikes are drawn before, read by
the program, and each goes through a synapse, as in the cells of Brian2.
"""

import importlib.util
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.programs import Program
from benchmarks.report import Report, in_turn, spread
from neurospine import Model, Protocol

CELLS = 1000
MECHANISMS = Path(__file__).parent / "mod"

CIRCUIT = """
schema = 1
kind = "circuit"
name = "driven_cells"
summary = "Cells that each hear one Poisson train."

[populations.cells]
neuron = "NEURON"
size = "n_cells"

[parameters]
n_cells = { value = 1000, unit = "1", source = "assumed", meaning = "Cells" }
peak = { value = 0.6, unit = "nS", source = "assumed", meaning = "Conductance of an event" }
"""
DRIVE = '''
rate = { value = 200.0, unit = "Hz", source = "assumed", meaning = "Events of a train" }
[drives.input]
to = "cells"
rate = "rate"
effect = """
g_ampa_dendrite += count*peak
nmda_rising_dendrite += count*peak
nmda_falling_dendrite += count*peak
"""
'''
AXONS = """
axonal_delay = { value = 0.0, unit = "ms", source = "assumed", meaning = "Delay of axons" }
[populations.axons]
size = "n_cells"
transmitter = "glutamate"

[projections.input]
from = "axons"
to = "cells"
spine = "fixed_contact"
delay = "axonal_delay"
connectivity = { rule = "one_to_one" }
compartments = ["dendrite"]
receptors = { ampa = "peak", nmda = "peak" }
"""
SQUID = """
schema = 1
kind = "neuron"
name = "squid_soma"
summary = "As two_compartment, with a soma that spikes by itself."
method = "crank_nicolson"
membrane = { capacitance = "specific_capacitance", potential = "v_start" }

[compartments.soma]
length = "length_soma"
diameter = "length_soma"
mechanisms = ["hodgkin_huxley"]

[compartments.dendrite]
parent = "soma"
length = "length_dendrite"
diameter = "diameter_dendrite"
coupling = "coupling_dendrite"
mechanisms = ["leak", "ampa", "nmda"]

[values]
membrane_resistivity = { value = 10000.0, unit = "ohm*cm**2", source = "assumed" }
e_leak = { value = -70.0, unit = "mV", source = "assumed" }
tau_ampa = { value = 2.0, unit = "ms", source = "assumed" }
tau_nmda_decay = { value = 60.0, unit = "ms", source = "assumed" }
nmda_scale = { value = 1.0, unit = "1", source = "assumed" }

[parameters]
specific_capacitance = { value = 1.0, unit = "uF/cm**2", source = "assumed", meaning = "Membrane" }
v_start = { value = -65.0, unit = "mV", source = "assumed", meaning = "Potential at the start" }
length_soma = { value = 25.0, unit = "um", source = "assumed", meaning = "Length" }
length_dendrite = { value = 150.0, unit = "um", source = "assumed", meaning = "Length" }
diameter_dendrite = { value = 2.0, unit = "um", source = "assumed", meaning = "Diameter" }
coupling_dendrite = { value = 10.0, unit = "nS", source = "assumed", meaning = "Coupling" }
"""

OURS, OURS_SQUID = "neurospine", "neurospine, squid soma"


@dataclass(frozen=True)
class Contestant:
    """What runs once, the spikes that it made then, and the biological seconds of a run."""

    once: Callable[[], float | None]
    spikes: Callable[[], int]
    seconds: float


def run(report: Report, *, quick: bool) -> None:
    """Print processor seconds per biological second, and rates as a check of equal work."""
    seconds = 2.0 if quick else 10.0
    work = Path(tempfile.mkdtemp(prefix="neurospine-bench-"))
    contestants = _ours(seconds)
    contestants["textbook"] = _textbook("brian2", work / "brian2", seconds)
    if _installed(report, "dendrify"):
        contestants["Dendrify"] = _textbook("dendrify", work / "dendrify", seconds)
    if _installed(report, "neuron"):
        contestants["NEURON, squid soma"] = _neuron(work / "neuron", seconds / 5)
    commands = {name: contestant.once for name, contestant in contestants.items()}
    used = in_turn(commands, 3 if quick else 5)
    each = {n: [s / contestants[n].seconds for s in values] for n, values in used.items()}
    rows = []
    for name, contestant in contestants.items():
        own = OURS_SQUID if "squid" in name else OURS
        rows.append(
            {
                "what": name,
                "CPU s per biological s": spread(each[name]),
                "times neurospine": statistics.median(each[name]) / statistics.median(each[own]),
                "rate (Hz)": f"{contestant.spikes() / CELLS / contestant.seconds:.2f}",
            }
        )
    report.table(f"{CELLS} cells of soma and dendrite, 200 Hz each", rows)
    shutil.rmtree(work, ignore_errors=True)


def _ours(seconds: float) -> dict[str, Contestant]:
    # Two events of an axon in one step are one spike: at this rate 200 of a second are left.
    trains = {"kind": "poisson", "population": "axons", "rate": "202.03 Hz"}
    made = {}
    for name, neuron, given, length, stimuli in (
        (OURS, "two_compartment", DRIVE, seconds, ()),
        (f"{OURS}, axons", "two_compartment", AXONS, seconds, (trains,)),
        (OURS_SQUID, "squid_soma", DRIVE, seconds / 5, ()),
    ):
        protocol = Protocol(
            name="input",
            step="0.1 ms",
            record_every=f"{length} s",
            phases=({"name": "input", "duration": f"{length} s", "stimuli": stimuli},),
        )
        text = CIRCUIT.replace("NEURON", neuron) + given
        program = Program(Model.from_text(text, parts={"squid_soma": SQUID}), protocol)
        made[name] = Contestant(program, partial(program.spikes, "cells"), length)
    return made


def _textbook(tool: str, folder: Path, seconds: float) -> Contestant:
    build = [sys.executable, "-m", "benchmarks.textbook_cells", tool, str(CELLS), str(folder)]
    subprocess.run([*build, str(seconds)], check=True, capture_output=True)

    def once() -> None:
        command = ["./main", "--results_dir", "results/"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)

    def spikes() -> int:
        file = next((folder / "results").glob("_array_monitor_N_*"))
        return int(np.fromfile(file, np.int32)[0])

    return Contestant(once, spikes, seconds)


def _neuron(folder: Path, seconds: float) -> Contestant:
    folder.mkdir()
    compiler = Path(sys.executable).parent / "nrnivmodl"
    subprocess.run([str(compiler), str(MECHANISMS)], cwd=folder, check=True, capture_output=True)
    command = [sys.executable, "-m", "benchmarks.neuron_cells", str(CELLS), str(folder)]
    found = [0]

    def once() -> float:
        said = subprocess.run(
            [*command, str(seconds)], check=True, capture_output=True, text=True
        ).stdout.split()
        found[0] = int(said[-1])
        return float(said[-2])

    return Contestant(once, lambda: found[0], seconds)


def _installed(report: Report, name: str) -> bool:
    if importlib.util.find_spec(name):
        return True
    report.note(f"{name} is not installed (pip install neurospine[compare]): left out")
    return False
