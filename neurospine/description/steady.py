"""Where the variables of a neuron start: in the steady state of its start potential."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from neurospine.description.cell import Cell
from neurospine.description.evaluate import evaluate
from neurospine.description.expressions import Equation, identifiers, parse_equations
from neurospine.errors import ModelError

#: Rounds in which variables that depend on each other find their steady state.
_MOST_ROUNDS = 50


def start_values(cell: Cell, numbers: Mapping[str, float]) -> dict[str, float]:
    """Return the start of every variable of a neuron of compartments.

    Potentials start as the neuron says, and so do variables with an initial value; all
    others where they would stay at these potentials.

    Parameters
    ----------
    cell
        The neuron.
    numbers
        Its parameters, as the equations get them.

    Raises
    ------
    ModelError
        If something is not finite there.
    """
    equations = parse_equations(cell.part.equations)
    start = {name: numbers[parameter] for name, parameter in cell.part.initial.items()}
    moving = {e.name: e.expression for e in equations if e.differential and e.name not in start}
    values = {**numbers, **dict.fromkeys(moving, 0.0), **start}
    values |= dict.fromkeys(cell.ports, 0.0)
    between = in_order(e for e in equations if not e.differential)
    for _ in range(_MOST_ROUNDS):
        before = dict(values)
        for equation in between:
            values[equation.name] = _number(equation.name, equation.expression, values)
        for name, rate in moving.items():
            # A rate that is linear in its variable vanishes here.
            at_zero, at_one = (_number(name, rate, {**values, name: x}) for x in (0.0, 1.0))
            if at_zero != at_one:
                values[name] = at_zero / (at_zero - at_one)
        if all(math.isclose(values[n], before[n], rel_tol=1e-12) for n in moving):
            break
    return {name: values[name] for name in (*start, *moving)}


def _number(name: str, expression: str, values: Mapping[str, float]) -> float:
    """Return the value of an expression for a variable at the start."""
    try:
        found = float(evaluate(expression, values))
    except ArithmeticError:
        found = math.nan
    if not math.isfinite(found):
        raise ModelError(f"{name!r} has no value at the start: {expression!r} is not finite")
    return found


def in_order(equations: Iterable[Equation]) -> list[Equation]:
    """Return equations so that each comes after those that it reads.

    Raises
    ------
    ModelError
        If some read each other in a circle.
    """
    left = {e.name: e for e in equations}
    found: list[Equation] = []
    while left:
        ready = [e for e in left.values() if not identifiers(e.expression) & set(left)]
        if not ready:
            raise ModelError(f"equations read each other in a circle: {', '.join(left)}")
        found += ready
        for equation in ready:
            del left[equation.name]
    return found
