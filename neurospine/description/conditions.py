"""The conditions of a protocol: every combination that is run at once."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from neurospine.description.disorder import CONTROL
from neurospine.description.schema import Number, Table
from neurospine.description.units import convert, parse_quantity, parse_unit
from neurospine.errors import ProtocolError, UnitError, suggest

Arrangement = Literal["grid", "rows"]
MOST_CONDITIONS = 1_000_000
#: Names that results have for something else.
TAKEN = frozenset(
    "condition repeat pre post time slot cell number volume weight stage contact birth death lag "
    "compartment position stimulated_distance size value standard_error low high "
    "n".split()
)


class Axis(Table):
    """The values that one condition takes.

    They mean something to the stimuli, or to the model: with `parameter` they are
    values of that parameter, with `sets` names of parameter sets, with `disorders` names of
    disorders: ``control`` is the model as it is, ``one + two`` means both in this order.
    """

    values: tuple[Number, ...] | tuple[str, ...]
    unit: str = "1"
    meaning: str
    parameter: str | None = None
    sets: bool = False
    disorders: bool = False

    def names(self, value: float | str) -> tuple[str, ...]:
        """Return the disorders that one of the values means."""
        given = tuple(name.strip() for name in str(value).split("+"))
        return () if not self.disorders or given == (CONTROL,) else given


@dataclass(frozen=True)
class Conditions:
    """Axes and how they combine: ``grid`` (all with all) or ``rows`` (side by side)."""

    axes: Mapping[str, Axis]
    arrangement: Arrangement = "grid"

    @property
    def rows(self) -> tuple[dict[str, float | str], ...]:
        """Each condition as a mapping from axis to value (counting the axis's unit)."""
        columns = [axis.values for axis in self.axes.values()]
        combine = itertools.product if self.arrangement == "grid" else zip
        return tuple(dict(zip(self.axes, row, strict=True)) for row in combine(*columns)) or ({},)

    def check(self) -> None:
        """Raise a `ProtocolError` if an axis is empty, has no unit or another length."""
        for name, axis in self.axes.items():
            if name in TAKEN:
                raise ProtocolError(
                    f"[conditions.{name}]: {name!r} is no name for a condition: results have a "
                    "column of that name"
                )
            if not name.isidentifier():
                raise ProtocolError(f"[conditions.{name}]: {name!r} is no name for a condition")
            if not axis.values:
                raise ProtocolError(f"[conditions.{name}]: no values, so there is nothing to run")
            words = isinstance(axis.values[0], str)
            if axis.sets + axis.disorders + bool(axis.parameter) > 1:
                raise ProtocolError(
                    f"[conditions.{name}]: give one of 'parameter', 'sets' and 'disorders'"
                )
            if (axis.sets or axis.disorders) and not words:
                what = "sets" if axis.sets else "disorders"
                raise ProtocolError(
                    f"[conditions.{name}]: {what}: the values must be names of {what}"
                )
            if axis.parameter and words:
                raise ProtocolError(f"[conditions.{name}]: parameter: the values must be numbers")
            if words and axis.unit != "1":
                raise ProtocolError(f"[conditions.{name}]: unit: words have no unit")
            if not words and not all(map(math.isfinite, axis.values)):  # type: ignore[arg-type]
                raise ProtocolError(f"[conditions.{name}]: values: must be finite numbers")
            if len(set(axis.values)) != len(axis.values) and self.arrangement == "grid":
                raise ProtocolError(f"[conditions.{name}]: a value is given twice")
            try:
                parse_unit(axis.unit)
            except UnitError as error:
                raise ProtocolError(f"[conditions.{name}]: {error}") from None
        columns = [axis.values for axis in self.axes.values()]
        lengths = set(map(len, columns))
        if self.arrangement == "rows" and len(lengths) > 1:
            raise ProtocolError("[conditions]: rows need as many values on every axis")
        if self.arrangement == "grid" and math.prod(map(len, columns)) > MOST_CONDITIONS:
            raise ProtocolError(f"[conditions]: more than {MOST_CONDITIONS} combinations")

    def quantity(self, text: str, row: Mapping[str, float | str], unit: str) -> float:
        """Return what `text` means in one condition, counted in `unit`.

        Parameters
        ----------
        text
            A quantity such as ``"10 ms"`` or the name of an axis.
        row
            One of `rows`.
        unit
            The unit of the result.

        Raises
        ------
        ProtocolError
            If the text is neither, or has another dimension.
        """
        try:
            if text in self.axes:
                value = row[text]
                if isinstance(value, str):
                    raise ProtocolError(f"the axis {text!r} holds words, a quantity is wanted")
                return convert(value, self.axes[text].unit, unit)
            return convert(*parse_quantity(text), unit)
        except UnitError as error:
            if text.isidentifier() and text not in self.axes:
                raise ProtocolError(f"no condition {text!r}. {suggest(text, self.axes)}") from None
            raise ProtocolError(str(error)) from None

    def word(self, text: str, row: Mapping[str, float | str]) -> str:
        """Return what `text` means in one condition where a word is wanted."""
        return str(row[text]) if text in self.axes else text
