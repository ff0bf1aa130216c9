"""A disorder: what it changes in a model, from when and until when, and how that is known."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, PrivateAttr, ValidationError

from neurospine.description.entries import LibraryFile
from neurospine.description.library import parse_toml
from neurospine.description.parameters import Parameter
from neurospine.description.problems import explain
from neurospine.description.references import check_publication
from neurospine.description.roles import check_role
from neurospine.description.schema import Number, Table, read_table
from neurospine.description.units import convert, parse_unit, seconds
from neurospine.errors import ModelError, NeurospineError

#: Reported: the size of the change was published. Calibrated: it was fitted, `where` says to what.
#: Direction: only the direction was published, the size is assumed.
Basis = Literal["reported", "calibrated", "direction"]
#: Decimals of a time in seconds that count: a whole number of steps is where a text says.
_DIGITS = 9
#: What stands for the model as it is, among the names of disorders.
CONTROL = "control"


@dataclass(frozen=True)
class Course:
    """When a change holds, in seconds: it begins, builds up, ends and fades.

    Without `until` it does not end; a `rise` or `washout` of 0 is a step.
    """

    onset: float
    rise: float
    until: float
    washout: float

    def degree(self, time: float) -> float:
        """Return how much of the change there is at a time, from 0 to 1."""
        time = round(time, _DIGITS)
        if time < self.onset:
            return 0.0
        lasted = min(time, self.until) - self.onset
        full = -math.expm1(-lasted / self.rise) if self.rise else 1.0
        if time < self.until:
            return full
        return full * math.exp((self.until - time) / self.washout) if self.washout else 0.0


class Change(Table):
    """One change: of all parameters with a `role`, or of one `parameter`.

    It is a `factor`, or a `value` with its `unit`. `basis` says how it is known, `source` by
    whom, `where` how. What is not reported counts as fitted to its source, or to the data that
    `fitted_to` names: agreement with these is no prediction. `onset`, `rise`, `until` and
    `washout` are times; without any of them the change holds all the time.
    """

    role: str = ""
    parameter: str = ""
    factor: Number | None = None
    value: Number | None = None
    unit: str = "1"
    basis: Basis
    source: str
    where: str
    fitted_to: tuple[str, ...] = ()
    meaning: str
    onset: str | None = None
    rise: str | None = None
    until: str | None = None
    washout: str | None = None

    @property
    def target(self) -> str:
        """The role or parameter that it changes."""
        return self.role or self.parameter

    @property
    def course(self) -> Course | None:
        """Its course in time, if it has one."""
        given = (self.onset, self.rise, self.until, self.washout)
        if not any(given):
            return None
        onset, rise, until, washout = (
            round(seconds(text), _DIGITS) if text else otherwise
            for text, otherwise in zip(given, (0.0, 0.0, math.inf, 0.0), strict=True)
        )
        return Course(onset, rise, until, washout)

    @property
    def data(self) -> frozenset[str]:
        """What it was made to agree with, if only in direction: no prediction of it."""
        return frozenset(self.fitted_to or (self.source,) * (self.basis != "reported"))

    def applied(self, entry: Parameter, disorder: str, degree: float) -> Parameter:
        """Return a parameter changed to a degree from 0 (as it is) to 1."""
        if degree == 0.0:
            return entry
        sources = {"reported": self.source, "calibrated": "fitted", "direction": "assumed"}
        size = f"x {self.factor:g}" if self.factor is not None else f"{self.value:g} {self.unit}"
        where = f"{disorder}: {size}, {self.basis} ({self.source}: {self.where})"
        if self.factor is not None:
            value = entry.value * self.factor**degree
        else:
            assert self.value is not None
            full = convert(self.value, self.unit, entry.unit)
            value = full if degree == 1.0 else entry.value + degree * (full - entry.value)
        return entry.with_value(value, sources[self.basis], where)

    def check(self) -> None:
        """Raise a `NeurospineError` if keys do not go together or a text is wrong."""
        if bool(self.role) == bool(self.parameter):
            raise ModelError("give either 'role' or 'parameter'")
        check_role(self.role)
        if (self.factor is None) == (self.value is None):
            raise ModelError("give either 'factor' or 'value' with its 'unit'")
        if self.factor is not None and "unit" in self.model_fields_set:
            raise ModelError("unit: goes with 'value'; a factor has none")
        if self.factor is not None and not 0 < self.factor < math.inf:
            raise ModelError(
                f"factor: must be positive, found {self.factor:g}; for nothing write value = 0"
            )
        if self.value is not None and not math.isfinite(self.value):
            raise ModelError(f"value: must be a finite number, found {self.value}")
        parse_unit(self.unit)
        check_publication(self.source)
        if not self.where:
            raise ModelError("where: say where in the source, or what was calibrated or assumed")
        if self.fitted_to and self.basis == "reported":
            raise ModelError("fitted_to: what basis = 'reported' says was not fitted")
        self._check_course()

    def _check_course(self) -> None:
        if self.washout and not self.until:
            raise ModelError("washout: goes with 'until', after which the change fades")
        for key in ("onset", "rise", "until", "washout"):
            text = getattr(self, key)
            try:
                wrong = text is not None and not 0 <= seconds(text) < math.inf
            except NeurospineError as error:
                raise ModelError(f"{key}: {error}") from None
            if wrong:
                raise ModelError(f"{key}: must not be negative, found {text}")
        course = self.course
        if course and course.until <= course.onset:
            raise ModelError(f"until: {self.until} is not after the onset")


class Disorder(LibraryFile):
    """A checked file of a disorder; it goes with every model that has what it changes.

    Raises
    ------
    ModelError
        If a change is wrong, or two change the same and not both by a factor.
    """

    kind: Literal["disorder"] = "disorder"
    changes: Annotated[tuple[Change, ...], Field(min_length=1)]
    _text: str = PrivateAttr(default="")

    def __init__(self, **tables: Any) -> None:
        try:
            super().__init__(**tables)
        except ValidationError as problems:
            raise ModelError(explain(problems, Disorder)) from None
        _check(self)

    @classmethod
    def from_text(cls, text: str, origin: str = "<disorder>") -> Disorder:
        """Return the disorder that a text describes: a file, or the `text` of a disorder."""
        made: dict[str, Any] | None = json.loads(text) if text.startswith("{") else None
        table = parse_toml(text, origin) if made is None else made
        disorder = read_table(cls, table, origin, ModelError)
        disorder._text = text
        return disorder

    @property
    def text(self) -> str:
        """The disorder as it was written, or as JSON when it was made in Python."""
        tables = self.model_dump(mode="json", exclude_defaults=True, by_alias=True)
        return self._text or json.dumps({"kind": self.kind, **tables})


def _check(disorder: Disorder) -> None:
    if not disorder.name.isidentifier() or disorder.name == CONTROL:
        raise ModelError(f"name: {disorder.name!r} is no name for a disorder")
    try:
        for key in disorder.references:
            check_publication(key)
    except ModelError as error:
        raise ModelError(f"references: {error}") from None
    multiplied: dict[str, bool] = {}
    for number, change in enumerate(disorder.changes, 1):
        place = f"[[changes]] {number}"
        try:
            change.check()
        except NeurospineError as error:
            raise ModelError(f"{place}: {error}") from None
        by_factor = change.factor is not None
        if change.target in multiplied and not (by_factor and multiplied[change.target]):
            raise ModelError(
                f"{place}: {change.target!r} is changed twice; only factors go together"
            )
        multiplied[change.target] = by_factor
