"""Whether an expression can be negative, by its syntax and the values of parameters."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping

from neurospine.description.expressions import Statement, parse_expression

#: Functions that are never negative.
_POSITIVE = ("exp", "abs", "sqrt")


def positive_of(
    expression: str, statements: Iterable[Statement], parameters: Mapping[str, float]
) -> set[str] | None:
    """Return the variables that must start above zero and only decay for it not to be negative.

    Parameters
    ----------
    expression
        What is asked about.
    statements
        What changes variables at events.
    parameters
        Values by name; other names are variables.

    Returns
    -------
    set or None
        None where the expression, or what an event adds to one of its variables, may be
        negative all the same.
    """
    found = _needed(parse_expression(expression), parameters)
    statements = list(statements)
    while found is not None:
        more = set(found)
        for statement in statements:
            if statement.name in found:
                if statement.operator in ("-", "/"):
                    return None
                needed = _needed(parse_expression(statement.expression), parameters)
                if needed is None:
                    return None
                more |= needed
        if more == found:
            return found
        found = more
    return None


def _needed(node: ast.expr, parameters: Mapping[str, float]) -> set[str] | None:
    """Return the variables that must not be negative for an expression not to be."""
    match node:
        case ast.Constant(value=int() | float() as value):
            return set() if value >= 0 else None
        case ast.Name(id=name):
            if name in parameters:
                return set() if parameters[name] >= 0 else None
            return {name}
        case ast.BinOp(left=left, op=ast.Add() | ast.Div(), right=right):
            return _union(left, right, parameters=parameters)
        case ast.BinOp(op=ast.Mult()):
            found = factors(node)
            switches = {ast.unparse(factor) for factor in found}
            others = [factor for factor in found if not _rectified(factor, switches)]
            return _union(*others, parameters=parameters)
        case ast.BinOp(left=left, op=ast.Pow(), right=ast.Constant(value=int() | float() as power)):
            return set() if power % 2 == 0 else _needed(left, parameters)
        case ast.Call(func=ast.Name(id=name)) if name in _POSITIVE:
            return set()
        case ast.Call(func=ast.Name(id="int"), args=[ast.Compare()]):
            return set()
        case ast.Call(func=ast.Name(id="clip"), args=[_, low, _]):
            return _needed(low, parameters)
    return None


def _union(*nodes: ast.expr, parameters: Mapping[str, float]) -> set[str] | None:
    found: set[str] = set()
    for node in nodes:
        needed = _needed(node, parameters)
        if needed is None:
            return None
        found |= needed
    return found


def _rectified(factor: ast.expr, switches: set[str]) -> bool:
    """Return whether a factor ``a - b`` stands beside ``int(a > b)``."""
    match factor:
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            a, b = ast.unparse(left), ast.unparse(right)
            return bool({f"int({a} > {b})", f"int({b} < {a})"} & switches)
    return False


def factors(node: ast.expr) -> list[ast.expr]:
    """Return the factors of a product."""
    match node:
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return [*factors(left), *factors(right)]
    return [node]
