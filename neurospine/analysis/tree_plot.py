"""A neuron as a picture: its compartments to scale, with spines as dots along them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import LogNorm
from matplotlib.patches import Ellipse
from matplotlib.patheffects import withStroke
from matplotlib.ticker import LogLocator

from neurospine.analysis.drawing import logarithmic, with_unit
from neurospine.analysis.repeats import Array
from neurospine.analysis.tree_layout import Layout, layout

_MEMBRANE, _SOMA, _STALK = "0.80", "0.68", "0.6"
#: The thinnest branch is this share of the picture wide; thinner ones are all drawn wider.
_THINNEST = 1 / 260
#: Length of the stalk of a spine, as a share of the picture.
_STALK_LENGTH = 1 / 95
#: Area of a dot in points squared: of the largest spine among few, and among many.
_DOT, _SMALL_DOT = 70.0, 14.0
#: With more compartments than this, their names are left out.
_MOST_NAMES = 16
#: A picture is at least this share of its height wide, and the other way round.
_NARROWEST = 0.35
#: Ends of the colours closer to each other than this ratio have many ticks.
_FEW = 60
_BARS = (5, 10, 20, 50, 100, 200, 500, 1000)


def draw_tree(
    axes: Any,
    names: Sequence[str],
    parents: Sequence[int],
    lengths: Any,
    diameters: Any,
    *,
    attached: Any = None,
    compartment: Any = (),
    position: Any = (),
    volume: Any = (),
    limits: tuple[float, float] | None = None,
) -> None:
    """Draw the compartments of a neuron, and spines along them.

    Parameters
    ----------
    axes
        Where to draw; its frame is taken away.
    names
        Of the compartments.
    parents
        The number of the parent of each compartment, -1 for the root; parents come first.
    lengths, diameters
        In um. Lengths are to scale; diameters are multiplied by a number that is said, where
        they would be too thin to be seen.
    attached
        The share of the parent's length at which each compartment begins; by default 1.
    compartment, position, volume
        Of each spine: the number of its compartment, how far along it is (um), and its head
        volume (um**3), which decides size and colour of the dot. Without volume there is no spine.
    limits
        The volumes at the ends of the colours; by default those of these spines.
    """
    lengths, diameters = np.asarray(lengths, float), np.asarray(diameters, float)
    places = None if attached is None else np.asarray(attached, float)
    tree = layout(parents, lengths, diameters, places)
    corners = np.concatenate([tree.start, tree.end])
    extent = float(max(np.ptp(corners, axis=0).max(), diameters.max()))
    branches = np.array([k for k in range(len(lengths)) if k != tree.soma], np.int64)
    factor = 1.0
    if branches.size:
        factor = max(1.0, _THINNEST * extent / float(diameters[branches].min()))
    widths = diameters * np.where(np.arange(len(lengths)) == tree.soma, 1.0, factor)
    _draw_branches(axes, tree, widths, branches)
    if tree.soma >= 0:
        axes.add_patch(Ellipse((0, 0), diameters[0], lengths[0], color=_SOMA, zorder=2, lw=0))
    volume = np.asarray(volume, float)
    there = volume > 0
    spines = (np.asarray(compartment, np.int64)[there], np.asarray(position, float)[there])
    shares = spines[1] / np.maximum(lengths[spines[0]], 1e-12)
    _draw_spines(axes, tree, widths, spines[0], shares, volume[there], extent, limits)
    if len(names) <= _MOST_NAMES:
        _name(axes, tree, names, parents, widths, extent)
    axes.set_aspect("equal")
    axes.axis("off")
    middle, half = (corners.min(axis=0) + corners.max(axis=0)) / 2, np.ptp(corners, axis=0) / 2
    half = np.maximum(half, _NARROWEST * half.max()) + 0.1 * extent
    axes.set(xlim=(middle[0] - half[0], middle[0] + half[0]),
             ylim=(middle[1] - half[1], middle[1] + half[1]))  # fmt: skip
    _scale_bar(axes, extent, factor)


def _draw_branches(axes: Any, tree: Layout, widths: Array, branches: Array) -> None:
    half = tree.normal(branches) * widths[branches, None] / 2
    start, end = tree.start[branches], tree.end[branches]
    quads = np.stack([start + half, end + half, end - half, start - half], axis=1)
    axes.add_collection(PolyCollection(list(quads), color=_MEMBRANE, lw=0, zorder=1))
    for place, width in zip(tree.end[branches], widths[branches], strict=True):
        axes.add_patch(Ellipse(place, width, width, color=_MEMBRANE, lw=0, zorder=1))


def _draw_spines(
    axes: Any,
    tree: Layout,
    widths: Array,
    compartment: Array,
    share: Array,
    volume: Array,
    extent: float,
    limits: tuple[float, float] | None,
) -> None:
    if not volume.size:
        return
    order = np.lexsort((share, compartment))
    side = np.ones(volume.size)
    side[order[1::2]] = -1.0  # neighbours go to different sides
    normal = tree.normal(compartment) * side[:, None]
    middle = tree.along(compartment, share)
    membrane = middle + normal * widths[compartment, None] / 2
    in_soma = compartment == tree.soma
    if in_soma.any():  # around it, as there is no side
        angle = 2 * np.pi * share[in_soma]
        normal[in_soma] = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        membrane[in_soma] = normal[in_soma] * widths[tree.soma] / 2
    head = membrane + normal * _STALK_LENGTH * extent
    thin = 0.7 if volume.size < 300 else 0.35
    stalks = list(np.stack([membrane, head], axis=1))
    axes.add_collection(LineCollection(stalks, colors=_STALK, linewidths=thin, zorder=2.5))
    low, high = limits or (float(np.quantile(volume, 0.01)), float(np.quantile(volume, 0.99)))
    norm = LogNorm(low, high if high > low else low * 1.01)
    largest = np.clip(_DOT * (60 / volume.size) ** 0.5, _SMALL_DOT, _DOT)
    areas = largest * np.clip(volume / high, 0.02, 1.5) ** (2 / 3)
    drawn = np.argsort(-volume, kind="stable")  # small ones on top
    dots = axes.scatter(
        head[drawn, 0], head[drawn, 1], areas[drawn], volume[drawn], norm=norm, cmap="viridis",
        edgecolors="white", linewidths=0.3, zorder=3,
    )  # fmt: skip
    bar = axes.figure.colorbar(dots, ax=axes, shrink=0.7, pad=0.02, aspect=26)
    bar.set_label(with_unit("Head volume", "um**3"))
    bar.outline.set_visible(False)
    logarithmic(bar.ax.yaxis, ratio=high / low)
    if high / low < _FEW:
        bar.ax.yaxis.set_major_locator(LogLocator(subs=(1.0, 1.5, 2.0, 3.0, 5.0, 7.0)))


def _name(
    axes: Any, tree: Layout, names: Sequence[str], parents: Sequence[int], widths: Array,
    extent: float,
) -> None:  # fmt: skip
    """Write names beyond the tips, and beside what others grow from."""
    every = np.arange(len(names))
    normal = tree.normal(every)
    normal *= np.where(normal[:, :1] < -1e-9, -1.0, 1.0)  # to the right, where there is one
    stalk = _STALK_LENGTH * extent
    halo = [withStroke(linewidth=2.5, foreground="white")]
    for k, name in enumerate(names):
        if k in parents or k == tree.soma:
            away = normal[k]
            x, y = (tree.start[k] + tree.end[k]) / 2 + away * (widths[k] / 2 + 3.5 * stalk)
        else:
            away = tree.end[k] - tree.start[k]
            away = away / np.linalg.norm(away)
            x, y = tree.end[k] + away * (widths[k] / 2 + 2.5 * stalk)
        across, up = ("center", "center")
        if abs(away[0]) > 0.25:
            across = "left" if away[0] > 0 else "right"
        if abs(away[1]) > 0.7:
            up = "bottom" if away[1] > 0 else "top"
        axes.text(x, y, name.replace("_", " "), color="0.3", fontsize="small", path_effects=halo,
                  horizontalalignment=across, verticalalignment=up, zorder=4)  # fmt: skip


def _scale_bar(axes: Any, extent: float, factor: float) -> None:
    length = max((bar for bar in _BARS if bar <= 0.3 * extent), default=_BARS[0])
    left, bottom = axes.get_xlim()[0], axes.get_ylim()[0]
    axes.plot([left, left + length], [bottom, bottom], color="0.2", linewidth=2.5,
              solid_capstyle="butt", clip_on=False)  # fmt: skip
    text = f"{length} µm" + (f" (diameters {factor:.2g} times)" if factor > 1 else "")
    axes.text(left, bottom + 0.015 * extent, text, color="0.2", fontsize="small",
              verticalalignment="bottom")  # fmt: skip
