"""The neuron of a run with the spines of one of its cells, as a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from neurospine.analysis.drawing import finish
from neurospine.analysis.neuron_drawing import shown_conditions
from neurospine.analysis.repeats import Array
from neurospine.analysis.tree_plot import draw_tree
from neurospine.analysis.visits import snapshot, span
from neurospine.analysis.windows import cells_of
from neurospine.description.neuron_pictures import Morphology
from neurospine.errors import ResultError, suggest
from neurospine.results.trajectory import Trajectory
from neurospine.simulation.resume import recorded_model

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
    compartment, position, volume = _spines(trajectory, plot, shape)
    draw_tree(
        axes, shape.names, shape.parents, shape.lengths, shape.diameters, attached=shape.attached,
        compartment=compartment, position=position, volume=volume,
    )  # fmt: skip
    finish(axes, plot.title, legend=False)


def _spines(trajectory: Trajectory, plot: Morphology, shape: Shape) -> tuple[Array, Array, Array]:
    """Return number of the compartment, position (um) and volume of the spines of a cell."""
    (condition, *_) = shown_conditions(trajectory, plot)
    size = cells_of(trajectory, plot.population)
    if plot.cell >= size:
        raise ResultError(f"cell: must be from 0 to {size - 1} in {plot.population!r}")
    time = span(trajectory, plot.phase)[plot.at == "end"]
    names = list(trajectory.spines) if plot.projection is None else [plot.projection]
    targets = {n: p.target for n, p in recorded_model(trajectory.info).circuit.projections.items()}
    numbers = {name: number for number, name in enumerate(shape.names)}
    found: list[tuple[Array, Array, Array]] = [(np.zeros(0, int), np.zeros(0), np.zeros(0))]
    for name in names:
        if targets.get(name) != plot.population:
            if plot.projection is not None:
                raise ResultError(f"no projection {name!r} onto {plot.population!r}")
            continue
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
