"""The trajectory of a run: every spine over time, spikes, and where it all came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import xarray as xr

from neurospine.description.evaluate import evaluate
from neurospine.errors import ResultError
from neurospine.results import hdf5, segments
from neurospine.results.hdf5 import Coordinate
from neurospine.results.info import RunInfo, Variable, read_info, write_info
from neurospine.results.tables import written_aside

INFO_FILE = "run.h5"
#: The coordinates of a slot, and of a recorded cell.
_SLOT = ("condition", "repeat", "pre", "post")
_TRACED = ("condition", "repeat", "number")


@dataclass(frozen=True, repr=False)
class Trajectory:
    """What happened in a run.

    Attributes
    ----------
    info
        What was run: texts, parameters, conditions, phases, versions.
    spines
        For each projection a dataset with the dimensions time (s) and slot; a slot
        is a spine, its condition, repeat and cells are coordinates.
    spikes
        For each population a table with time (s) and cell.
    traces
        For each population whose variables were recorded a dataset with the
        dimensions time (s) and cell.
    measures
        Tables of what a protocol measures (see `neurospine.measure`).
    """

    info: RunInfo
    spines: Mapping[str, xr.Dataset]
    spikes: Mapping[str, pd.DataFrame]
    traces: Mapping[str, xr.Dataset] = field(default_factory=dict)
    measures: Mapping[str, pd.DataFrame] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Return what was run and what there is, in a line each."""
        about = self.info.attributes
        lines = [f"<Trajectory of {about['protocol']} with {about['model']}, seed {about['seed']}>"]
        for name, dataset in self.spines.items():
            sizes = f"{dataset.sizes['slot']} spines at {dataset.sizes['time']} times"
            lines.append(f"  spines[{name!r}]: {sizes}; {', '.join(map(str, dataset.data_vars))}")
        lines += [f"  spikes[{name!r}]: {len(table)}" for name, table in self.spikes.items()]
        lines += [
            f"  traces[{name!r}]: {', '.join(map(str, t))}" for name, t in self.traces.items()
        ]
        lines += [
            f"  measures[{name!r}]: {len(table)} rows" for name, table in self.measures.items()
        ]
        return "\n".join(lines)

    @property
    def complete(self) -> bool:
        """Whether the run came to its end."""
        return bool(self.info.attributes.get("complete", False))

    def with_measures(self, measures: Mapping[str, pd.DataFrame]) -> Trajectory:
        """Return the trajectory with the tables of what was measured."""
        return replace(self, measures=dict(measures))

    def to_hdf5(self, path: str | Path, *, force: bool = False) -> Path:
        """Write the trajectory to a file, aside first, then moved into place.

        Parameters
        ----------
        path
            The file; its folder must exist.
        force
            Replace a file that is there.

        Raises
        ------
        ResultError
            If the file exists or cannot be written.
        """
        path = Path(path)
        check_output(path, force=force)
        with written_aside(path) as aside, h5py.File(aside, "w") as file:
            file.attrs["schema"] = hdf5.SCHEMA
            write_info(file, self.info)
            for name, dataset in self.spines.items():
                spines = self.info.spines[name]
                along = hdf5.coordinates(self.info, spines.contacts, _SLOT)
                _write(file, f"spines/{name}", "slot", along, spines.variables, dataset)
            for name, dataset in self.traces.items():
                traces = self.info.traces[name]
                along = hdf5.coordinates(self.info, traces.cells, _TRACED)
                _write(file, f"traces/{name}", "cell", along, traces.variables, dataset)
            for name, table in self.spikes.items():
                hdf5.write_spikes(file, name, table["time"].to_numpy(), table["cell"].to_numpy())
            hdf5.write_measures(file, self.measures)
        return path

    @classmethod
    def from_hdf5(cls, path: str | Path) -> Trajectory:
        """Return the trajectory in a result file.

        Raises
        ------
        ResultError
            If it is no result file, is damaged, or is of a version this one does not read.
        """
        path = Path(path)
        if not path.is_file():
            raise ResultError(f"no file {path}")
        try:
            with h5py.File(path, "r") as file:
                hdf5.check_schema(file, path)
                info = read_info(file)
                spikes = {}
                for name, group in file.get("spikes", {}).items():
                    cells = group["node_ids"][...].astype(np.int64)
                    ticks = np.rint(group["timestamps"][...] / 1e3 / info.step)
                    spikes[name] = _spike_table(ticks * info.step, cells)
                measures = hdf5.read_measures(file)
            spines = {name: _open(path, f"spines/{name}") for name in info.spines}
            traces = {name: _open(path, f"traces/{name}") for name in info.traces}
        except (OSError, KeyError, ValueError, RuntimeError, AttributeError, TypeError) as error:
            raise ResultError(f"{path}: not a readable result file ({error})") from None
        return cls(info, spines, spikes, traces, measures)

    @classmethod
    def from_part(cls, folder: Path, *, complete: bool = False) -> Trajectory:
        """Return what the segments of a run hold so far (see `results.segments`).

        Raises
        ------
        ResultError
            If the folder does not belong to a run.
        """
        try:
            with h5py.File(folder / INFO_FILE, "r") as file:
                info = read_info(file)
        except OSError as error:
            raise ResultError(f"{folder}: not the folder of a run ({error})") from None
        info = replace(info, attributes={**info.attributes, "complete": complete})
        spines = {name: _snapshots(folder, name, info) for name in info.spines}
        spikes = {name: _spikes(folder, name) for name in info.populations}
        traces = {name: _traces(folder, name, info) for name in info.traces}
        return cls(info, spines, spikes, traces)


