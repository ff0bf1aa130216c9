"""What is swept: axes and seeds as people write them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from neurospine.description.conditions import TAKEN
from neurospine.description.disorder import CONTROL
from neurospine.description.model import Model
from neurospine.description.protocol import Protocol
from neurospine.errors import NeurospineError, ProtocolError

Values = Mapping[str, Iterable[Any] | Any]
#: Columns of the table of a sweep.
COLUMNS = ("seed", "measure", "file", "why")
LARGEST_SEED = 2**63 - 1


@dataclass(frozen=True)
class SweptAxis:
    """The values that one thing takes in a sweep.

    Attributes
    ----------
    name
        As the user calls it.
    kind
        What the values are: of a parameter, or names of parameter sets or disorders.
    values
        Numbers that count `unit`, or names.
    unit
        The parameter's own unit.
    parameter
        Its qualified name.
    """

    name: str
    kind: Literal["parameter", "set", "disorder"]
    values: tuple[float, ...] | tuple[str, ...]
    unit: str = "1"
    parameter: str = ""

    @property
    def column(self) -> str:
        """The column of tables: name, and unit where there is one."""
        return with_unit(self.name, self.unit)

    def disorders(self, value: float | str) -> tuple[str, ...]:
        """Return the disorders that a value means; `CONTROL` is none, ``one+two`` are two."""
        names = tuple(name.strip() for name in str(value).split("+"))
        return () if names == (CONTROL,) else names

    def label(self, value: float | str) -> str:
        """Return a value in a form that names of files may have."""
        if isinstance(value, str):
            names = "+".join(Path(name.strip()).stem for name in value.split("+"))
            return f"{self.name}={_safe(names)}"
        number = repr(float(value)).removesuffix(".0")
        return f"{self.name}={number}{'' if self.unit == '1' else _safe(self.unit)}"


def with_unit(name: str, unit: str) -> str:
    """Return the name of a column that counts a unit, as in ``time [ms]``."""
    return name if unit == "1" else f"{name} [{unit}]"


def read_axes(over: Values, model: Model, protocol: Protocol) -> tuple[SweptAxis, ...]:
    """Return the axes of a sweep.

    Parameters
    ----------
    over
        By name of a parameter, or ``set`` or ``disorder``, the values that it takes.
    model, protocol
        What is swept.

    Raises
    ------
    NeurospineError
        If a name is unknown or given twice, or a value does not fit.
    """
    axes = tuple(_axis(name, _listed(values), model) for name, values in over.items())
    owners: dict[str, str] = {}
    for axis in axes:
        if axis.name in protocol.conditions or axis.name in {*COLUMNS, *TAKEN}:
            raise ProtocolError(
                f"--over {axis.name}: {protocol.place} has a condition of that name, or its "
                "results a column; write the qualified name of the parameter (part.name)"
            )
        if axis.parameter in owners and axis.parameter:
            other = owners[axis.parameter]
            raise ProtocolError(f"--over {axis.name}: is the same parameter as {other}")
        owners[axis.parameter] = axis.name
    return axes


def _axis(name: str, values: tuple[Any, ...], model: Model) -> SweptAxis:
    if not values:
        raise ProtocolError(f"--over {name}: no values")
    if name in ("set", "disorder"):
        axis = SweptAxis(name, name, tuple(map(str, values)))  # type: ignore[arg-type]
    else:
        axis = _numbers(name, values, model)
    labels = [axis.label(value) for value in axis.values]
    twice = next((label for label in labels if labels.count(label) > 1), None)
    if twice:
        raise ProtocolError(f"--over {name}: {twice} is given twice")
    return axis


def _numbers(name: str, values: tuple[Any, ...], model: Model) -> SweptAxis:
    try:
        full = model.control.qualify(name)
        entry = model.control.entries[full]
        found = tuple(entry.with_value(value).value for value in values)
    except NeurospineError as error:
        near = get_close_matches(name, ("set", "disorder"), 1)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        raise type(error)(
            f"--over {name}: {hint}{error} (besides parameters, 'set' and 'disorder' can be swept)"
        ) from None
    return SweptAxis(name, "parameter", found, entry.unit, full)


def _listed(values: Any) -> tuple[Any, ...]:
    """Return values that may be a text with commas, a single one, or several."""
    if isinstance(values, str):
        values = values.split(",")
    elif not isinstance(values, Iterable):
        values = (values,)
    found = tuple(v.strip() if isinstance(v, str) else v for v in values)
    return tuple(v for v in found if v != "") if all(isinstance(v, str) for v in found) else found


def read_seeds(seeds: str | int | Iterable[int]) -> tuple[int, ...]:
    """Return seeds: a number, several, or a text such as ``0:10`` (0 to 9) or ``1,5,7``.

    Raises
    ------
    ProtocolError
        If there is none, one is given twice, or is no whole number from 0 on.
    """
    try:
        found = tuple(_counted(seeds))
    except (TypeError, ValueError):
        raise ProtocolError(
            f"--seeds {seeds!r}: write a range such as 0:10 (0 to 9), or seeds such as 1,5,7"
        ) from None
    if not found:
        raise ProtocolError(f"--seeds {seeds!r}: there is no seed in it")
    if len(set(found)) < len(found):
        raise ProtocolError(f"--seeds {seeds!r}: a seed is given twice")
    if min(found) < 0 or max(found) > LARGEST_SEED:
        raise ProtocolError(f"--seeds {seeds!r}: must be whole numbers from 0 to 2**63 - 1")
    return found


def _counted(seeds: str | int | Iterable[int]) -> Iterable[int]:
    if isinstance(seeds, int):
        return (seeds,)
    if not isinstance(seeds, str):
        return [int(seed) for seed in seeds]
    found: list[int] = []
    for piece in seeds.split(","):
        ends = piece.split(":")
        if len(ends) > 3:
            raise ValueError
        found += [int(ends[0])] if len(ends) == 1 else range(*map(int, ends))
    return found


def _safe(text: str) -> str:
    """Return a text with what names of files should not have replaced."""
    return re.sub(r"[^A-Za-z0-9.+_-]+", "_", text)
