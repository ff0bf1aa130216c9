"""Spikes of a result by cell, in pieces that fit into memory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from neurospine.exports.opened import Array, Result, blocks

#: Spikes that are sorted at once.
TOGETHER = 1_000_000
_SPIKE = np.dtype([("cell", "<i4"), ("stamp", "<f8")])
#: What a spike takes in memory while it is put away, in numbers.
_WIDTH = 4


def seconds_of(result: Result, stamps: Array) -> Array:
    """Return times in seconds as results have them, whole steps, of those in a file (ms)."""
    step = result.info.step
    return np.asarray(np.rint(stamps / 1e3 / step) * step)


def spike_counts(result: Result, population: str) -> Array:
    """Return how many spikes each cell of a population has."""
    counts = np.zeros(result.info.populations[population], np.int64)
    cells = result.file[f"spikes/{population}/node_ids"]
    for rows in blocks(cells.size):
        counts += np.bincount(cells[rows].astype(np.int64), minlength=counts.size)
    return counts


def trains(
    result: Result, population: str, counts: Array, folder: Path | None = None
) -> Iterator[Array]:
    """Yield times of spikes (s), cell after cell; those of a cell in order.

    The file has them in the order of time. They are first put into a temporary file (in `folder`)
    by ranges of cells that can be sorted in memory, then sorted one range after the other.
    `counts` are the spikes of the first cells; others are left out.
    """
    ranges = list(_ranges(counts))
    ends = np.array([last for _, last in ranges], np.int64)
    sizes = np.array([int(counts[first:last].sum()) for first, last in ranges])
    starts = np.cumsum(sizes) - sizes
    with tempfile.TemporaryFile(dir=folder, prefix=".spikes-") as spool:
        written = starts.copy()
        for spikes in _blocks(result, population):
            which = np.searchsorted(ends, spikes["cell"], side="right")
            spikes = spikes[np.argsort(which, kind="stable")]
            numbers = np.bincount(which, minlength=ends.size + 1)[: ends.size]
            for number in np.flatnonzero(numbers):
                until = numbers[: number + 1].sum()
                own = spikes[until - numbers[number] : until]
                spool.seek(int(written[number]) * _SPIKE.itemsize)
                spool.write(own.tobytes())
                written[number] += own.size
        for start, size in zip(starts.tolist(), sizes.tolist(), strict=True):
            if size:
                spool.seek(start * _SPIKE.itemsize)
                spikes = np.frombuffer(spool.read(size * _SPIKE.itemsize), _SPIKE)
                order = np.argsort(spikes["cell"], kind="stable")
                yield seconds_of(result, spikes["stamp"][order])


def _blocks(result: Result, population: str) -> Iterator[Array]:
    """Yield the spikes of a population in the order of time."""
    group = result.file[f"spikes/{population}"]
    cells, stamps = group["node_ids"], group["timestamps"]
    for rows in blocks(cells.size, _WIDTH):
        spikes = np.empty(rows.stop - rows.start, _SPIKE)
        spikes["cell"], spikes["stamp"] = cells[rows], stamps[rows]
        yield spikes


def _ranges(counts: Array) -> Iterator[tuple[int, int]]:
    """Yield ranges of cells that have at most so many spikes together, or are one cell."""
    total = np.cumsum(counts)
    first = 0
    while first < counts.size:
        before = total[first - 1] if first else 0
        last = max(first + 1, int(np.searchsorted(total, before + TOGETHER, side="right")))
        yield first, last
        first = last
