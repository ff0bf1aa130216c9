"""Cells that are silent: what they send is not heard, whatever their weights are."""

from __future__ import annotations

from collections.abc import Collection

import jax.numpy as jnp

from neurospine.learning.dendritic.weights import Numbers, Weights


def without(
    silenced: Collection[str], weights: Weights, numbers: Numbers
) -> tuple[Weights, Numbers]:
    """Return weights and numbers with nothing of what some cells send.

    Parameters
    ----------
    silenced
        Inhibitory populations, and `top_down`: the excitation of dendrites from above.
    weights, numbers
        By layer and projection; those that learning changes are others.
    """
    if not silenced:
        return weights, numbers

    origins = tuple("above_" if cells == "top_down" else f"{cells}_" for cells in silenced)

    heard = {
        label: {n: jnp.zeros_like(w) if n.startswith(origins) else w for n, w in own.items()}
        for label, own in weights.items()
    }
    told = {
        label: {
            n: own | {"scale": own["scale"] * 0.0}
            if n.startswith(origins) and "scale" in own
            else own
            for n, own in layer.items()
        }
        for label, layer in numbers.items()
    }
    return heard, told
