"""Pictures of spikes: rasters of populations with their rates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from neurospine.analysis.drawing import caption, styles, with_unit
from neurospine.analysis.neuron_drawing import (
    head,
    said_copy,
    shown_conditions,
    shown_window,
    words,
)
from neurospine.analysis.repeats import Array, Cells
from neurospine.analysis.visits import span
from neurospine.analysis.windows import cells_of
from neurospine.description.neuron_pictures import Raster
from neurospine.description.units import seconds
from neurospine.errors import ResultError, suggest
from neurospine.results.trajectory import Trajectory

#: Spikes of a population that are drawn at most.
_SPIKES = 200_000
#: Times (s) later than this are counted in seconds.
_LATE = 5.0
#: Stretches for rates in a window, about; and the height of a label as a share of the raster.
_STRETCHES, _LABEL = 50, 0.11


def draw_raster(figure: Any, trajectory: Trajectory, plot: Raster) -> None:
    """Draw spikes of populations, and below the rate of each."""
    names = _populations(trajectory, plot)
    (condition, *_) = shown_conditions(trajectory, plot)
    copy = int(condition) * Cells.of(trajectory).repeats + plot.repeat
    start, stop = shown_window(trajectory, plot)
    figure.set_size_inches(6.8, 5.4)
    raster, rates = figure.subplots(2, 1, sharex=True, height_ratios=(2.6, 1))
    width = _bin(plot, stop - start, trajectory.info.step)
    first, _ = span(trajectory, plot.phase)
    since = start - first
    unit, scale = ("second", 1.0) if stop - first > _LATE else ("ms", 1e3)
    bins = max(1, round((stop - start) / width))
    rows, middles = 0, []
    for (colour, _), name in zip(styles(), names, strict=False):
        size = cells_of(trajectory, name)
        shown = min(size, plot.cells)
        table = trajectory.spikes[name]
        half = 0.5 * trajectory.info.step
        inside = table["time"].between(start - half, stop - half, inclusive="both")
        inside &= table["cell"] // size == copy
        time = table["time"][inside].to_numpy() - first
        cell = table["cell"][inside].to_numpy() % size
        marked = np.flatnonzero(cell < shown)[:_SPIKES]
        height = 230 / max(plot.cells, 40)
        raster.plot(
            time[marked] * scale, rows + cell[marked], "|", color=colour,
            markersize=max(1.5, height), markeredgewidth=0.7, rasterized=True,
        )  # fmt: skip
        counts, edges = np.histogram(time, bins, (since, since + bins * width))
        rates.stairs(
            counts / width / size, edges * scale, baseline=None, color=colour, linewidth=1.2
        )
        number = f"{size} cell{'s' * (size != 1)}" if shown == size else f"{shown} of {size} cells"
        label = f"{words(name)}\n{number}"
        middles.append((rows + (shown - 1) / 2, label, colour))
        rows += shown
        raster.axhline(rows - 0.5, color="0.85", linewidth=0.6)
    raster.set_ylim(-0.5, rows - 0.5)
    raster.set_xlim((start - first) * scale, (stop - first) * scale)
    places = _apart([place for place, *_ in middles], _LABEL * rows, rows)
    raster.set_yticks(places, [label for _, label, _ in middles], fontsize="small")
    for tick, (*_, colour) in zip(raster.get_yticklabels(), middles, strict=True):
        tick.set_color(colour)
        tick.set(verticalalignment="center", multialignment="right")
    raster.tick_params(axis="y", length=0)
    rates.set(xlabel=with_unit("Time", unit), ylabel="Rate (Hz)")
    rates.set_ylim(bottom=0)
    for axes in (raster, rates):
        axes.spines[["top", "right"]].set_visible(False)
    head(figure, plot)
    caption(figure, f"rates in stretches of {width * 1e3:g} ms", said_copy(trajectory, plot))


def _bin(plot: Raster, window: float, step: float) -> float:
    """Return the stretch (s) that spikes are counted in: a round share of the window."""
    if plot.bin is not None:
        return seconds(plot.bin)
    wanted = window / _STRETCHES
    power = 10.0 ** np.floor(np.log10(wanted))
    rounded = max(n * power for n in (1, 2, 5) if n * power <= wanted * (1 + 1e-9))
    return float(min(max(rounded, 10 * step), window))


def _apart(places: Sequence[float], gap: float, top: float) -> Array:
    """Return places at least a gap from each other, near where they were, from 0 to the top."""
    order = np.arange(len(places))
    gap = min(gap, top / max(len(places), 1))
    low = np.maximum.accumulate(np.array(places) - gap * order) + gap * order
    high = top - gap * (len(places) - 0.5 - order)
    return np.asarray(np.minimum(low, high))


def _populations(trajectory: Trajectory, plot: Raster) -> Sequence[str]:
    for name in plot.populations:
        if name not in trajectory.spikes:
            raise ResultError(f"no population {name!r}. {suggest(name, trajectory.spikes)}")
    return plot.populations or list(trajectory.spikes)
