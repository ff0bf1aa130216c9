"""Published values to compare with: the files of data/reference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pandas as pd

from neurospine.description.library import display, find_file
from neurospine.errors import LibraryError


@dataclass(frozen=True)
class Published:
    """A file of published values: its table, and the unit of each column."""

    table: pd.DataFrame
    units: Mapping[str, str]

    def only(self, rows: Mapping[str, float | str]) -> Published:
        """Return the rows that have these values in these columns."""
        table = self.table
        for column, value in rows.items():
            table = table[table[column] == value]
        return Published(table, self.units)


def load_reference(name: str) -> Published:
    """Return a file of `data/reference`; a column is headed ``name [unit]``.

    Raises
    ------
    LibraryError
        If there is no such file or it is not a table.
    """
    path = find_file(name, "data", ".csv")
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _read(path: Path, changed: int) -> Published:
    try:
        table = pd.read_csv(path, comment="#")
    except (OSError, ValueError) as error:
        raise LibraryError(f"{display(path)}: not a table: {error}") from None
    units, names = {}, []
    for head in map(str, table.columns):
        column, _, unit = head.partition("[")
        names.append(column.strip())
        units[column.strip()] = unit.rstrip("] ") or "1"
    table.columns = pd.Index(names)
    return Published(table, units)
