"""Files that hold only what differs from a base, and values that replace those of a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from neurospine.description.library import display, find_file, parse_toml, read_text
from neurospine.errors import LearningError, suggest

#: A base of a base of a base is as far as it goes.
_MOST_BASES = 3


def with_base(table: dict[str, Any], origin: str, depth: int = 0) -> dict[str, Any]:
    """Return a table laid over that of its base.

    Raises
    ------
    LearningError
        If the base is no name, or there are too many.
    """
    base = table.get("base")
    if base is None:
        return table
    if depth == _MOST_BASES or not isinstance(base, str):
        raise LearningError(f"{origin}: base: a name is wanted, of a file with fewer bases")
    path = find_file(base, "networks")
    lower = parse_toml(read_text(path), display(path))
    return _laid_over(with_base(lower, display(path), depth + 1), table)


def _laid_over(lower: Mapping[str, Any], upper: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table with what another changes in it."""
    both = dict(lower)
    for key, value in upper.items():
        inner = both.get(key)
        both[key] = (
            _laid_over(inner, value)
            if isinstance(inner, dict) and isinstance(value, dict)
            else value
        )
    return both


def set_value(table: dict[str, Any], path: str, value: Any, origin: str) -> None:
    """Change one value of a table in place, by a path such as ``H1.below_to_E.rate``.

    Raises
    ------
    LearningError
        If the path leads nowhere.
    """
    first, *rest = path.split(".")
    steps, layers = [first, *rest], table.get("layers", {})
    if first in layers:
        inner = layers[first].get("projections", {})
        steps = ["layers", first, *(["projections"] if rest and rest[0] in inner else []), *rest]
    place = table
    for step in steps[:-1]:
        if not isinstance(place.get(step), dict):
            known = [*table, *layers] if place is table else [*place, *place.get("projections", ())]
            raise LearningError(f"{origin}: nothing called {path!r}. {suggest(step, known)}")
        place = place[step]
    place[steps[-1]] = value
