"""What a sample costs networks that learn: five seeds in one program, on whatever device JAX has.

Images are random numbers of the size of MNIST; only the sizes of a network count here.
"""

import json
import os
import subprocess
import sys
from typing import Any

from benchmarks.report import Report

#: Network and seeds side by side; a device other than the processor gets 64 besides.
CASES = (
    ("dendritic_targets", 1),
    ("dendritic_targets", 5),
    ("balanced_targets", 5),
    ("bounded_targets", 5),
    ("living_targets", 5),
    ("backprop", 5),
)
MANY_SEEDS = 64
#: No threads within an operation, so that processor time is what the work costs.
SINGLE_OPERATIONS = {
    "OMP_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
}


def run(report: Report, *, quick: bool) -> None:
    """Print what a sample costs each network, without compiling and testing."""
    samples, repeats = (500, 2) if quick else (2000, 3)
    taken: dict[tuple[str, int], list[dict[str, Any]]] = {case: [] for case in CASES}
    for _ in range(repeats):
        for case in taken:
            taken[case].append(_of_child(*case, samples))
    device = taken[CASES[0]][0]["device"]
    if device != "cpu":
        case = ("dendritic_targets", MANY_SEEDS)
        taken[case] = [_of_child(*case, samples)]
    rows = []
    for (network, seeds), found in taken.items():
        cost = min(one["cpu_ms"] for one in found)
        rows.append(
            {
                "network": network,
                "seeds": seeds,
                "CPU ms per sample and seed": cost,
                "samples per s": max(one["samples_per_s"] for one in found),
            }
        )
    report.table(f"networks that learn, {samples} samples of 784 inputs, {device}", rows)


def _of_child(network: str, seeds: int, samples: int) -> dict[str, Any]:
    """Return what `_measure` prints in a process of its own, as JAX reads its flags once."""
    code = f"from benchmarks.learning import _measure; _measure({network!r}, {seeds}, {samples})"
    child = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **SINGLE_OPERATIONS}, check=True, capture_output=True, text=True,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(child.stdout.splitlines()[-1])
    return found


def _measure(name: str, seeds: int, samples: int) -> None:
    """Train after one warm-up, and print device, processor time and speed as JSON."""
    import time

    import jax
    import numpy as np

    from neurospine.learning.data.sets import DataSet, Samples
    from neurospine.learning.kinds import load_learner, make_trainer
    from neurospine.learning.trainer import Replicate

    random = np.random.default_rng(0)
    shown = Samples(
        random.random((samples, 784), np.float32), random.integers(0, 10, samples).astype(np.uint8)
    )
    network = load_learner(name)
    trainer = make_trainer(
        [Replicate(network, seed, seed) for seed in range(seeds)],
        DataSet("random", 10, shown, shown[:1]),
    )
    trainer.run(samples)
    cpu, wall = time.process_time(), time.perf_counter()
    trainer.run(samples)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    print(
        json.dumps(
            {
                "device": jax.default_backend(),
                "cpu_ms": 1000 * cpu / samples / seeds,
                "samples_per_s": samples * seeds / wall,
            }
        )
    )
