"""Optimisers that rewire and sample: connections come and go at random under the gradient."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax import Array

from neurospine.learning.layered.layers import Arrays


class RewiringState(NamedTuple):
    """State of the optimiser inside, and the sign of each connection, 0 of those there are not."""

    optimiser: Any
    signs: Arrays


class SamplingState(NamedTuple):
    """State of the optimiser inside, the parameter of each connection, and its sign."""

    optimiser: Any
    parameters: Arrays
    signs: Arrays


def connected(weights: Arrays, share: Array, key: Array) -> Arrays:
    """Return weights of which only a share is there."""
    return {
        label: jnp.where(jax.random.uniform(own, values.shape) < share, values, 0)
        for (label, values), own in zip(weights.items(), _keys(key, weights), strict=True)
    }


def rewiring(
    optimiser: optax.GradientTransformation, numbers: dict[str, Array]
) -> optax.GradientTransformationExtraArgs:
    """Return deep rewiring around an optimiser (Bellec et al. 2018, arXiv 1711.05136).

    A connection keeps its sign: where the weight would change it, the connection goes dormant.
    As many that are dormant get a random sign and weight 0, each with the same chance, so that a
    share `connected` is there; the number holds on average, not in every step.

    `update` takes the argument `key`, a random key.
    """

    def init(weights: Arrays) -> RewiringState:
        signs = {label: jnp.sign(values) for label, values in weights.items()}
        return RewiringState(optimiser.init(weights), signs)

    def update(
        gradients: Arrays, state: RewiringState, weights: Arrays, *, key: Array, **_: Any
    ) -> tuple[Arrays, RewiringState]:
        there = {label: jnp.abs(signs) for label, signs in state.signs.items()}
        masked = {label: values * there[label] for label, values in gradients.items()}
        updates, inner = optimiser.update(masked, state.optimiser, weights)
        changes, signs = {}, {}
        spread = jnp.sqrt(2 * numbers["rate"] * numbers["temperature"])
        for (label, old), own in zip(weights.items(), _keys(key, weights), strict=True):
            noise, chance, side = jax.random.split(own, 3)
            sign = state.signs[label]
            moved = old + updates[label] * there[label]
            moved = moved - numbers["rate"] * numbers["penalty"] * sign
            moved = moved + spread * there[label] * jax.random.normal(noise, old.shape)
            sign = jnp.where(moved * sign < 0, 0, sign)
            dormant = sign == 0
            missing = numbers["connected"] - 1 + dormant.mean()
            wakes = dormant & (jax.random.uniform(chance, old.shape) * dormant.mean() < missing)
            changes[label] = jnp.where(dormant, 0, moved) - old
            signs[label] = jnp.where(wakes, jax.random.rademacher(side, old.shape, float), sign)
        return changes, RewiringState(inner, signs)

    return optax.GradientTransformationExtraArgs(init, update)


def sampled(parameters: Array, signs: Array, offset: Array) -> Array:
    """Return the weights of parameters: exponential above 0, no connection below."""
    return jnp.where(parameters > 0, signs * jnp.exp(parameters - offset), 0)


def sampling(
    optimiser: optax.GradientTransformation, numbers: dict[str, Array]
) -> optax.GradientTransformationExtraArgs:
    """Return synaptic sampling around an optimiser (Kappel et al. 2015).

    The parameter of a connection follows `gain` times its gradient, a normal prior (`mean`,
    `spread`, times `strength`) and noise of a `temperature`; its weight is e to the parameter less
    `offset`, or 0 where the parameter is negative. The sign stays.

    `update` takes the argument `key`, a random key.
    """

    def init(weights: Arrays) -> SamplingState:
        parameters = {
            label: numbers["offset"] + jnp.log(jnp.maximum(jnp.abs(values), 1e-6))
            for label, values in weights.items()
        }
        signs = {label: jnp.sign(values) for label, values in weights.items()}
        return SamplingState(optimiser.init(parameters), parameters, signs)

    def update(
        gradients: Arrays, state: SamplingState, weights: Arrays, *, key: Array, **_: Any
    ) -> tuple[Arrays, SamplingState]:
        inner_gradients = {
            label: numbers["gain"] * values * weights[label] for label, values in gradients.items()
        }
        updates, inner = optimiser.update(inner_gradients, state.optimiser, state.parameters)
        step = numbers["rate"] * numbers["strength"] / numbers["spread"] ** 2
        spread = jnp.sqrt(2 * numbers["rate"] * numbers["temperature"])
        changes, parameters = {}, {}
        for (label, old), own in zip(state.parameters.items(), _keys(key, weights), strict=True):
            noise = spread * jax.random.normal(own, old.shape)
            parameters[label] = old + updates[label] + step * (numbers["mean"] - old) + noise
            new = sampled(parameters[label], state.signs[label], numbers["offset"])
            changes[label] = new - weights[label]
        return changes, SamplingState(inner, parameters, state.signs)

    return optax.GradientTransformationExtraArgs(init, update)


def one_signed(
    optimiser: optax.GradientTransformation, signs: Any
) -> optax.GradientTransformationExtraArgs:
    """Return an optimiser whose weights stop at 0 instead of changing their sign."""
    inner = optax.with_extra_args_support(optimiser)

    def update(gradients: Any, state: Any, weights: Any, **more: Any) -> tuple[Any, Any]:
        updates, state = inner.update(gradients, state, weights, **more)

        def stopped(change: Array, old: Array, sign: Array) -> Array:
            return jnp.where((old + change) * sign < 0, -old, change)

        return jax.tree.map(stopped, updates, weights, signs), state

    return optax.GradientTransformationExtraArgs(inner.init, update)


def _keys(key: Array, weights: Arrays) -> Array:
    return jax.random.split(key, len(weights))
