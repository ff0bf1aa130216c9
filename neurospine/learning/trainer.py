"""What every kind of network in training can be asked for, whatever its rules are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from jax import Array
from jax.tree_util import keystr, tree_flatten_with_path

from neurospine.errors import LearningError
from neurospine.learning.data.sets import DataSet, Samples

#: Images that are answered at once.
_BATCH = 500


@dataclass(frozen=True)
class Replicate:
    """A network and the seeds of its weights and of the order of its samples."""

    network: Any
    seed: int
    order_seed: int


class Trainer(ABC):
    """Replicates that are trained side by side with one data set, each in an order of its own.

    Attributes
    ----------
    replicates
        What is trained.
    data
        What it is trained with.
    samples
        How many samples each replicate has seen.
    state
        What training changes: a tree of arrays, the replicate first.
    """

    replicates: tuple[Replicate, ...]
    data: DataSet
    samples: int
    state: Any

    @abstractmethod
    def run(self, samples: int) -> dict[str, npt.NDArray[np.generic]]:
        """Train with the next samples.

        Returns
        -------
        dict
            What was seen, by name, with the replicate as first axis: `correct`, whether each
            sample was told right before it was learned, and what else the kind of network has.
        """

    @abstractmethod
    def answers(self, inputs: Array) -> Array:
        """Return the class that each replicate gives to each of some inputs."""

    @abstractmethod
    def weights(self) -> dict[str, npt.NDArray[np.float32]]:
        """Return weights by name, with axes (replicate, postsynaptic, presynaptic)."""

    def bounds(self) -> dict[str, npt.NDArray[np.float32]]:
        """Return bounds of weights that have such as ``NAME.upper`` and ``NAME.lower``."""
        return {}

    def accuracy(self, samples: Samples) -> npt.NDArray[np.float32]:
        """Return the share of samples that each replicate tells right."""
        right = np.zeros(len(self.replicates))
        for start in range(0, len(samples), _BATCH):
            part = samples[start : start + _BATCH]
            right += np.asarray(self.answers(jnp.asarray(part.inputs)) == part.labels).sum(1)
        return (right / len(samples)).astype(np.float32)

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Return all that training changes, by its path; what a checkpoint has to hold."""
        leaves, _ = tree_flatten_with_path(self.state)
        return {keystr(path): np.asarray(leaf) for path, leaf in leaves}

    def restore(self, arrays: Mapping[str, npt.NDArray[np.generic]], samples: int) -> None:
        """Go back to the arrays of a checkpoint, made after so many samples.

        Raises
        ------
        LearningError
            If they are not those of this network.
        """
        leaves, tree = tree_flatten_with_path(self.state)
        known = {keystr(path): np.asarray(leaf) for path, leaf in leaves}
        if {n: (a.shape, a.dtype) for n, a in known.items()} != {
            n: (a.shape, a.dtype) for n, a in arrays.items()
        }:
            raise LearningError("the arrays are those of another network")
        kept = [
            jnp.asarray(arrays[name]) if isinstance(leaf, Array) else np.array(arrays[name])
            for name, (_, leaf) in zip(known, leaves, strict=True)
        ]
        self.state = jax.tree.unflatten(tree, kept)
        self.samples = samples

    def _orders(self, samples: int) -> npt.NDArray[np.int32]:
        """Return which samples each replicate sees next: every epoch has all in a new order."""
        size = len(self.data.training)
        first, last = self.samples // size, (self.samples + samples - 1) // size
        start = self.samples - first * size

        def order(seed: int) -> npt.NDArray[np.int64]:
            epochs = [
                np.random.default_rng([seed, epoch]).permutation(size)
                for epoch in range(first, last + 1)
            ]
            return np.concatenate(epochs)[start : start + samples]

        return np.stack([order(r.order_seed) for r in self.replicates]).astype(np.int32)


def check_fit(replicates: Sequence[Replicate], data: DataSet) -> None:
    """Raise a `LearningError` if there is no replicate, or the data do not fit the network."""
    if not replicates:
        raise LearningError("there is no network to train")
    network = replicates[0].network
    inputs = data.training.inputs.shape[1]
    if (network.inputs, network.classes) != (inputs, data.classes):
        raise LearningError(
            f"network {network.name!r} has {network.inputs} inputs and {network.classes} outputs, "
            f"{data.name} has {inputs} and {data.classes}"
        )


def stacked(trees: Sequence[Any]) -> Any:
    """Return trees of arrays as one, with the replicates as first axis of each array."""
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *trees)
