"""Pictures of a measure against an axis: curves, bars, survival, time courses, stages."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from neurospine.analysis.drawing import (
    COLOURS,
    axis_label,
    capitalised,
    caption,
    draw_lines,
    draw_points,
    finish,
    intervals_said,
    published,
    series_of,
    styles,
    with_unit,
)
from neurospine.description.picture_tables import Lines
from neurospine.description.pictures import Bars, Curve, Series, Stack, SurvivalCurve
from neurospine.description.protocol import Protocol

_ABSENT = "0.88"
#: Colours of published points where there are no series.
_PUBLISHED = ("0.35", COLOURS[1], COLOURS[2])


def draw_curve(axes: Any, protocol: Protocol, plot: Curve, table: pd.DataFrame) -> None:
    """Draw a measure against an axis, with published points beside it."""
    points = published(protocol, plot)
    lines = series_of(protocol, plot.series, table)
    for drawn, ((colour, dashes), (label, value)) in enumerate(zip(styles(), lines, strict=False)):
        line = _of(table, plot, value).sort_values(plot.x)
        legend = _simulated(label)
        for piece in _pieces(line, plot):
            axes.plot(
                piece[plot.x], piece["value"], dashes, marker="o", color=colour, markersize=3.5,
                label=legend,
            )  # fmt: skip
            legend = "_nolegend_"
            axes.fill_between(
                piece[plot.x], piece["low"], piece["high"], color=colour, alpha=0.2, linewidth=0
            )
        aside = 0.006 * np.ptp(table[plot.x]) * (2 * drawn - len(lines) + 1)
        _draw_published(axes, plot, points, value, label, colour, aside)
    draw_lines(axes, plot)
    axes.set_xlabel(axis_label(protocol, plot))
    if plot.x == "distance" and plot.x not in protocol.conditions:
        axes.set_xlim(left=0)  # where the stimulated spines are
    _finish(axes, protocol, plot, table)
    caption(axes, intervals_said(table, "band"))


def draw_bars(axes: Any, protocol: Protocol, plot: Bars, table: pd.DataFrame) -> None:
    """Draw a bar for each condition."""
    points = published(protocol, plot)
    place = np.arange(len(table))
    intervals = [axis for axis in protocol.conditions if axis != plot.series]
    lines = series_of(protocol, plot.series, table)
    for (colour, _), (label, value) in zip(styles(), lines, strict=False):
        chosen = np.ones(len(table), bool) if value is None else table[plot.series].eq(value)
        own = table[chosen]
        axes.bar(place[chosen], own["value"], 0.7, color=colour, alpha=0.55,
                 label=_simulated(label))  # fmt: skip
        sides = np.nan_to_num([own["value"] - own["low"], own["high"] - own["value"]])
        if sides.any():
            aside = -0.12 if points else 0.0
            axes.errorbar(place[chosen] + aside, own["value"], yerr=sides, fmt="none",
                          ecolor="0.2", capsize=2.5, linewidth=1)  # fmt: skip
        for name, marker, seen in points:
            merged = own.merge(seen, on=list(protocol.conditions), how="left",
                               suffixes=("_own", ""))  # fmt: skip
            draw_points(axes, place[chosen], merged, marker, colour, _joined(name, label))
    labels = [", ".join(_words(row[a]) for a in intervals) for _, row in table.iterrows()]
    if len(intervals) > 1:
        labels = [f"({label})" for label in labels]
    axes.set_xticks(place, [label.replace(" + ", " +\n") for label in labels])
    units = dict.fromkeys(protocol.conditions[a].unit for a in intervals)
    units.pop("1", None)
    what = ", ".join(map(_words, intervals))
    if len(intervals) == 1:
        what = protocol.conditions[intervals[0]].meaning
    axes.set_xlabel(with_unit(capitalised(what), ", ".join(units) or "1"))
    draw_lines(axes, plot)
    several = bool(plot.series or points or plot.lines)
    _finish(axes, protocol, plot, table, legend=several)
    caption(axes, intervals_said(table, "error bars"))


def draw_banded(
    axes: Any, protocol: Protocol, plot: SurvivalCurve | Series, table: pd.DataFrame
) -> None:
    """Draw curves with their 95 % bands: in steps where it is a survival curve."""
    points = published(protocol, plot)
    steps = isinstance(plot, SurvivalCurve)
    lines = series_of(protocol, plot.series, table)
    for (colour, dashes), (label, value) in zip(styles(), lines, strict=False):
        line = _of(table, plot, value).sort_values(plot.x)
        axes.plot(line[plot.x], line["value"], dashes, color=colour, label=_simulated(label),
                  drawstyle="steps-post" if steps else "default")  # fmt: skip
        axes.fill_between(
            line[plot.x], line["low"], line["high"], color=colour, alpha=0.2, linewidth=0,
            step="post" if steps else None,
        )  # fmt: skip
        _draw_published(axes, plot, points, value, label, colour)
    draw_lines(axes, plot)
    axes.set_xlabel(axis_label(protocol, plot))
    axes.set_ylabel(protocol.measures[plot.measure].meaning)
    axes.margins(x=0.02)
    if steps:
        axes.set_ylim(0, 1.04)
    elif (table["value"] >= 0).all():
        axes.set_ylim(bottom=0)
    finish(axes, plot.title, legend=bool(plot.series) or bool(points) or bool(plot.lines))
    caption(axes, intervals_said(table, "band"))


def draw_stack(axes: Any, protocol: Protocol, plot: Stack, table: pd.DataFrame) -> None:
    """Draw shares of stages on top of each other, over time or for each condition."""
    names = list(pd.unique(table["stage"]))
    shares = table.groupby([plot.x, "stage"], sort=False)["value"].mean().unstack("stage")[names]
    colours = dict(zip([n for n in names if n != "absent"], _colours(), strict=False))
    shown = [colours.get(name, _ABSENT) for name in names]
    if plot.x == "time":
        axes.stackplot(shares.index, shares.to_numpy().T, labels=names, colors=shown, alpha=0.85)
        axes.margins(x=0)
    else:
        place, bottom = np.arange(len(shares)), np.zeros(len(shares))
        for name, colour in zip(names, shown, strict=True):
            axes.bar(place, shares[name], 0.75, bottom, color=colour, alpha=0.85, label=name)
            bottom += shares[name].to_numpy()
        axes.set_xticks(place, list(map(_words, shares.index)))
    axes.set_ylim(0, 1)
    axes.set_xlabel(axis_label(protocol, plot))
    axes.set_ylabel(protocol.measures[plot.measure].meaning)
    finish(axes, plot.title, legend=False)
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(handles[::-1], labels[::-1], frameon=False, fontsize="small",
                loc="center left", bbox_to_anchor=(1.0, 0.5))  # fmt: skip


def _colours() -> list[str]:
    return [*COLOURS, *COLOURS]


def _joined(what: str, label: str) -> str:
    return f"{what}{', ' * bool(label)}{label}"


def _simulated(label: str) -> str:
    return _joined("simulated", label)


def _draw_published(
    axes: Any, plot: Lines, points: list[tuple[str, str, pd.DataFrame]], value: Any, label: str,
    colour: str, aside: float = 0.0,
) -> None:  # fmt: skip
    """Draw the published points of one line."""
    for number, (name, marker, table) in enumerate(points):
        seen = _of(table, plot, value)
        own = colour if label else _PUBLISHED[number % len(_PUBLISHED)]
        draw_points(axes, seen[plot.x] + aside, seen, marker, own, _joined(name, label))


def _words(value: Any) -> str:
    return value.replace("_", " ") if isinstance(value, str) else f"{value:g}"


def _of(table: pd.DataFrame, plot: Lines, value: Any) -> pd.DataFrame:
    """Return the rows of one line."""
    if value is None or plot.series not in table:
        return table
    chosen: pd.DataFrame = table[table[plot.series] == value]
    return chosen


def _pieces(line: pd.DataFrame, plot: Curve) -> list[pd.DataFrame]:
    """Return the stretches of a line; it is broken where the protocol says so."""
    if plot.broken_at is None:
        return [line]
    left = line[plot.x] < plot.broken_at
    return [line[left], line[~left]]


def _finish(
    axes: Any, protocol: Protocol, plot: Lines, table: pd.DataFrame, *, legend: bool = True
) -> None:
    if not any(line.level is not None for line in plot.lines):
        axes.axhline(0.0, color="0.6", linewidth=0.8, zorder=0)
    elif (table["value"] >= 0).all():
        axes.set_ylim(bottom=0)
    axes.set_ylabel(protocol.measures[plot.measure].meaning)
    finish(axes, plot.title, legend=legend)
