"""Lifetimes of contacts from their births and deaths, censored and truncated as observed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy

from neurospine.analysis.repeats import CONFIDENCE, Array, Cells
from neurospine.analysis.visits import in_unit, span
from neurospine.description.imaging_measures import KaplanMeier, Lifetime, LifetimeMeasure
from neurospine.description.units import convert, seconds
from neurospine.errors import ResultError, suggest
from neurospine.results.trajectory import Trajectory

#: Weibull shapes between which the likelihood is searched.
_SHAPES = (0.05, 20.0)
#: Points of a survival curve for which no lags are given.
_POINTS = 101


@dataclass(frozen=True)
class Lives:
    """Lives under observation, each from an age to an age (s).

    Attributes
    ----------
    enter, leave
        Ages at which observation begins and ends, shape (lives,).
    died
        Whether it ended with death, shape (lives,).
    """

    enter: Array
    leave: Array
    died: Array

    def __getitem__(self, chosen: Array) -> Lives:
        return Lives(self.enter[chosen], self.leave[chosen], self.died[chosen])


@dataclass(frozen=True)
class Curve:
    """A product-limit curve: survival just after each time of death, and sums of Greenwood's.

    `survival` and `greenwood` have one value more than `time`, for before the first death.
    """

    time: Array
    survival: Array
    greenwood: Array

    def at(self, age: Array) -> tuple[Array, Array]:
        """Return survival and its standard error at some ages."""
        place = np.searchsorted(self.time, age * (1 + 1e-9), side="right")
        survival = self.survival[place]
        return survival, survival * np.sqrt(self.greenwood[place])

    def median(self) -> tuple[float, float]:
        """Return the first time at which half or fewer live, NaN if later than observed.

        The error is the half-width of the interval in which the confidence band of
        the curve holds one half, as a standard error.
        """
        error = self.survival * np.sqrt(self.greenwood)
        width = scipy.stats.norm.ppf((1 + CONFIDENCE) / 2)
        middle, low, high = (
            self._first(self.survival + shift * error <= 0.5) for shift in (0.0, -width, width)
        )
        spread = (high - low) / (2 * width)
        return middle, 0.0 if np.isnan(spread) else spread

    def _first(self, below: Array) -> float:
        place = np.flatnonzero(below[1:])
        return float(self.time[place[0]]) if place.size else np.nan

    def mean(self, until: float) -> tuple[float, float]:
        """Return the area under the curve up to an age, and its standard error."""
        inside = self.time < until
        edges = np.concatenate([[0.0], self.time[inside], [until]])
        steps = self.survival[: edges.size - 1] * np.diff(edges)
        area = np.cumsum(steps[::-1])[::-1]  # from each death on, to the right
        terms = np.diff(self.greenwood)[: edges.size - 2]
        known = area[1:] > 0  # past the last life both factors end: no area, no variance
        variance = np.sum(area[1:][known] ** 2 * terms[known])
        return float(area[0]), float(np.sqrt(variance))


def product_limit(lives: Lives) -> Curve:
    """Return the estimate of Kaplan and Meier for lives that come late and are cut off.

    At an age t those are at risk who entered before t and left at t or later.
    """
    time, number = np.unique(lives.leave[lives.died], return_counts=True)
    entered = np.searchsorted(np.sort(lives.enter), time, side="left")
    left = np.searchsorted(np.sort(lives.leave), time, side="left")
    risk = (entered - left).astype(float)
    survival = np.concatenate([[1.0], np.cumprod(1 - number / risk)])
    with np.errstate(divide="ignore"):
        terms = np.where(risk > number, number / (risk * np.maximum(risk - number, 1)), 0.0)
    return Curve(time, survival, np.concatenate([[0.0], np.cumsum(terms)]))


def observed(contacts: pd.DataFrame, of: str, start: float, stop: float) -> tuple[Lives, Array]:
    """Return the lives of contacts within a phase, and which rows of the table they are.

    See `LifetimeMeasure` for what `of` means; contacts that are observed for no time at
    all are left out.
    """
    birth, death = (contacts[name].to_numpy(float) for name in ("birth", "death"))
    present = ~(birth > start) & ~(death <= start)
    born = (birth > start) & (birth < stop)
    if of == "present":
        rows, origin = np.flatnonzero(present), np.full(len(contacts), start)
    else:
        rows, origin = np.flatnonzero(born | (present & ~np.isnan(birth) & (of == "all"))), birth
    end = np.where(death <= stop, death, stop)
    lives = Lives(
        np.maximum(start - origin, 0.0)[rows],
        (end - origin)[rows],
        (death <= stop)[rows],
    )
    real = lives.leave > lives.enter
    return lives[real], rows[real]


def kaplan_meier(trajectory: Trajectory, measure: KaplanMeier) -> pd.DataFrame:
    """Return the curve, its median or its restricted mean, by repeat."""
    start, stop = span(trajectory, measure.phase)
    unit = convert(1.0, measure.unit, "second")
    lags = np.linspace(0.0, stop - start, _POINTS)
    if measure.lags:
        lags = np.array([seconds(lag) for lag in measure.lags])

    def estimate(lives: Lives) -> tuple[Array, Array]:
        curve = product_limit(lives)
        if measure.give == "curve":
            return curve.at(lags)
        found = curve.median() if measure.give == "median" else curve.mean(stop - start)
        return np.array([found[0] / unit]), np.array([found[1] / unit])

    axes = {name: in_unit(lags, unit) for name, unit in measure.own_axes.items()}
    return _by_cell(trajectory, measure, estimate, axes)


def lifetime(trajectory: Trajectory, measure: Lifetime) -> pd.DataFrame:
    """Return mean lifetime, Weibull shape, or the p value of one exponential, by repeat."""
    unit = convert(1.0, measure.unit, "second")

    def estimate(lives: Lives) -> tuple[Array, Array]:
        if not lives.died.any():
            return np.array([np.nan]), np.zeros(1)
        if measure.give == "mean":
            deaths = lives.died.sum()
            mean = (lives.leave - lives.enter).sum() / deaths / unit
            return np.array([mean]), np.array([mean / np.sqrt(deaths)])
        shape, error, ratio = weibull(lives)
        if measure.give == "shape":
            return np.array([shape]), np.array([error])
        return np.array([scipy.stats.chi2.sf(ratio, 1)]), np.zeros(1)

    return _by_cell(trajectory, measure, estimate, {})


def weibull(lives: Lives) -> tuple[float, float, float]:
    """Return the Weibull shape of lives, its standard error, and twice the log likelihood ratio.

    The ratio is that to a shape of 1, one exponential. The scale is eliminated: at its
    maximum, scale**shape is the sum of leave**shape - enter**shape over deaths.
    """
    scale = np.mean(lives.leave - lives.enter)
    enter, leave = lives.enter / scale, lives.leave / scale
    deaths, logs = lives.died.sum(), np.log(leave[lives.died]).sum()

    def likelihood(shape: float) -> float:
        exposed = (leave**shape - enter**shape).sum()
        return float(deaths * np.log(shape * deaths / exposed) + (shape - 1) * logs)

    found = scipy.optimize.minimize_scalar(
        lambda k: -likelihood(np.exp(k)), bounds=np.log(_SHAPES), method="bounded"
    )
    shape, best = float(np.exp(found.x)), -float(found.fun)
    step = 1e-2
    around = [likelihood(shape * np.exp(k)) for k in (-step, step)]
    curvature = (2 * best - sum(around)) / step**2
    error = shape / np.sqrt(curvature) if curvature > 0 else 0.0
    return shape, float(error), max(0.0, 2 * (best - likelihood(1.0)))


def _by_cell(
    trajectory: Trajectory,
    measure: LifetimeMeasure,
    estimate: Callable[[Lives], tuple[Array, Array]],
    axes: dict[str, Array],
) -> pd.DataFrame:
    cells = Cells.of(trajectory)
    rows = max((len(axis) for axis in axes.values()), default=1)
    value, error = np.full((cells.size, rows), np.nan), np.zeros((cells.size, rows))
    lives, cell = _observed(trajectory, measure, cells)
    for number, inside in enumerate(cells.split(cell, np.arange(cell.size))):
        if inside.size:
            value[number], error[number] = estimate(lives[inside])
    return cells.values(value, error, axes)


def _observed(
    trajectory: Trajectory, measure: LifetimeMeasure, cells: Cells
) -> tuple[Lives, Array]:
    """Return the lives in all projections that count, and the cell of each."""
    tables = trajectory.contacts
    names = list(trajectory.spines) if measure.projection is None else [measure.projection]
    parts = []
    for name in names:
        if name not in tables:
            raise ResultError(
                f"no births and deaths of {name!r} in this run. {suggest(name, tables)}"
            )
        lives, rows = observed(tables[name], measure.of, *span(trajectory, measure.phase))
        parts.append((lives, cells.index(tables[name])[rows]))
    joined = (
        np.concatenate([getattr(lives, key) for lives, _ in parts])
        for key in ("enter", "leave", "died")
    )
    return Lives(*joined), np.concatenate([cell for _, cell in parts])
