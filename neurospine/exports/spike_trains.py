"""Spikes of a result by cell, in pieces that fit into memory."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from neurospine.exports.opened import Array, Result, blocks

#: Spikes that are sorted at once.
TOGETHER = 4_000_000


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


def trains(result: Result, population: str, counts: Array) -> Iterator[Array]:
    """Yield times of spikes (s), cell after cell; those of a cell in order.

    The file has them in the order of time, so it is read once for each piece.
    """
    group = result.file[f"spikes/{population}"]
    cells, stamps = group["node_ids"], group["timestamps"]
    for first, last in _ranges(counts):
        found, own = [], []
        for rows in blocks(cells.size):
            ids = cells[rows].astype(np.int64)
            inside = (ids >= first) & (ids < last)
            if inside.any():
                own.append(ids[inside].astype(np.int32))
                found.append(stamps[rows][inside])
        if found:
            order = np.argsort(np.concatenate(own), kind="stable")
            yield seconds_of(result, np.concatenate(found)[order])


def _ranges(counts: Array) -> Iterator[tuple[int, int]]:
    """Yield ranges of cells that have at most so many spikes together, or are one cell."""
    total = np.cumsum(counts)
    first = 0
    while first < counts.size:
        before = total[first - 1] if first else 0
        last = max(first + 1, int(np.searchsorted(total, before + TOGETHER, side="right")))
        yield first, last
        first = last
