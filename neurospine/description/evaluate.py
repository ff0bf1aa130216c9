"""Work out the value of checked expressions and statements on arrays, without Brian2."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np

from neurospine.description.expressions import parse_expression, parse_statements
from neurospine.errors import ModelError, shorten, suggest

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
}
_UNARY: dict[type, Callable[[Any], Any]] = {ast.USub: operator.neg, ast.UAdd: operator.pos}
_LOGICAL = {ast.And: "logical_and", ast.Or: "logical_or", ast.Not: "logical_not"}


class NoValueError(ModelError, ArithmeticError):
    """An expression divides by zero, leaves the range of numbers or calls with too many of them."""


@cache
def _functions(arrays: Any) -> dict[str, Callable[..., Any]]:
    """Return what expressions may call, from a library with the names of numpy."""
    names = "exp log log10 sqrt abs sign clip floor ceil sin cos tan sinh cosh tanh expm1".split()
    return {
        **{name: getattr(arrays, name) for name in [*names, *_LOGICAL.values()]},
        "single": lambda x: x,
        "int": lambda x: arrays.asarray(x).astype(int),
        "exprel": lambda x: arrays.where(
            x == 0, 1.0, arrays.expm1(x) / arrays.where(x == 0, 1.0, x)
        ),
    }


def evaluate(expression: str, names: Mapping[str, Any], arrays: Any = np) -> Any:
    """Return the value of an expression.

    Parameters
    ----------
    expression
        Arithmetic on names, as in a model file.
    names
        Numbers or arrays that broadcast against each other.
    arrays
        The library of the arrays: numpy, or one with its names, such as ``jax.numpy``.

    Raises
    ------
    ModelError
        If the expression is not arithmetic, uses an unknown name, or has no value.
    """
    known = {"pi": math.pi, "inf": math.inf, **names}
    try:
        return _value(parse_expression(expression), known, _functions(arrays))
    except (ArithmeticError, TypeError) as error:
        raise NoValueError(f"{shorten(expression)!r}: has no value: {error}") from None


def execute(statements: str, names: Mapping[str, Any], arrays: Any = np) -> dict[str, Any]:
    """Return all names after a block of statements, one after the other; see `evaluate`."""
    known = dict(names)
    for statement in parse_statements(statements):
        name, operation = statement.name, statement.operator
        text = f"{name} {operation} ({statement.expression})" if operation else statement.expression
        known[name] = evaluate(text, known, arrays)
    return known


def _value(
    node: ast.expr, names: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]]
) -> Any:
    def value(inner: ast.expr) -> Any:
        return _value(inner, names, functions)

    match node:
        case ast.Constant(value=number):
            return number
        case ast.Name(id=name):
            if name not in names:
                raise ModelError(f"unknown name {name!r}. {suggest(name, names)}")
            return names[name]
        case ast.BinOp(left=left, op=op, right=right):
            return _BINARY[type(op)](value(left), value(right))
        case ast.UnaryOp(op=op, operand=operand):
            unary = _UNARY.get(type(op)) or functions[_LOGICAL[type(op)]]
            return unary(value(operand))
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return functions[name](*(value(argument) for argument in arguments))
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return _BINARY[type(op)](value(left), value(right))
        case ast.BoolOp(op=op, values=[first, *rest]):
            whole = value(first)
            for other in rest:
                whole = functions[_LOGICAL[type(op)]](whole, value(other))
            return whole
    raise ModelError("this expression cannot be worked out")
