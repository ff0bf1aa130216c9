"""All combinations of a sweep, and the runs that they make."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from neurospine.description.model import Model
from neurospine.description.parameters import OVERRIDE
from neurospine.description.protocol import Protocol
from neurospine.errors import NeurospineError, ProtocolError
from neurospine.simulation.form import FormName
from neurospine.sweeps.axes import SweptAxis

#: A name of a file that is longer is cut.
LONGEST_NAME = 120


@dataclass(frozen=True)
class Point:
    """One combination of values, by axis, and the model that it means."""

    values: Mapping[str, float | str]
    label: str
    model: Model


@dataclass(frozen=True)
class Run:
    """One run of a sweep: a point with a seed."""

    point: Point
    seed: int

    @property
    def name(self) -> str:
        """The name of its file, the same whenever the sweep is run."""
        seed = f"seed={self.seed}"
        name = "-".join(filter(None, [self.point.label, seed]))
        if len(name) <= LONGEST_NAME:
            return name
        digest = hashlib.sha256(name.encode()).hexdigest()[:12]
        return f"{name[: LONGEST_NAME - 40]}-{digest}-{seed}"


@dataclass(frozen=True)
class Grid:
    """A sweep as it was asked for.

    Attributes
    ----------
    protocol, base
        What is run, and the model without any value of an axis.
    axes, seeds
        Every combination of values is run with every seed.
    backend, form
        As for `simulate`.
    """

    protocol: Protocol
    base: Model
    axes: tuple[SweptAxis, ...]
    seeds: tuple[int, ...]
    backend: str
    form: FormName | None

    @property
    def size(self) -> int:
        """The number of runs."""
        points = 1
        for axis in self.axes:
            points *= len(axis.values)
        return points * len(self.seeds)

    def points(self) -> list[Point]:
        """Return every combination.

        Raises
        ------
        NeurospineError
            If a value does not fit the model.
        """
        columns = [axis.values for axis in self.axes]
        return [self.point(row) for row in itertools.product(*columns)]

    def corners(self) -> dict[str, Point]:
        """Return, by its label, a point for every value of every axis, the others at their first.

        What a value changes of the program shows at these.
        """
        first = [axis.values[0] for axis in self.axes]
        found = {}
        for number, axis in enumerate(self.axes):
            for value in axis.values:
                found[axis.label(value)] = self.point(
                    [*first[:number], value, *first[number + 1 :]]
                )
        return found or {"": self.point(())}

    def runs(self) -> list[Run]:
        """Return every run; all points of one seed come before those of the next."""
        points = self.points()
        return [Run(point, seed) for seed in self.seeds for point in points]

    def point(self, row: object) -> Point:
        """Return the combination of a value of each axis."""
        values = list(row)  # type: ignore[call-overload]
        model = self.base
        for kind in ("set", "parameter", "disorder"):
            for axis, value in zip(self.axes, values, strict=True):
                if axis.kind == kind:
                    model = self._changed(model, axis, value)
        labels = [axis.label(value) for axis, value in zip(self.axes, values, strict=True)]
        named = {axis.name: value for axis, value in zip(self.axes, values, strict=True)}
        return Point(named, "-".join(labels), model)

    def _changed(self, model: Model, axis: SweptAxis, value: float | str) -> Model:
        try:
            if axis.kind == "parameter":
                return model.with_parameters({axis.parameter: value})
            if axis.kind == "disorder":
                return model.with_disorder(*axis.disorders(value))
            changed = model.with_set(str(value))
        except NeurospineError as error:
            raise type(error)(f"--over {axis.name}: {error}") from None
        for full, given in self._given():
            if changed.control.entries[full].value != given:
                raise ProtocolError(
                    f"--over {axis.name}: {value} changes {full}, for which another value is given"
                )
        return changed

    def _given(self) -> Iterator[tuple[str, float]]:
        """Yield what has a value that was given for this sweep."""
        for name, entry in self.base.control.entries.items():
            if entry.source == OVERRIDE:
                yield name, entry.value

    def check(self) -> None:
        """Raise a `ProtocolError` if an axis changes what has a fixed value of its own."""
        given = dict(self._given())
        for axis in self.axes:
            if axis.parameter in given:
                raise ProtocolError(
                    f"--over {axis.name}: {axis.parameter} is swept, so no other value can be given"
                )
