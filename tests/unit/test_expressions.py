"""Equations and statements are read by their syntax: arithmetic on names and nothing more."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurospine.description.dimensions import dimension_of
from neurospine.description.evaluate import evaluate
from neurospine.description.expressions import (
    Equation,
    Statement,
    identifiers,
    parse_equations,
    parse_expression,
    parse_statements,
)
from neurospine.description.names import FUNCTIONS
from neurospine.description.units import dimensions
from neurospine.errors import ModelError, NeurospineError

#: Seconds for one text; a real one takes a millisecond.
LIMIT = 1.0

TOKENS = (
    "a b volume drive exp log clip int 1 2.5 1e-3 33 + - * / ** // % ( ) , < == = += : d /dt "
    "and not True 'x' . [ ] lambda import __class__ := @ ~ # ; \\ ."
).split(" ")
TEXTS = st.one_of(
    st.text(max_size=60),
    st.lists(st.sampled_from([*TOKENS, " ", "\n"]), max_size=15).map("".join),
    st.lists(st.sampled_from(TOKENS), max_size=15).map(" ".join),
)


@pytest.mark.parametrize(
    "text",
    ["a", "-a + 2*b/(c - 1)", "exp(-a/b)", "a**2", "a**-0.5", "a**b", "clip(a, 0, 1)", "int(a > b)",
     "(a > b) and not (b == c)", "a % 2", "a // b", "1e-3*a", "exprel(a)"],
)  # fmt: skip
def test_arithmetic_is_an_expression(text: str) -> None:
    parse_expression(text)
    assert dimension_of(text, dict.fromkeys("abc", dimensions("1"))) is dimensions("1")


@pytest.mark.parametrize(
    "text",
    [
        "", "a b", "a = 1", "a.b", "a[0]", "[a]", "(a, b)", "{a: b}", "'a'", "b'a'", "f'{a}'", "1j",
        "...", "None", "lambda: a", "a if b else c", "(a := 1)", "[x for x in a]", "await a", "*a",
        "a; b", "f(a)", "__import__('os')", "eval('1')", "exp.__class__", "exp(*a)", "exp(x=a)",
        "exp(a)(b)", "().__class__", "a @ b", "a << b", "a | b", "a & b", "a ^ b", "~a",
        "a in b", "a not in b",
        "a is b", "a is not b", "a < b < c", "1e400", "\x00",
    ],
)  # fmt: skip
def test_anything_but_arithmetic_is_refused(text: str) -> None:
    with pytest.raises(ModelError):
        parse_expression(text)


@pytest.mark.parametrize(
    "text",
    ["9**9**9", "a**33", "(a**9)**9", "9**9*9**9*9**9*9**9", "a**(2*b)", "10**400", "9" * 400,
     "((((a**8)**8)**8)**8)**8"],
)  # fmt: skip
def test_powers_are_bounded(text: str) -> None:
    with pytest.raises(ModelError):
        parse_expression(text)


@pytest.mark.parametrize(
    "text",
    ["(" * 300 + "a" + ")" * 300, "-" * 900 + "a", "a" + "+a" * 10**5, "9" * 10**6, "(" * 10**6],
    ids=["parentheses", "signs", "sum", "digits", "open"],
)
def test_no_text_keeps_the_parser_busy(text: str, work_limit: Any) -> None:
    with work_limit(LIMIT):
        for parse in (parse_expression, parse_statements, parse_equations):
            with contextlib.suppress(ModelError):
                parse(text if parse is not parse_statements else f"x = {text}")


@pytest.mark.parametrize("parse", [parse_expression, parse_statements, parse_equations])
def test_a_long_text_is_not_repeated_in_its_error(parse: Any) -> None:
    with pytest.raises(ModelError) as caught:
        parse("(" * 10**6)
    assert len(str(caught.value)) < 2000


def test_spaces_do_not_keep_the_equation_parser_busy(work_limit: Any) -> None:
    with work_limit(LIMIT), pytest.raises(ModelError):
        parse_equations("x : m" + " " * 20_000 + "(")


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(TEXTS)
def test_any_text_is_read_or_refused(text: str) -> None:
    known = dict.fromkeys(("a", "b", "volume", "drive"), dimensions("1"))
    for read in (
        parse_equations,
        parse_statements,
        lambda t: dimension_of(t, known),
        lambda t: evaluate(t, dict.fromkeys(known, np.float64(0.5))),
    ):
        try:
            with np.errstate(all="ignore"):
                read(text)
        except NeurospineError:
            pass


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_functions_mean_the_same_with_and_without_brian2(name: str) -> None:
    from neurospine.description.dimensions import CALLED

    arguments = (0.3, 0.1, 0.25) if name == "clip" else (0.3,)
    text = f"{name}({', '.join(map(str, arguments))})"
    theirs = CALLED[name].pyfunc(*arguments)
    assert float(evaluate(text, {})) == pytest.approx(float(theirs), rel=4e-16, abs=0)


def test_an_unknown_function_names_the_nearest_one() -> None:
    with pytest.raises(ModelError, match=r"unknown function 'expp'.*'exp'"):
        parse_expression("expp(a)")


def test_identifiers_are_the_names_without_the_functions() -> None:
    assert identifiers("exp(-a/tau) + clip(b, 0, a)") == {"a", "b", "tau"}


def test_equations_are_read_line_by_line() -> None:
    block = """
    # a comment
    dr1/dt = -r1/tau_plus : 1 (unless refractory)   # decays
    current = g*v : amp
    n : 1
    """
    assert parse_equations(block) == (
        Equation("r1", "-r1/tau_plus", "1", differential=True, flag="unless refractory"),
        Equation("current", "g*v", "amp"),
        Equation("n", "", "1"),
    )
    assert parse_equations(block)[0].text == "dr1/dt = -r1/tau_plus : 1 (unless refractory)"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("dx/dt = -x/tau", "is not an equation"),
        ("dx/dt : 1", "needs a right-hand side"),
        ("x : mV", "base unit"),
        ("x : volts", "'volts'"),
        ("x : 1 (constant)", "unknown flag 'constant'"),
        ("x : 1\nx : 1", "'x' has two equations"),
        ("x = __import__('os') : 1", "unknown function '__import__'"),
        ("x = 9**9**9 : 1", "exponent"),
        ("x : 9**9**9", "is not a unit"),
        ("state : 1", "already a name of Brian2"),
    ],
)
def test_a_wrong_equation_says_what_is_wrong(line: str, words: str) -> None:
    with pytest.raises(ModelError) as caught:
        parse_equations(line)
    assert words in str(caught.value)


def test_statements_are_assignments_in_order() -> None:
    block = "x = a  # set\ny += 2*x\ny -= 1\ny *= b\ny /= c"
    assert parse_statements(block) == (
        Statement("x", "", "a"),
        Statement("y", "+", "2*x"),
        Statement("y", "-", "1"),
        Statement("y", "*", "b"),
        Statement("y", "/", "c"),
    )


@pytest.mark.parametrize(
    "line",
    ["x", "x == 1", "x = y = 1", "x, y = 1, 2", "x: int = 1", "x.y = 1", "x[0] = 1", "x //= 2",
     "x **= 2", "del x", "import os", "x = 1; y = 2", "if x: y = 1", "x = __import__('os')",
     "x = (y := 1)", "x = yield", "print(x)", "x = 'text'"],
)  # fmt: skip
def test_anything_but_an_assignment_is_refused(line: str) -> None:
    with pytest.raises(ModelError):
        parse_statements(line)


def test_an_expression_is_worked_out_on_arrays() -> None:
    x = np.array([0.0, 1.0, 2.0])
    assert np.array_equal(evaluate("clip(2*x - 1, 0, 2) + int(x > 1)", {"x": x}), [0.0, 1.0, 3.0])
    with pytest.raises(ModelError, match=r"unknown name 'y'"):
        evaluate("y", {"x": x})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a + tau", "tau"),
        ("exp(tau)", "exp"),
        ("b", "unknown name 'b'"),
        ("clip(a)", "clip"),
        ("tau**a", "tau**a"),
        ("a**tau", "a**tau"),
    ],
)
def test_terms_must_match_in_dimension(text: str, words: str) -> None:
    with pytest.raises(ModelError) as caught:
        dimension_of(text, {"a": dimensions("1"), "tau": dimensions("ms")})
    assert words in str(caught.value)
