"""How strongly cells are joined within assemblies, and between them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from neurospine.analysis.repeats import Array, Cells
from neurospine.analysis.visits import ends_of_phases, in_unit, snapshot
from neurospine.description.network_measures import AssemblyStrength
from neurospine.errors import ResultError, suggest
from neurospine.results.trajectory import Trajectory


def assembly_strength(trajectory: Trajectory, measure: AssemblyStrength) -> pd.DataFrame:
    """Return strength within over strength between assemblies, by repeat and time."""
    cells = Cells.of(trajectory)
    if measure.projection not in trajectory.spines:
        hint = suggest(measure.projection, trajectory.spines)
        raise ResultError(f"no projection {measure.projection!r} in this run. {hint}")
    populations = trajectory.info.populations
    if measure.population not in populations:
        hint = suggest(measure.population, populations)
        raise ResultError(f"no population {measure.population!r} in this run. {hint}")
    size = populations[measure.population] // cells.size
    if size % measure.size or size == measure.size:
        raise ResultError(
            f"{size} cells of {measure.population!r} are no assemblies of {measure.size} cells"
        )
    times = ends_of_phases(trajectory, measure)
    found = np.column_stack([_ratio(trajectory, measure, cells, size, time) for time in times])
    if measure.give == "kept":
        first = found[:, :1] - 1
        found = np.divide(found - 1, first, where=first != 0, out=np.full(found.shape, np.nan))
    own = {"time": in_unit(times - times[0], measure.unit)}
    return cells.values(found, np.zeros(found.shape), own)


def _ratio(
    trajectory: Trajectory, measure: AssemblyStrength, cells: Cells, size: int, time: float
) -> Array:
    """Return the ratio in each copy of the circuit at a time (s), shape (cells,)."""
    dataset = trajectory.spines[measure.projection]
    weight = snapshot(dataset, "weight", time)
    before, after = (
        (partner % size) // measure.size
        for partner in (_origins(trajectory, measure, time), dataset["post"].values)
    )
    within = before == after
    cell = cells.index(dataset)
    sums = [np.bincount(cell, weight * there, minlength=cells.size) for there in (within, ~within)]
    pairs = np.array([measure.size - 1, size - measure.size])  # partners of a cell, not itself
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((sums[0] / pairs[0]) / (sums[1] / pairs[1]))


def _origins(trajectory: Trajectory, measure: AssemblyStrength, time: float) -> Array:
    """Return the presynaptic cell of every slot at a time (s); births may change it."""
    dataset = trajectory.spines[measure.projection]
    origins = dataset["pre"].values.copy()
    table = trajectory.contacts.get(measure.projection)
    if table is None:
        if trajectory.info.spines[measure.projection].stages:
            raise ResultError(
                f"the contacts of {measure.projection!r} were not recorded, so it is not known "
                "which cells newborn spines join"
            )
        return origins
    born = table[table["birth"].fillna(-np.inf) <= time * (1 + 1e-12)]
    latest = born.drop_duplicates("slot", keep="last").set_index("slot")["pre"]
    slots = dataset["slot"].values
    known = latest.reindex(slots)
    there = known.notna().to_numpy()
    origins[there] = known.to_numpy()[there].astype(origins.dtype)
    return origins
