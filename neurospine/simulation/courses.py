"""Parameters that change while a run goes on, because changes of disorders have a course."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from neurospine.description.disorder import Change
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
        for full, changes in _with_course(model):
            found: dict[tuple[float, ...], float] = {}
            for row, moment in enumerate(moments):
                degrees = tuple(change.degree(float(moment)) for change in changes)
                if degrees not in found:
                    found[degrees] = _number(model, full, changes, degrees)
                tables[full][row, number] = found[degrees]
    tables = {full: table for full, table in tables.items() if np.any(table != table[0])}
    kept = np.zeros(steps.size, bool)
    kept[0] = True
    for table in tables.values():
        kept[1:] |= np.any(table[1:] != table[:-1], axis=1)
    tables = {full: table[kept] for full, table in tables.items()}
    return Courses(started, tuple(moments[kept].tolist()), steps[kept], tables)


@dataclass(frozen=True)
class _Followed:
    """A change of a parameter by a disorder."""

    disorder: str
    change: Change

    def degree(self, moment: float) -> float:
        """Return how much of the change there is at a time."""
        course = self.change.course
        return 1.0 if course is None else course.degree(moment)


def _number(
    model: Model, full: str, changes: Sequence[_Followed], degrees: Sequence[float]
) -> float:
    """Return the number that equations see with all changes of a parameter."""
    entry = model.control.entries[full]
    for followed, degree in zip(changes, degrees, strict=True):
        entry = followed.change.applied(entry, followed.disorder, degree)
    return entry.number


def _with_course(model: Model) -> Iterator[tuple[str, list[_Followed]]]:
    """Yield the parameters of a model of which a change has a course, with all their changes."""
    found: dict[str, list[_Followed]] = {}
    for disorder in model.disorders:
        for change in disorder.changes:
            for full in changed_by(change, model.control):
                found.setdefault(full, []).append(_Followed(disorder.name, change))
    for full, changes in found.items():
        if any(followed.change.course is not None for followed in changes):
            yield full, changes
