"""Measures by trial: rates of neurons and sizes of spines in each turn of a phase."""

from __future__ import annotations

import numpy as np
import pandas as pd

from neurospine.analysis.repeats import Array, Cells, averaged
from neurospine.analysis.visits import snapshot
from neurospine.analysis.windows import cells_of, quantity
from neurospine.description.trial_measures import TRIAL, TrialMeasure, TrialResponse, TrialSize
from neurospine.errors import ResultError, suggest
from neurospine.results.trajectory import Trajectory


def trial_spans(trajectory: Trajectory, phase: str) -> Array:
    """Return start and stop (s) of each turn of a phase, shape (trials, 2)."""
    table = trajectory.info.phases
    names = table["name"].astype(str)
    parts = names.str.rpartition("_")
    turn = (parts[0] == phase) & parts[2].str.fullmatch("[0-9]+")
    return table.loc[turn | (names == phase), ["start", "stop"]].to_numpy(float)


class Counter:
    """Counts the spikes of cells of a population in windows of time.

    Parameters
    ----------
    trajectory
        A run.
    population
        The population.
    chosen
        Cells of it in each copy of the circuit, all if there is none.

    Attributes
    ----------
    cell
        The cell of the design that each neuron is in, shape (neurons,).
    """

    def __init__(
        self, trajectory: Trajectory, population: str, chosen: tuple[int, ...] = ()
    ) -> None:
        size, self.cells = cells_of(trajectory, population), Cells.of(trajectory)
        wanted = np.array(chosen or range(size), np.int64)
        if wanted.min() < 0 or wanted.max() >= size:
            raise ResultError(f"cells: must be from 0 to {size - 1} in {population!r}")
        number = np.full(size, -1)
        number[wanted] = np.arange(wanted.size)
        self.cell = np.repeat(np.arange(self.cells.size), wanted.size)
        table = trajectory.spikes[population]
        time, spiking = table["time"].to_numpy(), table["cell"].to_numpy()
        order = np.argsort(time, kind="stable")
        copy, local = np.divmod(spiking[order], size)
        there = number[local] >= 0
        self._half = 0.5 * trajectory.info.step
        self._time, self._copy = time[order][there], copy[there]
        self._neuron = self._copy * wanted.size + number[local[there]]

    def count(self, start: Array, stop: Array) -> Array:
        """Return the spikes of each neuron, shape (neurons,).

        `start` (included) and `stop` (excluded) are in seconds of the run, for each condition.
        """
        early, late = start - self._half, stop - self._half
        some = slice(*np.searchsorted(self._time, [early.min(), late.max()]))
        condition = self._copy[some] // self.cells.repeats
        time = self._time[some]
        inside = (time > early[condition]) & (time < late[condition])
        return np.bincount(self._neuron[some][inside], minlength=self.cell.size)


def trial_response(trajectory: Trajectory, measure: TrialResponse) -> pd.DataFrame:
    """Return the rate in a window of each trial, less what is to be taken off, by repeat."""
    counter = Counter(trajectory, measure.population, measure.cells)
    spans = trial_spans(trajectory, measure.phase)
    rates = _rates(trajectory, counter, measure, spans)
    if measure.minus is not None:
        rates -= _rates(trajectory, counter, measure, trial_spans(trajectory, measure.minus))
    return averaged(counter.cells, counter.cell, rates, _numbers(measure, len(spans)))


def _rates(trajectory: Trajectory, counter: Counter, measure: TrialResponse, spans: Array) -> Array:
    """Return the rate of each neuron over its baseline, shape (neurons, rows)."""
    conditions = counter.cell // counter.cells.repeats
    rates = np.zeros((counter.cell.size, len(spans) // measure.together))
    windows = [(1.0, _window(trajectory, spans[0], measure.start, measure.stop))]
    if measure.baseline:
        windows.append((-1.0, _window(trajectory, spans[0], *measure.baseline)))
    for sign, (start, stop) in windows:
        length = (stop - start)[conditions] * measure.together
        for number, (first, _) in enumerate(spans):
            found = counter.count(first + start, first + stop)
            rates[:, number // measure.together] += sign * found / length
    return rates


def trial_size(trajectory: Trajectory, measure: TrialSize) -> pd.DataFrame:
    """Return the mean size of spines at the end of each trial, by repeat."""
    if measure.projection not in trajectory.spines:
        hint = suggest(measure.projection, trajectory.spines)
        raise ResultError(f"no projection {measure.projection!r} in this run. {hint}")
    dataset, cells = trajectory.spines[measure.projection], Cells.of(trajectory)
    spans = trial_spans(trajectory, measure.phase)
    ends = spans[measure.together - 1 :: measure.together, 1]
    cell = cells.index(dataset)
    counted = np.ones(cell.size, bool)
    if measure.axons is not None:
        assert measure.population
        axon = dataset["pre"].values % cells_of(trajectory, measure.population)
        counted = (axon >= measure.axons[0]) & (axon < measure.axons[1])
        if not counted.any():
            raise ResultError(f"axons: no spine of {measure.projection!r} is of one of them")
    found = np.full((cells.size, ends.size), np.nan)
    for number, time in enumerate(ends):
        size = snapshot(dataset, measure.variable, time)
        there = counted & (snapshot(dataset, "volume", time) > 0)
        total, sums = (np.bincount(cell[there], w, cells.size) for w in (None, size[there]))
        found[:, number] = np.divide(sums, total, where=total > 0, out=np.full(cells.size, np.nan))
    return cells.values(found, np.zeros(found.shape), _numbers(measure, len(spans)))


def _window(
    trajectory: Trajectory, span: Array, start: str, stop: str | None
) -> tuple[Array, Array]:
    """Return a window in seconds from the start of a trial, for each condition."""
    first = quantity(trajectory, start, "second")
    if stop is None:
        return first, np.full(first.size, span[1] - span[0])
    return first, quantity(trajectory, stop, "second")


def _numbers(measure: TrialMeasure, number: int) -> dict[str, Array]:
    """Return the own axis: the mean number of the trials of each row."""
    return {TRIAL: np.arange(1, number + 1).reshape(-1, measure.together).mean(axis=1)}
