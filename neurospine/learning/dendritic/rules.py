"""How weights change after a sample, from the rates of its two phases.

A rule gets one projection and returns the change per unit of its rate. `hebb` and
`dendritic_loss` see the first phase, `contrast` both, the others the second; `dendritic_target`
takes the nudge of the second and presynaptic rates of the first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from neurospine.learning.dendritic.network import Network
from neurospine.learning.dendritic.phases import LayerRates, Nudged, Rates
from neurospine.learning.dendritic.weights import Numbers, Weights, constrained, inhibits

#: What rules remember from sample to sample, by layer.
Memory = dict[str, dict[str, Array]]
#: Potentiation by a plateau turns into depression of weights whose input is below this rate.
BTSP_THRESHOLD, BTSP_WIDTH = 0.01, 0.01


class Synapses(NamedTuple):
    """One projection after a sample.

    `pre` and `post` are rates at the end of the first phase, `pre_nudged` and `post_nudged` at
    the end of the second; those of recurrent presynaptic cells are of one step before.
    """

    weights: Array
    pre: Array
    post: Array
    pre_nudged: Array
    post_nudged: Array
    plateau: Array
    dendrite: Array
    memory: dict[str, Array]
    numbers: dict[str, Array]
    sign: float


def _unit(rate: Array) -> Array:
    return jnp.clip(rate, 0.0, 1.0)


def dendritic_target(s: Synapses) -> Array:
    """Follow the nudge of the postsynaptic cell."""
    return jnp.outer(s.plateau, _unit(s.pre))


def dendritic_loss(s: Synapses) -> Array:
    """Drive the dendritic state of the first phase to 0, by inhibition."""
    return -jnp.outer(jnp.clip(s.dendrite, -1.0, 1.0), _unit(s.pre))


def hebb(s: Synapses) -> Array:
    """Strengthen what fires together in the first phase, whatever its sign."""
    return s.sign * jnp.outer(s.post, s.pre)


def clipped_hebb(s: Synapses) -> Array:
    """Strengthen what fires together at the end of the sample."""
    return s.sign * jnp.outer(_unit(s.post_nudged), _unit(s.pre_nudged))


def contrast(s: Synapses) -> Array:
    """Strengthen what fires together in the second phase, weaken it in the first."""
    nudged = jnp.where(s.post > 0, _unit(s.post_nudged), 0.0)
    return jnp.outer(nudged, _unit(s.pre_nudged)) - jnp.outer(_unit(s.post), _unit(s.pre))


def top_down_contrast(s: Synapses) -> Array:
    """Strengthen inputs to active cells that grow from the first phase to the second."""
    return jnp.outer(_unit(s.post), jnp.clip(s.pre_nudged - s.pre, -1.0, 1.0))


def btsp(s: Synapses) -> Array:
    """Move weights of active inputs to the largest and of others to 0, where there is a plateau.

    Plateaus and inputs reach over to the next sample with a `discount`. A negative plateau
    weakens active inputs.
    """
    discount, largest = s.numbers["discount"], s.numbers["largest"]
    trace, past_trace = _unit(s.pre_nudged), _unit(s.memory["pre"]) * discount
    now, past = jnp.maximum(s.plateau, 0.0), jnp.maximum(s.memory["plateau"], 0.0)

    def change(plateau: Array, trace: Array, depressing: Array) -> Array:
        towards = (largest - s.weights) * trace - s.weights * _depression(depressing)
        return plateau[:, None] * towards

    return (
        change(now, trace, trace)
        + change(now, past_trace, past_trace)
        + change(past, trace * discount, trace * discount)
        + jnp.outer(jnp.minimum(s.plateau, 0.0), trace)
    )


def _depression(trace: Array) -> Array:
    """Return a sigmoid of the trace that is 0 at 0 and 1 at 1."""

    def sigmoid(x: Array | float) -> Array:
        return jax.nn.sigmoid(2.0 / BTSP_WIDTH * (jnp.asarray(x) - BTSP_THRESHOLD))

    low = sigmoid(0.0)
    return (sigmoid(jnp.clip(trace, 0.0, 1.0)) - low) / (sigmoid(1.0) - low)


def bcm(s: Synapses) -> Array:
    """Strengthen active inputs of cells above their threshold, weaken those below it."""
    post = s.post_nudged
    return jnp.outer(post * (post - s.memory["threshold"]), _unit(s.pre_nudged))


RULES: dict[str, Callable[[Synapses], Array]] = {
    rule.__name__: rule
    for rule in (dendritic_target, dendritic_loss, hebb, clipped_hebb, contrast, btsp, bcm)
}


def initial_memory(network: Network) -> Memory:
    """Return what rules remember before the first sample."""
    memory: Memory = {label: {} for label in network.layers}
    for label, _ in network.rules("btsp"):
        layer = network.layers[label]
        memory[label]["plateau"] = jnp.zeros(layer.E)
        memory[label]["pre"] = jnp.zeros(network.cells_below(label))
    for label, name in network.rules("bcm"):
        layer = network.layers[label]
        threshold = layer.projections[name].threshold
        memory[label]["threshold"] = jnp.full(layer.E, jnp.asarray(threshold, float))
    return memory


def learn(
    network: Network,
    weights: Weights,
    memory: Memory,
    numbers: Numbers,
    inputs: Array,
    first: Rates,
    second: Nudged,
) -> tuple[Weights, Memory]:
    """Return weights and memory after a sample; all rules see the weights before it."""
    changed = {label: dict(own) for label, own in weights.items()}
    for label, layer in network.layers.items():
        for name, projection in layer.projections.items():
            if projection.rule in ("fixed", "transpose", "backprop"):
                continue
            synapses = _synapses(
                network, weights, memory, numbers, inputs, first, second, label, name
            )
            rule = top_down_contrast if name == "above_to_E" else RULES[projection.rule]
            change = synapses.numbers["rate"] * rule(synapses)
            changed[label][name] = weights[label][name] + change
        if "bias" in weights[label]:
            change = numbers[label]["bias"]["rate"] * second.plateau[label]
            changed[label]["bias"] = weights[label]["bias"] + change
    remembered = _remember(network, memory, numbers, inputs, second)
    return constrained(network, changed, numbers), remembered


def _synapses(
    network: Network,
    weights: Weights,
    memory: Memory,
    numbers: Numbers,
    inputs: Array,
    first: Rates,
    second: Nudged,
    label: str,
    name: str,
) -> Synapses:
    """Return what a rule needs to know of a projection."""
    origin, _, target = name.partition("_to_")

    def pre(rates: Rates) -> Array:
        if origin == "above":
            return rates[network.above(label)].rate["E"]
        if origin == "below":
            below = network.below(label)
            return rates[below].rate["E"] if below else inputs
        return rates[label].before[origin]

    def post(rates: Rates) -> Array:
        layer: LayerRates = rates[label]
        return layer.rate[target]

    nothing = jnp.zeros(())
    return Synapses(
        weights[label][name],
        pre(first),
        post(first),
        pre(second.rates),
        post(second.rates),
        second.plateau.get(label, nothing),
        second.dendrite.get(label, nothing),
        memory[label],
        numbers[label][name],
        -1.0 if inhibits(network, name) else 1.0,
    )


def _remember(
    network: Network, memory: Memory, numbers: Numbers, inputs: Array, second: Nudged
) -> Memory:
    """Return what rules remember of a sample."""
    changed = {label: dict(own) for label, own in memory.items()}
    for label, _ in network.rules("btsp"):
        below = network.below(label)
        changed[label]["plateau"] = second.plateau[label]
        changed[label]["pre"] = second.rates[below].rate["E"] if below else inputs
    for label, name in network.rules("bcm"):
        own, rate = numbers[label][name], second.rates[label].rate["E"]
        threshold = memory[label]["threshold"]
        towards = rate**2 / own["threshold"] - threshold
        changed[label]["threshold"] = threshold + towards / own["tau_threshold"]
    return changed
