"""Open HDF5 files that anybody may have made, or that are damaged.

The HDF5 library believes what a file says. A few bytes can promise terabytes, and a name in a
file can lead into another file; at a damaged file it can loop without end, or crash. So a file is
looked through before anything in it is read, in a process of its own (`description.hdf5_guard`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py

from neurospine.description.hdf5_guard import GUARD
from neurospine.description.hdf5_look import check
from neurospine.errors import NeurospineError, shorten

#: What libraries raise at a damaged file.
_RAISED = (
    *(OSError, LookupError, ValueError, RuntimeError, AttributeError, TypeError),
    *(ArithmeticError, MemoryError, SystemError),
)


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
        leads into another file; or if the HDF5 library crashes at it, or does not end.
    """
    with refused(refusal):
        size = path.stat().st_size
        if not path.is_file():
            raise ValueError("it is no file")
        wrong = GUARD.wrong_with(path, links=links)
        if wrong:
            raise ValueError(wrong)
        with h5py.File(path, "r") as file:
            if wrong is None:
                check(file, size, links=links)
            yield file


@contextmanager
def refused(refusal: Callable[[str], NeurospineError]) -> Iterator[None]:
    """Put what libraries raise in the block down to the file, by an error made of the reason."""
    try:
        yield
    except NeurospineError:
        raise
    except _RAISED as error:
        raise refusal(shorten(str(error) or type(error).__name__)) from None
