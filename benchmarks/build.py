"""What a run costs besides the simulation: cold builds, warm command, second call."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.report import Report, child_cpu
from neurospine.description.library import list_files

#: Seconds of wall time that a build should stay under on an idle core.
GOAL = 4.0

SECOND_CALL = """
import time
from neurospine import simulate
simulate(None, {name!r})
start = time.perf_counter()
simulate(None, {name!r}, seed=2, parameters={{"tau_plus": "20 ms"}})
print(time.perf_counter() - start)
"""

#: Nothing has been generated before; what a process imports is not counted.
BUILD = """
import tempfile, time
from pathlib import Path
from neurospine.simulation.backends.standalone.build_cache import compile_program
from neurospine.simulation.backends.standalone.source import generate
from neurospine.simulation.simulate import prepare
network = prepare(None, {name!r}).network
with tempfile.TemporaryDirectory(prefix="neurospine-bench-") as folder:
    start = time.perf_counter()
    generate(network, Path(folder))
    generated = time.perf_counter()
    compile_program(Path(folder))
    print(generated - start, time.perf_counter() - generated)
"""


def run(report: Report, *, quick: bool) -> None:
    """Print build and start-up costs of some protocols, and the builds of all that are shipped."""
    rows = []
    for name in ("stdp_window", "pairing_frequency", "triplets", "network_activity"):
        with tempfile.TemporaryDirectory() as folder:
            rows.append({"protocol": name, **_costs(name, Path(folder))})
    report.table("build and start", rows)
    if not quick:
        _builds(report)


def _builds(report: Report) -> None:
    """Print how long programs of all shipped protocols take to be generated and compiled."""
    took = {name: _build(name) for name in list_files("protocols")}
    rows = [
        {
            "protocol": name,
            "generated, s": made,
            "compiled, s": compiled,
            "both, s": made + compiled,
        }
        for name, (made, compiled) in took.items()
    ]
    rows.sort(key=lambda row: -row["both, s"])
    whole = [row["both, s"] for row in rows]
    over = sum(seconds > GOAL for seconds in whole)
    found = {"protocols": len(rows), "median": statistics.median(whole), "longest": max(whole)}
    report.table("builds of all shipped protocols, wall s", [found | {f"over {GOAL:g} s": over}])
    report.table("the slowest builds", rows[:8])
    report.content["all builds"] = rows


def _build(name: str) -> tuple[float, float]:
    """Return wall seconds of generation and of compilation in a process of their own."""
    command = [sys.executable, "-c", BUILD.format(name=name)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    generated, compiled = map(float, done.stdout.split())
    return generated, compiled


def _costs(name: str, folder: Path) -> dict[str, float]:
    environment = dict(os.environ, NEUROSPINE_CACHE=str(folder / "cache"))
    command = [sys.executable, "-m", "neurospine", "run", name, "--quiet", "--force"]
    command += ["-o", str(folder / "run.h5")]

    def timed(extra: list[str]) -> tuple[float, float]:
        cpu, start = child_cpu(), time.perf_counter()
        subprocess.run([*command, *extra], env=environment, check=True)
        return child_cpu() - cpu, time.perf_counter() - start

    cold, _ = timed([])
    warm, wall = timed(["--seed", "2", "--set", "axonal_delay=0 ms"])
    code = SECOND_CALL.format(name=name)
    second = subprocess.run(
        [sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True
    )
    return {
        "cold build, CPU s": cold - warm,
        "warm command, wall s": wall,
        "second simulate(), wall s": float(second.stdout),
    }
