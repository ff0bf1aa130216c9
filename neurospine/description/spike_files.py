"""Spikes from a file: a CSV table, or spikes of a SONATA file.

A CSV file has the columns ``cell`` (counted from 0) and ``time [unit]``. Of a SONATA file (HDF5)
``node_ids`` and ``timestamps`` of one population of spikes are read, in ms or in the unit that
``timestamps`` names. A run keeps the text of a CSV file as it is, and those of a SONATA file as
arrays, compressed.
"""

from __future__ import annotations

import warnings
from io import StringIO
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pandas as pd

from neurospine.description.arrays import HDF5, Array, is_packed, numbers, pack, population, unpack
from neurospine.description.hdf5_files import opened
from neurospine.description.units import convert
from neurospine.errors import NeurospineError, ProtocolError, shorten

_KIND = "spikes"
_TYPES = {"cell": np.float64, "time": np.float64}


def spikes_name(file: str, spikes: str | None) -> str:
    """Return the name under which a run keeps the spikes in a file that its protocol names."""
    return quote(f"{file}#{spikes}" if spikes else file, safe=" ")


def read_spikes(path: Path, spikes: str | None) -> str:
    """Return the spikes in a file as the text that a run keeps.

    Parameters
    ----------
    path
        The file.
    spikes
        Which population of spikes of a SONATA file; None is the only one.

    Raises
    ------
    ProtocolError
        If the file cannot be read or is none of spikes; the message names it.
    """
    try:
        if path.suffix in HDF5:
            return pack(_KIND, _read_sonata(path, spikes))
        if spikes:
            raise ProtocolError("spikes: goes with an HDF5 file, in which populations have names")
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ProtocolError(f"{path}: cannot be read: {error}") from None
    except OSError as error:
        reason = error.strerror or "no HDF5 file"
        raise ProtocolError(f"{path}: cannot be read: {reason}") from None
    except NeurospineError as error:
        raise ProtocolError(f"{path}: {error}") from None


def parse_spikes(text: str, file: str) -> tuple[Array, Array]:
    """Return cells and times (s) in a text that `read_spikes` returned; `file` is for errors.

    Raises
    ------
    ProtocolError
        If a column is missing or has another content than it must.
    """
    try:
        found = unpack(text, _TYPES) if is_packed(_KIND, text) else _read_csv(text)
        cells, times = found["cell"], found["time"]
        if not np.all(cells == np.rint(cells)):
            raise ProtocolError("cell: must be whole numbers")
        if not np.all(np.isfinite(times)):
            raise ProtocolError("time: must be finite numbers")
    except NeurospineError as error:
        raise ProtocolError(f"{file}: {error}") from None
    return cells.astype(np.int64), times


def _read_csv(text: str) -> dict[str, Array]:
    try:
        with warnings.catch_warnings(action="error"):  # more fields than names in a line
            table = pd.read_csv(StringIO(text), comment="#", index_col=False)
    except (ValueError, Warning) as error:
        raise ProtocolError(f"no spike list: {shorten(error)}") from None
    columns = {name.split("[")[0].strip(): name for name in table.columns}
    if not {"cell", "time"} <= set(columns) or "[" not in columns["time"]:
        raise ProtocolError("needs the columns 'cell' and 'time [unit]'")
    factor = convert(1.0, columns["time"].split("[")[1].rstrip("] "), "second")
    try:
        return {
            "cell": table[columns["cell"]].to_numpy(float),
            "time": table[columns["time"]].to_numpy(float) * factor,
        }
    except (ValueError, OverflowError) as error:
        raise ProtocolError(f"no spike list: {shorten(error)}") from None


def _read_sonata(path: Path, wanted: str | None) -> dict[str, Array]:
    if not path.is_file():
        raise ProtocolError("cannot be read: there is no such file")
    with opened(path, lambda why: ProtocolError(f"cannot be read: {why}"), links=True) as file:
        group = population(file, _KIND, wanted)
        cells, stamps = numbers(group, "node_ids"), numbers(group, "timestamps")
        unit = group["timestamps"].attrs.get("units", "ms")
        unit = unit.decode(errors="replace") if isinstance(unit, bytes) else str(unit)
        if cells.size != stamps.size:
            raise ProtocolError(
                f"spikes: {group.name}: has {cells.size} node_ids and {stamps.size} timestamps"
            )
    return {"cell": cells, "time": stamps * convert(1.0, unit, "second")}
