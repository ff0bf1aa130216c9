"""Open HDF5 files that anybody may have made, or that are damaged.

The HDF5 library believes what a file says. A few bytes can promise terabytes, and a name in a
file can lead into another file. So a file is looked through before anything in it is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py

from neurospine.errors import NeurospineError, shorten

#: What libraries raise at a damaged file.
_RAISED = (
    *(OSError, LookupError, ValueError, RuntimeError, AttributeError, TypeError),
    *(ArithmeticError, MemoryError, SystemError),
)
#: Bytes that a byte of a file can stand for at most: deflate makes 1032 of one.
_LARGEST_RATIO = 1100
#: Bytes that a file of any size may hold.
_ALWAYS = 1_000_000


@contextmanager
def opened(
    path: Path, refusal: Callable[[str], NeurospineError], *, links: bool = False
) -> Iterator[h5py.File]:
    """Open a file to read; what goes wrong in the block is what is wrong with the file.

    Parameters
    ----------
    path
        The file.
    refusal
        Makes an error of the reason.
    links
        Whether names in it may lead elsewhere; in files of ours they do not.

    Raises
    ------
    NeurospineError
        Such a one, if the file is no HDF5 file, is damaged, promises more than it can hold or
        leads into another file.
    """
    try:
        with h5py.File(path, "r") as file:
            _check(file, path.stat().st_size, links)
            yield file
    except NeurospineError:
        raise
    except _RAISED as error:
        raise refusal(shorten(str(error) or type(error).__name__)) from None


def _check(file: h5py.File, size: int, links: bool) -> None:
    """Raise a `ValueError` if a file is not what it seems."""
    names: dict[str, object] = {}
    file.visititems_links(names.__setitem__)
    total = 0
    for name, link in names.items():
        if isinstance(link, h5py.HardLink):
            found = file[name]
            if isinstance(found, h5py.Dataset):
                if not links and (found.external or found.is_virtual):
                    raise ValueError(f"{shorten(name)!r} lies in another file")
                total += found.nbytes
        elif not links:
            raise ValueError(f"{shorten(name)!r} leads to another place")
    if total > _ALWAYS + _LARGEST_RATIO * size:
        raise ValueError(f"it promises {total} bytes in a file of {size}")
