"""Gates: variables whose rate is linear in themselves, so that exponential steps solve them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from brian2 import Equations
from brian2.parsing.sympytools import sympy_to_str
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


def exponential_steps(gates: Iterable[Equation], length: str) -> Iterator[str]:
    """Yield statements of exponential steps of gates, all from the values before the step."""
    gates = list(gates)
    for gate in gates:
        slope, rest = linear_rate(gate)
        if slope == 0:
            step = f"{gate.name} + ({length})*({sympy_to_str(rest)})"
        else:
            factor = f"exp(({length})*({sympy_to_str(slope)}))"
            goal = sympy_to_str(-rest / slope)
            step = f"{gate.name}*{factor}"
            if rest != 0:
                yield f"_goal_{gate.name} = {goal}"
                step = f"_goal_{gate.name} + ({gate.name} - _goal_{gate.name})*{factor}"
        yield f"_next_{gate.name} = {step}"
    for gate in gates:
        yield f"{gate.name} = _next_{gate.name}"
