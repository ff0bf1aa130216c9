"""Arrays in files of others (SONATA, in HDF5), and arrays as the text that a run keeps of them."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from typing import Any

import h5py
import numpy as np

from neurospine.errors import NeurospineError, shorten, suggest

Array = np.ndarray[Any, np.dtype[Any]]

#: How files are called that are read as HDF5.
HDF5 = (".h5", ".hdf5", ".sonata")
#: Lists with more rows than this are not read.
MOST_ROWS = 500_000_000


def population(file: h5py.File, kind: str, wanted: str | None) -> h5py.Group:
    """Return a population of a kind (edges, spikes) in a file: the wanted one, or the only one.

    Raises
    ------
    NeurospineError
        If there is none, or several to choose from.
    """
    group = file.get(kind)
    if not isinstance(group, h5py.Group):
        raise NeurospineError(f"has no group /{kind}, so it is no SONATA file of {kind}")
    names = [name for name, item in group.items() if isinstance(item, h5py.Group)]
    if wanted is None and len(names) != 1:
        shown = ", ".join(names[:12])
        raise NeurospineError(f"{kind}: has {len(names)} populations of {kind} ({shown}); name one")
    chosen = wanted or names[0]
    if chosen not in names:
        raise NeurospineError(f"{kind}: no population {chosen!r}. {suggest(chosen, names)}")
    found = group[chosen]
    if found.file != file:
        raise NeurospineError(f"{kind}: {chosen!r} lies in another file; copy it here")
    return found


def numbers(group: h5py.Group, name: str) -> Array:
    """Return a list of numbers in a population.

    Raises
    ------
    NeurospineError
        If it is none, lies in another file, or is too long.
    """
    kind = group.name.split("/")[1]
    found = group.get(name)
    if not isinstance(found, h5py.Dataset) or found.ndim != 1 or found.dtype.kind not in "iuf":
        raise NeurospineError(f"{kind}: {group.name}: has no list of numbers {name!r}")
    if found.file != group.file or found.external or found.is_virtual:
        raise NeurospineError(f"{kind}: {group.name}: {name!r} lies in another file; copy it here")
    if found.size > MOST_ROWS:
        raise NeurospineError(f"{kind}: {group.name}: more than {MOST_ROWS} {kind}")
    return np.asarray(found[()], float)


def pack(kind: str, columns: Mapping[str, Array]) -> str:
    """Return columns as a text, compressed."""
    packed = {
        name: base64.b64encode(zlib.compress(np.ascontiguousarray(values).tobytes())).decode()
        for name, values in columns.items()
    }
    return _head(kind) + json.dumps({"columns": packed})[1:]


def is_packed(kind: str, text: str) -> bool:
    """Return whether a text is one of `pack`."""
    return text.startswith(_head(kind))


def unpack(text: str, types: Mapping[str, type]) -> dict[str, Array]:
    """Return the columns in a text of `pack`, of these types, as far as they are there.

    Raises
    ------
    NeurospineError
        If it is damaged.
    """
    try:
        packed = json.loads(text)["columns"]
        found: dict[str, Array] = {
            name: np.frombuffer(zlib.decompress(base64.b64decode(packed[name])), kind)
            for name, kind in types.items()
            if name in packed
        }
        if len({column.size for column in found.values()}) > 1:
            raise ValueError("they are not of one length")
    except (ValueError, KeyError, TypeError, RecursionError, zlib.error) as error:
        raise NeurospineError(f"its packed columns are damaged: {shorten(error)}") from None
    return found


def _head(kind: str) -> str:
    return f'{{"neurospine": "{kind}", '
