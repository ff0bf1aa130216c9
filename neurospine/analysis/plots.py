"""Pictures of a run, drawn as its protocol says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from neurospine.analysis.measures import Measures
from neurospine.description.protocol import Protocol
from neurospine.description.published import load_reference
from neurospine.description.targets import Plot
from neurospine.description.units import convert
from neurospine.results.trajectory import Trajectory

#: Colours that can be told apart with any colour vision (Okabe and Ito).
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
RESOLUTION = 160


def picture(trajectory: Trajectory, protocol: Protocol, measures: Measures) -> Figure:
    """Return the picture of a run: simulated and published values, or an overview."""
    figure = Figure(figsize=(6.4, 4.4), layout="constrained")
    FigureCanvasAgg(figure)
    if protocol.plot is None:
        _overview(figure, trajectory)
    elif protocol.plot.kind == "bars":
        _bars(figure.add_subplot(), protocol, protocol.plot, measures[protocol.plot.measure])
    else:
        _curve(figure.add_subplot(), protocol, protocol.plot, measures[protocol.plot.measure])
    return figure


def write_picture(figure: Figure, path: Path) -> None:
    """Write a picture as PNG, the same bytes for the same picture."""
    figure.savefig(path, dpi=RESOLUTION, metadata={"Software": "neurospine"})


def _axis_label(protocol: Protocol, axis: str) -> str:
    described = protocol.conditions[axis]
    return described.meaning if described.unit == "1" else f"{described.meaning} ({described.unit})"


def _series(protocol: Protocol, plot: Plot, table: pd.DataFrame) -> list[tuple[str, Any]]:
    """Return label and value of each line; one without label where there is no series."""
    if plot.series is None:
        return [("", None)]
    unit = protocol.conditions[plot.series].unit
    ending = "" if unit == "1" else f" {unit}"
    values = table[plot.series].unique()
    name = plot.series.replace("_", " ")
    return [
        (v.replace("_", "-") if isinstance(v, str) else f"{name} {v:+g}{ending}", v) for v in values
    ]


def _points(protocol: Protocol, plot: Plot) -> pd.DataFrame | None:
    """Return the published points in the units of the protocol's axes."""
    if plot.points is None:
        return None
    reference = load_reference(plot.points)
    points = reference.table.copy()
    for axis, described in protocol.conditions.items():
        if axis in points and points[axis].dtype.kind in "if":
            points[axis] = points[axis] * convert(1.0, reference.units[axis], described.unit)
    if "standard_error" not in points:
        points["standard_error"] = 0.0
    return points


def _curve(axes: Any, protocol: Protocol, plot: Plot, table: pd.DataFrame) -> None:
    points = _points(protocol, plot)
    lines = _series(protocol, plot, table)
    for drawn, (colour, (label, value)) in enumerate(zip(COLOURS, lines, strict=False)):
        line = table if value is None else table[table[plot.series] == value]
        line = line.sort_values(plot.x)
        legend = f"simulated{', ' * bool(label)}{label}"
        for piece in _pieces(line, plot):
            axes.plot(
                piece[plot.x], piece["value"], "-o", color=colour, markersize=3.5, label=legend
            )
            legend = "_nolegend_"
        if points is not None:
            seen = points if value is None else points[points[plot.series] == value]
            aside = 0.006 * np.ptp(table[plot.x]) * (2 * drawn - len(lines) + 1)
            own = colour if label else "0.35"
            _draw_points(axes, seen[plot.x] + aside, seen, plot, own, label)
    axes.set_xlabel(_axis_label(protocol, plot.x))
    _finish(axes, protocol, plot)


def _pieces(line: pd.DataFrame, plot: Plot) -> list[pd.DataFrame]:
    """Return the stretches of a line; it is broken where the protocol says so."""
    if plot.broken_at is None:
        return [line]
    left = line[plot.x] < plot.broken_at
    return [line[left], line[~left]]


def _draw_points(
    axes: Any, x: Any, points: pd.DataFrame, plot: Plot, colour: str, label: str
) -> None:
    axes.errorbar(
        x,
        points[plot.points_column],
        yerr=points["standard_error"] if points["standard_error"].any() else None,
        fmt="s",
        color=colour,
        markerfacecolor="white",
        markersize=5,
        capsize=2.5,
        linewidth=1,
        label=f"published{', ' * bool(label)}{label}",
        zorder=3,
    )


def _bars(axes: Any, protocol: Protocol, plot: Plot, table: pd.DataFrame) -> None:
    points = _points(protocol, plot)
    place = np.arange(len(table))
    intervals = [axis for axis in protocol.conditions if axis != plot.series]
    for colour, (label, value) in zip(COLOURS, _series(protocol, plot, table), strict=False):
        chosen = np.ones(len(table), bool) if value is None else table[plot.series].eq(value)
        axes.bar(place[chosen], table["value"][chosen], 0.7, color=colour, alpha=0.55,
                 label=f"simulated{', ' * bool(label)}{label}")  # fmt: skip
        if points is not None:
            merged = table[chosen].merge(points, on=list(protocol.conditions), how="left",
                                         suffixes=("_own", ""))  # fmt: skip
            _draw_points(axes, place[chosen], merged, plot, colour, label)
    labels = [
        "(" + ", ".join(f"{row[a]:g}" for a in intervals) + ")" for _, row in table.iterrows()
    ]
    axes.set_xticks(place, labels)
    units = {protocol.conditions[a].unit for a in intervals}
    axes.set_xlabel(f"{', '.join(a.replace('_', ' ') for a in intervals)} ({', '.join(units)})")
    _finish(axes, protocol, plot)


def _finish(axes: Any, protocol: Protocol, plot: Plot) -> None:
    axes.axhline(0.0, color="0.6", linewidth=0.8, zorder=0)
    axes.set_ylabel(protocol.measures[plot.measure].meaning)
    axes.set_title(plot.title, loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize="small")


def _overview(figure: Figure, trajectory: Trajectory) -> None:
    """Draw spikes, the distribution of weights and its mean over time."""
    raster, weights, mean = figure.subplots(3, 1, height_ratios=(2, 1.5, 1))
    figure.set_size_inches(6.4, 6.4)
    stop = float(trajectory.info.phases["stop"].max())
    window = (max(0.0, stop - 1.0), stop)
    offset = 0
    for population, table in trajectory.spikes.items():
        shown = table[table["time"].between(*window) & (table["cell"] < 200)]
        raster.plot(shown["time"], shown["cell"] + offset, "|", color="0.2", markersize=2.5)
        offset += min(200, trajectory.info.populations[population])
    raster.set(xlim=window, ylabel="cell", xlabel="time (s)")
    raster.set_title("Spikes in the last second", loc="left")
    for colour, (name, dataset) in zip(COLOURS, trajectory.spines.items(), strict=False):
        values = dataset["weight"].values
        bins = np.linspace(values[[0, -1]].min(), values[[0, -1]].max() + 1e-12, 80)
        weights.hist(values[-1], bins, color=colour, alpha=0.7, label=f"{name}, end")
        weights.hist(values[0], bins, histtype="step", color="0.3", label=f"{name}, start")
        mean.plot(dataset["time"], values.mean(axis=1), color=colour)
    weights.set(xlabel="weight", ylabel="spines", yscale="log")
    weights.set_title("Weights", loc="left")
    weights.legend(frameon=False, fontsize="small")
    mean.set(xlabel="time (s)", ylabel="mean weight")
    for axes in (raster, weights, mean):
        axes.spines[["top", "right"]].set_visible(False)
