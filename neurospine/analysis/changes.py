"""How single spines changed, by whether they were stimulated and how far from those that were."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from neurospine.analysis.fluctuations import head_area
from neurospine.analysis.repeats import Array, Cells, jackknife
from neurospine.analysis.visits import Imaging, Visit, imagings, in_unit, snapshot, span
from neurospine.description.change_measures import SizeChange
from neurospine.description.units import convert, parse_quantity, seconds
from neurospine.errors import ResultError
from neurospine.results.trajectory import Trajectory

#: Value and standard error over spines of their changes, where there are any.
Statistic = Callable[[Array, float], tuple[float, float]]


def size_change(trajectory: Trajectory, measure: SizeChange) -> pd.DataFrame:
    """Return how single spines changed, by repeat, time and distance.

    The error within a repeat is that over spines, which are the statistical unit of an
    experiment on one dendrite. With several repeats each is such an experiment, and the
    error is that over them (see `repeats.tabulate`), because spines of one dendrite share
    what spreads along it.

    Raises
    ------
    ResultError
        If the run has no stimulated spines, or no places, and they are asked for; or a size
        is 0 at the start, of which there is no relative change.
    """
    cells, statistic = Cells.of(trajectory), _STATISTICS[measure.give]
    begin, _ = span(trajectory, measure.first_phase)
    start, stop = span(trajectory, measure.phase)
    since = np.array([stop - start] if measure.at is None else list(map(seconds, measure.at)))
    groups = len(measure.edges)
    shape = (since.size, groups)
    changes: list[list[list[Array]]] = [[[] for _ in range(groups)] for _ in since]
    owners: list[list[Array]] = [[] for _ in range(groups)]
    everywhere = measure.model_copy(update={"stages": ()})
    both = zip(imagings(trajectory, measure), imagings(trajectory, everywhere), strict=True)
    for chosen, later in _measured(measure, list(both)):
        before = chosen.visit(begin)
        first = _size(chosen, before, measure, begin)
        inside = [_counted(before, measure) & group for group in _groups(chosen, measure)]
        for owner, own in zip(owners, inside, strict=True):
            owner.append(chosen.cell[own])
        for row, time in zip(changes, start + since, strict=True):
            after = later.visit(float(time))
            same = after.seen & (after.identity == before.identity)
            size = np.where(same, _size(later, after, measure, float(time)), 0.0)
            for found, own in zip(row, inside, strict=True):
                if not np.all(first[own] > 0):
                    raise ResultError(
                        f"phase {measure.first_phase!r} begins with a {measure.size} of 0, of "
                        "which there is no relative change"
                    )
                found.append(size[own] / first[own] - 1.0)
    value, error = np.full((2, cells.size, *shape), np.nan)
    for t, group in np.ndindex(shape):
        cell, change = (np.concatenate(parts) for parts in (owners[group], changes[t][group]))
        for number, own in enumerate(cells.split(cell, change)):
            if own.size:
                above = np.nan if measure.above is None else measure.above
                value[number, t, group], error[number, t, group] = statistic(own, above)
    return cells.values(value, error, _axes(measure, since))


def _axes(measure: SizeChange, since: Array) -> dict[str, Array]:
    """Return the own axes of the table, one value for each row of a cell."""
    times, middles = in_unit(since, measure.unit), np.mean(measure.edges, axis=1)
    own = {
        "time": np.repeat(times, middles.size),
        "distance": np.tile(np.round(middles, 9), times.size),
    }
    return {name: own[name] for name in measure.own_axes}


def _measured(
    measure: SizeChange, found: list[tuple[Imaging, Imaging]]
) -> list[tuple[Imaging, Imaging]]:
    """Return the projections with stimulated spines, if these matter, else all.

    Raises
    ------
    ResultError
        If there are none, or their distances are not known.
    """
    if not measure.by_distance:
        return found
    stimulated = [pair for pair in found if "stimulated" in pair[0].slots]
    if not stimulated:
        what = f"spines of {measure.projection!r}" if measure.projection else "spines"
        raise ResultError(f"no single {what} were stimulated in this run")
    if measure.spines != "stimulated" and not all("position" in p[0].slots for p in stimulated):
        raise ResultError(
            "the stimulated spines lie on no dendrite in this run, so no other one is near them"
        )
    return stimulated


def _groups(imaging: Imaging, measure: SizeChange) -> list[Array]:
    """Return for each group of spines, by distance, whether slots belong to it, (slots,) each."""
    if not measure.by_distance:
        return [np.ones(len(imaging.slots), bool)]
    reached = imaging.slots["stimulated"].to_numpy()
    if measure.spines == "stimulated":
        return [reached]
    distance = imaging.slots["stimulated_distance"].to_numpy()
    wanted = ~reached if measure.spines == "neighbours" else np.ones(reached.size, bool)
    return [wanted & (distance >= low) & (distance < high) for low, high in measure.edges]


def _counted(before: Visit, measure: SizeChange) -> Array:
    """Return which spines count, by what they are at the start, shape (slots,)."""
    counted = before.seen.copy()
    if measure.larger_than is not None:
        counted &= before.volume >= convert(*parse_quantity(measure.larger_than), "um**3")
    if measure.smaller_than is not None:
        counted &= before.volume < convert(*parse_quantity(measure.smaller_than), "um**3")
    return counted


def _size(imaging: Imaging, visit: Visit, measure: SizeChange, time: float) -> Array:
    if measure.size == "weight":
        return snapshot(imaging.dataset, "weight", time)
    return head_area(visit.volume) if measure.size == "area" else visit.volume


def _mean(change: Array, _: float) -> tuple[float, float]:
    few = change.size < 2
    error = np.nan if few else float(np.std(change, ddof=1) / np.sqrt(change.size))
    return float(np.mean(change)), error


def _median(change: Array, _: float) -> tuple[float, float]:
    def statistic(values: Array) -> float:
        return float(np.median(values))

    return statistic(change), jackknife(change, statistic)


def _ratio(change: Array, _: float) -> tuple[float, float]:
    return _mean(change + 1.0, _)


def _share_above(change: Array, above: float) -> tuple[float, float]:
    share = float(np.mean(change > above))
    return share, float(np.sqrt(share * (1 - share) / change.size))


def _mean_above(change: Array, above: float) -> tuple[float, float]:
    larger = change[change > above]
    return _mean(larger, above) if larger.size else (np.nan, np.nan)


_STATISTICS: dict[str, Statistic] = {
    "mean": _mean,
    "median": _median,
    "ratio": _ratio,
    "share_above": _share_above,
    "mean_above": _mean_above,
}
