"""The folder of a run in progress: started, and turned into a result file."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from neurospine.description.hdf5_files import opened
from neurospine.errors import ResultError, shorten
from neurospine.results import hdf5, segments
from neurospine.results.contacts import contact_table, read_events
from neurospine.results.hdf5 import Series
from neurospine.results.info import RunInfo, read_info, write_info
from neurospine.results.segments import (
    Array,
    spike_stream,
    spine_stream,
    summary_stream,
    trace_stream,
)
from neurospine.results.summary import read_summary
from neurospine.results.tables import new_file
from neurospine.results.trajectory import TRACED, check_output, spike_table

INFO_FILE = "run.h5"
LOCK_FILE = "lock"
PROGRAM_LOCK = "program.lock"  # held by the compiled program, which may outlive its command
CHECKPOINT_FILE = "checkpoint.bin"


def part_of(path: Path) -> Path:
    """Return the folder for the segments of the run that a result file will hold."""
    return path.with_name(f"{path.name}.part")


def start_part(folder: Path, info: RunInfo) -> None:
    """Write what is known of a run into the folder for its segments."""
    with new_file(folder / INFO_FILE) as file:
        write_info(file, info)


def has_checkpoint(folder: Path) -> bool:
    """Return whether a run in a folder can be gone on with from where it was."""
    return (folder / CHECKPOINT_FILE).exists()


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold a folder so that no other run writes to it.

    Raises
    ------
    ResultError
        If another run holds it.
    """
    with ExitStack() as files:
        for name in (PROGRAM_LOCK, LOCK_FILE):
            try:
                file = os.open(folder / name, os.O_RDWR | os.O_CREAT, 0o644)
                files.callback(os.close, file)
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ResultError(f"{folder}: another run is writing to it") from None
            except OSError as error:
                raise ResultError(f"{folder}: cannot be written ({error.strerror})") from None
            if name == PROGRAM_LOCK:  # it is for the program to take
                fcntl.flock(file, fcntl.LOCK_UN)
        yield


def recover(folder: str | Path, path: str | Path | None = None, *, force: bool = False) -> Path:
    """Write what a run that was cut off had recorded to a result file; the folder stays.

    Parameters
    ----------
    folder
        The folder ``NAME.h5.part``.
    path
        The file to write, by default ``NAME.h5``.
    force
        Replace a file that is there.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ResultError
        If the folder is not that of a run, another run is writing to it, or the file
        cannot be written.
    """
    folder = Path(folder)
    if folder.name in ("", ".."):
        folder = folder.resolve()
    if not folder.is_dir() and folder.suffix != ".part":
        folder = part_of(folder)
    if not (folder / INFO_FILE).is_file():
        missing = "" if folder.exists() else ", there is nothing of that name"
        raise ResultError(f"{folder}: not the folder of a run{missing}")
    if path is None and folder.suffix != ".part":
        raise ResultError(f"{folder}: does not end in .part, so name a file to write (-o)")
    path = Path(path) if path is not None else folder.with_suffix("")
    check_output(path, force=force)
    with held(folder):
        try:
            write_part(folder, path, complete=False)
        except (LookupError, ValueError, TypeError, ArithmeticError, MemoryError) as error:
            raise ResultError(f"{folder}: is damaged ({shorten(error)})") from None
    return path


def part_info(folder: Path) -> RunInfo:
    """Return what is known of the run whose segments are in a folder.

    Raises
    ------
    ResultError
        If the folder does not belong to a run.
    """

    def unreadable(why: str) -> ResultError:
        return ResultError(f"{folder}: not the folder of a run ({why})")

    with opened(folder / INFO_FILE, unreadable) as file:
        return read_info(file)


def write_part(folder: Path, path: Path, *, complete: bool, info: RunInfo | None = None) -> None:
    """Write what the segments of a run hold so far to a result file.

    Snapshots are read and written one after the other, so that memory does not grow
    with their number.

    Parameters
    ----------
    folder
        The folder of the run.
    path
        The file; it is written aside, in the folder of a run if that is beside it, then
        moved into place.
    complete
        Whether the run came to its end.
    info
        What is known of the run; by default what its folder says.
    """
    info = info or part_info(folder)
    info = replace(info, attributes={**info.attributes, "complete": complete})
    beside = path.parent.resolve() == folder.parent.resolve()
    with new_file(path, folder if beside else None) as file:
        file.attrs["schema"] = hdf5.SCHEMA
        write_info(file, info)
        for name in info.spines:
            hdf5.write_series(file, f"spines/{name}", _snapshots(folder, name, info))
        for name in info.traces:
            hdf5.write_series(file, f"traces/{name}", _traces(folder, name, info))
        for name in info.populations:
            spikes = _spikes(folder, name)
            hdf5.write_spikes(file, name, spikes["time"].to_numpy(), spikes["cell"].to_numpy())
        hdf5.write_contacts(file, contacts(folder, info))
        for name, summary in _summaries(folder, info).items():
            hdf5.write_dataset(file, f"summary/{name}", summary)


def last_ticks(folder: Path) -> dict[str, int]:
    """Return the tick of the last whole record of each stream but snapshots, or -1."""
    return {
        path.stem: max((record.tick for record in segments.read(folder, path.stem)), default=-1)
        for path in sorted(folder.glob("*.segment"))
        if not path.stem.startswith(spine_stream(""))
    }


def contacts(folder: Path, info: RunInfo) -> dict[str, pd.DataFrame]:
    """Return the tables of contacts of a run, by projection."""
    return {
        name: contact_table(info, name, read_events(folder, name))
        for name in info.spines
        if segments.segment_path(folder, segments.contact_stream(name)).exists()
    }


def _summaries(folder: Path, info: RunInfo) -> dict[str, xr.Dataset]:
    return {
        name: read_summary(folder, name, info)
        for name in info.spines
        if segments.segment_path(folder, summary_stream(name)).exists()
    }


def _snapshots(folder: Path, projection: str, info: RunInfo) -> Series:
    spines = info.spines[projection]
    stream = spine_stream(projection)
    ticks = np.array([record.tick for record in segments.read(folder, stream)], np.int64)
    types = [variable.type for variable in spines.recorded.values()]

    def rows() -> Iterator[dict[str, Array]]:
        for record in segments.read(folder, stream):
            yield dict(zip(spines.recorded, record.arrays(types), strict=True))

    along = hdf5.coordinates(info, spines.kept, spines.coordinates)
    return Series("slot", along, spines.variables, ticks * info.step, rows())


def _traces(folder: Path, population: str, info: RunInfo) -> Series:
    traces = info.traces[population]
    names, cells = list(traces.variables), len(traces.cells)
    stream = trace_stream(population)
    times = [r.samples(len(names), cells)[0] for r in segments.read(folder, stream)]

    def rows() -> Iterator[dict[str, Array]]:
        for record in segments.read(folder, stream):
            _, *values = record.samples(len(names), cells)
            for sample in zip(*values, strict=True):
                yield dict(zip(names, sample, strict=True))

    along = hdf5.coordinates(info, traces.cells, TRACED)
    joined = np.concatenate([np.zeros(0), *times])
    return Series("cell", along, traces.variables, joined, rows())


def _spikes(folder: Path, population: str) -> pd.DataFrame:
    times, cells = [np.zeros(0)], [np.zeros(0, np.int32)]
    for record in segments.read(folder, spike_stream(population)):
        time, cell = record.arrays(segments.SPIKES)
        times.append(np.array(time))
        cells.append(np.array(cell))
    return spike_table(np.concatenate(times), np.concatenate(cells).astype(np.int64))
