"""Turn TOML tables into checked objects, with errors that name table and key."""

from __future__ import annotations

from typing import Annotated, Any, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from neurospine.errors import NeurospineError, shorten, suggest


class Table(BaseModel):
    """A TOML table: unknown keys are errors, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


#: A number: neither a text nor true or false.
Number = Annotated[float, Field(strict=True)]


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
    # A misspelt key comes before the one that is missing because of it.
    listed = sorted(problems.errors(), key=lambda p: p["type"] != "extra_forbidden")
    problem = listed[0]
    path = [str(step) for step in problem["loc"]]
    key, tables = (path[-1], path[:-1]) if path else ("", [])
    place = f"[{'.'.join(tables)}]: " if tables else ""
    more = problems.error_count() - 1
    ending = f" (and {more} more)" if more else ""
    match problem["type"]:
        case "extra_forbidden":
            known = _keys(schema, tables)
            return f"{place}unknown key {shorten(key)!r}. {suggest(key, known)}{ending}"
        case "missing":
            return f"{place}the key {key!r} is missing{ending}"
        case "value_error":
            return f"{place}{key}: {problem['ctx']['error']}{ending}"
    message = problem["msg"][0].lower() + problem["msg"][1:]
    found = problem["input"]
    shown = "" if isinstance(found, dict) else f", found {shorten(repr(found))}"
    return f"{place}{key}: {message}{shown}{ending}"


def _keys(schema: Any, path: list[str]) -> list[str]:
    """Return the keys that the table at `path` of a schema may have."""
    choices = [schema]
    for step in path:
        found: list[Any] = []
        for choice in choices:
            fields = {f.alias or name: f for name, f in choice.model_fields.items()}
            if step in fields:
                found += _tables(fields[step].annotation)
            elif _kind(choice) == step:
                found.append(choice)
        choices = found or choices  # a number or a name within a list or table of tables
    return sorted({f.alias or n for c in choices for n, f in c.model_fields.items()})


def _kind(table: type[BaseModel]) -> str:
    """Return the `kind` that marks one of several tables, or an empty text."""
    field = table.model_fields.get("kind")
    return str(get_args(field.annotation)[0]) if field and get_args(field.annotation) else ""


def _tables(annotation: Any) -> list[type[BaseModel]]:
    """Return the table classes inside an annotation such as ``dict[str, X]`` or ``X | Y``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [table for inner in get_args(annotation) for table in _tables(inner)]
