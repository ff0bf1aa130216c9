"""Weights as spines that live: they fluctuate, vanish and are born as a spine model says.

The head volume of a spine is its weight times a constant of the projection. The statements of the
model's files, the same that simulated spines follow, are carried out on arrays of weights. Where
there is no spine there is no weight, whatever a rule of learning asks for.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jax.scipy.special import ndtri

from neurospine.description.evaluate import evaluate, execute
from neurospine.description.model import Model, load_model
from neurospine.description.spine_parts import IntrinsicPart, StagesPart, StructurePart, Transition
from neurospine.errors import LearningError
from neurospine.learning.network import LivingSpines

#: Seconds of a day.
DAY = 86400.0
#: Any circuit of one projection would do: only its spines count.
_CIRCUIT, _PROJECTION = "dendrite", "spines"
#: Quantiles by which the mean of a distribution is worked out.
_QUANTILES = 10_000


class Spines(NamedTuple):
    """Spines at the synapses of a projection: head volumes in um**3, 0 where there is none."""

    volume: Array
    present: Array


class SpineRules(NamedTuple):
    """How spines live, by parts of a spine model; `numbers` hold parameters by part and name."""

    structure: StructurePart
    intrinsic: IntrinsicPart
    stages: StagesPart

    def bounded(self, numbers: dict[str, Any], volume: Array) -> Array:
        """Return volumes within those that a spine can have."""
        section, own = self.structure.volume, numbers[self.structure.name]
        lowest, highest = (evaluate(text, own, jnp) for text in (section.lowest, section.highest))
        return jnp.clip(volume, lowest, highest)

    def first(self, numbers: dict[str, Any], normal: Array) -> Array:
        """Return volumes at the start where there are spines, from standard normal numbers."""
        names = {**numbers[self.stages.name], "normal": normal}
        volume = evaluate(self.stages.start.volume or "", names, jnp)
        return self.bounded(numbers, jnp.broadcast_to(volume, normal.shape))

    def start(self, numbers: dict[str, Any], key: Array, shape: tuple[int, ...]) -> Spines:
        """Return spines as the model has them at the start."""
        where, size = jax.random.split(key)
        share = evaluate(self.stages.start.share, numbers[self.stages.name], jnp)
        present = jax.random.uniform(where, shape) < share
        volume = self.first(numbers, jax.random.normal(size, shape))
        return Spines(jnp.where(present, volume, 0.0), present)

    def step(self, numbers: dict[str, Any], key: Array, spines: Spines, interval: float) -> Spines:
        """Return spines after some seconds, short against the times of their rates.

        Rates of elimination are those of the mean of before and after, and a site changes once.
        """
        step, own = self.intrinsic.step, numbers[self.stages.name]
        chance, sizes = jax.random.split(key)
        shape = spines.volume.shape
        newborn, *normals = jax.random.normal(sizes, (1 + len(step.normals), *shape))
        absent, living = self.stages.stages
        before = self.bounded(numbers, jnp.where(spines.present, spines.volume, 1.0))
        names = {**numbers[self.intrinsic.name], "volume": before, "interval": interval}
        names = execute(step.code, {**names, **dict(zip(step.normals, normals, strict=True))}, jnp)
        after = self.bounded(numbers, names["volume"])

        birth = self._out_of(absent)[0].volume or ""
        newborn = evaluate(birth, {**own, "normal": newborn}, jnp)
        born = self._rate(own, absent, after)
        lost = 0.5 * (self._rate(own, living, before) + self._rate(own, living, after))
        stays = names.get("survival", 1.0) * jnp.exp(-lost * interval)
        stays = jnp.where(spines.present, stays, jnp.exp(-born * interval))
        changes = jax.random.uniform(chance, shape) > stays
        present = spines.present ^ changes
        volume = jnp.where(changes, self.bounded(numbers, newborn), after)
        return Spines(jnp.where(present, volume, 0.0), present)

    def _out_of(self, stage: str) -> list[Transition]:
        return [t for t in self.stages.transitions if t.origin == stage]

    def _rate(self, own: dict[str, Any], stage: str, volume: Array) -> Any:
        """Return the rate at which a stage is left."""
        names = {**own, "volume": volume}
        return sum(evaluate(t.rate, names, jnp) for t in self._out_of(stage))


@cache
def spine_rules(model: str) -> SpineRules:
    """Return how weights live by a spine model.

    Raises
    ------
    LearningError
        If it has more than spines that are there or not, with a size.
    """
    spine = load_model(_CIRCUIT, spine=model).spines[_PROJECTION]
    if spine.intrinsic is None or spine.stages is None:
        raise LearningError(f"spine model {model!r} has no intrinsic dynamics or no stages")
    stages = spine.stages
    births = [t.volume for t in stages.transitions if t.target != next(iter(stages.stages))]
    simple = len(stages.stages) == 2 and len(births) == 1 and births[0] and stages.start.volume
    if not simple or spine.intrinsic.step.variables or spine.slow:
        raise LearningError(
            f"spine model {model!r}: weights live by models with one living stage and no variable "
            "but the volume, such as 'living_spine'"
        )
    return SpineRules(spine.structure, spine.intrinsic, stages)


def spine_numbers(spines: LivingSpines, *, disorders: bool = True) -> dict[str, Any]:
    """Return the parameters of spines by part and name, as statements see them (seconds, um**3).

    Raises
    ------
    NeurospineError
        If there is no such model, set, parameter or disorder.
    """
    model: Model = load_model(_CIRCUIT, spine=spines.model)
    for label in spines.sets:
        model = model.with_set(label)
    model = model.with_parameters(spines.values)
    if disorders and spines.disorders:
        model = model.with_disorder(*spines.disorders)
    return {
        part.name: {n: jnp.asarray(model.number(part.name, n), float) for n in part.parameters}
        for part in spine_rules(spines.model)
    }


def mean_volume(spines: LivingSpines) -> float:
    """Return the mean volume of a site at the start without disorders, in um**3; absent count 0."""
    rules, numbers = spine_rules(spines.model), spine_numbers(spines, disorders=False)
    chances = (jnp.arange(_QUANTILES) + 0.5) / _QUANTILES
    share = evaluate(rules.stages.start.share, numbers[rules.stages.name])
    return float(share * rules.first(numbers, ndtri(chances)).mean())
