"""How sizes change from one visit to the next, and how that depends on size."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from neurospine.analysis.repeats import Array, Cells
from neurospine.analysis.visits import Imaging, imagings, spaced, span
from neurospine.description.size_measures import Fluctuation, Kesten, PairMeasure
from neurospine.description.units import seconds
from neurospine.results.trajectory import Trajectory

#: A standard deviation of fewer changes than this counts for nothing.
_FEWEST = 5


def head_area(volume: Array) -> Array:
    """Return the area (um**2) of the disc of a sphere of some volume (um**3)."""
    return np.asarray((0.75 * np.sqrt(np.pi) * volume) ** (2 / 3))


class Pairs:
    """Sums over pairs of a size and its change, by cell and bin of size.

    Attributes
    ----------
    number, size, square, change, spread, both
        Sums of 1, x, x**2, d, d**2 and x d of sizes x and changes d, shape (cells, bins).
    distance, sized
        Sums of abs(d) and x abs(d), the same shape.
    """

    def __init__(
        self, trajectory: Trajectory, measure: PairMeasure, convert: Callable[[Array], Array]
    ) -> None:
        self.cells = Cells.of(trajectory)
        shape = (8, self.cells.size, measure.bins)
        self._sums = np.zeros(shape)
        start, stop = span(trajectory, measure.phase)
        times = start + spaced(stop - start, seconds(measure.lag))
        found = imagings(trajectory, measure)
        edges = self._edges(found, start, measure.bins, convert)
        for imaging in found:
            condition = imaging.cell // self.cells.repeats
            visits = imaging.visits(times)
            before = next(visits)
            for after in visits:
                stayed = after.same(before)
                size = convert(before.volume[stayed])
                change = convert(after.volume[stayed]) - size
                self._add(imaging.cell[stayed], condition[stayed], size, change, edges)
                before = after
        (self.number, self.size, self.square, self.change, self.spread, self.both,
         self.distance, self.sized) = self._sums  # fmt: skip

    def _edges(
        self, found: list[Imaging], start: float, bins: int, convert: Callable[[Array], Array]
    ) -> Array:
        """Return inner edges of as many spines each at the start, shape (conditions, bins - 1)."""
        first = [imaging.visit(start) for imaging in found]
        size = convert(np.concatenate([visit.volume[visit.seen] for visit in first]))
        cell = np.concatenate([i.cell[v.seen] for i, v in zip(found, first, strict=True)])
        one = Cells(self.cells.conditions, 1)
        shares = np.arange(1, bins) / bins
        return np.array([
            np.quantile(inside, shares) if inside.size else np.zeros(bins - 1)
            for inside in one.split(cell // self.cells.repeats, size)
        ])  # fmt: skip

    def _add(self, cell: Array, condition: Array, size: Array, change: Array, edges: Array) -> None:
        _, cells, bins = self._sums.shape
        place = np.zeros(size.size, np.int64)
        for edge in edges.T:
            place += size >= edge[condition]
        place += cell * bins
        far = np.abs(change)
        terms = (None, size, size**2, change, change**2, size * change, far, size * far)
        for total, term in zip(self._sums, terms, strict=True):
            total += np.bincount(place, term, minlength=cells * bins).reshape(cells, bins)

    def variance(self, slope: Array, intercept: Array) -> Array:
        """Return the variance of changes about a line through size, shape (cells, bins)."""
        n = np.where(self.number >= _FEWEST, self.number, np.nan)
        line = slope[:, None] * self.size + intercept[:, None] * self.number
        squares = (
            self.spread
            - 2 * (slope[:, None] * self.both + intercept[:, None] * self.change)
            + slope[:, None] ** 2 * self.square
            + 2 * slope[:, None] * intercept[:, None] * self.size
            + intercept[:, None] ** 2 * self.number
        )
        mean = (self.change - line) / n
        return np.asarray(np.maximum(squares / n - mean**2, 0.0))


def _line(n: Array, x: Array, y: Array, xx: Array, xy: Array) -> tuple[Array, Array]:
    """Return slope and intercept of least squares from sums (of weights n), shape (cells,)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = (n * xy - x * y) / (n * xx - x**2)
        return slope, (y - slope * x) / n


