"""The plastic network with dopamine (workload W2): eligibility in closed form.

neurospine behind a gate beside its own plain pair rule, beside the closed form as a Brian2 user
writes it, beside a hand-written event-driven loop in C++ (`floor/`), and beside NEST where it is
installed, on networks of the same size and rates. Dopamine comes twice a second, at random.
"""

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks import nest_network
from benchmarks.plastic_network import CELLS, FLOOR, SECONDS
from benchmarks.programs import Program
from benchmarks.report import Report, in_turn, spread
from neurospine import Model, Protocol
from neurospine.description.library import find_file
from neurospine.simulation.backends.standalone.build_cache import compiler

MODULATED = """
[populations.fibres]
size = 1

[neuromodulators.dopamine]
model       = "dopamine"
released_by = ["fibres"]
"""
VALUES = {"izhikevich_gate.gain": 1.0, "dopamine.tonic_supply": 0.0, "dopamine.tonic_level": 0.0}


def run(report: Report, synapses: int, repeats: int) -> None:
    """Print processor seconds per biological second of each, and their rates."""
    work = Path(tempfile.mkdtemp(prefix="neurospine-bench-"))
    circuit = find_file("recurrent_network", "models").read_text()
    values = {"in_degree": synapses // CELLS}
    phase = {"name": "activity", "duration": f"{SECONDS} s"}
    facts = {"name": "ten_seconds", "record_every": f"{SECONDS} s"}
    plain = Program(Model.from_text(circuit), Protocol(**facts, phases=[phase]), values)
    modulated = circuit.replace("[projections.recurrent]", f"{MODULATED}\n[projections.recurrent]")
    stimulus = {"kind": "poisson", "population": "fibres", "rate": "2 Hz"}
    gated = Program(
        Model.from_text(modulated, spine="izhikevich_spine"),
        Protocol(**facts, phases=[{**phase, "stimuli": [stimulus]}]),
        {**values, **VALUES},
    )
    spines = next(s for s in gated.network.synapses if s.name == "recurrent")
    np.savez(work / "connections.npz", size=CELLS, pre=spines.pre, post=spines.post)
    build = [sys.executable, "-m", "benchmarks.textbook_dopamine", str(work / "connections.npz")]
    subprocess.run([*build, str(work / "textbook"), str(SECONDS)], check=True, capture_output=True)
    flags = ["-O3", "-march=native", "-ffast-math", "-std=c++17"]
    subprocess.run([compiler(), *flags, str(FLOOR), "-o", str(work / "floor")], check=True)

    def textbook() -> None:
        command = ["./main", "--results_dir", "results/"]
        subprocess.run(command, cwd=work / "textbook", check=True, capture_output=True)

    def floor() -> None:
        command = [str(work / "floor"), "dopa", str(synapses), str(SECONDS)]
        subprocess.run(command, check=True, capture_output=True)

    found = {"gated": gated, "plain STDP": plain, "Brian2, event-driven": textbook, "floor": floor}
    nest = nest_network.contestant(report, "dopamine", synapses, SECONDS)
    if nest:
        found["NEST"] = nest[0]
    seconds = in_turn(found, repeats)
    own = statistics.median(seconds["gated"])
    results = work / "textbook" / "results"
    count = np.fromfile(next(results.glob("_array_monitor_N_*")), np.int32)[0]
    spikes = {"gated": gated.spikes("neurons"), "plain STDP": plain.spikes("neurons")}
    spikes["Brian2, event-driven"] = int(count)
    if nest:
        spikes["NEST"] = nest[1]()
    rows = [
        {
            "what": name,
            "CPU s per biological s": spread([s / SECONDS for s in values]),
            "times gated": statistics.median(values) / own,
            "rate in Hz": f"{spikes[name] / CELLS / SECONDS:.2f}" if name in spikes else "",
        }
        for name, values in seconds.items()
    ]
    report.table(f"plastic network with dopamine, {synapses:.0e} synapses", rows)
    for program in (gated, plain):
        program.clear()
