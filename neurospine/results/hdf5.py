"""The layout of a result file.

`/spines/<projection>` holds snapshots as (time, slot) and `/traces/<population>`
recorded variables as (time, cell), both with dimension scales, so that xarray
opens a group as it is; so is `/summary/<projection>`. `/spikes/<population>` is laid out
as SONATA spikes.
`/slots`, `/contacts`, `/phases`, `/inputs`, `/parameters`, `/conditions` and `/measures`
are tables, one dataset a column, with its unit as an attribute; `/files` holds the text of every
file that the run was made from. Root attributes say what was run.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import xarray as xr

from neurospine.description.evaluate import evaluate
from neurospine.results.columns import columns
from neurospine.results.files import written_aside
from neurospine.results.info import RunInfo, Variable
from neurospine.results.migration import SCHEMA as SCHEMA
from neurospine.results.tables import (
    COMPRESSION,
    TEXT,
    NewFile,
    described,
    read_table,
    write_table,
)

#: Attributes by which HDF5 joins variables and their dimensions.
_SCALES = frozenset({"CLASS", "NAME", "REFERENCE_LIST", "DIMENSION_LIST"})
_SORTING = h5py.enum_dtype({"none": 0, "by_id": 1, "by_time": 2}, basetype="u1")

#: A coordinate: its values and attributes.
Coordinate = tuple[Any, dict[str, str]]


def coordinates(
    info: RunInfo, table: pd.DataFrame, columns: tuple[str, ...]
) -> dict[str, Coordinate]:
    """Return the coordinates of slots or cells: columns of a table, and the axes."""
    condition = table["condition"].to_numpy()
    found: dict[str, Coordinate] = {
        name: (table[name].to_numpy(), described(table, name)) for name in columns
    }
    for name, axis in info.axes.items():
        values = info.conditions[name].to_numpy()[condition]
        found[name] = (values, {"units": axis.unit, "long_name": axis.meaning})
    return found


@dataclass(frozen=True)
class Series:
    """Variables over time and one more dimension, to be written row by row.

    Attributes
    ----------
    dimension
        The name of the second dimension.
    along
        Coordinates along it.
    variables
        What the variables are.
    times
        Time of each row in seconds.
    rows
        For each time the values of every variable that does not follow from others.
    """

    dimension: str
    along: Mapping[str, Coordinate]
    variables: Mapping[str, Variable]
    times: np.ndarray[Any, Any]
    rows: Iterable[Mapping[str, np.ndarray[Any, Any]]]


def write_series(file: NewFile, path: str, series: Series) -> None:
    """Write a series as a group with dimension scales."""
    size = len(next(iter(series.along.values()))[0])
    group = file.create_group(path)
    time = group.create_dataset("time", data=series.times)
    time.attrs.update(units="second", long_name="biological time")
    time.make_scale("time")
    second = group.create_dataset(series.dimension, data=np.arange(size, dtype=np.int32))
    second.make_scale(series.dimension)
    for name, (values, attributes) in series.along.items():
        text = values.dtype.kind in "OUT"
        data = values.astype(object) if text else values
        made = group.create_dataset(name, data=data, dtype=TEXT if text else None, **COMPRESSION)
        made.attrs.update(attributes)
        made.dims[0].attach_scale(second)
    with columns(file) as written:
        datasets = {}
        for name, variable in series.variables.items():
            made = written.create(group, name, (series.times.size, size), variable.type)
            made.attrs.update(units=variable.unit, long_name=variable.meaning)
            if variable.compartment:
                made.attrs["compartment"] = variable.compartment
            made.attrs["coordinates"] = " ".join(series.along)
            made.dims[0].attach_scale(time)
            made.dims[1].attach_scale(second)
            datasets[name] = made
        for number, row in enumerate(series.rows):
            for name, values in complete(series.variables, row).items():
                written.put(datasets[name], number, values)


def complete(
    variables: Mapping[str, Variable], row: Mapping[str, np.ndarray[Any, Any]]
) -> dict[str, np.ndarray[Any, Any]]:
    """Return values of all variables, those that follow from recorded ones included."""
    found = dict(row)
    for name, variable in variables.items():
        if variable.expression and name not in found:
            found[name] = evaluate(variable.expression, {**variable.values, **row})
    return found


def write_spikes(
    file: h5py.File, population: str, times: np.ndarray[Any, Any], cells: np.ndarray[Any, Any]
) -> None:
    """Write spikes (seconds, sorted) as SONATA has them: milliseconds and node ids."""
    group = file.create_group(f"spikes/{population}")
    group.attrs.create("sorting", 2, dtype=_SORTING)
    stamps = group.create_dataset("timestamps", data=times * 1e3)
    stamps.attrs["units"] = "ms"
    group.create_dataset("node_ids", data=cells.astype(np.uint64))


def write_dataset(file: h5py.File, path: str, dataset: xr.Dataset) -> None:
    """Write a small dataset as a group with dimension scales."""
    group = file.create_group(path)
    for name in dataset.sizes:
        size = dataset.sizes[name]
        values = dataset[name].values if name in dataset.coords else np.arange(size, dtype=np.int32)
        text = values.dtype.kind in "OUT"
        data = values.astype(object) if text else values
        group.create_dataset(name, data=data, dtype=TEXT if text else None).make_scale(name)
    for name, variable in dataset.variables.items():
        if name not in dataset.sizes:
            group.create_dataset(name, data=variable.values)
            for number, dimension in enumerate(variable.dims):
                group[name].dims[number].attach_scale(group[dimension])
        group[name].attrs.update(variable.attrs)


def read_dataset(group: h5py.Group) -> xr.Dataset:
    """Return what xarray finds in a group with dimension scales, many times sooner."""
    variables, along = {}, set()
    for name, data in group.items():
        dimensions = [name] if data.is_scale else [d.keys()[0] for d in data.dims]
        attributes = {key: data.attrs[key] for key in data.attrs if key not in _SCALES}
        along.update(attributes.pop("coordinates", "").split())
        values = data.asstr()[...].astype(str) if data.dtype.kind == "O" else data[...]
        variables[name] = (dimensions, values, attributes)
    return xr.Dataset(variables).set_coords(along)


def write_contacts(file: h5py.File, contacts: Mapping[str, pd.DataFrame]) -> None:
    """Write the tables of contacts, by projection."""
    for name, table in contacts.items():
        write_table(file.create_group(f"contacts/{name}"), table)


def write_measures(file: h5py.File, measures: Mapping[str, pd.DataFrame]) -> None:
    """Write the tables of what was measured."""
    for name, table in measures.items():
        write_table(file.create_group(f"measures/{name}"), table)


def read_measures(file: h5py.File) -> dict[str, pd.DataFrame]:
    """Return the tables of what was measured."""
    return {name: read_table(group) for name, group in file.get("measures", {}).items()}


def add_measures(path: Path, measures: Mapping[str, pd.DataFrame]) -> None:
    """Add the tables of what was measured to a result file, by way of a copy."""
    with written_aside(path) as aside:
        shutil.copyfile(path, aside)
        with h5py.File(aside, "r+") as file:
            file.pop("measures", None)
            write_measures(file, measures)
