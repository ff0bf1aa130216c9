"""A picture of effects with their intervals, one line each."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from neurospine.analysis.drawing import COLOURS

#: Lines of one measure in a picture; of a longer curve so many at even distances.
MOST_PLACES = 6
#: An interval is cut where it is so many times wider than the others are far.
_WIDEST = 4.0
_PANELS = (
    ("percent", "percent_low", "percent_high", "Change (% of {control})"),
    ("effect_size", "effect_low", "effect_high", "Standardised difference"),
)


def forest_plot(table: pd.DataFrame, control: str) -> Figure:
    """Return a picture of a table of effects.

    Parameters
    ----------
    table
        Such as that of a `Comparison`.
    control
        What it is compared with.
    """
    shown = thinned(table)
    groups = list(dict.fromkeys(shown["group"]))
    labels = [_label(row, shown) for _, row in shown.iterrows()]
    places = list(dict.fromkeys(labels))
    height = 1.3 + 0.24 * len(places) * max(1.0, 0.5 * len(groups))
    panels = [panel for panel in _PANELS if shown[panel[0]].notna().any()] or [_PANELS[0]]
    width = 9.5 if len(panels) > 1 else 6.4
    figure, grid = plt.subplots(
        1, len(panels), sharey=True, squeeze=False, figsize=(width, height), layout="constrained"
    )
    axes = grid[0]
    step = 0.7 / len(groups)
    for panel, (value, low, high, title) in zip(axes, panels, strict=True):
        for number, group in enumerate(groups):
            mine = [name == group for name in shown["group"]]
            rows = shown[mine]
            at = [places.index(text) for text, own in zip(labels, mine, strict=True) if own]
            y = -np.array(at, float) - (number - (len(groups) - 1) / 2) * step
            colour = COLOURS[number % len(COLOURS)]
            x = rows[value].to_numpy(float)
            ends = rows[[low, high]].to_numpy(float)
            panel.hlines(y, ends[:, 0], ends[:, 1], color=colour, lw=1.6)
            clear = rows["excludes_zero"].to_numpy(bool)
            panel.plot(x[clear], y[clear], "o", ms=5, color=colour, label=group)
            panel.plot(x[~clear], y[~clear], "o", ms=5, mfc="white", mec=colour)
        panel.axvline(0.0, color="0.5", lw=0.8, zorder=0)
        panel.set_xlabel(title.format(control=control))
        _limit(panel, shown[[value, low, high]].to_numpy(float), shown[value].to_numpy(float))
        panel.spines[["top", "right"]].set_visible(False)
        panel.grid(axis="x", color="0.9", lw=0.6)
        panel.set_axisbelow(True)
    axes[0].set_yticks(-np.arange(len(places), dtype=float), places)
    axes[0].set_ylim(-len(places) + 0.4, 0.6)
    handles = [
        Line2D([], [], marker="o", ms=5, color=COLOURS[k % len(COLOURS)], label=g)
        for k, g in enumerate(groups)
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=3, frameon=False)
    figure.supxlabel(
        "Intervals of 95 %; full where that of the difference has no zero in it", fontsize="small"
    )
    return figure


def thinned(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of effects without most places of long curves."""
    keep = np.zeros(len(table), bool)
    for _, rows in table.groupby(["group", "measure"], sort=False).groups.items():
        chosen = np.asarray(rows)
        if chosen.size > MOST_PLACES:
            even = np.linspace(0, chosen.size - 1, MOST_PLACES).round().astype(int)
            chosen = chosen[even]
        keep[chosen] = True
    return table[keep]


def place_words(row: Any, table: pd.DataFrame) -> str:
    """Return where on its axes an effect is, in words."""
    start, stop = table.columns.get_loc("measure"), table.columns.get_loc("paired")
    words = []
    for axis in table.columns[start + 1 : stop]:  # type: ignore[operator]
        value = row[axis]
        if isinstance(value, str):
            words.append(f"{axis} {value}")
        elif not pd.isna(value):
            name, _, unit = str(axis).partition(" [")
            words.append(f"{name} {value:g} {unit.rstrip(']')}".strip())
    return ", ".join(words).replace("_", " ").replace("um**3", "µm³").replace("um**2", "µm²")


def _label(row: Any, table: pd.DataFrame) -> str:
    return ": ".join(filter(None, [row["measure"].replace("_", " "), place_words(row, table)]))


def _limit(panel: Any, ends: Any, values: Any) -> None:
    """Keep one very long interval from making all others too small to see."""
    far = np.abs(values[np.isfinite(values)])
    known = ends[np.isfinite(ends)]
    if not far.size or not far.max() > 0:
        return
    reach = _WIDEST * far.max()
    low, high = max(known.min(), -reach), min(known.max(), reach)
    margin = 0.06 * (max(high, 0) - min(low, 0))
    panel.set_xlim(min(low, 0) - margin, max(high, 0) + margin)
