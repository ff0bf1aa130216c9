"""Backends inside the Python process: Brian2's numpy and Cython targets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import brian2
import numpy as np
from brian2 import second
from brian2.devices.device import reset_device
from brian2.utils.logger import catch_logs

from neurospine.results import segments
from neurospine.results.segments import spike_stream, spine_stream, trace_stream
from neurospine.simulation.assembly import Assembly, arguments, assemble, refusals
from neurospine.simulation.backends.backend import Progress
from neurospine.simulation.network import Network


class RuntimeProgram:
    """A network whose Brian2 objects are made anew for every run."""

    fresh = True

    def __init__(self, target: str) -> None:
        self.target = target

    def run(self, network: Network, folder: Path, progress: Progress) -> bool:
        """Run the network step by step and append records to the streams in `folder`."""
        with _own_brian(self.target), refusals():
            assembly = assemble(network)
            _set_values(network, assembly)
            record = _Recorder(network, assembly, folder, progress)
            recorder = brian2.NetworkOperation(
                record,
                dt=network.record_steps * network.step * second,
                when="start",
                order=10,
            )
            assembly.network.add(recorder)
            assembly.network.run(network.seconds * second, namespace={})
            return record.tick > network.steps


class RuntimeBackend:
    """Brian2's own loop in Python; `numpy` needs no compiler."""

    def __init__(self, name: str) -> None:
        self.name = name

    def build(self, network: Network) -> RuntimeProgram:
        """Return a program; Brian2 compiles what it has to when it is run."""
        return RuntimeProgram(self.name)


class _Recorder:
    """Writes a record to every stream at each snapshot."""

    def __init__(
        self, network: Network, assembly: Assembly, folder: Path, progress: Progress
    ) -> None:
        self.network, self.assembly = network, assembly
        self.folder, self.progress = folder, progress
        self.tick = 0
        self.seen = dict.fromkeys(network.spikes, 0)
        self.sampled = dict.fromkeys(assembly.traces, 0)

    def __call__(self) -> None:
        for recording in self.network.recordings:
            spines = self.assembly.synapses[recording.synapses]
            arrays = [np.asarray(spines.variables[v].get_value()) for v in recording.variables]
            stream = spine_stream(recording.synapses)
            segments.append(self.folder, stream, self.tick, arrays[0].size, *arrays)
        for population, monitor in self.assembly.monitors.items():
            times = np.asarray(monitor.variables["t"].get_value())[self.seen[population] :]
            cells = np.asarray(monitor.variables["i"].get_value())[self.seen[population] :]
            self.seen[population] += times.size
            stream = spike_stream(population)
            segments.append(self.folder, stream, self.tick, times.size, times, cells)
        for trace in self.network.traces:
            known = self.assembly.traces[trace.group].variables
            done = self.sampled[trace.group]
            recorded = (known[name].get_value() for name in ("t", *trace.variables))
            values = [np.asarray(array)[done:] for array in recorded]
            self.sampled[trace.group] += values[0].size
            stream = trace_stream(trace.group)
            segments.append(self.folder, stream, self.tick, values[0].size, *values)
        self.progress(self.tick * self.network.step)
        self.tick += self.network.record_steps


def _set_values(network: Network, assembly: Assembly) -> None:
    for name, variable, value in arguments(network):
        owner = assembly.groups.get(name) or assembly.synapses[name]
        target = owner.variables[variable]
        target.set_value(value[0] if target.scalar else value)


@contextmanager
def _own_brian(target: str) -> Iterator[None]:
    """Use Brian2 with our settings and leave the user's as they were."""
    before = brian2.prefs.codegen.target
    brian2.set_device("runtime")
    step = brian2.defaultclock.dt
    brian2.prefs.codegen.target = target
    try:
        with catch_logs():  # that statements of one cell depend on their order is meant
            yield
    finally:
        brian2.prefs.codegen.target = before
        brian2.defaultclock.dt = step
        reset_device()
