"""Pictures of a run, drawn as its protocol says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from neurospine.analysis.drawing import COLOURS, with_unit
from neurospine.analysis.line_plots import draw_banded, draw_bars, draw_curve, draw_stack
from neurospine.analysis.measures import Measures
from neurospine.analysis.morphology import draw_morphology
from neurospine.analysis.neuron_plots import draw_voltage
from neurospine.analysis.shape_plots import draw_shapes
from neurospine.analysis.spike_plots import draw_raster
from neurospine.analysis.spine_plots import (
    draw_before_after,
    draw_histogram,
    draw_spread,
    draw_trajectories,
)
from neurospine.analysis.trial_plots import draw_trials
from neurospine.analysis.visits import in_unit
from neurospine.description.neuron_pictures import Morphology, Raster, Voltage
from neurospine.description.picture_tables import Lines
from neurospine.description.pictures import (
    Bars,
    Curve,
    Histogram,
    Scatter,
    Shapes,
    Stack,
    Trajectories,
)
from neurospine.description.protocol import Protocol
from neurospine.description.trial_pictures import Trials
from neurospine.description.units import seconds
from neurospine.results.trajectory import Trajectory

RESOLUTION = 160
#: Snapshots that the overview's mean is drawn from at most.
_SNAPSHOTS = 500


def picture(trajectory: Trajectory, protocol: Protocol, measures: Measures) -> Figure:
    """Return the picture of a run: simulated and published values, or an overview."""
    figure = Figure(figsize=(6.4, 4.4), layout="constrained")
    FigureCanvasAgg(figure)
    match protocol.plot:
        case None:
            _overview(figure, trajectory)
        case Voltage() as plot:
            draw_voltage(figure, trajectory, protocol, plot)
        case Raster() as plot:
            draw_raster(figure, trajectory, plot)
        case Trials() as plot:
            draw_trials(figure, trajectory, protocol, plot, measures)
        case Morphology() as plot:
            figure.set_size_inches(6.4, 6.0)
            draw_morphology(figure.add_subplot(), trajectory, plot)
        case _:
            _draw(figure.add_subplot(), trajectory, protocol, measures)
    return figure


def _draw(axes: Any, trajectory: Trajectory, protocol: Protocol, measures: Measures) -> None:
    match protocol.plot:
        case Lines() as plot:
            table = _chosen(plot, measures[plot.measure])
            match plot:
                case Curve():
                    draw_curve(axes, protocol, plot, table)
                case Bars():
                    draw_bars(axes, protocol, plot, table)
                case Stack():
                    draw_stack(axes, protocol, plot, table)
                case _:
                    draw_banded(axes, protocol, plot, table)
        case Histogram() as plot:
            draw_histogram(axes, trajectory, protocol, plot)
        case Trajectories() as plot:
            draw_trajectories(axes, trajectory, plot)
        case Scatter(measure=str() as name) as plot:
            draw_spread(axes, protocol, plot, measures[name])
        case Scatter() as plot:
            draw_before_after(axes, trajectory, protocol, plot)
        case Shapes() as plot:
            draw_shapes(axes, trajectory, plot)


def _chosen(plot: Lines, table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a measure that a picture shows."""
    for axis, value in plot.only.items():
        table = table[table[axis] == value]
    return table


def write_picture(figure: Figure, path: str | Path) -> None:
    """Write a picture as PNG, the same bytes for the same picture."""
    figure.savefig(path, dpi=RESOLUTION, metadata={"Software": "neurospine"})


def _overview(figure: Figure, trajectory: Trajectory) -> None:
    """Draw spikes, the distribution of weights (or volumes) and its mean over time."""
    raster, weights, mean = figure.subplots(3, 1, height_ratios=(2, 1.5, 1))
    figure.set_size_inches(6.4, 6.4)
    stop = float(trajectory.info.phases["stop"].max())
    last = max(
        (table["time"].max() for table in trajectory.spikes.values() if len(table)), default=0
    )
    until = stop if stop - last < 1 else float(last)
    window = (max(0.0, until - 1.0), until or 1.0)
    offset = 0
    for population, table in trajectory.spikes.items():
        seen = table[table["time"].between(*window) & (table["cell"] < 200)]
        raster.plot(seen["time"], seen["cell"] + offset, "|", color="0.2", markersize=2.5)
        offset += min(200, trajectory.info.populations[population])
    raster.set(xlim=window, ylabel="cell", xlabel="time (s)")
    raster.set_title("Spikes in the last second" if last else "No spikes", loc="left")
    raster.ticklabel_format(useOffset=False)
    unit = "day" if stop >= 2 * seconds("1 day") else "second"
    for colour, (name, dataset) in zip(COLOURS, trajectory.spines.items(), strict=False):
        rows = np.unique(np.linspace(0, dataset.sizes["time"] - 1, _SNAPSHOTS).astype(int))
        first, last = (_sizes(dataset, row) for row in rows[[0, -1]])
        both = np.concatenate([first, last])
        bins = np.linspace(both.min(), both.max() + 1e-12, 80) if both.size else 1
        weights.hist(last, bins, color=colour, alpha=0.7, label=f"{name}, end")
        weights.hist(first, bins, histtype="step", color="0.3", label=f"{name}, start")
        times = in_unit(dataset["time"].values[rows], unit)
        mean.plot(times, [_sizes(dataset, row).mean() for row in rows], color=colour)
    shown = "weight" if all("weight" in d for d in trajectory.spines.values()) else "head volume"
    weights.set(xlabel=shown, ylabel="spines", yscale="log")
    weights.set_title(f"{shown.capitalize()}s", loc="left")
    weights.legend(frameon=False, fontsize="small")
    mean.set(xlabel=with_unit("time", unit), ylabel=f"mean {shown}")
    for axes in (raster, weights, mean):
        axes.spines[["top", "right"]].set_visible(False)


def _sizes(dataset: xr.Dataset, row: int) -> np.ndarray[Any, np.dtype[Any]]:
    """Return the weights (or volumes) in a snapshot; a spine that is absent has none."""
    name = "weight" if "weight" in dataset else "volume"
    found = np.asarray(dataset[name].isel(time=row).values)
    return found[found > 0]
