"""The neuron of a run with the spines of one of its cells, as a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from neurospine.analysis.drawing import caption, finish
from neurospine.analysis.neuron_drawing import said_copy, shown_conditions, words
from neurospine.analysis.repeats import Array
from neurospine.analysis.tree_plot import draw_tree
from neurospine.analysis.visits import snapshot, span
from neurospine.analysis.windows import cells_of
from neurospine.description.dale import projection_sign
from neurospine.description.neuron_pictures import Morphology
from neurospine.errors import ResultError, suggest
from neurospine.results.trajectory import Trajectory
from neurospine.simulation.resume import recorded_model

#: In inches: the height of a tall tree, the widest tree, the narrowest picture; what is beside
#: a tree with spines, and above and below it.
_HEIGHT, _WIDEST, _NARROWEST = 6.6, 8.0, 4.2
_BESIDE, _ABOVE = 1.0, 0.5
_PLACES = {"start": 0.0, "middle": 0.5, "end": 1.0}


@dataclass(frozen=True)
class Shape:
    """The compartments of a neuron, the root first; lengths in um (see `draw_tree`)."""

    names: tuple[str, ...]
    parents: tuple[int, ...]
    lengths: Array
    diameters: Array
    attached: Array


def shape_of(trajectory: Trajectory, population: str) -> Shape:
    """Return the compartments of the neurons of a population.

    Raises
    ------
    ResultError
        If they have none.
    """
    model = recorded_model(trajectory.info)
    if population not in model.cells:
        hint = suggest(population, model.cells) if model.cells else "There are none here."
        raise ResultError(f"{population!r} has no neurons of compartments. {hint}")
    cell = model.cells[population]
    names = cell.compartments
    sizes = np.array([[1e6 * model.number(cell.part.name, name) for name in cell.places[place]]
                      for place in names])  # fmt: skip
    parents, attached = [], []
    for name in names:
        compartment = cell.part.compartments[name]
        parents.append(-1 if compartment.parent is None else names.index(compartment.parent))
        default = "middle" if compartment.parent == names[0] else "end"
        attached.append(_PLACES[compartment.attached or default])
    return Shape(names, tuple(parents), sizes[:, 0], sizes[:, 1], np.array(attached))


def draw_morphology(axes: Any, trajectory: Trajectory, plot: Morphology) -> None:
    """Draw a cell and the spines on it at the start or end of a phase."""
    shape = shape_of(trajectory, plot.population)
    names = _projections(trajectory, plot)
    compartment, position, volume = _spines(trajectory, plot, shape, names)
    draw_tree(
        axes, shape.names, shape.parents, shape.lengths, shape.diameters, attached=shape.attached,
        compartment=compartment, position=position, volume=volume,
    )  # fmt: skip
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    beside = _BESIDE if volume.size else 0.0
    width = np.clip(_HEIGHT * (right - left) / (top - bottom), _NARROWEST - beside, _WIDEST)
    height = min(_HEIGHT, width * (top - bottom) / (right - left))
    axes.figure.set_size_inches(width + beside, height + _ABOVE)
    finish(axes, plot.title, legend=False)
    axes.set_title(plot.title, loc="left")
    if volume.size:
        of = ", ".join(words(name) for name in names)
        dots = f"dots: {of}, their area as (head volume)$^{{2/3}}$"
        caption(axes, dots, said_copy(trajectory, plot))


def _projections(trajectory: Trajectory, plot: Morphology) -> list[str]:
    """Return the projections onto a population whose contacts are drawn.

    If none is named, those whose spines change or have a shape, and do not inhibit; or else all.
    """
    model = recorded_model(trajectory.info)
    onto = [
        name
        for name, projection in model.circuit.projections.items()
        if projection.target == plot.population and name in trajectory.spines
    ]
    if plot.projection is not None:
        if plot.projection not in onto:
            hint = suggest(plot.projection, onto) if onto else "There are none here."
            raise ResultError(f"no projection {plot.projection!r} onto {plot.population!r}. {hint}")
        return [plot.projection]
    spines = {name: model.spines[name] for name in onto}
    living = [
        name
        for name, spine in spines.items()
        if (spine.stages or spine.rule or spine.geometry) and projection_sign(model, name) >= 0
    ]
    return living or onto


def _spines(
    trajectory: Trajectory, plot: Morphology, shape: Shape, names: list[str]
) -> tuple[Array, Array, Array]:
    """Return number of the compartment, position (um) and volume of the spines of a cell."""
    (condition, *_) = shown_conditions(trajectory, plot)
    size = cells_of(trajectory, plot.population)
    if plot.cell >= size:
        raise ResultError(f"cell: must be from 0 to {size - 1} in {plot.population!r}")
    time = span(trajectory, plot.phase)[plot.at == "end"]
    numbers = {name: number for number, name in enumerate(shape.names)}
    found: list[tuple[Array, Array, Array]] = [(np.zeros(0, int), np.zeros(0), np.zeros(0))]
    for name in names:
        table = trajectory.info.spines[name].kept
        here = (table["condition"] == condition) & (table["repeat"] == plot.repeat)
        here &= table["post"] % size == plot.cell
        if "compartment" not in table:
            continue
        chosen = table[here]
        places = chosen["compartment"].map(numbers).to_numpy(int)
        volume = snapshot(trajectory.spines[name], "volume", time)[here.to_numpy()]
        found.append((places, chosen["position"].to_numpy(float), volume))
    compartment, position, volume = (np.concatenate(part) for part in zip(*found, strict=True))
    return compartment, position, volume
