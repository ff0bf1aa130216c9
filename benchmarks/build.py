"""What a run costs besides the simulation: cold build, warm command, second call."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.report import Report, child_cpu

SECOND_CALL = """
import time
from neurospine import simulate
simulate(None, {name!r})
start = time.perf_counter()
simulate(None, {name!r}, seed=2, parameters={{"tau_plus": "20 ms"}})
print(time.perf_counter() - start)
"""


def run(report: Report) -> None:
    """Print build and start-up costs for each shipped protocol."""
    rows = []
    for name in ("stdp_window", "pairing_frequency", "triplets", "network_activity"):
        with tempfile.TemporaryDirectory() as folder:
            rows.append({"protocol": name, **_costs(name, Path(folder))})
    report.table("build and start", rows)


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
