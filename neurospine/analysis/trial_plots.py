"""Pictures of trials: spikes of every trial, rates early against late, and what was learnt."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from neurospine.analysis.drawing import COLOURS, caption, series_of, styles, with_unit
from neurospine.analysis.measures import Measures
from neurospine.analysis.neuron_drawing import words
from neurospine.analysis.repeats import Array, Cells
from neurospine.analysis.trials import Counter, trial_spans
from neurospine.analysis.visits import span
from neurospine.analysis.windows import cells_of
from neurospine.description.protocol import Protocol
from neurospine.description.trial_measures import TRIAL
from neurospine.description.trial_pictures import Trials
from neurospine.description.units import seconds
from neurospine.errors import ResultError
from neurospine.results.trajectory import Trajectory

#: Spikes that are drawn at most.
_SPIKES = 200_000
_FIRST, _LAST = "0.55", COLOURS[0]


def draw_trials(
    figure: Any, trajectory: Trajectory, protocol: Protocol, plot: Trials, measures: Measures
) -> None:
    """Draw spikes and rates of trials, and measures by trial beside them."""
    condition = _condition(trajectory, plot)
    spans = trial_spans(trajectory, plot.phase)
    start = seconds(plot.start)
    stop = seconds(plot.stop) if plot.stop else float(spans[0, 1] - spans[0, 0])
    figure.set_size_inches(9.6 if plot.measures else 6.4, 5.4)
    columns = 2 if plot.measures else 1
    grid = figure.add_gridspec(2, columns, width_ratios=(1.4, 1)[:columns], height_ratios=(1.6, 1))
    raster = figure.add_subplot(grid[0, 0])
    rates = figure.add_subplot(grid[1, 0], sharex=raster)
    _draw_spikes(raster, trajectory, plot, spans[:, 0], condition, (start, stop))
    edges = np.arange(start, stop + 1e-9, seconds(plot.bin))
    first, last = spans[: plot.compared, 0], spans[-plot.compared :, 0]
    lines = [
        (f"first {plot.compared}", first, _FIRST, "-"),
        (f"last {plot.compared}", last, _LAST, "-"),
    ]
    also = zip(plot.also, COLOURS[1:], strict=False)
    lines += [(words(n), np.array(span(trajectory, n)[:1]), c, "--") for n, c in also]
    counter = Counter(trajectory, plot.population)
    for label, starts, colour, dashes in lines:
        found = _rates(counter, starts, edges, condition)
        rates.stairs(found, edges, baseline=None, color=colour, linestyle=dashes, label=label)
    rates.set(xlabel=with_unit("Time", "second"), ylabel="Rate (Hz)", xlim=(start, stop))
    rates.set_ylim(bottom=0)
    rates.legend(frameon=False, fontsize="small")
    for name, text in plot.marks.items():
        for axes in (raster, rates):
            axes.axvline(seconds(text), color="0.6", linewidth=0.8, zorder=0)
        raster.annotate(
            words(name), (seconds(text), 1.0), (0, 2), xycoords=("data", "axes fraction"),
            textcoords="offset points", ha="center", fontsize="small", color="0.35",
        )  # fmt: skip
    shown = [raster, rates]
    panels = _panels(figure, grid, len(plot.measures))
    for row, axes in enumerate(panels):
        name = plot.measures[row]
        _draw_measure(axes, protocol, plot, name, measures)
        axes.set_xlabel("Trial" if row == len(plot.measures) - 1 else "")
        shown.append(axes)
    if panels and plot.series is not None:
        drawn = panels[0].get_lines()
        figure.legend(handles=drawn, loc="outside upper right", ncols=3, frameon=False,
                      fontsize="small")  # fmt: skip
    for axes in shown:
        axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(plot.title, x=0.01, horizontalalignment="left", fontsize="large")
    size = cells_of(trajectory, plot.population)
    said = f"raster: {min(plot.cells, size)} of {size} cells"
    bands = any((measures[n]["high"] > measures[n]["low"]).any() for n in plot.measures)
    caption(figure, said, "bands: 95 % confidence interval" if bands else "")


def _panels(figure: Any, grid: Any, number: int) -> list[Any]:
    """Return axes for measures by trial, below each other."""
    if not number:
        return []
    below = grid[:, 1].subgridspec(number, 1)
    return [figure.add_subplot(below[row]) for row in range(number)]


def _condition(trajectory: Trajectory, plot: Trials) -> int:
    table = trajectory.info.conditions
    chosen = np.ones(max(1, len(table)), bool)
    for axis, value in plot.only.items():
        chosen &= (table[axis] == value).to_numpy()
    if not chosen.any():
        raise ResultError("no condition of the run has all values of 'only'")
    return int(np.flatnonzero(chosen)[0])


def _draw_spikes(
    axes: Any,
    trajectory: Trajectory,
    plot: Trials,
    starts: Array,
    condition: int,
    window: tuple[float, float],
) -> None:
    size = cells_of(trajectory, plot.population)
    copy = condition * Cells.of(trajectory).repeats + plot.repeat
    table = trajectory.spikes[plot.population]
    there = (table["cell"] // size == copy) & (table["cell"] % size < plot.cells)
    time = table["time"][there].to_numpy()
    cell = (table["cell"][there] % size).to_numpy()
    trial = np.searchsorted(starts, time, side="right") - 1
    since = time - starts[np.maximum(trial, 0)]
    seen = (trial >= 0) & (since >= window[0]) & (since < window[1])
    shown = np.flatnonzero(seen)[:_SPIKES]
    height = 1 + trial[shown] + (cell[shown] + 0.5) / min(plot.cells, size)
    axes.plot(since[shown], height - 0.5, "|", color="0.15", markersize=1.6, rasterized=True)
    axes.set(ylabel="Trial", ylim=(starts.size + 0.5, 0.5))
    axes.tick_params(labelbottom=False)


def _rates(counter: Counter, starts: Array, edges: Array, condition: int) -> Array:
    """Return the mean rate (Hz) of all cells of a condition in each stretch of trials."""
    own = counter.cell // counter.cells.repeats == condition
    everywhere = np.ones(counter.cells.conditions)
    found = np.zeros(edges.size - 1)
    for start in starts:
        for number, (early, late) in enumerate(pairwise(edges)):
            count = counter.count((start + early) * everywhere, (start + late) * everywhere)
            found[number] += count[own].mean()
    return np.asarray(found / starts.size / np.diff(edges))


def _draw_measure(
    axes: Any, protocol: Protocol, plot: Trials, name: str, measures: Measures
) -> None:
    table = measures[name]
    if plot.series is None:
        for axis, value in plot.only.items():
            table = table[table[axis] == value]
    lines = series_of(protocol, plot.series, table)
    for (colour, dashes), (label, value) in zip(styles(), lines, strict=False):
        line = table if value is None else table[table[plot.series] == value]
        axes.plot(line[TRIAL], line["value"], dashes, color=colour, label=label or None)
        axes.fill_between(
            line[TRIAL], line["low"], line["high"], color=colour, alpha=0.2, linewidth=0
        )
    axes.set_title(protocol.measures[name].meaning, loc="left", fontsize="small")
