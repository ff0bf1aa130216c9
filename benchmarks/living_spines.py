"""Spines that live by themselves: cost of a step, growth with number and time, empty slots.

neurospine beside the same drift, noise and elimination as a Brian2 user writes them
(`textbook_spines.py`). Every cost is a difference of two lengths of run, so that
start-up does not count.
"""

import contextlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from benchmarks.report import Report, child_cpu, in_turn, spread
from neurospine import Protocol, load_model
from neurospine.simulation.backends.standalone import StandaloneBackend
from neurospine.simulation.plan import make_plan

SETS = ("v1_adult",)
#: Ticks of an hour in the longer and the shorter of two runs.
LONG, SHORT = 240, 24


def run(report: Report, *, quick: bool) -> None:
    """Print the tables; `quick` leaves out the largest sizes."""
    _step(report, 1_000_000, repeats=3 if quick else 5)
    _growth(report, (10**4, 10**5, 10**6) if quick else (10**4, 10**5, 10**6, 10**7))
    _empty(report, repeats=3 if quick else 5)
    _year(report, (30,) if quick else (30, 365))


def _protocol(name: str, ticks: int, **more: Any) -> Protocol:
    phase = {"name": "months", "kind": "consolidation", "duration": f"{ticks} hour"}
    phase |= {"tick": "1 hour", "record_every": f"{ticks} hour"}
    return Protocol(
        name=name,
        model={"circuit": "dendrite", "spine": "living_spine", "parameters": SETS},
        step="1 s",
        record={"contacts": False, "precision": "single", "variables": ["volume"]},
        phases=[phase],
        **more,
    )


def _program(protocol: Protocol, **values: Any) -> Callable[[], None]:
    """Return what runs a protocol once, in a folder that is emptied before."""
    network = make_plan(protocol.default_model().with_parameters(values), protocol).network
    program = StandaloneBackend().build(network)
    folder = Path(tempfile.mkdtemp(prefix="neurospine-bench-"))

    def once() -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        program.run(network, folder, lambda seconds: None)
        shutil.rmtree(folder, ignore_errors=True)

    return once


def _step(report: Report, sites: int, repeats: int) -> None:
    work = Path(tempfile.mkdtemp(prefix="neurospine-bench-"))
    command = [sys.executable, "-m", "benchmarks.textbook_spines", str(sites)]
    commands: dict[str, Callable[[], None]] = {}
    for label, ticks in (("long", LONG), ("short", SHORT)):
        commands[f"neurospine {label}"] = _program(_protocol("step", ticks), n_sites=sites)
        folder = work / label
        subprocess.run([*command, str(folder), str(ticks)], check=True, capture_output=True)
        commands[f"textbook {label}"] = _main(folder)
    seconds = in_turn(commands, repeats)
    per_step = {
        name: [
            (a - b) * 1e9 / (sites * (LONG - SHORT))
            for a, b in zip(seconds[f"{name} long"], seconds[f"{name} short"], strict=True)
        ]
        for name in ("neurospine", "textbook")
    }
    own = statistics.median(per_step["neurospine"])
    rows = [
        {
            "what": name,
            "CPU ns per slot and step": spread(values),
            "times neurospine": statistics.median(values) / own,
        }
        for name, values in per_step.items()
    ]
    report.table(f"drift, noise and elimination, {sites:.0e} slots", rows)
    shutil.rmtree(work, ignore_errors=True)


def _main(folder: Path) -> Callable[[], None]:
    def run_main() -> None:
        command = ["./main", "--results_dir", "results/"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)

    return run_main


