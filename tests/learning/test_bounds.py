"""Bounds of weights: against a plain loop, and what single weights do."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
import pytest

from neurospine.learning import bounds as module
from neurospine.learning.bounds import BoundNumbers, Bounds, initial_bounds, start_unit

adapt = jax.jit(module.adapt)
clipped = jax.jit(module.clipped)
Floats = npt.NDArray[np.float32]


def published(weights: list[float], checks: int, start: float) -> list[tuple[float, float]]:
    """Return upper and lower bound after each check of one weight, by the published text."""
    upper, lower = start, -start
    count = {"up": 0, "down": 0, "in": 0}
    total = {"up": 0.0, "down": 0.0}
    before = {"up": False, "down": False, "in": False}
    course = []
    last = weights[0]
    for weight in weights[1:]:
        now = {
            "up": weight >= upper,
            "down": weight <= lower,
            "in": abs(weight) < abs(last),
        }
        for side, bound in (("up", upper), ("down", lower)):
            if now[side] and before[side]:
                count[side] += 1
                total[side] += weight - bound
            else:
                count[side], total[side] = 0, 0.0
        if count["up"] >= checks:
            upper += total["up"] / checks
            count["up"], total["up"] = 0, 0.0
        if count["down"] >= checks:
            lower += total["down"] / checks
            count["down"], total["down"] = 0, 0.0
        count["in"] = count["in"] + 1 if now["in"] and before["in"] else 0
        if count["in"] >= checks:
            upper, lower, count["in"] = 0.75 * upper, 0.75 * lower, 0
        before, last = now, weight
        course.append((upper, lower))
    return course


@pytest.mark.parametrize("checks", [1, 3])
def test_the_published_form_is_that_of_a_plain_loop(checks: int) -> None:
    rng = np.random.default_rng(1)
    steps = rng.choice([-0.02, 0.02], (60, 40), p=[0.35, 0.65]) * rng.random((60, 40))
    steps[:, 20:] = np.where(rng.random((60, 20)) < 0.85, -1, 1) * np.abs(steps[:, 20:])
    course = np.cumsum(steps, axis=0, dtype=np.float32).reshape(60, 5, 8)
    numbers = BoundNumbers(start=0.1, checks=checks)
    bounds = initial_bounds(jnp.asarray(course[0]), numbers)
    seen = []
    for weights in course[1:]:
        bounds = adapt(bounds, jnp.asarray(weights), numbers)
        seen.append((bounds.upper, bounds.lower))
    wanted = [
        published([float(w) for w in course[:, row, column]], checks, 0.1)
        for row in range(5)
        for column in range(8)
    ]
    shape = (5, 8, 59, 2)
    np.testing.assert_allclose(
        np.moveaxis(np.array(seen), (0, 1), (2, 3)), np.reshape(wanted, shape), rtol=2e-5
    )
    final = np.array(wanted)[:, -1, 0]
    assert final.min() < 0.1 < final.max()


def driven(weight: float, drive: float, times: int, numbers: BoundNumbers) -> tuple[Floats, Bounds]:
    """Return the upper bounds of one weight that learning moves evenly between checks."""
    value = jnp.array([weight])
    bounds = initial_bounds(value, numbers)
    course = []
    for _ in range(times):
        value = value + drive
        bounds = adapt(bounds, value, numbers)
        value = clipped(value, bounds)
        course.append(float(bounds.upper[0]))
    return np.array(course, np.float32), bounds


def test_constant_drive_makes_bounds_grow_or_shrink_steadily() -> None:
    up, bounds = driven(0.1, 0.01, 30, BoundNumbers(start=0.1, checks=2))
    assert (np.diff(up) >= 0).all()
    np.testing.assert_allclose(np.unique(up.round(6)), 0.1 + 0.01 * np.arange(15), atol=1e-5)
    assert bounds.lower[0] == pytest.approx(-0.1)
    down, _ = driven(1.0, -0.01, 30, BoundNumbers(start=1.0, checks=2))
    assert (np.diff(down) <= 0).all()
    np.testing.assert_allclose(np.unique(down)[::-1], 0.75 ** np.arange(14), rtol=1e-4)


def test_a_connection_disappears_and_comes_back() -> None:
    numbers = BoundNumbers(start=0.1, checks=1, shrinkage=0.5, smallest=0.04)
    value = jnp.array([0.08])
    bounds = initial_bounds(value, numbers)
    width = []
    for drive in [-0.005] * 4 + [0.0] * 4 + [-0.03] * 2:
        value = value + drive
        bounds = adapt(bounds, value, numbers)
        value = clipped(value, bounds)
        width.append(float(bounds.upper[0] - bounds.lower[0]))
        if width[-1] == 0:
            assert value[0] == 0
    assert width[0] == pytest.approx(0.2)
    assert width[3:9] == [0.0] * 6
    assert width[-1] == pytest.approx(0.04)
    assert (bounds.upper[0], value[0]) == (0, pytest.approx(-0.03))


def test_evidence_decides_instead_of_the_trend() -> None:
    numbers = BoundNumbers(start=0.1, checks=1, growth_step=0.01, least_evidence=0.5)
    weights = jnp.array([0.1, 0.1, 0.1, -0.1, 0.05])
    evidence = jnp.array([1.0, 0.0, -1.0, -1.0, 0.7])
    bounds = initial_bounds(weights, numbers)
    for _ in range(2):
        bounds = adapt(bounds, weights, numbers, evidence=evidence)
    np.testing.assert_allclose(bounds.upper, [0.11, 0.075, 0.075, 0.1, 0.1], rtol=1e-6)
    np.testing.assert_allclose(bounds.lower, [-0.1, -0.075, -0.075, -0.11, -0.1], rtol=1e-6)


@pytest.mark.parametrize("sign", [1, -1])
def test_cells_that_obey_dale_have_one_bound(sign: int) -> None:
    numbers = BoundNumbers(start=0.1, checks=1, growth_step=0.05)
    weights = sign * jnp.array([0.0, 0.1, 0.2])
    bounds = initial_bounds(weights, numbers, sign=sign)
    for _ in range(5):
        bounds = adapt(bounds, weights, numbers, sign=sign)
    free, none = (bounds.upper, bounds.lower) if sign > 0 else (-bounds.lower, bounds.upper)
    assert (none == 0).all()
    assert free[0] == pytest.approx(0.1)
    assert (free[1:] > 0.14).all()


def test_without_checks_that_count_wide_bounds_change_nothing() -> None:
    rng = np.random.default_rng(2)
    weights = jnp.asarray(rng.normal(0, 0.1, (3, 4)))
    numbers = BoundNumbers(start=10.0, checks=np.inf)
    bounds = initial_bounds(weights, numbers, unit=start_unit(weights, "largest"))
    first = bounds
    for step in rng.normal(0, 0.05, (20, 3, 4)):
        weights = weights + step
        bounds = adapt(bounds, weights, numbers)
        assert (clipped(weights, bounds) == weights).all()
    assert (bounds.upper == first.upper).all()
    assert (bounds.lower == first.lower).all()


def test_growth_and_shrinkage_are_switched_off_by_their_numbers() -> None:
    course = np.cumsum(np.random.default_rng(3).normal(0, 0.03, (40, 50)), 0).astype(np.float32)

    def widths(growth: float, shrinkage: float) -> tuple[bool, bool]:
        numbers = BoundNumbers(start=0.1, checks=1.0, growth=growth, shrinkage=shrinkage)
        bounds = initial_bounds(jnp.asarray(course[0]), numbers)
        for weights in course:
            bounds = adapt(bounds, jnp.asarray(weights), numbers)
        return bool((bounds.upper > 0.1).any()), bool((bounds.upper < 0.1).any())

    assert widths(1.0, 0.75) == (True, True)
    assert widths(0.0, 1.0) == (False, False)
    assert widths(1.0, 1.0) == (True, False)
    assert widths(0.0, 0.75) == (False, True)


def test_units_of_the_start_and_maps_over_numbers() -> None:
    weights = jnp.asarray(np.random.default_rng(4).normal(0, 1, (3, 2, 5, 5)), jnp.float32)
    assert start_unit(weights, "inputs") == pytest.approx(50**-0.5)
    assert start_unit(weights, "largest") == weights.max()
    many = BoundNumbers(*(jnp.array([v, v / 2]) for v in BoundNumbers()))
    bounds = jax.vmap(lambda numbers: initial_bounds(weights, numbers))(many)
    assert bounds.upper.shape == (2, *weights.shape)
    assert (bounds.upper[1] == 0.5).all()


def test_the_first_checks_may_leave_weights_alone() -> None:
    numbers = BoundNumbers(start=0.1, checks=2, growth=0.5)
    weights = jnp.array([0.5])
    bounds = initial_bounds(weights, numbers)
    seen = []
    for _ in range(4):
        bounds = adapt(bounds, weights, numbers)
        seen.append(bool(clipped(weights, bounds, after=numbers.checks + 1) == weights))
    assert seen == [True, True, False, False]
