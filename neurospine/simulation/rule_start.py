"""The state of spines at the start of a run: what their rule and their bound add to volume."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurospine.description.evaluate import evaluate
from neurospine.description.expressions import identifiers
from neurospine.description.spine import Spine
from neurospine.simulation.conversion import in_proportion
from neurospine.simulation.network import Array
from neurospine.simulation.numbers import Numbers
from neurospine.simulation.random import generator


def start_state(
    numbers: Numbers, projection: str, spine: Spine, volume: Array, stage: Array, seed: int
) -> dict[str, Array]:
    """Return the variables of all spines at the start by name: volume, weight, those of the rule.

    Conditions of one repeat share their random numbers. A drive at the start is taken up as
    any other; absent spines have nothing but what belongs to their site.

    Parameters
    ----------
    numbers
        The model in each condition.
    projection, spine
        Whose spines, and their model.
    volume, stage
        Of all slots, before the rule (um**3).
    seed
        Decides the random numbers.
    """
    found: dict[str, Array] = {"volume": volume}
    if spine.bounded:
        found["weight"] = _by_copy(
            numbers, spine, spine.readout.weight.value, found, seed, projection
        )
    rule = spine.rule
    if rule is None or not (rule.start.values or rule.start.drive):
        return _kept(spine, found)
    for name, value in rule.start.values.items():
        own = _by_copy(numbers, spine, value, found, seed, projection)
        found[name] = own if name in rule.traits else np.where(stage > 0, own, 0.0)
    if rule.start.drive is not None:
        drive = _by_copy(numbers, spine, rule.start.drive, found, seed, projection)
        size = "weight" if spine.bounded else "volume"
        section = spine.readout.bound or spine.structure.volume
        change = in_proportion(spine) if rule.drive == "additive" else section.multiplicative
        more = {**found, "drive": drive}
        moved = found[size] + _by_copy(numbers, spine, change, more, seed, projection)
        low, high = _bounds(numbers, spine, found, seed, projection)
        found[size] = np.where(stage > 0, np.clip(moved, low, high), found[size])
    return _kept(spine, found)


def _kept(spine: Spine, found: dict[str, Array]) -> dict[str, Array]:
    return {**found, "kept_volume": found["volume"].copy()} if spine.slow else found


def _bounds(
    numbers: Numbers, spine: Spine, found: dict[str, Array], seed: int, projection: str
) -> tuple[Any, Any]:
    if spine.readout.bound:
        bound = spine.readout.bound.value
        return 0.0, _by_copy(numbers, spine, bound, found, seed, projection)
    each = (
        found["volume"].size
        // numbers.at_start(spine.structure.name, spine.structure.volume.lowest).size
    )
    low, high = (
        np.repeat(numbers.at_start(spine.structure.name, name), each)
        for name in (spine.structure.volume.lowest, spine.structure.volume.highest)
    )
    return low, high


def _by_copy(
    numbers: Numbers, spine: Spine, text: str, known: dict[str, Array], seed: int, projection: str
) -> Array:
    """Return the value of an expression at all slots, copy by copy."""
    copies = len(numbers.models) * numbers.repeats
    size, read = known["volume"].size // copies, identifiers(text)
    start = spine.rule.start if spine.rule else None
    given = {
        name: numbers.at_start(part.name, name)
        for part in spine.parts
        for name in read & set(part.parameters)
    }
    values = []
    for copy in range(copies):
        own = slice(copy * size, (copy + 1) * size)
        names: dict[str, Any] = {name: value[own] for name, value in known.items()}
        names |= {name: float(value[copy]) for name, value in given.items()}
        for chance in (*start.uniforms, *start.normals) if start else ():
            if chance in read:
                random = generator(seed, projection, chance, str(copy % numbers.repeats))
                uniform = start is not None and chance in start.uniforms
                names[chance] = random.random(size) if uniform else random.standard_normal(size)
        values.append(np.broadcast_to(np.asarray(evaluate(text, names), float), size))
    return np.concatenate(values) if values else np.zeros(0)
