"""Tables that several kinds of file have: parameters, their sets, and how a file begins."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from neurospine.description.parameters import Parameter
from neurospine.description.schema import Number, Table
from neurospine.errors import ModelError, NeurospineError


class ValueEntry(Table):
    """Another value for a parameter of a part, with the reason for it."""

    value: Number
    unit: str
    source: str
    where: str = ""


class ParameterEntry(Table):
    """A parameter as a file writes it."""

    value: Number
    unit: str
    meaning: str
    source: str
    where: str = ""
    range: tuple[Number, Number] | None = None
    plain: bool = False
    role: str = ""

    def parameter(self, name: str) -> Parameter:
        """Return the parameter under a qualified name."""
        return Parameter(name=name, **self.model_dump())

    def with_value(self, given: ValueEntry, name: str) -> ParameterEntry:
        """Return the parameter with a value that another file gives it."""
        value = f"{given.value!r} {given.unit}" if given.unit != "1" else given.value
        try:
            changed = self.parameter(name).with_value(value, given.source, given.where)
        except NeurospineError as error:
            raise ModelError(f"[values.{name}]: {error}") from None
        update = {"value": changed.value, "source": changed.source, "where": changed.where}
        return self.model_copy(update=update)


class SetEntry(Table):
    """A named set of parameter values; each value counts the parameter's own unit."""

    meaning: str
    source: str
    where: str = ""
    fitted_to: tuple[str, ...] = ()
    values: dict[str, Number]


class LibraryFile(Table):
    """What every library file begins with."""

    format: Annotated[Literal[1], Field(alias="schema")] = 1
    name: str
    summary: str
    references: tuple[str, ...] = ()


class Part(LibraryFile):
    """A model file with parameters and named sets of their values."""

    parameters: dict[str, ParameterEntry] = {}
    sets: dict[str, SetEntry] = {}
