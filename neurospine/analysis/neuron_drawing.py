"""What pictures of neurons share: which conditions and times are shown, lines, colours, words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import colormaps

from neurospine.analysis.drawing import styles, with_unit_after
from neurospine.analysis.repeats import Array, Cells
from neurospine.analysis.visits import span
from neurospine.analysis.windows import cells_of
from neurospine.description.neuron_pictures import CopyPicture, WindowPicture
from neurospine.description.units import seconds
from neurospine.errors import ResultError
from neurospine.results.trajectory import Trajectory

#: Points of a line at most; of more, the lowest and highest of each stretch are drawn.
_POINTS = 4000


def thinned(values: Array, points: int = _POINTS) -> Array:
    """Return places that show a long trace: the lowest and highest of each short stretch."""
    if values.size <= points:
        return np.arange(values.size)
    length = -(-values.size // (points // 2))
    whole = values.size // length * length
    blocks = values[:whole].reshape(-1, length)
    first = np.arange(len(blocks)) * length
    both = np.stack([first + blocks.argmin(axis=1), first + blocks.argmax(axis=1)], axis=1)
    kept = np.unique(np.concatenate([both.ravel(), [0, values.size - 1]]))
    return np.asarray(kept)


def shown_conditions(trajectory: Trajectory, plot: CopyPicture) -> Array:
    """Return the conditions that a picture is about, in order."""
    table: pd.DataFrame = trajectory.info.conditions
    chosen = np.ones(max(1, len(table)), bool)
    for axis, value in plot.only.items():
        chosen &= (table[axis] == value).to_numpy()
    if not chosen.any():
        raise ResultError("no condition of the run has all values of 'only'")
    return np.flatnonzero(chosen)


def said_copy(trajectory: Trajectory, plot: CopyPicture, shown: Sequence[int] = ()) -> str:
    """Return which cell, condition and repeat a picture shows, of what there are several.

    What differs among the conditions that are `shown` is left out.
    """
    table = trajectory.info.conditions
    said = []
    population = getattr(plot, "population", None)
    if population is not None and cells_of(trajectory, population) > 1:
        cell = getattr(plot, "cell", None)
        if cell is None:  # the first that was recorded is drawn
            recorded = trajectory.info.traces[population].cells["number"]
            cell = int(recorded.iloc[0]) % cells_of(trajectory, population)
        said.append(f"cell {cell}")
    rows = [int(k) for k in shown or shown_conditions(trajectory, plot)[:1]]
    for axis in map(str, table) if len(table) > 1 else ():
        if table[axis].iloc[rows].nunique() == 1 and table[axis].nunique() > 1:
            value, unit = table[axis].iloc[rows[0]], trajectory.info.axes[axis].unit
            if isinstance(value, str):
                said.append(words(value))
            else:
                said.append(with_unit_after(f"{words(axis)} {value:g}", unit))
    repeats = Cells.of(trajectory).repeats
    if repeats > 1:
        said.append(f"repeat {plot.repeat} (of {repeats})")
    return ", ".join(said)


def shown_window(trajectory: Trajectory, plot: WindowPicture) -> tuple[float, float]:
    """Return start and stop of a picture in seconds of the run."""
    first, last = span(trajectory, plot.phase)
    stop = last if plot.stop is None else first + seconds(plot.stop)
    return first + seconds(plot.start), stop


def head(figure: Any, plot: WindowPicture) -> None:
    """Give a figure of several axes its title."""
    figure.suptitle(plot.title, x=0.01, horizontalalignment="left", fontsize="large")


def words(name: str) -> str:
    """Return a name as people write it."""
    return name.replace("_", " ")


def colours(number: int, *, ordered: bool) -> Iterator[tuple[Any, str]]:
    """Yield colours with dashes; those of many values of one quantity go from dark to light."""
    if not ordered or number < 4:
        yield from styles()
    yield from ((colour, "-") for colour in colormaps["viridis"](np.linspace(0, 0.88, number)))
