"""Bounds of weights that adapt as spines do: they appear, enlarge, shrink and disappear.

A weight lies between a lower bound, never positive, and an upper one, never negative. Both change
in checks, which come now and then: a weight that presses against a bound from check to check
enlarges it, one that becomes smaller from check to check shrinks both. A bound at 0 is a
connection without spines; a weight that keeps pressing lets one appear.

Everything is elementwise, for arrays of any shape, and may be mapped over numbers.

Source: Zhao, Zeng and Bai (2022), Neural Computation 34, 172-189, whose counters and order are
those of the group's published programs.
"""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from jax import Array

from neurospine.learning.words import Relative


class BoundNumbers(NamedTuple):
    """The numbers of the rule: scalars. As they stand, those of the published form.

    Attributes
    ----------
    start
        Bound at the start, in units of what `start_unit` returns.
    checks
        How many checks in a row a weight has to press or fall, after the first that finds it so;
        infinite: bounds stay.
    growth
        How much of the mean by which a weight exceeded its bound is added to it; 0 with
        `growth_step` 0: no growth.
    growth_step
        What is added to a bound besides.
    shrinkage
        What is left of bounds that shrink; 1 with `shrinkage_step` 0: none shrinks.
    shrinkage_step
        What is taken from both besides.
    smallest
        Bounds that shrink to a narrower width than this vanish, and those that appear are at least
        this wide.
    least_evidence
        Where there is evidence, weights with less of it fall.
    """

    start: Array | float = 1.0
    checks: Array | float = 18.0
    growth: Array | float = 1.0
    growth_step: Array | float = 0.0
    shrinkage: Array | float = 0.75
    shrinkage_step: Array | float = 0.0
    smallest: Array | float = 0.0
    least_evidence: Array | float = 0.0


class Bounds(NamedTuple):
    """Bounds of an array of weights, and what they remember of its checks.

    Attributes
    ----------
    upper, lower
        The bounds, of the shape of the weights.
    pressing
        For how many checks in a row a weight has been at or beyond its upper bound; negative:
        its lower one.
    excess
        Sum of what it was beyond it, signed, without the first of these checks.
    falling
        For how many checks in a row it has been smaller than the time before.
    previous
        The weights of the last check.
    age
        How many checks there have been; a scalar.
    """

    upper: Array
    lower: Array
    pressing: Array
    excess: Array
    falling: Array
    previous: Array
    age: Array


def start_unit(weights: Array, relative: Relative) -> Array:
    """Return what the start of bounds counts as 1.

    Parameters
    ----------
    weights
        Weights at the start; the first axis is that of postsynaptic cells.
    relative
        `one`; `inputs`, one over the root of the number of inputs of a cell; or `largest`, the
        largest weight of all, as published.
    """
    if relative == "largest":
        return weights.max()
    inputs = weights[0].size if relative == "inputs" else 1
    return jnp.asarray(inputs**-0.5, weights.dtype)


def initial_bounds(
    weights: Array, numbers: BoundNumbers, *, unit: Array | float = 1.0, sign: Array | int = 0
) -> Bounds:
    """Return bounds before the first check.

    Parameters
    ----------
    weights
        Weights at the start, of any shape.
    numbers
        The numbers of the rule.
    unit
        What their start is in units of; see `start_unit`.
    sign
        Of weights by Dale's law, one for all or of their shape: 1, the lower bound is 0; -1, the
        upper one; 0, none is.
    """
    width = jnp.full_like(weights, 1.0) * numbers.start * unit
    zero, none = jnp.zeros_like(weights), jnp.zeros(weights.shape, jnp.int32)
    signs = jnp.asarray(sign)
    return Bounds(
        upper=jnp.where(signs < 0, zero, width),
        lower=jnp.where(signs > 0, zero, -width),
        pressing=none,
        excess=zero,
        falling=none,
        previous=weights,
        age=jnp.zeros((), jnp.int32),
    )


