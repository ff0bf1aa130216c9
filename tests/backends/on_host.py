"""CUDA programs run on the processor, and their records beside those of C++ programs."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from neurospine.results import segments
from neurospine.simulation.backends.backend import Backend
from neurospine.simulation.backends.standalone.backend import StandaloneProgram
from neurospine.simulation.backends.standalone.build_cache import compiler
from neurospine.simulation.network import Network
from neurospine.simulation.plan import Plan

HEADERS = Path(__file__).with_name("cuda_on_host")
#: A launch: the kernel, its blocks and threads, and the start of what it is given.
LAUNCH = re.compile(r"([\w:]+(?:<[\w, ]+>)?)\s*<<<(.*?)>>>\s*\(", re.DOTALL)
#: Little room on the device, so that tests see what happens when it is full.
FLAGS = ("-x", "c++", "-std=c++17", "-w", "-O1", "-D__CUDACC__", "-DNEUROSPINE_ROOM=64",
         "-I.", f"-I{HEADERS}", "-include", "cuda_on_host.h")  # fmt: skip


class OnHost:
    """The CUDA backend, with the processor for a device."""

    name = "cuda"
    resumes = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def build(self, network: Network) -> StandaloneProgram:
        """Generate the program, write its launches as calls, and compile it."""
        from neurospine.simulation.backends.cuda.source import generate

        folder = self.folder / f"program_{len(list(self.folder.iterdir()))}"
        folder.mkdir()
        arguments = generate(network, folder)
        for path in folder.rglob("*.*"):
            if path.suffix in (".cu", ".cpp", ".h"):
                path.write_text(LAUNCH.sub(r"cuda_on_host::launch(\1, \2)(", path.read_text()))
        command = [compiler(), *FLAGS, "program.cu", "-o", "main"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[:3000]
        return StandaloneProgram(folder / "main", arguments, fresh=True)


def shortened(plan: Plan, spiking: int, ticks: int, stretches: int = 6) -> Network:
    """Return a network with the first stretches of a plan, cut to a few steps and ticks.

    Forced spikes come as early as they can.
    """
    network, schedule = plan.network, []
    for stretch in network.schedule[:stretches]:
        if stretch.spiking:
            steps = min(stretch.steps, spiking)
            slow, record = min(stretch.slow_steps, steps // 4), steps // 2
        else:
            slow = stretch.slow_steps
            steps = min(stretch.steps // slow, ticks) * slow
            record = steps
        schedule.append(
            replace(stretch, steps=steps // slow * slow, slow_steps=slow, record_steps=record)
        )
    first = min((int(s.ticks[0]) for s in network.sources if s.ticks.size), default=0)
    early = max(0, first - 20)
    sources = tuple(replace(s, ticks=s.ticks - early) for s in network.sources)
    return replace(network, schedule=tuple(schedule), sources=sources)


def records(backend: Backend, network: Network, folder: Path) -> dict[str, list[Any]]:
    """Run a network and return what each stream holds: tick, count and columns of each record."""
    folder.mkdir()
    assert backend.build(network).run(network, folder, lambda seconds: None)
    streams = [path.stem for path in folder.glob("*.segment")]
    assert streams
    return {name: list(_decoded(network, folder, name)) for name in streams}


def _decoded(network: Network, folder: Path, stream: str) -> Iterator[tuple[int, int, list[Any]]]:
    kinds = ["<f8", "<i4"]  # of spikes
    for recording in network.recordings:
        if stream == segments.spine_stream(recording.synapses):
            kinds = list(recording.types)
        if stream == segments.contact_stream(recording.synapses):
            kinds = ["<i8", "<i4", "<i4", "i1"]
    for record in segments.read(folder, stream):
        if stream.startswith(("traces_", "summary_")):
            yield record.tick, record.count, [np.frombuffer(record.payload, "<f8")]
            continue
        columns, start = [], 0
        for kind in kinds:
            size = record.count * np.dtype(kind).itemsize
            columns.append(np.frombuffer(record.payload[start : start + size], kind))
            start += -(-size // 8) * 8
        assert start == len(record.payload)
        yield record.tick, record.count, columns


def assert_same(found: dict[str, list[Any]], wanted: dict[str, list[Any]], tolerance: float) -> int:
    """Compare what two programs recorded; return how many numbers are not zero."""
    assert found.keys() == wanted.keys()
    seen = 0
    for stream, expected in wanted.items():
        assert [r[:2] for r in found[stream]] == [r[:2] for r in expected], stream
        for (_, _, ours), (_, _, theirs) in zip(found[stream], expected, strict=True):
            for a, b in zip(ours, theirs, strict=True):
                scale = float(np.abs(b[np.isfinite(b)].astype(float)).max(initial=0.0))
                atol = tolerance * scale if b.dtype.kind == "f" else 0
                np.testing.assert_allclose(a, b, rtol=0, atol=atol, err_msg=stream)
                seen += int(np.count_nonzero(b))
    return seen
