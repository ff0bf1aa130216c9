"""Structural plasticity of a network: at times its spines live, and bounds of weights adapt."""

from __future__ import annotations

import zlib
from collections.abc import Hashable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from neurospine.errors import LearningError, NeurospineError, suggest
from neurospine.learning.bounds import (
    BoundNumbers,
    Bounds,
    adapt,
    clipped,
    initial_bounds,
    start_unit,
)
from neurospine.learning.living import DAY, Spines, mean_volume, spine_numbers, spine_rules
from neurospine.learning.network import Network
from neurospine.learning.weights import Weights


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
    changed = {label: dict(own) for label, own in weights.items()}
    present, bounds = {}, {}
    for path in table.projections:
        label, name = path.split(".")
        if table.spines:
            rules, own = spine_rules(table.spines.model), _key(key, path)
            spines = rules.start(numbers.spines, own, changed[label][name].shape)
            for day in range(table.spines.settle):
                later = jax.random.fold_in(own, day)
                spines = rules.step(numbers.spines, later, spines, DAY)
            changed[label][name] = spines.volume / numbers.volume[path]
            present[path] = spines.present
        if table.bounds:
            start = changed[label][name]
            unit = start_unit(start, table.bounds.relative)
            bounds[path] = initial_bounds(start, numbers.bounds, unit=unit, sign=_SIGN)
    return changed, Structure(key, present, bounds)


def masked(weights: Weights, structure: Structure) -> Weights:
    """Return weights without those where there is no spine."""
    changed = {label: dict(own) for label, own in weights.items()}
    for path, present in structure.present.items():
        label, name = path.split(".")
        changed[label][name] = changed[label][name] * present
    return changed


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
    changed = {label: dict(own) for label, own in weights.items()}
    present, bounds = dict(structure.present), dict(structure.bounds)
    key = jax.random.fold_in(structure.key, sample)
    for path in table.projections:
        label, name = path.split(".")
        if table.spines:
            volume = numbers.volume[path]
            spines = Spines(changed[label][name] * volume, present[path])
            interval = DAY * table.every / table.spines.samples_per_day
            rules = spine_rules(table.spines.model)
            spines = rules.step(numbers.spines, _key(key, path), spines, interval)
            changed[label][name], present[path] = spines.volume / volume, spines.present
        if table.bounds:
            bounds[path] = adapt(bounds[path], changed[label][name], numbers.bounds, sign=_SIGN)
            changed[label][name] = clipped(changed[label][name], bounds[path])
    return changed, Structure(structure.key, present, bounds)


#: Projections with spines come from excitatory cells.
_SIGN = 1


def _key(key: Array, path: str) -> Array:
    """Return random numbers of a projection of its own."""
    return jax.random.fold_in(key, zlib.crc32(path.encode()))


def check_structural(network: Network, origin: str) -> None:
    """Raise a `LearningError` if spines or bounds do not fit the network."""
    table, place = network.structural, f"{origin}: [structural]"
    if table is None:
        return
    if not network.dale:
        raise LearningError(f"{place}: weights of spines have signs; leave out dale = false")
    known = {
        f"{label}.below_to_E": layer.projections["below_to_E"]
        for label, layer in network.layers.items()
    }
    for path in table.projections:
        if path not in known:
            raise LearningError(f"{place}: projections: no {path!r}. {suggest(path, known)}")
        if known[path].spread is None or known[path].total is not None:
            raise LearningError(f"{place}: projections: {path} needs 'spread', and no 'total'")
    if table.spines is None and table.bounds is None:
        raise LearningError(f"{place}: [structural.spines] or [structural.bounds] is wanted")
    if table.spines is not None:
        try:
            rules, numbers = spine_rules(table.spines.model), spine_numbers(table.spines)
            key = jax.random.PRNGKey(0)
            rules.step(numbers, key, rules.start(numbers, key, (2,)), 1.0)
        except NeurospineError as error:
            raise LearningError(f"{origin}: [structural.spines]: {error}") from None
