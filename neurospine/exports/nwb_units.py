"""Spikes as the units of an NWB file."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
from hdmf.common import VectorData, VectorIndex
from pynwb.misc import Units

from neurospine.exports.nwb_series import YEAR, Filling, Moved
from neurospine.exports.opened import Array, Result
from neurospine.exports.spike_trains import spike_counts, trains

#: Checks of NWB files look at so many spikes, and take whole seconds for numbers of samples.
LOOKED_AT = 200


def units(result: Result, filling: Filling) -> Units | None:
    """Return a table with one row for each cell of every population that spikes.

    Forced populations whose spikes are all at whole seconds are left out: they are
    among the stimuli. There is no table where no spikes are left, or they span over a year.
    """
    counts = {name: spike_counts(result, name) for name in result.file.get("spikes", {})}
    counts = {name: own for name, own in counts.items() if own.sum()}
    fractional = [name for name, own in counts.items() if not _whole(result, name, own)]
    if fractional:  # one of these first, as the first spikes are looked at
        names = [fractional[0], *(name for name in counts if name != fractional[0])]
    else:
        names = [name for name in counts if not result.forced(name)]
    if not names or _span(result, names) > YEAR:
        return None

    def fill(target: h5py.Dataset, moved: Moved) -> None:
        row, folder = 0, Path(target.file.filename).parent
        for name in names:
            for times in trains(result, name, counts[name], folder):
                target[row : row + times.size] = times
                row += times.size
                moved(times.nbytes)

    total = np.concatenate([counts[name] for name in names])
    times = VectorData(
        name="spike_times",
        description="Times of spikes in seconds.",
        data=filling.later((int(total.sum()),), np.dtype("f8"), fill),
    )
    index = VectorIndex(name="spike_times_index", target=times, data=np.cumsum(total).astype("u8"))
    columns = [times, index, *_described(result, names)]
    return Units(
        name="units",
        description="Every cell of every population that spikes, in all copies of the circuit.",
        resolution=result.info.step,
        columns=columns,
        id=np.arange(total.size),
    )


def _described(result: Result, names: list[str]) -> list[VectorData]:
    sizes = [result.info.populations[name] for name in names]
    cells = [np.arange(size) for size in sizes]
    copies = [result.copy_of(name, own) for name, own in zip(names, cells, strict=True)]
    per_copy = np.repeat([max(1, size // result.copies) for size in sizes], sizes)
    node = np.concatenate(cells)
    forced = np.repeat([result.forced(name) for name in names], sizes)
    facts: dict[str, tuple[str, Array]] = {
        "population": ("Population of the circuit.", np.repeat(np.array(names, object), sizes)),
        "node": ("Number within the population, through all copies of the circuit.", node),
        "cell": ("Number within one copy of the circuit.", node % per_copy),
        "condition": (
            "Row of the table of conditions (0 where there is none).",
            np.concatenate([condition for condition, _ in copies]),
        ),
        "repeat": ("Which repeat, from 0.", np.concatenate([repeat for _, repeat in copies])),
        "is_forced": ("The protocol made the cell spike; it is no simulated neuron.", forced),
    }
    return [VectorData(name=n, description=text, data=data) for n, (text, data) in facts.items()]


def _span(result: Result, names: list[str]) -> float:
    """Return the seconds from the first spike to the last."""
    stamps = [result.file[f"spikes/{name}/timestamps"] for name in names]
    return float(max(s[-1] for s in stamps) - min(s[0] for s in stamps)) / 1e3


def _whole(result: Result, population: str, counts: Array) -> bool:
    """Return whether the first spikes, cell after cell, are all at whole seconds."""
    enough = int(np.searchsorted(np.cumsum(counts), LOOKED_AT)) + 1
    few = np.zeros_like(counts)
    few[:enough] = counts[:enough]
    first = next(trains(result, population, few[:enough]))[:LOOKED_AT]
    return bool(np.all(first == np.floor(first)))
