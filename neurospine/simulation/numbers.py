"""The numbers of a model in every condition, as the equations get them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

import numpy as np

from neurospine.description.entries import Part
from neurospine.description.model import Model
from neurospine.description.parameters import OVERRIDE
from neurospine.description.protocol import Protocol
from neurospine.description.spine_parts import ReadoutPart
from neurospine.errors import NeurospineError, ProtocolError
from neurospine.simulation.courses import Courses
from neurospine.simulation.network import Array, Change, Group, Synapses


def condition_models(model: Model, protocol: Protocol) -> tuple[Model, ...]:
    """Return the model of each condition: parameters, sets and disorders as its axes say.

    Raises
    ------
    ProtocolError
        If an axis names no parameter, set or disorder that goes with the model, or changes a
        value that was given for this run.
    """
    given = {n: e.value for n, e in model.control.entries.items() if e.source == OVERRIDE}
    grid, models, disorder = protocol.grid, [], lru_cache(None)(protocol.disorder)
    for row in grid.rows:
        changed = model
        for name, axis in grid.axes.items():
            try:
                if axis.disorders:
                    changed = changed.with_disorder(*map(disorder, axis.names(row[name])))
                elif axis.sets:
                    changed = changed.with_set(str(row[name]))
                elif axis.parameter:
                    text = f"{float(row[name])!r} {axis.unit}"
                    changed = changed.with_parameters({axis.parameter: text})
            except NeurospineError as error:
                raise ProtocolError(f"[conditions.{name}]: {error}") from None
            for full, value in given.items():
                if changed.control.entries[full].value != value:
                    raise ProtocolError(
                        f"[conditions.{name}]: changes parameter {full}, so no other value can be "
                        "given for it"
                    )
        models.append(changed)
    return tuple(models)


class Numbers:
    """Parameters of a model, the same for all copies of its circuit or one for each.

    Parameters
    ----------
    courses
        The model in each condition, and what changes in it while a run goes on.
    repeats
        Copies of the circuit for each condition.
    """

    def __init__(self, courses: Courses, repeats: int) -> None:
        self.courses, self.models, self.repeats = courses, courses.models, repeats
        self.model = self.models[0]
        self._given: list[tuple[Array, Array, str]] = []  # what changes, as objects were given it
        for part in self.model.parts.values():
            if isinstance(part, ReadoutPart):
                for name in part.parameters:
                    self.single(part.name, name)

    def each(self, part: str, name: str) -> Array:
        """Return a parameter in each condition.

        Raises
        ------
        ProtocolError
            If it changes while a run goes on, and that would be taken no notice of.
        """
        if f"{part}.{name}" in self.courses.tables:
            raise ProtocolError(
                f"parameter {part}.{name}: what follows from it is made before the run, so a "
                "change of it by a disorder can have no course"
            )
        return self._started(part, name)

    def single(self, part: str, name: str) -> float:
        """Return a parameter that has to be the same in all conditions.

        Raises
        ------
        ProtocolError
            If it is not.
        """
        values = self.each(part, name)
        if np.any(values != values[0]):
            raise ProtocolError(
                f"parameter {part}.{name}: has to be the same in all conditions of a run"
            )
        return float(values[0])

    def copies(self, part: str, name: str) -> Array:
        """Return a parameter in each copy of the circuit; see `each`."""
        return np.repeat(self.each(part, name), self.repeats)

    def at_start(self, part: str, name: str) -> Array:
        """Return a parameter in each copy of the circuit as it is when a run starts."""
        return np.repeat(self._started(part, name), self.repeats)

    def alike(self, part: str, name: str) -> bool:
        """Return whether a parameter is the same in all conditions at any time."""
        found = self._table(part, name)
        return bool(np.all(found == found[:, :1]))

    def least(self, part: str, name: str) -> float:
        """Return the least value of a parameter in all conditions at any time."""
        return float(self._table(part, name).min())

    def declare(
        self, part: Part, names: Iterable[str], size: int
    ) -> tuple[list[str], dict[str, Array]]:
        """Return declarations and values of parameters for objects of `size` in each copy."""
        lines, values = [], {}
        for name in names:
            unit = self.model.parameters.entries[f"{part.name}.{name}"].declaration
            alike = self.alike(part.name, name)
            lines.append(f"{name} : {unit} ({'shared, ' * alike}constant)")
            length = self.repeats * size
            number = [1] if alike else [length] * len(self.models)
            values[name] = self.spread(part.name, name, np.array(number))
        return lines, values

    def spread(self, part: str, name: str, number: Array) -> Array:
        """Return a parameter at so many elements of each condition, one after the other."""
        full, table = f"{part}.{name}", self._table(part, name)[:, : number.size]
        values = np.repeat(table[0], number)
        if full in self.courses.tables:
            self._given.append((values, np.cumsum(number), full))
        return values

    def changes(self, owners: Iterable[Group | Synapses]) -> Iterator[Change]:
        """Yield what changes in the objects of a network.

        Raises
        ------
        ProtocolError
            If a parameter with a course is read by nothing while the run goes on.
        """
        held = {id(value): (o.name, v) for o in owners for v, value in o.values.items()}
        for values, ends, full in self._given:
            if id(values) in held:
                table = self.courses.tables[full][:, : ends.size]
                yield Change(*held[id(values)], ends, table)
        missing = set(self.courses.tables) - {full for v, _, full in self._given if id(v) in held}
        for full in sorted(missing):
            raise ProtocolError(
                f"parameter {full}: nothing reads it while the run goes on, so a change of it by a "
                "disorder can have no course"
            )

    def _started(self, part: str, name: str) -> Array:
        return np.array([model.number(part, name) for model in self.models])

    def _table(self, part: str, name: str) -> Array:
        found = self.courses.tables.get(f"{part}.{name}")
        return self._started(part, name)[None] if found is None else found
