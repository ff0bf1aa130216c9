"""What goes on over time as NWB has it, filled from the result file when the rest is written.

A variable over time is a `TimeSeries`. Checks of NWB files take some true data for mistakes: more
columns than times for a series on its side, samples that come evenly and rarely for a
period in place of a rate, more than a year for a wrong unit. Variables of such a
shape are columns of a table with a row for each time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import h5py
import numpy as np
from hdmf.backends.hdf5 import H5DataIO
from hdmf.common import DynamicTable, VectorData
from pynwb import TimeSeries

from neurospine.exports.opened import Array, blocks

#: Samples that come evenly at a lower rate (Hz) are given as a table.
LOWEST_RATE = 0.01
#: So are those over a longer time, in seconds.
YEAR = 365.25 * 86400
#: Intervals are compared to so many decimals of a second.
DECIMALS = 9
Moved = Callable[[int], None]


@dataclass(frozen=True)
class Source:
    """Numbers in a result file, or in memory, and what is made of them."""

    data: h5py.Dataset | Array
    change: Callable[[Array], Array] | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Times, and what there is beside them."""
        return tuple(self.data.shape)

    def read(self, rows: slice) -> Array:
        """Return some rows."""
        values = np.asarray(self.data[rows])
        return self.change(values) if self.change else values

    def copy_to(self, target: h5py.Dataset, moved: Moved) -> None:
        """Write all to a dataset: chunks as they are where both have the same, else by rows."""
        if self.change is None and _same_chunks(self.data, target):
            _copy_chunks(self.data, target, moved)
            return
        for rows in blocks(self.shape[0], int(np.prod(self.shape[1:]))):
            values = self.read(rows)
            target[rows] = values
            moved(values.nbytes)


@dataclass(frozen=True)
class Column:
    """A variable over time, with its name as a column of a table and as a series."""

    name: str
    series: str
    source: Source
    unit: str
    description: str


@dataclass
class Filling:
    """Datasets that are made with their shape and filled later."""

    wanted: list[tuple[H5DataIO, Callable[[h5py.Dataset, Moved], None]]] = field(
        default_factory=list
    )
    size: int = 0

    def place(self, source: Source) -> H5DataIO:
        """Return what stands for numbers until they are written."""
        data = source.data
        chunks = getattr(data, "chunks", None)
        kind = source.read(slice(0, 1)).dtype if source.change else data.dtype
        return self.later(source.shape, kind, source.copy_to, chunks)

    def later(
        self,
        shape: tuple[int, ...],
        kind: np.dtype[Any],
        fill: Callable[[h5py.Dataset, Moved], None],
        chunks: tuple[int, ...] | None = None,
    ) -> H5DataIO:
        """Return what stands for numbers that a function will write."""
        made = H5DataIO(
            shape=shape,
            dtype=kind,
            chunks=chunks or True,
            compression="gzip",
            compression_opts=1,
            shuffle=kind.itemsize > 1,
        )
        self.wanted.append((made, fill))
        self.size += int(np.prod(shape)) * kind.itemsize
        return made

    def fill(self, moved: Moved) -> None:
        """Write all numbers; the file must be open."""
        for made, fill in self.wanted:
            fill(made.dataset, moved)


def over_time(
    name: str, description: str, times: Source, columns: Sequence[Column], filling: Filling
) -> list[TimeSeries | DynamicTable]:
    """Return variables over time: a series each, or one table with the name of all."""
    size = times.shape[0]
    if not size or not columns or any(0 in column.source.shape for column in columns):
        return []
    first, last = (float(times.read(slice(row, row + 1))[0]) for row in (0, size - 1))
    step = even_step(times)
    wide = any(extent > size for c in columns for extent in c.source.shape[1:])
    rare = step is not None and 1 / step < LOWEST_RATE
    if wide or rare or last - first > YEAR:
        made = [VectorData(name="timestamp", description="Time in seconds.",
                           data=filling.place(times))]  # fmt: skip
        made += [
            VectorData(
                name=column.name,
                description=f"{column.description} Unit: {column.unit}.",
                data=filling.place(column.source),
            )
            for column in columns
        ]
        return [DynamicTable(name=name, description=description, columns=made, id=np.arange(size))]
    series: list[TimeSeries | DynamicTable] = []
    for column in columns:
        when: dict[str, Any] = {"starting_time": first, "rate": 1 / step} if step else {}
        if not when:  # the first one has the times of all
            when = {"timestamps": series[0] if series else filling.place(times)}
        data = filling.place(column.source)
        text = f"{column.description} {description}".strip()
        series.append(
            TimeSeries(name=column.series, data=data, unit=column.unit, description=text, **when)
        )
    return series


def even_step(times: Source) -> float | None:
    """Return the interval of more than two times that come evenly, else None."""
    size, steps = times.shape[0], set[float]()
    for rows in blocks(size):
        part = times.read(slice(max(0, rows.start - 1), rows.stop))
        steps |= set(np.unique(np.diff(part).round(DECIMALS)).tolist())
        if len(steps) > 1:
            return None
    step = steps.pop() if size > 2 else 0.0
    return step or None


def _same_chunks(source: h5py.Dataset | Array, target: h5py.Dataset) -> bool:
    return (
        isinstance(source, h5py.Dataset)
        and source.chunks is not None
        and all(
            getattr(source, key) == getattr(target, key)
            for key in ("chunks", "dtype", "compression", "compression_opts", "shuffle")
        )
    )


def _copy_chunks(source: h5py.Dataset, target: h5py.Dataset, moved: Moved) -> None:
    places: list[tuple[int, ...]] = []
    source.id.chunk_iter(lambda chunk: places.append(chunk.chunk_offset))
    for place in places:
        mask, content = source.id.read_direct_chunk(place)
        target.id.write_direct_chunk(place, content, mask)
        moved(int(np.prod(source.chunks)) * source.dtype.itemsize)
