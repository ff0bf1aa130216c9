"""Parameters that change while a run goes on, because changes of disorders have a course."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from neurospine.description.disordered import changed_by
from neurospine.description.model import Model
from neurospine.description.protocol import Protocol
from neurospine.simulation.network import Array
from neurospine.simulation.schedule import Stretch, updates


@dataclass(frozen=True)
class Courses:
    """The model of each condition through a run.

    Attributes
    ----------
    models
        As they are at the start.
    moments
        When numbers change, in seconds from when courses count.
    steps
        The same in steps from the start of the run; the first row is the start.
    tables
        By qualified name, for those that change: the number that equations see, shape
        (steps, conditions).
    """

    models: tuple[Model, ...]
    moments: tuple[float, ...] = (0.0,)
    steps: Array = field(default_factory=lambda: np.zeros(1, np.int64))
    tables: Mapping[str, Array] = field(default_factory=dict)

    def everywhere(self, *parts: str) -> tuple[Model, ...]:
        """Return models with all numbers that parts have in any condition at any time."""
        if not any(full.rpartition(".")[0] in parts for full in self.tables):
            return self.models
        return tuple(model.at(moment) for moment in self.moments for model in self.models)


def courses(models: Sequence[Model], protocol: Protocol, schedule: Sequence[Stretch]) -> Courses:
    """Return how the models of all conditions go through a run.

    Numbers are brought up to date at the start of a phase and at each snapshot, and hold until
    the next.
    """
    if not any(True for model in models for _ in _with_course(model)):
        return Courses(tuple(models))
    step = protocol.step_seconds
    origin = round(protocol.disorder_start / step)
    steps = np.array(list(updates(schedule)), np.int64)
    moments = (steps - origin) * step
    started = tuple(model.at(float(moments[0])) for model in models)
    names = dict.fromkeys(full for model in models for full, _ in _with_course(model))
    tables = {full: np.empty((steps.size, len(models))) for full in names}
    for number, (model, begun) in enumerate(zip(models, started, strict=True)):
        for full, table in tables.items():
            table[:, number] = begun.parameters.entries[full].number
        for full, at in _with_course(model):
            found: dict[float, float] = {}
            for row, moment in enumerate(moments):
                degree = at.degree(float(moment))
                if degree not in found:
                    found[degree] = at.number(degree)
                tables[full][row, number] = found[degree]
    tables = {full: table for full, table in tables.items() if np.any(table != table[0])}
    kept = np.zeros(steps.size, bool)
    kept[0] = True
    for table in tables.values():
        kept[1:] |= np.any(table[1:] != table[:-1], axis=1)
    tables = {full: table[kept] for full, table in tables.items()}
    return Courses(started, tuple(moments[kept].tolist()), steps[kept], tables)


@dataclass(frozen=True)
class _Followed:
    """A parameter with a change that has a course."""

    model: Model
    full: str
    disorder: int
    change: int

    def degree(self, moment: float) -> float:
        """Return how much of the change there is at a time."""
        course = self.model.disorders[self.disorder].changes[self.change].course
        assert course
        return course.degree(moment)

    def number(self, degree: float) -> float:
        """Return the number that equations see."""
        disorder = self.model.disorders[self.disorder]
        entry = self.model.control.entries[self.full]
        return disorder.changes[self.change].applied(entry, disorder.name, degree).number


def _with_course(model: Model) -> Iterator[tuple[str, _Followed]]:
    """Yield the parameters of a model of which the change has a course."""
    for number, disorder in enumerate(model.disorders):
        for place, change in enumerate(disorder.changes):
            if change.course is not None:
                for full in changed_by(change, model.control):
                    yield full, _Followed(model, full, number, place)
