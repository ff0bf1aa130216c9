"""What layered networks compute, and their weights at the start."""

from __future__ import annotations

import zlib
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from neurospine.learning.layered.network import LayeredNetwork

#: By layer.
Arrays = dict[str, Array]
#: What becomes of what a layer, or the input, sends up.
Silencer = Callable[[str, Array], Array]


def initial_weights(network: LayeredNetwork, seed: int) -> Arrays:
    """Return weights at the start: even up to `spread` over the root of the number of inputs.

    Each layer has random numbers of its own. By Dale's law they take the sign of the presynaptic
    cell, and those of inhibitory cells are larger, as these are fewer.
    """
    weights, signs = {}, cell_signs(network)
    for label, shape in network.shapes().items():
        key = zlib.crc32(label.encode())
        drawn = np.random.default_rng([seed, key]).random(shape, dtype=np.float32)
        drawn = (2 * drawn - 1) * np.float32(network.spread / np.sqrt(np.prod(shape[1:])))
        if signs is not None:
            share = network.inhibitory
            larger = np.where(signs[label] < 0, (1 - share) / share, 1.0).astype(np.float32)
            drawn = np.abs(drawn) * signs[label] * larger
        weights[label] = jnp.asarray(drawn)
    return weights


def initial_biases(network: LayeredNetwork) -> Arrays:
    """Return biases at the start."""
    return {label: jnp.zeros(shape[0]) for label, shape in network.shapes().items()}


def cell_signs(
    network: LayeredNetwork,
) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.int32]]] | None:
    """Return 1 or -1 for weights of each presynaptic cell or channel; None without Dale's law."""
    if not network.inhibitory:
        return None
    signs = {}
    for label, (_, sources, *kernel) in network.shapes().items():
        inhibits = np.diff(np.floor(np.arange(sources + 1) * network.inhibitory)) > 0
        signs[label] = (
            np.where(inhibits, -1, 1).astype(np.int32).reshape(1, -1, *(1 for _ in kernel))
        )
    return signs


def outputs(
    network: LayeredNetwork,
    weights: Arrays,
    biases: Arrays,
    inputs: Array,
    silenced: Silencer | None = None,
) -> Array:
    """Return what the output layer says of inputs, before softmax.

    Parameters
    ----------
    network
        Whose layers they are.
    weights, biases
        By layer.
    inputs
        Samples, one row each.
    silenced
        Changes what the input (as layer ``""``) and hidden layers send up.
    """
    rates = silenced("", inputs) if silenced else inputs
    for label, layer in network.layers.items():
        if layer.channels:
            rates = _convolved(rates, weights[label], biases[label], network.planes)
            rates = _pooled(jax.nn.relu(rates), layer.pooled)
        else:
            rates = rates.reshape(len(rates), -1) @ weights[label].T + biases[label]
            rates = rates if label == network.output else jax.nn.relu(rates)
        if silenced and label != network.output:
            rates = silenced(label, rates)
    return rates


def _convolved(rates: Array, kernels: Array, bias: Array, planes: int) -> Array:
    if rates.ndim == 2:
        side = int(np.sqrt(rates.shape[1] // planes))
        rates = rates.reshape(-1, planes, side, side)
    return lax.conv(rates, kernels, (1, 1), "SAME") + bias[:, None, None]


def _pooled(rates: Array, width: int) -> Array:
    if width == 1:
        return rates
    window = (1, 1, width, width)
    largest: Array = lax.reduce_window(rates, -jnp.inf, lax.max, window, window, "VALID")
    return largest
