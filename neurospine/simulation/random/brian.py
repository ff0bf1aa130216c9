"""Functions of ours as Brian2 knows them: numpy here, C++ and Cython from the headers here."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any

from brian2 import Function

_TYPES = {
    "slot": ("integer", "int"),
    "tick": ("integer", "long long"),
    "mean": ("float", "double"),
    "key0": ("integer", "int"),
    "key1": ("integer", "int"),
}
_HEADERS = {"headers": ["<cmath>", "<cstdint>", "<cstring>"]}


@cache
def header(name: str) -> Function:
    """Return a header as what functions depend on, so that each code object has it once."""
    text = files(__package__).joinpath(f"{name}.h").read_text()
    made = Function(lambda: None, arg_units=[], return_unit=1)
    for target in ("cpp", "cuda"):
        made.implementations.add_implementation(target, text, name=name, compiler_kwds=_HEADERS)
    return made


def cython(name: str, declarations: str) -> str:
    """Return Cython code that includes a header and declares some of its functions."""
    text = files(__package__).joinpath(f"{name}.h").read_text()
    guard = f"NEUROSPINE_{name.upper()}"
    return f'''
cdef extern from *:
    """
    #include <math.h>
    #include <stdint.h>
    #include <string.h>
    #ifndef {guard}
    #define {guard}
    {text}
    #endif
    """
    {declarations}
'''


def add_implementations(function: Function, name: str, place: str, declarations: str) -> None:
    """Give a function the implementations ``neurospine_<name>`` of a header."""
    function.implementations.add_implementation("numpy", function.pyfunc)
    function.implementations.add_implementation(
        "cython", cython(place, declarations), name=f"neurospine_{name}"
    )
    for target in ("cpp", "cuda"):
        function.implementations.add_implementation(
            target, "", name=f"neurospine_{name}", dependencies={place: header(place)}
        )


def draw(law: Callable[..., Any], arguments: str) -> Function:
    """Return a random law of numpy for Brian2 on every target."""
    names = arguments.split()
    function = Function(
        law,
        arg_units=[1] * len(names),
        return_unit=1,
        arg_types=[_TYPES[name][0] for name in names],
        return_type="float",
        stateless=True,
    )
    signature = ", ".join(f"{_TYPES[name][1]} {name}" for name in names)
    declaration = f"double neurospine_{law.__name__}({signature}) nogil"
    add_implementations(function, law.__name__, "draws", declaration)
    return function
