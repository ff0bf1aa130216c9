"""Exact steps of linear equations, found once for each system and each of its parts alone.

Brian2 works out the matrix exponential of all equations of a group together, and again in
every run. That takes seconds for a few traces that have nothing to do with each other. Here
equations that do not read each other are solved alone, and what was found is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import numpy as np
import sympy
from brian2.equations.codestrings import is_constant_over_dt
from brian2.parsing.sympytools import sympy_to_str
from brian2.stateupdaters.base import UnsupportedEquationsException
from brian2.stateupdaters.exact import LinearStateUpdater, get_linear_system
from scipy.sparse.csgraph import connected_components


@contextmanager
def solved_once() -> Iterator[None]:
    """Let Brian2's exact method, event-driven equations included, find its steps here."""
    before = LinearStateUpdater.__call__
    LinearStateUpdater.__call__ = _step
    try:
        yield
    finally:
        LinearStateUpdater.__call__ = before


def _step(updater: Any, equations: Any, variables: Any = None, method_options: Any = None) -> str:
    """Return what Brian2's updater does: statements that bring all variables to the next step."""
    variables = variables or {}
    if equations.is_stochastic:
        raise UnsupportedEquationsException("the exact method solves no stochastic equations")
    names, matrix, constants = get_linear_system(equations, variables)
    interval = variables["dt"].get_value()[0] if "dt" in variables else None
    for entry in (*matrix, *constants):
        if not is_constant_over_dt(entry, variables, interval):
            raise UnsupportedEquationsException(
                f"'{sympy_to_str(entry)}' need not be constant over a step"
            )
    found = _solved(tuple(names), matrix.as_immutable(), constants.as_immutable())
    lines = [f"_{name} = {found[name]}" for name in names]
    return "\n".join([*lines, *(f"{name} = _{name}" for name in names)])


@lru_cache(maxsize=1024)
def _solved(names: tuple[str, ...], matrix: Any, constants: Any) -> dict[str, str]:
    """Return the expression of each variable after a step; those that are apart are solved so."""
    if not names:
        return {}
    linked = np.array([[bool(entry != 0) for entry in row] for row in matrix.tolist()])
    count, part = connected_components(linked, directed=False)
    found: dict[str, str] = {}
    for number in range(count):
        rows = [int(row) for row in np.flatnonzero(part == number)]
        own = [names[row] for row in rows]
        texts = _solved_part(own, matrix.extract(rows, rows), constants.extract(rows, [0]))
        found |= dict(zip(own, texts, strict=True))
    return found


def _solved_part(names: Sequence[str], matrix: Any, constants: Any) -> list[str]:
    """Return the expressions of variables that depend on each other, as Brian2 works them out."""
    symbols = [sympy.Symbol(name, real=True) for name in names]
    fixed = sympy.solve_linear_system(matrix.row_join(constants), *symbols)
    if fixed is None or set(symbols) != set(fixed):
        raise UnsupportedEquationsException("the exact method finds no fixed point")
    point = sympy.ImmutableMatrix([fixed[symbol] for symbol in symbols])
    interval = sympy.Symbol("dt", real=True, positive=True)
    try:
        grown = (matrix * interval).exp()
    except NotImplementedError:
        raise UnsupportedEquationsException("the exact method cannot solve this") from None
    grown = grown.applyfunc(lambda x: sympy.factor_terms(sympy.cancel(sympy.signsimp(x))))
    offset = sympy.ImmutableMatrix(grown * point) - point
    state = sympy.MatrixSymbol("_S", len(names), 1)
    texts = []
    for step in (grown * state + offset).as_explicit():
        if step.has(sympy.I, sympy.re, sympy.im):
            raise UnsupportedEquationsException("the exact solution has complex values")
        for row, name in enumerate(names):
            step = step.subs(state[row, 0], name)
        texts.append(sympy_to_str(step))
    return texts
