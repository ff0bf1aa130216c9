"""Read units and quantities written as text, without evaluating them.

The names are Brian2's, plus `s`, `minute`, `hour` and `day`. A text is parsed to a
syntax tree and only names, the number 1, products, quotients and small powers
are accepted (0.5 for a square root), so nothing in a file from a stranger is executed.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from functools import lru_cache
from typing import Any

from brian2 import second
from brian2.core.namespace import DEFAULT_UNITS
from brian2.units.fundamentalunits import Quantity, get_dimensions, get_unit

from neurospine._report import put_back
from neurospine.errors import UnitError, shorten, suggest

put_back()

LARGEST_EXPONENT = 12
LONGEST_TEXT = 100
#: A time this close to a step (in steps, relative for many) counts as on it.
ON_A_STEP = 1e-6

_UNITS: dict[str, Any] = {
    **DEFAULT_UNITS,
    "s": second,
    "minute": 60 * second,
    "hour": 3600 * second,
    "day": 86400 * second,
}
#: Symbols of units that have no name of their own here, with the names they stand for.
_SYMBOLS = {"S": "siemens", "V": "volt", "A": "amp", "F": "farad", "Ohm": "ohm", "M": "molar",
            "m": "meter", "min": "minute", "h": "hour", "d": "day"}  # fmt: skip
_BASES = ("metre", "kilogram", "second", "amp", "kelvin", "mole", "candle")
_OPERATIONS = {ast.Mult: operator.mul, ast.Div: operator.truediv}
_QUANTITY = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*\*?\s*(.*?)\s*")


@lru_cache(maxsize=1024)
def parse_unit(text: str) -> Any:
    """Return the unit written in `text`, such as ``"nS/cm**2"`` or ``"1/hour"``.

    Returns
    -------
    Quantity or float
        A Brian2 quantity; the number 1.0 for the unit ``"1"``.

    Raises
    ------
    UnitError
        If the text is not a product of powers of known units.
    """
    if len(text) > LONGEST_TEXT:
        raise UnitError(f"a unit of {len(text)} characters is too long to be one")
    if "^" in text:
        written = text.replace("^", "**")
        raise UnitError(f"{text!r} is not a unit: powers are written **, as in {written!r}")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
        unit = _walk(tree, text, 1)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        raise UnitError(f"{text!r} is not a unit") from None
    if not 0 < float(unit) < math.inf:
        raise UnitError(f"{text!r} is too large or too small for a unit")
    return 1.0 if isinstance(unit, int) else unit


def _walk(node: ast.expr, text: str, power: float) -> Any:
    """Return the unit of a node that is itself raised to `power`."""
    match node:
        case ast.Name(id=name):
            if name not in _UNITS:
                raise UnitError(f"{name!r} in {text!r} is not a unit. {_suggest_unit(name)}")
            return _UNITS[name]
        case ast.Constant(value=int() as number) if number is not True and number == 1:
            return 1
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            exponent = _exponent(right, text)
            power *= max(1, abs(exponent))
            if power > LARGEST_EXPONENT:
                raise UnitError(
                    f"{text!r} is not a unit: powers beyond {LARGEST_EXPONENT} are refused"
                )
            return _walk(left, text, power) ** exponent
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATIONS:
            return _OPERATIONS[type(op)](_walk(left, text, power), _walk(right, text, power))
    raise UnitError(f"{text!r} is not a unit: use names, *, / and powers")


def _suggest_unit(name: str) -> str:
    """Return a sentence with the unit that a name may stand for."""
    for symbol, unit in _SYMBOLS.items():
        spelt = f"{name.removesuffix(symbol)}{unit}"
        if name.endswith(symbol) and spelt in _UNITS:
            return f"Did you mean {spelt!r}?"
    return suggest(name, _UNITS)


def _exponent(node: ast.expr, text: str) -> float:
    sign = 1
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        sign, node = -1, node.operand
    match node:
        case ast.Constant(value=bool()):
            pass
        case ast.Constant(value=int() | float() as number) if number <= LARGEST_EXPONENT:
            if float(number) == 0.5 or float(number).is_integer():
                return sign * number
    raise UnitError(
        f"{text!r} is not a unit: an exponent is 0.5 or a whole number up to {LARGEST_EXPONENT}"
    )


@lru_cache(maxsize=1024)
def parse_quantity(text: str) -> tuple[float, str]:
    """Split a text such as ``"20 ms"`` into its number and its unit, both checked.

    Raises
    ------
    UnitError
        If there is no number in front or the rest is not a unit.
    """
    found = _QUANTITY.fullmatch(text) if len(text) <= LONGEST_TEXT else None
    if not found:
        raise UnitError(f"{shorten(text)!r} is not a number with a unit, such as '20 ms'")
    unit = found.group(2) or "1"
    if unit.startswith("/"):
        unit = "1" + unit
    value = float(found.group(1))
    if not math.isfinite(value * float(parse_unit(unit))):
        raise UnitError(f"{text!r} is not a finite number")
    return value, unit


def dimensions(unit: str) -> Any:
    """Return the Brian2 dimensions of a unit text."""
    return get_dimensions(parse_unit(unit))


def si(value: float, unit: str) -> float:
    """Return `value` (counted in `unit`) in SI base units."""
    return float(value * float(parse_unit(unit)))


def convert(value: float, unit: str, to: str) -> float:
    """Return `value` counted in `unit` as a number counted in the unit `to`.

    Raises
    ------
    UnitError
        If the two units measure different things.
    """
    size, of = _sizes(unit, to)
    return value if unit == to else value * size / of


@lru_cache(maxsize=1024)
def _sizes(unit: str, to: str) -> tuple[float, float]:
    """Return the sizes of two units that measure the same."""
    if dimensions(unit) != dimensions(to):
        if unit == "1":
            raise UnitError(f"the unit is missing; {to!r} or one that measures the same is wanted")
        if to == "1":
            raise UnitError(f"{unit!r} is given, and a number without a unit is wanted")
        raise UnitError(f"{unit!r} does not measure the same as {to!r}")
    return float(parse_unit(unit)), float(parse_unit(to))


def seconds(text: str) -> float:
    """Return a duration such as ``"10 minute"`` in seconds."""
    value, unit = parse_quantity(text)
    return convert(value, unit, "second")


def whole_steps(length: float, step: float) -> int | None:
    """Return a length of time as a number of steps, or None if it is no whole number of them."""
    steps = round(length / step)
    return steps if abs(length / step - steps) <= ON_A_STEP * max(1.0, abs(steps)) else None


def base_unit(unit: str) -> str:
    """Return the Brian2 base unit with the dimensions of `unit`, as Brian2 declares it."""
    found = dimensions(unit)
    text = "1" if found.is_dimensionless else repr(get_unit(found)).replace(" ", "")
    if not re.search(r"\(|[a-z]\d", text):
        return text
    # Brian2 writes some units as volt2 or, once someone has made such a one, as
    # farad/(meter**2), and cannot read either.
    powers = zip(_BASES, found._dims, strict=True)
    return "*".join(f"{name}**{power:g}" if power != 1 else name for name, power in powers if power)


def as_quantity(value: float, unit: str) -> Quantity:
    """Return a Brian2 quantity (a plain float when dimensionless)."""
    return value * parse_unit(unit)
