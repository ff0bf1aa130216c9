"""A spine model: the parts it is made of."""

from __future__ import annotations

from dataclasses import dataclass

from neurospine.description.entries import Part
from neurospine.description.neuromodulator_parts import NEUROMODULATORS, GatePart
from neurospine.description.plasticity_parts import PlasticityPart
from neurospine.description.slow_parts import ConsolidationPart, NeighboursPart, SlowPart
from neurospine.description.spine_parts import (
    GeometryPart,
    IntrinsicPart,
    ReadoutPart,
    StagesPart,
    StructurePart,
)


@dataclass(frozen=True)
class Spine:
    """A spine model: what drives it, what a drive does, how it lives, what weight follows."""

    name: str
    rule: PlasticityPart | None
    gate: GatePart | None
    structure: StructurePart
    consolidation: ConsolidationPart | None
    neighbours: NeighboursPart | None
    intrinsic: IntrinsicPart | None
    stages: StagesPart | None
    readout: ReadoutPart
    geometry: GeometryPart | None = None

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts there are, in the order in which a change passes through them."""
        found = (
            self.rule,
            self.gate,
            self.structure,
            self.consolidation,
            self.neighbours,
            self.intrinsic,
            self.stages,
            self.readout,
            self.geometry,
        )
        return tuple(part for part in found if part is not None)

    @property
    def slow(self) -> tuple[SlowPart, ...]:
        """The parts that work in ticks of the slow clock before the spine fluctuates."""
        return tuple(p for p in (self.consolidation, self.neighbours) if p is not None)

    @property
    def lives(self) -> bool:
        """Whether the spine fluctuates, is born or dies by itself, on the slow clock."""
        return self.intrinsic is not None or self.stages is not None

    @property
    def ticks(self) -> bool:
        """Whether the slow clock changes the spine."""
        return self.lives or bool(self.slow) or bool(self.gate and self.gate.step)

    @property
    def modulators(self) -> tuple[str, ...]:
        """The neuromodulators that its parts read."""
        needs = (port for part in self.parts for port in getattr(part, "needs", ()))
        return tuple(dict.fromkeys(port for port in needs if port in NEUROMODULATORS))

    @property
    def bounded(self) -> bool:
        """Whether weight is a state of its own, bounded by what the volume can carry."""
        return self.readout.bound is not None
