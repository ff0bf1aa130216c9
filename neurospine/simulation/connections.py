"""Which cells a projection joins, and how long its spikes take."""

from __future__ import annotations

import numpy as np

from neurospine.description.connectivity import place_of
from neurospine.description.edge_lists import EdgeList, edges_of
from neurospine.description.model import Model
from neurospine.description.units import ON_A_STEP, whole_steps
from neurospine.errors import ModelError
from neurospine.simulation.distances import near_pairs
from neurospine.simulation.network import Array
from neurospine.simulation.numbers import Numbers
from neurospine.simulation.random import generator

#: Brian2 and compiled programs number synapses in 32 bits.
MOST_SPINES = 2**31 - 1


def whole_number(numbers: Numbers, name: str, place: str) -> int:
    """Return a parameter of the circuit that counts something; `place` is where it is named.

    Raises
    ------
    ModelError
        If it is no whole number from 1.
    """
    circuit = numbers.model.circuit.name
    value = numbers.single(circuit, name)
    if value != round(value) or value < 1:
        raise ModelError(
            f"{place}: parameter {circuit}.{name}: must be a whole number from 1, found {value:g}"
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

    Raises
    ------
    ModelError
        If they are not possible, or too many.
    """
    repeats = numbers.repeats
    _check_number(numbers, projection, sizes, copies)
    drawn = [_draw(numbers, projection, sizes, seed, repeat) for repeat in range(repeats)]
    pre, post = [], []
    for copy in range(copies):
        one = drawn[copy % repeats]
        pre.append((one // sizes[1] + copy * sizes[0]).astype(np.int32))
        post.append((one % sizes[1] + copy * sizes[1]).astype(np.int32))
    return np.concatenate(pre), np.concatenate(post)


def _check_number(numbers: Numbers, name: str, sizes: tuple[int, int], copies: int) -> None:
    """Raise a `ModelError`, before arrays are made, if spines cannot be counted in 32 bits."""
    rule = numbers.model.circuit.projections[name].connectivity
    place = place_of(numbers.model, name)
    each = sizes[0] if rule.rule == "all_to_all" else 1
    if rule.in_degree is not None:
        each = whole_number(numbers, rule.in_degree, f"{place}: in_degree")
    elif rule.contacts:
        each *= whole_number(numbers, rule.contacts, f"{place}: contacts")
    if sizes[1] * each * copies > MOST_SPINES:
        raise ModelError(
            f"{place}: {sizes[1] * each} spines in {copies} copies are more than {MOST_SPINES}"
        )


def _draw(numbers: Numbers, name: str, sizes: tuple[int, int], seed: int, repeat: int) -> Array:
    """Return one copy's spines as sorted numbers ``pre*size + post``."""
    projection = numbers.model.circuit.projections[name]
    rule = projection.connectivity
    listed = edges_of(numbers.model, name)
    if listed:
        return _listed(numbers.model, name, listed, sizes)
    place = place_of(numbers.model, name)
    contacts = whole_number(numbers, rule.contacts, f"{place}: contacts") if rule.contacts else 1
    recurrent = projection.origin == projection.target
    random = generator(seed, name, "connections", str(repeat))
    match rule.rule:
        case "one_to_one":
            if sizes[0] != sizes[1]:
                raise ModelError(f"{place}: one_to_one needs equal sizes {sizes}")
            pairs = np.arange(sizes[0]) * (sizes[1] + 1)
        case "all_to_all":
            pairs = np.arange(sizes[0] * sizes[1])
        case "distance_dependent":
            return np.repeat(near_pairs(numbers, name, sizes, random), contacts)
        case _:
            return _in_degree(numbers, name, sizes, random, recurrent=recurrent)
    return np.repeat(pairs, contacts)


def _in_degree(
    numbers: Numbers,
    name: str,
    sizes: tuple[int, int],
    random: np.random.Generator,
    *,
    recurrent: bool,
) -> Array:
    """Return the same number of spines for every postsynaptic cell."""
    rule = numbers.model.circuit.projections[name].connectivity
    assert rule.in_degree is not None
    place = place_of(numbers.model, name)
    degree = whole_number(numbers, rule.in_degree, f"{place}: in_degree")
    others = sizes[0] - recurrent
    if recurrent and others < 1:
        raise ModelError(f"{place}: a cell alone has no partner")
    if rule.contacts is None:
        post = np.repeat(np.arange(sizes[1]), degree)
        pre = random.integers(0, others, post.size)
    else:
        contacts = whole_number(numbers, rule.contacts, f"{place}: contacts")
        partners, left = divmod(degree, contacts)
        place = f"{place}: in_degree: {rule.in_degree} = {degree}"
        if left:
            raise ModelError(f"{place} is no multiple of {rule.contacts} = {contacts} contacts")
        if partners > others:
            raise ModelError(
                f"{place} with {contacts} contacts a pair needs {partners} different partners, and "
                f"there are {others} in {numbers.model.circuit.projections[name].origin!r}; raise "
                "contacts, or leave it out so that a pair may share several by chance"
            )
        one = [random.permutation(others)[:partners] for _ in range(sizes[1])]
        post = np.repeat(np.arange(sizes[1]), degree)
        pre = np.repeat(np.concatenate(one), contacts)
    pre = pre + (recurrent & (pre >= post))  # no cell onto itself
    return np.sort(pre * sizes[1] + post)


def _listed(model: Model, name: str, listed: EdgeList, sizes: tuple[int, int]) -> Array:
    """Return the spines of a list, which is sorted."""
    projection = model.circuit.projections[name]
    ends = (("pre", listed.pre, projection.origin), ("post", listed.post, projection.target))
    for (column, cells, population), size in zip(ends, sizes, strict=True):
        if cells.max() >= size:
            raise ModelError(
                f"{place_of(model, name)}: file: {projection.connectivity.file}: column "
                f"{column!r}: there is no cell {cells.max()} in {population!r}, which has {size} "
                "(counted from 0)"
            )
    return listed.pre.astype(np.int64) * sizes[1] + listed.post


def delays(numbers: Numbers, name: str, step: float, size: int, copies: int, seed: int) -> Array:
    """Return the delay of all spines, or of each where they differ, in seconds.

    Those of a list of edges go before the projection's own. All conditions of one repeat
    share their delays. `size` is the number of spines in one copy of the circuit.
    """
    model = numbers.model
    circuit, projection = model.circuit, model.circuit.projections[name]
    listed = edges_of(model, name)
    if listed and listed.delay is not None:
        return np.tile(_listed_delays(model, name, listed.delay, step), copies)
    delay = numbers.single(circuit.name, projection.delay)
    named = projection.delay_spread
    spread = numbers.single(circuit.name, named) if named else 0.0
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


def _listed_delays(model: Model, name: str, delay: Array, step: float) -> Array:
    """Return the delays of a list of edges, which must be whole steps."""
    steps = np.rint(delay / step)
    wrong = np.abs(delay - steps * step) > ON_A_STEP * np.maximum(delay, step)
    if wrong.any():
        projection = model.circuit.projections[name]
        raise ModelError(
            f"{place_of(model, name)}: file: {projection.connectivity.file}: column "
            f"'delay': {delay[wrong][0]:g} s is no multiple of the step of {step:g} s"
        )
    return np.asarray(steps * step)


def late_delays(numbers: Numbers, name: str, delay: Array, step: float, size: int) -> Array:
    """Return when spikes reach the rule of a projection, whose `delays` these are, in seconds."""
    rule = numbers.model.spines[name].rule
    if rule is None or rule.presynaptic.delay is None:
        return delay
    later = numbers.copies(rule.name, rule.presynaptic.delay)
    later = np.rint(later / step) * step
    if np.all(later == later[0]):
        return np.asarray(delay + later[0])
    return np.asarray(delay + np.repeat(later, size))
