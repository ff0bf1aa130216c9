"""Circuits of spiking neurons that learn by targets at their dendrites."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("jax")

from neurospine import Model, Protocol, simulate
from neurospine.description.edge_lists import EdgeList
from neurospine.description.library import shipped_folder
from neurospine.errors import LearningError, ModelError
from neurospine.learning.data.sets import DataSet, load_data, load_test
from neurospine.learning.kinds import load_learner, make_trainer
from neurospine.learning.spiking.network import SpikingNetwork
from neurospine.learning.spiking.presentation import counts, image_spikes, target_spikes
from neurospine.learning.spiking.training import decided
from neurospine.learning.trainer import Replicate, Trainer

TEXT = (shipped_folder() / "models" / "circuits" / "taught_outputs.toml").read_text()
#: One axon of each kind onto one neuron.
ONE = {"pixel_axons": 1, "output_cells": 1}
NONE = np.zeros(1, np.int32)


def test_a_spine_follows_the_dendrite_as_a_plain_loop_says() -> None:
    model = Model.from_text(TEXT).with_parameters({**ONE, "pixel_peak": 20.0, "rate": 0.3})
    stimuli: list[dict[str, Any]] = [
        {"kind": "spike_list", "population": "pixels", "unit": "ms",
         "cells": [0] * 8, "times": [10, 14, 18, 40, 60, 64, 70, 95]},
        {"kind": "spike_list", "population": "targets", "unit": "ms",
         "cells": [0] * 4, "times": [50, 53, 56, 59]},
    ]  # fmt: skip
    protocol = Protocol(
        name="pair",
        step="0.5 ms",
        record_every="0.5 ms",
        phases=[{"name": "all", "duration": "120 ms", "stimuli": stimuli}],
        traces={"outputs": {"variables": ["v_apical"], "every": "0.5 ms"}},
    )
    run = simulate(model, protocol, backend="numpy")
    potential = run.traces["outputs"]["v_apical"].to_numpy()[:, 0]
    found = run.spines["pixels_to_outputs"]["volume"].to_numpy()[:, 0]

    number = {n: model.number("dendritic_target", n) for n in ("target_rest", "nudge_full", "rate")}
    fading = np.exp(-0.5e-3 / model.number("dendritic_target", "tau_nudge"))
    arrivals = {2 * (time + 1) for time in stimuli[0]["times"]}  # a delay of 1 ms
    nudge, volume, wanted = 0.0, found[0], []
    for step, now in enumerate(potential):
        wanted.append(volume)
        goal = now - number["target_rest"]
        nudge = goal + (nudge - goal) * fading
        if step in arrivals:
            share = np.clip(nudge / number["nudge_full"], -1, 1)
            volume = np.clip(volume + number["rate"] * share * 0.1, 0.0, 0.5)
    np.testing.assert_allclose(found[: len(wanted)], wanted, rtol=1e-12)
    change = np.diff(found)
    assert change.min() < -1e-4  # its own spikes inhibit the dendrite
    assert change.max() > 1e-4  # the target excites it


def test_edges_may_be_given_to_a_model_and_stay_with_its_runs() -> None:
    model = Model.from_text(TEXT).with_parameters(ONE)
    listed = model.with_edges("pixels_to_outputs", EdgeList(NONE, NONE, volume=np.array([0.25])))
    again = Model.from_text(TEXT, edges=listed.edge_texts)
    assert again.circuit == listed.circuit
    phase = {"name": "rest", "duration": "1 ms"}
    protocol = Protocol(name="rest", step="0.5 ms", record_every="1 ms", phases=[phase])
    run = simulate(listed, protocol, backend="numpy")
    assert run.spines["pixels_to_outputs"]["volume"].to_numpy().tolist() == [[0.25], [0.25]]
    with pytest.raises(ModelError, match=r"no projection 'pixels_to_output'\. Did"):
        model.with_edges("pixels_to_output", EdgeList(NONE, NONE))
    with pytest.raises(ModelError, match="column 'volume': must be numbers from 0"):
        model.with_edges("pixels_to_outputs", EdgeList(NONE, NONE, volume=np.array([-1.0])))


def shipped() -> SpikingNetwork:
    network = load_learner("spiking_digits")
    assert isinstance(network, SpikingNetwork)
    return network


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('follows      = "apical"', 'follows = "apica"', "follows: 'apica': no compartment."),
        ('receptors    = { ampa = "target_peak" }',
         'receptors = { ampa = "target_peak" }\nfollows = "soma"', "no rule of these spines reads"),
        ("weight*relay_peak\"", "weight*relay_peak\"\nfollows = \"soma\"", "have no compartments"),
    ],
)  # fmt: skip
def test_what_a_rule_follows_is_checked(old: str, new: str, message: str) -> None:
    assert old in TEXT
    with pytest.raises(ModelError, match=message):
        Model.from_text(TEXT.replace(old, new, 1))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"learned": "pixels"}, "learned: no projection 'pixels'. Did you mean"),
        ({"images": "outputs"}, "images: 'outputs': axons, without a neuron are wanted"),
        ({"inputs": 50}, "images: 128 axons are neither one nor two for each input"),
        ({"output_cells": 42}, "targets: 42 cells are no multiple of the classes"),
        ({"learning_rate": "rates"}, "learning_rate: no parameter 'rates'"),
        ({"target_delay": "1 s"}, "target_delay: the target must come while"),
        ({"pause": "0.3 ms"}, "pause: 0.3 ms is no multiple of the step"),
        ({"input_rate": "2 kHz"}, "input_rate: must be positive, and a spike"),
        ({"pixel_pek": 1.0}, "'pixel_pek'. Did you mean"),
        ({"source": "nobody1900"}, "source: source 'nobody1900' is not in data/references.toml"),
    ],
)
def test_mistakes_are_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(LearningError, match=message):
        load_learner("spiking_digits", change)


def test_images_are_poisson_spikes_of_light_and_dark_and_the_target_is_late() -> None:
    network = shipped()
    inputs = np.tile([0.0, 0.25, 1.0, 0.5], (200, 16))
    axons, steps = image_spikes(network, inputs, 1, "training", 0)
    times = network.steps("presentation") * 5e-4 * 200 * network.hertz("input_rate")
    heard = np.bincount(axons, minlength=128) / times
    np.testing.assert_allclose(heard[:64], inputs[0], atol=0.03)
    np.testing.assert_allclose(heard[64:], 1 - inputs[0], atol=0.03)
    assert np.all(np.diff(steps) >= 0)
    later, _ = image_spikes(network, inputs[3:5], 1, "training", 3)
    whole = network.steps("presentation") + network.steps("pause")
    np.testing.assert_array_equal(later, axons[(steps >= 3 * whole) & (steps < 5 * whole)])
    axons, steps = target_spikes(network, np.array([7, 2]), 1, "training", 0)
    of_first = steps < whole
    assert set(axons[of_first] // 4) == {7}
    assert set(axons[~of_first] // 4) == {2}
    assert steps.min() >= network.steps("target_delay")


def test_the_answer_is_the_class_with_most_spikes() -> None:
    network = shipped()
    whole = network.steps("presentation") + network.steps("pause")
    steps = np.array([5, 6, 7, 250, 299, 300, whole + 1, whole + 2])
    cells = np.array([12, 13, 39, 14, 38, 38, 0, 4])
    spikes = pd.DataFrame({"time": steps * 5e-4, "cell": cells})
    run: Any = SimpleNamespace(spikes={"outputs": spikes})
    heard = counts(network, run, 3, 0, 300)
    assert heard[0].tolist() == [0, 0, 0, 3, 0, 0, 0, 0, 0, 2]
    assert decided(heard).tolist() == [3, -1, -1]  # a tie, and silence, are no answer


@pytest.fixture(scope="module")
def digits() -> DataSet:
    return load_data("digits")


def trainer(digits: DataSet, seeds: int = 1, rate: float | None = None) -> Trainer:
    values = {} if rate is None else {"dendritic_target.rate": rate}
    network = load_learner("spiking_digits", values)
    return make_trainer([Replicate(network, seed, 100 + seed) for seed in range(seeds)], digits)


def test_it_learns_and_a_seed_fixes_the_result(digits: DataSet) -> None:
    few = DataSet("digits", 10, digits.training[:150], digits.validation[:100])
    first, second, off = trainer(few), trainer(few), trainer(few, rate=0.0)
    start = first.state["volume"].copy()
    first.run(100)
    kept = first.arrays()
    second.restore(kept, 100)
    for one in (first, second):
        one.run(100)  # over the border of an epoch
    np.testing.assert_array_equal(first.state["volume"], second.state["volume"])
    off.run(20)
    np.testing.assert_array_equal(off.state["volume"], start)
    assert first.accuracy(few.validation)[0] > 0.5
    np.testing.assert_array_equal(first.state["volume"], second.state["volume"])
    (weights,) = first.weights().values()
    assert weights.shape == (1, 40, 128)
    assert weights[0, 5, 100] == np.float32(first.state["volume"][0, 100 * 40 + 5])


@pytest.mark.slow
def test_five_seeds_tell_four_of_five_digits(digits: DataSet) -> None:
    learning = trainer(digits, seeds=5)
    learning.run(load_learner("spiking_digits").samples)
    accuracy = learning.accuracy(load_test("digits"))
    assert accuracy.mean() >= 0.8
    assert trainer(digits, seeds=5, rate=0.0).accuracy(load_test("digits")).mean() < 0.3
