"""Measures of spikes: rates, counts, intervals and latencies."""

from __future__ import annotations

import numpy as np
import pandas as pd

from neurospine.analysis.repeats import Array, Cells, averaged
from neurospine.analysis.visits import in_unit
from neurospine.analysis.windows import cells_of, quantity, window
from neurospine.description.neuron_measures import (
    FiringRate,
    FirstSpikeLatency,
    IsiVariation,
    SpikeCount,
    SpikeMeasure,
)
from neurospine.description.units import parse_quantity
from neurospine.errors import ResultError
from neurospine.results.trajectory import Trajectory


class _Spikes:
    """The spikes of a measure's cells within its window.

    Attributes
    ----------
    neurons
        Number of neurons that are looked at.
    cell
        The cell of the design that each of them is in, shape (neurons,).
    neuron
        The neuron of each spike, in order of neuron and then time, shape (spikes,).
    time
        Its time in seconds from the start of the window, shape (spikes,).
    length
        Length of the window for each neuron in seconds, shape (neurons,).
    """

    def __init__(self, trajectory: Trajectory, measure: SpikeMeasure) -> None:
        size, self.cells = cells_of(trajectory, measure.population), Cells.of(trajectory)
        chosen = np.array(measure.cells or range(size), np.int64)
        if chosen.min() < 0 or chosen.max() >= size:
            raise ResultError(f"cells: must be from 0 to {size - 1} in {measure.population!r}")
        number = np.full(size, -1)
        number[chosen] = np.arange(chosen.size)
        self.neurons = self.cells.size * chosen.size
        self.cell = np.repeat(np.arange(self.cells.size), chosen.size)
        start, stop = window(trajectory, measure)
        table = trajectory.spikes[measure.population]
        time, global_cell = table["time"].to_numpy(), table["cell"].to_numpy()
        copy, local = np.divmod(global_cell, size)
        condition = copy // self.cells.repeats
        half = 0.5 * trajectory.info.step
        inside = (time > start[condition] - half) & (time < stop[condition] - half)
        inside &= number[local] >= 0
        neuron = copy[inside] * chosen.size + number[local[inside]]
        since = time[inside] - start[condition[inside]]
        order = np.lexsort((since, neuron))
        self.neuron, self.time = neuron[order], since[order]
        self.length = (stop - start)[self.cell // self.cells.repeats]

    def count(self) -> Array:
        """Return the spikes of each neuron, shape (neurons,)."""
        return np.bincount(self.neuron, minlength=self.neurons)

    def averaged(self, values: Array) -> pd.DataFrame:
        """Return the mean over neurons, by repeat."""
        return averaged(self.cells, self.cell, values)


def firing_rate(trajectory: Trajectory, measure: FiringRate) -> pd.DataFrame:
    """Return spikes by time in Hz, by repeat."""
    spikes = _Spikes(trajectory, measure)
    if measure.every is None:
        return spikes.averaged(spikes.count() / spikes.length)
    every = float(quantity(trajectory, measure.every, "second")[0])
    bins = int(np.floor(spikes.length.min() / every * (1 + 1e-9)))
    if not bins:
        raise ResultError(f"every: {measure.every} is longer than the window")
    # a spike on the edge of two stretches belongs to the second, whatever the rounding
    place = np.floor((spikes.time + 0.5 * trajectory.info.step) / every).astype(np.int64)
    inside = place < bins
    flat = spikes.neuron[inside] * bins + place[inside]
    rate = np.bincount(flat, minlength=spikes.neurons * bins).reshape(-1, bins) / every
    unit = parse_quantity(measure.every)[1]
    first = quantity(trajectory, measure.start, "second")[:, None]
    end = in_unit(first + (np.arange(bins) + 1) * every, unit)
    own = {"time": np.repeat(end, spikes.cells.repeats, axis=0)}
    return averaged(spikes.cells, spikes.cell, rate, own)


def spike_count(trajectory: Trajectory, measure: SpikeCount) -> pd.DataFrame:
    """Return spikes of a cell, by repeat."""
    spikes = _Spikes(trajectory, measure)
    return spikes.averaged(spikes.count().astype(float))


def isi_variation(trajectory: Trajectory, measure: IsiVariation) -> pd.DataFrame:
    """Return the coefficient of variation of intervals between spikes, by repeat."""
    spikes = _Spikes(trajectory, measure)
    same = np.diff(spikes.neuron) == 0
    neuron, interval = spikes.neuron[1:][same], np.diff(spikes.time)[same]
    n = np.bincount(neuron, minlength=spikes.neurons)
    enough = np.where(n >= measure.fewest - 1, n, np.nan)
    mean = np.bincount(neuron, interval, minlength=spikes.neurons) / enough
    away = (interval - mean[neuron]) ** 2
    variance = np.bincount(neuron, away, minlength=spikes.neurons) / enough
    return spikes.averaged(np.sqrt(variance) / mean)


def first_spike_latency(trajectory: Trajectory, measure: FirstSpikeLatency) -> pd.DataFrame:
    """Return the time to the first spike in ms, by repeat."""
    spikes = _Spikes(trajectory, measure)
    latency = np.full(spikes.neurons, np.nan)
    neuron, first = np.unique(spikes.neuron, return_index=True)
    latency[neuron] = spikes.time[first] * 1e3
    return spikes.averaged(latency)
