"""Layered networks: what they compute and learn, their files, and what goes on after a stop."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
import pytest

from neurospine.errors import DataError, LearningError
from neurospine.learning.data.sets import DataSet, Samples, load_data
from neurospine.learning.kinds import load_learner, make_trainer
from neurospine.learning.layered.layers import initial_weights, outputs
from neurospine.learning.layered.network import LayeredNetwork, parse_layered
from neurospine.learning.layered.training import LayeredTraining
from neurospine.learning.trainer import Replicate

DIGITS = load_data("digits").first(200)
BOUNDS = {
    "method.kind": "spine_bounds", "method.start": 0.5, "method.checks": 1, "method.every": 2,
    "method.cut": True, "method.evidence": "gradient", "optimiser.rate": 0.1,
}  # fmt: skip


def small(values: dict[str, Any] | None = None) -> LayeredNetwork:
    network = load_learner("small_digits", {"H1.size": 6, "optimiser.batch": 20, **(values or {})})
    assert isinstance(network, LayeredNetwork)
    return network


def training(values: dict[str, Any] | None = None, seeds: int = 1) -> LayeredTraining:
    trainer = make_trainer([Replicate(small(values), s, 10 + s) for s in range(seeds)], DIGITS)
    assert isinstance(trainer, LayeredTraining)
    return trainer


def test_weights_are_those_of_a_plain_loop() -> None:
    trainer = training()
    weights = [np.asarray(w[0], float) for w in trainer.state.weights.values()]
    biases = [np.zeros(len(w)) for w in weights]
    speeds = [np.zeros_like(p) for p in (*weights, *biases)]
    order = trainer._orders(240)[0]
    correct = trainer.run(240)["correct"]
    told = []
    for rows in order.reshape(-1, 20):
        inputs, labels = DIGITS.training.inputs[rows] / 16.0, DIGITS.training.labels[rows]
        hidden = np.maximum(inputs @ weights[0].T + biases[0], 0)
        said = hidden @ weights[1].T + biases[1]
        told += list(said.argmax(1) == labels)
        error = np.exp(said) / np.exp(said).sum(1, keepdims=True) - np.eye(10)[labels]
        below = (error @ weights[1]) * (hidden > 0)
        gradients = [below.T @ inputs, error.T @ hidden, below.sum(0), error.sum(0)]
        for values, gradient, speed in zip((*weights, *biases), gradients, speeds, strict=True):
            speed *= 0.9
            speed += gradient / 20
            values -= 0.02 * speed
    for own, wanted in zip(trainer.state.weights.values(), weights, strict=True):
        np.testing.assert_allclose(own[0], wanted, atol=2e-5)
    assert correct.shape == (1, 240)
    assert (correct[0] == told).mean() > 0.99


def test_bounds_follow_training_and_it_goes_on_as_if_never_stopped() -> None:
    whole, stopped = training(BOUNDS, seeds=2), training(BOUNDS, seeds=2)
    assert (whole.bounds()["H1.upper"] > 0).all()
    before = whole.bounds()
    for _ in range(2):
        whole.run(80)
    stopped.run(80)
    arrays = stopped.arrays()
    resumed = training(BOUNDS, seeds=2)
    resumed.restore(arrays, 80)
    resumed.run(80)
    for name, values in resumed.arrays().items():
        np.testing.assert_array_equal(values, whole.arrays()[name])
    after, weights = whole.bounds(), whole.weights()
    for label in ("H1", "Output"):
        assert (weights[label] <= after[f"{label}.upper"]).all()
        assert (weights[label] >= after[f"{label}.lower"]).all()
    assert set(np.sign(after["H1.upper"] - before["H1.upper"]).ravel()) == {-1, 0, 1}
    assert whole.state.weight_optimiser.bounds["H1"].age[0] == 4


def test_cells_keep_their_sign_with_dale() -> None:
    trainer = training({"inhibitory": 0.25})
    first = trainer.weights()
    trainer.run(100)
    for label, weights in trainer.weights().items():
        assert (np.sign(weights) * np.sign(first[label]) >= 0).all()
        inhibits = (first[label] < 0).all(1)[0]
        assert inhibits.sum() == len(inhibits) // 4
        assert not np.allclose(weights, first[label])


def test_convolutions_are_those_of_a_plain_loop() -> None:
    text = """
