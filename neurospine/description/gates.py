"""Gates: variables whose rate is linear in themselves, so that exponential steps solve them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from brian2 import Equations
from brian2.stateupdaters.exponential_euler import get_conditionally_linear_system

from neurospine.description.expressions import Equation, identifiers
from neurospine.errors import ModelError


def linear_rate(gate: Equation) -> tuple[Any, Any]:
    """Return slope and rest of the rate of a gate, as SymPy has them.

    Raises
    ------
    ModelError
        If the rate is not linear in the gate.
    """
    try:
        slope, rest = get_conditionally_linear_system(Equations(gate.text))[gate.name]
    except ValueError:
        raise ModelError(
            f"the rate of {gate.name!r}, {gate.expression!r}, is not linear in it, as exponential "
            "steps need"
        ) from None
    return slope, rest


def check_own_rate(name: str, equations: Iterable[Equation]) -> None:
    """Raise a `ModelError` if the rate of a variable reads it by way of other equations."""
    known = {e.name: e for e in equations}
    left = [known[n] for n in identifiers(known[name].expression) if n in known and n != name]
    found: set[str] = set()
    while left:
        equation = left.pop()
        if equation.differential or equation.name in found:
            continue
        found.add(equation.name)
        read = identifiers(equation.expression)
        if name in read:
            raise ModelError(
                f"the rate of {name!r} depends on it by way of {equation.name!r}; write it out as "
                "one that is linear in it"
            )
        left += [known[other] for other in read if other in known]