def _growth(report: Report, sizes: tuple[int, ...]) -> None:
    rows, costs = [], []
    for sites in sizes:
        ticks = max(LONG, 2 * 10**8 // sites)
        long = _program(_protocol("growth", ticks), n_sites=sites)
        short = _program(_protocol("growth", ticks // 10), n_sites=sites)
        seconds = in_turn({"long": long, "short": short}, 3)
        cost = statistics.median(seconds["long"]) - statistics.median(seconds["short"])
        costs.append(cost / (ticks - ticks // 10))
        rows.append({"slots": sites, "CPU ns per slot and step": costs[-1] * 1e9 / sites})
    slope = float(np.polyfit(np.log(sizes), np.log(costs), 1)[0])
    rows.append({"slots": "slope, log-log", "CPU ns per slot and step": slope})
    report.table("growth with the number of slots", rows)


#: Seconds of the longer and the shorter of two runs of a network.
LENGTHS = (10, 2)
#: Cells of that network, and living spines on each: so many that cells cost little beside them.
CELLS, DEGREE = 2000, 400


def _empty(report: Report, repeats: int) -> None:
    """Compare what four times as many slots more cost when they are empty, and when filled."""
    living, more = CELLS * DEGREE, 4 * CELLS * DEGREE
    alone, empty, full = f"{living:.0e} living", f"and {more:.0e} empty", f"and {more:.0e} living"
    sizes = {alone: (DEGREE, 1.0), empty: (5 * DEGREE, 0.2), full: (5 * DEGREE, 1.0)}
    commands = {
        (label, length): _network(*size, length)
        for label, size in sizes.items()
        for length in LENGTHS
    }
    named = {f"{label}, {length} s": command for (label, length), command in commands.items()}
    seconds = in_turn(named, repeats)
    long, short = LENGTHS
    loops = {
        label: [
            (a - b) / (long - short)
            for a, b in zip(
                seconds[f"{label}, {long} s"], seconds[f"{label}, {short} s"], strict=True
            )
        ]
        for label in sizes
    }
    first = statistics.median(loops[alone])
    filled = statistics.median(loops[full]) - first
    rows = [
        {
            "what": label,
            "CPU s per biological s": spread(values),
            "ns a slot more": (statistics.median(values) - first) * 1e9 / more,
            "of a living one": (statistics.median(values) - first) / filled,
        }
        for label, values in loops.items()
    ]
    report.table("empty slots, slow clock at 1 s, start-up not counted", rows)


def _network(degree: int, share: float, seconds: int) -> Callable[[], None]:
    """Return what runs a network once in which nothing is born or dies."""
    protocol = Protocol(
        name="empty_slots",
        spine_step="1 s",
        record_every=f"{seconds} s",
        record={"contacts": False, "precision": "single", "variables": ["volume"]},
        phases=[{"name": "activity", "duration": f"{seconds} s"}],
    )
    still = {"birth_rate": 0, "elimination_rate": 0, "start_spread": 0}
    model = load_model("recurrent_network", spine="living_pair_stdp")
    sizes = {"n_neurons": CELLS, "in_degree": degree, "start_share": share}
    model = model.with_parameters({**still, **sizes})
    # A spine is so much stronger where fewer live that cells get the same current.
    network = make_plan(
        model.with_parameters(recurrent_current=1000.0 / share), protocol, seed=1
    ).network
    return _once(StandaloneBackend().build(network), network)


def _once(program: Any, network: Any) -> Callable[[], None]:
    def once() -> None:
        with tempfile.TemporaryDirectory(prefix="neurospine-bench-") as folder:
            program.run(network, Path(folder), lambda seconds: None)

    return once


def _year(report: Report, lengths: tuple[int, ...]) -> None:
    """Run a million slots at hourly steps with daily snapshots in a file."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="neurospine-bench-") as name:
        for days in lengths:
            text = _YEAR.format(days=days)
            (Path(name) / f"days_{days}.toml").write_text(text)
            command = [sys.executable, "-m", "neurospine", "run", f"days_{days}.toml", "--quiet"]
            subprocess.run([*command, "--set", "n_sites=1000"], cwd=name, check=True)  # builds
            start = time.perf_counter()
            before = child_cpu()
            process = subprocess.Popen(
                [*command, "--set", "n_sites=1000000", "-o", "year.h5", "--force"], cwd=name
            )
            largest = _largest(process)
            wall = time.perf_counter() - start
            with h5py.File(Path(name) / "year.h5") as file:
                shape = file["spines/spines/volume"].shape
            rows.append(
                {
                    "days": days,
                    "wall (s)": wall,
                    "CPU (s)": child_cpu() - before,
                    "command (MB)": largest[0],
                    "program (MB)": largest[1],
                    "file (MB)": (Path(name) / "year.h5").stat().st_size / 1e6,
                    "snapshots": str(shape),
                    "exit status": process.returncode,
                }
            )
    report.table("1e6 slots, hourly steps, daily snapshots to HDF5", rows)


def _largest(process: subprocess.Popen[bytes]) -> tuple[float, float]:
    """Wait for a command; return the most memory that it and a child of it had, in MB."""
    own, child = 0.0, 0.0
    while process.poll() is None:
        own = max(own, _memory(process.pid))
        with contextlib.suppress(OSError):
            inside = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            child = max([child, *(_memory(int(number)) for number in inside)])
        time.sleep(0.1)
    return own, child


def _memory(number: int) -> float:
    try:
        lines = Path(f"/proc/{number}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1e3 for line in lines if line.startswith("VmHWM")), 0.0)


_YEAR = """
schema = 1
kind = "protocol"
name = "days_{days}"
summary = "A million slots."
step = "1 s"
record_every = "1 day"

[model]
circuit = "dendrite"
spine = "living_spine"
parameters = ["v1_adult"]

[record]
variables = ["volume"]
precision = "single"
contacts = false

[[phases]]
name = "months"
kind = "consolidation"
duration = "{days} day"
tick = "1 hour"
"""
