"""Counts of a Poisson process in a step."""

from __future__ import annotations

from typing import Any

import numpy as np
from brian2 import Function

from neurospine.simulation.random.brian import draw
from neurospine.simulation.random.words import Words, words

#: Largest mean of a Poisson count in one step; beyond it counts above `LARGEST_COUNT` matter.
LARGEST_MEAN = 0.5
LARGEST_COUNT = 8


def poisson_thresholds(mean: float) -> Words:
    """Return the words above which a Poisson count goes up by one."""
    k = np.arange(LARGEST_COUNT)
    terms = np.exp(-mean) * np.cumprod(np.concatenate(([1.0], mean / (k[:-1] + 1.0))))
    limits = np.minimum(np.ceil(np.cumsum(terms) * 2.0**32) - 1, 2.0**32 - 1)
    return np.asarray(limits).astype(np.uint32)


def poisson_count(slot: Any, tick: Any, mean: Any, key0: Any, key1: Any) -> Any:
    """Return how often something of this mean happens to each slot at a tick."""
    word, _ = words(slot, tick, key0, key1)
    means, which = np.unique(mean, return_inverse=True)
    thresholds = np.array([poisson_thresholds(value) for value in means])[which.ravel()]
    return (word[..., None] > thresholds).sum(axis=-1).astype(float)


def poisson_count_function() -> Function:
    """Return ``poisson_count(slot, tick, mean, key0, key1)`` for Brian2 on every target."""
    return draw(poisson_count, "slot tick mean key0 key1")
