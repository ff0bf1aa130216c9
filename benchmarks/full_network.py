"""Workloads W1 and W2 with whole spines: volume, stages, weight readout, a snapshot each second.

A recurrent network of 1000 cells with plastic spines that fluctuate, are born and die (W1: pair
STDP; W2: the same behind dopamine), beside the bare rules on spines that do nothing else, and
beside hand-written event-driven loops (`floor/`), which know neither volume nor stages.
"""

import statistics
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.dopamine_network import MODULATED, VALUES
from benchmarks.plastic_network import CELLS, FLOOR, SECONDS
from benchmarks.programs import Program
from benchmarks.report import Report, in_turn, spread
from neurospine import Model, Protocol
from neurospine.description.library import find_file
from neurospine.simulation.backends.standalone.build_cache import compiler

GATED = """
schema  = 1
kind    = "spine"
name    = "living_gated"
summary = "Pair STDP behind dopamine on spines that fluctuate, are born and die."
use     = ["pair", "izhikevich_gate", "bounded_volume", "log_drift", "turnover", "volume_weight"]
"""


def run(report: Report, synapses: int, repeats: int) -> None:
    """Print processor seconds per biological second, start-up included, and the rates."""
    work = Path(tempfile.mkdtemp(prefix="neurospine-bench-"))
    flags = ["-O3", "-march=native", "-ffast-math", "-std=c++17"]
    subprocess.run([compiler(), *flags, str(FLOOR), "-o", str(work / "floor")], check=True)

    def floor(kind: str) -> Callable[[], None]:
        command = [str(work / "floor"), kind, str(synapses), str(SECONDS)]
        return lambda: subprocess.run(command, check=True, capture_output=True) and None

    programs = {
        "W1, whole spines": _program("living_pair_stdp", synapses, every="1 s"),
        "W1, bare rule": _program("pair_stdp", synapses, every=f"{SECONDS} s"),
        "W2, whole spines": _program("living_gated", synapses, gated=True, every="1 s"),
        "W2, bare rule": _program("izhikevich_spine", synapses, gated=True, every=f"{SECONDS} s"),
    }
    commands: dict[str, Callable[[], Any]] = dict(programs)
    commands |= {"W1, floor": floor("stdp"), "W2, floor": floor("dopa")}
    seconds = in_turn(commands, repeats)
    floors = {name[:2]: statistics.median(seconds[f"{name[:2]}, floor"]) for name in seconds}
    rows = [
        {
            "what": name,
            "CPU s per biological s": spread([s / SECONDS for s in seconds[name]]),
            "times floor": statistics.median(seconds[name]) / floors[name[:2]],
            "rate (Hz)": f"{programs[name].spikes('neurons') / CELLS / SECONDS:.2f}"
            if name in programs
            else "",
        }
        for name in sorted(commands)
    ]
    report.table(f"networks of whole spines, {synapses:.0e} spines", rows)
    for program in programs.values():
        program.clear()


def _program(spine: str, synapses: int, *, every: str, gated: bool = False) -> Program:
    circuit = find_file("recurrent_network", "models").read_text()
    phase: dict[str, Any] = {"name": "activity", "duration": f"{SECONDS} s"}
    if gated:
        place = "[projections.recurrent]"
        circuit = circuit.replace(place, f"{MODULATED}\n{place}")
        stimulus = {"kind": "poisson", "population": "fibres", "rate": "2 Hz"}
        phase["stimuli"] = [stimulus]
    parts = {"living_gated": GATED} if spine == "living_gated" else {}
    model = Model.from_text(circuit, parts=parts, spine=spine)
    facts: dict[str, Any] = {"spine_step": "1 s"} if spine.startswith("living") else {}
    protocol = Protocol(name="ten_seconds", record_every=every, phases=[phase], **facts)
    values = {"in_degree": synapses // CELLS, **(VALUES if gated else {})}
    return Program(model, protocol, values)
