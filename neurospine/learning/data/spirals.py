"""Spiral arms of points in a plane, one class each."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

#: Arms, and the standard deviation of the points about them.
ARMS, NOISE = 4, 0.16


def spiral_points(points: int, seed: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.uint8]]:
    """Return points of four spiral arms, arm by arm, and the arm of each.

    Parameters
    ----------
    points
        How many on each arm, evenly from its start to its end.
    seed
        Of the noise, which grows along the arm.
    """
    along = np.linspace(0.0, 1.0, points)
    random = np.random.default_rng([seed, points])
    arms = []
    for arm in range(ARMS):
        angle = 2 * np.pi / ARMS * (2 * along + arm)
        noise = along * NOISE * random.standard_normal((2, points))
        arms.append(np.stack([along * np.sin(angle), along * np.cos(angle)], 1) + noise.T)
    return np.concatenate(arms).astype(np.float32), np.repeat(
        np.arange(ARMS, dtype=np.uint8), points
    )
