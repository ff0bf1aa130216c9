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
from neurospine.results.info import RunInfo, SpineInfo

INFO_FILE = "run.h5"


@dataclass(frozen=True)
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
    measures
        Tables of what a protocol measures (see `neurospine.measure`).
    """

    info: RunInfo
    spines: Mapping[str, xr.Dataset]
    spikes: Mapping[str, pd.DataFrame]
    measures: Mapping[str, pd.DataFrame] = field(default_factory=dict)

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
        with hdf5.written_aside(path) as aside, h5py.File(aside, "w") as file:
            hdf5.write_info(file, self.info)
            for name, dataset in self.spines.items():
                variables = self.info.spines[name].variables
                rows = (
                    {v: dataset[v].values[row] for v in variables}
                    for row in range(dataset.sizes["time"])
                )
                hdf5.write_spines(file, name, self.info, dataset["time"].values, rows)
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
                info = hdf5.read_info(file)
                spikes = {}
                for name, group in file.get("spikes", {}).items():
                    cells = group["node_ids"][...].astype(np.int64)
                    spikes[name] = _spike_table(group["timestamps"][...] / 1e3, cells)
                measures = hdf5.read_measures(file)
            spines = {}
            for name in info.spines:
                with xr.open_dataset(path, group=f"spines/{name}", engine="h5netcdf") as data:
                    spines[name] = data.load()
        except (OSError, KeyError, ValueError, RuntimeError) as error:
            raise ResultError(f"{path}: not a readable result file ({error})") from None
        return cls(info, spines, spikes, measures)

    @classmethod
    def from_part(cls, folder: Path, *, complete: bool) -> Trajectory:
        """Return what the segments of a run hold so far (see `results.segments`).

        Raises
        ------
        ResultError
            If the folder does not belong to a run.
        """
        try:
            with h5py.File(folder / INFO_FILE, "r") as file:
                info = hdf5.read_info(file)
        except OSError as error:
            raise ResultError(f"{folder}: not the folder of a run ({error})") from None
        info = replace(info, attributes={**info.attributes, "complete": complete})
        spines = {name: _snapshots(folder, name, info) for name in info.spines}
        spikes = {name: _spikes(folder, name) for name in info.populations}
        return cls(info, spines, spikes)


def start_part(folder: Path, info: RunInfo) -> None:
    """Write what is known of a run into the folder for its segments."""
    with h5py.File(folder / INFO_FILE, "w") as file:
        hdf5.write_info(file, info)


def check_output(path: Path, *, force: bool) -> None:
    """Raise a `ResultError` if a result could not be written to `path`."""
    if path.is_dir():
        raise ResultError(f"{path}: is a folder, a file is wanted")
    if path.exists() and not force:
        raise ResultError(f"{path}: exists already; choose another name or use force (--force)")
    if not path.parent.is_dir():
        raise ResultError(f"{path}: there is no folder {path.parent}")


def _snapshots(folder: Path, projection: str, info: RunInfo) -> xr.Dataset:
    spines = info.spines[projection]
    records = list(segments.read(folder, f"spines_{projection}"))
    times = np.array([record.tick for record in records]) * info.step
    shape = (len(records), len(spines.contacts))
    recorded = {name: np.empty(shape) for name in spines.recorded}
    for row, record in enumerate(records):
        for name, values in zip(spines.recorded, record.arrays(len(recorded)), strict=True):
            recorded[name][row] = values
    return _dataset(info, spines, times, recorded)


def _dataset(info: RunInfo, spines: SpineInfo, times: Any, recorded: dict[str, Any]) -> xr.Dataset:
    data: dict[str, Any] = {}
    for name, variable in spines.variables.items():
        values = recorded.get(name)
        if values is None:
            values = evaluate(variable.expression, {**variable.values, **recorded})
        attributes = {"units": variable.unit, "long_name": variable.meaning}
        data[name] = (("time", "slot"), values, attributes)
    coordinates: dict[str, Any] = {
        "time": ("time", times, {"units": "second", "long_name": "biological time"}),
        "slot": ("slot", np.arange(len(spines.contacts), dtype=np.int32)),
    }
    for name, values, attributes in hdf5.coordinates(info, spines):
        coordinates[name] = ("slot", values, attributes)
    return xr.Dataset(data, coordinates)


def _spikes(folder: Path, population: str) -> pd.DataFrame:
    times, cells = [np.zeros(0)], [np.zeros(0, np.int32)]
    for record in segments.read(folder, f"spikes_{population}"):
        time, cell = record.spikes()
        times.append(np.asarray(time))
        cells.append(np.asarray(cell))
    return _spike_table(np.concatenate(times), np.concatenate(cells).astype(np.int64))


def _spike_table(times: Any, cells: Any) -> pd.DataFrame:
    return pd.DataFrame({"time": times, "cell": cells})
