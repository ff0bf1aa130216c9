"""Which cells a projection joins: the rules a circuit may name, and their keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Literal, NamedTuple

from neurospine.description.schema import Table
from neurospine.errors import ModelError, suggest

if TYPE_CHECKING:
    from neurospine.description.model import Model

Shape = Literal["line", "ring", "square", "torus"]
Profile = Literal["gaussian", "exponential"]
Rule = Literal[
    "one_to_one", "all_to_all", "fixed_in_degree", "distance_dependent", "edge_list"
]  # fmt: skip


def place_of(model: Model, projection: str) -> str:
    """Return how errors name the rule of a projection: file, table and key."""
    origin = model.origins.get(model.name, f"circuit {model.name!r}")
    return f"{origin}: [projections.{projection}]: connectivity"


class Connectivity(Table):
    """Which cells are joined.

    ``fixed_in_degree`` gives each postsynaptic cell `in_degree` spines. Without
    `contacts` the partner of each is drawn independently, so a pair of cells may share
    several by chance; with it, in_degree/contacts different partners have so many
    spines each. No cell contacts itself.

    ``distance_dependent`` puts the cells of both populations at even distances on a
    `shape` of the side `extent` (a ring and a torus have no edges) and joins a pair at
    the distance d with the probability peak*exp(-(d/length)**2/2), or
    peak*exp(-d/length) with the `profile` ``exponential``. No cell contacts itself.

    ``edge_list`` reads pairs from a file (see `edge_lists.py`), by its path from the
    circuit's own; `edges` names one of several populations of edges in it.

    `contacts` is the number of spines of each pair that is joined.

    Where spines are born, ``fixed_in_degree`` without `contacts` draws them a new partner.
    With every other rule a site keeps its two cells: there it is the rule, or the list,
    that says which cells meet, and what is born anew is their contact.
    """

    rule: Rule
    in_degree: str | None = None
    contacts: str | None = None
    shape: Shape | None = None
    profile: Profile | None = None
    extent: str | None = None
    length: str | None = None
    peak: str | None = None
    file: str | None = None
    edges: str | None = None

    @property
    def rewires(self) -> bool:
        """Whether a spine that is born may have another presynaptic cell than the last one."""
        return self.rule == "fixed_in_degree" and self.contacts is None

    def parameters(self) -> Iterator[tuple[str, str, str]]:
        """Yield key, name and unit of each parameter of the circuit that the rule reads."""
        for key, unit in _UNITS.items():
            name = getattr(self, key)
            if name is not None:
                yield key, name, unit


class _Keys(NamedTuple):
    needed: frozenset[str]
    optional: frozenset[str]


def _keys(needed: str = "", optional: str = "") -> _Keys:
    return _Keys(frozenset(needed.split()), frozenset(optional.split()))


_KEYS: dict[str, _Keys] = {
    "one_to_one": _keys(optional="contacts"),
    "all_to_all": _keys(optional="contacts"),
    "fixed_in_degree": _keys("in_degree", "contacts"),
    "distance_dependent": _keys("extent length peak", "shape profile contacts"),
    "edge_list": _keys("file", "edges"),
}
#: Keys that name a parameter of the circuit, with its unit.
_UNITS = {
    "in_degree": "1", "contacts": "1", "peak": "1", "extent": "meter", "length": "meter",
}  # fmt: skip


def check_connectivity(
    connectivity: Connectivity, parameter: Callable[[str, str, str], None]
) -> None:
    """Check that the keys of a table go with its rule, and the parameters they name.

    Parameters
    ----------
    connectivity
        The table.
    parameter
        Checks one parameter, given key, name and unit.

    Raises
    ------
    ModelError
        If a key is missing, goes with another rule, or names no such parameter.
    """
    keys = _KEYS[connectivity.rule]
    given = {key for key in Connectivity.model_fields if getattr(connectivity, key) is not None}
    for key in sorted(given - {"rule"} - keys.needed - keys.optional):
        rules = [rule for rule, own in _KEYS.items() if key in own.needed | own.optional]
        raise ModelError(
            f"connectivity: {key} goes with the rule {' or '.join(rules)}, not with "
            f"{connectivity.rule}. {_also(key, keys)}"
        )
    for key in sorted(keys.needed - given):
        raise ModelError(f"connectivity: {key} goes with the rule {connectivity.rule}: give it")
    for key, name, unit in connectivity.parameters():
        parameter(f"connectivity: {key}", name, unit)


def _also(key: str, keys: _Keys) -> str:
    known = keys.needed | keys.optional
    return suggest(key, known) if known else "It has no keys."
