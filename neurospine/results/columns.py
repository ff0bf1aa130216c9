"""Large datasets in HDF5, written row by row in compressed chunks.

The chunks are those of HDF5's own shuffle and deflate filters, so that any program reads
them, but they are compressed here, several at a time. The last bits of volumes are
noise, which no search for repetitions makes smaller: floating-point numbers are only coded by
how often each byte occurs, and in whole numbers only runs are looked for.
"""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import h5py
import numpy as np

from neurospine.results.tables import CHUNK, NewFile

Array = np.ndarray[Any, np.dtype[Any]]

WORKERS = 2
#: Chunks that may wait to be written, for each worker.
WAITING = 4


class Columns:
    """Writes rows of datasets (time, element) as they come."""

    def __init__(self, file: NewFile, pool: ThreadPoolExecutor) -> None:
        self._file, self._pool = file, pool
        self._waiting: deque[tuple[h5py.Dataset, tuple[int, int], Future[bytes]]] = deque()
        self._datasets: list[h5py.Dataset] = []
        self._buffers: dict[str, Array] = {}

    def create(
        self, group: h5py.Group, name: str, shape: tuple[int, int], kind: str
    ) -> h5py.Dataset:
        """Make a dataset to be filled with `put`."""
        rows, size = shape
        if not rows or not size:
            return group.create_dataset(name, shape, dtype=kind)
        together = max(1, min(rows, CHUNK // max(size, 1)))
        made = group.create_dataset(
            name,
            shape,
            dtype=kind,
            chunks=(together, max(1, min(size, CHUNK))),
            compression="gzip",
            compression_opts=1,
            shuffle=np.dtype(kind).itemsize > 1,
        )
        self._buffers[made.name] = np.zeros((together, size), kind)
        self._datasets.append(made)
        return made

    def put(self, dataset: h5py.Dataset, row: int, values: Array) -> None:
        """Write one row; rows come in order."""
        buffer = self._buffers[dataset.name]
        inside = row % len(buffer)
        buffer[inside] = values
        if inside == len(buffer) - 1 or row == dataset.shape[0] - 1:
            self._flush(dataset, row - inside)

    def finish(self) -> None:
        """Write what is still being compressed."""
        while self._waiting:
            self._write()

    def _flush(self, dataset: h5py.Dataset, row: int) -> None:
        buffer = self._buffers[dataset.name]
        rows, width = dataset.chunks
        for start in range(0, dataset.shape[1], width):
            chunk = np.zeros((rows, width), buffer.dtype)
            part = buffer[:, start : start + width]
            chunk[:, : part.shape[1]] = part
            done = self._pool.submit(_compress, chunk)
            self._waiting.append((dataset, (row, start), done))
            if len(self._waiting) > WORKERS * WAITING:
                self._write()

    def _write(self) -> None:
        dataset, place, done = self._waiting.popleft()
        dataset.id.write_direct_chunk(place, done.result())
        self._file.check()


@contextmanager
def columns(file: NewFile) -> Iterator[Columns]:
    """Give something that writes rows to a file; all are written at the end."""
    with ThreadPoolExecutor(WORKERS) as pool:
        written = Columns(file, pool)
        yield written
        written.finish()


def _compress(chunk: Array) -> bytes:
    size = chunk.dtype.itemsize
    shuffled = chunk.view("u1").reshape(-1, size).T if size > 1 else chunk.view("u1")
    strategy = zlib.Z_HUFFMAN_ONLY if chunk.dtype.kind == "f" else zlib.Z_RLE
    made = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS, 9, strategy)
    return made.compress(np.ascontiguousarray(shuffled).tobytes()) + made.flush()
