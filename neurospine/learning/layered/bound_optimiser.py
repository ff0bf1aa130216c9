"""Bounds that adapt, around any optimiser of optax: its steps, then bounds."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax import Array, lax

from neurospine.learning.bounds import (
    BoundNumbers,
    Bounds,
    adapt,
    clipped,
    initial_bounds,
    start_unit,
)
from neurospine.learning.words import Evidence, Relative


class BoundState(NamedTuple):
    """State of an optimiser with bounds.

    Attributes
    ----------
    optimiser
        That of the optimiser inside.
    bounds
        `Bounds` of each array of weights.
    cut
        What was cut off weights since the last check, where they are cut at every step.
    evidence
        Sum of what the gradient asked for since the last check.
    steps
        Steps done.
    """

    optimiser: Any
    bounds: Any
    cut: Any
    evidence: Any
    steps: Array


def bounded(
    optimiser: optax.GradientTransformation,
    numbers: BoundNumbers,
    *,
    every: int = 1,
    relative: Relative = "one",
    cut: bool = False,
    evidence: Evidence = "trend",
    signs: Any = None,
) -> optax.GradientTransformationExtraArgs:
    """Return an optimiser whose weights stay within bounds that adapt.

    Parameters
    ----------
    optimiser
        What moves the weights.
    numbers
        The numbers of the rule.
    every
        Steps from check to check. `update` takes the argument `check` instead, true or false when
        it is compiled, where who calls it counts the steps: that saves copies of the bounds.
    relative
        What the start of bounds is in units of.
    cut
        Whether weights are cut at every step, from the first on, and what is cut counts in the
        next check. Otherwise they are cut at checks only, after the first ``checks + 1`` of them,
        as published.
    evidence
        Whether weights fall by their trend, as published, or by the sum of their gradients, which
        is then also needed for bounds to grow.
    signs
        Of all weights by Dale's law, in a tree like theirs; None, there is none.
    """
    inner = optax.with_extra_args_support(optimiser)

    def sign(tree: Any) -> Any:
        return jax.tree.map(lambda _: 0, tree) if signs is None else signs

    def init(weights: Any) -> BoundState:
        def start(values: Array, sign: Any) -> Bounds:
            unit = start_unit(values, relative)
            return initial_bounds(values, numbers, unit=unit, sign=sign)

        bounds = jax.tree.map(start, weights, sign(weights))
        zeros = jax.tree.map(jnp.zeros_like, weights)
        return BoundState(
            inner.init(weights),
            bounds,
            cut=zeros if cut else None,
            evidence=zeros if evidence == "gradient" else None,
            steps=jnp.zeros((), jnp.int32),
        )

    def update(
        gradients: Any,
        state: BoundState,
        weights: Any = None,
        *,
        check: bool | None = None,
        **more: Any,
    ) -> tuple[Any, BoundState]:
        if weights is None:
            raise ValueError(optax.NO_PARAMS_MSG)
        steps = state.steps + 1
        updates, optimised = inner.update(gradients, state.optimiser, weights, **more)
        free = optax.apply_updates(weights, updates)
        asked = state.evidence
        if asked is not None:
            asked = jax.tree.map(jnp.subtract, asked, gradients)
        excess = state.cut
        moved = free
        if excess is not None:
            moved = jax.tree.map(clipped, free, state.bounds, is_leaf=_is_bounds)
            excess = jax.tree.map(lambda e, f, m: e + (f - m), excess, free, moved)
        if check is None:
            bounds, moved, excess, asked = lax.cond(
                steps % every == 0, checked, lambda *same: same, state.bounds, moved, excess, asked
            )
        else:
            bounds = state.bounds
            if check:
                bounds, moved, excess, asked = checked(bounds, moved, excess, asked)
        updates = jax.tree.map(jnp.subtract, moved, weights)
        return updates, BoundState(optimised, bounds, excess, asked, steps)

    def checked(bounds: Any, weights: Any, excess: Any, asked: Any) -> Any:
        wanted = weights if excess is None else jax.tree.map(jnp.add, weights, excess)
        leaves, tree = jax.tree.flatten(wanted)
        one_each = jax.tree.leaves(bounds, is_leaf=_is_bounds)
        evidences = [None] * len(leaves) if asked is None else jax.tree.leaves(asked)
        adapted = [
            adapt(own, values, numbers, evidence=asks, sign=side)
            for own, values, asks, side in zip(
                one_each, leaves, evidences, jax.tree.leaves(sign(wanted)), strict=True
            )
        ]
        after = 0 if cut else numbers.checks + 1
        within = [
            clipped(values, own, after=after)
            for own, values in zip(adapted, jax.tree.leaves(weights), strict=True)
        ]
        clean = (jax.tree.map(jnp.zeros_like, part) for part in (excess, asked))
        return (jax.tree.unflatten(tree, adapted), jax.tree.unflatten(tree, within), *clean)

    return optax.GradientTransformationExtraArgs(init, update)


def _is_bounds(node: Any) -> bool:
    return isinstance(node, Bounds)
