"""Snapshots of spines as SONATA element reports: a spine is an element of its cell.

Frames of a report come at even steps. Where snapshots do not, each even stretch of them is a
population of its own, which shares its first frame with the end of the one before.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import h5py
import numpy as np

from neurospine.exports.opened import Array, Result, blocks
from neurospine.results.tables import NewFile

#: Times that agree to this share of an interval are even.
_EVEN = 1e-6


def stretches(times: Array) -> list[slice]:
    """Return the longest stretches of even times, in order; neighbours share a time."""
    if times.size < 3:
        return [slice(0, times.size)]
    steps = np.diff(times)
    change = np.abs(np.diff(steps)) > _EVEN * np.maximum(steps[1:], steps[:-1])
    ends = [0, *(np.flatnonzero(change) + 1), times.size - 1]
    return [slice(int(first), int(last) + 1) for first, last in pairwise(ends)]


def write_report(
    file: NewFile,
    result: Result,
    projection: str,
    variable: str,
    moved: Callable[[int], None],
) -> list[str]:
    """Write a variable of all recorded spines of a projection; return the populations made.

    Node ids are those of postsynaptic cells, element ids are slots. Values are float32, as the
    format has them, and times in ms.
    """
    group = result.spines(projection)
    recorded, times = result.recorded(projection), group["time"][...]
    if not times.size:
        return []
    post = result.slots(projection)["post"][...][recorded]
    order = np.argsort(post, kind="stable")
    cells, counts = np.unique(post, return_counts=True)
    pieces = stretches(times)
    names = [projection]
    if len(pieces) > 1:
        digits = len(str(len(pieces)))
        names = [f"{projection}_{number:0{digits}}" for number in range(1, len(pieces) + 1)]
    mapping = None
    for name, rows in zip(names, pieces, strict=True):
        own = file.create_group(f"report/{name}")
        if mapping is None:
            mapping = own.create_group("mapping")
            ids = mapping.create_dataset("node_ids", data=cells.astype(np.uint64))
            ids.attrs["sorted"] = np.uint8(1)
            pointers = np.concatenate([[0], np.cumsum(counts)])
            mapping["index_pointers"] = pointers.astype(np.uint64)
            mapping["element_ids"] = recorded[order].astype(np.uint32)
            shared = mapping
        else:  # one copy on disk serves all stretches
            shared = own.create_group("mapping")
            for key in ("node_ids", "index_pointers", "element_ids"):
                shared[key] = mapping[key]
        step = times[rows][1] - times[rows][0] if rows.stop - rows.start > 1 else result.info.step
        number = rows.stop - rows.start
        start = times[rows][0]
        limits = np.array([start, start + number * step, step]) * 1e3
        shared.create_dataset("time", data=limits).attrs["units"] = "ms"
        _write_frames(file, own, group[variable], rows, order, moved)
        own["data"].attrs["units"] = result.info.spines[projection].variables[variable].unit
        own["data"].attrs["variable"] = variable
    return names


def _write_frames(
    file: NewFile,
    group: h5py.Group,
    source: h5py.Dataset,
    rows: slice,
    order: Array,
    moved: Callable[[int], None],
) -> None:
    number = rows.stop - rows.start
    in_place = np.array_equal(order, np.arange(order.size))
    made = group.create_dataset("data", (number, order.size), "<f4")  # libsonata cannot inflate
    for block in blocks(number, order.size):
        values = source[rows.start + block.start : rows.start + block.stop]
        made[block] = values if in_place else values[:, order]
        file.check()
        moved(values.nbytes)
