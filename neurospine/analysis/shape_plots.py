"""Pictures of the shape of spines: one size against another."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurospine.analysis.drawing import COLOURS, capitalised, finish, logarithmic, with_unit
from neurospine.analysis.shapes import correlation, size_of
from neurospine.analysis.visits import Imaging, span
from neurospine.description.measure_tables import SpineMeasure
from neurospine.description.pictures import Shapes
from neurospine.errors import ResultError
from neurospine.results.trajectory import Trajectory

#: Dots at most.
_DOTS = 3000


def draw_shapes(axes: Any, trajectory: Trajectory, plot: Shapes) -> None:
    """Draw two sizes of spines against each other, with the line through them."""
    start, _ = span(trajectory, plot.phase)
    names = list(trajectory.spines) if plot.projection is None else [plot.projection]
    look = SpineMeasure(meaning="", phase=plot.phase, detection=plot.detection)
    found, described = [], {"volume": ("Head volume", "um**3")}
    for name in names:
        imaging = Imaging(trajectory, name, look)
        visit = imaging.visit(start)
        slots, volume = imaging.slots.loc[visit.seen], visit.volume[visit.seen]
        found.append(np.column_stack([size_of(slots, volume, n) for n in (plot.x, plot.y)]))
        for column in (plot.x, plot.y):
            meaning = slots.attrs.get("meanings", {}).get(column, column.replace("_", " "))
            unit = slots.attrs.get("units", {}).get(column, "1")
            described.setdefault(column, (capitalised(meaning), unit))
    sizes = np.concatenate(found)
    if not len(sizes):
        raise ResultError(f"phase {plot.phase!r}: there is no spine to draw")
    dots = sizes[:: -(-len(sizes) // _DOTS)]
    number = f"{len(dots)} of {len(sizes)}" if len(dots) < len(sizes) else str(len(sizes))
    axes.plot(*dots.T, ".", color=COLOURS[0], markersize=3, alpha=0.35, markeredgewidth=0,
              label=f"{number} spines")  # fmt: skip
    counted = np.log(sizes) if plot.log else sizes
    related = correlation(counted)
    if np.isfinite(related):
        slope, intercept = np.polyfit(counted[:, 0], counted[:, 1], 1)
        ends = np.quantile(counted[:, 0], [0.001, 0.999])
        line = np.stack([ends, intercept + slope * ends])
        what = f"exponent {slope:.2f}, correlation of logarithms" if plot.log else "correlation"
        axes.plot(*(np.exp(line) if plot.log else line), color="0.15", linewidth=1.2,
                  label=f"{what} {related:.2f}")  # fmt: skip
    x, y = (with_unit(*described[name]) for name in (plot.x, plot.y))
    axes.set(xlabel=x, ylabel=y)
    if plot.log:
        axes.set(xscale="log", yscale="log")
        for axis in (axes.xaxis, axes.yaxis):
            low, high = axis.get_view_interval()
            logarithmic(axis, ratio=high / low)
    finish(axes, plot.title)
