"""Size classes of equal width in ln V, and the diffusion of volume among them.

The process ``dV = drift dt + noise dW`` (Ito) becomes a finite-volume Fokker-Planck equation in
x = ln V: the probability of being in a class changes by exponentially fitted (Scharfetter-Gummel)
fluxes. Without deaths their stationary law is that of the process at the centres of the classes,
however few these are. A lowest volume absorbs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Function = Callable[[Array], Array | float]

#: Standard normal values, and their weights, by which the volume on entering a stage is averaged.
NORMAL = np.linspace(-6.0, 6.0, 1201)
WEIGHT = np.exp(-(NORMAL**2) / 2) / np.exp(-(NORMAL**2) / 2).sum()

#: Exponents beyond this make no difference to a flux.
_STEEPEST = 500.0


@dataclass(frozen=True)
class Classes:
    """Size classes of equal width in ln V from `smallest` to `largest` (um**3)."""

    smallest: float
    largest: float
    number: int
    absorbing: bool

    @property
    def width(self) -> float:
        """Width of a class in ln V."""
        return float(np.log(self.largest / self.smallest)) / self.number

    @property
    def centres(self) -> Array:
        """Logarithm of the central volume of each class."""
        return np.asarray(np.log(self.smallest) + self.width * (np.arange(self.number) + 0.5))

    def diffusion(self, drift: Function, noise: Function) -> Array:
        """Return the generator of the size process. Shape (number, number)."""
        x, h = self.centres, self.width
        spread = np.broadcast_to(noise(np.exp(x)), x.shape) ** 2 / (2 * np.exp(2 * x))

        def pull(y: Array) -> Array:
            v = np.exp(y)
            return np.broadcast_to(2 * v * drift(v) / np.square(noise(v)) - 1, y.shape)

        at = pull(x)
        climb = h * (at[:-1] + 4 * pull(x[:-1] + h / 2) + at[1:]) / 6
        upward = spread[:-1] * _fitted(-climb) / h**2
        downward = spread[1:] * _fitted(climb) / h**2
        generator = np.diag(upward, -1) + np.diag(downward, 1)
        generator = np.asarray(generator - np.diag(generator.sum(axis=0)))
        if self.absorbing:
            below, middle = pull(x[:1] - h / 2), pull(x[:1] - h / 4)
            climb = h / 2 * (below + 4 * middle + at[:1]) / 6
            generator[0, 0] -= (spread[:1] * _fitted(climb) / (h**2 / 2)).item()
        return generator

    def share(self, volume: Array, weight: Array) -> Array:
        """Return how much weight falls into each class, shared between the two nearest ones.

        What lies below an absorbing minimum is lost; beyond any other end it joins the last class.
        """
        y = np.log(np.maximum(volume, np.finfo(float).tiny))
        if self.absorbing:
            weight = np.where(y > np.log(self.smallest), weight, 0.0)
        place = np.clip((y - self.centres[0]) / self.width, 0.0, self.number - 1.0)
        left = np.minimum(place.astype(int), self.number - 2)
        part = place - left
        lower = np.bincount(left, weight * (1 - part), self.number)
        upper = np.bincount(left + 1, weight * part, self.number)
        return np.asarray(lower + upper)

    def log_normal(self, median: float, spread: float) -> Array:
        """Return the share of each class in volumes around a median with SD `spread` of ln V."""
        return self.share(median * np.exp(spread * NORMAL), WEIGHT)


def _fitted(z: Array) -> Array:
    """Return z/(exp(z) - 1): the flux over one class at an exponential profile."""
    z = np.clip(z, -_STEEPEST, _STEEPEST)
    safe = np.where(z == 0, 1.0, z)
    return np.where(z == 0, 1.0, safe / np.expm1(safe))
