"""Check that equations and statements are dimensionally consistent.

Brian2 would say so too, but only while a network is being built and without
knowing the file; here the check needs no network.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from brian2.core.functions import DEFAULT_FUNCTIONS
from brian2.core.variables import Constant
from brian2.parsing.expressions import parse_expression_dimensions
from brian2.units import second
from brian2.units.fundamentalunits import (
    DIMENSIONLESS,
    Dimension,
    DimensionMismatchError,
    get_unit,
)

from neurospine.description.expressions import (
    Equation,
    Statement,
    identifiers,
    parse_expression,
)
from neurospine.errors import ModelError, suggest

_GIVEN: Mapping[str, Dimension] = {"t": second.dim, "dt": second.dim, "pi": DIMENSIONLESS}


def _unit(dimension: Dimension) -> str:
    return "1" if dimension is DIMENSIONLESS else repr(get_unit(dimension))


def dimension_of(expression: str, known: Mapping[str, Dimension]) -> Dimension:
    """Return the dimension of an expression whose names have the dimensions in `known`.

    Raises
    ------
    ModelError
        If a name is unknown or the terms do not match.
    """
    known = {**_GIVEN, **known}
    missing = sorted(identifiers(expression) - set(known) - {"True", "False"})
    if missing:
        raise ModelError(
            f"{expression!r}: unknown name {missing[0]!r}. {suggest(missing[0], known)}"
        )
    for node in ast.walk(parse_expression(expression)):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
            exponent = ast.unparse(node.right)
            if any(known[name] is not DIMENSIONLESS for name in identifiers(exponent)):
                raise ModelError(f"{expression!r}: the exponent {exponent!r} is no plain number")
            base = dimension_of(ast.unparse(node.left), known)
            if identifiers(exponent) and base is not DIMENSIONLESS:
                raise ModelError(f"{expression!r}: what has a unit needs a number as exponent")
    variables: dict[str, Any] = dict(DEFAULT_FUNCTIONS)
    for name in identifiers(expression) & set(known):
        variables[name] = Constant(name, value=1.0, dimensions=known[name])
    try:
        return parse_expression_dimensions(expression, variables)
    except (DimensionMismatchError, SyntaxError, TypeError, KeyError, ValueError) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise ModelError(f"{expression!r}: {reason}") from None


def check_equations(equations: tuple[Equation, ...], known: Mapping[str, Dimension]) -> None:
    """Raise a `ModelError` unless each right-hand side has its declared dimension."""
    from neurospine.description.units import dimensions

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
                f"equation of {equation.name!r}: the right-hand side is in {_unit(found)}, "
                f"expected {_unit(wanted)}"
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
                f"{_unit(found)}, {statement.name!r} is in {_unit(wanted)}"
            )
    return names
