"""Visits to the spines of a run, as an experimenter makes them: a few snapshots at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from neurospine.analysis.repeats import Array, Cells
from neurospine.description.imaging_measures import Occupancy
from neurospine.description.measure_tables import (
    MeasureTable,
    PhaseMeasure,
    SpineMeasure,
    VisitedMeasure,
)
from neurospine.description.network_measures import PhasesMeasure
from neurospine.description.units import convert, parse_quantity, seconds
from neurospine.errors import ResultError, suggest
from neurospine.results.trajectory import Trajectory

#: Two times are the same when they are closer than this share of the time (or of a second).
_SAME_TIME = 1e-9


@dataclass(frozen=True)
class Visit:
    """One look at the slots of a projection.

    Attributes
    ----------
    seen
        Whether a spine is seen in each slot, shape (slots,).
    identity
        Which contact it is, as a number, shape (slots,).
    volume
        In um**3, shape (slots,).
    """

    seen: Array
    identity: Array
    volume: Array

    def within(self, low: float, high: float) -> Array:
        """Return which spines are seen with a volume (um**3) from low to below high, (slots,)."""
        return np.asarray(self.seen & (self.volume >= low) & (self.volume < high))

    def same(self, earlier: Visit) -> Array:
        """Return whether the spine that is seen was seen at an earlier visit, shape (slots,)."""
        return np.asarray(self.seen & earlier.seen & (self.identity == earlier.identity))


class Imaging:
    """The spines of one projection, seen as a measure says.

    Where no spine is born or dies, and there is no table of contacts, a slot is one spine.

    Attributes
    ----------
    cell
        The cell of the design that each slot belongs to, shape (slots,).
    condition
        The condition of each slot, shape (slots,).
    slots
        The table of the slots, one row each.
    stages
        The names of the stages in the order of their numbers.
    """

    def __init__(self, trajectory: Trajectory, projection: str, measure: MeasureTable) -> None:
        self.dataset = trajectory.spines[projection]
        described = trajectory.info.spines[projection]
        self.cell = Cells.of(trajectory).index(self.dataset)
        self.condition = self.dataset["condition"].values
        table = trajectory.contacts.get(projection)
        slots = described.kept["slot"].to_numpy()
        self._contacts = None if table is None else Contacts(table, slots)
        self.slots = described.kept
        self.stages = list(described.stages)
        self._detection, self._wanted = 0.0, None
        if isinstance(measure, SpineMeasure):
            self._detection = convert(*parse_quantity(measure.detection), "um**3")
            if measure.stages:
                self._wanted = [stage_number(self.stages, name) for name in measure.stages]

    def visit(self, time: float) -> Visit:
        """Return what is seen at a time (s).

        Raises
        ------
        ResultError
            If there is no snapshot at that time, or stages are wanted but not recorded.
        """
        volume = snapshot(self.dataset, "volume", time)
        if self._wanted or "stage" in self.dataset:
            stage = snapshot(self.dataset, "stage", time)
            seen = np.isin(stage, self._wanted) if self._wanted else stage != 0
        else:
            seen = volume > 0
        return Visit(seen & (volume >= self._detection), self.identity(time), volume)

    def visits(self, times: Sequence[float] | Array) -> Iterator[Visit]:
        """Yield what is seen at each of some times (s)."""
        for time in times:
            yield self.visit(float(time))

    def identity(self, time: float) -> Array:
        """Return the number of the latest contact of each slot born up to a time, shape (slots,).

        -1 where there was none yet. Times that go up are fast.
        """
        if self._contacts is None:
            return np.zeros(self.dataset.sizes["slot"], np.int64)
        return self._contacts.latest(time)

    def birth(self, identity: Array) -> Array:
        """Return when contacts were born (s), shape as given; NaN if before the run."""
        if self._contacts is None:
            return np.full(identity.shape, np.nan)
        return np.asarray(self._contacts.birth[identity])


class Contacts:
    """The contacts in the recorded slots of a projection, by slot and birth.

    Attributes
    ----------
    birth
        In seconds, NaN if before the run, shape (contacts + 1,); the last is of none, NaN.
    """

    def __init__(self, table: pd.DataFrame, slots: Array) -> None:
        slot, birth = table["slot"].to_numpy(), table["birth"].to_numpy(float)
        since = np.where(np.isnan(birth), -np.inf, birth)
        follows = slot[1:] > slot[:-1]
        follows |= (slot[1:] == slot[:-1]) & (since[1:] >= since[:-1])
        order = slice(None) if follows.all() else np.lexsort((since, slot))
        slot, self.birth = slot[order], np.append(birth[order], np.nan)
        self._before = np.searchsorted(slot, slots, side="left") - 1
        self._last = np.searchsorted(slot, slots, side="right") - 1
        self._latest, self._time = self._before.copy(), -np.inf

    def latest(self, time: float) -> Array:
        """Return the number of the latest contact born up to a time (s), -1 if none."""
        if time < self._time:
            self._latest = self._before.copy()
        self._time = time
        limit = time + _SAME_TIME * max(1.0, time)
        moving = np.flatnonzero(self._latest < self._last)
        while moving.size:
            moving = moving[~(self.birth[self._latest[moving] + 1] > limit)]
            self._latest[moving] += 1
            moving = moving[self._latest[moving] < self._last[moving]]
        return np.where(self._latest > self._before, self._latest, -1)


def imagings(
    trajectory: Trajectory, measure: PhaseMeasure, *, tell_apart: bool = True
) -> list[Imaging]:
    """Return the projection that a measure names, or all of them.

    Parameters
    ----------
    trajectory, measure
        The run, and what is measured of it.
    tell_apart
        Whether a spine must be told from the next one in its slot.

    Raises
    ------
    ResultError
        If there is no such projection, or its births and deaths are wanted but not recorded.
    """
    names = list(trajectory.spines)
    if measure.projection is not None:
        if measure.projection not in names:
            hint = suggest(measure.projection, names)
            raise ResultError(f"no projection {measure.projection!r} in this run. {hint}")
        names = [measure.projection]
    for name in names:
        if tell_apart and trajectory.info.spines[name].stages and name not in trajectory.contacts:
            raise ResultError(
                f"the contacts of {name!r} were not recorded, so a spine cannot be told from the "
                "next one in its slot"
            )
    return [Imaging(trajectory, name, measure) for name in names]


def span(trajectory: Trajectory, phase: str) -> tuple[float, float]:
    """Return start and stop of a phase in seconds."""
    phases = trajectory.info.phases.set_index("name")
    start, stop = (float(phases[edge].to_dict()[phase]) for edge in ("start", "stop"))
    return start, stop


def spaced(length: float, every: float) -> Array:
    """Return 0, `every`, 2 `every`, ... up to a length (all in seconds)."""
    return np.asarray(every * np.arange(int(length / every * (1 + _SAME_TIME)) + 1))


def visit_times(
    trajectory: Trajectory, measure: VisitedMeasure | Occupancy
) -> tuple[Array, dict[str, Array]]:
    """Return the times (s) at which to look, and the axis of time if it is through a phase."""
    start, stop = span(trajectory, measure.phase)
    if measure.every is None:
        return np.array([stop if measure.at == "end" else start]), {}
    since = spaced(stop - start, seconds(measure.every))
    unit = parse_quantity(measure.every)[1]
    return start + since, {"time": in_unit(since, unit)}


def ends_of_phases(trajectory: Trajectory, measure: PhasesMeasure) -> Array:
    """Return the start of the first phase and the end of each of its kind to the last, in s."""
    phases = trajectory.info.phases
    names = phases["name"].tolist()
    inside = phases.iloc[names.index(measure.phase) : names.index(measure.last_phase) + 1]
    alike = inside[inside["kind"] == inside["kind"].iloc[0]]
    start, _ = span(trajectory, measure.phase)
    return np.array([start, *alike["stop"]])


def in_unit(length: Any, unit: str) -> Any:
    """Return times in seconds as numbers counting a unit, free of the dust of the division."""
    return np.round(np.asarray(length, float) / convert(1.0, unit, "second"), 9)


def snapshot(dataset: xr.Dataset, variable: str, time: float) -> Array:
    """Return a variable of all slots at a time (s), shape (slots,).

    Raises
    ------
    ResultError
        If there is no snapshot at that time, or the variable was not recorded.
    """
    if variable not in dataset:
        raise ResultError(f"{variable} was not recorded in this run")
    times = dataset["time"].values
    nearest = int(np.argmin(np.abs(times - time))) if times.size else -1
    if nearest < 0 or abs(times[nearest] - time) > _SAME_TIME * max(1.0, time):
        raise ResultError(f"no snapshot at {time:g} s: the run did not get so far")
    return np.asarray(dataset[variable].isel(time=nearest).values)


def stage_number(names: list[str], name: str) -> int:
    """Return the number of a stage.

    Raises
    ------
    ResultError
        If the spines of the run have no such stage.
    """
    if name not in names:
        raise ResultError(f"no stage {name!r} in this run. {suggest(name, names)}")
    return names.index(name)
