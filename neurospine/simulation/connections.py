"""Which cells a projection joins, and how long its spikes take."""

from __future__ import annotations

import numpy as np

from neurospine.description.units import whole_steps
from neurospine.errors import ModelError
from neurospine.simulation.form_choice import delay_spread
from neurospine.simulation.network import Array
from neurospine.simulation.numbers import Numbers
from neurospine.simulation.random import generator


def whole_number(numbers: Numbers, name: str) -> int:
    """Return a parameter of the circuit that counts something.

    Raises
    ------
    ModelError
        If it is no whole number from 1.
    """
    circuit = numbers.model.circuit.name
    value = numbers.single(circuit, name)
    if value != round(value) or value < 1:
        raise ModelError(
            f"parameter {circuit}.{name}: must be a whole number from 1, found {value:g}"
        )
    return round(value)


def connections(
    numbers: Numbers, projection: str, sizes: tuple[int, int], copies: int, seed: int
) -> tuple[Array, Array]:
    """Return cells on both sides of every spine, sorted by the presynaptic one.

    All conditions of one repeat share their connections.

    Parameters
    ----------
    numbers
        The model.
    projection
        Which projection.
    sizes
        Cells in one copy of its two populations.
    copies
        Copies of the circuit.
    seed
        Decides random connections.
    """
    repeats = numbers.repeats
    drawn = [_draw(numbers, projection, sizes, seed, repeat) for repeat in range(repeats)]
    pre, post = [], []
    for copy in range(copies):
        one = drawn[copy % repeats]
        pre.append((one // sizes[1] + copy * sizes[0]).astype(np.int32))
        post.append((one % sizes[1] + copy * sizes[1]).astype(np.int32))
    return np.concatenate(pre), np.concatenate(post)


def _draw(numbers: Numbers, name: str, sizes: tuple[int, int], seed: int, repeat: int) -> Array:
    """Return one copy's spines as sorted numbers ``pre*size + post``."""
    projection = numbers.model.circuit.projections[name]
    rule = projection.connectivity
    if rule.rule == "one_to_one":
        if sizes[0] != sizes[1]:
            raise ModelError(f"projection {name!r}: one_to_one needs equal sizes {sizes}")
        return np.arange(sizes[0]) * (sizes[1] + 1)
    if rule.rule == "all_to_all":
        return np.arange(sizes[0] * sizes[1])
    assert rule.in_degree is not None
    degree = whole_number(numbers, rule.in_degree)
    random = generator(seed, name, "connections", str(repeat))
    post = np.repeat(np.arange(sizes[1]), degree)
    recurrent = projection.origin == projection.target
    if recurrent and sizes[0] < 2:
        raise ModelError(f"projection {name!r}: a cell alone has no partner")
    pre = random.integers(0, sizes[0] - recurrent, post.size)
    pre += recurrent & (pre >= post)  # no cell onto itself
    return np.sort(pre * sizes[1] + post)


def delays(numbers: Numbers, name: str, step: float, size: int, copies: int, seed: int) -> Array:
    """Return the delay of all spines, or of each where they differ, in seconds.

    All conditions of one repeat share their delays. `size` is the number of spines
    in one copy of the circuit.
    """
    model = numbers.model
    circuit, projection = model.circuit, model.circuit.projections[name]
    delay = numbers.single(circuit.name, projection.delay)
    spread = delay_spread(model, name)
    if delay < 0 or spread < 0:
        raise ModelError(
            f"parameter {circuit.name}.{projection.delay}: a delay or spread is negative"
        )
    if whole_steps(delay, step) is None:
        raise ModelError(
            f"parameter {circuit.name}.{projection.delay}: {delay:g} s is no multiple "
            f"of the step of {step:g} s"
        )
    if spread == 0:
        return np.array([delay])
    longest = round(spread / step) + 1
    drawn = [
        generator(seed, name, "delays", str(repeat)).integers(0, longest, size)
        for repeat in range(numbers.repeats)
    ]
    steps = np.concatenate([drawn[copy % numbers.repeats] for copy in range(copies)])
    return np.asarray(delay + steps * step)
