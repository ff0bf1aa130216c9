"""Which spines glutamate is uncaged at, and how far all others are from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from neurospine.description.model import Model
from neurospine.description.parts import Projection
from neurospine.description.protocol import Protocol
from neurospine.description.stimuli import Uncaging
from neurospine.errors import NeurospineError, ProtocolError, suggest
from neurospine.simulation.network import Array
from neurospine.simulation.occasion import Occasion, named
from neurospine.simulation.sites import Sites
from neurospine.simulation.slots import Slots

#: Distances (um) that differ by less are the same: then it is the first slot that is taken.
_SAME_DISTANCE = 1e-6
#: Of distances (um), so that those between even places are as even as these.
_DECIMALS = 9


@dataclass(frozen=True)
class Aim:
    """The spines that one stimulus reaches.

    Attributes
    ----------
    projection, population
        The spines are of this projection, their axons of this population.
    slots
        In each copy of the circuit the slots, counted within it.
    axons
        The axons that end there, counted within the copy.
    """

    projection: str
    population: str
    slots: tuple[Array, ...]
    axons: tuple[Array, ...]


#: By the name of the phase (in the file) and the number of the stimulus in it.
Aims = Mapping[tuple[str, int], Aim]


@dataclass(frozen=True)
class _Copy:
    """The slots of a projection in one copy of the circuit, with their cells counted within it."""

    axon: Array
    cell: Array
    present: Array
    compartment: Array
    position: Array
    ends: Array


def aims(
    protocol: Protocol,
    model: Model,
    slots: Mapping[str, Slots],
    sizes: Mapping[str, int],
    seed: int,
) -> Aims:
    """Return the spines that each stimulus of the kind uncaging reaches; none at a rate of 0.

    Parameters
    ----------
    protocol, model
        What is run.
    slots
        The slots of each projection.
    sizes
        Cells in one copy of each population.
    seed
        That of the run.

    Raises
    ------
    ProtocolError
        If there are no such spines, or their axons end on others too or are neurons.
    """
    found = {}
    rows = [row for row in protocol.grid.rows for _ in range(protocol.repeats)]
    for phase in protocol.phases:
        for number, stimulus in enumerate(phase.stimuli):
            if not isinstance(stimulus, Uncaging):
                continue
            try:
                _check(stimulus, model)
                name = stimulus.projection
                described = model.circuit.projections[name]
                chosen, axons = [], []
                for copy, row in enumerate(rows):
                    repeat = copy % protocol.repeats
                    occasion = Occasion(protocol, phase, number, row, repeat, seed, sizes)
                    here = _copy(slots[name], described, sizes, copy, len(rows))
                    reached = _chosen(stimulus, described, here, slots[name].sites, occasion)
                    reached = reached[: 0 if occasion.rate(stimulus.rate) == 0 else None]
                    chosen.append(reached)
                    axons.append(here.axon[reached])
            except NeurospineError as error:
                place = f"{protocol.place}: {named(phase, number, stimulus)}"
                raise ProtocolError(f"{place}: {error}") from None
            aim = Aim(name, described.origin, tuple(chosen), tuple(axons))
            found[phase.name, number] = aim
    return found


def _copy(
    slots: Slots, described: Projection, sizes: Mapping[str, int], copy: int, copies: int
) -> _Copy:
    size = slots.pre.size // copies
    own, sites = slice(copy * size, (copy + 1) * size), slots.sites
    lies = bool(sites.position.size)
    return _Copy(
        slots.pre[own] - copy * sizes[described.origin],
        slots.post[own] - copy * sizes[described.target],
        slots.stage[own] > 0,
        sites.compartment[own],
        sites.position[own],
        sites.ends[copy] if lies else np.zeros(2),
    )


def _check(stimulus: Uncaging, model: Model) -> None:
    """Raise a `ProtocolError` if keys do not go together, or there is no such projection."""
    projections = model.circuit.projections
    if stimulus.projection not in projections:
        hint = suggest(stimulus.projection, projections)
        raise ProtocolError(f"projection: no projection {stimulus.projection!r}. {hint}")
    if (stimulus.number is None) == (stimulus.spines is None):
        raise ProtocolError("give either 'number' (with 'around') or the slots, 'spines'")
    if stimulus.spines is not None and stimulus.around is not None:
        raise ProtocolError("around: goes with 'number', not with 'spines'")
    described = projections[stimulus.projection]
    if described.origin in model.neurons:
        raise ProtocolError(
            f"projection: the axons of {stimulus.projection!r} are neurons ({described.origin!r}), "
            "which cannot be made to spike one by one"
        )
    if model.spines[stimulus.projection].stages and described.connectivity.rewires:
        raise ProtocolError(
            f"projection: spines of {stimulus.projection!r} that are born have any axon, so an "
            "axon does not stay with one spine; use another rule of connectivity"
        )


def _chosen(
    stimulus: Uncaging, described: Projection, here: _Copy, sites: Sites, occasion: Occasion
) -> Array:
    """Return the slots that a stimulus reaches in one copy of the circuit.

    Raises
    ------
    ProtocolError
        If there are no such spines, or an axon ends on several.
    """
    if stimulus.spines is not None:
        chosen = _listed(stimulus.spines, here)
    else:
        chosen = _nearest(stimulus, described, here, sites, occasion)
    ends = np.bincount(here.axon)
    several = chosen[ends[here.axon[chosen]] > 1]
    if several.size:
        axon = here.axon[several[0]]
        raise ProtocolError(
            f"projection: cell {axon} of {described.origin!r} ends on {ends[axon]} spines of "
            f"{stimulus.projection!r}, and its spike would reach them all; each spine needs an "
            "axon of its own"
        )
    return chosen


def _listed(spines: tuple[int, ...], here: _Copy) -> Array:
    chosen = np.array(spines, np.int64)
    if chosen.min() < 0 or chosen.max() >= here.axon.size:
        raise ProtocolError(f"spines: slots must be from 0 to {here.axon.size - 1}")
    if np.unique(chosen).size < chosen.size:
        raise ProtocolError("spines: a slot is given twice")
    empty = chosen[~here.present[chosen]]
    if empty.size:
        raise ProtocolError(f"spines: slot {empty[0]} has no spine at the start")
    return chosen


def _nearest(
    stimulus: Uncaging, described: Projection, here: _Copy, sites: Sites, occasion: Occasion
) -> Array:
    """Return the slots of so many spines on each cell, those nearest to a place first."""
    assert stimulus.number is not None
    number, projection = occasion.whole("number", stimulus.number), stimulus.projection
    if not here.position.size:
        raise ProtocolError(
            f"number: the spines of {projection!r} lie on no dendrite, so none is nearest; give "
            f"their slots as 'spines', or [projections.{projection}] a 'length' or 'compartments'"
        )
    low, high = here.ends
    around = (low + high) / 2
    if stimulus.around is not None:
        around = occasion.quantity("around", stimulus.around, "um")
    if not low - _SAME_DISTANCE <= around <= high + _SAME_DISTANCE:
        raise ProtocolError(
            f"around: {around:g} um is not on the {sites.first}, {low:g} to {high:g} um"
        )
    there = here.present & (here.compartment == sites.first)
    distance = np.rint(np.abs(here.position - around) / _SAME_DISTANCE)
    chosen = []
    for cell in np.unique(here.cell):
        own = np.flatnonzero(there & (here.cell == cell))
        if own.size < number:
            raise ProtocolError(
                f"number: {number} spines are more than the {own.size} that cell {cell} of "
                f"{described.target!r} has on the {sites.first} at the start"
            )
        chosen.append(own[np.argsort(distance[own], kind="stable")[:number]])
    return np.concatenate([np.zeros(0, np.int64), *chosen])


def stimulated(aims: Aims, projection: str, slots: Slots) -> Array | None:
    """Return whether glutamate is uncaged at each slot at any time, shape (slots,).

    None where the protocol has no such stimulus on the projection.
    """
    own = [aim for aim in aims.values() if aim.projection == projection]
    if not own:
        return None
    reached = np.zeros(slots.pre.size, bool)
    for aim in own:
        size = slots.pre.size // len(aim.slots)
        for copy, chosen in enumerate(aim.slots):
            reached[copy * size + chosen] = True
    return reached


def stimulated_distance(slots: Slots, reached: Array) -> Array:
    """Return how far each spine is from the nearest stimulated one (um), shape (slots,).

    Along the same compartment of the same cell; 0 for a stimulated one, infinite where there
    is none.

    Parameters
    ----------
    slots
        Of one projection.
    reached
        What `stimulated` returned.
    """
    distance = np.where(reached, 0.0, np.inf)
    if not slots.sites.position.size:
        return distance
    position = slots.sites.position
    names, number = np.unique(slots.sites.compartment.astype(str), return_inverse=True)
    dendrite = slots.post.astype(np.int64) * names.size + number
    order = np.argsort(dendrite, kind="stable")
    ordered = dendrite[order]
    for one in np.unique(dendrite[reached]):
        first, last = np.searchsorted(ordered, [one, one + 1])
        own = order[first:last]
        places = np.sort(position[own[reached[own]]])
        near = np.searchsorted(places, position[own])
        sides = [places[np.clip(near - side, 0, places.size - 1)] for side in (0, 1)]
        distance[own] = np.min(np.abs(position[own] - np.array(sides)), axis=0)
    return np.round(distance, _DECIMALS)
