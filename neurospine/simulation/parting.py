"""Records of networks that ran as one (`joining`), taken apart again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from neurospine.results import segments
from neurospine.results.segments import (
    CONTACTS,
    SPIKES,
    Array,
    Record,
    contact_stream,
    spike_stream,
    spine_stream,
    summary_stream,
    trace_stream,
)
from neurospine.simulation.joining import ends_of
from neurospine.simulation.network import Network

#: Of a record yields for each network how many elements are its own, and their arrays.
_Law = Callable[[Record], Iterator[tuple[int, list[Array]]]]


def part_records(folder: Path, networks: Sequence[Network], folders: Sequence[Path]) -> None:
    """Write what networks that ran as one recorded to a folder of each, as if it had run alone.

    Parameters
    ----------
    folder
        Where the streams of the joint run are.
    networks
        What was joined.
    folders
        One for each of them.
    """
    first, ends = networks[0], ends_of(networks)
    for population in first.spikes:
        _part(folder, folders, spike_stream(population), _spikes(ends[population]))
    for number, recording in enumerate(first.recordings):
        name, each = recording.synapses, [network.recordings[number] for network in networks]
        snapshots = _slices(np.cumsum([r.slots.size for r in each]), recording.types)
        _part(folder, folders, spine_stream(name), snapshots)
        if recording.contacts:
            source = next(s.source for s in first.synapses if s.name == name)
            _part(folder, folders, contact_stream(name), _contacts(ends[name], ends[source]))
        if recording.stages:
            _part(folder, folders, summary_stream(name), _rows([r.copies for r in each]))
    for number, trace in enumerate(first.traces):
        cells = [network.traces[number].cells.size for network in networks]
        _part(folder, folders, trace_stream(trace.group), _traces(len(trace.variables), cells))


def _part(folder: Path, folders: Sequence[Path], stream: str, law: _Law) -> None:
    for record in segments.read(folder, stream):
        for own, (count, arrays) in zip(folders, law(record), strict=True):
            segments.append(own, stream, record.tick, count, *arrays)


def _spikes(ends: Array) -> _Law:
    def law(record: Record) -> Iterator[tuple[int, list[Array]]]:
        times, cells = record.arrays(SPIKES)
        for start, stop in zip([0, *ends], ends, strict=False):
            mine = (cells >= start) & (cells < stop)
            own = cells[mine] - np.int32(start)
            yield own.size, [times[mine], own]

    return law


def _contacts(ends: Array, source_ends: Array) -> _Law:
    def law(record: Record) -> Iterator[tuple[int, list[Array]]]:
        ticks, slots, cells, what = record.arrays(CONTACTS)
        bounds = zip([0, *ends], ends, [0, *source_ends], strict=False)
        for start, stop, first_cell in bounds:
            mine = (slots >= start) & (slots < stop)
            moved = slots[mine] - np.int32(start), cells[mine] - np.int32(first_cell)
            yield int(mine.sum()), [ticks[mine], *moved, what[mine]]

    return law


def _slices(ends: Array, types: Sequence[str]) -> _Law:
    def law(record: Record) -> Iterator[tuple[int, list[Array]]]:
        arrays = record.arrays(types)
        for start, stop in zip([0, *ends], ends, strict=False):
            yield int(stop - start), [array[start:stop] for array in arrays]

    return law


def _rows(copies: Sequence[int]) -> _Law:
    def law(record: Record) -> Iterator[tuple[int, list[Array]]]:
        rows = record.payload.view("<f8").reshape(sum(copies), -1)
        for own in np.split(rows, np.cumsum(copies)[:-1]):
            yield own.size, [own]

    return law


def _traces(variables: int, cells: Sequence[int]) -> _Law:
    def law(record: Record) -> Iterator[tuple[int, list[Array]]]:
        times, *values = record.samples(variables, sum(cells))
        stops = np.cumsum(cells)
        for start, stop in zip([0, *stops], stops, strict=False):
            yield record.count, [times, *(value[:, start:stop] for value in values)]

    return law
