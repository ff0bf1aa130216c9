"""Pictures of spikes: rasters of populations with their rates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from neurospine.analysis.drawing import styles
from neurospine.analysis.neuron_drawing import head, shown_conditions, shown_window, words
from neurospine.analysis.repeats import Cells
from neurospine.analysis.windows import cells_of
from neurospine.description.neuron_pictures import Raster
from neurospine.description.units import seconds
from neurospine.errors import ResultError, suggest
from neurospine.results.trajectory import Trajectory

#: Spikes of a population that are drawn at most.
_SPIKES = 200_000


def draw_raster(figure: Any, trajectory: Trajectory, plot: Raster) -> None:
    """Draw spikes of populations, and below the rate of each."""
    names = _populations(trajectory, plot)
    (condition, *_) = shown_conditions(trajectory, plot)
    copy = int(condition) * Cells.of(trajectory).repeats + plot.repeat
    start, stop = shown_window(trajectory, plot)
    figure.set_size_inches(6.4, 5.2)
    raster, rates = figure.subplots(2, 1, sharex=True, height_ratios=(2.6, 1))
    width = seconds(plot.bin)
    bins = max(1, round((stop - start) / width))
    rows, middles = 0, []
    for (colour, _), name in zip(styles(), names, strict=False):
        size = cells_of(trajectory, name)
        shown = min(size, plot.cells)
        table = trajectory.spikes[name]
        half = 0.5 * trajectory.info.step
        inside = table["time"].between(start - half, stop - half, inclusive="both")
        inside &= table["cell"] // size == copy
        time = table["time"][inside].to_numpy() - start
        cell = table["cell"][inside].to_numpy() % size
        marked = np.flatnonzero(cell < shown)[:_SPIKES]
        height = 230 / max(plot.cells, 40)
        raster.plot(
            time[marked] * 1e3, rows + cell[marked], "|", color=colour, markersize=max(1.5, height),
            markeredgewidth=0.7, rasterized=True,
        )  # fmt: skip
        counts, edges = np.histogram(time, bins, (0, bins * width))
        rates.stairs(counts / width / size, edges * 1e3, baseline=None, color=colour, linewidth=1.2)
        label = words(name) if shown == size else f"{words(name)}\n({shown} of {size})"
        middles.append((rows + (shown - 1) / 2, label, colour))
        rows += shown
        raster.axhline(rows - 0.5, color="0.85", linewidth=0.6)
    raster.set_ylim(-0.5, rows - 0.5)
    raster.set_xlim(0, (stop - start) * 1e3)
    raster.set_yticks([place for place, *_ in middles], [label for _, label, _ in middles])
    for tick, (*_, colour) in zip(raster.get_yticklabels(), middles, strict=True):
        tick.set_color(colour)
        tick.set_rotation(90)
        tick.set(verticalalignment="center", multialignment="center")
    raster.tick_params(axis="y", length=0)
    rates.set(xlabel="Time (ms)", ylabel="Rate (Hz)")
    rates.set_ylim(bottom=0)
    for axes in (raster, rates):
        axes.spines[["top", "right"]].set_visible(False)
    figure.align_ylabels()
    head(figure, plot)


def _populations(trajectory: Trajectory, plot: Raster) -> Sequence[str]:
    for name in plot.populations:
        if name not in trajectory.spikes:
            raise ResultError(f"no population {name!r}. {suggest(name, trajectory.spikes)}")
    return plot.populations or list(trajectory.spikes)
