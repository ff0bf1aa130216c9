"""Measures of recorded variables of neurons: rest, deflections, attenuation, plateaus."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from neurospine.analysis.repeats import Array, averaged
from neurospine.analysis.windows import Piece, Recorded, quantity, window
from neurospine.description.neuron_measures import (
    Attenuation,
    DeflectionMeasure,
    Direction,
    PeakDeflection,
    RestingPotential,
    TraceDurationAbove,
)
from neurospine.description.units import convert, parse_quantity
from neurospine.results.trajectory import Trajectory


def by_column(recorded: Recorded, start: Array, stop: Array,
              statistic: Callable[[Piece], Array]) -> pd.DataFrame:  # fmt: skip
    """Return the mean over cells of what a statistic gives for the columns of each piece."""
    values = np.full(recorded.cell.size, np.nan)
    for piece in recorded.pieces(start, stop):
        values[piece.columns] = statistic(piece)
    return averaged(recorded.cells, recorded.cell, values)


def resting_potential(trajectory: Trajectory, measure: RestingPotential) -> pd.DataFrame:
    """Return the mean of a variable over the window, by repeat."""
    recorded = Recorded(trajectory, measure, measure.variables)
    scale = recorded.scale(measure.variable, measure.unit)
    return by_column(
        recorded,
        *window(trajectory, measure),
        lambda piece: scale * piece.values[measure.variable].mean(axis=0),
    )


def peak_deflection(trajectory: Trajectory, measure: PeakDeflection) -> pd.DataFrame:
    """Return the largest deflection of a variable, by repeat."""
    recorded = Recorded(trajectory, measure, measure.variables)
    scale = recorded.scale(measure.variable, measure.unit)

    def statistic(piece: Piece, first: int) -> Array:
        return scale * peak(_deflection(piece, measure.variable, first), measure.direction)

    return _deflected(trajectory, measure, recorded, statistic)


def attenuation(trajectory: Trajectory, measure: Attenuation) -> pd.DataFrame:
    """Return the deflection of one variable over that of another, by repeat."""
    recorded = Recorded(trajectory, measure, measure.variables)
    recorded.scale(measure.variable, recorded.unit(measure.over))
    steady = float(quantity(trajectory, measure.steady, "second")[0])

    def statistic(piece: Piece, first: int) -> Array:
        found = []
        for name in measure.variables:
            deflection = _deflection(piece, name, first)
            if measure.of == "steady":
                since = piece.time[first:]
                found.append(deflection[since > since[-1] - steady].mean(axis=0))
            else:
                found.append(peak(deflection, measure.direction))
        ours, theirs = found
        return np.asarray(ours / np.where(theirs == 0, np.nan, theirs))

    return _deflected(trajectory, measure, recorded, statistic)


def trace_duration_above(trajectory: Trajectory, measure: TraceDurationAbove) -> pd.DataFrame:
    """Return the time in ms that a variable is above a level, by repeat."""
    recorded = Recorded(trajectory, measure, measure.variables)
    recorded.scale(measure.variable, measure.unit)
    level = convert(*parse_quantity(measure.level), recorded.unit(measure.variable))

    def statistic(piece: Piece) -> Array:
        above = time_above(piece.time, piece.values[measure.variable] - level)
        if measure.of == "total":
            return np.asarray(1e3 * above.sum(axis=0))
        longest, running = np.zeros(above.shape[1]), np.zeros(above.shape[1])
        height = piece.values[measure.variable] - level
        for share, ends in zip(above, height[1:] > 0, strict=True):
            running += share
            longest = np.maximum(longest, running)
            running = np.where(ends, running, 0.0)
        return 1e3 * longest

    return by_column(recorded, *window(trajectory, measure), statistic)


def time_above(time: Array, height: Array) -> Array:
    """Return the time above 0 between samples, with straight lines, shape (times - 1, cells)."""
    low, high = np.minimum(height[:-1], height[1:]), np.maximum(height[:-1], height[1:])
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = high / (high - low)
    share = np.where(low > 0, 1.0, np.where(high > 0, crossing, 0.0))
    return np.asarray(share * np.diff(time)[:, None])


def peak(deflection: Array, direction: Direction) -> Array:
    """Return the largest deflection of each column, with its sign, shape (cells,)."""
    up, down = deflection.max(axis=0), deflection.min(axis=0)
    if direction == "up":
        return np.asarray(up)
    return np.asarray(down if direction == "down" else np.where(up >= -down, up, down))


def _deflected(
    trajectory: Trajectory,
    measure: DeflectionMeasure,
    recorded: Recorded,
    statistic: Callable[[Piece, int], Array],
) -> pd.DataFrame:
    """Return the mean over cells of a statistic of pieces that begin before the window."""
    start, stop = window(trajectory, measure)
    before = quantity(trajectory, measure.before, "second")

    def counted(piece: Piece) -> Array:
        edge = start[piece.condition] - 1e-3 * trajectory.info.step
        return statistic(piece, int(np.searchsorted(piece.time, edge)))

    return by_column(recorded, start - before, stop, counted)


def _deflection(piece: Piece, variable: str, first: int) -> Array:
    """Return a variable minus its mean before row `first` (or its value there) from there on."""
    values = piece.values[variable]
    base = values[:first].mean(axis=0) if first else values[0]
    return np.asarray(values[first:] - base)
