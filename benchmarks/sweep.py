"""Sweeps: what 200 runs cost beside the time of their compiled programs.

Elapsed time times cores, from the start of Python to the last line of the table, against the sum of
the processor seconds of all programs; and all processor seconds against the same, which other work
on the machine changes less. ``python -m benchmarks.sweep FOLDER WHAT RUNS`` is one sweep.
"""

import json
import subprocess
import sys
import tempfile
import time
from typing import Any

from benchmarks.report import Report, child_cpu
from neurospine import Model, Protocol, load_model, sweep

CORES = 2
VALUES = 4


def run(report: Report, *, quick: bool) -> None:
    """Print the table; `quick` does a tenth of the runs."""
    number = 20 if quick else 200
    rows = []
    for what in ("spines", "network"):
        _once(what, VALUES)  # builds
        elapsed, used, found = _once(what, number)
        program = found["program_cpu"]
        rows.append(
            {
                "what": what,
                "runs": found["runs"],
                "compiled in runs": found["compiled"],
                "program CPU (s) a run": program / found["runs"],
                "elapsed (s)": elapsed,
                "elapsed times cores / programs": elapsed * CORES / program,
                "all CPU / programs": used / program,
            }
        )
    report.table(f"sweeps of {number} runs on {CORES} cores", rows)


def _once(what: str, runs: int) -> tuple[float, float, dict[str, Any]]:
    """Sweep in a process of its own; return elapsed and processor seconds, and what it said."""
    with tempfile.TemporaryDirectory(prefix="neurospine-bench-") as folder:
        command = [sys.executable, "-m", "benchmarks.sweep", folder, what, str(runs)]
        before, start = child_cpu(), time.perf_counter()
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return time.perf_counter() - start, child_cpu() - before, json.loads(said)


def _spines() -> tuple[Protocol, Model, dict[str, list[float]]]:
    """Ten thousand slots for eight years, then a month of imaging."""
    protocol = Protocol(
        name="years",
        model={"circuit": "dendrite", "spine": "living_spine", "parameters": ["v1_adult"]},
        step="1 s",
        record={"precision": "single"},
        phases=[
            {"name": "settling", "kind": "consolidation", "duration": "3000 day", "tick": "4 hour",
             "record_every": "3000 day"},
            {"name": "imaging", "kind": "consolidation", "duration": "32 day", "tick": "4 hour",
             "record_every": "4 day"},
        ],
        measures={
            "turnover": {"kind": "turnover", "meaning": "Four days", "phase": "imaging",
                         "every": "4 day"},
            "mean_volume": {"kind": "size_distribution", "meaning": "Mean", "phase": "imaging",
                            "give": "mean"},
        },
    )  # fmt: skip
    model = protocol.default_model().with_parameters(n_sites=10_000)
    return protocol, model, {"slope_factor": [1.0, 1.1, 1.2, 1.5]}


def _network() -> tuple[Protocol, Model, dict[str, list[float]]]:
    """A recurrent network for some seconds."""
    protocol = Protocol(
        name="activity",
        model={"circuit": "recurrent_network"},
        step="0.1 ms",
        record_every="30 s",
        phases=[{"name": "activity", "duration": "90 s"}],
        measures={
            "rate": {"kind": "firing_rate", "meaning": "Rate (Hz)", "population": "neurons",
                     "phase": "activity"},
            "change": {"kind": "relative_change", "meaning": "Change", "phase": "activity"},
        },
    )  # fmt: skip
    model = load_model("recurrent_network").with_parameters(n_neurons=400, in_degree=50)
    return protocol, model, {"tau_plus": [15.0, 17.0, 19.0, 21.0]}


def main() -> None:
    folder, what, runs = sys.argv[1:]
    protocol, model, over = {"spines": _spines, "network": _network}[what]()
    seeds = range(int(runs) // VALUES)
    done = sweep(protocol, over, model=model, seeds=seeds, output=f"{folder}/out", jobs=CORES)
    assert not done.failed, done.failed
    facts = {"runs": int(runs), "compiled": done.compiled, "program_cpu": done.program_cpu}
    sys.stdout.write(json.dumps(facts))


if __name__ == "__main__":
    main()
