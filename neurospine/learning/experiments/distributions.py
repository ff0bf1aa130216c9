"""How weights and bounds are distributed, by their magnitude."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

#: Bins of a power of ten, and the powers that they begin and end at.
PER_DECADE, LOWEST, HIGHEST = 8, -6, 2
#: Lower ends of bins; all that is smaller than the second is in the first, 0 included.
EDGES = np.concatenate(
    [[0.0], 10.0 ** np.linspace(LOWEST, HIGHEST, (HIGHEST - LOWEST) * PER_DECADE + 1)[:-1]]
)


def magnitudes(values: Array) -> npt.NDArray[np.int32]:
    """Return how many of some numbers have a magnitude within each bin of `EDGES`.

    Parameters
    ----------
    values
        The first axis is kept: shape (replicates, ...).

    Returns
    -------
    Array of shape (replicates, bins)
        What is larger than the last bin counts in it.
    """
    flat = np.abs(values.reshape(len(values), -1))
    with np.errstate(divide="ignore"):
        place = np.floor((np.log10(flat) - LOWEST) * PER_DECADE) + 1
    place = np.clip(place, 0, len(EDGES) - 1).astype(np.int64)
    return np.stack([np.bincount(row, minlength=len(EDGES)) for row in place]).astype(np.int32)


def bound_shares(weights: Array, lower: Array, upper: Array) -> tuple[Array, Array]:
    """Return which share of weights is at a bound, and which has none but 0, shape (replicates,).

    Parameters
    ----------
    weights, lower, upper
        Shape (replicates, ...).
    """
    absent = (upper == 0) & (lower == 0)
    at_bound = ((weights >= upper) | (weights <= lower)) & (weights != 0) & ~absent
    axes = tuple(range(1, weights.ndim))
    return at_bound.mean(axes), absent.mean(axes)
