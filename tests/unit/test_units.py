"""Units are read by their syntax: some texts are units, everything else is refused."""

from __future__ import annotations

import contextlib
import math
from typing import Any

import pytest
from brian2 import amp, cm, hertz, metre, ms, nS, second, umetre
from hypothesis import given, settings
from hypothesis import strategies as st

from neurospine.description.units import (
    LONGEST_TEXT,
    as_quantity,
    base_unit,
    convert,
    parse_quantity,
    parse_unit,
    seconds,
    si,
)
from neurospine.errors import UnitError

#: Two roundings of a float64, in units of its last place.
ROUNDING = 4e-16
#: Seconds for one text; a real one takes a millisecond.
LIMIT = 1.0

NUMBERS = st.floats(1e-6, 1e6)
TIMES = st.sampled_from(["s", "ms", "us", "minute", "hour", "day", "second"])
WORDS = (
    "ms nS m cm2 1 2 9 13 ** * / ( ) - + . , ' \\ \n [ ] = : lambda __import__ 1e9 0x1 True".split(
        " "
    )
)


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("1", 1.0),
        ("ms", ms),
        (" ms ", ms),
        ("nS/cm**2", nS / cm**2),
        ("um**3", umetre**3),
        ("1/hour", 1 / (3600 * second)),
        ("minute", 60 * second),
        ("day", 86400 * second),
        ("s", second),
        ("s**-2", second**-2),
        ("(amp*second)/metre", amp * second / metre),
        ("1/s/s", second**-2),
        ("metre**12", metre**12),
        ("ms**0.5", ms**0.5),
        ("1/day**0.5", 1 / (86400 * second) ** 0.5),
        ("s**-0.5", second**-0.5),
        ("ms**2.0", ms**2),
    ],
)
def test_a_product_of_powers_is_a_unit(text: str, unit: Any) -> None:
    found = parse_unit(text)
    assert float(found) == pytest.approx(float(unit), rel=ROUNDING, abs=0)
    assert getattr(found, "dim", None) is getattr(unit, "dim", None)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "2", "0.5", "True", "5*ms+3", "ms+ms", "-ms", "ms[0]", "a.b", "ms.dim", "ms()",
        "__import__('os')", "(lambda: ms)()", "ms if ms else ms", "[ms]", "'ms'", "ms; ms",
        "ms = 1", "ms and ms", "ms < ms", "ms**ms", "ms**1.5", "ms**True", "ms**(1+1)", "ms^2",
        "ms ms", "ms*", "\x00", "m\ns",
    ],
)  # fmt: skip
def test_anything_else_is_not_a_unit(text: str) -> None:
    with pytest.raises(UnitError):
        parse_unit(text)


@pytest.mark.parametrize(
    "text",
    [
        "9**9**9",
        "ms**9**9",
        "ms**9999999999",
        "ms**13",
        "(" * 49 + "1" + ")" * 49,
        "((((day**12)**12)**12)**12)**12",
        "1/((((ms**12)**12)**12)**12)",
        "(" * 5000 + "ms" + ")" * 5000,
        "ms*" * 5000 + "ms",
        "m" * 10**6,
    ],
)
def test_no_text_keeps_the_parser_busy(text: str, work_limit: Any) -> None:
    with work_limit(LIMIT), contextlib.suppress(UnitError):
        assert math.isfinite(float(parse_unit(text)))


def test_a_long_text_is_not_repeated_in_its_error() -> None:
    for parse in (parse_unit, parse_quantity):
        with pytest.raises(UnitError) as caught:
            parse("m" * 10**6)
        assert len(str(caught.value)) < 2 * LONGEST_TEXT


@pytest.mark.parametrize(
    "text",
    ["1" * 3000 + "\nx\ny", "1" + " " * 3000 + "\nx\ny", "1 " + "ms " * 3000 + "\n\n", " " * 10**5],
    ids=["digits", "spaces", "words", "blank"],
)
def test_no_text_keeps_the_quantity_parser_busy(text: str, work_limit: Any) -> None:
    with work_limit(LIMIT), pytest.raises(UnitError):
        parse_quantity(text)


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.one_of(st.text(max_size=40), st.lists(st.sampled_from(WORDS), max_size=12).map("".join)))
def test_any_text_is_a_finite_unit_or_refused(text: str) -> None:
    for parse in (parse_unit, lambda t: parse_quantity(t)[0], seconds):
        with contextlib.suppress(UnitError):
            assert math.isfinite(float(parse(text)))


