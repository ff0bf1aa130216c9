"""A recurrent network of 1000 leaky neurons with plastic synapses (workload W1).

neurospine beside the same rule as a Brian2 user writes it, on the same
connections, and beside a hand-written event-driven loop in C++ (`floor/`). The
random input differs, so the results are compared as distributions. NEST where it is installed.
"""

import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from scipy.stats import ks_2samp

from benchmarks import nest_network
from benchmarks.report import Report, in_turn, spread
from neurospine import Protocol, load_model
from neurospine.results import segments
from neurospine.simulation.backends.standalone import StandaloneBackend
from neurospine.simulation.backends.standalone.build_cache import compiler
from neurospine.simulation.plan import make_plan

CELLS = 1000
SECONDS = 10.0
FLOOR = Path(__file__).parent / "floor" / "plastic_network.cpp"


def run(report: Report, synapses: int, repeats: int) -> None:
    """Print processor seconds per biological second of each, and how results agree."""
    work = Path(tempfile.mkdtemp(prefix="neurospine-bench-"))
    protocol = Protocol(
        name="ten_seconds",
        model={"circuit": "recurrent_network"},
        record_every=f"{SECONDS} s",
        phases=[{"name": "activity", "duration": f"{SECONDS} s"}],
    )
    model = load_model("recurrent_network").with_parameters(in_degree=synapses // CELLS)
    network = make_plan(model, protocol, seed=1).network
    program = StandaloneBackend().build(network)
    spines = next(s for s in network.synapses if s.name == "recurrent")
    np.savez(work / "connections.npz", size=CELLS, pre=spines.pre, post=spines.post)

    def ours() -> None:
        shutil.rmtree(work / "ours", ignore_errors=True)
        (work / "ours").mkdir()
        program.run(network, work / "ours", lambda seconds: None)

    build = [sys.executable, "-m", "benchmarks.textbook", str(work / "connections.npz")]
    subprocess.run([*build, str(work / "textbook"), str(SECONDS)], check=True, capture_output=True)
    flags = ["-O3", "-march=native", "-ffast-math", "-std=c++17"]
    subprocess.run([compiler(), *flags, str(FLOOR), "-o", str(work / "floor")], check=True)

    def textbook() -> None:
        command = ["./main", "--results_dir", "results/"]
        subprocess.run(command, cwd=work / "textbook", check=True, capture_output=True)

    def floor() -> None:
        command = [str(work / "floor"), "stdp", str(synapses), str(SECONDS)]
        subprocess.run(command, check=True, capture_output=True)

    commands = {"neurospine": ours, "textbook": textbook, "floor": floor}
    if others := nest_network.contestant(report, "stdp", synapses, SECONDS):
        commands["NEST"] = others[0]
    seconds = in_turn(commands, repeats)
    own = statistics.median(seconds["neurospine"])
    rows = [
        {
            "what": name,
            "CPU s per biological s": spread([s / SECONDS for s in values]),
            "times neurospine": statistics.median(values) / own,
        }
        for name, values in seconds.items()
    ]
    report.table(f"plastic network, {synapses:.0e} synapses", rows)
    report.table(f"agreement, {synapses:.0e} synapses", _agreement(work, spines.pre, spines.post))
    shutil.rmtree(work, ignore_errors=True)


def _agreement(work: Path, pre: np.ndarray, post: np.ndarray) -> list[dict[str, object]]:
    last = list(segments.read(work / "ours", "spines_recurrent"))[-1]
    spikes = sum(record.count for record in segments.read(work / "ours", "spikes_neurons"))
    ours = np.asarray(last.arrays(["<f8"])[0]) * 10.0
    results = work / "textbook" / "results"
    theirs = np.fromfile(next(results.glob("_dynamic_array_synapses_w_*")))
    count = np.fromfile(next(results.glob("_array_monitor_N_*")), np.int32)[0]
    rates = spikes / CELLS / SECONDS, count / CELLS / SECONDS
    change = ours.mean() - 0.5, theirs.mean() - 0.5
    chosen = _unrelated(pre, post)
    test = ks_2samp(ours[chosen], theirs[chosen])
    rows = [("rate (Hz)", *rates), ("mean change of weight", *change)]
    rows.append(("SD of weight", ours.std(), theirs.std()))
    table: list[dict[str, object]] = [
        {"what": name, "neurospine": f"{a:.5g}", "textbook": f"{b:.5g}", "ratio": f"{a / b:.4f}"}
        for name, a, b in rows
    ]
    label = f"KS test, {chosen.size} unrelated weights"
    table.append(
        {"what": label, "neurospine": "", "textbook": "", "ratio": f"p = {test.pvalue:.2f}"}
    )
    return table


def _unrelated(pre: np.ndarray, post: np.ndarray) -> np.ndarray:
    """Return synapses no two of which share a cell: weights that share one are correlated."""
    order = np.random.default_rng(0).permutation(pre.size)
    seen_pre, seen_post = np.zeros(CELLS, bool), np.zeros(CELLS, bool)
    chosen = []
    for k in order:
        if not seen_pre[pre[k]] and not seen_post[post[k]]:
            seen_pre[pre[k]] = seen_post[post[k]] = True
            chosen.append(k)
    return np.array(chosen)