def start_part(folder: Path, info: RunInfo) -> None:
    """Write what is known of a run into the folder for its segments."""
    with h5py.File(folder / INFO_FILE, "w") as file:
        write_info(file, info)


def check_output(path: Path, *, force: bool) -> None:
    """Raise a `ResultError` if a result could not be written to `path`."""
    if path.is_dir():
        raise ResultError(f"{path}: is a folder, a file is wanted")
    if path.exists() and not force:
        raise ResultError(f"{path}: exists already; choose another name or use force (--force)")
    if not path.parent.is_dir():
        raise ResultError(f"{path}: there is no folder {path.parent}")


def _write(
    file: h5py.File,
    path: str,
    dimension: str,
    along: Mapping[str, Coordinate],
    variables: Mapping[str, Variable],
    dataset: xr.Dataset,
) -> None:
    values = {name: dataset[name].values for name in variables}
    rows = ({n: v[k] for n, v in values.items()} for k in range(dataset.sizes["time"]))
    hdf5.write_series(file, path, dimension, along, variables, dataset["time"].values, rows)


def _open(path: Path, group: str) -> xr.Dataset:
    with xr.open_dataset(path, group=group, engine="h5netcdf") as data:
        return data.load()


def _snapshots(folder: Path, projection: str, info: RunInfo) -> xr.Dataset:
    spines = info.spines[projection]
    records = list(segments.read(folder, segments.spine_stream(projection)))
    times = np.array([record.tick for record in records]) * info.step
    shape = (len(records), len(spines.contacts))
    values = {name: np.empty(shape) for name in spines.recorded}
    for row, record in enumerate(records):
        for name, array in zip(spines.recorded, record.arrays(len(values)), strict=True):
            values[name][row] = array
    for name, variable in spines.variables.items():
        if variable.expression:
            values[name] = evaluate(variable.expression, {**variable.values, **values})
    along = hdf5.coordinates(info, spines.contacts, _SLOT)
    return _dataset("slot", times, values, spines.variables, along)


def _traces(folder: Path, population: str, info: RunInfo) -> xr.Dataset:
    traces = info.traces[population]
    names, cells = list(traces.variables), len(traces.cells)
    times, values = [np.zeros(0)], {name: [np.zeros((0, cells))] for name in names}
    for record in segments.read(folder, segments.trace_stream(population)):
        time, *arrays = record.samples(len(names), cells)
        times.append(time)
        for name, array in zip(names, arrays, strict=True):
            values[name].append(array)
    joined = {name: np.concatenate(parts) for name, parts in values.items()}
    along = hdf5.coordinates(info, traces.cells, _TRACED)
    return _dataset("cell", np.concatenate(times), joined, traces.variables, along)


def _dataset(
    dimension: str,
    times: Any,
    values: Mapping[str, Any],
    variables: Mapping[str, Variable],
    along: Mapping[str, Coordinate],
) -> xr.Dataset:
    data = {
        name: (("time", dimension), values[name], {"units": v.unit, "long_name": v.meaning})
        for name, v in variables.items()
    }
    size = len(next(iter(along.values()))[0])
    where: dict[str, Any] = {
        "time": ("time", times, {"units": "second", "long_name": "biological time"}),
        dimension: (dimension, np.arange(size, dtype=np.int32)),
    }
    where |= {name: (dimension, *coordinate) for name, coordinate in along.items()}
    return xr.Dataset(data, where)


def _spikes(folder: Path, population: str) -> pd.DataFrame:
    times, cells = [np.zeros(0)], [np.zeros(0, np.int32)]
    for record in segments.read(folder, segments.spike_stream(population)):
        time, cell = record.spikes()
        times.append(np.asarray(time))
        cells.append(np.asarray(cell))
    return _spike_table(np.concatenate(times), np.concatenate(cells).astype(np.int64))


def _spike_table(times: Any, cells: Any) -> pd.DataFrame:
    return pd.DataFrame({"time": times, "cell": cells})
