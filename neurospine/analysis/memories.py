"""What is left of a pattern in spines: how much its sites weigh more than others."""

from __future__ import annotations

import numpy as np
import pandas as pd

from neurospine.analysis.repeats import Array, Cells
from neurospine.analysis.visits import Imaging, ends_of_phases, in_unit, snapshot, span
from neurospine.description.network_measures import MemoryContrast
from neurospine.errors import ResultError, suggest
from neurospine.results.trajectory import Trajectory


def memory_contrast(trajectory: Trajectory, measure: MemoryContrast) -> pd.DataFrame:
    """Return how much sites of a pattern weigh more than others, by repeat and time.

    Raises
    ------
    ResultError
        If a projection is not in the run, or births are wanted but were not recorded.
    """
    cells = Cells.of(trajectory)
    pattern, others = (
        _imaging(trajectory, name, measure) for name in (measure.projection, measure.against)
    )
    times = ends_of_phases(trajectory, measure)
    since = None
    if measure.formed_since is not None:
        since, _ = span(trajectory, measure.formed_since)
    found = np.empty((cells.size, times.size))
    for place, time in enumerate(times):
        trained, _ = _sites(cells, pattern, float(time), since)
        mean, spread = _sites(cells, others, float(time), since)
        found[:, place] = trained - mean
        if measure.give == "d_prime":
            found[:, place] = _over(found[:, place], spread)
    if measure.give == "kept":
        found = _over(found, found[:, :1].copy())
    own = {"time": in_unit(times - times[0], measure.unit)}
    return cells.values(found, np.zeros(found.shape), own)


def _imaging(trajectory: Trajectory, name: str, measure: MemoryContrast) -> Imaging:
    if name not in trajectory.spines:
        raise ResultError(
            f"no projection {name!r} in this run. {suggest(name, list(trajectory.spines))}"
        )
    living = trajectory.info.spines[name].stages
    if measure.formed_since is not None and living and name not in trajectory.contacts:
        raise ResultError(
            f"the contacts of {name!r} were not recorded, so it is not known which spines are new"
        )
    return Imaging(trajectory, name, measure)


def _sites(cells: Cells, imaging: Imaging, time: float, since: float | None) -> tuple[Array, Array]:
    """Return the mean weight of sites, and the standard deviation over them, shape (cells,) each.

    Only spines born since a time (s) count in the mean, where one is given.
    """
    weight = snapshot(imaging.dataset, "weight", time).astype(float)
    number = cells.count(imaging.cell)
    total, squares = (
        np.bincount(imaging.cell, values, minlength=cells.size) for values in (weight, weight**2)
    )
    mean = total / number
    spread = np.sqrt(np.maximum(squares / number - mean**2, 0.0) * number / (number - 1))
    if since is not None:
        born = imaging.birth(imaging.identity(time))
        mean = np.bincount(imaging.cell, weight * (born >= since), minlength=cells.size) / number
    return mean, spread


def _over(part: Array, whole: Array) -> Array:
    """Return part/whole, NaN where the whole is 0."""
    nothing = np.full(part.shape, np.nan)
    return np.asarray(np.divide(part, whole, where=whole != 0, out=nothing))
