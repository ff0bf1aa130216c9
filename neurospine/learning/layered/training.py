"""Train layered networks batch by batch: one program for all seeds and all numbers.

A program runs from one check of bounds to the next, so that what only checks change is not copied
in every step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
import optax
from jax import Array, lax

from neurospine.errors import LearningError
from neurospine.learning.data.sets import DataSet
from neurospine.learning.layered.bound_optimiser import BoundState
from neurospine.learning.layered.layers import Arrays, initial_biases, initial_weights, outputs
from neurospine.learning.layered.methods import (
    Numbers,
    bias_optimiser,
    method_numbers,
    perturbed,
    prepared,
    silencer,
    structure,
    weight_optimiser,
)
from neurospine.learning.layered.network import LayeredNetwork, SpineBounds
from neurospine.learning.trainer import Replicate, Trainer, check_fit, stacked


class State(NamedTuple):
    """What training changes."""

    weights: Arrays
    biases: Arrays
    weight_optimiser: Any
    bias_optimiser: Any


#: Programs by what they depend on; those of one structure are compiled once.
_PROGRAMS: dict[Any, tuple[Callable[..., State], Callable[..., Any], Callable[..., Array]]] = {}


class LayeredTraining(Trainer):
    """Layered networks in training; they may differ in numbers and seeds, not in structure.

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
        check_fit(replicates, data)
        if len({structure(r.network) for r in replicates}) > 1:
            raise LearningError("networks that are trained side by side may differ in numbers only")
        self.replicates, self.data = tuple(replicates), data
        self.network: LayeredNetwork = replicates[0].network
        self.samples = 0
        self._batch = self.network.optimiser.batch
        self._epoch = max(1, len(data.training) // self._batch)
        self._numbers = stacked([method_numbers(r.network) for r in replicates])
        self._seeds = jnp.asarray([r.seed for r in replicates])
        self._pixels = jnp.asarray(data.training.inputs)
        self._labels = jnp.asarray(data.training.labels)
        key = (structure(self.network), data.training.full, self._epoch)
        if key not in _PROGRAMS:
            _PROGRAMS[key] = _programs(self.network, data.training.full, self._epoch)
        start, self._train, self._answer = _PROGRAMS[key]
        weights = stacked([initial_weights(r.network, r.seed) for r in replicates])
        self.state = start(self._numbers, self._seeds, weights)

    def run(self, samples: int) -> dict[str, npt.NDArray[np.generic]]:
        """Train with the next samples, a whole number of batches; return `correct`.

        Raises
        ------
        LearningError
            If there is a part of a batch.
        """
        if samples % self._batch:
            raise LearningError(
                f"network {self.network.name!r} learns in batches of {self._batch}: "
                f"{samples} samples are no whole number of them"
            )
        order = self._orders(samples).reshape(len(self.replicates), -1, self._batch)
        correct, start = [], 0
        for size, check in self._pieces(order.shape[1]):
            first = self.samples // self._batch
            self.state, told = self._train(
                self.state, self._numbers, self._seeds, self._pixels, self._labels,
                jnp.asarray(order[:, start : start + size]), jnp.arange(first, first + size),
                check=check,
            )  # fmt: skip
            correct.append(np.asarray(told).reshape(len(self.replicates), -1))
            start, self.samples = start + size, self.samples + size * self._batch
        return {"correct": np.concatenate(correct, 1)}

    def _pieces(self, steps: int) -> Iterator[tuple[int, bool]]:
        """Yield numbers of steps up to the next check of bounds, and whether it comes then."""
        method = self.network.method
        if not isinstance(method, SpineBounds):
            yield steps, False
            return
        every, done = method.every or self._epoch, self.samples // self._batch
        while steps:
            size = min(every - done % every, steps)
            done, steps = done + size, steps - size
            yield size, done % every == 0

    def answers(self, inputs: Array) -> Array:
        """Return the class that each replicate gives to each of some inputs."""
        return self._answer(self.state.weights, self.state.biases, inputs)

    def weights(self) -> dict[str, npt.NDArray[np.float32]]:
        """Return weights by layer; those of a convolution have its kernels as presynaptic axis."""
        return {label: _matrices(values) for label, values in self.state.weights.items()}

    def bounds(self) -> dict[str, npt.NDArray[np.float32]]:
        """Return bounds as ``H1.upper`` and ``H1.lower``, in the order of the weights.

        It is empty with a method that has none.
        """
        own = self.state.weight_optimiser
        if not isinstance(own, BoundState):
            return {}
        return {
            f"{label}.{side}": _matrices(getattr(bounds, side))
            for label, bounds in own.bounds.items()
            for side in ("upper", "lower")
        }


def _matrices(values: Array) -> npt.NDArray[np.float32]:
    return np.asarray(values, np.float32).reshape(*values.shape[:2], -1)


def _programs(
    network: LayeredNetwork, full: float, epoch: int
) -> tuple[Callable[..., State], Callable[..., Any], Callable[..., Array]]:
    """Return the programs that start, train and ask all replicates."""

    def start(numbers: Numbers, seed: Array, weights: Arrays) -> State:
        weights = prepared(network, numbers, weights, jax.random.key(seed))
        biases = initial_biases(network)
        own = weight_optimiser(network, numbers, epoch).init(weights)
        return State(weights, biases, own, bias_optimiser(numbers).init(biases))

    def step(
        state: State, numbers: Numbers, key: Array, inputs: Array, labels: Array, check: bool
    ) -> tuple[State, Array]:
        for_weights, for_units, for_steps = jax.random.split(key, 3)

        def loss(weights: Arrays, biases: Arrays) -> tuple[Array, Array]:
            acting = perturbed(network, numbers, weights, for_weights)
            silenced = silencer(network, numbers, for_units)
            said = outputs(network, acting, biases, inputs, silenced)
            losses = optax.softmax_cross_entropy_with_integer_labels(said, labels)
            return losses.mean(), jnp.argmax(said, -1) == labels

        gradients, correct = jax.grad(loss, (0, 1), has_aux=True)(state.weights, state.biases)
        updates, own = weight_optimiser(network, numbers, epoch).update(
            gradients[0], state.weight_optimiser, state.weights, key=for_steps, check=check
        )
        weights = optax.apply_updates(state.weights, updates)
        updates, others = bias_optimiser(numbers).update(
            gradients[1], state.bias_optimiser, state.biases
        )
        return State(weights, optax.apply_updates(state.biases, updates), own, others), correct

    def train(
        state: State, numbers: Numbers, seed: Array, inputs: Array, labels: Array, order: Array,
        steps: Array, *, check: bool,
    ) -> tuple[State, Array]:  # fmt: skip
        seeded = jax.random.key(seed)

        def one(state: State, now: tuple[Array, Array], check: bool = False) -> tuple[State, Array]:
            rows, number = now
            rates = inputs[rows].astype(float) / full
            key = jax.random.fold_in(seeded, number)
            return step(state, numbers, key, rates, labels[rows].astype(int), check)

        if not check:
            return lax.scan(one, state, (order, steps))
        state, told = lax.scan(one, state, (order[:-1], steps[:-1]))
        state, last = one(state, (order[-1], steps[-1]), check)
        return state, jnp.concatenate([told, last[None]])

    def all_train(*arguments: Any, check: bool) -> tuple[State, Array]:
        sides = (0, 0, 0, None, None, 0, None)
        trained: tuple[State, Array] = jax.vmap(partial(train, check=check), in_axes=sides)(
            *arguments
        )
        return trained

    def answer(weights: Arrays, biases: Arrays, inputs: Array) -> Array:
        return jnp.argmax(outputs(network, weights, biases, inputs.astype(float) / full), -1)

    return (
        jax.jit(jax.vmap(start)),
        jax.jit(all_train, donate_argnums=0, static_argnames="check"),
        jax.jit(jax.vmap(answer, in_axes=(0, 0, None))),
    )
