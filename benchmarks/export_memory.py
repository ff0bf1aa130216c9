"""Memory of exporting a large result: ``python -m benchmarks.export_memory --gigabytes 5``.

A result file of this size is written by the package's own writers with made-up numbers: snapshots
of 100,000 spines, a quarter of it spikes, and a twentieth contacts. Each export runs in a process
of its own, which says the most memory that it held (of Linux, which counts it).
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from neurospine import Protocol, load_model
from neurospine.results import hdf5
from neurospine.results.hdf5 import Series
from neurospine.results.info import RunInfo, write_info
from neurospine.results.tables import new_file
from neurospine.simulation.provenance import run_info
from neurospine.simulation.simulate import prepare

GIGABYTE = 10**9
#: What the result, its exports and their temporary files take on disk, in sizes of the result.
ROOM = 4
#: Bytes of a spike, and about those of a contact and of a spine in a snapshot, compressed.
SPIKE, CONTACT, SPINE = 16, 15, 9.85
EVERY = 3.0
_EXPORT = """
import json, sys, time
from pathlib import Path

def most():
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024 / 1e6

start = time.perf_counter()
from neurospine import export_nwb, export_sonata
before = most()
made = {"nwb": export_nwb, "sonata": export_sonata}[sys.argv[1]](sys.argv[2])
paths = made.values() if isinstance(made, dict) else [made]
size = sum(path.stat().st_size for path in paths) / 1e9
seconds = time.perf_counter() - start
print(json.dumps({"start MB": before, "peak MB": most(), "seconds": seconds, "written GB": size}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=5.0, help="size of the result")
    parser.add_argument(
        "--folder", help="where there is room for it (default: that for temporary files)"
    )
    arguments = parser.parse_args()
    for name, figures in measure(arguments.gigabytes, arguments.folder).items():
        print(name, ", ".join(f"{key}: {value:.4g}" for key, value in figures.items()))


def measure(gigabytes: float, folder: str | None = None) -> dict[str, dict[str, float]]:
    """Write a result of a size, export it in both formats, and return the figures of each."""
    with tempfile.TemporaryDirectory(prefix="neurospine-export-", dir=folder) as own:
        wanted, free = ROOM * gigabytes * GIGABYTE, shutil.disk_usage(own).free
        if wanted > free:
            sys.exit(f"{own}: {free / GIGABYTE:.1f} GB free, {wanted / GIGABYTE:.1f} GB wanted")
        path = Path(own) / "run.h5"
        write_result(path, int(gigabytes * GIGABYTE))
        found = {"result": {"GB": path.stat().st_size / GIGABYTE}}
        for name in ("nwb", "sonata"):
            done = subprocess.run(
                [sys.executable, "-c", _EXPORT, name, str(path)],
                check=True, capture_output=True, text=True,
            )  # fmt: skip
            found[name] = json.loads(done.stdout)
        return found


def write_result(path: Path, size: int) -> None:
    """Write a result of about so many bytes."""
    protocol = Protocol(
        name="large",
        record_every="1 s",
        phases=[{"name": "activity", "duration": "10 s"}],
    )
    model = load_model("recurrent_network", spine="living_pair_stdp")
    info = run_info(prepare(model, protocol), "cpp")
    slots = len(next(iter(info.spines.values())).slots)
    times = int(0.7 * size / SPINE / slots)
    end = times * EVERY
    phases = pd.DataFrame(
        {"name": ["activity"], "kind": "spiking", "start": 0.0, "stop": end, "start_tick": 0,
         "stop_tick": round(end / info.step)}
    )  # fmt: skip
    attributes = {**info.attributes, "complete": True}
    info = replace(info, attributes=attributes, phases=phases)
    with new_file(path) as file:
        file.attrs["schema"] = hdf5.SCHEMA
        write_info(file, info)
        for name, spines in info.spines.items():
            along = hdf5.coordinates(info, spines.kept, spines.coordinates)
            rows = _rows(info, name, times)
            # twice uneven, so that checks find no rate
            when = np.arange(times) * EVERY + (np.arange(times) == 1)
            hdf5.write_series(
                file, f"spines/{name}", Series("slot", along, spines.variables, when, rows)
            )
            hdf5.write_contacts(file, {name: _contacts(info, name, size // 20 // CONTACT, end)})
        for name, cells in info.populations.items():
            random = np.random.default_rng(2)
            count = size // 4 // SPIKE
            stamps = np.sort(random.integers(0, round(end / info.step), count)) * info.step
            hdf5.write_spikes(file, name, stamps, random.integers(0, cells, count))


def _rows(info: RunInfo, projection: str, times: int) -> Iterator[dict[str, Any]]:
    random = np.random.default_rng(1)
    slots = len(info.spines[projection].slots)
    for _ in range(times):
        volume = random.lognormal(-2.5, 0.7, slots)
        stage = (random.random(slots) < 0.5).astype("i1")
        row = {"volume": volume * stage, "stage": stage, "weight": volume}
        yield {name: row[name] for name in info.spines[projection].recorded}


def _contacts(info: RunInfo, projection: str, count: int, end: float) -> pd.DataFrame:
    random = np.random.default_rng(3)
    slots = info.spines[projection].slots
    slot = np.sort(random.integers(0, len(slots), count))
    birth = random.uniform(0, end, count)
    return pd.DataFrame(
        {
            "contact": np.arange(count),
            "slot": slot,
            "pre": slots["pre"].to_numpy()[slot],
            "post": slots["post"].to_numpy()[slot],
            "condition": 0,
            "repeat": 0,
            "birth": birth,
            "death": birth + random.exponential(end / 10, count),
        }
    )


if __name__ == "__main__":
    main()
