"""What a method against overfitting does to weights, rates and optimiser of a layered network."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import optax
from jax import Array

from neurospine.learning.bounds import BoundNumbers
from neurospine.learning.layered.bound_optimiser import bounded
from neurospine.learning.layered.layers import Arrays, Silencer, cell_signs
from neurospine.learning.layered.network import (
    Dropout,
    LayeredNetwork,
    Method,
    SizeNoise,
    SpineBounds,
)
from neurospine.learning.layered.sampling import connected, one_signed, rewiring, sampling

#: By key; scalars, or one for each replicate.
Numbers = dict[str, Array]


def method_numbers(network: LayeredNetwork) -> Numbers:
    """Return the numbers of the optimiser and the method: what may differ by replicate."""
    own = {key: value for key, value in network.method if isinstance(value, float)}
    both = {"rate": network.optimiser.rate, "momentum": network.optimiser.momentum, **own}
    return {key: jnp.asarray(value, float) for key, value in both.items()}


def structure(network: LayeredNetwork) -> tuple[Any, ...]:
    """Return what the program of a network depends on, besides its numbers."""
    method = network.method
    settings = (
        *(value for _, value in method if not isinstance(value, float)),
        _noisy(method),
        _silences(method),
    )
    return (
        tuple((label, *(value for _, value in layer)) for label, layer in network.layers.items()),
        (network.inputs, network.planes, network.inhibitory, network.optimiser.batch),
        settings,
    )


def _noisy(method: Method) -> bool:
    """Return whether a method adds noise to weights."""
    return isinstance(method, SizeNoise | SpineBounds) and method.noise > 0


def _silences(method: Method) -> bool:
    """Return whether a method silences units."""
    return isinstance(method, Dropout) or (
        isinstance(method, SpineBounds) and max(method.dropped, method.dropped_inputs) > 0
    )


def weight_optimiser(
    network: LayeredNetwork, numbers: Numbers, steps: int
) -> optax.GradientTransformationExtraArgs:
    """Return the optimiser of the weights.

    Parameters
    ----------
    network
        Of which method and signs are taken.
    numbers
        See `method_numbers`.
    steps
        Steps of an epoch.
    """
    method, signs = network.method, cell_signs(network)
    plain = optax.sgd(numbers["rate"], numbers["momentum"])
    if isinstance(method, SpineBounds):
        return bounded(
            plain,
            BoundNumbers(**{key: numbers[key] for key in BoundNumbers._fields}),
            every=method.every or steps,
            relative=method.relative,
            cut=method.cut,
            evidence=method.evidence,
            signs=signs,
        )
    around = {
        "weight_decay": lambda: optax.chain(optax.add_decayed_weights(numbers["decay"]), plain),
        "rewiring": lambda: rewiring(plain, numbers),
        "synaptic_sampling": lambda: sampling(plain, numbers),
    }
    chosen = around.get(method.kind, lambda: plain)()
    return optax.with_extra_args_support(chosen) if signs is None else one_signed(chosen, signs)


def bias_optimiser(numbers: Numbers) -> optax.GradientTransformation:
    """Return the optimiser of the biases, the same with every method."""
    return optax.sgd(numbers["rate"], numbers["momentum"])


def prepared(network: LayeredNetwork, numbers: Numbers, weights: Arrays, key: Array) -> Arrays:
    """Return the weights at the start as a method takes them."""
    if network.method.kind == "rewiring":
        return connected(weights, numbers["connected"], key)
    return weights


def perturbed(network: LayeredNetwork, numbers: Numbers, weights: Arrays, key: Array) -> Arrays:
    """Return the weights that act in one step of training."""
    method, noisy = network.method, _noisy(network.method)
    if not noisy and method.kind != "size_dropconnect":
        return weights
    changed = {}
    for (label, values), own in zip(
        weights.items(), jax.random.split(key, len(weights)), strict=True
    ):
        if noisy:
            factor = 1 + numbers["noise"] * jax.random.normal(own, values.shape)
        else:
            size = jnp.abs(values)
            chance = numbers["dropped"] * jnp.exp(-size / size.mean())
            stays = jax.random.uniform(own, values.shape) >= chance
            factor = jax.lax.stop_gradient(stays / (1 - chance))
        changed[label] = values * factor
    return changed


def silencer(network: LayeredNetwork, numbers: Numbers, key: Array) -> Silencer | None:
    """Return what silences units in one step of training; None if nothing does."""
    if not _silences(network.method):
        return None
    places = ["", *network.layers]
    keys = dict(zip(places, jax.random.split(key, len(places)), strict=True))

    def silenced(label: str, rates: Array) -> Array:
        share = numbers["dropped" if label else "dropped_inputs"]
        stays = jax.random.uniform(keys[label], rates.shape) >= share
        return jnp.where(stays, rates / (1 - share), 0)

    return silenced
