"""Turn TOML tables into checked objects, with errors that name table and key."""

from __future__ import annotations

import types
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from neurospine.description.parameters import Parameter
from neurospine.errors import NeurospineError, suggest


class Table(BaseModel):
    """A TOML table: unknown keys are errors, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class ParameterEntry(Table):
    """A parameter as a file writes it."""

    value: float
    unit: str
    meaning: str
    source: str
    where: str = ""
    range: tuple[float, float] | None = None
    plain: bool = False

    def parameter(self, name: str) -> Parameter:
        """Return the parameter under a qualified name."""
        return Parameter(name=name, **self.model_dump())


class ValueEntry(Table):
    """Another value for a parameter of a part, with the reason for it."""

    value: float
    unit: str
    source: str
    where: str = ""


class SetEntry(Table):
    """A named set of parameter values; each value counts the parameter's own unit."""

    meaning: str
    source: str
    where: str = ""
    fitted_to: tuple[str, ...] = ()
    values: dict[str, float]


class LibraryFile(Table):
    """What every library file begins with."""

    format: Annotated[Literal[1], Field(alias="schema")] = 1
    name: str
    summary: str
    references: tuple[str, ...] = ()


def read_table[Schema: Table](
    schema: type[Schema], table: dict[str, Any], origin: str, error: type[NeurospineError]
) -> Schema:
    """Return `table` as an object of the class `schema`.

    Raises
    ------
    NeurospineError
        Of the class `error`: one paragraph that names file, table, key, what was
        expected and the nearest valid name.
    """
    try:
        return schema.model_validate(table)
    except ValidationError as problems:
        raise error(f"{origin}: {explain(problems, schema)}") from None


def explain(problems: ValidationError, schema: type[Table]) -> str:
    """Return the first problem as a sentence that names table, key and what was expected."""
    problem = problems.errors()[0]
    path = [str(step) for step in problem["loc"]]
    key, tables = (path[-1], path[:-1]) if path else ("", [])
    place = f"[{'.'.join(tables)}]: " if tables else ""
    more = problems.error_count() - 1
    ending = f" (and {more} more)" if more else ""
    match problem["type"]:
        case "extra_forbidden":
            known = _keys(schema, tables)
            return f"{place}unknown key {key!r}. {suggest(key, known)}{ending}"
        case "missing":
            return f"{place}the key {key!r} is missing{ending}"
        case "value_error":
            return f"{place}{key}: {problem['ctx']['error']}{ending}"
    message = problem["msg"][0].lower() + problem["msg"][1:]
    found = problem["input"]
    shown = "" if isinstance(found, dict) else f", found {found!r}"
    return f"{place}{key}: {message}{shown}{ending}"


def _keys(schema: Any, path: list[str]) -> list[str]:
    """Return the keys that the table at `path` of a schema may have."""
    for step in path:
        if isinstance(schema, type) and issubclass(schema, BaseModel):
            fields = schema.model_fields
            by_alias = {field.alias or name: field for name, field in fields.items()}
            if step not in by_alias:
                break
            schema = by_alias[step].annotation
        schema = _inner(schema)
    if isinstance(schema, type) and issubclass(schema, BaseModel):
        return [field.alias or name for name, field in schema.model_fields.items()]
    return []


def _inner(schema: Any) -> Any:
    """Return the table class inside an annotation such as ``dict[str, X]`` or ``X | None``."""
    origin = get_origin(schema)
    if origin in (Union, types.UnionType):
        classes = [a for a in get_args(schema) if a is not type(None)]
        return _inner(classes[0])
    if origin is Annotated:
        return _inner(get_args(schema)[0])
    if origin is dict:
        return _inner(get_args(schema)[1])
    if origin in (tuple, list):
        return _inner(get_args(schema)[0])
    return schema
