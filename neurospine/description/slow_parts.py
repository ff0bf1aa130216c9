"""The schema of parts that work in ticks of the slow clock: consolidation and neighbours."""

from __future__ import annotations

from typing import Literal, get_args

from neurospine.description.entries import Part
from neurospine.description.expressions import Equation, parse_equations
from neurospine.description.schema import Table
from neurospine.description.spine_parts import StepSection

Extent = Literal["dendrite", "branch", "neuron"]
EXTENTS: tuple[Extent, ...] = get_args(Extent)


class Signal(Table):
    """What the spines of a dendrite share.

    In each tick spines put `release` into it and `step` says what becomes of it, with
    ``released`` for what has arrived. A signal with the `extent` dendrite is an amount
    for each um that spreads by `diffusion`; one of a branch (a compartment) or a neuron
    is a single number, and ``released`` the sum over its spines.
    """

    meaning: str
    extent: Extent = "dendrite"
    release: str
    diffusion: str | None = None
    step: str


class SlowPart(Part):
    """What the slow clock does to spines after plasticity and before they fluctuate.

    The code of `step` may read ``taken``, by how much plasticity has changed the volume
    since the last tick, and the signals at the spine's place.
    """

    kind: str
    needs: tuple[str, ...] = ("volume",)
    provides: tuple[str, ...] = ()
    signals: dict[str, Signal] = {}
    step: StepSection

    @property
    def own(self) -> tuple[Equation, ...]:
        """The variables of a spine."""
        return parse_equations(self.step.variables)


class ConsolidationPart(SlowPart):
    """What lasts of a change, and what is lost again."""

    kind: Literal["consolidation"]


class NeighboursPart(SlowPart):
    """What a spine does to others of its dendrite."""

    kind: Literal["neighbours"]
