"""Methods against overfitting: their chances, means and stationary states."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from neurospine.learning.kinds import load_learner
from neurospine.learning.layered.methods import (
    method_numbers,
    perturbed,
    prepared,
    silencer,
    weight_optimiser,
)
from neurospine.learning.layered.network import LayeredNetwork

KEY = jax.random.key(3)
WEIGHTS = {"H1": jnp.asarray(np.random.default_rng(6).normal(0, 0.1, (100, 200)), jnp.float32)}
STEP = 0.02


def acting(kind: str, **values: float) -> Any:
    """Return the weights at the start, and those that act in a step."""
    network, numbers = method(kind, **values)
    changed = jax.jit(lambda weights: perturbed(network, numbers, weights, KEY))(WEIGHTS)
    return np.asarray(WEIGHTS["H1"]), np.asarray(changed["H1"])


def method(kind: str, **values: float) -> tuple[LayeredNetwork, dict[str, Any]]:
    changed = {f"method.{key}": value for key, value in values.items()}
    changed |= {"method.kind": kind, "optimiser.rate": STEP, "optimiser.momentum": 0.0}
    network = load_learner("small_digits", changed)
    assert isinstance(network, LayeredNetwork)
    return network, method_numbers(network)


def stepped(kind: str, gradient: float, times: int, **values: float) -> tuple[Any, Any, Any]:
    """Return the weights at the start, those after some steps, and the state of the optimiser."""
    network, numbers = method(kind, **values)
    first = prepared(network, numbers, WEIGHTS, KEY)
    optimiser = weight_optimiser(network, numbers, 10)

    @jax.jit
    def run(weights: Any) -> Any:
        def step(both: Any, key: Any) -> Any:
            weights, state = both
            asked = {label: jnp.full_like(w, gradient) for label, w in weights.items()}
            updates, state = optimiser.update(asked, state, weights, key=key, check=False)
            return (optax.apply_updates(weights, updates), state), None

        return jax.lax.scan(step, (weights, optimiser.init(weights)), jax.random.split(KEY, times))

    (weights, state), _ = run(first)
    state = jax.tree.map(np.asarray, state)
    return np.asarray(first["H1"]), np.asarray(weights["H1"]), state


def test_l2_decays_weights_as_its_closed_form() -> None:
    first, last, _ = stepped("weight_decay", 0.0, 10, decay=0.5)
    np.testing.assert_allclose(last, first * (1 - STEP * 0.5) ** 10, rtol=1e-5)


def test_dropout_silences_a_share_and_keeps_the_mean() -> None:
    network, numbers = method("dropout", dropped=0.4, dropped_inputs=0.0)
    silenced = silencer(network, numbers, KEY)
    assert silenced is not None
    rates = jnp.ones((200, 500))
    inputs, hidden = (np.asarray(jax.jit(partial(silenced, label))(rates)) for label in ("", "H1"))
    assert (inputs == 1).all()
    assert (hidden == 0).mean() == pytest.approx(0.4, abs=0.01)
    assert hidden.mean() == pytest.approx(1.0, abs=0.01)
    assert silencer(*method("none"), KEY) is None


def test_noise_goes_with_size() -> None:
    weights, noisy = acting("size_noise", noise=0.3)
    factors = noisy / weights
    assert factors.mean() == pytest.approx(1, abs=0.01)
    assert factors.std() == pytest.approx(0.3, rel=0.02)
    np.testing.assert_array_equal(*acting("none"))


def test_small_weights_are_left_out_more_often() -> None:
    weights, some = acting("size_dropconnect", dropped=0.6)
    size = np.abs(weights)
    chance = 0.6 * np.exp(-size / size.mean())
    for small in (True, False):
        where = (size < size.mean()) == small
        assert (some[where] == 0).mean() == pytest.approx(chance[where].mean(), abs=0.02)
    np.testing.assert_allclose(some[some != 0], (weights / (1 - chance))[some != 0], rtol=1e-5)
    assert np.abs(some).mean() == pytest.approx(size.mean(), rel=0.02)


def test_rewiring_keeps_the_share_and_signs_while_connections_turn_over() -> None:
    first, last, state = stepped("rewiring", 0.0, 60, connected=0.3, penalty=0.1, temperature=0.01)
    before, after = first != 0, state.signs["H1"] != 0
    assert before.mean() == pytest.approx(0.3, abs=0.01)
    assert after.mean() == pytest.approx(0.3, abs=0.01)
    assert 0.05 < (before & ~after).mean() < 0.25
    assert (last * state.signs["H1"] >= 0).all()
    assert (last[~after] == 0).all()
    assert (first * last >= 0)[before & (state.signs["H1"] == np.sign(first))].all()


def test_sampling_without_data_ends_at_its_prior() -> None:
    numbers = {"mean": 1.0, "spread": 0.5, "offset": 3.0, "strength": 1.0, "temperature": 1.0}
    _, last, state = stepped("synaptic_sampling", 0.0, 400, **numbers)
    parameters = state.parameters["H1"]
    pull = STEP / 0.5**2
    spread = np.sqrt(2 * STEP / (1 - (1 - pull) ** 2))  # of the discrete process; 0.5 in the limit
    assert parameters.mean() == pytest.approx(1.0, abs=0.02)
    assert parameters.std() == pytest.approx(spread, rel=0.02)
    wanted = np.where(parameters > 0, state.signs["H1"] * np.exp(parameters - 3.0), 0)
    np.testing.assert_allclose(last, wanted, atol=1e-7)
    assert (last == 0).mean() == pytest.approx(float((parameters <= 0).mean()), abs=1e-6)


def test_sampling_follows_the_gradient_of_its_parameter() -> None:
    first, last, _ = stepped(
        "synaptic_sampling", 0.5, 1, mean=1.0, spread=1.0, offset=3.0, strength=0.0, gain=2.0
    )
    wanted = first * np.exp(-STEP * 2.0 * 0.5 * first)
    there = (first != 0) & (np.abs(first) > 0.051)
    np.testing.assert_allclose(last[there], wanted[there], rtol=1e-5)