schema = 1\nkind = "layered"\nname = "c"\nsummary = ""\nsource = "assumed"\ndata = "digits"
samples = 10\ninputs = 50\nplanes = 2\noptimiser = {rate = 0.1, batch = 1}\nmethod = {kind = "none"}
[layers]\nC = {channels = 3, pooled = 2}\nOutput = {size = 4}"""
    network = parse_layered(text, "c.toml")
    assert network.shapes() == {"C": (3, 2, 3, 3), "Output": (4, 12)}
    weights = initial_weights(network, 1)
    biases = {"C": jnp.array([0.1, -0.1, 0.0]), "Output": jnp.zeros(4)}
    pixels = np.random.default_rng(1).random((2, 50)).astype(np.float32)
    wanted = np.stack([_plain(image.reshape(2, 5, 5), weights, biases["C"]) for image in pixels])
    np.testing.assert_allclose(
        outputs(network, weights, biases, jnp.asarray(pixels)), wanted, rtol=1e-4, atol=1e-5
    )


def _plain(image: Any, weights: Any, bias: Any) -> npt.NDArray[np.float64]:
    padded = np.pad(image, ((0, 0), (1, 1), (1, 1)))
    maps = np.array(
        [
            [[(padded[:, y : y + 3, x : x + 3] * k).sum() for x in range(4)] for y in range(4)]
            for k in np.asarray(weights["C"])
        ]
    )
    rates = np.maximum(maps + np.asarray(bias)[:, None, None], 0)
    pooled = rates.reshape(3, 2, 2, 2, 2).max((2, 4))
    return np.asarray(weights["Output"]) @ pooled.ravel()  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"H1.siz": 3}, r"\[layers.H1\]: .*Did you mean 'size'"),
        ({"H1.channels": 3}, r"\[layers.H1\]: either 'size' or 'channels'"),
        ({"H1.wide": 5}, "'wide' and 'pooled' go with 'channels'"),
        ({"Output": {"channels": 2}}, "a convolution cannot follow a dense layer"),
        ({"layers": {"Output": {"channels": 2}}}, "the output needs a 'size'"),
        ({"method.kind": "dropuot"}, "method.*dropout"),
        ({"method.kind": "dropout"}, r"method.*dropped"),
        ({"method.kind": "spine_bounds", "method.checks": 0}, "checks: .*greater than or equal"),
        ({"optimiser.batch": 0}, r"\[optimiser\]: batch"),
        ({"inhibitory": 1.0}, "inhibitory: .*less than 1"),
        ({"source": "nobody1900"}, "source 'nobody1900' is not in"),
    ],
)
def test_mistakes_are_named(values: dict[str, Any], message: str) -> None:
    with pytest.raises(LearningError, match=message):
        load_learner("small_digits", values)


def test_a_new_kind_of_method_takes_the_place_of_the_old() -> None:
    text = 'base = "small_digits"\n[method]\nkind = "dropout"\ndropped = 0.5\n'
    network = parse_layered(text, "mine.toml", {"method.kind": "weight_decay", "method.decay": 0.1})
    assert network.method.model_dump() == {"kind": "weight_decay", "decay": 0.1}


def test_what_does_not_go_together_is_told() -> None:
    with pytest.raises(LearningError, match="batches of 20: 30 samples"):
        training().run(30)
    both = [Replicate(small(v), 0, 0) for v in ({}, {"H1.size": 7})]
    with pytest.raises(LearningError, match="may differ in numbers only"):
        make_trainer(both, DIGITS)
    with pytest.raises(DataError, match="digits: 2000 training samples are wanted, it has 200"):
        DIGITS.first(2000)
    images = Samples(np.zeros((20, 9), np.uint8), np.zeros(20, np.uint8))
    other = DataSet("other", 10, images, images)
    with pytest.raises(LearningError, match="has 64 inputs"):
        make_trainer([Replicate(small(), 0, 0)], other)
    assert dataclasses.replace(DIGITS, name="x").first(5).training.labels.shape == (5,)
