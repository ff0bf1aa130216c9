"""Two independent runs at once on two cores, beside one alone: how much more gets done."""

import os
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.plastic_network import CELLS
from benchmarks.programs import Program
from benchmarks.report import Report, child_cpu, spread
from neurospine import Protocol, load_model

#: Where results go: to the disk, and to memory, where there is such a folder.
PLACES = {"disk": None, "memory": "/dev/shm"}
#: Biological seconds of a run: long enough that its start hardly counts.
SECONDS = 60


def run(report: Report, synapses: int, repeats: int) -> None:
    """Print wall and processor seconds of one run and of two at once.

    Where other work takes the cores, wall times say little; what a run takes more of the processor
    when another goes on beside it (caches, memory and the disk are shared) is seen in any case.
    """
    protocol = Protocol(
        name="a_minute",
        spine_step="1 s",
        record_every="1 s",
        phases=[{"name": "activity", "duration": f"{SECONDS} s"}],
    )
    model = load_model("recurrent_network", spine="living_pair_stdp")
    program = Program(model, protocol, {"in_degree": synapses // CELLS})
    rows = []
    for place, parent in PLACES.items():
        if parent is None or os.access(parent, os.W_OK):
            rows += _rows(program, place, parent, repeats)
    report.table(f"independent runs, {synapses:.0e} whole spines", rows)


def _rows(program: Program, place: str, parent: str | None, repeats: int) -> list[dict[str, Any]]:
    def once(_: int) -> None:
        with tempfile.TemporaryDirectory(prefix="neurospine-bench-", dir=parent) as folder:
            program.program.run(program.network, Path(folder), lambda seconds: None)

    found: dict[int, list[tuple[float, float]]] = {1: [], 2: []}
    with ThreadPoolExecutor(2) as threads:
        once(0)
        for _ in range(repeats):
            for count, values in found.items():
                cpu, start = child_cpu(), time.perf_counter()
                list(threads.map(once, range(count)))
                values.append((time.perf_counter() - start, (child_cpu() - cpu) / count))
    wall = {count: statistics.median(w for w, _ in values) for count, values in found.items()}
    cpu = {count: statistics.median(c for _, c in values) for count, values in found.items()}
    return [
        {
            "runs at once": count,
            "results to": place,
            "wall s": spread([w for w, _ in values]),
            "CPU s a run": spread([c for _, c in values]),
            "done per wall s, times one": count * wall[1] / wall[count],
            "done if both cores were free, times one": count * cpu[1] / cpu[count],
        }
        for count, values in found.items()
    ]
