"""Normal and uniform numbers, both from one block of the generator."""

from __future__ import annotations

from typing import Any

import numpy as np
from brian2 import Function

from neurospine.simulation.random.brian import draw
from neurospine.simulation.random.words import words


def uniform(slot: Any, tick: Any, key0: Any, key1: Any) -> Any:
    """Return a number between 0 and 1, both excluded, for each slot at a tick."""
    _, second = words(slot, tick, key0, key1)
    return (second + 0.5) * 2.0**-32


def normal(slot: Any, tick: Any, key0: Any, key1: Any) -> Any:
    """Return a standard normal number for each slot at a tick.

    Box and Muller: the radius from the first word, the angle from the low bits
    of both, which `uniform` needs for its last bits only. Compiled programs do
    this in single precision; values agree to 1e-6. The largest is 5.9.
    """
    first, second = words(slot, tick, key0, key1)
    share = (((first >> np.uint32(8)) * 2 + 1).astype(np.float32) * 2.0**-25).astype(float)
    turn = ((first & np.uint32(0xFF)) << np.uint32(8)) | (second & np.uint32(0xFF))
    angle = (turn + 0.5) * 2.0**-16 - 0.5
    return np.sqrt(-2.0 * np.log(share)) * np.sin(np.pi * angle)


def noise_functions() -> dict[str, Function]:
    """Return ``normal`` and ``uniform`` of (slot, tick, key0, key1) for Brian2."""
    return {
        function.__name__: draw(function, "slot tick key0 key1") for function in (normal, uniform)
    }
