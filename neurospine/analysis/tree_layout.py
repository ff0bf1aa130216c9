"""Where the compartments of a neuron are drawn: a tree that grows out of its soma.

Lengths are to scale, angles are made up: the longest way through the tree goes on as straight as
it can, other branches leave it to alternate sides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from neurospine.analysis.repeats import Array

#: A root up to this many diameters long is drawn as a soma, a longer one as a branch.
_ROUND = 3.0
#: A branch this much longer than its siblings is the trunk, and goes straight on.
_TRUNK = 1.6
#: Angles in degrees between two equal branches, and of a side branch from its trunk.
_FORK, _ASIDE = 52.0, 52.0
#: Of each fork the angle is this much smaller than of the one before.
_NARROWER = 0.85


@dataclass(frozen=True)
class Layout:
    """Where each compartment is drawn, in um.

    Attributes
    ----------
    start, end
        Of its middle line, shape (compartments, 2); those of a soma go through it upwards.
    soma
        The number of the compartment that is drawn as a soma, or -1.
    """

    start: Array
    end: Array
    soma: int

    def along(self, compartment: Array, share: Array) -> Array:
        """Return points at a share of the length of compartments, shape (points, 2)."""
        first, last = self.start[compartment], self.end[compartment]
        return np.asarray(first + (last - first) * share[:, None])

    def normal(self, compartment: Array) -> Array:
        """Return unit vectors to the left of compartments, shape (compartments, 2)."""
        along = self.end[compartment] - self.start[compartment]
        along = along / np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-300)
        return np.stack([-along[:, 1], along[:, 0]], axis=1)


def layout(
    parents: Sequence[int], lengths: Array, diameters: Array, attached: Array | None = None
) -> Layout:
    """Return where the compartments of a tree are drawn.

    Parameters
    ----------
    parents
        The number of the parent of each compartment, -1 for the root; parents come first.
    lengths, diameters
        In um, shape (compartments,).
    attached
        The share of the parent's length at which each begins, shape (compartments,); by default
        the end.

    Raises
    ------
    ValueError
        If the parents are those of no tree.
    """
    lengths, diameters = np.asarray(lengths, float), np.asarray(diameters, float)
    number = len(parents)
    if [k for k, parent in enumerate(parents) if parent < 0] != [0] or any(
        parent >= k for k, parent in enumerate(parents)
    ):
        raise ValueError("the first compartment is the root, and parents come before children")
    places = np.ones(number) if attached is None else np.asarray(attached, float)
    children: list[list[int]] = [[] for _ in range(number)]
    for child in range(1, number):
        children[parents[child]].append(child)
    reach = lengths.copy()
    for child in range(number - 1, 0, -1):
        parent = parents[child]
        reach[parent] = max(reach[parent], places[child] * lengths[parent] + reach[child])
    soma = 0 if lengths[0] <= _ROUND * diameters[0] else -1
    angles, depth, side = np.full(number, 90.0), np.zeros(number), np.ones(number)
    start, end = np.zeros((number, 2)), np.zeros((number, 2))
    for node in range(number):
        along = _unit(angles[node])
        if node == 0:
            start[0], end[0] = -along * lengths[0] / 2, along * lengths[0] / 2
        else:
            parent = parents[node]
            base = start[parent] + (end[parent] - start[parent]) * places[node]
            if parent == soma:
                base = along * diameters[0] / 2
            start[node], end[node] = base, base + along * lengths[node]
        if node == soma:
            _from_soma(children[node], reach, angles)
        else:
            _from_branch(children[node], node, reach, places, angles, depth, side)
    return Layout(start, end, soma)


def _unit(angle: float) -> Array:
    return np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])


def _from_soma(children: list[int], reach: Array, angles: Array) -> None:
    """Send the longest branch up and the others down, or all around if they are alike."""
    order = sorted(children, key=lambda child: -reach[child])
    if len(order) > 2 and reach[order[1]] > reach[order[0]] / _TRUNK:
        for place, child in enumerate(children):
            angles[child] = 90 - 360 * place / len(children)
        return
    below = order[1:]
    spread = min(150.0, 70.0 * (len(below) - 1)) if below else 0.0
    for place, child in enumerate(below):
        share = place / (len(below) - 1) - 0.5 if len(below) > 1 else 0.0
        angles[child] = 270 + spread * share


def _from_branch(
    children: list[int], node: int, reach: Array, places: Array, angles: Array, depth: Array,
    side: Array,
) -> None:  # fmt: skip
    """Fork, or go on straight with side branches to alternate sides."""
    tips = sorted((c for c in children if places[c] >= 1), key=lambda child: -reach[child])
    narrow = _NARROWER ** depth[node]
    turn = side[node]
    trunk = len(tips) == 1 or (len(tips) > 1 and reach[tips[0]] >= _TRUNK * reach[tips[1]])
    asides = [c for c in children if places[c] < 1]
    if trunk:
        angles[tips[0]], depth[tips[0]] = angles[node], depth[node]
        asides += tips[1:]
    else:
        for place, child in enumerate(tips):
            angles[child] = angles[node] + _FORK * narrow * (place - (len(tips) - 1) / 2)
            depth[child] = depth[node] + 1
    for child in asides:
        angles[child] = angles[node] + turn * _ASIDE
        depth[child], side[child] = depth[node] + 1, turn
        turn = -turn
    if trunk:
        side[tips[0]] = turn
