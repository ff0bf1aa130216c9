"""Read the batches of CIFAR-10, in their binary and their Python version.

The Python version is pickled; it is read with nothing allowed but arrays of numbers.
"""

from __future__ import annotations

import io
import pickle
import pickletools
from pathlib import Path
from typing import Any

import numpy as np

from neurospine.errors import DataError
from neurospine.learning.data.idx import Bytes

#: 32 x 32 pixels of red, green and blue.
PIXELS = 3072
#: What the pickled arrays are made with.
_ALLOWED: dict[tuple[str, str], Any] = {
    (module, name): value
    for name, value in (
        ("_reconstruct", np.empty(0).__reduce__()[0]),
        ("ndarray", np.ndarray),
        ("dtype", np.dtype),
    )
    for module in ("numpy", "numpy.core.multiarray", "numpy._core.multiarray")
}


def parse_binary(raw: bytes, origin: Path) -> tuple[Bytes, Bytes]:
    """Return images and labels of a batch in the binary version.

    Raises
    ------
    DataError
        If the file does not hold whole records of one label and 3,072 bytes.
    """
    if not raw or len(raw) % (1 + PIXELS):
        raise DataError(
            f"{origin}: truncated: {len(raw)} bytes, not a whole number of records of {1 + PIXELS}"
        )
    records = np.frombuffer(raw, dtype=np.uint8).reshape(-1, 1 + PIXELS)
    return records[:, 1:], records[:, 0]


def parse_pickled(raw: bytes, origin: Path) -> tuple[Bytes, Bytes]:
    """Return images and labels of a batch in the Python version.

    Raises
    ------
    DataError
        If the file is no such batch, or holds anything but numbers and texts.
    """
    try:
        _check_memo(raw)
        batch = _Numbers(io.BytesIO(raw), encoding="bytes").load()
        images, labels = np.asarray(batch[b"data"]), np.asarray(batch[b"labels"])
    except DataError as error:
        raise DataError(f"{origin}: {error}") from None
    except Exception as error:  # a damaged pickle raises whatever its bytes say
        raise DataError(
            f"{origin}: not a batch of CIFAR-10, or truncated: {type(error).__name__}: {error}"
        ) from None
    if (
        images.shape != (len(labels), PIXELS)
        or images.dtype != np.uint8
        or labels.dtype.kind != "i"
    ):
        raise DataError(
            f"{origin}: images of shape {images.shape} and {labels.size} labels, expected "
            f"{PIXELS} bytes for each label"
        )
    if labels.size and not 0 <= labels.min() <= labels.max() <= 255:
        raise DataError(f"{origin}: labels from {labels.min()} to {labels.max()}, expected 0 to 9")
    return images, labels.astype(np.uint8)


def _check_memo(raw: bytes) -> None:
    """Raise an error if objects are numbered beyond what a file can hold.

    Unpickling makes room for all numbers up to the largest, gigabytes for a file of a few bytes.
    """
    for opcode, argument, _ in pickletools.genops(raw):
        if opcode.name.endswith("PUT") and int(argument or 0) > len(raw):
            raise DataError(f"numbers an object {argument}, in a file of {len(raw)} bytes")


class _Numbers(pickle.Unpickler):
    """Unpickles arrays, and nothing that could run."""

    def find_class(self, module: str, name: str) -> Any:
        """Return one of the few things that arrays are made with."""
        if (module, name) not in _ALLOWED:
            raise DataError(f"holds {module}.{name}; only arrays of numbers are read")
        return _ALLOWED[module, name]
