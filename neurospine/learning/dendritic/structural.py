"""Structural plasticity of a network: at times its spines live, and bounds of weights adapt."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from neurospine.learning.bounds import (
    BoundNumbers,
    Bounds,
    adapt,
    clipped,
    initial_bounds,
    start_unit,
)
from neurospine.learning.dendritic.living import (
    DAY,
    Spines,
    mean_volume,
    spine_numbers,
    spine_rules,
)
from neurospine.learning.dendritic.network import Network
from neurospine.learning.dendritic.weights import Weights


class Structure(NamedTuple):
    """What weights alone do not tell, by projection such as ``H1.below_to_E``.

    Attributes
    ----------
    key
        From which random numbers are made.
    present
        Where there are spines.
    bounds
        Bounds of weights.
    """

    key: Array
    present: dict[str, Array]
    bounds: dict[str, Bounds]


class StructuralNumbers(NamedTuple):
    """Numbers that may differ between replicates.

    Attributes
    ----------
    spines
        Parameters by part and name.
    volume
        Head volume (um**3) of weight 1, by projection.
    bounds
        Numbers of the bound rule.
    """

    spines: dict[str, dict[str, Array]]
    volume: dict[str, Array]
    bounds: BoundNumbers


def structural_numbers(network: Network) -> StructuralNumbers:
    """Return the numbers of the structural plasticity of a network.

    The mean weight of a projection, at the start and without disorders, is that of the same
    projection without spines; this says how large a spine of weight 1 is.
    """
    table = network.structural
    if table is None:
        return StructuralNumbers({}, {}, BoundNumbers())
    spines, volume = {}, {}
    if table.spines:
        spines, mean = spine_numbers(table.spines), mean_volume(table.spines)
        for path in table.projections:
            label, name = path.split(".")
            spread = network.layers[label].projections[name].spread
            assert spread is not None
            weight = 0.5 * spread / network.sources(label, name) ** 0.5
            volume[path] = jnp.asarray(mean / weight, float)
    given = table.bounds.model_dump(exclude={"relative"}) if table.bounds else {}
    bounds = BoundNumbers(*(jnp.asarray(x, float) for x in BoundNumbers(**given)))
    return StructuralNumbers(spines, volume, bounds)


def structural_form(network: Network) -> Hashable:
    """Return what the program of a network depends on, besides numbers."""
    table = network.structural
    if table is None:
        return None
    spines = (table.spines.model, table.spines.samples_per_day) if table.spines else None
    bounds = table.bounds.relative if table.bounds else None
    return table.every, table.projections, spines, bounds


def initial_structure(
    network: Network, numbers: StructuralNumbers, weights: Weights, seed: int
) -> tuple[Weights, Structure]:
    """Return the weights at the start, those of spines as the spine model has them."""
    table, key = network.structural, jax.random.PRNGKey(seed)
    if table is None:
        return weights, Structure(key, {}, {})
    present: dict[str, Array] = {}
    bounds: dict[str, Bounds] = {}
    if table.spines:
        rules, paths = spine_rules(table.spines.model), table.projections
        sizes = [_of(weights, path).size for path in paths]
        spines = rules.start(numbers.spines, key, (sum(sizes),))
        for day in range(table.spines.settle):
            spines = rules.step(numbers.spines, jax.random.fold_in(key, day), spines, DAY)
        weights, present = _at_projections(numbers, weights, spines, paths)
    if table.bounds:
        for path in table.projections:
            start = _of(weights, path)
            unit = start_unit(start, table.bounds.relative)
            bounds[path] = initial_bounds(start, numbers.bounds, unit=unit, sign=_SIGN)
    return weights, Structure(key, present, bounds)


def masked(weights: Weights, structure: Structure) -> Weights:
    """Return weights without those where there is no spine."""
    masks = structure.present
    return _changed(weights, {path: _of(weights, path) * masks[path] for path in masks})


def remodelled(
    network: Network,
    numbers: StructuralNumbers,
    weights: Weights,
    structure: Structure,
    sample: Array,
) -> tuple[Weights, Structure]:
    """Return weights and structure after spines have lived and bounds have adapted.

    Parameters
    ----------
    network, numbers, weights, structure
        What changes and how.
    sample
        Number of the sample after which it happens; random numbers depend on it.
    """
    table = network.structural
    assert table is not None
    present, bounds = structure.present, dict(structure.bounds)
    if table.spines:
        paths = table.projections
        spines = Spines(
            jnp.concatenate([(_of(weights, p) * numbers.volume[p]).ravel() for p in paths]),
            jnp.concatenate([present[p].ravel() for p in paths]),
        )
        interval = DAY * table.every / table.spines.samples_per_day
        key = jax.random.fold_in(structure.key, sample)
        spines = spine_rules(table.spines.model).step(numbers.spines, key, spines, interval)
        weights, present = _at_projections(numbers, weights, spines, paths)
    if table.bounds:
        for path in table.projections:
            bounds[path] = adapt(bounds[path], _of(weights, path), numbers.bounds, sign=_SIGN)
        weights = _changed(weights, {p: clipped(_of(weights, p), bounds[p]) for p in bounds})
    return weights, Structure(structure.key, present, bounds)


#: Projections with spines come from excitatory cells.
_SIGN = 1


def _of(weights: Weights, path: str) -> Array:
    """Return the weights of a projection such as ``H1.below_to_E``."""
    label, name = path.split(".")
    return weights[label][name]


def _changed(weights: Weights, some: Mapping[str, Array]) -> Weights:
    """Return weights with others in some projections."""
    changed = {label: dict(own) for label, own in weights.items()}
    for path, values in some.items():
        label, name = path.split(".")
        changed[label][name] = values
    return changed


def _at_projections(
    numbers: StructuralNumbers, weights: Weights, spines: Spines, paths: Sequence[str]
) -> tuple[Weights, dict[str, Array]]:
    """Return weights, and where there are spines, from the spines of all projections in a row."""
    shapes = [_of(weights, path).shape for path in paths]
    ends = list(accumulate(rows * columns for rows, columns in shapes))
    volumes, present = (
        {p: part.reshape(shape) for p, shape, part in zip(paths, shapes, parts, strict=True)}
        for parts in (jnp.split(whole, ends[:-1]) for whole in spines)
    )
    return _changed(weights, {p: volumes[p] / numbers.volume[p] for p in paths}), present