def test_an_unknown_unit_names_the_nearest_one() -> None:
    with pytest.raises(UnitError, match=r"'minutes' in 'mV/minutes' is not a unit.*'minute'"):
        parse_unit("mV/minutes")


def test_an_unknown_unit_is_answered_in_one_paragraph() -> None:
    with pytest.raises(UnitError) as caught:
        parse_unit("qqqqqqqq")
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("text", "number", "unit"),
    [
        ("20 ms", 20.0, "ms"),
        ("20ms", 20.0, "ms"),
        ("-3.5e-2*mV", -0.035, "mV"),
        ("+.5 s", 0.5, "s"),
        ("5", 5.0, "1"),
        ("1e5", 1e5, "1"),
        ("5.e3 Hz", 5000.0, "Hz"),
        ("20 /s", 20.0, "1/s"),
        ("2 nS/cm**2 ", 2.0, "nS/cm**2"),
    ],
)
def test_a_quantity_is_a_number_and_a_unit(text: str, number: float, unit: str) -> None:
    assert parse_quantity(text) == (number, unit)


@pytest.mark.parametrize(
    "text",
    ["", "ms", "ms 20", "inf s", "nan s", "1e999 s", "-1e999 s", "0x10 s", "1,5 s", "1_0 s",
     "20 ms ms", "20 9**9**9", "2+2 s", "__import__('os')", "3 ** s"],
)  # fmt: skip
def test_what_is_no_finite_number_with_a_unit_is_refused(text: str) -> None:
    with pytest.raises(UnitError):
        parse_quantity(text)


@given(NUMBERS, TIMES, TIMES)
@settings(derandomize=True, database=None)
def test_conversion_there_and_back_changes_nothing(value: float, one: str, other: str) -> None:
    there = convert(value, one, other)
    assert convert(there, other, one) == pytest.approx(value, rel=4 * ROUNDING, abs=0)
    assert si(there, other) == pytest.approx(si(value, one), rel=4 * ROUNDING, abs=0)


@pytest.mark.parametrize(
    ("value", "unit", "to", "found"),
    [(2.0, "hour", "minute", 120.0), (1.0, "day", "s", 86400.0), (5.0, "Hz", "1/s", 5.0),
     (3.0, "um**3", "um**3", 3.0), (250.0, "pF", "nF", 0.25)],
)  # fmt: skip
def test_values_are_converted(value: float, unit: str, to: str, found: float) -> None:
    assert convert(value, unit, to) == pytest.approx(found, rel=ROUNDING, abs=0)


def test_conversion_between_dimensions_is_refused() -> None:
    with pytest.raises(UnitError, match="'mV' does not measure the same as 'ms'"):
        convert(1.0, "mV", "ms")
    with pytest.raises(UnitError, match="the unit is missing; 'second' or one that measures"):
        seconds("2")
    with pytest.raises(UnitError, match="'mV' is given, and a number without a unit is wanted"):
        convert(1.0, "mV", "1")


def test_a_duration_is_counted_in_seconds() -> None:
    assert seconds("10 minute") == 600.0
    with pytest.raises(UnitError):
        seconds("10 mV")


@pytest.mark.parametrize(
    ("unit", "base"), [("mV", "V"), ("ms", "s"), ("1", "1"), ("Hz", "Hz"), ("um**3", "m**3")]
)
def test_base_units_are_those_of_the_same_dimension(unit: str, base: str) -> None:
    names = {"V": "volt", "s": "second", "Hz": "hertz", "m**3": "metre**3"}
    assert float(parse_unit(base_unit(unit))) == 1.0
    assert convert(1.0, base_unit(unit), names.get(base, base)) == 1.0


def test_a_quantity_is_one_of_brian2() -> None:
    assert as_quantity(50.0, "Hz") == 50 * hertz
    assert as_quantity(2.0, "1") == 2.0


def test_a_declared_unit_does_not_depend_on_the_units_made_before() -> None:
    first = base_unit("uF/cm**2")
    parse_unit("farad/meter**2")
    assert base_unit("uF/cm**2") == first == "metre**-4*kilogram**-1*second**4*amp**2"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("mS/cm^2", r"powers are written \*\*, as in 'mS/cm\*\*2'"),
        ("mS/cm**2", "Did you mean 'msiemens'"),
        ("V", "Did you mean 'volt'"),
        ("h", "Did you mean 'hour'"),
    ],
)
def test_symbols_of_other_writers_are_understood(text: str, words: str) -> None:
    with pytest.raises(UnitError, match=words):
        parse_unit(text)
