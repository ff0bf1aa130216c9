"""Check that equations and statements are dimensionally consistent.

Brian2 would say so too, but only while a network is being built and without
knowing the file; here the check needs no network.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

from brian2.core.functions import DEFAULT_FUNCTIONS, Function
from brian2.core.variables import Constant
from brian2.parsing.expressions import parse_expression_dimensions
from brian2.units import second
from brian2.units.fundamentalunits import (
    DIMENSIONLESS,
    Dimension,
    DimensionMismatchError,
    get_unit,
)

from neurospine.description.expressions import Equation, Statement, identifiers, parse_expression
from neurospine.description.units import dimensions
from neurospine.errors import ModelError, suggest

#: What expressions may call: functions of Brian2, and `single`, which changes precision only.
CALLED: Mapping[str, Any] = {
    **DEFAULT_FUNCTIONS,
    "single": Function(lambda x: x, arg_units=[None], return_unit=lambda x: x),
}

_GIVEN: Mapping[str, Dimension] = {
    "t": second.dim, "dt": second.dim, "pi": DIMENSIONLESS, "inf": DIMENSIONLESS,
}  # fmt: skip


#: Units by which people know a dimension, alone and by time, length or area.
_KNOWN = "volt amp siemens ohm farad coulomb watt joule mmolar meter second hertz kilogram".split()


@cache
def _known_units() -> dict[Dimension, str]:
    """Return names by dimension; units are not multiplied, for Brian2 would go on to use them."""
    time, length, volt = (dimensions(name) for name in ("second", "meter", "volt"))
    per = {
        "": DIMENSIONLESS, "/second": time**-1, "*second": time, "/meter": length**-1,
        "*meter": length, "/meter**2": length**-2, "*meter**2": length**2,
        "/meter**3": length**-3, "*meter**3": length**3, "/volt": volt**-1,
    }  # fmt: skip
    found: dict[Dimension, str] = {time**-1: "1/second", length**2: "meter**2"}
    for ending, factor in per.items():
        for name in _KNOWN:
            found.setdefault(dimensions(name) * factor, f"{name}{ending}")
    return found


def unit_name(dimension: Dimension) -> str:
    """Return a unit of a dimension, one that people know if there is one."""
    if dimension is DIMENSIONLESS:
        return "1"
    return _known_units().get(dimension) or repr(get_unit(dimension))


def dimension_of(expression: str, known: Mapping[str, Dimension]) -> Dimension:
    """Return the dimension of an expression whose names have the dimensions in `known`.

    Raises
    ------
    ModelError
        If a name is unknown or the terms do not match.
    """
    known = {**_GIVEN, **known}
    names = identifiers(expression)
    missing = sorted(names - set(known) - {"True", "False"})
    if missing:
        raise ModelError(
            f"{expression!r}: unknown name {missing[0]!r}. {suggest(missing[0], known)}"
        )
    return _dimension(expression, frozenset((name, known[name]) for name in names & set(known)))


@lru_cache(maxsize=4096)
def _dimension(expression: str, given: frozenset[tuple[str, Dimension]]) -> Dimension:
    """Return the dimension of an expression from those of the names in it."""
    known = dict(given)
    for node in ast.walk(parse_expression(expression)):
        _check_alike(node, expression, known)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
            exponent = ast.unparse(node.right)
            if any(known[name] is not DIMENSIONLESS for name in identifiers(exponent)):
                raise ModelError(f"{expression!r}: the exponent {exponent!r} is no plain number")
            base = dimension_of(ast.unparse(node.left), known)
            if identifiers(exponent) and base is not DIMENSIONLESS:
                raise ModelError(f"{expression!r}: what has a unit needs a number as exponent")
    variables: dict[str, Any] = dict(CALLED)
    for name, dimension in known.items():
        variables[name] = Constant(name, value=1.0, dimensions=dimension)
    try:
        return parse_expression_dimensions(expression, variables)
    except (DimensionMismatchError, SyntaxError, TypeError, KeyError, ValueError) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise ModelError(f"{expression!r}: {reason}") from None


def _check_alike(node: ast.AST, expression: str, known: Mapping[str, Dimension]) -> None:
    """Raise a `ModelError` if a sum or comparison mixes dimensions, or a function gets a unit."""
    sides: list[ast.expr] = []
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub | ast.Mod):
        sides = [node.left, node.right]
    elif isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        wanted = getattr(CALLED.get(node.func.id), "_arg_units", None) or ()
        for argument, unit in zip(node.args, wanted, strict=False):
            text = ast.unparse(argument)
            found = dimension_of(text, known) if unit == 1 else DIMENSIONLESS
            if found is not DIMENSIONLESS:
                raise ModelError(
                    f"{expression!r}: {node.func.id} takes a plain number, but {text!r} is "
                    f"{_in_unit(found)}"
                )
    texts = [ast.unparse(side) for side in sides]
    dimension = [dimension_of(text, known) for text in texts]
    for text, other in zip(texts[1:], dimension[1:], strict=True):
        if other != dimension[0]:
            raise ModelError(
                f"{expression!r}: {texts[0]!r} is {_in_unit(dimension[0])}, but {text!r} is "
                f"{_in_unit(other)}"
            )


def _in_unit(dimension: Dimension) -> str:
    return "a plain number" if dimension is DIMENSIONLESS else f"in {unit_name(dimension)}"


def check_equations(equations: tuple[Equation, ...], known: Mapping[str, Dimension]) -> None:
    """Raise a `ModelError` unless each right-hand side has its declared dimension."""
    names = {**known, **{equation.name: dimensions(equation.unit) for equation in equations}}
    for equation in equations:
        if not equation.expression:
            continue
        wanted = dimensions(equation.unit)
        if equation.differential:
            wanted = wanted / second.dim
        found = dimension_of(equation.expression, names)
        if found != wanted:
            raise ModelError(
                f"equation of {equation.name!r}: the right-hand side is in {unit_name(found)}, "
                f"expected {unit_name(wanted)}"
            )


def check_statements(
    statements: tuple[Statement, ...], known: Mapping[str, Dimension]
) -> dict[str, Dimension]:
    """Check assignments in order and return the dimensions of all names after them.

    Raises
    ------
    ModelError
        If a name is unknown or an assignment changes a dimension.
    """
    names = dict(known)
    for statement in statements:
        found = dimension_of(statement.expression, names)
        wanted = names.get(statement.name)
        if statement.operator and wanted is None:
            raise ModelError(
                f"'{statement.name} {statement.operator}= …': unknown name "
                f"{statement.name!r}. {suggest(statement.name, names)}"
            )
        multiplies = statement.operator in ("*", "/")
        if wanted is None:
            names[statement.name] = found
        elif found != (DIMENSIONLESS if multiplies else wanted):
            raise ModelError(
                f"'{statement.name} {statement.operator}= {statement.expression}': the value is in "
                f"{unit_name(found)}, {statement.name!r} is in {unit_name(wanted)}"
            )
    return names
