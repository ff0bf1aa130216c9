"""The layout of a result file.

`/spines/<projection>` holds snapshots as (time, slot) with dimension scales, so
that xarray opens the group as it is. `/spikes/<population>` is laid out as
SONATA spikes. `/contacts`, `/phases`, `/parameters`, `/conditions` and
`/measures` are tables, one dataset a column. Root attributes say what was run.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd

from neurospine.errors import ResultError
from neurospine.results.info import RunInfo, SpineInfo, Variable

SCHEMA = 1
_TEXT = h5py.string_dtype()
_SORTING = h5py.enum_dtype({"none": 0, "by_id": 1, "by_time": 2}, basetype="u1")
_COMPRESSION = {"compression": "gzip", "compression_opts": 1, "shuffle": True}
#: Elements of a snapshot in one chunk of a dataset.
_CHUNK = 65536


@contextmanager
def written_aside(path: Path) -> Iterator[Path]:
    """Give a path to write to that becomes `path` only when all is written.

    Raises
    ------
    ResultError
        If the file cannot be written; then nothing is left behind.
    """
    aside = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        yield aside
        aside.replace(path)
    except OSError as error:
        raise ResultError(f"{path}: cannot be written ({error.strerror or error})") from None
    finally:
        aside.unlink(missing_ok=True)


def write_info(file: h5py.File, info: RunInfo) -> None:
    """Write everything about a run that is known before its first step."""
    file.attrs["schema"] = SCHEMA
    file.attrs["step"] = info.step
    for name, value in info.attributes.items():
        file.attrs[name] = value
    _write_table(file.create_group("phases"), info.phases)
    _write_table(file.create_group("parameters"), info.parameters)
    conditions = file.create_group("conditions")
    _write_table(conditions, info.conditions)
    for name, axis in info.axes.items():
        conditions[name].attrs.update(units=axis.unit, meaning=axis.meaning)
    populations = file.create_group("populations")
    for name, size in info.populations.items():
        populations.attrs[name] = size
    for projection, spines in info.spines.items():
        contacts = file.create_group(f"contacts/{projection}")
        _write_table(contacts, spines.contacts)
        variables = contacts.create_group("variables")
        for name, variable in spines.variables.items():
            described = variables.create_group(name, track_order=True)
            described.attrs.update(unit=variable.unit, meaning=variable.meaning)
            described.attrs["expression"] = variable.expression
            for key, value in variable.values.items():
                described.attrs[f"value_{key}"] = value


def read_info(file: h5py.File) -> RunInfo:
    """Return what `write_info` wrote."""
    attributes = {k: _plain(v) for k, v in file.attrs.items() if k not in ("schema", "step")}
    conditions = file["conditions"]
    axes = [name for name in conditions.attrs["columns"] if name]
    spines = {}
    for projection, contacts in file.get("contacts", {}).items():
        variables = {}
        for name, described in contacts["variables"].items():
            values = {
                k.removeprefix("value_"): float(v)
                for k, v in described.attrs.items()
                if k.startswith("value_")
            }
            a = described.attrs
            variables[name] = Variable(a["unit"], a["meaning"], a["expression"], values)
        ordered = sorted(variables, key=lambda n: bool(variables[n].expression))
        spines[projection] = SpineInfo(_read_table(contacts), {n: variables[n] for n in ordered})
    return RunInfo(
        attributes,
        float(file.attrs["step"]),
        _read_table(file["phases"]),
        _read_table(file["parameters"]),
        _read_table(conditions),
        {
            name: Variable(conditions[name].attrs["units"], conditions[name].attrs["meaning"])
            for name in axes
        },
        spines,
        {name: int(size) for name, size in file["populations"].attrs.items()},
    )


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _write_table(group: h5py.Group, table: pd.DataFrame) -> None:
    group.attrs["columns"] = list(map(str, table.columns)) or [""]
    for name in table.columns:
        column = table[name].to_numpy()
        if column.dtype.kind in "OUT":
            group.create_dataset(name, data=column.astype(object), dtype=_TEXT)
        else:
            large = column.size > _CHUNK
            group.create_dataset(name, data=column, **(_COMPRESSION if large else {}))


def _read_table(group: h5py.Group) -> pd.DataFrame:
    columns = [name for name in group.attrs["columns"] if name]
    table = {}
    for name in columns:
        data = group[name]
        table[name] = data.asstr()[...] if data.dtype.kind == "O" else data[...]
    return pd.DataFrame(table, columns=columns)


def write_spines(
    file: h5py.File,
    projection: str,
    info: RunInfo,
    times: np.ndarray[Any, Any],
    snapshots: Iterable[Mapping[str, np.ndarray[Any, Any]]],
) -> None:
    """Write the snapshots of a projection, one after the other.

    Parameters
    ----------
    file
        A file with the info of the run.
    projection
        The projection.
    info
        What `write_info` was given.
    times
        Time of each snapshot in seconds.
    snapshots
        For each time the variables of all slots.
    """
    spines = info.spines[projection]
    slots = len(spines.contacts)
    group = file.create_group(f"spines/{projection}")
    time = group.create_dataset("time", data=times)
    time.attrs.update(units="second", long_name="biological time")
    time.make_scale("time")
    slot = group.create_dataset("slot", data=np.arange(slots, dtype=np.int32), **_COMPRESSION)
    slot.make_scale("slot")
    for name, values, attributes in coordinates(info, spines):
        text = values.dtype.kind in "OUT"
        data = values.astype(object) if text else values
        made = group.create_dataset(name, data=data, dtype=_TEXT if text else None, **_COMPRESSION)
        made.attrs.update(attributes)
        made.dims[0].attach_scale(slot)
    written = {}
    for name, variable in spines.variables.items():
        made = group.create_dataset(
            name,
            shape=(times.size, slots),
            dtype="<f8",
            chunks=(
                1 if slots >= _CHUNK else max(1, min(times.size, _CHUNK // slots)),
                min(slots, _CHUNK),
            ),
            **_COMPRESSION,
        )
        made.attrs.update(units=variable.unit, long_name=variable.meaning)
        made.dims[0].attach_scale(time)
        made.dims[1].attach_scale(slot)
        written[name] = made
    names = " ".join(name for name, _, _ in coordinates(info, spines))
    for made in written.values():
        made.attrs["coordinates"] = names
    for row, snapshot in enumerate(snapshots):
        for name, made in written.items():
            made[row] = snapshot[name]


def coordinates(info: RunInfo, spines: SpineInfo) -> Iterator[tuple[str, Any, dict[str, str]]]:
    """Yield the coordinates along the slots: what was done to each, and its cells."""
    contacts = spines.contacts
    condition = contacts["condition"].to_numpy()
    for name in ("condition", "repeat", "pre", "post"):
        yield name, contacts[name].to_numpy(), {}
    for name, axis in info.axes.items():
        values = info.conditions[name].to_numpy()[condition]
        yield name, values, {"units": axis.unit, "long_name": axis.meaning}


def write_spikes(
    file: h5py.File, population: str, times: np.ndarray[Any, Any], cells: np.ndarray[Any, Any]
) -> None:
    """Write spikes (seconds, sorted) as SONATA has them: milliseconds and node ids."""
    group = file.create_group(f"spikes/{population}")
    group.attrs.create("sorting", 2, dtype=_SORTING)
    stamps = group.create_dataset("timestamps", data=times * 1e3)
    stamps.attrs["units"] = "ms"
    group.create_dataset("node_ids", data=cells.astype(np.uint64))


def write_measures(file: h5py.File, measures: Mapping[str, pd.DataFrame]) -> None:
    """Write the tables of what was measured."""
    for name, table in measures.items():
        _write_table(file.create_group(f"measures/{name}"), table)


def read_measures(file: h5py.File) -> dict[str, pd.DataFrame]:
    """Return the tables of what was measured."""
    return {name: _read_table(group) for name, group in file.get("measures", {}).items()}


def check_schema(file: h5py.File, path: Path) -> None:
    """Raise a `ResultError` unless a file is one of ours, of a version we read."""
    found = file.attrs.get("schema")
    if found is None or "neurospine" not in file.attrs:
        raise ResultError(f"{path}: an HDF5 file, but not a neurospine result")
    if int(found) != SCHEMA:
        raise ResultError(
            f"{path}: result schema {int(found)} of neurospine {file.attrs['neurospine']}; "
            f"this version reads schema {SCHEMA}"
        )


def add_measures(path: Path, measures: Mapping[str, pd.DataFrame]) -> None:
    """Add the tables of what was measured to a result file, by way of a copy."""
    with written_aside(path) as aside:
        shutil.copyfile(path, aside)
        with h5py.File(aside, "r+") as file:
            file.pop("measures", None)
            write_measures(file, measures)
