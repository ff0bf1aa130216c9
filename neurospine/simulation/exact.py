"""Exact steps of linear equations, found once for each system and each of its parts alone.

Brian2 works out the matrix exponential of all equations of a group together, and again in
every run. That takes seconds for a few traces that have nothing to do with each other. Here
it is given equations that do not read each other one after the other, and what it finds is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from graphlib import CycleError, TopologicalSorter
from importlib import import_module
from typing import Any

import numpy as np
import sympy
from brian2.equations.codestrings import is_constant_over_dt
from brian2.equations.equations import DIFFERENTIAL_EQUATION, Equations
from brian2.stateupdaters.exact import LinearStateUpdater, get_linear_system
from scipy.sparse.csgraph import connected_components

#: Brian2 has an object of the name of this module beside it.
_brian2 = import_module(LinearStateUpdater.__module__)
_brian2_step = LinearStateUpdater.__call__
_brian2_system = get_linear_system
#: Statements of a step by all that they follow from.
_known: dict[tuple[Any, ...], str] = {}


@contextmanager
def solved_once() -> Iterator[None]:
    """Let Brian2's exact method, event-driven equations included, find its steps here."""
    LinearStateUpdater.__call__ = _step
    _brian2.get_linear_system = _system  # type: ignore[attr-defined]
    try:
        yield
    finally:
        LinearStateUpdater.__call__ = _brian2_step
        _brian2.get_linear_system = _brian2_system  # type: ignore[attr-defined]


class _Matrix(sympy.ImmutableDenseMatrix):  # type: ignore[misc]
    """A matrix whose exponential is soon found where no variables read each other in a circle.

    Elsewhere SymPy looks for its eigenvectors, and takes half a second for two variables.
    """

    def exp(self) -> Any:
        """Return the exponential, by Parlett's recurrence if some order makes it triangular."""
        rates = list(self.diagonal())
        order = _order(self)
        if order is None or len(set(rates)) < len(rates):
            return super().exp()
        found = sympy.zeros(*self.shape)
        for row in order:
            found[row, row] = sympy.exp(self[row, row])
        for distance in range(1, len(order)):
            for place in range(distance, len(order)):
                row, column = order[place], order[place - distance]
                between = order[place - distance + 1 : place]
                total = self[row, column] * (found[row, row] - found[column, column])
                for k in between:
                    total += found[row, k] * self[k, column] - self[row, k] * found[k, column]
                found[row, column] = total / (self[row, row] - self[column, column])
        return found.as_immutable()


def _order(matrix: Any) -> list[int] | None:
    """Return rows such that each reads itself and those before, or None where there is a circle."""
    waits = {
        row: {k for k in range(matrix.rows) if k != row and matrix[row, k] != 0}
        for row in range(matrix.rows)
    }
    try:
        return list(TopologicalSorter(waits).static_order())
    except CycleError:
        return None


def _system(equations: Any, variables: Any) -> tuple[Any, Any, Any]:
    names, matrix, constants = _brian2_system(equations, variables)
    return names, _Matrix(matrix), constants


def _step(updater: Any, equations: Any, variables: Any = None, method_options: Any = None) -> str:
    """Return what Brian2's updater does: statements that bring all variables to the next step."""
    if equations.is_stochastic or not equations.diff_eq_names:
        return str(_brian2_step(updater, equations, variables, method_options))
    variables = variables or {}
    names, matrix, constants = get_linear_system(equations, variables)
    interval = variables["dt"].get_value()[0] if "dt" in variables else None
    found = []
    for rows in _parts(matrix):
        own = [names[row] for row in rows]
        system = (
            matrix.extract(rows, rows).as_immutable(),
            constants.extract(rows, [0]).as_immutable(),
        )
        fixed = tuple(is_constant_over_dt(x, variables, interval) for part in system for x in part)
        key = (*own, *system, fixed, str(method_options))
        if key not in _known:
            alone = _only(equations, own)
            _known[key] = _brian2_step(updater, alone, variables, method_options)
        found.append(_known[key])
    return "\n".join(found)


def _parts(matrix: Any) -> list[list[int]]:
    """Return the rows of variables that depend on each other, part by part."""
    linked = np.array([[bool(entry != 0) for entry in row] for row in matrix.tolist()])
    count, part = connected_components(linked, directed=False)
    return [np.flatnonzero(part == number).tolist() for number in range(count)]


def _only(equations: Any, names: list[str]) -> Any:
    """Return equations with no other differential equations than these."""
    kept = [e for e in equations.values() if e.type != DIFFERENTIAL_EQUATION or e.varname in names]
    return Equations(kept)
