"""Work out the value of a checked expression on numpy arrays, without Brian2."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from neurospine.description.expressions import parse_expression
from neurospine.errors import ModelError, suggest

_BINARY: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.And: np.logical_and,
    ast.Or: np.logical_or,
}
_UNARY: dict[type, Callable[[Any], Any]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: np.logical_not,
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{name: getattr(np, name) for name in "exp log log10 sqrt abs sign clip floor ceil".split()},
    **{name: getattr(np, name) for name in "sin cos tan sinh cosh tanh".split()},
    "int": lambda x: np.asarray(x).astype(int),
    "exprel": lambda x: np.where(x == 0, 1.0, np.expm1(x) / np.where(x == 0, 1.0, x)),
}


def evaluate(expression: str, names: Mapping[str, Any]) -> Any:
    """Return the value of an expression.

    Parameters
    ----------
    expression
        Arithmetic on names, as in a model file.
    names
        Numbers or arrays that broadcast against each other.

    Raises
    ------
    ModelError
        If the expression is not arithmetic, or uses an unknown name.
    """
    return _value(parse_expression(expression), {"pi": math.pi, "inf": math.inf, **names})


def _value(node: ast.expr, names: Mapping[str, Any]) -> Any:
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name):
            if name not in names:
                raise ModelError(f"unknown name {name!r}. {suggest(name, names)}")
            return names[name]
        case ast.BinOp(left=left, op=op, right=right):
            return _BINARY[type(op)](_value(left, names), _value(right, names))
        case ast.UnaryOp(op=op, operand=operand):
            return _UNARY[type(op)](_value(operand, names))
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return _FUNCTIONS[name](*(_value(argument, names) for argument in arguments))
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return _BINARY[type(op)](_value(left, names), _value(right, names))
        case ast.BoolOp(op=op, values=[first, *rest]):
            value = _value(first, names)
            for other in rest:
                value = _BINARY[type(op)](value, _value(other, names))
            return value
    raise ModelError("this expression cannot be worked out")
