"""How large spines are: statistics of volume, its tail, and its memory."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import scipy

from neurospine.analysis.repeats import Array, Cells, by_cell
from neurospine.analysis.visits import imagings, in_unit, span, visit_times
from neurospine.description.measure_tables import VisitedMeasure
from neurospine.description.size_measures import Autocorrelation, SizeDistribution, TailExponent
from neurospine.description.units import convert, parse_quantity, seconds
from neurospine.results.trajectory import Trajectory

#: The key of the random samples that are tested for log-normality.
_SAMPLING = 20110622
#: A sample counts as log-normal when p is above this.
_SIGNIFICANT = 0.05
#: A mode is higher than the dip beside it by this share of the highest.
_STANDING_OUT = 0.02
#: With fewer spines there is no shape to speak of.
_FEWEST = 3


def size_distribution(trajectory: Trajectory, measure: SizeDistribution) -> pd.DataFrame:
    """Return a statistic of the volumes seen, by repeat."""
    if measure.give.startswith("ks"):
        statistic = _lognormality(measure)
    else:
        statistic = _STATISTICS[measure.give]
    return _visited(trajectory, measure, statistic)


def _moment(order: int) -> Callable[[Array], float]:
    def statistic(volume: Array) -> float:
        if volume.size < _FEWEST:
            return np.nan
        log = np.log(volume)
        centred = log - log.mean()
        spread = float(np.sqrt(np.mean(centred**2)))
        return spread if order == 2 else float(np.mean(centred**3)) / spread**3

    return statistic


def _modes(volume: Array) -> float:
    """Return how many maxima stand out of a kernel density of ln V."""
    if volume.size < _FEWEST:
        return np.nan
    log = np.log(volume)
    quartiles = np.quantile(log, [0.25, 0.75])
    spread = min(log.std(), np.diff(quartiles).item() / 1.349)
    if spread == 0:
        return 1.0
    width = 0.9 * spread * volume.size**-0.2
    edges = np.arange(log.min() - 4 * width, log.max() + 5 * width, width / 8)
    density = scipy.ndimage.gaussian_filter1d(np.histogram(log, edges)[0].astype(float), 8)
    found, _ = scipy.signal.find_peaks(density, prominence=_STANDING_OUT * density.max())
    return float(found.size)


_STATISTICS: dict[str, Callable[[Array], float]] = {
    "mean": lambda volume: float(np.mean(volume)),
    "median": lambda volume: float(np.median(volume)),
    "cv": lambda volume: float(np.std(volume) / np.mean(volume)),
    "mean_log": lambda volume: float(np.mean(np.log(volume))),
    "sd_log": _moment(2),
    "skew_log": _moment(3),
    "modes": _modes,
}


def _lognormality(measure: SizeDistribution) -> Callable[[Array], float]:
    """Return a function from volumes to the mean p of samples, or the share of large p."""

    def statistic(volume: Array) -> float:
        log = np.log(volume)
        generator = np.random.default_rng([_SAMPLING, volume.size])
        size, samples = measure.sample_size, measure.samples
        if log.size <= size:
            size, samples = log.size, 1
        if size < _FEWEST:
            return np.nan
        found = np.empty(samples)
        for number in range(samples):
            sample = generator.choice(log, size, replace=False)
            scaled = (sample - sample.mean()) / sample.std(ddof=1)
            found[number] = scipy.stats.kstest(scaled, "norm").pvalue
        return float(found.mean() if measure.give == "ks_p" else np.mean(found > _SIGNIFICANT))

    return statistic


def tail_exponent(trajectory: Trajectory, measure: TailExponent) -> pd.DataFrame:
    """Return the exponent of the density of volumes in its tail, by repeat."""
    smallest = convert(*parse_quantity(measure.smallest), "um**3")
    largest = np.inf
    if measure.largest is not None and measure.method == "regression":
        largest = convert(*parse_quantity(measure.largest), "um**3")

    def statistic(volume: Array) -> float:
        inside = volume[(volume >= smallest) & (volume <= largest)]
        if inside.size < _FEWEST:
            return np.nan
        if measure.method == "hill":
            return 1 + inside.size / float(np.sum(np.log(inside / smallest)))
        top = min(largest, float(inside.max()))
        edges = np.geomspace(smallest, top, measure.bins + 1)
        number, _ = np.histogram(inside, edges)
        filled = number > 0
        if filled.sum() < _FEWEST:
            return np.nan
        middle = np.sqrt(edges[1:] * edges[:-1])[filled]
        density = (number / np.diff(edges))[filled]
        weight = np.sqrt(number[filled])  # the error of a log count is one over its root
        return -float(np.polyfit(np.log(middle), np.log(density), 1, w=weight)[0])

    return _visited(trajectory, measure, statistic)


def _visited(
    trajectory: Trajectory, measure: VisitedMeasure, statistic: Callable[[Array], float]
) -> pd.DataFrame:
    """Return a statistic of the volumes seen at each visit."""
    cells = Cells.of(trajectory)
    times, own = visit_times(trajectory, measure)
    value, error = np.zeros((2, cells.size, len(times)))
    found = imagings(trajectory, measure, tell_apart=False)
    for k, time in enumerate(times):
        visits = [imaging.visit(float(time)) for imaging in found]
        volume = np.concatenate([visit.volume[visit.seen] for visit in visits])
        cell = np.concatenate([i.cell[v.seen] for i, v in zip(found, visits, strict=True)])
        value[:, k], error[:, k] = by_cell(cells, cell, volume, statistic)
    return cells.values(value, error, own)


def autocorrelation(trajectory: Trajectory, measure: Autocorrelation) -> pd.DataFrame:
    """Return the correlation of size at the start of a phase and after each lag, by repeat."""
    cells = Cells.of(trajectory)
    start, _ = span(trajectory, measure.phase)
    lags = np.array([seconds(lag) for lag in measure.lags])
    value, error = np.zeros((2, cells.size, len(lags)))
    found = imagings(trajectory, measure)
    first = [imaging.visit(start) for imaging in found]
    last = [imaging.visit(start + float(lags.max())) for imaging in found]
    stayed = [after.same(before) for before, after in zip(first, last, strict=True)]
    cell = np.concatenate([i.cell[s] for i, s in zip(found, stayed, strict=True)])

    def sizes(time: float) -> Array:
        parts = (i.visit(time).volume[s] for i, s in zip(found, stayed, strict=True))
        volume = np.concatenate(list(parts))
        return np.log(volume) if measure.log else volume

    before = sizes(start)
    for k, lag in enumerate(lags):
        both = np.column_stack([before, sizes(start + float(lag))])
        value[:, k], error[:, k] = by_cell(cells, cell, both, _correlation)
    return cells.values(value, error, {"lag": in_unit(lags, measure.own_axes["lag"])})


def _correlation(both: Array) -> float:
    spread = both.std(axis=0) if len(both) >= _FEWEST else np.zeros(2)
    if not spread.all():
        return np.nan
    return float(np.mean(np.prod((both - both.mean(axis=0)) / spread, axis=1)))
