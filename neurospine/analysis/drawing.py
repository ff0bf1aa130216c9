"""What all pictures share: colours, labels with units, published points, how axes look."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from neurospine.description.measures import axes_of
from neurospine.description.picture_tables import Lines
from neurospine.description.protocol import Protocol
from neurospine.description.units import convert, parse_quantity

#: Colours that can be told apart with any colour vision (Okabe and Ito).
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
DASHES = ("-", "--", ":", "-.")
#: A logarithmic axis of less than this ratio has even ticks, one of more than that has them at
#: powers of ten only.
_NARROW, _WIDE = 8, 300
#: Characters of a title in an inch, and of a title that is short in any picture.
_LETTERS, _SHORT = 10, 20
#: Entries of a legend that stands among the lines; a longer one stands beside the picture.
_MOST_INSIDE = 8
#: Characters of a line of a y label.
_LINE = 46
#: What the own axes of measures are called in pictures.
_OWN = {
    "lag": "Lag", "time": "Time", "stage": "Stage", "distance": "Distance to a stimulated spine",
    "trial": "Trial",
}  # fmt: skip
_SIZES = {"um**3": "Head volume", "um**2": "Head area"}
_UNITS = {"um**3": "µm³", "um**2": "µm²", "um": "µm", "day": "days", "hour": "hours",
          "minute": "minutes", "second": "s", "Mohm": "MOhm"}  # fmt: skip


def styles() -> Iterator[tuple[str, str]]:
    """Yield colours with dashes, without end: first all colours, then those dashed, and so on."""
    for dashes in itertools.cycle(DASHES):
        yield from ((colour, dashes) for colour in COLOURS)


def with_unit_after(text: str, unit: str) -> str:
    """Return a number with its unit."""
    return text if unit == "1" else f"{text} {_UNITS.get(unit, unit)}"


def with_unit(text: str, unit: str) -> str:
    """Return the label of an axis."""
    return text if unit == "1" else f"{text} ({_UNITS.get(unit, unit)})"


def capitalised(text: str) -> str:
    """Return a text that begins with a capital letter."""
    return text[:1].upper() + text[1:]


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
        return with_unit(capitalised(described.meaning), described.unit)
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
    return [(v.replace("_", " ") if words else f"{name} {v:{sign}g}{ending}", v) for v in values]


def published(protocol: Protocol, plot: Lines) -> list[tuple[str, str, pd.DataFrame]]:
    """Return label, marker and points of all published values, in the units of the axes.

    The points are in the columns of the axes, `published` and `published_error`.
    """
    found = []
    for marker, points in zip(itertools.cycle("sD^o"), plot.all_points, strict=False):
        reference = points.published()
        table = reference.table.copy()
        columns = {axis: axis for axis in protocol.conditions} | {plot.x: points.x or plot.x}
        for axis, column in columns.items():
            if column in table:
                table[axis] = table[column]
                if table[axis].dtype.kind in "if":
                    unit = axis_unit(protocol, plot, axis)
                    table[axis] = table[axis] * convert(1.0, reference.units[column], unit)
        table["published"] = table[points.column]
        table["published_error"] = table.get(points.error, 0.0)
        found.append((points.label, marker, table))
    return found


def draw_points(
    axes: Any, x: Any, points: pd.DataFrame, marker: str, colour: str, label: str
) -> None:
    """Draw published points with their errors."""
    axes.errorbar(
        x,
        points["published"],
        yerr=points["published_error"] if points["published_error"].any() else None,
        fmt=marker,
        color=colour,
        markerfacecolor="white",
        markersize=5,
        capsize=2.5,
        linewidth=1,
        label=label,
        zorder=3,
    )


def draw_lines(axes: Any, plot: Lines) -> None:
    """Draw the lines to compare with, dashed; a level is named at its end."""
    for line in plot.lines:
        style = {"color": "0.25", "linestyle": (0, (4, 2)), "linewidth": 1.1, "zorder": 1}
        if line.level is not None:
            axes.axhline(line.level, **style)
            axes.annotate(
                line.label, (1.0, line.level), (0, 2.5), xycoords=("axes fraction", "data"),
                textcoords="offset points", horizontalalignment="right", fontsize="small",
                color="0.25", path_effects=[withStroke(linewidth=2.5, foreground="white")],
            )  # fmt: skip
        elif line.start is not None and line.stop is not None:
            ends = zip(line.start, line.stop, strict=True)
            axes.plot(*ends, label=line.label, **style)


def caption(axes: Any, *texts: str) -> None:
    """Write small and grey below a picture what its parts mean; nothing where there is nothing."""
    said = "; ".join(text for text in texts if text)
    if said:
        figure = getattr(axes, "figure", axes)
        figure.supxlabel(said, x=0.99, horizontalalignment="right", fontsize="x-small",
                         color="0.45")  # fmt: skip


def intervals_said(table: pd.DataFrame, what: str) -> str:
    """Return what bands or bars of a measure are, if any is to be seen."""
    seen = (table["high"] > table["low"]).any()
    return f"{what}: 95 % confidence interval" if seen else ""


def finish(axes: Any, title: str, *, legend: bool = True) -> None:
    """Give axes their title and the look of all of them."""
    width, _ = axes.figure.get_size_inches()
    room = int(_LETTERS * width * axes.get_position().width)
    axes.set_title(textwrap.fill(title, max(room, _SHORT)), loc="left")
    axes.set_ylabel(textwrap.fill(axes.get_ylabel(), _LINE))
    axes.spines[["top", "right"]].set_visible(False)
    if legend:
        many = len(axes.get_legend_handles_labels()[0]) > _MOST_INSIDE
        aside = {"loc": "center left", "bbox_to_anchor": (1.0, 0.5)} if many else {}
        axes.legend(frameon=False, fontsize="small", **aside)