def adapt(
    bounds: Bounds,
    weights: Array,
    numbers: BoundNumbers,
    *,
    evidence: Array | None = None,
    sign: Array | int = 0,
) -> Bounds:
    """Return bounds after one check.

    Parameters
    ----------
    bounds
        As they were.
    weights
        Where learning took the weights since the last check, beyond their bounds too. Where they
        are cut at every step, what was cut has to be added.
    numbers
        The numbers of the rule.
    evidence
        What activity asked of each weight since the last check (a change of weight, or a sum of
        presynaptic times postsynaptic rates), signed. With it, a bound grows only to the side
        that it asks for, and a weight falls where it does not ask for a larger one by
        `least_evidence`. Without it a weight falls if it is smaller than at the last check.
    sign
        As in `initial_bounds`.

    Notes
    -----
    A weight of exactly 0 does not press against a bound at 0.
    """
    side = _side(bounds, weights, evidence, sign)
    again = side * bounds.pressing > 0
    pressing = jnp.where(again, bounds.pressing + side, side)
    beyond = weights - jnp.where(side > 0, bounds.upper, bounds.lower)
    excess = jnp.where(again, bounds.excess + beyond, 0)
    grows = jnp.abs(pressing) > numbers.checks
    amount = jnp.abs(numbers.growth * excess / numbers.checks) + numbers.growth_step
    upper = _grown(bounds.upper, amount, grows & (side > 0), numbers)
    lower = -_grown(-bounds.lower, amount, grows & (side < 0), numbers)

    falls = (
        jnp.abs(weights) < jnp.abs(bounds.previous)
        if evidence is None
        else evidence * jnp.sign(weights) < numbers.least_evidence
    )
    falling = jnp.where(falls, bounds.falling + 1, 0)
    shrinks = falling > numbers.checks
    upper = jnp.where(shrinks, _shrunk(upper, numbers), upper)
    lower = jnp.where(shrinks, -_shrunk(-lower, numbers), lower)
    vanishes = shrinks & (upper - lower < numbers.smallest)
    return Bounds(
        upper=jnp.where(vanishes, 0, upper),
        lower=jnp.where(vanishes, 0, lower),
        pressing=jnp.where(grows, side, pressing),
        excess=jnp.where(grows, 0, excess),
        falling=jnp.where(shrinks, 1, falling),
        previous=weights,
        age=bounds.age + 1,
    )


def clipped(weights: Array, bounds: Bounds, *, after: Array | float = 0) -> Array:
    """Return weights within their bounds, once there have been so many checks.

    The published form lets weights alone in the first checks: ``after=numbers.checks + 1``.
    """
    within = jnp.clip(weights, bounds.lower, bounds.upper)
    return jnp.where(bounds.age >= after, within, weights)


def _side(bounds: Bounds, weights: Array, evidence: Array | None, sign: Array | int) -> Array:
    """Return 1 where weights press against their upper bound, -1 against the lower one, else 0."""
    above = (weights >= bounds.upper) & (weights > 0)
    below = (weights <= bounds.lower) & (weights < 0)
    if evidence is not None:
        above, below = above & (evidence > 0), below & (evidence < 0)
    signs = jnp.asarray(sign)
    return (above & (signs >= 0)).astype(jnp.int32) - (below & (signs <= 0)).astype(jnp.int32)


def _grown(width: Array, amount: Array, where: Array, numbers: BoundNumbers) -> Array:
    """Return the widths of one side after growth."""
    larger = width + amount
    born = jnp.where(amount > 0, jnp.maximum(larger, numbers.smallest), larger)
    return jnp.where(where, jnp.where(width > 0, larger, born), width)


def _shrunk(width: Array, numbers: BoundNumbers) -> Array:
    """Return the widths of one side after shrinkage."""
    return jnp.maximum(width * numbers.shrinkage - numbers.shrinkage_step, 0)
