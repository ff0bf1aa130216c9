"""Measures of what an injected current does: input resistance, sag, time constant."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy

from neurospine.analysis.repeats import Array
from neurospine.analysis.trace_measures import by_column, peak
from neurospine.analysis.visits import span
from neurospine.analysis.windows import Piece, Recorded, cells_of, currents, quantity
from neurospine.description.neuron_measures import (
    CurrentMeasure,
    InputResistance,
    Sag,
    TimeConstant,
)
from neurospine.errors import ResultError
from neurospine.results.trajectory import Trajectory

#: Samples that an exponential with three numbers is fitted to at least.
_FEWEST = 5
#: A time constant is within a factor of e to this power of the time to a third of the way.
_FARTHEST = 5.0


@dataclass(frozen=True)
class _Step:
    """A current in each condition: onset and offset (s of the run) and amplitude (amp)."""

    onset: Array
    offset: Array
    amplitude: Array
    cells: tuple[int, ...]
    end: float


def _step(trajectory: Trajectory, measure: CurrentMeasure) -> _Step:
    found = currents(trajectory, measure.phase, measure.population, measure.stimulus)
    if len(found) != 1:
        raise ResultError(
            f"the run has {len(found)} currents into {measure.population!r} in the phase "
            f"{measure.phase!r}; one is wanted (key stimulus)"
        )
    (current,) = found
    first, last = span(trajectory, measure.phase)
    onset, offset = (
        first + quantity(trajectory, t, "second") for t in (current.start, current.stop)
    )
    return _Step(onset, offset, quantity(trajectory, current.amplitude, "amp"), current.cells, last)


class _Response:
    """The potential of the cells that get a current, before and while it flows.

    `silent` says which of all that are recorded make no spike meanwhile.
    """

    def __init__(self, trajectory: Trajectory, measure: InputResistance | Sag) -> None:
        self.step, self.variable = _step(trajectory, measure), measure.variable
        self.steady = float(quantity(trajectory, measure.steady, "second")[0])
        self.recorded = _recorded(trajectory, measure, self.step)
        self.edge = 1e-3 * trajectory.info.step
        before = self.step.onset - self.steady
        first, _ = span(trajectory, measure.phase)
        if np.any(before < first - self.edge):
            raise ResultError(
                f"the current starts less than {measure.steady} into the phase {measure.phase!r}, "
                "so the potential before it is not known"
            )
        self.window = before, self.step.offset
        self.silent = _silent(trajectory, measure, self.recorded, *self.window)

    def deflection(self, piece: Piece) -> tuple[Array, Array]:
        """Return the deflection in volt while the current flows, and at its end (steady)."""
        onset = self.step.onset[piece.condition]
        first = int(np.searchsorted(piece.time, onset - self.edge))
        values = piece.values[self.variable] * self.recorded.scale(self.variable, "volt")
        # the potential at the onset is still that of before
        moved = values[first:] - values[: first + 1].mean(axis=0)
        late = piece.time[first:] >= self.step.offset[piece.condition] - self.steady - self.edge
        steady = moved[late].mean(axis=0)
        return moved, np.where(self.silent[piece.columns], steady, np.nan)


def _recorded(trajectory: Trajectory, measure: CurrentMeasure, step: _Step) -> Recorded:
    cells = set(measure.cells) & set(step.cells) if measure.cells and step.cells else None
    chosen = tuple(sorted(cells)) if cells is not None else measure.cells or step.cells
    if cells is not None and not cells:
        raise ResultError(f"cells: none of {list(measure.cells)} gets the current")
    return Recorded(trajectory, measure.model_copy(update={"cells": chosen}), measure.variables)


def _silent(
    trajectory: Trajectory, measure: CurrentMeasure, recorded: Recorded, start: Array, stop: Array
) -> Array:
    """Return whether each recorded cell makes no spike in a window, shape (recorded,)."""
    table = trajectory.spikes.get(measure.population)
    if table is None or table.empty:
        return np.ones(recorded.cell.size, bool)
    size = cells_of(trajectory, measure.population)
    time, cell = table["time"].to_numpy(), table["cell"].to_numpy()
    condition = cell // size // recorded.cells.repeats
    half = 0.5 * trajectory.info.step
    inside = (time > start[condition] - half) & (time < stop[condition] - half)
    return ~np.isin(recorded.cell * size + recorded.number, cell[inside])


def input_resistance(trajectory: Trajectory, measure: InputResistance) -> pd.DataFrame:
    """Return steady deflection over amplitude in MOhm, by repeat."""
    response = _Response(trajectory, measure)

    def statistic(piece: Piece) -> Array:
        amplitude = response.step.amplitude[piece.condition]
        _, steady = response.deflection(piece)
        return np.asarray(steady / amplitude * 1e-6 if amplitude else np.full(steady.size, np.nan))

    return by_column(response.recorded, *response.window, statistic)


def sag(trajectory: Trajectory, measure: Sag) -> pd.DataFrame:
    """Return the share of the peak deflection that is lost at the end, by repeat."""
    response = _Response(trajectory, measure)

    def statistic(piece: Piece) -> Array:
        moved, steady = response.deflection(piece)
        amplitude = response.step.amplitude[piece.condition]
        if not amplitude:
            return np.full(steady.size, np.nan)
        top = peak(moved, "down" if amplitude < 0 else "up")
        return np.asarray((top - steady) / np.where(top == 0, np.nan, top))

    return by_column(response.recorded, *response.window, statistic)


def time_constant(trajectory: Trajectory, measure: TimeConstant) -> pd.DataFrame:
    """Return the time constant of the potential after an edge of a current in ms, by repeat."""
    step = _step(trajectory, measure)
    recorded = _recorded(trajectory, measure, step)
    edge = step.onset if measure.edge == "onset" else step.offset
    start = edge + quantity(trajectory, measure.after, "second")
    stop = step.offset if measure.edge == "onset" else np.full(start.size, step.end)
    if measure.length is not None:
        stop = start + quantity(trajectory, measure.length, "second")
    silent = _silent(trajectory, measure, recorded, start, stop)

    def statistic(piece: Piece) -> Array:
        values = np.where(silent[piece.columns], piece.values[measure.variable], np.nan)
        if not step.amplitude[piece.condition]:
            return np.full(values.shape[1], np.nan)
        since = (piece.time - piece.time[0]) * 1e3
        return np.array([_fitted(since, trace) for trace in values.T])

    return by_column(recorded, start, stop, statistic)


def _fitted(time: Array, trace: Array) -> float:
    """Return the time constant of an exponential through a trace; NaN where none fits."""
    size = np.ptp(trace)
    if time.size < _FEWEST or not np.isfinite(size) or size == 0:
        return np.nan
    scaled = (trace - trace[-1]) / size
    reached = np.flatnonzero(np.abs(scaled) <= abs(scaled[0]) / np.e)
    guess = max(time[reached[0]] if reached.size else time[-1], time[1])

    def missed(numbers: Array) -> Array:
        height, log_tau, end = numbers
        return np.asarray(height * np.exp(-time / guess * np.exp(-log_tau)) + end - scaled)

    start, (low, high) = (scaled[0], 0.0, 0.0), (-np.inf, np.inf)
    bounds = ((low, -_FARTHEST, low), (high, _FARTHEST, high))
    found = scipy.optimize.least_squares(
        missed, start, bounds=bounds, xtol=1e-12, ftol=1e-12, gtol=1e-12
    )
    if not found.success or abs(found.x[1]) > 0.999 * _FARTHEST:
        return np.nan
    return float(guess * np.exp(found.x[1]))
