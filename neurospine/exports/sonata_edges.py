"""Contacts at a time as SONATA edges, and the cells that they join as nodes."""

from __future__ import annotations

import h5py
import numpy as np

from neurospine.exports.contacts import Contacts, contacts_at
from neurospine.exports.opened import Array, Result
from neurospine.results.tables import TEXT

#: Columns of slots that are none of the edge itself.
_OWN = ("slot", "pre", "post", "delay", "present", "recorded")
#: How SONATA calls what results have.
_NAMES = {"weight": "syn_weight"}


def write_nodes(file: h5py.File, result: Result) -> None:
    """Write every population: its cells through all copies, with condition and repeat."""
    for name, size in result.info.populations.items():
        group = file.create_group(f"nodes/{name}")
        cells = np.arange(size, dtype=np.int64)
        condition, repeat = result.copy_of(name, cells)
        _same_type(group, "node", size)
        per_copy = max(1, size // result.copies)
        for key, values in (
            ("cell", cells % per_copy),
            ("condition", condition),
            ("repeat", repeat),
        ):
            group["0"].create_dataset(key, data=values.astype(np.int32))


def write_edges(file: h5py.File, result: Result, projection: str, time: float | None) -> Contacts:
    """Write the contacts of a projection that are there at a time, and return them.

    Attributes of an edge are its slot, condition, repeat, delay (ms), volume (um**3), weight as
    ``syn_weight``, stage, and what is known of its place and shape, as far as there are such.
    """
    found = contacts_at(result, projection, time)
    source, target = result.ends(projection)
    size = found.slots.size
    group = file.create_group(f"edges/{projection}")
    group.attrs["time"], group.attrs["time_units"] = found.time, "s"
    for name, population, cells in (
        ("source_node_id", source, found.pre),
        ("target_node_id", target, found.post),
    ):
        made = group.create_dataset(name, data=cells.astype(np.uint64))
        made.attrs["node_population"] = population
    _same_type(group, "edge", size)
    attributes = group["0"]
    _attribute(attributes, "slot", found.slots.astype(np.int32), "")
    slots = result.slots(projection)
    for name in slots.attrs["columns"]:
        if name not in _OWN:
            column = slots[name]
            values = column.asstr() if column.dtype.kind == "O" else column
            unit = str(column.attrs.get("units", ""))
            _attribute(attributes, name, values[...][found.slots], unit)
    _attribute(attributes, "delay", slots["delay"][...][found.slots] * 1e3, "ms")
    for name, values in found.columns.items():
        unit = result.info.spines[projection].variables[name].unit
        _attribute(attributes, _NAMES.get(name, name), values, unit)
    sizes = result.info.populations
    _write_index(group, "source_to_target", found.pre, sizes[source])
    _write_index(group, "target_to_source", found.post, sizes[target])
    return found


def _same_type(group: h5py.Group, kind: str, size: int) -> None:
    """Write that all elements are of one type and of group 0, in order."""
    group.create_group("0")
    types = group.create_dataset(f"{kind}_type_id", (size,), np.int64, fillvalue=-1)
    types[...] = -1
    group.create_dataset(f"{kind}_group_id", (size,), np.uint64)
    rows = np.arange(size, dtype=np.uint64)
    group.create_dataset(f"{kind}_group_index", data=rows)


def _attribute(group: h5py.Group, name: str, values: Array, unit: str) -> None:
    """Write an attribute of edges; words as numbers of a list of them."""
    if values.dtype.kind in "OUT":
        words, values = np.unique(values.astype(str), return_inverse=True)
        listed = words.astype(object)
        group.create_dataset(f"@library/{name}", data=listed, dtype=TEXT)
        values = values.astype(np.uint32)
    elif values.dtype.kind == "b":
        values = values.astype(np.uint8)
    made = group.create_dataset(name, data=values)
    if unit not in ("", "1"):
        made.attrs["units"] = unit


def _write_index(group: h5py.Group, name: str, cells: Array, size: int) -> None:
    """Write which edges belong to each cell, as ranges of edges that follow each other."""
    order = np.argsort(cells, kind="stable")
    of = cells[order]
    starts = np.ones(order.size, bool)
    starts[1:] = (np.diff(of) != 0) | (np.diff(order) != 1)
    first = np.flatnonzero(starts)
    last = np.append(first[1:], order.size) - 1 if first.size else first
    ranges = np.stack([order[first], order[last] + 1], axis=1)
    per_cell = np.searchsorted(of[first], np.arange(size + 1))
    index = group.create_group(f"indices/{name}")
    index["range_to_edge_id"] = ranges.astype(np.uint64)
    nodes = np.stack([per_cell[:-1], per_cell[1:]], axis=1)
    index["node_id_to_ranges"] = nodes.astype(np.uint64)
