"""Checks of the shape of spines."""

from __future__ import annotations

from brian2 import ohm
from brian2.units.fundamentalunits import DIMENSIONLESS

from neurospine.description.checks import at, check_used, known_parameters
from neurospine.description.dimensions import dimension_of
from neurospine.description.expressions import identifiers
from neurospine.description.names import check_name
from neurospine.description.spine_parts import GeometryPart
from neurospine.description.units import dimensions
from neurospine.errors import ModelError

#: Columns that the table of slots has already.
_TAKEN = ("slot", "pre", "post", "delay", "condition", "repeat", "present", "recorded",
          "compartment", "position", "stimulated", "stimulated_distance", "volume")  # fmt: skip


def check_geometry(part: GeometryPart, origin: str) -> None:
    """Check the sizes of a spine: closed names, units as declared, a neck with a resistance."""
    known = known_parameters(part)
    used: set[str] = set()
    for name in part.normals:
        with at(origin, "normals"):
            check_name(name)
            if name in known:
                raise ModelError(f"{name!r} is also a parameter; rename one")
    known = {**known, "volume": DIMENSIONLESS, **dict.fromkeys(part.normals, DIMENSIONLESS)}
    for name, quantity in part.quantities.items():
        with at(origin, f"quantities.{name}"):
            if name != "neck_resistance":
                check_name(name)
            if name in known or name in _TAKEN:
                raise ModelError(f"{name!r} is already a name for something else")
            found = dimension_of(quantity.value, known)
            if found != dimensions(quantity.unit):
                raise ModelError(f"value {quantity.value!r} is not in {quantity.unit}")
            used |= identifiers(quantity.value)
            known[name] = found
    if known.get("neck_resistance") != ohm.dim:
        raise ModelError(f"{origin}: [quantities.neck_resistance]: missing, or no resistance")
    for name in sorted(set(part.normals) - used):
        raise ModelError(f"{origin}: normals: {name!r} is not used anywhere")
    check_used(part, origin, used)
