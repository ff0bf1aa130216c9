"""What a measure of neurons means in each condition of a run: quantities and windows of time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from neurospine.analysis.repeats import Array, Cells
from neurospine.analysis.visits import span
from neurospine.description.neuron_measures import NeuronMeasure, WindowMeasure
from neurospine.description.stimuli import Current
from neurospine.description.units import convert, parse_quantity
from neurospine.errors import ResultError, UnitError, suggest
from neurospine.results.trajectory import Trajectory

#: Values of a recorded variable that are read at once.
_AT_ONCE = 8_000_000


def quantity(trajectory: Trajectory, text: str, unit: str) -> Array:
    """Return what a quantity, or the name of an axis, means in each condition, shape (conditions,).

    Raises
    ------
    ResultError
        If it is neither, or has another dimension than `unit`.
    """
    conditions, axes = trajectory.info.conditions, trajectory.info.axes
    try:
        if text in axes:
            values = conditions[text].to_numpy(float)
            return np.asarray(values * convert(1.0, axes[text].unit, unit))
        return np.full(max(1, len(conditions)), convert(*parse_quantity(text), unit))
    except (UnitError, ValueError) as error:
        raise ResultError(str(error)) from None


def window(trajectory: Trajectory, measure: WindowMeasure) -> tuple[Array, Array]:
    """Return start and stop of a measure in seconds of the run, shape (conditions,) each."""
    first, last = span(trajectory, measure.phase)
    start = first + quantity(trajectory, measure.start, "second")
    if measure.stop is None:
        return start, np.full(start.size, last)
    return start, first + quantity(trajectory, measure.stop, "second")


def cells_of(trajectory: Trajectory, population: str) -> int:
    """Return the cells of a population in one copy of the circuit.

    Raises
    ------
    ResultError
        If there is no such population.
    """
    populations = trajectory.info.populations
    if population not in populations:
        raise ResultError(
            f"no population {population!r} in this run. {suggest(population, populations)}"
        )
    return populations[population] // Cells.of(trajectory).size


def currents(
    trajectory: Trajectory, phase: str, population: str, stimulus: int | None = None
) -> list[Current]:
    """Return the stimuli of the kind current into a population in a phase.

    With `stimulus`, only the one of that number in the phase (from 1 on).
    """
    inputs = trajectory.info.inputs
    original = phase if phase in set(inputs["phase"]) else phase.rpartition("_")[0]
    rows = inputs[inputs["phase"] == original].reset_index(drop=True)
    if stimulus is not None:
        rows = rows.iloc[stimulus - 1 : stimulus]
    settings: list[dict[str, Any]] = [
        json.loads(text)
        for text, kind in zip(rows["settings"], rows["kind"], strict=True)
        if kind == "current"
    ]
    return [Current(**table) for table in settings if table["population"] == population]


@dataclass(frozen=True)
class Piece:
    """Recorded variables of some cells of one condition within a window.

    Attributes
    ----------
    columns
        The places of the cells among all that are recorded, shape (cells,).
    condition
        Their condition.
    time
        In seconds of the run, shape (times,).
    values
        By variable, in its own unit, shape (times, cells).
    """

    columns: Array
    condition: int
    time: Array
    values: dict[str, Array]


class Recorded:
    """The recorded variables of the cells that a measure is about, read piece by piece.

    Attributes
    ----------
    cells
        The cells of the design.
    cell
        That of every recorded neuron, shape (recorded,).
    number
        The number of every recorded neuron in its copy of the circuit, shape (recorded,).

    Raises
    ------
    ResultError
        If a variable was not recorded.
    """

    def __init__(
        self, trajectory: Trajectory, measure: NeuronMeasure, variables: tuple[str, ...]
    ) -> None:
        self._population, self._variables = measure.population, variables
        size = cells_of(trajectory, measure.population)
        dataset = trajectory.traces.get(measure.population)
        for name in variables:
            if dataset is None or name not in dataset:
                raise ResultError(
                    f"{name!r} of {measure.population!r} was not recorded; name it in variables "
                    f"of [traces.{measure.population}]"
                )
        assert dataset is not None
        self._dataset: xr.Dataset = dataset
        self._times = dataset["time"].values
        self.cells = Cells.of(trajectory)
        self.cell = self.cells.index(dataset)
        self.number = dataset["number"].values % size
        wanted = measure.cells or np.unique(self.number)
        self._wanted = np.isin(self.number, wanted)

    def unit(self, variable: str) -> str:
        """Return the unit in which a variable was recorded."""
        return str(self._dataset[variable].attrs.get("units", "1"))

    def scale(self, variable: str, unit: str) -> float:
        """Return the factor from the unit of a variable to another.

        Raises
        ------
        ResultError
            If they measure different things.
        """
        try:
            return convert(1.0, self.unit(variable), unit)
        except UnitError as error:
            raise ResultError(f"{variable!r} of {self._population!r}: {error}") from None

    def pieces(self, start: Array, stop: Array) -> Iterator[Piece]:
        """Yield the samples from start (included) to stop (excluded), shape (conditions,) each.

        Raises
        ------
        ResultError
            If there is no sample in a window.
        """
        interval = float(self._times[1] - self._times[0]) if self._times.size > 1 else 0.0
        edge = 1e-3 * interval  # times are sums of steps, with the dust of rounding
        condition = self.cell // self.cells.repeats
        for number in range(self.cells.conditions):
            first, last = np.searchsorted(
                self._times, [start[number] - edge, stop[number] - edge], side="left"
            )
            columns = np.flatnonzero(self._wanted & (condition == number))
            if first == last:
                raise ResultError(
                    f"no sample of {self._population!r} from {start[number]:g} to "
                    f"{stop[number]:g} s; record more often (every of "
                    f"[traces.{self._population}])"
                )
            together = max(1, _AT_ONCE // int(last - first))
            for some in range(0, columns.size, together):
                yield self._piece(columns[some : some + together], number, slice(first, last))

    def _piece(self, columns: Array, condition: int, rows: slice) -> Piece:
        place: slice | Array = columns
        if np.all(np.diff(columns) == 1):  # one block is read much faster than single columns
            place = slice(int(columns[0]), int(columns[-1]) + 1)
        part = self._dataset.isel(time=rows, cell=place)
        values = {name: np.asarray(part[name].values, float) for name in self._variables}
        return Piece(columns, condition, self._times[rows], values)
