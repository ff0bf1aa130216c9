"""Which cells are near enough to be joined: populations laid out in space."""

from __future__ import annotations

import numpy as np

from neurospine.description.connectivity import place_of
from neurospine.errors import ModelError
from neurospine.simulation.network import Array
from neurospine.simulation.numbers import Numbers

#: Shapes with an area, and those without edges.
_FLAT = ("square", "torus")
_CLOSED = ("ring", "torus")


def near_pairs(
    numbers: Numbers, name: str, sizes: tuple[int, int], random: np.random.Generator
) -> Array:
    """Return the pairs that a distance-dependent rule joins, as sorted ``pre*size + post``.

    Parameters
    ----------
    numbers
        The model.
    name
        The projection.
    sizes
        Cells in one copy of its two populations.
    random
        Decides each pair by a uniform number of its own, in the order of the pairs.

    Raises
    ------
    ModelError
        If a length is not positive, or the peak is no probability.
    """
    projection = numbers.model.circuit.projections[name]
    rule = projection.connectivity
    extent, length, peak = (_number(numbers, name, key) for key in ("extent", "length", "peak"))
    shape = rule.shape or "line"
    before, after = (places(size, shape, extent) for size in sizes)
    found = []
    for pre, place in enumerate(before):  # one cell at a time, for all pairs may be many
        distance = distances(place, after, extent if shape in _CLOSED else None)
        near = distance / length
        falls = np.exp(-near) if rule.profile == "exponential" else np.exp(-(near**2) / 2)
        joined = random.random(sizes[1]) < peak * falls
        if projection.origin == projection.target:
            joined[pre] = False  # no cell onto itself
        found.append(np.flatnonzero(joined) + pre * sizes[1])
    return np.concatenate(found)


def places(size: int, shape: str, extent: float) -> Array:
    """Return where the cells of a population are, shape (cells, dimensions), in metres.

    Cells fill a line or ring at even distances, half of one from its ends, and a square or
    torus row by row, in as many columns as rows or one more.
    """
    if shape not in _FLAT:
        return ((np.arange(size) + 0.5) * extent / size)[:, None]
    columns = int(np.ceil(np.sqrt(size)))
    rows = -(-size // columns)
    row, column = np.divmod(np.arange(size), columns)
    return np.column_stack([(column + 0.5) / columns, (row + 0.5) / rows]) * extent


def distances(place: Array, others: Array, period: float | None) -> Array:
    """Return the distance of one place from others, the short way round with a `period`."""
    apart = np.abs(others - place)
    if period is not None:
        apart = np.minimum(apart, period - apart)
    return np.asarray(np.sqrt(np.sum(apart**2, axis=1)))


def _number(numbers: Numbers, projection: str, key: str) -> float:
    rule = numbers.model.circuit.projections[projection].connectivity
    circuit, name = numbers.model.circuit.name, getattr(rule, key)
    value = numbers.single(circuit, name)
    if value <= 0 or (key == "peak" and value > 1):
        wanted = "above 0 and at most 1" if key == "peak" else "positive"
        place = f"{place_of(numbers.model, projection)}: {key}"
        raise ModelError(f"{place}: parameter {circuit}.{name}: must be {wanted}, found {value:g}")
    return value
