"""Parameters: numbers that carry their unit, meaning and source."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from brian2.units.fundamentalunits import DIMENSIONLESS, Dimension, Quantity, get_dimensions

from neurospine.description.references import check_source
from neurospine.description.roles import check_role
from neurospine.description.units import (
    as_quantity,
    base_unit,
    convert,
    dimensions,
    parse_quantity,
    parse_unit,
    si,
)
from neurospine.errors import ModelError, UnitError, suggest

#: The source of a value that a user gave for one run.
OVERRIDE = "override"


@dataclass(frozen=True)
class Parameter:
    """One number of a model.

    `value` counts `unit`. A `plain` parameter enters the equations as that bare
    number (head volumes are counted in um**3 there), any other in SI units. Its `role` says
    what it stands for (see `roles`), if anything.
    """

    name: str
    value: float
    unit: str
    meaning: str
    source: str
    where: str = ""
    range: tuple[float, float] | None = None
    plain: bool = False
    role: str = ""

    @property
    def number(self) -> float:
        """The value as the equations see it."""
        return self.value if self.plain else si(self.value, self.unit)

    @property
    def dimension(self) -> Dimension:
        """The dimension as the equations see it."""
        return DIMENSIONLESS if self.plain else dimensions(self.unit)

    @property
    def declaration(self) -> str:
        """The unit in which Brian2 declares the parameter."""
        return "1" if self.plain else base_unit(self.unit)

    @property
    def quantity(self) -> Any:
        """The value as a Brian2 quantity (a float when it has no dimension)."""
        return as_quantity(self.value, self.unit)

    def __str__(self) -> str:
        unit = "" if self.unit == "1" else f" {self.unit}"
        return f"{self.value:g}{unit}"

    def check(self) -> None:
        """Raise a `ModelError` or `UnitError` if unit, source, role or range do not hold."""
        parse_unit(self.unit)
        check_role(self.role)
        if self.source != OVERRIDE:
            check_source(self.source)
        if self.source == "fitted" and not self.where:
            raise ModelError(f"{self.name!r} is 'fitted', so 'where' must say to what")
        if not math.isfinite(self.value):
            raise ModelError(f"{self.name!r} must be a finite number, not {self.value}")
        if self.range and not self.range[0] <= self.value <= self.range[1]:
            low, high = self.range
            raise ModelError(
                f"{self.name!r} = {self} is outside its range {low:g} to {high:g} {self.unit}"
            )

    def with_value(
        self, value: float | str | Quantity, source: str = OVERRIDE, where: str = ""
    ) -> Parameter:
        """Return the parameter with another value: a number counts its own unit.

        Raises
        ------
        UnitError
            If the value has another dimension.
        ModelError
            If the value is outside the parameter's range.
        """
        try:
            number = self._in_own_unit(value)
        except TypeError:
            raise UnitError(f"parameter {self.name!r}: {value!r} is not a value") from None
        except UnitError as error:
            raise UnitError(
                f"parameter {self.name!r}: {error}; it is counted in {self.unit}"
            ) from None
        changed = replace(self, value=number, source=source, where=where)
        changed.check()
        return changed

    def _in_own_unit(self, value: float | str | Quantity) -> float:
        if isinstance(value, str):
            number, unit = parse_quantity(value)
            if unit == "1" and not any(c.isalpha() for c in value.lower().replace("e", "")):
                return number if dimensions(self.unit).is_dimensionless else self._needs_unit(value)
            return convert(number, unit, self.unit)
        if get_dimensions(value) is DIMENSIONLESS:
            return float(value)
        if get_dimensions(value) != dimensions(self.unit):
            raise UnitError(f"{value} has another dimension")
        return float(value / parse_unit(self.unit))

    def _needs_unit(self, value: str) -> float:
        raise UnitError(f"{value.strip()!r} has no unit")


@dataclass(frozen=True)
class Parameters(Mapping[str, Parameter]):
    """Parameters by qualified name (`part.name`); short names work where unique."""

    entries: Mapping[str, Parameter]

    def __getitem__(self, name: str) -> Parameter:
        return self.entries[self.qualify(name)]

    def __iter__(self) -> Iterator[str]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def qualify(self, name: str) -> str:
        """Return the qualified form of a name.

        Raises
        ------
        ModelError
            If no parameter or several are meant; the message lists the candidates.
        """
        if name in self.entries:
            return name
        hits = [full for full in self.entries if full.rpartition(".")[2] == name]
        if len(hits) == 1:
            return hits[0]
        if hits:
            raise ModelError(f"parameter {name!r} is ambiguous: use one of {', '.join(hits)}")
        shorts = {full.rpartition(".")[2] for full in self.entries}
        raise ModelError(f"no parameter {name!r}. {suggest(name, shorts | set(self.entries))}")

    def override(
        self, values: Mapping[str, float | str | Quantity], source: str = OVERRIDE, where: str = ""
    ) -> Parameters:
        """Return parameters with some values replaced; dimensions and ranges are checked."""
        entries = dict(self.entries)
        given: dict[str, str] = {}
        for name, value in values.items():
            full = self.qualify(name)
            if full in given:
                raise ModelError(
                    f"parameter {full!r} is given twice, as {given[full]!r} and {name!r}"
                )
            given[full] = name
            entries[full] = entries[full].with_value(value, source, where)
        return Parameters(entries)
