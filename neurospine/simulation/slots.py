"""The slots of a projection before a run: which cells they join, what is there, and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from neurospine.simulation.connections import connections
from neurospine.simulation.network import Array
from neurospine.simulation.numbers import Numbers
from neurospine.simulation.sites import Sites, make_sites
from neurospine.simulation.start import start_volumes


@dataclass(frozen=True)
class Slots:
    """The slots of a projection in all copies of the circuit, by presynaptic cell.

    Where connections are drawn, slots with a spine at the start come before all others.

    Attributes
    ----------
    pre, post
        The cells on both sides, counted through all copies, shape (slots,).
    volume, stage
        Head volume (um**3) and stage at the start, shape (slots,).
    sites
        Where they sit, and their shape.
    """

    pre: Array
    post: Array
    volume: Array
    stage: Array
    sites: Sites

    def in_order(self, order: Array) -> Slots:
        """Return the slots in another order."""
        return Slots(
            self.pre[order],
            self.post[order],
            self.volume[order],
            self.stage[order],
            self.sites.in_order(order),
        )


#: Rules that draw who is joined, so that the slots of an axon have no order of their own.
_DRAWN = ("fixed_in_degree", "distance_dependent")


def make_slots(numbers: Numbers, projection: str, sizes: Mapping[str, int], seed: int) -> Slots:
    """Return the slots of a projection as they are when a run starts.

    Parameters
    ----------
    numbers, projection
        The model, and which of its projections.
    sizes
        Cells in one copy of each population.
    seed
        Decides what is random.

    Raises
    ------
    ModelError
        If connections, volumes or places cannot be made as the model says.
    """
    described, spine = numbers.model.circuit.projections[projection], numbers.model.spines
    copies = len(numbers.models) * numbers.repeats
    ends = (sizes[described.origin], sizes[described.target])
    pre, post = connections(numbers, projection, ends, copies, seed)
    size = pre.size // copies
    volume, stage = start_volumes(numbers, projection, spine[projection], size, seed)
    sites = make_sites(numbers, projection, volume, post, seed)
    slots = Slots(pre, post, volume, stage, sites)
    if described.connectivity.rule in _DRAWN and np.any(stage == 0):
        return slots.in_order(_living_first(pre, stage, size, numbers.repeats))
    return slots


def _living_first(pre: Array, stage: Array, size: int, repeats: int) -> Array:
    """Return the order of slots in which all spines come before all empty sites, each by axon.

    A spike then finds its spines side by side in memory, and what is done to all spines passes
    over the empty sites. All conditions of one repeat have the order of the first, so that they
    share their random numbers.
    """
    empty = stage[: size * repeats] == 0
    repeat = np.repeat(np.arange(repeats), size)
    first = np.lexsort((pre[: size * repeats], empty, repeat)).reshape(repeats, size)
    first -= np.arange(repeats)[:, None] * size
    copies = pre.size // size
    return np.concatenate([first[copy % repeats] + copy * size for copy in range(copies)])
