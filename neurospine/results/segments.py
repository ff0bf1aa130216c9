"""Records of a run in progress: append-only, checksummed, readable up to the last whole one.

While a run goes on its data stand in a folder ``NAME.h5.part``: one file
``STREAM.segment`` for each stream of records. A record is five 64-bit words
(magic, tick, number of elements, bytes of payload, checksum) and the payload,
padded to whole words; every array in it begins at a whole word. A stream of
snapshots holds one array for each variable; a stream of spikes holds times in
seconds (float64) and cells (int32); a stream of traces holds times and, for each
variable, values as (time, cell); a stream of contacts holds ticks (int64), slots,
presynaptic cells (int32) and what happened (int8: 1 died, 2 born, 3 both). For
summaries see `summary`.
The compiled programs write the same format (`simulation/backends/standalone`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from neurospine.errors import ResultError

Array = np.ndarray[Any, np.dtype[Any]]

SPIKES = ("<f8", "<i4")
CONTACTS = ("<i8", "<i4", "<i4", "i1")
MAGIC = int.from_bytes(b"NSSPSEG1", "little")
_HEAD = np.dtype([(name, "<u8") for name in ("magic", "tick", "count", "bytes", "checksum")])


@dataclass(frozen=True)
class Record:
    """One record: the tick it was taken at and its payload."""

    tick: int
    count: int
    payload: Array

    def arrays(self, types: Sequence[str]) -> list[Array]:
        """Return the arrays of `count` elements, of these types, that the payload holds."""
        found, start = [], 0
        for kind in types if self.count else ():
            size = np.dtype(kind).itemsize * self.count
            found.append(self.payload[start : start + size].view(kind))
            start += size + -size % 8
        return found or [np.zeros(0, kind) for kind in types]

    def samples(self, number: int, cells: int) -> tuple[Array, ...]:
        """Return times, and `number` arrays (time, cell) of recorded variables."""
        values = self.payload.view("<f8")
        shape = (number, self.count, cells)
        return values[: self.count], *values[self.count :].reshape(shape)


def spine_stream(projection: str) -> str:
    """Return the name of the stream of snapshots of a projection's spines."""
    return f"spines_{projection}"


def trace_stream(population: str) -> str:
    """Return the name of the stream of recorded variables of a population."""
    return f"traces_{population}"


def spike_stream(population: str) -> str:
    """Return the name of the stream of spikes of a population."""
    return f"spikes_{population}"


def contact_stream(projection: str) -> str:
    """Return the name of the stream of births and deaths of a projection's spines."""
    return f"contacts_{projection}"


def summary_stream(projection: str) -> str:
    """Return the name of the stream of summaries of a projection's spines."""
    return f"summary_{projection}"


def segment_path(folder: Path, stream: str) -> Path:
    """Return the file of a stream in the folder of a run in progress."""
    return folder / f"{stream}.segment"


def checksum(words: Array, *, first: int = 0) -> int:
    """Return a weighted sum of 64-bit words, modulo 2**64.

    The weights are odd numbers; `first` is the number of the first word.
    """
    words = words.view("<u8")
    weights = np.arange(2 * first + 1, 2 * (first + words.size), 2, dtype="<u8")
    return int(np.dot(words, weights)) if words.size else 0


def _record_checksum(tick: int, count: int, payload: Array) -> int:
    """Return the checksum of a record: over tick and count, then the payload."""
    head = np.array([tick, count], "<u8")
    return (checksum(head) + checksum(payload, first=2)) % 2**64


def append(folder: Path, stream: str, tick: int, count: int, *arrays: Array) -> None:
    """Append a record to a stream.

    Raises
    ------
    ResultError
        If it cannot be written.
    """
    parts = [np.frombuffer(np.ascontiguousarray(a).tobytes(), "u1") for a in arrays]
    padded = [piece for part in parts for piece in (part, np.zeros(-part.size % 8, "u1"))]
    payload = np.concatenate([np.zeros(0, "u1"), *padded])
    head = np.array(
        (MAGIC, tick, count, payload.size, _record_checksum(tick, count, payload)), dtype=_HEAD
    )
    try:
        with segment_path(folder, stream).open("ab") as file:
            file.write(head.tobytes() + payload.tobytes())
    except OSError as error:
        raise ResultError(f"{folder}: a record could not be written ({error.strerror})") from None


def read(folder: Path, stream: str) -> Iterator[Record]:
    """Yield the whole records of a stream one by one; a torn or damaged one ends it."""
    path = segment_path(folder, stream)
    if not path.is_file():
        return
    with path.open("rb") as file:
        size = path.stat().st_size
        while file.tell() + _HEAD.itemsize <= size:
            head = np.fromfile(file, _HEAD, 1)[0]
            length = int(head["bytes"])
            if head["magic"] != MAGIC or length % 8 or file.tell() + length > size:
                return
            payload = np.fromfile(file, "u1", length)
            tick, count = int(head["tick"]), int(head["count"])
            if _record_checksum(tick, count, payload) != head["checksum"]:
                return
            yield Record(tick, count, payload)
