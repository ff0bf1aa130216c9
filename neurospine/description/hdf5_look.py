"""Look through an HDF5 file: what it promises, where it leads, and whether it can be read.

The HDF5 library can loop without end, or end its process, at a damaged file. So everything is read
that others may read later, in a process that this does no harm to (`description.hdf5_guard`).
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from h5py import h5a, h5d, h5ds, h5g, h5i, h5l, h5o, h5s, h5z

from neurospine.errors import shorten

#: Bytes that a byte of a file can stand for at most: deflate makes 1032 of one.
_LARGEST_RATIO = 1100
#: Bytes that a file of any size may hold.
_ALWAYS = 1_000_000
#: Bytes of data up to which a file is read whole: a fifth of a second where they are compressed.
_WHOLE = 64_000_000
#: Bytes of data up to which a dataset of a larger file is; of others so much at both ends.
_SMALL = 1_000_000
#: Files that links of a file may lead to, one after the other.
_MOST_FILES = 20

#: An attribute that says which datasets belong to the dimensions of one.
_DIMENSIONS = b"DIMENSION_LIST"


def check(file: h5py.File, size: int, *, links: bool) -> list[h5o.ObjectID]:
    """Check that a file is what it seems.

    Parameters
    ----------
    file
        The file.
    size
        Its size in bytes.
    links
        Whether names in it may lead elsewhere.

    Returns
    -------
    list[h5o.ObjectID]
        What is in it.

    Raises
    ------
    ValueError
        If it promises more than it can hold, or leads elsewhere though it may not.
    """
    total, items = 0, []
    for name, kind in _links(file):
        if kind == h5l.TYPE_HARD:
            item = h5o.open(file.id, name)
            if isinstance(item, h5d.DatasetID):
                if not links and _lies_elsewhere(item):
                    raise ValueError(f"{_shown(name)} lies in another file")
                total += _bytes(item)
            items.append(item)
        elif not links:
            raise ValueError(f"{_shown(name)} leads to another place")
    if total > _ALWAYS + _LARGEST_RATIO * size:
        raise ValueError(f"it promises {total} bytes in a file of {size}")
    return items


def look_through(path: Path, *, links: bool) -> None:
    """Read a file, so that what makes the library fail does it now.

    A file in which the library stumbles anywhere is refused, also where nobody would have read:
    what it leaves behind can end a process later. Files that it leads to are looked through too.

    Parameters
    ----------
    path
        The file.
    links
        Whether names in it may lead elsewhere.

    Raises
    ------
    ValueError
        If it promises more than it can hold, leads elsewhere though it may not, or a part of it
        cannot be read.
    """
    known = [path, *_looked_through(path, links)]
    for other in known[1:] if links else ():
        with suppress(OSError):
            further = _looked_through(other, links)
            known += [path for path in further if path not in known][: _MOST_FILES - len(known)]


def _looked_through(path: Path, links: bool) -> list[Path]:
    """Read a file and return the files that it leads to."""
    with h5py.File(path, "r") as file:
        items = check(file, path.stat().st_size, links=links)
        _read([h5o.open(file.id, b"/"), *items, *(_linked(file) if links else ())])
        return list(_led_to(file, path.parent)) if links else []


def _links(file: h5py.File) -> list[tuple[bytes, int]]:
    """Return all names in a file and the kind of link that each is."""
    found: list[tuple[bytes, int]] = []

    def note(name: bytes, information: Any) -> None:
        found.append((name, information.type))

    file.id.links.visit(note, info=True)
    return found


def _shown(name: bytes) -> str:
    return repr(shorten(name.decode(errors="replace")))


def _lies_elsewhere(dataset: h5d.DatasetID) -> bool:
    how = dataset.get_create_plist()
    return bool(how.get_external_count() or how.get_layout() == h5d.VIRTUAL)


def _bytes(dataset: h5d.DatasetID) -> int:
    """Return how many bytes a dataset says it holds."""
    shape = dataset.shape
    return 0 if shape is None else math.prod(shape) * int(dataset.dtype.itemsize)


def _led_to(file: h5py.File, folder: Path) -> Iterator[Path]:
    """Yield the files that names in a file lead to."""
    for name, kind in _links(file):
        if kind == h5l.TYPE_EXTERNAL:
            other = (folder / os.fsdecode(file.id.links.get_val(name)[0])).resolve()
            if other.is_file():
                yield other


def _linked(file: h5py.File) -> Iterator[h5o.ObjectID]:
    """Yield what names in a file lead to that are no hard links."""
    for name, kind in _links(file):
        if kind != h5l.TYPE_HARD:
            with suppress(Exception):
                yield h5o.open(file.id, name)


def _read(items: list[h5o.ObjectID]) -> None:
    """Read what a file holds; of large ones all attributes, and large datasets in part."""
    found = []
    for item in items:
        with _reading(item):
            _read_attributes(item)
        if isinstance(item, h5d.DatasetID):
            found.append((_bytes(item), item))
        elif isinstance(item, h5g.GroupID):
            item.links.exists(b"no such name")
    whole = sum(size for size, _ in found) <= _WHOLE
    for size, dataset in found:
        with _reading(dataset):
            if whole or size <= _SMALL:
                _read_values(dataset, h5s.ALL, h5s.ALL)
            else:
                for part in _ends(dataset):
                    h5py.Dataset(dataset)[part]


def _read_values(source: h5d.DatasetID | h5a.AttrID, *spaces: Any) -> None:
    """Read all of a dataset or attribute, as `h5py` does but for what Python makes of it."""
    if source.shape is not None:
        source.read(*spaces, np.empty(source.shape, source.dtype))


@contextmanager
def _reading(item: h5o.ObjectID) -> Iterator[None]:
    """Put down to an object what the library raises; what Python cannot hold is no fault of it."""
    try:
        yield
    except (UnicodeError, TypeError, NotImplementedError):
        pass
    except Exception as error:
        if not (isinstance(item, h5d.DatasetID) and _filters_missing(item)):
            name, why = h5i.get_name(item) or b"", shorten(error or type(error).__name__)
            raise ValueError(f"{_shown(name)} cannot be read: {why}") from None


def _filters_missing(dataset: h5d.DatasetID) -> bool:
    """Return whether a dataset was packed by what is not installed here."""
    how = dataset.get_create_plist()
    codes = [how.get_filter(number)[0] for number in range(how.get_nfilters())]
    return not all(h5z.filter_avail(code) for code in codes)


def _read_attributes(item: h5o.ObjectID) -> None:
    """Read the attributes of an object, and what those of a dataset say of its dimensions."""
    names: list[bytes] = []
    h5a.iterate(item, names.append)
    for name in names:
        if name != _DIMENSIONS:
            with suppress(UnicodeError, TypeError, NotImplementedError):
                _read_values(h5a.open(item, name))
        elif isinstance(item, h5d.DatasetID):
            for dimension in range(item.rank):
                scales: list[h5d.DatasetID] = []
                if h5ds.get_num_scales(item, dimension):
                    h5ds.iterate(item, dimension, scales.append, 0)
                for scale in scales:
                    h5ds.get_scale_name(scale)


def _ends(dataset: h5d.DatasetID) -> list[tuple[slice, ...]]:
    """Return the first and the last chunk of a dataset, or as much of one that has none."""
    how = dataset.get_create_plist()
    if how.get_layout() == h5d.CHUNKED:
        dataset.get_num_chunks()
        chunks = how.get_chunk()
    else:
        left = _SMALL // dataset.dtype.itemsize
        sizes = []
        for size in reversed(dataset.shape):
            sizes.append(max(1, min(size, left)))
            left //= max(1, size)
        chunks = tuple(reversed(sizes))
    pairs = list(zip(dataset.shape, chunks, strict=True))
    return [
        tuple(slice(0, chunk) for _, chunk in pairs),
        tuple(slice((size - 1) // chunk * chunk, size) for size, chunk in pairs),
    ]
