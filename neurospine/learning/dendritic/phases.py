"""The two phases of a sample: inputs rise through the layers, then targets come down.

States relax with the time constant `tau`, counted in steps; rates are rectified states. In a
step, layers take their turn from below, so what comes from the layer below is of this step, and
what comes from the same layer of the step before. Nothing comes down in the first phase, so each
layer goes through all its steps before the next: one product of matrices instead of many with
vectors, and the same numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax

from neurospine.learning.dendritic.network import Network
from neurospine.learning.dendritic.weights import Numbers, Weights

#: Populations that act on the soma of another in the same layer.
SOMATIC = {"E": ("SomaI",), "SomaI": ("E", "SomaI"), "DendI": ("E", "DendI")}
#: By population, or by name of a projection.
Cells = dict[str, Array]


class LayerRates(NamedTuple):
    """A layer at the end of a phase: states, rates, and rates of the step before."""

    state: Cells
    rate: Cells
    before: Cells


Rates = dict[str, LayerRates]


class Nudged(NamedTuple):
    """The second phase: rates, what nudged E, and the dendrites at the end of the first."""

    rates: Rates
    plateau: dict[str, Array]
    dendrite: dict[str, Array]


def forward(network: Network, weights: Weights, inputs: Array, *, dendrites: bool = True) -> Rates:
    """Return each layer after the first phase.

    Parameters
    ----------
    network
        What is connected.
    weights
        By layer and projection.
    inputs
        Rates of the inputs, which stay.
    dendrites
        Whether the cells that inhibit dendrites matter.
    """
    rates: Rates = {}
    below = inputs
    for label, layer in network.layers.items():
        cells = [name for name in layer.populations if dendrites or name != "DendI"]
        rates[label], below = _rise(network, label, weights[label], cells, below)
    return rates


def _rise(
    network: Network, label: str, weights: Cells, cells: Sequence[str], below: Array
) -> tuple[LayerRates, Array]:
    """Return a layer after all steps, and the rates of its E in each; `below` likewise."""
    drive = _from_below(weights, cells, below)
    if below.ndim == 1:
        drive = {name: jnp.broadcast_to(d, (network.steps, *d.shape)) for name, d in drive.items()}

    def step(state: Cells, drive: Cells) -> tuple[Cells, Cells]:
        moved = _relaxed(network, weights, cells, state, _rectified(state), drive)
        return moved, moved

    start = {name: jnp.zeros(network.layers[label].size(name)) for name in cells}
    if "bias" in weights:
        start["E"] = weights["bias"]
    # Backpropagation goes back through the last steps only.
    split = network.steps - network.backward_steps
    state, early = lax.scan(step, start, {name: d[:split] for name, d in drive.items()})
    state, early = lax.stop_gradient((state, early))
    _, late = lax.scan(step, state, {name: d[split:] for name, d in drive.items()})
    course = {n: jnp.concatenate([start[n][None], early[n], late[n]]) for n in cells}
    rate = _rectified(course)
    end = LayerRates(
        {name: states[-1] for name, states in course.items()},
        {name: rates[-1] for name, rates in rate.items()},
        {name: rates[-2] for name, rates in rate.items()},
    )
    return end, rate["E"][1:]


def _from_below(weights: Cells, cells: Sequence[str], below: Array) -> Cells:
    """Return what the layer below sends to each population that it projects to."""
    onto = {name: weights.get(f"below_to_{name}") for name in cells}
    # A matrix times a vector is three times as fast as a vector times the transposed matrix.
    return {
        name: matrix @ below if below.ndim == 1 else below @ matrix.T
        for name, matrix in onto.items()
        if matrix is not None
    }


def _relaxed(
    network: Network, weights: Cells, cells: Sequence[str], state: Cells, rate: Cells, drive: Cells
) -> Cells:
    """Return the states of some populations of a layer one step later.

    `rate` is that of the step before, `drive` what comes from the layer below.
    """
    moved = dict(state)
    for name in cells:
        change = -state[name] + drive.get(name, 0.0)
        if name == "E" and "bias" in weights:
            change = change + weights["bias"]
        for origin in SOMATIC[name]:
            if f"{origin}_to_{name}" in weights and origin in rate:
                change = change + weights[f"{origin}_to_{name}"] @ rate[origin]
        moved[name] = state[name] + change / network.tau
    return moved


def _rectified(state: Cells) -> Cells:
    return {name: jax.nn.relu(values) for name, values in state.items()}


def dendritic_state(
    network: Network, weights: Weights, numbers: Numbers, rates: Rates, label: str
) -> Array:
    """Return what top-down excitation and DendI add up to in the dendrites of a layer."""
    above = network.above(label)
    own = weights[label]
    if network.layers[label].projections["above_to_E"].rule == "transpose":
        scale = numbers[label]["above_to_E"]["scale"]
        state = scale * (rates[above].rate["E"] @ weights[above]["below_to_E"])
    else:
        state = own["above_to_E"] @ rates[above].rate["E"]
    if "DendI_to_E" in own:
        state = state + own["DendI_to_E"] @ rates[label].before["DendI"]
    return state


def nudge(
    network: Network, weights: Weights, numbers: Numbers, inputs: Array, first: Rates, target: Array
) -> Nudged:
    """Return the network after the second phase, in which targets nudge E from above.

    The output is nudged by its error, a hidden layer by its dendritic state, as far as its
    dendrites have not adapted to it; cells that were silent are not. A balanced output takes
    the mean nudge from all its cells. Without `settling` populations, one sweep comes down and
    only E is moved; with them, they relax again for as many steps, with the nudges held.
    """
    labels = [
        label
        for label, layer in reversed(network.layers.items())
        if label == network.output or "above_to_E" in layer.projections
    ]
    dendrite = {
        label: dendritic_state(network, weights, numbers, first, label) for label in labels[1:]
    }
    rates, plateau = dict(first), {}
    for label in labels:
        if label == network.output:
            error = target - first[label].rate["E"]
        else:
            error = dendritic_state(network, weights, numbers, rates, label)
            error = error - numbers[label]["nudge"]["adaptation"] * dendrite[label]
        active = (first[label].rate["E"] > 0) | network.layers[label].silent_learn
        plateau[label] = jnp.where(active, jnp.clip(error, -1.0, 1.0), 0.0)
        if label == network.output:
            mean = plateau[label].mean()
            plateau[label] = plateau[label] - numbers[label]["nudge"]["balance"] * mean
        if network.settling:
            rates[label] = _settled(network, weights, rates, label, plateau[label], inputs)
        else:
            rates[label] = _moved(rates[label], plateau[label])
    if network.settling:

        def step(rates: Rates, _: None) -> tuple[Rates, None]:
            for label in labels:
                rates[label] = _settled(network, weights, rates, label, plateau[label], inputs)
            return rates, None

        rates, _ = lax.scan(step, rates, None, length=network.steps - 1)
    return Nudged(rates, plateau, dendrite)


def _moved(layer: LayerRates, plateau: Array) -> LayerRates:
    """Return a layer whose E are nudged and whose other cells stay as they are."""
    rate = {**layer.rate, "E": jax.nn.relu(layer.state["E"] + plateau)}
    return LayerRates(layer.state, rate, {**layer.before, "E": layer.rate["E"]})


def _settled(
    network: Network, weights: Weights, rates: Rates, label: str, plateau: Array, inputs: Array
) -> LayerRates:
    """Return a layer one step later, with its nudge held."""
    layer, below = rates[label], network.below(label)
    cells = [name for name in layer.state if name in network.settling]
    drive = _from_below(weights[label], cells, rates[below].rate["E"] if below else inputs)
    state = _relaxed(network, weights[label], cells, layer.state, layer.rate, drive)
    moved = {**layer.rate, **_rectified({name: state[name] for name in cells})}
    moved["E"] = jax.nn.relu(state["E"] + plateau)
    return LayerRates(state, moved, layer.rate)
