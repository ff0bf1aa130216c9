"""Read the equations and statements of model files by their syntax tree.

Brian2 hands parts of an equation to `eval` and to a symbolic engine, so a text
is checked here first: only arithmetic, comparisons and known functions of one
level of names are allowed, and powers are bounded, so that a file from a
stranger can neither run code nor keep the parser busy.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from neurospine.description.names import FUNCTIONS, check_name
from neurospine.description.units import parse_unit
from neurospine.errors import ModelError, UnitError, suggest

LARGEST_POWER = 32
LONGEST_LINE = 1000

_EQUATION = re.compile(
    r"(?:d(?P<ode>\w+)/dt|(?P<name>\w+)) *(?:=(?P<expression>[^:]+))?:"
    r"(?P<unit>[^()]+)(?:\((?P<flag>[\w ]+)\))?"
)
_FLAGS = frozenset({"unless refractory"})
_OPERATORS = (
    *(ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod),
    *(ast.USub, ast.UAdd, ast.Not, ast.And, ast.Or),
    *(ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq),
)


@dataclass(frozen=True)
class Equation:
    """One line of an equation block; `expression` is empty for a plain variable."""

    name: str
    expression: str
    unit: str
    differential: bool = False
    flag: str = ""

    @property
    def text(self) -> str:
        """The line as Brian2 reads it, its unit in base units where none is written so."""
        left = f"d{self.name}/dt" if self.differential else self.name
        value = f" = {self.expression}" if self.expression else ""
        flag = f" ({self.flag})" if self.flag else ""
        return f"{left}{value} : {self.unit}{flag}"


@dataclass(frozen=True)
class Statement:
    """One assignment; `operator` is empty for ``=`` and ``"+"`` for ``+=``."""

    name: str
    operator: str
    expression: str


@lru_cache(maxsize=4096)
def parse_expression(text: str) -> ast.expr:
    """Return the checked syntax tree of an expression, which all who ask share.

    Raises
    ------
    ModelError
        If the text holds anything but arithmetic on names and numbers.
    """
    if len(text) > LONGEST_LINE:
        raise ModelError(f"an expression of {len(text)} characters is too long")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
        _check(tree, text.strip())
    except (SyntaxError, ValueError):
        raise ModelError(f"{text.strip()!r} is not an expression") from None
    except (RecursionError, MemoryError):
        raise ModelError("an expression is nested too deeply") from None
    return tree


def _check(node: ast.AST, text: str) -> float:
    """Check a node and return a bound on the power it can reach."""
    match node:
        case ast.Name():
            return 1
        case ast.Constant(value=bool() | int() | float() as number) if abs(number) < 1e300:
            return 1 if abs(number) < 1e15 else LARGEST_POWER
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            power = _check(left, text) * _power(right, text)
            if power > LARGEST_POWER:
                raise ModelError(f"{text!r}: powers beyond {LARGEST_POWER} are refused")
            return power
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
            if name not in FUNCTIONS:
                raise ModelError(f"{text!r}: unknown function {name!r}. {suggest(name, FUNCTIONS)}")
            return max((_check(argument, text) for argument in arguments), default=1)
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            powers = (_check(left, text), _check(right, text))
            power = sum(powers) if max(powers) > 1 else 1
        case ast.BinOp(left=left, op=op, right=right) if isinstance(op, _OPERATORS):
            power = max(_check(left, text), _check(right, text))
        case ast.UnaryOp(op=op, operand=operand) if isinstance(op, _OPERATORS):
            power = _check(operand, text)
        case ast.BoolOp(values=values):
            power = max(_check(value, text) for value in values)
        case ast.Compare(left=left, ops=[op], comparators=[right]) if isinstance(op, _OPERATORS):
            power = max(_check(left, text), _check(right, text))
        case _:
            raise ModelError(f"{text!r}: only arithmetic on names and numbers is allowed")
    if power > LARGEST_POWER:
        raise ModelError(f"{text!r}: powers beyond {LARGEST_POWER} are refused")
    return power


def _power(node: ast.expr, text: str) -> float:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node = node.operand
    match node:
        case ast.Name():
            return 1
        case ast.Constant(value=int() | float() as number) if number <= LARGEST_POWER:
            return max(1.0, float(number))
    raise ModelError(f"{text!r}: an exponent is a name or a number up to {LARGEST_POWER}")


def identifiers(text: str) -> set[str]:
    """Return the variable names in an expression (functions left out)."""
    return set(_identifiers(text))


@lru_cache(maxsize=4096)
def _identifiers(text: str) -> frozenset[str]:
    nodes = list(ast.walk(parse_expression(text)))
    functions = {n.func.id for n in nodes if isinstance(n, ast.Call)}  # type: ignore[attr-defined]
    return frozenset(n.id for n in nodes if isinstance(n, ast.Name)) - functions


def _lines(block: str) -> Iterator[str]:
    for line in block.splitlines():
        text = line.split("#", 1)[0].strip()
        if len(text) > LONGEST_LINE:
            raise ModelError(f"a line of {len(text)} characters is too long")
        if text:
            yield text


@lru_cache(maxsize=1024)
def parse_equations(block: str) -> tuple[Equation, ...]:
    """Return the checked lines of an equation block such as ``dx/dt = -x/tau : 1``.

    Raises
    ------
    ModelError
        If a line is no equation, its unit is unknown, or its name is not free.
    """
    equations: list[Equation] = []
    for line in _lines(block):
        found = _EQUATION.fullmatch(line)
        if not found:
            raise ModelError(
                f"{line!r} is not an equation: write 'dx/dt = … : unit', 'x = … : unit' "
                "or 'x : unit'"
            )
        name = found["ode"] or found["name"]
        expression = (found["expression"] or "").strip()
        if found["ode"] and not expression:
            raise ModelError(f"{line!r}: a differential equation needs a right-hand side")
        check_name(name)
        if name in {equation.name for equation in equations}:
            raise ModelError(f"{name!r} has two equations")
        if expression:
            parse_expression(expression)
        flag, unit = found["flag"] or "", found["unit"].strip()
        if flag and flag not in _FLAGS:
            raise ModelError(f"{line!r}: unknown flag {flag!r}. {suggest(flag, _FLAGS)}")
        _check_declared_unit(line, unit)
        equations.append(Equation(name, expression, unit, bool(found["ode"]), flag))
    return tuple(equations)


def _check_declared_unit(line: str, unit: str) -> None:
    try:
        size = float(parse_unit(unit))
    except UnitError as error:
        raise ModelError(f"{line!r}: {error}") from None
    if size != 1.0:
        raise ModelError(
            f"{line!r}: an equation declares a base unit (volt, not mV); "
            "values in the parameter table may use any"
        )


@lru_cache(maxsize=1024)
def parse_statements(block: str) -> tuple[Statement, ...]:
    """Return the checked assignments of an event block such as ``trace += 1``.

    Raises
    ------
    ModelError
        If a line is anything but an assignment to a plain name.
    """
    statements: list[Statement] = []
    symbols = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
    for line in _lines(block):
        try:
            body = ast.parse(line).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            body = []
        operator = ""
        match body:
            case [ast.Assign(targets=[ast.Name(id=name)])]:
                pass
            case [ast.AugAssign(target=ast.Name(id=name), op=op)] if type(op) in symbols:
                operator = symbols[type(op)]
            case _:
                raise ModelError(f"{line!r} is not an assignment to a variable")
        source = line.split("=", 1)[1].strip()
        parse_expression(source)
        statements.append(Statement(name, operator, source))
    return tuple(statements)


def names_read(statements: str) -> set[str]:
    """Return the names that a block of statements reads."""
    return set().union(*(identifiers(s.expression) for s in parse_statements(statements)), set())
