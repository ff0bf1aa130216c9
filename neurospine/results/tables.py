"""Tables in HDF5, one dataset a column, and files that are whole or not there."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import pandas as pd

from neurospine.description.hdf5_guard import GUARD
from neurospine.results.files import written_aside

TEXT = h5py.string_dtype()
COMPRESSION: dict[str, Any] = {"compression": "gzip", "compression_opts": 1, "shuffle": True}
#: Elements of a dataset in one chunk.
CHUNK = 65536


class _Disk(io.FileIO):
    """A file that remembers the first error and takes no notice of what is written after it.

    HDF5 can neither go on nor close a file that refuses a write.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, "w+")
        self.error: OSError | None = None

    def write(self, data: Any) -> int:
        """Write all bytes."""
        rest = memoryview(data).cast("B")
        size = len(rest)
        try:
            while rest and self.error is None:
                rest = rest[super().write(rest) :]
        except OSError as error:
            self.error = error
        return size

    def truncate(self, size: int | None = None) -> int:
        """Change the size."""
        try:
            return self.tell() if self.error else super().truncate(size)
        except OSError as error:
            self.error = error
            return self.tell()

    def check(self) -> None:
        """Raise the error, if there was one."""
        if self.error is not None:
            raise self.error


class NewFile(h5py.File):  # type: ignore[misc]
    """An HDF5 file to be written; `check` says whether the disk has taken all so far."""

    def __init__(self, disk: _Disk) -> None:
        super().__init__(disk, "w")
        self.check = disk.check


@contextmanager
def new_file(path: Path, folder: Path | None = None) -> Iterator[NewFile]:
    """Give an HDF5 file to write to that becomes `path` only when all is written.

    Raises
    ------
    ResultError
        If the file cannot be written; then nothing is left behind.
    """
    with written_aside(path, folder) as aside, _Disk(aside) as disk:
        try:
            with NewFile(disk) as file:
                yield file
        except (OSError, RuntimeError, KeyError, ValueError):
            disk.check()
            raise
        disk.check()
    GUARD.trust(path)


def write_table(group: h5py.Group, table: pd.DataFrame) -> None:
    """Write the columns of a table into a group, with the units and meanings it has of them.

    These are mappings in its `attrs`, from names of columns.
    """
    group.attrs["columns"] = list(map(str, table.columns)) or [""]
    for name in table.columns:
        column = table[name].to_numpy()
        if column.dtype.kind in "OUT":
            made = group.create_dataset(name, data=column.astype(object), dtype=TEXT)
        else:
            large = column.size > CHUNK
            made = group.create_dataset(name, data=column, **(COMPRESSION if large else {}))
        made.attrs.update(described(table, name))


def described(table: pd.DataFrame, column: str) -> dict[str, str]:
    """Return the attributes of a column of a table: its unit and what it is, where it says so."""
    found = {"units": "units", "long_name": "meanings"}
    facts = {name: table.attrs.get(key, {}).get(column) for name, key in found.items()}
    return {name: text for name, text in facts.items() if text}


def read_table(group: h5py.Group) -> pd.DataFrame:
    """Return the table in a group; its `attrs` have units and meanings of columns, if any."""
    columns = {name: group[name] for name in group.attrs["columns"] if name}
    for data in columns.values():
        if len(data.shape or ()) != 1:
            raise ValueError(f"{data.name} is no column of a table")
    table = {
        name: data.asstr()[...] if data.dtype.kind == "O" else data[...]
        for name, data in columns.items()
    }
    found = pd.DataFrame(table, columns=list(columns))
    for key, attribute in (("units", "units"), ("meanings", "long_name")):
        facts = {name: data.attrs.get(attribute) for name, data in columns.items()}
        if any(facts.values()):
            found.attrs[key] = {name: str(text) for name, text in facts.items() if text}
    return found
