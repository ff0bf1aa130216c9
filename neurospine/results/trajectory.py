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

from neurospine.errors import ResultError
from neurospine.results import hdf5
from neurospine.results.files import check_output as check_output
from neurospine.results.hdf5 import Coordinate, Series
from neurospine.results.info import RunInfo, Variable, read_info, write_info
from neurospine.results.migration import opened
from neurospine.results.tables import new_file, read_table

#: The coordinates of a recorded cell.
TRACED = ("condition", "repeat", "number")
#: Bytes of a dataset that is read at once when a file is opened.
LARGEST_IN_MEMORY = 100_000_000


@dataclass(frozen=True, repr=False)
class Trajectory:
    """What happened in a run.

    Attributes
    ----------
    info
        What was run: texts, parameters, conditions, phases, versions.
    spines
        For each projection a dataset with the dimensions time (s) and slot; a slot
        is a spine. Its condition, repeat and cells are coordinates; so are, on dendrites,
        its compartment and position along it, how far it is from a stimulated spine where
        there are such, and its geometry if it has one.
    spikes
        For each population a table with time (s) and cell.
    traces
        For each population whose variables were recorded a dataset with the
        dimensions time (s) and cell; a variable of a compartment has it as an attribute.
    contacts
        For each projection whose spines are born and die a table of every contact that
        ever lived: contact, slot, pre, post, condition, repeat, birth (s, NaN: before
        the start), death (s, NaN: alive at the end).
    summaries
        Where a protocol asks for them, counts by stage, moments and a histogram of
        volume over all spines of a projection, over time and copies of the circuit.
    measures
        Tables of what a protocol measures (see `neurospine.measure`).
    """

    info: RunInfo
    spines: Mapping[str, xr.Dataset]
    spikes: Mapping[str, pd.DataFrame]
    traces: Mapping[str, xr.Dataset] = field(default_factory=dict)
    contacts: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    summaries: Mapping[str, xr.Dataset] = field(default_factory=dict)
    measures: Mapping[str, pd.DataFrame] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Return what was run and what there is, in a line each."""
        about = self.info.attributes
        disorders = ", ".join(str(about.get("disorders", "")).split())
        under = f" under {disorders}" * bool(disorders)
        what = f"{about['protocol']} with {about['model']}{under}"
        lines = [f"<Trajectory of {what}, seed {about['seed']}>"]
        for name, dataset in self.spines.items():
            sizes = f"{dataset.sizes['slot']} spines at {dataset.sizes['time']} times"
            lines.append(f"  spines[{name!r}]: {sizes}; {', '.join(map(str, dataset.data_vars))}")
        lines += [f"  contacts[{name!r}]: {len(t)}" for name, t in self.contacts.items()]
        lines += [f"  spikes[{name!r}]: {len(table)}" for name, table in self.spikes.items()]
        lines += [
            f"  traces[{name!r}]: {', '.join(map(str, t))}" for name, t in self.traces.items()
        ]
        lines += [
            f"  measures[{name!r}]: {len(table)} rows" for name, table in self.measures.items()
        ]
        return "\n".join(lines)

    @property
    def slots(self) -> dict[str, pd.DataFrame]:
        """For each projection a table with one row a slot, recorded or not.

        Columns are slot, pre, post, delay, condition, repeat, whether there is a spine at the
        start (present) and whether snapshots hold it (recorded), then what belongs to its place
        and shape. ``attrs["units"]`` has the units of columns, ``attrs["meanings"]`` what they
        are.
        """
        return {name: spines.slots for name, spines in self.info.spines.items()}

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
        with new_file(path) as file:
            file.attrs["schema"] = hdf5.SCHEMA
            write_info(file, self.info)
            for name, dataset in self.spines.items():
                spines = self.info.spines[name]
                along = hdf5.coordinates(self.info, spines.kept, spines.coordinates)
                series = _series("slot", along, spines.variables, dataset)
                hdf5.write_series(file, f"spines/{name}", series)
            for name, dataset in self.traces.items():
                traces = self.info.traces[name]
                along = hdf5.coordinates(self.info, traces.cells, TRACED)
                series = _series("cell", along, traces.variables, dataset)
                hdf5.write_series(file, f"traces/{name}", series)
            for name, table in self.spikes.items():
                hdf5.write_spikes(file, name, table["time"].to_numpy(), table["cell"].to_numpy())
            hdf5.write_contacts(file, self.contacts)
            for name, dataset in self.summaries.items():
                hdf5.write_dataset(file, f"summary/{name}", dataset)
            hdf5.write_measures(file, self.measures)
        return path

    @classmethod
    def from_hdf5(cls, path: str | Path) -> Trajectory:
        """Return the trajectory in a result file; one of an older layout is read as the present.

        Raises
        ------
        ResultError
            If it is no result file, is damaged, or is of a version this one does not read.
        """
        path = Path(path)
        if not path.is_file():
            raise ResultError(f"no file {path}")
        with opened(path) as file:
            info = read_info(file)
            spikes = {}
            for name, group in file.get("spikes", {}).items():
                cells = group["node_ids"][...].astype(np.int64)
                ticks = np.rint(group["timestamps"][...] / 1e3 / info.step)
                spikes[name] = spike_table(ticks * info.step, cells)
            measures = hdf5.read_measures(file)
            summarised = list(file.get("summary", {}))
            contacts = {n: read_table(group) for n, group in file.get("contacts", {}).items()}
            spines = {n: _series_in(path, file[f"spines/{n}"], "slot") for n in info.spines}
            traces = {n: _series_in(path, file[f"traces/{n}"], "cell") for n in info.traces}
            summaries = {name: _open(path, file[f"summary/{name}"]) for name in summarised}
        return cls(info, spines, spikes, traces, contacts, summaries, measures)


def _series(
    dimension: str,
    along: Mapping[str, Coordinate],
    variables: Mapping[str, Variable],
    dataset: xr.Dataset,
) -> Series:
    rows = (
        {name: dataset[name].isel(time=number).values for name in variables}
        for number in range(dataset.sizes["time"])
    )
    return Series(dimension, along, variables, dataset["time"].values, rows)


def _series_in(path: Path, group: h5py.Group, along: str) -> xr.Dataset:
    """Return a group of a file that has to be a series along one dimension."""
    found = _open(path, group)
    series = [variable.dims == ("time", along) for variable in found.data_vars.values()]
    if not all(series) or not {"time", along} <= set(found.sizes):
        raise ValueError(f"{group.name} is no series")
    return found


def _open(path: Path, group: h5py.Group) -> xr.Dataset:
    """Return a group of a file: in memory if it is small, else read as it is used."""
    if sum(variable.nbytes for variable in group.values()) > LARGEST_IN_MEMORY:
        return xr.open_dataset(path, group=group.name, engine="h5netcdf")
    return hdf5.read_dataset(group)


def spike_table(times: Any, cells: Any) -> pd.DataFrame:
    """Return spikes as a table with time (s) and cell."""
    return pd.DataFrame({"time": times, "cell": cells})
