"""The spines that are there when a run starts."""

from __future__ import annotations

import numpy as np

from neurospine.description.edge_lists import edges_of
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

    A list of edges with volumes or weights goes before what the spine model says.
    Conditions of one repeat share their random numbers. `size` is the number of
    slots in one copy of the circuit; the result is for all copies.

    Raises
    ------
    ModelError
        If a volume is outside its bounds, or a smallest volume leaves no room between a
        spine and none.
    """
    low, high, start = (
        numbers.at_start(spine.structure.name, getattr(spine.structure.volume, key))
        for key in ("lowest", "highest", "initial")
    )
    _check_bounds(spine, low, high, start)
    if spine.stages is None:
        alike = np.repeat(start, size), np.ones(start.size * size, np.int8)
        return _listed(numbers, projection, *alike)
    volumes, stages = np.empty((start.size, size)), np.empty((start.size, size), np.int8)
    for copy in range(start.size):
        random = generator(seed, projection, "start", str(copy % numbers.repeats))
        share = numbers.at_start(spine.stages.name, spine.stages.start.share)[copy]
        lives = random.random(size) < share
        stages[copy] = np.where(lives, spine.stages.numbers[spine.stages.start.stage], 0)
        normal = random.standard_normal(size)
        drawn = _drawn(numbers, spine.stages, copy, normal)
        volume = start[copy] if drawn is None else np.clip(drawn, low[copy], high[copy])
        volumes[copy] = np.where(lives, volume, 0.0)
    return _listed(numbers, projection, volumes.ravel(), stages.ravel())


def _listed(
    numbers: Numbers, projection: str, volumes: Array, stages: Array
) -> tuple[Array, Array]:
    """Return volumes and stages as a list of edges has them, if it says how large spines are.

    A spine of volume 0 is absent where spines have stages.
    """
    model = numbers.model
    listed, spine = edges_of(model, projection), model.spines[projection]
    if listed is None or (listed.volume is None and listed.weight is None):
        return volumes, stages
    part = spine.structure.volume
    low, high = (numbers.at_start(spine.structure.name, n) for n in (part.lowest, part.highest))
    found = listed.volume
    if found is None:
        assert listed.weight is not None
        found = _of_weight(numbers, projection, listed.weight, low.min(), high.max())
    nothing = (found == 0) & (spine.stages is not None)
    wrong = ~nothing & ((found < low.max()) | (found > high.min()))
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise ModelError(
            f"projection {projection!r}: connectivity: file: "
            f"{model.circuit.projections[projection].connectivity.file}: a volume of "
            f"{found[row]:g} {part.unit} (from {listed.pre[row]} to {listed.post[row]}) is outside "
            f"the bounds, {low.max():g} to {high.min():g}"
        )
    if spine.stages:
        start = spine.stages.numbers[spine.stages.start.stage]
        stages = np.tile(np.where(nothing, 0, start), low.size).astype(stages.dtype)
    return np.tile(found, low.size), stages


def _of_weight(numbers: Numbers, projection: str, weight: Array, low: float, high: float) -> Array:
    """Return the volume of spines of a weight, by bisection: weight must rise with volume."""
    readout = numbers.model.spines[projection].readout
    own = {name: numbers.single(readout.name, name) for name in readout.parameters}

    def weighs(volume: Array) -> Array:
        return np.asarray(evaluate(readout.weight.value, {**own, "volume": volume}), float)

    below, above = np.zeros(weight.shape), np.full(weight.shape, high)
    ends = weighs(np.array([low, (low + high) / 2, high]))
    if not ends[0] < ends[1] < ends[2]:
        raise ModelError(
            f"projection {projection!r}: the weights in its list of edges give no volumes, because "
            f"the weight of {readout.name!r} does not rise with volume; list volumes"
        )
    for _ in range(100):
        middle = (below + above) / 2
        larger = weighs(middle) < weight
        below, above = np.where(larger, middle, below), np.where(larger, above, middle)
    return np.where(weight == 0, 0.0, above)


def _drawn(numbers: Numbers, stages: StagesPart, copy: int, normal: Array) -> Array | None:
    if stages.start.volume is None:
        return None
    names = identifiers(stages.start.volume) & set(stages.parameters)
    values = {name: numbers.at_start(stages.name, name)[copy] for name in names}
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
