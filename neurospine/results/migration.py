"""Result files of older layouts, brought to the present one while they are read.

A file on disk is never changed: an older one is changed in memory, by one function for each layout
that there was, each to the next. `docs/releasing.md` says when a layout gets a new number.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np

from neurospine.description import hdf5_files
from neurospine.errors import ResultError

#: The layout that is written.
SCHEMA = 2


@contextmanager
def opened(path: Path) -> Iterator[h5py.File]:
    """Give a result file to read, in the present layout; what goes wrong is put down to it.

    Raises
    ------
    ResultError
        If it is no result file, is damaged, or is of a layout that is not read.
    """

    def unreadable(why: str) -> ResultError:
        return ResultError(f"{path}: not a readable result file ({why})")

    with hdf5_files.opened(path, unreadable) as file:
        layout = _layout(file, path)
        if layout == SCHEMA:
            yield file
            return
    with (
        hdf5_files.refused(unreadable),
        h5py.File(io.BytesIO(path.read_bytes()), "r+") as file,
    ):
        for older in range(layout, SCHEMA):
            MIGRATIONS[older](file)
        yield file


def _layout(file: h5py.File, path: Path) -> int:
    """Return the layout of a file."""
    found = file.attrs.get("schema")
    if found is None or "neurospine" not in file.attrs:
        raise ResultError(f"{path}: an HDF5 file, but not a neurospine result")
    layout, version = int(found), file.attrs["neurospine"]
    if layout > SCHEMA:
        raise ResultError(
            f"{path}: result schema {layout}, written by a newer neurospine ({version}); this one "
            f"reads up to schema {SCHEMA} (pip install --upgrade neurospine)"
        )
    if layout != SCHEMA and layout not in MIGRATIONS:
        raise ResultError(f"{path}: result schema {layout}, which no version has written")
    return layout


def _slots(file: h5py.File) -> None:
    """Go from layout 1 to 2: slots had their table under contacts; measures had no intervals."""
    file.move("contacts", "slots")
    for group in file["slots"].values():
        size = len(group["slot"])
        for name in ("present", "recorded"):
            group.create_dataset(name, data=np.ones(size, bool))
        columns = [name for name in group.attrs["columns"] if name not in ("birth", "death")]
        group.attrs["columns"] = [*columns, "present", "recorded"]
        group.attrs["stages"] = [""]
        for variable in group["variables"].values():
            variable.attrs["type"] = "<f8"
    for group in file.get("measures", {}).values():
        for name in {"low", "high"} - set(group.attrs["columns"]):
            group.create_dataset(name, data=np.full(len(group["value"]), np.nan))
            group.attrs["columns"] = [*group.attrs["columns"], name]
    for name in ("disorders", "form", "spine"):
        file.attrs.setdefault(name, "")
    file.attrs["schema"] = 2


#: What brings a file from a layout to the next.
MIGRATIONS: Mapping[int, Callable[[h5py.File], None]] = {1: _slots}
