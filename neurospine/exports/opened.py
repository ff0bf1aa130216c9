"""A result file that is to be exported: opened, checked, and read in pieces."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from neurospine.description.hdf5_files import opened as opened_hdf5
from neurospine.description.library import parse_toml
from neurospine.errors import ResultError, suggest
from neurospine.results.info import RunInfo, read_info
from neurospine.results.migration import opened as opened_file
from neurospine.results.part import INFO_FILE, part_of

Array = np.ndarray[Any, np.dtype[Any]]

#: Elements that are read at once.
BLOCK = 2_000_000
#: Called with the share of the export that is done, from 0 to 1.
Progress = Callable[[float], None]


@dataclass(frozen=True)
class Result:
    """An open result file.

    Attributes
    ----------
    path
        Where it is.
    file
        The file.
    info
        What is known of the run, but for the tables of slots, which are read in pieces.
    """

    path: Path
    file: h5py.File
    info: RunInfo

    @cached_property
    def circuit(self) -> Mapping[str, Any]:
        """The tables of the circuit that was run."""
        name = f"models/{self.info.attributes['model']}"
        return parse_toml(self.info.files[name], f"{self.path}: {name}")

    @property
    def repeats(self) -> int:
        """Repeats of each condition."""
        return int(self.info.attributes.get("repeats", 1))

    @property
    def copies(self) -> int:
        """Copies of the circuit: one for each condition and repeat."""
        return max(1, len(self.info.conditions)) * self.repeats

    def ends(self, projection: str) -> tuple[str, str]:
        """Return the populations that a projection joins."""
        table = self.circuit["projections"][projection]
        return str(table["from"]), str(table["to"])

    def forced(self, population: str) -> bool:
        """Return whether the cells of a population spike because the protocol says so."""
        table = self.circuit["populations"].get(population)
        return table is not None and "neuron" not in table

    def copy_of(self, population: str, cells: Array) -> tuple[Array, Array]:
        """Return condition and repeat of cells of a population."""
        size = max(1, self.info.populations[population] // self.copies)
        copy = cells // size
        return copy // self.repeats, copy % self.repeats

    def spines(self, projection: str) -> h5py.Group:
        """Return the snapshots of a projection."""
        return self.file[f"spines/{projection}"]

    def slots(self, projection: str) -> h5py.Group:
        """Return the table of slots of a projection."""
        return self.file[f"slots/{projection}"]

    def recorded(self, projection: str) -> Array:
        """Return the slots that snapshots hold, in their order."""
        return np.flatnonzero(self.slots(projection)["recorded"][...])


@contextmanager
def opened(path: str | Path) -> Iterator[Result]:
    """Give a result file to export from.

    Raises
    ------
    ResultError
        If there is no such file, or it is none of `run`.
    """
    path = Path(path)
    folder = path if (path / INFO_FILE).is_file() else part_of(path)
    if not path.is_file():
        if (folder / INFO_FILE).is_file():
            raise ResultError(
                f"{path}: a run that was cut off is no result yet; 'neurospine recover {folder}' "
                "makes one of what it had recorded"
            )
        what = "is a folder, a file is wanted" if path.is_dir() else "no such file"
        raise ResultError(f"{path}: {what}")
    if _is_learnt(path):
        raise ResultError(
            f"{path}: is a result of 'learn', which has no spikes or spines over time; files that "
            "'run' wrote can be exported"
        )
    with opened_file(path) as file:
        result = Result(path, file, read_info(file, slots=False))
        result.circuit.get("projections")
        yield result


def _is_learnt(path: Path) -> bool:
    try:
        with opened_hdf5(path, ResultError) as file:
            return "networks" in file and "files" not in file
    except ResultError:  # the next to open it says why
        return False


def known(result: Result, what: str, name: str, names: Any) -> str:
    """Return a name if it is there.

    Raises
    ------
    ResultError
        If not; the message has the nearest one.
    """
    if name not in names:
        raise ResultError(f"{result.path}: no {what} {name!r}. {suggest(name, map(str, names))}")
    return name


def blocks(size: int, width: int = 1) -> Iterator[slice]:
    """Yield slices of so many rows of a width, each small enough to be read at once."""
    rows = max(1, BLOCK // max(width, 1))
    for start in range(0, size, rows):
        yield slice(start, min(start + rows, size))
