"""Weights as spines that live: they fluctuate, vanish and are born as a spine model says.

The head volume of a spine is its weight times a constant of the projection. The statements of the
model's files, the same that simulated spines follow, are carried out on arrays of weights. Where
there is no spine there is no weight, whatever a rule of learning asks for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jax.scipy.special import ndtri

from neurospine.description.evaluate import evaluate, execute
from neurospine.learning.dendritic.living_model import LivingModel, living_model, living_values
from neurospine.learning.dendritic.network import LivingSpines

#: Seconds of a day.
DAY = 86400.0
#: Quantiles by which the mean of a distribution is worked out.
_QUANTILES = 10_000


class Spines(NamedTuple):
    """Spines at the synapses of a projection: head volumes in um**3, 0 where there is none."""

    volume: Array
    present: Array


@dataclass(frozen=True)
class SpineRules:
    """How spines live by a model; `numbers` hold its parameters by part and name."""

    model: LivingModel

    def bounded(self, numbers: dict[str, Any], volume: Array) -> Array:
        """Return volumes within those that a spine can have."""
        section, own = self.model.structure.volume, numbers[self.model.structure.name]
        lowest, highest = (evaluate(text, own, jnp) for text in (section.lowest, section.highest))
        return jnp.clip(volume, lowest, highest)

    def first(self, numbers: dict[str, Any], normal: Array) -> Array:
        """Return volumes at the start where there are spines, from standard normal numbers."""
        names = {**numbers[self.model.stages.name], "normal": normal}
        volume = evaluate(self.model.stages.start.volume or "", names, jnp)
        return self.bounded(numbers, jnp.broadcast_to(volume, normal.shape))

    def start(self, numbers: dict[str, Any], key: Array, shape: tuple[int, ...]) -> Spines:
        """Return spines as the model has them at the start."""
        where, size = jax.random.split(key)
        share = evaluate(self.model.stages.start.share, numbers[self.model.stages.name], jnp)
        present = jax.random.uniform(where, shape) < share
        volume = self.first(numbers, jax.random.normal(size, shape))
        return Spines(jnp.where(present, volume, 0.0), present)

    def step(self, numbers: dict[str, Any], key: Array, spines: Spines, interval: float) -> Spines:
        """Return spines after some seconds, short against the times of their rates.

        Rates of elimination are those of the mean of before and after, and a site changes once.
        """
        step, own = self.model.intrinsic.step, numbers[self.model.stages.name]
        chance, sizes = jax.random.split(key)
        shape = spines.volume.shape
        newborn, *normals = jax.random.normal(sizes, (1 + len(step.normals), *shape))
        absent, living = self.model.stages.stages
        before = self.bounded(numbers, jnp.where(spines.present, spines.volume, 1.0))
        names = {**numbers[self.model.intrinsic.name], "volume": before, "interval": interval}
        names = execute(step.code, {**names, **dict(zip(step.normals, normals, strict=True))}, jnp)
        after = self.bounded(numbers, names["volume"])

        birth = self.model.out_of(absent)[0].volume or ""
        newborn = evaluate(birth, {**own, "normal": newborn}, jnp)
        born = self._rate(own, absent, after)
        lost = 0.5 * (self._rate(own, living, before) + self._rate(own, living, after))
        stays = names.get("survival", 1.0) * jnp.exp(-lost * interval)
        stays = jnp.where(spines.present, stays, jnp.exp(-born * interval))
        changes = jax.random.uniform(chance, shape) > stays
        present = spines.present ^ changes
        volume = jnp.where(changes, self.bounded(numbers, newborn), after)
        return Spines(jnp.where(present, volume, 0.0), present)

    def _rate(self, own: dict[str, Any], stage: str, volume: Array) -> Any:
        """Return the rate at which a stage is left."""
        names = {**own, "volume": volume}
        return sum(evaluate(t.rate, names, jnp) for t in self.model.out_of(stage))


def spine_rules(model: str) -> SpineRules:
    """Return how weights live by a spine model; see `living_model`."""
    return SpineRules(living_model(model))


def spine_numbers(spines: LivingSpines, *, disorders: bool = True) -> dict[str, dict[str, Array]]:
    """Return the parameters of spines as arrays; see `living_values`."""
    return {
        part: {name: jnp.asarray(value, float) for name, value in own.items()}
        for part, own in living_values(spines, disorders=disorders).items()
    }


def mean_volume(spines: LivingSpines) -> float:
    """Return the mean volume of a site at the start without disorders, in um**3; absent count 0."""
    rules, numbers = spine_rules(spines.model), spine_numbers(spines, disorders=False)
    chances = (jnp.arange(_QUANTILES) + 0.5) / _QUANTILES
    share = evaluate(rules.model.stages.start.share, numbers[rules.model.stages.name])
    return float(share * rules.first(numbers, ndtri(chances)).mean())