def fluctuation(trajectory: Trajectory, measure: Fluctuation) -> pd.DataFrame:
    """Return the spread of change against size, or a number that describes it, by repeat."""
    pairs = Pairs(trajectory, measure, head_area if measure.size == "area" else np.asarray)
    cells, number = pairs.cells, pairs.number
    if measure.give in ("correlation", "sd"):
        return cells.values(*(_sd(pairs) if measure.give == "sd" else _correlation(pairs)))
    none = np.zeros(cells.size)
    with np.errstate(invalid="ignore"):
        deviation = np.sqrt(pairs.variance(none, none))
        size = np.sqrt(pairs.square / np.where(number > 0, number, np.nan))
        error = deviation / np.sqrt(2 * np.where(number > 0, number, np.nan))
    if measure.give == "curve":
        shape = (cells.conditions, cells.repeats, -1)
        squares, spines = (a.reshape(shape).sum(axis=1) for a in (pairs.square, number))
        together = np.sqrt(squares / np.maximum(spines, 1))
        return cells.values(deviation, error, {"size": np.repeat(together, cells.repeats, axis=0)})
    found = [
        _regression(*row, log=measure.give == "exponent")
        for row in zip(size, deviation, strict=True)
    ]
    value, spread = np.array(found).T
    return cells.values(value, spread)


def _regression(size: Array, deviation: Array, *, log: bool) -> tuple[float, float]:
    """Return the slope of a line through a curve and its standard error."""
    known = np.isfinite(deviation) & (deviation > 0)
    if known.sum() < 3:
        return np.nan, 0.0
    x, y = size[known], deviation[known]
    if log:
        x, y = np.log(x), np.log(y)
    x = x - x.mean()
    slope = float(x @ y / (x @ x))
    rest = y - y.mean() - slope * x
    return slope, float(np.sqrt(rest @ rest / (x.size - 2) / (x @ x)))


def _sd(pairs: Pairs) -> tuple[Array, Array]:
    number, change, spread = (a.sum(axis=1) for a in (pairs.number, pairs.change, pairs.spread))
    n = np.where(number > 1, number, np.nan)
    value = np.sqrt(np.maximum(spread / n - (change / n) ** 2, 0.0))
    return value, value / np.sqrt(2 * n)


def _correlation(pairs: Pairs) -> tuple[Array, Array]:
    """Return the correlation of the absolute change with size."""
    sums = (pairs.number, pairs.size, pairs.distance, pairs.square, pairs.spread, pairs.sized)
    number, size, far, square, spread, both = (total.sum(axis=1) for total in sums)
    n = np.where(number > 2, number, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        covariance = both / n - size * far / n**2
        scale = (square / n - (size / n) ** 2) * (spread / n - (far / n) ** 2)
        value = np.where(scale > 0, covariance / np.sqrt(scale), np.nan)
    return value, (1 - value**2) / np.sqrt(n)


def kesten(trajectory: Trajectory, measure: Kesten) -> pd.DataFrame:
    """Return mean or SD of the factor or of the addition of a Kesten process, by repeat.

    The change x' - x is a line through x with the slope <factor> - 1, and its variance
    about it is one through x**2.
    """
    pairs = Pairs(trajectory, measure, np.asarray)
    sums = (pairs.number, pairs.size, pairs.change, pairs.square, pairs.both)
    slope, addition = _line(*(total.sum(axis=1) for total in sums))
    unknown = np.zeros(pairs.cells.size)
    if measure.give == "factor":
        return pairs.cells.values(slope + 1, unknown)
    if measure.give == "addition":
        return pairs.cells.values(addition, unknown)
    with np.errstate(invalid="ignore"):
        variance = pairs.variance(slope, addition)
        x = pairs.square / np.where(pairs.number > 0, pairs.number, np.nan)
        w = np.where(np.isfinite(variance) & (variance > 0), pairs.number / variance**2, 0.0)
    y, x = np.nan_to_num(variance), np.nan_to_num(x)
    weighted = (w, w * x, w * y, w * x**2, w * x * y)
    factor, added = _line(*(total.sum(axis=1) for total in weighted))
    found = factor if measure.give == "factor_sd" else added
    return pairs.cells.values(np.sqrt(np.maximum(found, 0.0)), unknown)
