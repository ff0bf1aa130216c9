"""Everything that wants a GPU: ``python -m benchmarks.gpu [--only PART …] [--limit SECONDS]``.

Runs the tests that need one, then measures: from which size on the GPU is faster than one core,
plastic networks, one of 1e7 spines beside as many C++ programs as there are cores (16 at the
most), and spines that fluctuate beside the bandwidth of the device's memory. What was measured is
written as JSON after every piece; no piece is begun that the limit does not leave time for.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

from benchmarks.report import Report
from neurospine import Protocol, load_model
from neurospine.simulation import break_even
from neurospine.simulation.backends.cuda import toolkit
from neurospine.simulation.plan import Plan, make_plan
from neurospine.simulation.simulate import find_backend

#: Seconds for everything, for the tests, and what a piece is thought to need at the most.
LIMIT, TESTS = 540.0, 200.0
#: Neurons, spines of each, biological seconds of the longer run, and seconds of wall time to
#: keep free for it.
NETWORKS = (
    (1000, 100, 10.0, 40),
    (1000, 1000, 10.0, 40),
    (10_000, 1000, 4.0, 90),
    (100_000, 1000, 1.0, 200),
)
#: Slots, ticks of the longer run, seconds to keep free.
POOLS = ((10**6, 2000, 40), (10**7, 500, 40), (10**8, 100, 90), (10**9, 20, 330))
#: Bytes of memory that a tick reads or writes for each slot: volume twice, the number of the
#: site, the stage, and what happened, written once and read twice.
TICK_BYTES = 8 + 8 + 4 + 1 + 3
#: The network that is run on all cores at once, as `NETWORKS`, and the largest number of cores.
CROWD, MOST_CORES = (10_000, 1000, 2.0, 120), 16
#: Networks and pools larger than these are left to the GPU.
MOST_SPINES_CPP, MOST_SLOTS_CPP = 10**6, 10**6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", default="benchmarks/results", help="folder for the JSON file")
    parser.add_argument("--limit", type=float, default=LIMIT, help="seconds for everything")
    parser.add_argument("--only", nargs="+", choices=list(PARTS), default=list(PARTS))
    arguments = parser.parse_args()
    start = time.monotonic()
    devices = toolkit.find_devices()
    if not devices:
        sys.exit("there is no CUDA device here: 'neurospine doctor --backend cuda' shows why")
    report = Report()
    report.content["device"] = asdict(devices[0])

    def left() -> float:
        return arguments.limit - (time.monotonic() - start)

    for part in arguments.only:
        title, measured, pieces = PARTS[part]
        rows: list[dict[str, Any]] = []
        for *piece, needed in pieces:
            if left() < needed:
                report.note(f"{title}: {piece} left out, {left():.0f} s were left")
                continue
            try:
                rows += measured(*piece)
            except Exception as error:
                report.note(f"{title}: {piece} failed: {error}")
                continue
            report.table(title, rows)
            print(f"written to {report.write(arguments.output, 'gpu')}, {left():.0f} s left")


def _tests() -> list[dict[str, Any]]:
    """Run the tests that need a GPU."""
    command = [sys.executable, "-m", "pytest", "-q", "-m", "cuda", "-n", "4", "tests/backends"]
    began = time.monotonic()
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=TESTS)
        status, said = str(done.returncode), done.stdout
    except subprocess.TimeoutExpired as error:
        status, said = "cut off", str(error.stdout or "")
    print(said[-4000:])
    last = said.strip().splitlines()[-1:] or [""]
    seconds = round(time.monotonic() - began, 1)
    return [{"exit status": status, "seconds": seconds, "last line": last[0]}]


def _break_even() -> list[dict[str, Any]]:
    """Measure from which size on the GPU is faster than one core, and remember it for `doctor`."""
    found = break_even.measure(watch=print)
    break_even.keep(found)
    columns = zip(found.sizes, *found.seconds, strict=True)
    rows = [{"spines": n, "cpp, s per s": a, "cuda, s per s": b} for n, a, b in columns]
    return [{**row, "break-even": f"{found.size:.2g}"} for row in rows]


def _bandwidth() -> list[dict[str, Any]]:
    return [{"copy, GB/s": copy_bandwidth() / 1e9}]


@lru_cache(maxsize=1)
def copy_bandwidth() -> float:
    """Return bytes a second that the device reads and writes when it copies its own memory."""
    compiler = toolkit.find_compiler()
    assert compiler, "without nvcc no other piece would have run"
    source = Path(__file__).parent / "floor" / "bandwidth.cu"
    with tempfile.TemporaryDirectory(prefix="neurospine-bench-") as folder:
        program = Path(folder) / "bandwidth"
        subprocess.run([compiler.path, "-O3", source, "-o", program], check=True)
        done = subprocess.run([program], check=True, capture_output=True, text=True)
    return float(done.stdout)


def _plans(cells: int, spines: int) -> Callable[[float], Plan]:
    """Return what plans a plastic network, recorded at its end only."""
    model = load_model("recurrent_network").with_parameters(
        {"n_neurons": cells, "in_degree": spines}
    )

    def run(length: float) -> Protocol:
        return Protocol(
            name="activity",
            model={"circuit": "recurrent_network"},
            record_every=f"{length} s",
            phases=[{"name": "activity", "duration": f"{length} s"}],
        )

    return lambda length: make_plan(model, run(length), seed=1)


def _network(cells: int, spines: int, seconds: float) -> list[dict[str, Any]]:
    """Measure a recurrent network whose spines follow the pair rule."""
    names = ("cuda", "cpp") if cells * spines <= MOST_SPINES_CPP else ("cuda",)
    plans = _plans(cells, spines)
    return [
        {"spines": cells * spines}
        | _compared(names, plans, seconds, seconds / 5, "s per biological s")
    ]


def _crowd(cells: int, spines: int, seconds: float) -> list[dict[str, Any]]:
    """Measure a network on the GPU beside the same one in C++ on every core at once."""
    plans, cores = _plans(cells, spines), min(MOST_CORES, os.cpu_count() or 1)
    row: dict[str, Any] = {"spines": cells * spines}
    row |= _compared(("cuda",), plans, seconds, seconds / 5, "s per biological s")
    took = {}
    for length in (seconds / 5, seconds):
        network = plans(length).network
        program = find_backend("cpp").build(network)

        def once(folder: str, program: Any = program, network: Any = network) -> None:
            program.run(network, Path(folder), lambda seconds: None)

        with ExitStack() as stack:
            folders = [stack.enter_context(tempfile.TemporaryDirectory()) for _ in range(cores)]
            began = time.monotonic()
            with ThreadPoolExecutor(cores) as threads:
                list(threads.map(once, folders))
            took[length] = time.monotonic() - began
    each = (took[seconds] - took[seconds / 5]) / (seconds - seconds / 5) / cores
    row[f"{cores} C++ programs at once, s per biological s of one"] = each
    return [row]


def _pool(slots: int, ticks: int) -> list[dict[str, Any]]:
    """Measure drift, noise and elimination of spines without connections."""

    def run(ticks: float) -> Protocol:
        phase = {"name": "months", "kind": "consolidation", "duration": f"{ticks:g} hour"}
        phase |= {"tick": "1 hour", "record_every": f"{ticks:g} hour"}
        record = {"contacts": False, "precision": "single", "variables": ["volume"]}
        record["every_slot"] = max(1, slots // 10**6)
        return Protocol(
            name="months",
            model={"circuit": "dendrite", "spine": "living_spine", "parameters": ("v1_adult",)},
            step="1 s",
            record=record,
            phases=[phase],
        )

    def plan(ticks: float) -> Any:
        protocol = run(ticks)
        return make_plan(protocol.default_model().with_parameters(n_sites=slots), protocol)

    names = ("cuda", "cpp") if slots <= MOST_SLOTS_CPP else ("cuda",)
    row = _compared(names, plan, float(ticks), float(ticks // 5), "s per tick")
    for name in names:
        row[f"{name} ns per slot and tick"] = row.pop(f"{name} s per tick") * 1e9 / slots
    moved = TICK_BYTES / row["cuda ns per slot and tick"] * 1e9
    return [{"slots": slots} | row | {"share of copy bandwidth": moved / copy_bandwidth()}]


def _compared(
    names: tuple[str, ...], plan: Callable[[float], Any], long: float, short: float, unit: str
) -> dict[str, Any]:
    """Return the cost of a unit of time, as the difference of two lengths, and what is besides."""
    row: dict[str, Any] = {}
    for name in names:
        took = {}
        for length in (short, long):
            network = plan(length).network
            began = time.monotonic()
            program = find_backend(name).build(network)
            row.setdefault(f"{name} build s", round(time.monotonic() - began, 2))
            with tempfile.TemporaryDirectory(prefix="neurospine-bench-") as folder:
                began = time.monotonic()
                program.run(network, Path(folder), lambda seconds: None)
                took[length] = time.monotonic() - began
        row[f"{name} {unit}"] = (took[long] - took[short]) / (long - short)
        start = took[short] - row[f"{name} {unit}"] * short
        row[f"{name} start s"] = round(start, 2)
    return row


#: Title of a table, what measures a piece of it, and the pieces with the seconds they need.
PARTS: dict[str, tuple[str, Callable[..., list[dict[str, Any]]], Sequence[tuple[Any, ...]]]] = {
    "tests": ("tests on a GPU", _tests, ((TESTS,),)),
    "break_even": ("GPU beside one core", _break_even, ((90,),)),
    "bandwidth": ("memory of a GPU", _bandwidth, ((20,),)),
    "networks": ("plastic network on a GPU", _network, NETWORKS),
    "crowd": ("a GPU beside all cores", _crowd, (CROWD,)),
    "pools": ("spines that fluctuate on a GPU", _pool, POOLS),
}

if __name__ == "__main__":
    main()
