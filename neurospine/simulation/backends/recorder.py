"""Takes snapshots of a network that runs in Python."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from neurospine.results import segments
from neurospine.results.contacts import BORN, DIED
from neurospine.results.segments import (
    contact_stream,
    spike_stream,
    spine_stream,
    summary_stream,
    trace_stream,
)
from neurospine.results.summary import MOMENTS, summarise
from neurospine.simulation.assembly import Assembly
from neurospine.simulation.backends.backend import Progress
from neurospine.simulation.network import Array, Network


class Recorder:
    """Writes a record to every stream at each snapshot."""

    def __init__(
        self, network: Network, assembly: Assembly, folder: Path, progress: Progress
    ) -> None:
        self.network, self.assembly = network, assembly
        self.folder, self.progress = folder, progress
        self.seen = dict.fromkeys(network.spikes, 0)
        self.sampled = dict.fromkeys(assembly.traces, 0)
        self.contacts = {r.synapses for r in network.recordings if r.contacts}
        self.events: dict[str, list[tuple[Array, ...]]] = {name: [] for name in self.contacts}
        self.turned = {r.synapses: np.zeros((r.copies, 2)) for r in network.recordings if r.stages}

    def note(self, tick: int, synapses: str, turned: Array) -> None:
        """Remember births and deaths until the next snapshot."""
        if synapses in self.turned:
            what = self.assembly.synapses[synapses].variables["turned"].get_value()
            own = np.split(np.asarray(what), len(self.turned[synapses]))
            for copy, happened in enumerate(own):
                self.turned[synapses][copy] += [
                    np.sum(happened & BORN > 0),
                    np.sum(happened & DIED),
                ]
        if synapses in self.contacts:
            variables = self.assembly.synapses[synapses].variables
            slots = turned.astype(np.int32)
            partners = np.asarray(variables["_synaptic_pre"].get_value())[turned]
            what = np.asarray(variables["turned"].get_value())[turned]
            ticks = np.full(turned.size, tick, np.int64)
            columns = (ticks, slots, partners.astype(np.int32), what.astype(np.int8))
            self.events[synapses].append(columns)

    def record(self, tick: int, spiked: int) -> None:
        """Take a snapshot at a biological time, in steps, after so many steps of spiking.

        Snapshots of spines come last, as in the compiled programs: a run that is cut off in
        between has all spikes up to each of them.
        """
        for population, monitor in self.assembly.monitors.items():
            done = self.seen[population]
            times = self._biological(monitor.variables["t"].get_value()[done:], tick, spiked)
            cells = np.asarray(monitor.variables["i"].get_value())[done:]
            self.seen[population] += times.size
            stream = spike_stream(population)
            segments.append(self.folder, stream, tick, times.size, times, cells)
        for trace in self.network.traces:
            known = self.assembly.traces[trace.group].variables
            done = self.sampled[trace.group]
            recorded = (known[name].get_value() for name in ("t", *trace.variables))
            time, *values = [np.asarray(array)[done:] for array in recorded]
            self.sampled[trace.group] += time.size
            stream = trace_stream(trace.group)
            time = self._biological(time, tick, spiked)
            segments.append(self.folder, stream, tick, time.size, time, *values)
        for recording in self.network.recordings:
            spines = self.assembly.synapses[recording.synapses]
            if recording.contacts:
                noted = self.events[recording.synapses]
                events = [np.concatenate(column) for column in zip(*noted, strict=True)]
                count = events[0].size if events else 0
                stream = contact_stream(recording.synapses)
                segments.append(self.folder, stream, tick, count, *events)
                noted.clear()
            if recording.stages:
                volume, stage = (
                    np.asarray(spines.variables[v].get_value()) for v in ("volume", "stage")
                )
                found = summarise(volume, stage, recording.copies, recording.stages)
                place = recording.stages + len(MOMENTS) - 2
                whole = np.insert(found, [place], self.turned[recording.synapses], axis=1)
                stream = summary_stream(recording.synapses)
                segments.append(self.folder, stream, tick, whole.size, whole)
            arrays = [
                np.asarray(spines.variables[v].get_value())[recording.slots].astype(kind)
                for v, kind in zip(recording.variables, recording.types, strict=True)
            ]
            stream = spine_stream(recording.synapses)
            segments.append(self.folder, stream, tick, recording.slots.size, *arrays)
        self.progress(tick * self.network.step)

    def _biological(self, times: Array, tick: int, spiked: int) -> Array:
        """Return times of spiking as biological times; cells stand still in consolidation."""
        steps = np.rint(np.asarray(times) / self.network.step).astype(np.int64)
        return (steps + (tick - spiked)) * self.network.step
