"""Where spines sit on the dendrite, and what shape they have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from neurospine.description.evaluate import evaluate
from neurospine.description.expressions import names_read
from neurospine.description.model import Model
from neurospine.description.plasticity_parts import LOCAL_PORTS
from neurospine.description.receptors import local_ports, projection_effect, spine_segments
from neurospine.description.spine_parts import GeometryPart
from neurospine.description.units import parse_unit
from neurospine.simulation.network import Array
from neurospine.simulation.numbers import Numbers
from neurospine.simulation.random import generator


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
        Name of the compartment, and the way along it from its parent's side (um).
    geometry
        Sizes of each slot's spine, in base units.
    """

    segments: tuple[str, ...] = ()
    place: Array = field(default_factory=lambda: np.zeros(0, np.int32))
    compartment: Array = field(default_factory=lambda: np.zeros(0, object))
    position: Array = field(default_factory=lambda: np.zeros(0))
    geometry: Mapping[str, Array] = field(default_factory=dict)


def make_sites(numbers: Numbers, projection: str, volume: Array, seed: int) -> Sites:
    """Return the sites of all slots, in all copies of the circuit.

    They are even over the membrane of the compartments, taken together (a compartment that
    stands for many branches has their area), and so even along each of them; conditions
    of one repeat share their random numbers. `volume` (um**3) is that of each slot at the
    start; a site without a spine gets the shape of one of the initial volume.
    """
    copies = len(numbers.models) * numbers.repeats
    size = volume.size // copies
    segments = spine_segments(numbers.model, projection)
    part = numbers.model.spines[projection].geometry
    geometry = _geometry(numbers, projection, part, volume, copies, seed) if part else {}
    if not segments:
        return Sites(geometry=geometry)
    model, described = numbers.model, numbers.model.circuit.projections[projection]
    cell = model.cells[described.target]
    known = {s.name: s for s in cell.tree.segments}
    names = np.array([known[s].compartment for s in segments], object)
    pieces, before = np.array([(known[s].pieces, known[s].number) for s in segments]).T
    lengths, diameters = (
        np.array([numbers.copies(cell.part.name, cell.places[name][side]) for name in names])
        for side in (0, 1)
    )
    lengths = lengths / pieces[:, None]
    areas = lengths * diameters
    place, position = np.empty((copies, size), np.int32), np.empty((copies, size))
    for copy in range(copies):
        random = generator(seed, projection, "sites", str(copy % numbers.repeats))
        area = areas[:, copy]
        ends = np.cumsum(area)
        way = random.random(size) * ends[-1]
        index = np.minimum(np.searchsorted(ends, way, side="right"), ends.size - 1)
        along = (way - (ends - area)[index]) / area[index]
        place[copy] = index
        position[copy] = (before[index] + along) * lengths[index, copy] * 1e6
    flat = place.ravel()
    return Sites(segments, flat, names[flat], position.ravel(), geometry)


def _geometry(
    numbers: Numbers, projection: str, part: GeometryPart, volume: Array, copies: int, seed: int
) -> dict[str, Array]:
    size = volume.size // copies
    spine = numbers.model.spines[projection]
    initial = numbers.copies(spine.structure.name, spine.structure.volume.initial)
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
        here = [f"{name}*int(place == {n})" for n, name in enumerate(names)]
        value = " + ".join(here) if len(names) > 1 else names[0]
        lines.append(f"{port} = {value} : {LOCAL_PORTS[port]}")
    return lines, values


def dendrite_lengths(numbers: Numbers, projection: str) -> dict[str, Array]:
    """Return the length in um of each compartment with spines of a projection, by copy."""
    model, described = numbers.model, numbers.model.circuit.projections[projection]
    cell = model.cells.get(described.target)
    if cell is None:
        return {}
    reached = set(spine_segments(model, projection))
    found = {s.compartment: None for s in cell.tree.segments if s.name in reached}
    return {name: numbers.copies(cell.part.name, cell.places[name][0]) * 1e6 for name in found}
