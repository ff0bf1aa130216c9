"""Write the table of a file, with all that it builds on, as TOML."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from neurospine.description.schema import Table

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def toml_text(table: Table) -> str:
    """Return a checked table as TOML: what its file, the bases of that and given values say.

    Reading the text gives the same table, without a base.
    """
    values = table.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude={"base"})
    return "\n".join(_lines(values, ())).strip() + "\n"


def _lines(table: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    """Yield the lines of a table: its values, then the tables in it."""
    inner = {key: value for key, value in table.items() if isinstance(value, dict)}
    plain = {key: value for key, value in table.items() if key not in inner}
    if path and (plain or not inner):
        yield f"\n[{'.'.join(map(_key, path))}]"
    for key, value in plain.items():
        yield f"{_key(key)} = {_value(value)}"
    for key, value in inner.items():
        yield from _lines(value, (*path, key))


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else json.dumps(key)


def _value(value: Any) -> str:
    """Return a text, number, truth or list as TOML has it; JSON agrees but for infinity."""
    return repr(value) if isinstance(value, float) else json.dumps(value, ensure_ascii=False)
