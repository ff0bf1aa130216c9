"""Which spines are there: density, turnover, survival, stages and ages, as imaging sees them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from neurospine.analysis.repeats import Array, Cells, by_cell, share
from neurospine.analysis.visits import (
    Imaging,
    imagings,
    in_unit,
    snapshot,
    spaced,
    span,
    stage_number,
    visit_times,
)
from neurospine.description.imaging_measures import Ages, Density, Occupancy, Survival, Turnover
from neurospine.description.units import convert, seconds
from neurospine.errors import ResultError
from neurospine.results.trajectory import Trajectory


def density(trajectory: Trajectory, measure: Density) -> pd.DataFrame:
    """Return spines seen, relative to the start of the phase or per slot, by repeat.

    The error within a repeat is that of independent slots: binomial per slot, or
    that of the spines that came and went.
    """
    cells = Cells.of(trajectory)
    start, _ = span(trajectory, measure.phase)
    times, own = visit_times(trajectory, measure)
    classes = measure.edges
    number, changed = np.zeros((2, cells.size, len(times), len(classes)))
    first, slots = np.zeros((cells.size, 1, len(classes))), np.zeros((cells.size, 1, 1))
    relative = measure.relative_to == "start"
    for imaging in imagings(trajectory, measure, tell_apart=relative):
        slots[:, 0, 0] += cells.count(imaging.cell)
        before = imaging.visit(start)
        there = [before.within(*edges) for edges in classes]
        for group, then in enumerate(there):
            first[:, 0, group] += cells.count(imaging.cell, then)
        for k, visit in enumerate(imaging.visits(times)):
            same = visit.identity == before.identity
            for group, (edges, then) in enumerate(zip(classes, there, strict=True)):
                now = visit.within(*edges)
                stayed = then & now & same
                number[:, k, group] += cells.count(imaging.cell, now)
                changed[:, k, group] += cells.count(imaging.cell, now ^ stayed)
                changed[:, k, group] += cells.count(imaging.cell, then ^ stayed)
    middles = np.mean(classes, axis=1)
    axes = {name: np.repeat(axis, middles.size) for name, axis in own.items()}
    if measure.bins is not None:
        axes["size"] = np.tile(np.round(middles, 9), len(times))
    if not relative:
        return cells.values(*share(number, slots), axes)
    value, _ = share(number, first)
    error, _ = share(np.sqrt(changed), first)
    return cells.values(value, error, axes)


def turnover(trajectory: Trajectory, measure: Turnover) -> pd.DataFrame:
    """Return the share of spines that came or went between visits, by repeat."""
    cells = Cells.of(trajectory)
    start, stop = span(trajectory, measure.phase)
    since = spaced(stop - start, seconds(measure.every))
    gained, lost, before, after = np.zeros((4, cells.size, len(since) - 1))
    slots = np.zeros((cells.size, 1))
    for imaging in imagings(trajectory, measure):
        slots[:, 0] += cells.count(imaging.cell)
        visits = imaging.visits(start + since)
        earlier = next(visits)
        for k, visit in enumerate(visits):
            stayed = visit.same(earlier)
            gained[:, k] += cells.count(imaging.cell, visit.seen & ~stayed)
            lost[:, k] += cells.count(imaging.cell, earlier.seen & ~stayed)
            before[:, k] += cells.count(imaging.cell, earlier.seen)
            after[:, k] += cells.count(imaging.cell, visit.seen)
            earlier = visit
    seen = before if measure.per == "spines" else np.broadcast_to(slots, before.shape)
    part, whole = {
        "turnover": (gained + lost, before + after), "gained": (gained, seen),
        "lost": (lost, seen),
    }[measure.give]  # fmt: skip
    value, error = share(part, whole)
    if measure.over_time:
        return cells.values(value, error, {"time": in_unit(since[1:], *measure.own_axes.values())})
    known = ~np.isnan(value)
    intervals = np.maximum(known.sum(axis=1), 1)
    mean = np.where(known.any(axis=1), np.nansum(value, axis=1) / intervals, np.nan)
    return cells.values(mean, np.sqrt(np.nansum(error**2, axis=1)) / intervals)


def survival(trajectory: Trajectory, measure: Survival) -> pd.DataFrame:
    """Return the share of spines still seen after each lag, by repeat.

    In one pass over the visits each slot remembers its spine, when it was first seen
    and whether it was seen ever since; so all cohorts are followed at once.
    """
    cells = Cells.of(trajectory)
    start, stop = span(trajectory, measure.phase)
    every = seconds(measure.every)
    times = start + spaced(stop - start, every)
    new = measure.of == "new"
    last = len(times) - 1
    steps = np.arange(last // 2 + 1 if new else last + 1)
    if measure.lags:
        steps = np.array([round(seconds(lag) / every) for lag in measure.lags])
    cohorts = range(1, last - int(steps.max()) + 1) if new else range(1)
    if not cohorts:
        raise ResultError(f"no new spine of {measure.phase!r} can be followed up to the last lag")
    times = times[: cohorts[-1] + int(steps.max()) + 1]
    kept = np.zeros((cells.size, len(times)))
    for imaging in imagings(trajectory, measure):
        _follow(imaging, times, cohorts, cells, kept, gaps=measure.seen == "end")
    value, error = share(kept[:, steps], kept[:, :1])
    return cells.values(value, error, {"lag": in_unit(steps * every, measure.own_axes["lag"])})


def _follow(
    imaging: Imaging, times: Array, cohorts: range, cells: Cells, kept: Array, *, gaps: bool
) -> None:
    """Add to `kept`, shape (cells, visits), the spines of cohorts seen so many visits later."""
    spine, first, steady = None, np.zeros(0, np.int64), np.zeros(0, bool)
    for number, visit in enumerate(imaging.visits(times)):
        if spine is None:
            spine, first = np.full(visit.seen.size, -2), np.full(visit.seen.size, -1)
            steady = np.zeros(visit.seen.size, bool)
        fresh = visit.seen & (visit.identity != spine)
        spine = np.where(fresh, visit.identity, spine)
        first = np.where(fresh, number, first)
        steady = fresh | (steady & visit.seen & (visit.identity == spine))
        counted = visit.seen if gaps else steady
        counted = counted & (first >= cohorts[0]) & (first <= cohorts[-1])
        place = imaging.cell[counted] * len(times) + number - first[counted]
        kept += np.bincount(place, minlength=kept.size).reshape(kept.shape)


def occupancy(trajectory: Trajectory, measure: Occupancy) -> pd.DataFrame:
    """Return the share of slots or spines in each stage, by repeat."""
    cells = Cells.of(trajectory)
    times, own = visit_times(trajectory, measure)
    found = imagings(trajectory, measure, tell_apart=False)
    names = found[0].stages
    if not names or any(imaging.stages != names for imaging in found):
        raise ResultError("the stages of the spines are not recorded, or not the same in all")
    counts = np.zeros((cells.size, len(times), len(names)))
    for imaging in found:
        for k, time in enumerate(times):
            stage = snapshot(imaging.dataset, "stage", float(time)).astype(np.int64)
            place = imaging.cell * len(names) + stage
            counts[:, k] += np.bincount(place, minlength=cells.size * len(names)).reshape(
                cells.size, len(names)
            )
    shown = list(range(len(names)))
    if measure.of == "spines":
        counts[:, :, 0] = 0
        shown = shown[1:]
    if measure.stage is not None:
        shown = [stage_number(names, measure.stage)]
    value, error = share(counts[:, :, shown], counts.sum(axis=2, keepdims=True))
    axes = {name: np.repeat(axis, len(shown)) for name, axis in own.items()}
    if measure.stage is None:
        axes["stage"] = np.tile(np.array([names[k] for k in shown], object), len(times))
    return cells.values(value, error, axes)


def ages(trajectory: Trajectory, measure: Ages) -> pd.DataFrame:
    """Return mean or median age of the spines seen, or the share older than a time, by repeat."""
    cells = Cells.of(trajectory)
    times, own = visit_times(trajectory, measure)
    older = seconds(measure.older_than)
    if measure.give == "older" and older > times.min():
        raise ResultError(
            f"{measure.older_than}: the run is not so old; ages before its start are not known"
        )
    unit = convert(1.0, measure.unit, "second")

    def statistic(age: Array) -> float:
        if measure.give == "older":
            return float(np.mean(age >= older))
        return float(np.mean(age) if measure.give == "mean" else np.median(age)) / unit

    value, error = np.zeros((2, cells.size, len(times)))
    found = imagings(trajectory, measure)
    for k, time in enumerate(times):
        age, cell = [], []
        for imaging in found:
            visit = imaging.visit(float(time))
            birth = imaging.birth(visit.identity[visit.seen])
            age.append(time - np.where(np.isnan(birth), 0.0, birth))
            cell.append(imaging.cell[visit.seen])
        joined = np.concatenate(cell), np.concatenate(age)
        value[:, k], error[:, k] = by_cell(cells, *joined, statistic)
    return cells.values(value, error, own)
