"""Functions for statements of the slow clock that compilers turn into vector code."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import numpy as np
from brian2 import Function
from scipy import special

from neurospine.simulation.random.brian import add_implementations
from neurospine.simulation.random.noise import noise_functions

#: Larger whole powers stay powers.
LARGEST_POWER = 16
#: What `slow_log` takes for numbers below it, such as 0.
SMALLEST = float(np.finfo(float).tiny)
SMALLEST_SINGLE = float(np.finfo(np.float32).tiny)
_SELECT = """double neurospine_select(bint, double, double) nogil
    long long neurospine_select(bint, long long, long long) nogil"""


def slow_functions() -> dict[str, Function]:
    """Return a Brian2 namespace for the statements of the slow clock.

    It holds ``normal`` and ``uniform`` of (slot, tick, key0, key1), ``select``
    of (condition, yes, no), and what `slow_code` writes: ``slow_exp``, ``slow_log``,
    ``slow_exprel`` and ``single_...``.
    """
    return {
        **noise_functions(),
        "select": _select(),
        "slow_exp": _elementary("exp", _exp),
        "slow_log": _elementary("log", _log),
        "slow_exprel": _elementary("exprel", _exprel),
        "single": _single(),
        "single_exp": _elementary("single_exp", lambda x: np.exp(np.clip(x, -87.0, 88.0))),
        "single_expm1": _elementary("single_expm1", lambda x: np.expm1(np.minimum(x, 88.0))),
        "single_log": _elementary("single_log", lambda x: np.log(np.maximum(x, SMALLEST_SINGLE))),
    }


def slow_code(code: str) -> str:
    """Return statements with functions of ours for those of the maths library.

    Brian2 lets nobody redefine ``exp``, ``log`` and ``exprel``, and writes every power as a
    call that no compiler turns into vector code: whole powers become products. What stands in
    ``single(...)`` may be worked out in single precision.

    Parameters
    ----------
    code
        Statements of Brian2, one a line.
    """
    return ast.unparse(_Renaming().visit(ast.parse(code)))


class _Renaming(ast.NodeTransformer):
    def visit_Call(self, node: ast.Call) -> ast.Call:
        if isinstance(node.func, ast.Name) and node.func.id == "single":
            node.args = [_Single().visit(argument) for argument in node.args]
        self.generic_visit(node)
        return node

    def visit_Name(self, node: ast.Name) -> ast.Name:
        if node.id in ("exp", "log", "exprel"):
            return ast.Name(f"slow_{node.id}", node.ctx)
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        match node:
            case ast.BinOp(left=base, op=ast.Pow(), right=ast.Constant(value=int() as power)):
                return _product(base, power) if 1 < power <= LARGEST_POWER else node
        return node


class _Single(ast.NodeTransformer):
    def visit_Name(self, node: ast.Name) -> ast.Name:
        if node.id in ("exp", "expm1", "log"):
            return ast.Name(f"single_{node.id}", node.ctx)
        return node


def _product(base: ast.expr, power: int) -> ast.expr:
    """Return a whole power as a product; a compiler multiplies equal factors once."""
    if power == 1:
        return base
    half = _product(base, power // 2)
    square = ast.BinOp(half, ast.Mult(), half)
    return ast.BinOp(square, ast.Mult(), base) if power % 2 else square


def _exp(x: Any) -> Any:
    return np.exp(np.clip(x, -708.0, 709.0))


def _log(x: Any) -> Any:
    return np.log(np.maximum(x, SMALLEST))


def _exprel(x: Any) -> Any:
    return special.exprel(np.minimum(x, 709.0))


def _select() -> Function:
    function = Function(
        np.where,
        arg_names=["condition", "yes", "no"],
        arg_units=[None, None, "yes"],
        return_unit=lambda condition, yes, no: yes,
        arg_types=["boolean", "any", "any"],
        return_type="highest",
    )
    add_implementations(function, "select", "arithmetic", _SELECT)
    return function


def _single() -> Function:
    function = Function(
        lambda x: x,
        arg_units=[None],
        return_unit=lambda x: x,
        arg_types=["any"],
        return_type="float",
    )
    add_implementations(function, "single", "arithmetic", "double neurospine_single(double) nogil")
    return function


def _elementary(name: str, law: Callable[..., Any]) -> Function:
    function = Function(law, arg_units=[1], return_unit=1, arg_types=["any"], return_type="float")
    add_implementations(function, name, "arithmetic", f"double neurospine_{name}(double) nogil")
    return function
