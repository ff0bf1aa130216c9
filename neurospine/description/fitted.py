"""Which values of a model were fitted, and to what."""

from __future__ import annotations

from dataclasses import dataclass

from neurospine.description.entries import SetEntry
from neurospine.description.model import Model


@dataclass(frozen=True)
class Fit:
    """Values of a part that were fitted together.

    Attributes
    ----------
    part
        The part that they belong to.
    chosen
        The named set that they come from, if they do.
    values
        The short names of the parameters.
    to
        What they were fitted to, in words.
    """

    part: str
    chosen: str
    values: tuple[str, ...]
    to: str


def fits_of(model: Model) -> list[Fit]:
    """Return which of the values that a model has in use were fitted, and to what.

    These are the sets in use that say what they were `fitted_to`, by us or by who published them,
    and all other values with the source `fitted`, which say it in `where`.
    """
    found: list[Fit] = []
    for part in model.parts.values():
        told: set[str] = set()
        for label, chosen in model.sets_in_use(part).items():
            if chosen.fitted_to:
                told |= set(chosen.values)
                found.append(Fit(part.name, label, tuple(chosen.values), _to(chosen)))
        alone: dict[str, list[str]] = {}
        for name in part.parameters:
            entry = model.parameters.entries[f"{part.name}.{name}"]
            if entry.source == "fitted" and name not in told:
                alone.setdefault(entry.where, []).append(name)
        found += [
            Fit(part.name, "", tuple(names), where.removeprefix("to "))
            for where, names in alone.items()
        ]
    return found


def _to(chosen: SetEntry) -> str:
    """Return what a set was fitted to: data or publications, and the set's own words."""
    data = ", ".join(chosen.fitted_to)
    by = "" if chosen.source == "fitted" else f"by {chosen.source}"
    words = "; ".join(filter(None, (by, chosen.where)))
    return f"{data} ({words})" if words else data
