"""A spine model: the parts it is made of."""

from __future__ import annotations

from dataclasses import dataclass

from neurospine.description.entries import Part
from neurospine.description.spine_parts import (
    GeometryPart,
    IntrinsicPart,
    PlasticityPart,
    ReadoutPart,
    StagesPart,
    StructurePart,
)


@dataclass(frozen=True)
class Spine:
    """A spine model: what drives it, what a drive does, how it lives, what weight follows."""

    name: str
    rule: PlasticityPart | None
    structure: StructurePart
    intrinsic: IntrinsicPart | None
    stages: StagesPart | None
    readout: ReadoutPart
    geometry: GeometryPart | None = None

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts there are, in the order in which a change passes through them."""
        found = (
            self.rule,
            self.structure,
            self.intrinsic,
            self.stages,
            self.readout,
            self.geometry,
        )
        return tuple(part for part in found if part is not None)

    @property
    def lives(self) -> bool:
        """Whether the spine changes by itself, on the slow clock."""
        return self.intrinsic is not None or self.stages is not None
