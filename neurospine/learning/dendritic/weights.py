"""Weights at the start, the numbers of rules, and what holds of weights after each sample.

Weights are arrays of (postsynaptic, presynaptic) cells by layer and projection. Dale's law:
what comes from E is never negative, what comes from SomaI and DendI never positive.
"""

from __future__ import annotations

import zlib

import jax.numpy as jnp
import numpy as np
from jax import Array

from neurospine.learning.dendritic.network import Network

#: By layer, then by projection.
Weights = dict[str, dict[str, Array]]
#: By layer, then by projection, then by key; scalars, or one for each replicate.
Numbers = dict[str, dict[str, dict[str, Array]]]
_NUMBERS = ("rate", "total", "scale", "largest", "discount", "threshold", "tau_threshold")


def rule_numbers(network: Network) -> Numbers:
    """Return the numbers that rules and constraints of a network use."""
    return {
        label: {
            "bias": {"rate": jnp.asarray(layer.bias_rate or 0.0, float)},
            "nudge": {
                "adaptation": jnp.asarray(layer.adaptation, float),
                "balance": jnp.asarray(layer.balance, float),
            },
            **{
                name: {
                    **{
                        key: jnp.asarray(getattr(projection, key), float)
                        for key in _NUMBERS
                        if getattr(projection, key) is not None
                    },
                    **({"end": jnp.asarray(network.samples, float)} if falls else {}),
                }
                for name, projection in layer.projections.items()
                for falls in [name in network.falling and projection.rate is not None]
            },
        }
        for label, layer in network.layers.items()
    }


def numbers_at(numbers: Numbers, count: Array) -> Numbers:
    """Return the numbers at a sample, counted from 1: some rates fall in a straight line to 0."""

    def at(own: dict[str, Array]) -> dict[str, Array]:
        if "end" not in own:
            return own
        return own | {"rate": own["rate"] * jnp.maximum(0.0, 1.0 - (count - 1) / own["end"])}

    return {
        label: {name: at(own) for name, own in layer.items()} for label, layer in numbers.items()
    }


def initial_weights(network: Network, seed: int) -> Weights:
    """Return the weights that a network starts with.

    Each projection has random numbers of its own, so that networks which differ in some
    projections share the others. Top-down weights that mirror others are no weights.
    """
    weights: Weights = {}
    for label, layer in network.layers.items():
        weights[label] = {"bias": jnp.zeros(layer.E)} if layer.bias_rate is not None else {}
        for name, projection in layer.projections.items():
            if projection.rule == "transpose":
                continue
            shape = (layer.size(name.rpartition("_")[2]), network.sources(label, name))
            key = zlib.crc32(f"{label}.{name}".encode())
            drawn = np.random.default_rng([seed, key]).random(shape, dtype=np.float32)
            size = (projection.spread or 1.0) / np.sqrt(shape[1])
            low = 0.0 if network.dale else -size
            drawn = low + (size - low) * drawn
            weights[label][name] = jnp.asarray(-drawn if inhibits(network, name) else drawn, float)
    return constrained(network, weights, rule_numbers(network), everything=True)


def inhibits(network: Network, projection: str) -> bool:
    """Return whether weights of a projection may not be positive."""
    return network.dale and projection.startswith(("SomaI", "DendI"))


def constrained(
    network: Network, weights: Weights, numbers: Numbers, *, everything: bool = False
) -> Weights:
    """Return weights within their bounds and scaled to their totals.

    Parameters
    ----------
    network
        Whose weights they are.
    weights
        As the rules left them.
    numbers
        Totals and largest weights; see `rule_numbers`.
    everything
        Also those that do not learn, and so need it only once.
    """
    changed = {label: dict(inner) for label, inner in weights.items()}
    for label, layer in network.layers.items():
        for name, projection in layer.projections.items():
            if projection.rule == "transpose" or (projection.rule == "fixed" and not everything):
                continue
            changed[label][name] = _constrained(
                network, name, changed[label][name], numbers[label][name]
            )
    return changed


def _constrained(network: Network, name: str, weights: Array, numbers: dict[str, Array]) -> Array:
    """Return the weights of one projection: signs, largest weight, no autapses, totals."""
    if network.dale:
        inhibitory = inhibits(network, name)
        weights = jnp.minimum(weights, 0.0) if inhibitory else jnp.maximum(weights, 0.0)
    if "largest" in numbers:
        weights = jnp.clip(weights, -numbers["largest"], numbers["largest"])
    origin, _, target = name.partition("_to_")
    if origin == target:
        weights = weights * (1.0 - jnp.eye(len(weights)))
    if "total" in numbers:
        sums = jnp.abs(weights).sum(1, keepdims=True)
        weights = weights * jnp.where(
            sums > 0, numbers["total"] / jnp.where(sums > 0, sums, 1.0), 1.0
        )
    return weights
