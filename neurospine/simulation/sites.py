"""Where spines sit on the dendrite, and what shape they have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from neurospine.description.evaluate import evaluate
from neurospine.description.expressions import names_read
from neurospine.description.model import Model
from neurospine.description.places import DENDRITE
from neurospine.description.plasticity_parts import LOCAL_PORTS
from neurospine.description.receptors import local_ports, projection_effect, spine_segments
from neurospine.description.spine_parts import GeometryPart
from neurospine.description.units import parse_unit
from neurospine.errors import ModelError
from neurospine.simulation.network import Array
from neurospine.simulation.numbers import Numbers
from neurospine.simulation.random import generator

#: Of places (um) that are no random numbers: without the dust of conversions.
_DECIMALS = 9
#: Two places are the same when they are closer than this share of the way to them.
_SAME = 1e-9


@dataclass(frozen=True)
class Sites:
    """The slots of a projection on the dendrites.

    Attributes
    ----------
    segments
        The segments that the projection reaches.
    place
        The number of each slot's segment among them; empty on point neurons.
    compartment, position
        Name of the compartment, and the way along it from its parent's side (um); empty where
        there is no dendrite.
    first, ends
        The compartment of the first place that the projection names, and where this place
        begins and ends there in each copy of the circuit (um), shape (copies, 2).
    geometry
        Sizes of each slot's spine, in base units.
    """

    segments: tuple[str, ...] = ()
    place: Array = field(default_factory=lambda: np.zeros(0, np.int32))
    compartment: Array = field(default_factory=lambda: np.zeros(0, object))
    position: Array = field(default_factory=lambda: np.zeros(0))
    first: str = ""
    ends: Array = field(default_factory=lambda: np.zeros((0, 2)))
    geometry: Mapping[str, Array] = field(default_factory=dict)

    def in_order(self, order: Array) -> Sites:
        """Return the sites with the slots in another order."""
        own = {name: getattr(self, name) for name in ("place", "compartment", "position")}
        moved = {name: array[order] for name, array in own.items() if array.size}
        geometry = {name: array[order] for name, array in self.geometry.items()}
        return replace(self, **moved, geometry=geometry)


@dataclass(frozen=True)
class _Stretches:
    """The pieces of dendrite that a projection reaches, in order.

    Attributes
    ----------
    compartments, before
        The compartment of each, and how many pieces of its length lie before it there.
    lengths, areas
        In each copy of the circuit (m; m**2, or whatever spines are even over), shape
        (pieces, copies).
    first
        How many of them the first place of the projection has.
    """

    compartments: Array
    before: Array
    lengths: Array
    areas: Array
    first: int

    @property
    def ends(self) -> Array:
        """Where the first place begins and ends (um), shape (copies, 2)."""
        pieces = np.array([self.before[: self.first].min(), self.before[: self.first].max() + 1])
        return np.asarray(pieces * self.lengths[0][:, None] * 1e6)

    def at(self, share: Array, copy: int) -> tuple[Array, Array]:
        """Return piece and position (um) at shares of the whole area in a copy."""
        area = self.areas[:, copy]
        ends = np.cumsum(area)
        way = share * ends[-1]
        piece = np.minimum(np.searchsorted(ends, way, side="right"), ends.size - 1)
        along = (way - (ends - area)[piece]) / area[piece]
        return piece, (self.before[piece] + along) * self.lengths[piece, copy] * 1e6

    def piece(self, position: float, copy: int) -> int:
        """Return the piece of the first place at a position (m) in a copy."""
        before = position / self.lengths[0, copy]
        return max(0, int(np.searchsorted(self.before[: self.first], before, "right")) - 1)


def make_sites(numbers: Numbers, projection: str, volume: Array, post: Array, seed: int) -> Sites:
    """Return the sites of all slots, in all copies of the circuit.

    They are even over the membrane of the compartments, taken together (a compartment that
    stands for many branches has their area), and so even along each of them: at random,
    where conditions of one repeat share their random numbers, or at equal distances for each
    cell; or they are all at one place.

    Parameters
    ----------
    numbers, projection
        The model, and which of its projections.
    volume
        Head volume of each slot at the start (um**3); a site without a spine gets the shape
        of one of the initial volume.
    post
        The postsynaptic cell of each slot.
    seed
        Decides random places and shapes.

    Raises
    ------
    ModelError
        If a dendrite has no length, or a place is not on it.
    """
    copies = len(numbers.models) * numbers.repeats
    size = volume.size // copies
    segments = spine_segments(numbers.model, projection)
    part = numbers.model.spines[projection].geometry
    geometry = _geometry(numbers, projection, part, volume, copies, seed) if part else {}
    described = numbers.model.circuit.projections[projection]
    if not segments and described.length is None:
        return Sites(geometry=geometry)
    found = _stretches(numbers, projection, segments)
    fixed = _fixed_position(numbers, projection, found)
    index, position = np.empty((copies, size), np.int32), np.empty((copies, size))
    for copy in range(copies):
        if fixed is not None:
            index[copy], position[copy] = found.piece(fixed[copy], copy), fixed[copy] * 1e6
        elif described.placement == "even":
            share = _even(post[copy * size : (copy + 1) * size])
            index[copy], position[copy] = found.at(share, copy)
        else:
            random = generator(seed, projection, "sites", str(copy % numbers.repeats))
            index[copy], position[copy] = found.at(random.random(size), copy)
    if described.placement == "even" or fixed is not None:
        position = np.round(position, _DECIMALS)
    flat, names = index.ravel(), found.compartments
    place = flat if segments else Sites().place
    return Sites(segments, place, names[flat], position.ravel(), names[0], found.ends, geometry)


def _stretches(numbers: Numbers, projection: str, segments: Sequence[str]) -> _Stretches:
    """Return the pieces of dendrite under a projection: its segments, or the one dendrite."""
    model, described = numbers.model, numbers.model.circuit.projections[projection]
    if described.length is not None:
        length = numbers.copies(model.name, described.length)
        if not np.all(length > 0):
            raise ModelError(
                f"{_table(model, projection)}: length: parameter {model.name}.{described.length}: "
                f"must be positive, found {length.min() * 1e6:g} um"
            )
        alone = np.array([DENDRITE], object)
        return _Stretches(alone, np.zeros(1, np.int64), length[None], length[None], 1)
    cell = model.cells[described.target]
    known = {s.name: s for s in cell.tree.segments}
    names = np.array([known[s].compartment for s in segments], object)
    pieces, before = np.array([(known[s].pieces, known[s].number) for s in segments]).T
    lengths, diameters = (
        np.array([numbers.copies(cell.part.name, cell.places[name][side]) for name in names])
        for side in (0, 1)
    )
    lengths = lengths / pieces[:, None]
    first = len(cell.segments(described.compartments[0]))
    return _Stretches(names, before, lengths, lengths * diameters, first)


def _fixed_position(numbers: Numbers, projection: str, found: _Stretches) -> Array | None:
    """Return the one place of all spines in each copy (m), if there is one."""
    model, described = numbers.model, numbers.model.circuit.projections[projection]
    if described.position is None:
        return None
    position = numbers.copies(model.name, described.position)
    low, high = found.ends.T / 1e6
    wrong = np.flatnonzero((position < low * (1 - _SAME)) | (position > high * (1 + _SAME)))
    if wrong.size:
        copy = wrong[0]
        raise ModelError(
            f"{_table(model, projection)}: position: parameter {model.name}.{described.position}: "
            f"{position[copy] * 1e6:g} um is not on the {found.compartments[0]}, "
            f"{low[copy] * 1e6:g} to {high[copy] * 1e6:g} um"
        )
    return position


def _table(model: Model, projection: str) -> str:
    origin = model.origins.get(model.name, f"circuit {model.name!r}")
    return f"{origin}: [projections.{projection}]"


def _even(post: Array) -> Array:
    """Return equal distances, as shares of the whole, for the slots of each cell in turn."""
    order = np.argsort(post, kind="stable")
    _, start, number = np.unique(post[order], return_index=True, return_counts=True)
    share = np.empty(post.size)
    share[order] = (np.arange(post.size) - np.repeat(start, number) + 0.5) / np.repeat(
        number, number
    )
    return share


def _geometry(
    numbers: Numbers, projection: str, part: GeometryPart, volume: Array, copies: int, seed: int
) -> dict[str, Array]:
    size = volume.size // copies
    spine = numbers.model.spines[projection]
    initial = numbers.at_start(spine.structure.name, spine.structure.volume.initial)
    given = {name: numbers.copies(part.name, name) for name in part.parameters}
    found: dict[str, list[Array]] = {name: [] for name in part.quantities}
    for copy in range(copies):
        random = generator(seed, projection, "geometry", str(copy % numbers.repeats))
        own = volume[copy * size : (copy + 1) * size]
        names: dict[str, Array | float] = {"volume": np.where(own > 0, own, initial[copy])}
        names |= {normal: random.standard_normal(size) for normal in part.normals}
        names |= {name: float(values[copy]) for name, values in given.items()}
        for name, quantity in part.quantities.items():
            names[name] = np.broadcast_to(evaluate(quantity.value, names), size)
            found[name].append(np.asarray(names[name]))
    return {name: np.concatenate(values) for name, values in found.items()}


def in_unit(values: Array, unit: str) -> Array:
    """Return values in base units counted in a unit."""
    return values / float(parse_unit(unit))


def on_dendrites(model: Model, projection: str, sites: Sites) -> tuple[list[str], dict[str, Array]]:
    """Return what statements at spines read of their place on the dendrite."""
    lines: list[str] = []
    values: dict[str, Array] = {}
    if len(sites.segments) > 1:
        lines.append("place : integer (constant)")
        values["place"] = sites.place
    if "neck_resistance" in names_read(projection_effect(model, projection)):
        lines.append("neck_resistance : ohm (constant)")
        values["neck_resistance"] = sites.geometry["neck_resistance"]
    for port, names in local_ports(model, projection).items():
        if names == (port,):  # an alias says so already
            continue
        here = [f"{name}*int(place == {n})" for n, name in enumerate(names)]
        value = " + ".join(here) if len(names) > 1 else names[0]
        lines.append(f"{port} = {value} : {LOCAL_PORTS[port]}")
    return lines, values


def dendrite_lengths(numbers: Numbers, projection: str) -> dict[str, Array]:
    """Return the length in um of each compartment with spines of a projection, by copy."""
    model, described = numbers.model, numbers.model.circuit.projections[projection]
    if described.length is not None:
        return {DENDRITE: numbers.copies(model.name, described.length) * 1e6}
    cell = model.cells.get(described.target)
    if cell is None:
        return {}
    reached = set(spine_segments(model, projection))
    found = {s.compartment: None for s in cell.tree.segments if s.name in reached}
    return {name: numbers.copies(cell.part.name, cell.places[name][0]) * 1e6 for name in found}
