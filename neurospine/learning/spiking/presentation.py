"""Images and targets as spikes, and a protocol that shows them one after the other."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from neurospine.description.protocol import Protocol
from neurospine.description.spike_files import spikes_name
from neurospine.description.units import seconds
from neurospine.learning.spiking.network import SpikingNetwork
from neurospine.results.trajectory import Trajectory
from neurospine.simulation.random import generator

Array = npt.NDArray[Any]


def image_spikes(
    network: SpikingNetwork, inputs: Array, seed: int, stream: str, first: int
) -> tuple[Array, Array]:
    """Return axons and steps of the spikes that show images, sorted by step.

    In each step an axon spikes with the probability of its rate times the step.

    Parameters
    ----------
    network
        What is shown images.
    inputs
        Images, with inputs from 0 to 1: shape (samples, inputs).
    seed, stream, first
        Random numbers go by these and by the number of the sample, of which `first` is the
        first one's.
    """
    shown, each = network.steps("presentation"), samples_steps(network)
    light = network.hertz("input_rate") * seconds(network.step) * inputs
    full = network.hertz("input_rate") * seconds(network.step)
    chances = np.concatenate([light, full - light], 1) if _dark(network) else light
    cells, ticks = [], []
    for number, chance in enumerate(chances):
        random = generator(seed, stream, str(first + number))
        step, cell = np.nonzero(random.random((shown, chance.size), np.float32) < chance)
        cells.append(cell)
        ticks.append(step + number * each)
    return np.concatenate(cells), np.concatenate(ticks)


def target_spikes(
    network: SpikingNetwork, labels: Array, seed: int, stream: str, first: int
) -> tuple[Array, Array]:
    """Return axons and steps of the spikes that say what the classes are; see `image_spikes`."""
    delay, each = network.steps("target_delay"), samples_steps(network)
    axons = network.size("targets") // network.classes
    chance = network.hertz("target_rate") * seconds(network.step)
    cells, ticks = [], []
    for number, label in enumerate(labels):
        random = generator(seed, f"{stream} targets", str(first + number))
        shape = (network.steps("presentation") - delay, axons)
        step, cell = np.nonzero(random.random(shape, np.float32) < chance)
        cells.append(cell + int(label) * axons)
        ticks.append(step + delay + number * each)
    return np.concatenate(cells), np.concatenate(ticks)


def _dark(network: SpikingNetwork) -> bool:
    return network.size("images") == 2 * network.inputs


def samples_steps(network: SpikingNetwork) -> int:
    """Return the steps from the start of one sample to that of the next."""
    return network.steps("presentation") + network.steps("pause")


def showing(
    network: SpikingNetwork, samples: int, spikes: dict[str, tuple[Array, Array]]
) -> Protocol:
    """Return the protocol of one phase in which populations make given spikes.

    Parameters
    ----------
    network
        What is shown samples.
    samples
        How many.
    spikes
        Cells and steps, by population.
    """
    step = seconds(network.step)
    files = {f"{name}.csv": _csv(*trains, step) for name, trains in spikes.items()}
    length = f"{samples * samples_steps(network) * step!r} s"
    table = {
        "kind": "protocol",
        "name": network.name,
        "step": network.step,
        "record_every": length,
        "record": {"variables": ["volume"], "contacts": False},
        "phases": [
            {
                "name": "samples",
                "duration": length,
                "stimuli": [
                    {"kind": "spike_list", "population": name, "file": f"{name}.csv"}
                    for name in spikes
                ],
            }
        ],
    }
    inputs = {spikes_name(name, None): text for name, text in files.items()}
    return Protocol.from_text(json.dumps(table), origin=network.name, inputs=inputs)


def _csv(cells: Array, ticks: Array, step: float) -> str:
    return pd.DataFrame({"cell": cells, "time [s]": ticks * step}).to_csv(index=False)


def counts(
    network: SpikingNetwork, trajectory: Trajectory, samples: int, start: int, stop: int
) -> npt.NDArray[np.int64]:
    """Return how many spikes the outputs of each class make for each sample.

    Parameters
    ----------
    network, trajectory
        What was shown samples, and what came of it.
    samples
        How many.
    start, stop
        Steps from the start of a sample between which spikes count (the last one not).

    Returns
    -------
    ndarray
        Shape (samples, classes).
    """
    table = trajectory.spikes[network.outputs]
    ticks = np.rint(table["time"].to_numpy() / seconds(network.step)).astype(np.int64)
    sample, within = np.divmod(ticks, samples_steps(network))
    label = table["cell"].to_numpy() // (network.size("outputs") // network.classes)
    heard = (within >= start) & (within < stop)
    flat = sample[heard] * network.classes + label[heard]
    return np.bincount(flat, minlength=samples * network.classes).reshape(samples, -1)
