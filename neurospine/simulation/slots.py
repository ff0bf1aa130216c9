"""The slots of a projection before a run: which cells they join, what is there, and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from neurospine.simulation.connections import connections
from neurospine.simulation.network import Array
from neurospine.simulation.numbers import Numbers
from neurospine.simulation.sites import Sites, make_sites
from neurospine.simulation.start import start_volumes


@dataclass(frozen=True)
class Slots:
    """The slots of a projection in all copies of the circuit, sorted by presynaptic cell.

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
    return Slots(pre, post, volume, stage, make_sites(numbers, projection, volume, post, seed))
