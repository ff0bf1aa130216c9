"""Bounds around optimisers of optax."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from neurospine.learning.bounds import BoundNumbers, adapt, clipped, initial_bounds
from neurospine.learning.layered.bound_optimiser import BoundState, bounded

GENERATOR = np.random.default_rng(5)
WEIGHTS = {
    name: jnp.asarray(GENERATOR.normal(0, 0.1, shape), jnp.float32)
    for name, shape in {"dense": (3, 4), "kernel": (2, 1, 3, 3)}.items()
}
GRADIENTS = [
    {k: jnp.asarray(GENERATOR.normal(0.3, 1, w.shape), jnp.float32) for k, w in WEIGHTS.items()}
    for _ in range(24)
]


def trained(optimiser: Any, weights: Any = WEIGHTS) -> tuple[Any, Any]:
    def step(both: Any, gradients: Any) -> Any:
        weights, state = both
        updates, state = optimiser.update(gradients, state, weights)
        return (optax.apply_updates(weights, updates), state), None

    run = jax.jit(
        lambda weights, all_of: jax.lax.scan(step, (weights, optimiser.init(weights)), all_of)
    )
    stacked = jax.tree.map(lambda *leaves: np.stack(leaves), *GRADIENTS)
    both, _ = run(weights, stacked)
    return jax.tree.map(np.asarray, both)


def test_wide_bounds_leave_an_optimiser_alone() -> None:
    optimiser = optax.adam(0.02)
    wide = BoundNumbers(start=100.0, checks=np.inf)
    plain, _ = trained(optimiser)
    for cut in (False, True):
        weights, _ = trained(bounded(optimiser, wide, every=3, cut=cut))
        for label in WEIGHTS:
            np.testing.assert_allclose(weights[label], plain[label], rtol=1e-5, atol=1e-7)


def test_checks_come_after_every_few_steps_as_published() -> None:
    numbers = BoundNumbers(start=0.1, checks=1.0)
    weights, state = trained(bounded(optax.sgd(0.02), numbers, every=4))
    values = WEIGHTS["dense"]
    bounds = initial_bounds(values, numbers)

    @jax.jit
    def check(bounds: Any, values: Any) -> Any:
        bounds = adapt(bounds, values, numbers)
        return bounds, clipped(values, bounds, after=2)

    for step, gradients in enumerate(GRADIENTS, 1):
        values = values - np.float32(0.02) * np.asarray(gradients["dense"])
        if step % 4 == 0:
            bounds, values = check(bounds, values)
    np.testing.assert_allclose(weights["dense"], values, rtol=1e-5)
    np.testing.assert_allclose(state.bounds["dense"].upper, bounds.upper, rtol=1e-5)
    assert isinstance(state, BoundState)
    assert state.bounds["kernel"].age == 6
    assert len(np.unique(bounds.lower)) > 2


def test_what_is_cut_at_every_step_presses_against_bounds() -> None:
    def final(drive: float) -> tuple[float, float]:
        numbers = BoundNumbers(start=0.1, checks=2.0)
        optimiser = bounded(optax.sgd(1.0), numbers, every=5, cut=True, evidence="gradient")
        weight = jnp.array([0.1])
        state = optimiser.init(weight)
        step = jax.jit(optimiser.update)
        for _ in range(20):
            updates, state = step(jnp.array([-drive]), state, weight)
            weight = weight + updates
            assert weight[0] <= state.bounds.upper[0] + 1e-7
        return float(weight[0]), float(state.bounds.upper[0])

    weight, upper = final(0.01)
    # The third check, and then every second one, adds the mean of what was cut in five steps.
    assert upper == pytest.approx(0.1 + 2 * 0.05 / 2 * 1.0, rel=0.3)
    assert weight > 0.1
    assert final(-0.001)[1] == pytest.approx(0.075)


def test_weights_of_one_sign_have_one_bound() -> None:
    signs = {k: jnp.where(jnp.arange(w.shape[1]) % 2 == 0, 1, -1) for k, w in WEIGHTS.items()}
    signs["kernel"] = signs["kernel"][:, None, None]
    numbers = BoundNumbers(start=0.05, checks=1.0, growth_step=0.01)
    weights, state = trained(bounded(optax.sgd(0.1), numbers, cut=True, signs=signs))
    for label, own in weights.items():
        assert (own * signs[label] >= 0).all()
        assert (own != 0).any()
    assert (state.bounds["dense"].lower[:, ::2] == 0).all()
