"""Turn TOML tables into checked objects, with errors that name table and key."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from neurospine.description.problems import explain
from neurospine.errors import NeurospineError


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
    except NeurospineError as found:  # of a schema that checks itself
        raise error(f"{origin}: {found}") from None
