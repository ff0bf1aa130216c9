"""What all pictures share: colours, labels with units, published points, how axes look."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from neurospine.description.measures import axes_of
from neurospine.description.picture_tables import Lines, Picture
from neurospine.description.protocol import Protocol
from neurospine.description.published import load_reference
from neurospine.description.units import convert, parse_quantity

#: Colours that can be told apart with any colour vision (Okabe and Ito).
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
DASHES = ("-", "--", ":", "-.")
#: A logarithmic axis of less than this ratio has even ticks, one of more than that has them at
#: powers of ten only.
_NARROW, _WIDE = 8, 300
#: Characters of a title in an inch, and of a title that is short in any picture.
_LETTERS, _SHORT = 10, 20
#: Characters of a line of a y label.
_LINE = 46
#: What the own axes of measures are called in pictures.
_OWN = {"lag": "Lag", "time": "Time", "stage": "Stage"}
_SIZES = {"um**3": "Head volume", "um**2": "Head area"}
_UNITS = {"um**3": "µm³", "um**2": "µm²", "um": "µm", "day": "days", "hour": "hours",
          "minute": "minutes", "second": "s"}  # fmt: skip


def styles() -> Iterator[tuple[str, str]]:
    """Yield colours with dashes, without end: first all colours, then those dashed, and so on."""
    for dashes in itertools.cycle(DASHES):
        yield from ((colour, dashes) for colour in COLOURS)


def with_unit(text: str, unit: str) -> str:
    """Return the label of an axis."""
    return text if unit == "1" else f"{text} ({_UNITS.get(unit, unit)})"


def in_words(duration: str) -> str:
    """Return a duration as people write it, such as 4 days."""
    value, unit = parse_quantity(duration)
    return f"{value:g} {unit if value == 1 else _UNITS.get(unit, unit)}"


def logarithmic(axis: Any, *, ratio: float) -> None:
    """Give an axis logarithmic ticks with plain numbers; `ratio` is of its ends."""
    if ratio < _NARROW:
        axis.set_major_locator(MaxNLocator(5))
    else:
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if ratio < _WIDE else (1.0,)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def axis_unit(protocol: Protocol, plot: Lines, axis: str) -> str:
    """Return the unit of a condition or of an own axis of the measure that is drawn."""
    if axis in protocol.conditions:
        return protocol.conditions[axis].unit
    return axes_of(protocol, protocol.measures[plot.measure])[axis]


def axis_label(protocol: Protocol, plot: Lines) -> str:
    """Return the label of the x axis."""
    if plot.x in protocol.conditions:
        described = protocol.conditions[plot.x]
        return with_unit(described.meaning, described.unit)
    unit = axis_unit(protocol, plot, plot.x)
    return with_unit(_OWN.get(plot.x) or _SIZES[unit], unit)


def series_of(protocol: Protocol, axis: str | None, table: Any) -> list[tuple[str, Any]]:
    """Return label and value of each line; one without label where there is no series."""
    if axis is None:
        return [("", None)]
    unit = protocol.conditions[axis].unit
    ending = "" if unit == "1" else f" {_UNITS.get(unit, unit)}"
    values = pd.unique(np.asarray(table[axis]))
    name = axis.replace("_", " ")
    words = isinstance(values[0], str)
    sign = "+" if not words and min(values) < 0 else ""
    return [(v.replace("_", "-") if words else f"{name} {v:{sign}g}{ending}", v) for v in values]


def published(protocol: Protocol, plot: Lines) -> pd.DataFrame | None:
    """Return the published points in the units of the picture's axes."""
    if plot.points is None:
        return None
    reference = load_reference(plot.points)
    points = reference.table.copy()
    columns = {axis: axis for axis in protocol.conditions} | {plot.x: plot.points_x or plot.x}
    for axis, column in columns.items():
        if column in points:
            points[axis] = points[column]
            if points[axis].dtype.kind in "if":
                unit = axis_unit(protocol, plot, axis)
                points[axis] *= convert(1.0, reference.units[column], unit)
    if plot.points_error not in points:
        points[plot.points_error] = 0.0
    return points


def draw_points(
    axes: Any, x: Any, points: pd.DataFrame, plot: Picture, colour: str, label: str
) -> None:
    """Draw published points with their standard errors."""
    axes.errorbar(
        x,
        points[plot.points_column],
        yerr=points[plot.points_error] if points[plot.points_error].any() else None,
        fmt="s",
        color=colour,
        markerfacecolor="white",
        markersize=5,
        capsize=2.5,
        linewidth=1,
        label=f"published{', ' * bool(label)}{label}",
        zorder=3,
    )


def finish(axes: Any, title: str, *, legend: bool = True) -> None:
    """Give axes their title and the look of all of them."""
    width, _ = axes.figure.get_size_inches()
    room = int(_LETTERS * width * axes.get_position().width)
    axes.set_title(textwrap.fill(title, max(room, _SHORT)), loc="left")
    axes.set_ylabel(textwrap.fill(axes.get_ylabel(), _LINE))
    axes.spines[["top", "right"]].set_visible(False)
    if legend:
        axes.legend(frameon=False, fontsize="small")
