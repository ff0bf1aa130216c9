"""Train circuits of spiking neurons: each epoch is one run of one compiled program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from jax import Array

from neurospine.description.edge_lists import EdgeList
from neurospine.description.model import Model
from neurospine.learning.data.sets import DataSet
from neurospine.learning.spiking.network import SpikingNetwork
from neurospine.learning.spiking.presentation import (
    counts,
    image_spikes,
    showing,
    target_spikes,
)
from neurospine.learning.trainer import Replicate, Trainer, check_fit
from neurospine.simulation.random import generator
from neurospine.simulation.simulate import simulate

Floats = npt.NDArray[np.float64]


class SpikingTraining(Trainer):
    """Replicates of a circuit in training; what they learn is the size of spines.

    Neurons start from rest in each epoch, and in each call of `run`.

    Parameters
    ----------
    replicates
        What is trained, one after the other.
    data
        What it is trained with.
    backend
        What runs the circuit, see `simulate`.

    Raises
    ------
    LearningError
        If there is no replicate, or the data do not fit it.
    """

    def __init__(
        self, replicates: Sequence[Replicate], data: DataSet, *, backend: str = "cpp"
    ) -> None:
        check_fit(replicates, data)
        self.replicates, self.data, self.backend = tuple(replicates), data, backend
        self.samples = 0
        self.state = {"volume": np.stack([_start(r.network, r.seed) for r in replicates])}

    def run(self, samples: int) -> dict[str, npt.NDArray[np.generic]]:
        """Train with the next samples.

        Returns
        -------
        dict
            `correct`, by the spikes before the target comes (or all, where it comes at once);
            `spikes`, how many all outputs made: shape (replicates, samples).
        """
        orders, size = self._orders(samples), len(self.data.training)
        ends = range(size - self.samples % size, samples, size)
        told, made, volumes = [], [], []
        for replicate, order, volume in zip(
            self.replicates, orders, self.state["volume"], strict=True
        ):
            first = self.samples
            for part in np.split(order, list(ends)):
                right, spikes, volume = self._learn(replicate, part, first, volume)
                told.append(right)
                made.append(spikes)
                first += part.size
            volumes.append(volume)
        self.state = {"volume": np.stack(volumes)}
        self.samples += samples
        shape = (len(self.replicates), samples)
        return {
            "correct": np.concatenate(told).reshape(shape),
            "spikes": np.concatenate(made).reshape(shape),
        }

    def _learn(
        self, replicate: Replicate, order: npt.NDArray[np.int32], first: int, volume: Floats
    ) -> tuple[npt.NDArray[np.bool], npt.NDArray[np.int64], Floats]:
        """Return what was told right, spikes of all outputs by sample, and volumes after."""
        network: SpikingNetwork = replicate.network
        training = self.data.training
        inputs, labels = training.inputs[order] / training.full, training.labels[order]
        spikes = {
            network.images: image_spikes(network, inputs, replicate.seed, "training", first),
            network.targets: target_spikes(network, labels, replicate.seed, "training", first),
        }
        epoch = first - first % len(training)
        model = _with_volumes(network, network.model_at(epoch), volume)
        run = simulate(model, showing(network, order.size, spikes), backend=self.backend)
        stop = network.steps("target_delay") or network.steps("presentation")
        heard = counts(network, run, order.size, 0, stop)
        made = counts(network, run, order.size, 0, network.steps("presentation")).sum(1)
        after = run.spines[network.learned]["volume"][-1].to_numpy()
        return decided(heard) == labels, made, after

    def answers(self, inputs: Array) -> Any:
        """Return the class that each replicate gives to each input, with plasticity off.

        It is the one whose outputs fire most while the image is shown; -1 where two fire alike.
        """
        return decided(self.output_counts(np.asarray(inputs)))

    def output_counts(self, inputs: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
        """Return the spikes of the outputs of each class, shape (replicates, samples, classes)."""
        found = []
        for replicate, volume in zip(self.replicates, self.state["volume"], strict=True):
            network: SpikingNetwork = replicate.network
            shown = inputs / self.data.training.full
            spikes = {network.images: image_spikes(network, shown, replicate.seed, "answers", 0)}
            spikes[network.targets] = (np.zeros(0, int), np.zeros(0, int))
            model = _with_volumes(network, network.resting_model(), volume)
            run = simulate(model, showing(network, len(shown), spikes), backend=self.backend)
            stop = network.steps("presentation")
            found.append(counts(network, run, len(shown), 0, stop))
        return np.stack(found)

    def weights(self) -> dict[str, npt.NDArray[np.float32]]:
        """Return the volumes of the spines that learn (um**3), by projection."""
        network: SpikingNetwork = self.replicates[0].network
        shape = (len(self.replicates), network.size("images"), network.size("outputs"))
        volume = self.state["volume"].reshape(shape).swapaxes(1, 2)
        return {network.learned: volume.astype(np.float32)}


def decided(heard: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the class with the most spikes, -1 where there are two."""
    ordered = np.sort(heard, -1)
    return np.where(ordered[..., -1] > ordered[..., -2], heard.argmax(-1), -1)


def _start(network: SpikingNetwork, seed: int) -> Floats:
    """Return volumes at the start, by presynaptic cell, then by postsynaptic one."""
    random = generator(seed, "learned", "start")
    return random.uniform(
        0, network.largest_start, network.size("images") * network.size("outputs")
    )


def _with_volumes(network: SpikingNetwork, model: Model, volume: Floats) -> Model:
    """Return a circuit whose spines have given volumes at the start."""
    pre, post = np.divmod(np.arange(volume.size), network.size("outputs"))
    return model.with_edges(network.learned, EdgeList(pre, post, volume=volume))
