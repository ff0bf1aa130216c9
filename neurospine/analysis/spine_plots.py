"""Pictures of single spines: their sizes, how these change, and lives from birth to death."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import scipy

from neurospine.analysis.drawing import (
    COLOURS,
    caption,
    finish,
    in_words,
    intervals_said,
    logarithmic,
    series_of,
    styles,
    with_unit,
)
from neurospine.analysis.repeats import Array
from neurospine.analysis.visits import Imaging, in_unit, snapshot, span
from neurospine.description.measure_tables import SpineMeasure
from neurospine.description.pictures import Histogram, Scatter, Trajectories
from neurospine.description.protocol import Protocol
from neurospine.description.published import load_reference
from neurospine.description.size_measures import Fluctuation
from neurospine.description.units import convert, seconds
from neurospine.errors import ResultError
from neurospine.results.trajectory import Trajectory

#: Bins of a histogram, and dots of a scatter at most.
_BINS = 36
_DOTS = 1500
#: Snapshots that a trajectory is drawn from at most.
_SNAPSHOTS = 2000
_VOLUME = with_unit("Head volume", "um**3")


def draw_histogram(axes: Any, trajectory: Trajectory, protocol: Protocol, plot: Histogram) -> None:
    """Draw the distribution of volumes on a logarithmic axis, and the log-normal law."""
    imagings = _imagings(trajectory, plot.phase, plot.projection, plot.detection)
    start, stop = span(trajectory, plot.phase)
    sizes = {
        name: _sizes(imagings, time, plot.variable)
        for name, time in (("start", start), ("end", stop))
    }
    drawn = np.concatenate([size for size, _ in sizes.values()] + _published_sizes(plot))
    if not drawn.size:
        raise ResultError(f"phase {plot.phase!r}: there is no spine to draw")
    bins = np.geomspace(drawn.min() * 0.95, drawn.max() * 1.05, _BINS + 1)
    size, condition = sizes["end"]
    if plot.series is None:
        _outline(axes, sizes["start"][0], bins, color="0.35", linestyle="--", label="start")
        share = np.full(size.size, 1 / max(size.size, 1))
        axes.hist(size, bins, weights=share, color=COLOURS[0], alpha=0.45, label="end")
        _law(axes, size, bins, COLOURS[0], "log-normal law")
    else:
        table = trajectory.info.conditions
        for (colour, _), (label, value) in zip(
            styles(), series_of(protocol, plot.series, table), strict=False
        ):
            own = size[np.isin(condition, np.flatnonzero(table[plot.series] == value))]
            _outline(axes, own, bins, color=colour, label=label)
            _law(axes, own, bins, colour, "_nolegend_")
    for published in _published_sizes(plot):
        _outline(axes, published, bins, color="black", linewidth=1, label="published")
    if plot.points is not None and plot.points_spread is not None:
        table = load_reference(plot.points).table
        _mark_spread(axes, table[plot.points_column], table[plot.points_spread])
    label = _VOLUME
    if plot.variable == "weight":
        units = {imaging.dataset["weight"].attrs.get("units", "1") for imaging in imagings}
        label = with_unit("Weight", units.pop() if len(units) == 1 else "1")
    axes.set(xscale="log", xlabel=label, ylabel="Share of spines in a bin")
    _logarithmic(axes.xaxis)
    finish(axes, plot.title)


def _published_sizes(plot: Histogram) -> list[Array]:
    """Return the volumes (um**3) of published single spines, if there are any."""
    if plot.points is None or plot.points_spread is not None:
        return []
    reference = load_reference(plot.points)
    size = reference.table[plot.points_column].dropna().to_numpy(float)
    return [size * convert(1.0, reference.units[plot.points_column], "um**3")]


def _mark_spread(axes: Any, mean: Any, spread: Any) -> None:
    """Draw published means of ln V with a standard deviation to both sides, above all else."""
    top = 1.06 * axes.get_ylim()[1]
    middle, low, high = (np.exp(mean + shift * spread) for shift in (0, -1, 1))
    axes.errorbar(middle, np.full(len(mean), top), xerr=[middle - low, high - middle], fmt="s",
                  color="black", markerfacecolor="white", markersize=5, capsize=2.5,
                  linewidth=1, label="published, mean and SD of ln V")  # fmt: skip
    axes.set_ylim(top=1.4 * top)  # with room for the legend above


def _logarithmic(axis: Any) -> None:
    low, high = axis.get_view_interval()
    logarithmic(axis, ratio=high / low)


def _outline(axes: Any, size: Array, bins: Array, **style: Any) -> None:
    share = np.full(size.size, 1 / max(size.size, 1))
    axes.hist(size, bins, weights=share, histtype="step", **style)


def _law(axes: Any, size: Array, bins: Array, colour: str, label: str) -> None:
    """Draw the log-normal law of some sizes, as shares of bins."""
    if size.size < 2:
        return
    log = np.log(size)
    x = np.linspace(np.log(bins[0]), np.log(bins[-1]), 300)
    width = np.log(bins[1] / bins[0])
    density = scipy.stats.norm.pdf(x, log.mean(), log.std()) * width
    axes.plot(np.exp(x), density, color=colour, linewidth=1.2, label=label)


def draw_trajectories(axes: Any, trajectory: Trajectory, plot: Trajectories) -> None:
    """Draw the volumes of a few slots over days, with births and deaths."""
    (imaging, *_) = _imagings(trajectory, plot.phase, plot.projection, "0 um**3")
    start, stop = span(trajectory, plot.phase)
    times = imaging.dataset["time"].values
    times = times[(times >= start * (1 - 1e-9)) & (times <= stop * (1 + 1e-9))]
    times = times[:: -(-times.size // _SNAPSHOTS)]
    slots = _chosen(imaging, times, plot.spines)
    unit = "day" if stop - start >= 2 * seconds("1 day") else "hour"
    marks: dict[str, list[tuple[float, float]]] = {"born": [], "lost": []}
    volume = np.full((times.size, slots.size), np.nan)
    identity = np.full((times.size, slots.size), -1)
    for k, time in enumerate(times):
        look = imaging.visit(float(time))
        volume[k] = np.where(look.seen, look.volume, np.nan)[slots]
        identity[k] = np.where(look.seen, look.identity, -1)[slots]
    since = in_unit(times - start, unit)
    for column, (colour, dashes) in zip(range(slots.size), styles(), strict=False):
        for first, last in _lives(identity[:, column]):
            life = slice(first, last + 1)
            axes.plot(since[life], volume[life, column], dashes, color=colour, linewidth=1.1,
                      marker="." if first == last else None, markersize=3)  # fmt: skip
            if first > 0:
                marks["born"].append((since[first], volume[first, column]))
            if last < times.size - 1:
                marks["lost"].append((since[last], volume[last, column]))
    for (name, found), marker in zip(marks.items(), "^x", strict=True):
        if found:
            x, y = np.transpose(found)
            axes.plot(x, y, marker, color="0.2", markersize=5, label=name, zorder=3)
    axes.set(yscale="log", xlabel=with_unit("Time", unit), ylabel=_VOLUME)
    axes.margins(x=0.02)
    _logarithmic(axes.yaxis)
    finish(axes, plot.title, legend=any(marks.values()))


def _chosen(imaging: Imaging, times: Array, number: int) -> Array:
    """Return slots that hold a spine now and then: small, medium and large ones."""
    seen = [imaging.visit(float(time)) for time in times[[0, times.size // 2, -1]]]
    largest = np.max([np.where(visit.seen, visit.volume, 0.0) for visit in seen], axis=0)
    filled = np.flatnonzero(largest > 0)
    order = filled[np.argsort(largest[filled], kind="stable")]
    place = (np.arange(number) + 0.5) / number * order.size
    return np.asarray(order[np.unique(place.astype(int))] if order.size else order)


def _lives(identity: Array) -> Iterator[tuple[int, int]]:
    """Yield first and last row of each stretch with one spine."""
    edges = np.flatnonzero(np.diff(identity)) + 1
    for rows in np.split(np.arange(identity.size), edges):
        if identity[rows[0]] >= 0:
            yield int(rows[0]), int(rows[-1])


def draw_spread(axes: Any, protocol: Protocol, plot: Scatter, table: pd.DataFrame) -> None:
    """Draw the spread of change against size, with the power law through it."""
    assert plot.measure is not None
    measure = protocol.measures[plot.measure]
    assert isinstance(measure, Fluctuation)
    for (colour, _), (label, value) in zip(
        styles(), series_of(protocol, plot.series, table), strict=False
    ):
        line = table if value is None else table[table[plot.series] == value]
        line = line[line["value"] > 0]
        interval = [line["value"] - line["low"], line["high"] - line["value"]]
        axes.errorbar(line["size"], line["value"], yerr=np.nan_to_num(interval), fmt="o",
                      color=colour, markersize=4, linewidth=1)  # fmt: skip
        x = np.log(line["size"].to_numpy(float))
        if x.size > 2:
            slope, intercept = np.polyfit(x, np.log(line["value"]), 1)
            axes.plot(np.exp(x), np.exp(intercept + slope * x), color=colour, linewidth=1.1,
                      label=f"{label}{', ' * bool(label)}exponent {slope:.2f}")  # fmt: skip
    unit = measure.own_axes["size"]
    what = {"um**3": "Head volume", "um**2": "Head area"}[unit]
    axes.set(xscale="log", yscale="log", xlabel=with_unit(what, unit),
             ylabel=with_unit(measure.meaning, unit))  # fmt: skip
    _logarithmic(axes.xaxis)
    _logarithmic(axes.yaxis)
    finish(axes, plot.title)
    caption(axes, intervals_said(table, "error bars"))


def draw_before_after(axes: Any, trajectory: Trajectory, protocol: Protocol, plot: Scatter) -> None:
    """Draw size after a lag against size before, of a sample of spines."""
    assert plot.phase is not None
    start, _ = span(trajectory, plot.phase)
    table = trajectory.info.conditions
    before, after, condition = [], [], []
    for imaging in _imagings(trajectory, plot.phase, plot.projection, "0 um**3"):
        first, then = imaging.visit(start), imaging.visit(start + seconds(plot.lag))
        stayed = then.same(first)
        before.append(first.volume[stayed])
        after.append(then.volume[stayed])
        condition.append(imaging.condition[stayed])
    x, y, number = (np.concatenate(part) for part in (before, after, condition))
    for (colour, _), (label, value) in zip(
        styles(), series_of(protocol, plot.series, table), strict=False
    ):
        own = np.arange(x.size)
        if value is not None:
            own = np.flatnonzero(np.isin(number, np.flatnonzero(table[plot.series] == value)))
        own = own[:: max(1, -(-own.size // _DOTS))]
        axes.plot(x[own], y[own], ".", color=colour, markersize=3, alpha=0.5, label=label or None)
    ends = np.array([min(x.min(), y.min()), max(x.max(), y.max())]) if x.size else np.ones(2)
    axes.plot(ends, ends, color="0.4", linewidth=0.8, label="no change")
    axes.set(xscale="log", yscale="log", xlabel=_VOLUME,
             ylabel=with_unit(f"Head volume {in_words(plot.lag)} later", "um**3"))  # fmt: skip
    _logarithmic(axes.xaxis)
    _logarithmic(axes.yaxis)
    finish(axes, plot.title)


def _imagings(
    trajectory: Trajectory, phase: str, projection: str | None, detection: str
) -> list[Imaging]:
    names = list(trajectory.spines) if projection is None else [projection]
    look = SpineMeasure(meaning="", phase=phase, detection=detection)
    return [Imaging(trajectory, name, look) for name in names]


def _sizes(imagings: list[Imaging], time: float, variable: str = "volume") -> tuple[Array, Array]:
    """Return the volumes (or weights) seen at a time and the condition of each."""
    visits = [imaging.visit(time) for imaging in imagings]
    values = [
        visit.volume if variable == "volume" else snapshot(imaging.dataset, variable, time)
        for visit, imaging in zip(visits, imagings, strict=True)
    ]
    size = np.concatenate([v[visit.seen] for v, visit in zip(values, visits, strict=True)])
    where = [i.condition[v.seen] for i, v in zip(imagings, visits, strict=True)]
    shown = size > 0
    return size[shown], np.concatenate(where)[shown]
