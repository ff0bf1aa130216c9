"""Train networks sample by sample: one program for all seeds and all values of parameters.

Where there is structural plasticity, the program runs up to the next time of it, so that what only
happens then is not carried through every sample.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from jax import Array, lax

from neurospine.errors import LearningError
from neurospine.learning.data.sets import DataSet
from neurospine.learning.dendritic.network import Network
from neurospine.learning.dendritic.phases import Rates, forward, nudge
from neurospine.learning.dendritic.rules import Memory, initial_memory, learn
from neurospine.learning.dendritic.silencing import without
from neurospine.learning.dendritic.structural import (
    StructuralNumbers,
    Structure,
    initial_structure,
    masked,
    remodelled,
    structural_form,
    structural_numbers,
)
from neurospine.learning.dendritic.weights import (
    Numbers,
    Weights,
    constrained,
    initial_weights,
    numbers_at,
    rule_numbers,
)
from neurospine.learning.trainer import Replicate, Trainer, check_fit, stacked


class State(NamedTuple):
    """What training changes."""

    weights: Weights
    memory: Memory
    structure: Structure | None = None


class Seen(NamedTuple):
    """What is kept of each sample: whether it was told right, and the dendritic error."""

    correct: Array
    dendrite: dict[str, Array]


class _Programs(NamedTuple):
    """What is compiled for all replicates: training, structural change, answers."""

    train: Callable[..., tuple[State, Seen]]
    remodel: Callable[..., State]
    answer: Callable[..., Array]


#: Programs by what they depend on; those of one structure are compiled once.
_PROGRAMS: dict[Any, _Programs] = {}


def train_sample(
    network: Network, numbers: Numbers, state: State, inputs: Array, target: Array
) -> tuple[State, Seen]:
    """Return weights after one sample, and what was seen of it."""
    if network.rules("backprop"):
        return _backprop_sample(network, numbers, state, inputs, target)
    heard, told = without(network.silenced_in_training, state.weights, numbers)
    first = forward(network, heard, inputs)
    second = nudge(network, heard, told, inputs, first, target)
    weights, memory = learn(network, state.weights, state.memory, numbers, inputs, first, second)
    error = {label: jnp.abs(values).mean() for label, values in second.dendrite.items()}
    return state._replace(weights=weights, memory=memory), Seen(
        _told_right(network, first, target), error
    )


def _backprop_sample(
    network: Network, numbers: Numbers, state: State, inputs: Array, target: Array
) -> tuple[State, Seen]:
    """Return weights after a step down the gradient of the mean squared error."""

    def loss(weights: Weights) -> tuple[Array, Rates]:
        heard, _ = without(network.silenced_in_training, weights, numbers)
        rates = forward(network, heard, inputs)
        output = rates[network.output].rate["E"]
        if network.layers[network.output].silent_learn:  # the slope of silent cells is 1 too
            state = rates[network.output].state["E"]
            output = state + lax.stop_gradient(output - state)
        return jnp.mean((output - target) ** 2), rates

    gradient, rates = jax.grad(loss, has_aux=True)(state.weights)
    weights = {label: dict(own) for label, own in state.weights.items()}
    for label, name in network.rules("backprop"):
        rate = numbers[label][name]["rate"]
        weights[label][name] = weights[label][name] - rate * gradient[label][name]
    for label, own in weights.items():
        if "bias" in own:
            own["bias"] = own["bias"] - numbers[label]["bias"]["rate"] * gradient[label]["bias"]
    seen = Seen(_told_right(network, rates, target), {})
    return state._replace(weights=constrained(network, weights, numbers)), seen


def _told_right(network: Network, rates: Rates, target: Array) -> Array:
    output = rates[network.output].rate["E"]
    return jnp.argmax(output, -1) == jnp.argmax(target, -1)


class Training(Trainer):
    """Replicates in training; they may differ in numbers and seeds, not in structure.

    Parameters
    ----------
    replicates
        What is trained side by side.
    data
        What it is trained with.

    Raises
    ------
    LearningError
        If there is no replicate, structures differ or the data do not fit them.
    """

    def __init__(self, replicates: Sequence[Replicate], data: DataSet) -> None:
        _check(replicates, data)
        self.replicates, self.data = tuple(replicates), data
        self.network = replicates[0].network
        self.samples = 0
        self.numbers = stacked([rule_numbers(r.network) for r in replicates])
        self.structural = stacked([structural_numbers(r.network) for r in replicates])
        self.state = stacked([_initial_state(r) for r in replicates])
        self._pixels = jnp.asarray(data.training.inputs)
        self._labels = jnp.asarray(data.training.labels)
        key = (_structure(self.network), data.training.full)
        if key not in _PROGRAMS:
            _PROGRAMS[key] = _Programs(
                _training_program(self.network, key[1]),
                _structural_program(self.network),
                _answer_program(self.network, key[1]),
            )
        self._programs = _PROGRAMS[key]

    def run(self, samples: int) -> dict[str, npt.NDArray[np.generic]]:
        """Train with the next samples; return `correct` and the dendritic error of each layer."""
        order, start = self._orders(samples), 0
        pieces: list[Seen] = []
        for size, then in self._pieces(samples):
            self.state, seen = self._programs.train(
                self.state, self.numbers, self._pixels, self._labels,
                jnp.asarray(order[:, start : start + size]),
                jnp.arange(self.samples + 1, self.samples + size + 1),
            )  # fmt: skip
            pieces.append(seen)
            start, self.samples = start + size, self.samples + size
            if then:
                self.state = self._programs.remodel(self.state, self.structural, self.samples)
        seen = jax.tree.map(lambda *parts: np.concatenate(parts, 1), *pieces)
        errors = {f"dendritic_error.{n}": e for n, e in seen.dendrite.items()}
        return {"correct": seen.correct, **errors}

    def _pieces(self, samples: int) -> Iterator[tuple[int, bool]]:
        """Yield numbers of samples up to the next structural change, and whether it comes then."""
        table = self.network.structural
        if table is None:
            yield samples, False
            return
        done, end = self.samples, self.samples + samples
        while done < end:
            size = min(table.every - done % table.every, end - done)
            done += size
            yield size, done % table.every == 0

    def answers(self, inputs: Array) -> Array:
        """Return the class that each replicate gives to each of some inputs."""
        return self._programs.answer(self.state.weights, inputs)

    def weights(self) -> dict[str, npt.NDArray[np.float32]]:
        """Return weights by layer and projection, such as ``H1.below_to_E``."""
        return {
            f"{label}.{name}": np.asarray(values, np.float32)
            for label, own in self.state.weights.items()
            for name, values in own.items()
            if name != "bias"
        }


def _initial_state(replicate: Replicate) -> State:
    network, seed = replicate.network, replicate.seed
    weights, memory = initial_weights(network, seed), initial_memory(network)
    if network.structural is None:
        return State(weights, memory)
    numbers = structural_numbers(network)
    weights, structure = initial_structure(network, numbers, weights, seed)
    return State(weights, memory, structure)


def _training_program(network: Network, full: float) -> Callable[..., tuple[State, Seen]]:
    """Return the program that trains all replicates with a series of samples."""

    def train(
        state: State,
        numbers: Numbers,
        inputs: Array,
        labels: Array,
        order: Array,
        counts: Array,
    ) -> tuple[State, Seen]:
        def step(state: State, at: tuple[Array, Array]) -> tuple[State, Seen]:
            index, count = at
            target = jax.nn.one_hot(labels[index], network.classes)
            rates = inputs[index].astype(float) / full
            state, seen = train_sample(network, numbers_at(numbers, count), state, rates, target)
            if structure is not None:
                state = state._replace(weights=masked(state.weights, structure))
            return state, seen

        structure = state.structure
        state, seen = lax.scan(step, state._replace(structure=None), (order, counts))
        return state._replace(structure=structure), seen

    axes = (0, 0, None, None, 0, None)
    return jax.jit(jax.vmap(train, in_axes=axes), donate_argnums=0)


def _structural_program(network: Network) -> Callable[..., State]:
    """Return the program of what happens at some samples, of which it gets the number."""

    def change(state: State, numbers: StructuralNumbers, sample: Array) -> State:
        assert state.structure is not None
        weights, structure = remodelled(network, numbers, state.weights, state.structure, sample)
        return State(weights, state.memory, structure)

    return jax.jit(jax.vmap(change, in_axes=(0, 0, None)), donate_argnums=0)


def _answer_program(network: Network, full: float) -> Callable[..., Array]:
    """Return the program that tells the class of each of several inputs, by replicate."""

    def answer(weights: Weights, inputs: Array) -> Array:
        heard, _ = without(network.silenced_in_test, weights, {})
        rates = forward(network, heard, inputs.astype(float) / full, dendrites=False)
        return jnp.argmax(rates[network.output].rate["E"])

    return jax.jit(jax.vmap(jax.vmap(answer, in_axes=(None, 0)), in_axes=(0, None)))


def _check(replicates: Sequence[Replicate], data: DataSet) -> None:
    """Raise a `LearningError` if replicates do not go together or with the data."""
    check_fit(replicates, data)
    if len({_structure(r.network) for r in replicates}) > 1:
        raise LearningError("networks that are trained side by side may differ in numbers only")


def _structure(network: Network) -> Any:
    """Return what the program of a network depends on."""
    layers = tuple(
        (
            label,
            tuple(layer.size(name) for name in ("E", "SomaI", "DendI")),
            layer.bias_rate is None,
            layer.silent_learn,
            tuple(
                (name, projection.rule, projection.total is None, projection.largest is None)
                for name, projection in layer.projections.items()
            ),
        )
        for label, layer in network.layers.items()
    )
    settings = (network.steps, network.tau, network.dale, network.settling, network.backward_steps)
    silenced = (network.silenced_in_training, network.silenced_in_test)
    inner = (network.falling, silenced, structural_form(network))
    return (*settings, network.inputs, *inner, *layers)
