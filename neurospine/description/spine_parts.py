"""The kinds of part that a spine model is made of.

Each class is the schema of one kind. Parts know nothing of each other; they
meet at the ports that `needs` and `provides` name (see `model.py`).
"""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field

from neurospine.description.entries import LibraryFile, Part
from neurospine.description.plasticity_parts import CellSection
from neurospine.description.schema import Table


class VolumeSection(Table):
    """How a drive changes head volume, and between which bounds."""

    unit: str
    initial: str
    lowest: str
    highest: str
    additive: str
    multiplicative: str


class StructurePart(Part):
    """What a drive does to the spine: it sets the port `volume`."""

    kind: Literal["structure"]
    needs: tuple[str, ...] = ()
    provides: tuple[str, ...] = ("volume",)
    volume: VolumeSection


class ProcessSection(Table):
    """Intrinsic dynamics as an equation, ``dV = drift dt + noise dW`` (um**3, seconds).

    `lowest` names the parameter with the volume at which a spine is absorbed.
    """

    drift: str
    noise: str
    lowest: str | None = None


class StepSection(Table):
    """What a step of the slow clock does to the volume of a spine.

    `normals` are names of independent standard normal numbers, fresh for every
    spine and step; `variables` are further state of a spine, zero at birth. `code`
    may set ``survival``, the probability not to have crossed the lowest volume on
    the way.
    """

    normals: tuple[str, ...] = ()
    variables: str = ""
    code: str


class IntrinsicPart(Part):
    """How a spine fluctuates by itself: it changes the port `volume`."""

    kind: Literal["intrinsic"]
    needs: tuple[str, ...] = ("volume",)
    provides: tuple[str, ...] = ()
    process: ProcessSection | None = None
    step: StepSection


class Stage(Table):
    """One stage of a spine. Without `fluctuates`, intrinsic dynamics leave its volume alone."""

    meaning: str
    fluctuates: bool = True


class Transition(Table):
    """A way from one stage to another.

    `rate` may read volume, weight, age (s), parameters and cell traces of the
    part; `volume` is the volume on entering (by default it is kept) and may
    read ``normal``, a standard normal number.
    """

    origin: Annotated[str, Field(alias="from")]
    target: Annotated[str, Field(alias="to")]
    rate: str
    volume: str | None = None


class StartSection(Table):
    """What holds at the start: a share of the slots has a spine in a stage."""

    share: str
    stage: str
    volume: str | None = None


class StagesPart(Part):
    """The stages of a spine and its ways between them: it sets the port `stage`.

    The first stage is called absent and has number 0.
    """

    kind: Literal["stages"]
    needs: tuple[str, ...] = ("volume",)
    provides: tuple[str, ...] = ("stage",)
    stages: dict[str, Stage]
    transitions: tuple[Transition, ...]
    start: StartSection
    postsynaptic: CellSection = CellSection()

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The number of each stage."""
        return {name: number for number, name in enumerate(self.stages)}


class ReadoutSection(Table):
    """An expression for the port that a readout sets; it may read parameters and ``volume``."""

    unit: str
    value: str


class BoundSection(ReadoutSection):
    """The most weight that a volume can carry, and what a drive does to weight below it."""

    additive: str
    multiplicative: str


class ReadoutPart(Part):
    """How volume becomes synaptic weight: it sets the port `weight`.

    With `bound` weight is a state of its own, moved by drives between 0 and what the
    volume can carry; `weight` is then where it starts.
    """

    kind: Literal["readout"]
    needs: tuple[str, ...] = ("volume",)
    provides: tuple[str, ...] = ("weight",)
    weight: ReadoutSection
    bound: BoundSection | None = None


class Quantity(Table):
    """A size of a spine; `value` may read parameters, ``volume``, normals and sizes before it."""

    unit: str
    value: str
    meaning: str


class GeometryPart(Part):
    """The shape of a spine at the start, with the ``neck_resistance`` that its current passes.

    `normals` are names of independent standard normal numbers, one for each spine.
    """

    kind: Literal["geometry"]
    needs: tuple[str, ...] = ("volume",)
    provides: tuple[str, ...] = ("neck_resistance",)
    normals: tuple[str, ...] = ()
    quantities: dict[str, Quantity]


class SpinePart(LibraryFile):
    """A spine model: the parts it is made of."""

    kind: Literal["spine"]
    use: tuple[str, ...]
