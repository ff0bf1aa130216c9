"""Which spine models weights can live by, and their numbers."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

from neurospine.description.evaluate import evaluate, execute
from neurospine.description.model import load_model
from neurospine.description.spine_parts import IntrinsicPart, StagesPart, StructurePart, Transition
from neurospine.errors import LearningError, NeurospineError
from neurospine.learning.dendritic.network import LivingSpines

#: Any circuit of one projection would do: only its spines count.
_CIRCUIT, _PROJECTION = "dendrite", "spines"


class LivingModel(NamedTuple):
    """The parts of a spine model by which weights live."""

    structure: StructurePart
    intrinsic: IntrinsicPart
    stages: StagesPart

    def out_of(self, stage: str) -> list[Transition]:
        """Return the ways out of a stage."""
        return [t for t in self.stages.transitions if t.origin == stage]


@cache
def living_model(name: str) -> LivingModel:
    """Return how weights live by a spine model.

    Raises
    ------
    NeurospineError
        If there is none, or it has more than spines that are there or not, with a size.
    """
    spine = load_model(_CIRCUIT, spine=name).spines[_PROJECTION]
    stages = spine.stages
    if spine.intrinsic is None or stages is None:
        raise LearningError(f"spine model {name!r} has no intrinsic dynamics or no stages")
    births = [t.volume for t in stages.transitions if t.target != next(iter(stages.stages))]
    simple = len(stages.stages) == 2 and len(births) == 1 and births[0] and stages.start.volume
    if not simple or spine.intrinsic.step.variables or spine.slow:
        raise LearningError(
            f"spine model {name!r}: weights live by models with one living stage and no variable "
            "but the volume, such as 'living_spine'"
        )
    return LivingModel(spine.structure, spine.intrinsic, stages)


def living_values(spines: LivingSpines, *, disorders: bool = True) -> dict[str, dict[str, float]]:
    """Return the parameters of spines by part and name, as statements see them (seconds, um**3).

    Raises
    ------
    NeurospineError
        If there is no such model, set, parameter or disorder.
    """
    model = load_model(_CIRCUIT, spine=spines.model)
    for label in spines.sets:
        model = model.with_set(label)
    model = model.with_parameters(spines.values)
    if disorders and spines.disorders:
        model = model.with_disorder(*spines.disorders)
    return {
        part.name: {name: model.number(part.name, name) for name in part.parameters}
        for part in living_model(spines.model)
    }


def check_living(spines: LivingSpines, place: str) -> None:
    """Raise a `LearningError` if there is no such model, or its statements need more than sizes."""
    volume = np.array([0.1])
    try:
        model, values = living_model(spines.model), living_values(spines)
        own, step = values[model.stages.name], model.intrinsic.step
        for transition in model.stages.transitions:
            evaluate(transition.rate, {**own, "volume": volume})
        names = {**values[model.intrinsic.name], **dict.fromkeys(step.normals, volume)}
        execute(step.code, {**names, "volume": volume, "interval": 1.0})
    except NeurospineError as error:
        raise LearningError(f"{place}: {error}") from None
