"""Records of a run in progress: append-only, checksummed, readable up to the last whole one.

While a run goes on its data stand in a folder ``NAME.h5.part``: one file
``STREAM.segment`` for each stream of records. A record is five 64-bit words
(magic, tick, number of elements, bytes of payload, checksum) and the payload,
padded to whole words. A stream of snapshots holds one float64 array for each
variable; a stream of spikes holds times in seconds (float64) and cells (int32);
a stream of traces holds times and, for each variable, values as (time, cell).
The compiled programs write the same format (`simulation/backends/standalone`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from neurospine.errors import ResultError

Array = np.ndarray[Any, np.dtype[Any]]

MAGIC = int.from_bytes(b"NSSPSEG1", "little")
_HEAD = np.dtype([(name, "<u8") for name in ("magic", "tick", "count", "bytes", "checksum")])


@dataclass(frozen=True)
class Record:
    """One record: the tick it was taken at and its payload."""

    tick: int
    count: int
    payload: Array

    def arrays(self, number: int) -> tuple[Array, ...]:
        """Return the `number` float64 arrays of a snapshot."""
        return tuple(self.payload.view("<f8").reshape(number, self.count))

    def samples(self, number: int, cells: int) -> tuple[Array, ...]:
        """Return times, and `number` arrays (time, cell) of recorded variables."""
        values = self.payload.view("<f8")
        shape = (number, self.count, cells)
        return values[: self.count], *values[self.count :].reshape(shape)

    def spikes(self) -> tuple[Array, Array]:
        """Return times and cells of a record of spikes."""
        times = self.payload[: 8 * self.count].view("<f8")
        return times, self.payload[8 * self.count : 12 * self.count].view("<i4")


def spine_stream(projection: str) -> str:
    """Return the name of the stream of snapshots of a projection's spines."""
    return f"spines_{projection}"


def trace_stream(population: str) -> str:
    """Return the name of the stream of recorded variables of a population."""
    return f"traces_{population}"


def spike_stream(population: str) -> str:
    """Return the name of the stream of spikes of a population."""
    return f"spikes_{population}"


def segment_path(folder: Path, stream: str) -> Path:
    """Return the file of a stream in the folder of a run in progress."""
    return folder / f"{stream}.segment"


def checksum(words: Array) -> int:
    """Return a weighted sum of 64-bit words, modulo 2**64."""
    words = words.view("<u8")
    weights = np.arange(1, 2 * words.size, 2, dtype="<u8")
    return int((words * weights).sum(dtype="<u8")) if words.size else 0


def _record_checksum(tick: int, count: int, payload: Array) -> int:
    """Return the checksum of a record: over tick and count, then the payload."""
    return checksum(np.concatenate([np.array([tick, count], "<u8"), payload.view("<u8")]))


def append(folder: Path, stream: str, tick: int, count: int, *arrays: Array) -> None:
    """Append a record to a stream.

    Raises
    ------
    ResultError
        If it cannot be written.
    """
    parts = [np.frombuffer(np.ascontiguousarray(a).tobytes(), "u1") for a in arrays]
    payload = np.concatenate([p for part in parts for p in (part, np.zeros(-part.size % 8, "u1"))])
    head = np.array(
        (MAGIC, tick, count, payload.size, _record_checksum(tick, count, payload)), dtype=_HEAD
    )
    try:
        with segment_path(folder, stream).open("ab") as file:
            file.write(head.tobytes() + payload.tobytes())
    except OSError as error:
        raise ResultError(f"{folder}: a record could not be written ({error.strerror})") from None


def read(folder: Path, stream: str) -> Iterator[Record]:
    """Yield the whole records of a stream; a torn or damaged one ends it.

    The payloads are read from disk as they are used.
    """
    path = segment_path(folder, stream)
    if not path.is_file() or path.stat().st_size < _HEAD.itemsize:
        return
    data = np.memmap(path, dtype="u1", mode="r")
    position = 0
    while position + _HEAD.itemsize <= data.size:
        head = data[position : position + _HEAD.itemsize].view(_HEAD)[0]
        start = position + _HEAD.itemsize
        stop = start + int(head["bytes"])
        if head["magic"] != MAGIC or stop > data.size or head["bytes"] % 8:
            return
        payload = data[start:stop]
        tick, count = int(head["tick"]), int(head["count"])
        if _record_checksum(tick, count, payload) != head["checksum"]:
            return
        yield Record(tick, count, payload)
        position = stop
