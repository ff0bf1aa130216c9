"""The spines that are there when a run starts."""

from __future__ import annotations

import numpy as np

from neurospine.description.evaluate import evaluate
from neurospine.description.expressions import identifiers
from neurospine.description.spine import Spine
from neurospine.description.spine_parts import StagesPart
from neurospine.errors import ModelError
from neurospine.simulation.network import Array
from neurospine.simulation.numbers import Numbers
from neurospine.simulation.random import generator


def start_volumes(
    numbers: Numbers, projection: str, spine: Spine, size: int, seed: int
) -> tuple[Array, Array]:
    """Return head volume (um**3) and stage of every slot at the start.

    Conditions of one repeat share their random numbers. `size` is the number of
    slots in one copy of the circuit; the result is for all copies.

    Raises
    ------
    ModelError
        If a volume is outside its bounds, or a smallest volume leaves no room between a
        spine and none.
    """
    low, high, start = (
        numbers.copies(spine.structure.name, getattr(spine.structure.volume, key))
        for key in ("lowest", "highest", "initial")
    )
    _check_bounds(spine, low, high, start)
    if spine.stages is None:
        return np.repeat(start, size), np.ones(start.size * size, np.int8)
    volumes, stages = np.empty((start.size, size)), np.empty((start.size, size), np.int8)
    for copy in range(start.size):
        random = generator(seed, projection, "start", str(copy % numbers.repeats))
        lives = (
            random.random(size) < numbers.copies(spine.stages.name, spine.stages.start.share)[copy]
        )
        stages[copy] = np.where(lives, spine.stages.numbers[spine.stages.start.stage], 0)
        normal = random.standard_normal(size)
        drawn = _drawn(numbers, spine.stages, copy, normal)
        volume = start[copy] if drawn is None else np.clip(drawn, low[copy], high[copy])
        volumes[copy] = np.where(lives, volume, 0.0)
    return volumes.ravel(), stages.ravel()


def _drawn(numbers: Numbers, stages: StagesPart, copy: int, normal: Array) -> Array | None:
    if stages.start.volume is None:
        return None
    names = identifiers(stages.start.volume) & set(stages.parameters)
    values = {name: numbers.copies(stages.name, name)[copy] for name in names}
    return np.asarray(evaluate(stages.start.volume, {**values, "normal": normal}))


def _check_bounds(spine: Spine, low: Array, high: Array, start: Array) -> None:
    volume, part = spine.structure.volume, spine.structure.name
    for lowest, highest, initial in zip(low, high, start, strict=True):
        if not lowest <= initial <= highest:
            raise ModelError(
                f"parameter {part}.{volume.initial}: {initial:g} {volume.unit} "
                f"is outside the bounds of the volume, {lowest:g} to {highest:g}"
            )
    if spine.stages is not None and np.any(low <= 0):
        raise ModelError(
            f"parameter {part}.{volume.lowest}: must be positive where spines have stages, because "
            "a volume of 0 means that there is no spine"
        )
