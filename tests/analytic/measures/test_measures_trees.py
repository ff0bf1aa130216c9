"""Trees of compartments are laid out to scale, with their spines where they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PathCollection, PolyCollection
from matplotlib.figure import Figure

from neurospine.analysis.tree_layout import layout
from neurospine.analysis.tree_plot import draw_tree

NAMES = ("soma", "basal", "trunk", "oblique", "tuft_1", "tuft_2")
PARENTS = (-1, 0, 0, 2, 2, 2)
LENGTHS = np.array([20.0, 150.0, 300.0, 100.0, 120.0, 110.0])
DIAMETERS = np.array([18.0, 1.5, 4.0, 1.0, 2.0, 2.0])
ATTACHED = np.array([1.0, 0.5, 0.5, 0.4, 1.0, 1.0])


def test_lengths_are_to_scale_and_branches_begin_on_their_parents() -> None:
    tree = layout(PARENTS, LENGTHS, DIAMETERS, ATTACHED)
    assert tree.soma == 0
    np.testing.assert_allclose(np.linalg.norm(tree.end - tree.start, axis=1), LENGTHS)
    np.testing.assert_allclose(np.linalg.norm(tree.start[[1, 2]], axis=1), 9)  # on the soma
    on_trunk = tree.along(np.array([2, 2]), np.array([0.4, 1.0]))
    np.testing.assert_allclose(tree.start[[3, 4]], on_trunk)
    np.testing.assert_allclose(tree.start[5], tree.end[2])
    assert tree.end[2][1] > 300 > 0 > tree.end[1][1]  # the longest way goes up, the other down
    assert len({tuple(np.round(end, 6)) for end in tree.end}) == len(LENGTHS)


def test_a_root_that_is_long_is_a_branch_and_equal_branches_go_all_around() -> None:
    assert layout((-1,), np.array([100.0]), np.array([2.0])).soma == -1
    tree = layout((-1, 0, 0, 0, 0), np.array([10.0, 50, 50, 50, 50]), np.full(5, 10.0))
    np.testing.assert_allclose(tree.end[1:].sum(axis=0), 0, atol=1e-9)


@pytest.mark.parametrize("parents", [(0, -1), (-1, -1), (-1, 2, 0)])
def test_what_is_no_tree_is_not_laid_out(parents: Any) -> None:
    with pytest.raises(ValueError, match="root"):
        layout(parents, np.ones(len(parents)), np.ones(len(parents)))


def test_spines_are_dots_at_their_place_with_their_size() -> None:
    figure = Figure()
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    compartment, position = np.array([2, 2, 3, 0, 1]), np.array([30.0, 60.0, 50.0, 1.0, 10.0])
    volume = np.array([0.1, 0.4, 0.05, 0.2, 0.0])  # the last is none
    draw_tree(axes, NAMES, PARENTS, LENGTHS, DIAMETERS, attached=ATTACHED,
              compartment=compartment, position=position, volume=volume)  # fmt: skip
    (branches,) = (c for c in axes.collections if isinstance(c, PolyCollection))
    (stalks,) = (c for c in axes.collections if isinstance(c, LineCollection))
    (dots,) = (c for c in axes.collections if isinstance(c, PathCollection))
    assert len(branches.get_paths()) == len(NAMES) - 1
    assert dots.get_array().tolist() == [0.4, 0.2, 0.1, 0.05]
    assert np.all(np.diff(dots.get_sizes()) < 0)
    tree = layout(PARENTS, LENGTHS, DIAMETERS, ATTACHED)
    middle = tree.along(compartment[:3], position[:3] / LENGTHS[compartment[:3]])
    roots = np.array([stalk[0] for stalk in stalks.get_segments()])[:3]
    thick = np.linalg.norm(roots - middle, axis=1)
    np.testing.assert_allclose(thick, half_widths(axes), rtol=0.02)  # the number is rounded
    figure.canvas.draw()
    texts = [text.get_text() for text in axes.texts]
    assert texts[: len(NAMES)] == [name.replace("_", " ") for name in NAMES]
    assert texts[-1].startswith("100 µm")
    assert figure.axes[1].get_ylabel() == "Head volume (µm³)"


def half_widths(axes: Any) -> np.ndarray:
    """Return half the widths at which the compartments of the first spines are said to be."""
    factor = float(axes.texts[-1].get_text().split("diameters ")[1].split()[0])
    return DIAMETERS[[2, 2, 3]] * factor / 2


def test_a_tree_without_spines_has_no_bar() -> None:
    figure = Figure()
    FigureCanvasAgg(figure)
    draw_tree(figure.add_subplot(), ("cable",), (-1,), [100.0], [2.0])
    figure.canvas.draw()
    assert len(figure.axes) == 1
