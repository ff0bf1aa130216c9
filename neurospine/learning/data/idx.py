"""Read the IDX files of MNIST and Fashion-MNIST, compressed or not."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from neurospine.errors import DataError

Bytes = npt.NDArray[np.uint8]
#: First number of a file: 0x08 stands for unsigned bytes, the last byte for the dimensions.
IMAGES, LABELS = 0x0803, 0x0801


def read_bytes(path: Path) -> bytes:
    """Return what is in a file, decompressed if its name ends in ``.gz``.

    Raises
    ------
    DataError
        If the file cannot be read or decompressed.
    """
    try:
        raw = path.read_bytes()
        return gzip.decompress(raw) if path.suffix == ".gz" else raw
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: cannot be read, so it may be cut short: {error}") from None


def parse_idx(raw: bytes, magic: int, origin: Path) -> Bytes:
    """Return the array in an IDX file of unsigned bytes.

    Parameters
    ----------
    raw
        What is in the file.
    magic
        `IMAGES` or `LABELS`.
    origin
        The file, for errors.

    Raises
    ------
    DataError
        If the file starts with another number, or its length does not agree with its header.
    """
    dimensions = magic & 0xFF
    header = 4 * (1 + dimensions)
    if len(raw) < header:
        raise DataError(f"{origin}: {len(raw)} bytes, shorter than the header of an IDX file")
    found, *shape = (int(number) for number in np.frombuffer(raw[:header], dtype=">u4"))
    if found != magic:
        what = {IMAGES: "images", LABELS: "labels"}
        hint = f" (that of {what[found]})" if found in what else ""
        raise DataError(
            f"{origin}: magic number {found:#010x}{hint}, {magic:#010x} is that of {what[magic]}"
        )
    wanted = int(np.prod(shape, dtype=np.int64))
    if len(raw) - header != wanted:
        state = "truncated" if len(raw) - header < wanted else "too long"
        raise DataError(
            f"{origin}: {state}: {len(raw) - header} bytes after the header, which promises "
            f"{' x '.join(map(str, shape))} = {wanted}"
        )
    return np.frombuffer(raw, dtype=np.uint8, offset=header).reshape(shape)
