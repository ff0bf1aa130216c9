"""Tables in HDF5, one dataset a column, and files that are whole or not there."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import pandas as pd

from neurospine.errors import ResultError

TEXT = h5py.string_dtype()
COMPRESSION: dict[str, Any] = {"compression": "gzip", "compression_opts": 1, "shuffle": True}
#: Elements of a dataset in one chunk.
CHUNK = 65536


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


def write_table(group: h5py.Group, table: pd.DataFrame) -> None:
    """Write the columns of a table into a group."""
    group.attrs["columns"] = list(map(str, table.columns)) or [""]
    for name in table.columns:
        column = table[name].to_numpy()
        if column.dtype.kind in "OUT":
            group.create_dataset(name, data=column.astype(object), dtype=TEXT)
        else:
            large = column.size > CHUNK
            group.create_dataset(name, data=column, **(COMPRESSION if large else {}))


def read_table(group: h5py.Group) -> pd.DataFrame:
    """Return the table in a group."""
    columns = [name for name in group.attrs["columns"] if name]
    table = {}
    for name in columns:
        data = group[name]
        table[name] = data.asstr()[...] if data.dtype.kind == "O" else data[...]
    return pd.DataFrame(table, columns=columns)
