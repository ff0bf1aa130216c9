"""Everything that wants a GPU: ``python -m benchmarks.gpu [--output FOLDER] [--limit SECONDS]``.

Runs the tests that need one, then measures a plastic network and spines that fluctuate beside
the C++ backend on one core. What was measured is written as JSON after every piece; no piece is
begun that the limit does not leave time for.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.report import Report
from neurospine import Protocol, load_model
from neurospine.simulation.backends.cuda import toolkit
from neurospine.simulation.plan import make_plan
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
POOLS = ((10**6, 2000, 40), (10**7, 500, 40), (10**8, 100, 90))
#: Networks and pools larger than these are left to the GPU.
MOST_SPINES_CPP, MOST_SLOTS_CPP = 10**6, 10**6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", default="benchmarks/results", help="folder for the JSON file")
    parser.add_argument("--limit", type=float, default=LIMIT, help="seconds for everything")
    arguments = parser.parse_args()
    start = time.monotonic()
    devices = toolkit.find_devices()
    if not devices:
        sys.exit("there is no CUDA device here: 'neurospine doctor --backend cuda' shows why")
    report = Report()
    report.content["device"] = asdict(devices[0])

    def left() -> float:
        return arguments.limit - (time.monotonic() - start)

    def keep() -> None:
        print(f"written to {report.write(arguments.output, 'gpu')}, {left():.0f} s left")

    _tests(report, min(TESTS, left()))
    keep()
    for pieces, measured, title in (
        (NETWORKS, _network, "plastic network on a GPU"),
        (POOLS, _pool, "spines that fluctuate on a GPU"),
    ):
        rows: list[dict[str, Any]] = []
        for *piece, needed in pieces:
            if left() < needed:
                report.note(f"{title}: {piece} left out, {left():.0f} s were left")
                continue
            try:
                rows.append(measured(*piece))
            except Exception as error:
                report.note(f"{title}: {piece} failed: {error}")
                continue
            report.table(title, rows)
            keep()


def _tests(report: Report, limit: float) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-m", "cuda", "-n", "4", "tests/backends"]
    began = time.monotonic()
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=limit)
        status, said = done.returncode, done.stdout
    except subprocess.TimeoutExpired as error:
        status, said = None, str(error.stdout or "")
    print(said[-4000:])
    report.content["tests"] = {
        "exit status": status,
        "seconds": round(time.monotonic() - began, 1),
        "last lines": said.splitlines()[-12:],
    }


def _network(cells: int, spines: int, seconds: float) -> dict[str, Any]:
    """Measure a recurrent network whose spines follow the pair rule, recorded at the end only."""
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

    names = ("cuda", "cpp") if cells * spines <= MOST_SPINES_CPP else ("cuda",)
    return {"spines": cells * spines} | _compared(
        names, lambda length: make_plan(model, run(length), seed=1), seconds, seconds / 5,
        "s per biological s",
    )  # fmt: skip


def _pool(slots: int, ticks: int) -> dict[str, Any]:
    """Measure drift, noise and elimination of spines without connections."""

    def run(ticks: float) -> Protocol:
        phase = {"name": "months", "kind": "consolidation", "duration": f"{ticks:g} hour"}
        phase |= {"tick": "1 hour", "record_every": f"{ticks:g} hour"}
        record = {"contacts": False, "precision": "single", "variables": ["volume"]}
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
    return {"slots": slots} | row


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


if __name__ == "__main__":
    main()
