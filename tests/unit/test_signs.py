"""What must hold for an expression not to be negative, read from its text."""

from __future__ import annotations

import itertools

import pytest

from neurospine.description.evaluate import evaluate
from neurospine.description.expressions import parse_statements
from neurospine.simulation.signs import positive_of

PARAMETERS = {"gain": 2.0, "loss": -0.5, "nothing": 0.0}


def needed(expression: str, statements: str = "", **parameters: float) -> set[str] | None:
    return positive_of(expression, parse_statements(statements), {**PARAMETERS, **parameters})


#: Never negative as long as the variables named are not.
CERTAIN = {
    "3": set(),
    "0.0": set(),
    "gain": set(),
    "nothing": set(),
    "trace": {"trace"},
    "gain*trace": {"trace"},
    "gain + trace": {"trace"},
    "gain*(a + b*trace)": {"a", "b", "trace"},
    "trace/gain": {"trace"},
    "loss**2": set(),
    "(a - b)**2": set(),
    "(a - b)**4*trace": {"trace"},
    "trace**3": {"trace"},
    "exp(-a)": set(),
    "abs(a - b)*gain": set(),
    "sqrt(a)": set(),
    "int(a > b)": set(),
    "(a - b)*int(a > b)": set(),
    "gain*(a - b)*int(b < a)*trace": {"trace"},
    "(a - b)*int(a > b)*(c - gain)*int(c > gain)": set(),
    "clip(a - b, 0, 1)": set(),
    "clip(a, trace, 1)": {"trace"},
}
#: May be negative, or cannot be told by syntax.
UNCERTAIN = (
    "-1", "loss", "-gain", "-trace", "gain*loss", "gain - trace", "trace*(a - b)", "loss*trace",
    "trace + loss", "trace/loss", "loss**3", "(a - b)**3", "trace**gain", "clip(a, -1, 1)",
    "clip(a, loss, 1)", "log(a)", "sin(a)", "int(a)", "(a - b)*int(b > a)",
    "(a - b)*int(a > c)", "(a - b) + int(a > b)",
)  # fmt: skip


@pytest.mark.parametrize("expression", CERTAIN)
def test_the_variables_that_must_not_be_negative_are_found(expression: str) -> None:
    assert needed(expression) == CERTAIN[expression]


@pytest.mark.parametrize("expression", UNCERTAIN)
def test_what_may_be_negative_is_not_taken_for_positive(expression: str) -> None:
    assert needed(expression) is None


@pytest.mark.parametrize("expression", CERTAIN)
def test_what_is_called_positive_is_positive(expression: str) -> None:
    """By numbers: those that must not be negative are not, the others are what they like."""
    positive = CERTAIN[expression]
    names = ("a", "b", "c", "trace")
    grids = [(0.0, 0.7, 2.1) if name in positive else (-1.3, 0.4, 2.1) for name in names]
    for values in itertools.product(*grids):
        given = dict(zip(names, values, strict=True))
        if "sqrt" in expression:
            given["a"] = abs(given["a"])
        assert float(evaluate(expression, {**PARAMETERS, **given})) >= 0.0


@pytest.mark.parametrize("expression", ["-trace", "gain - trace", "(a - b)*int(b > a)", "log(a)"])
def test_what_is_refused_can_be_negative(expression: str) -> None:
    names = ("a", "b", "trace")
    grid = itertools.product((0.1, 0.7, 3.0), repeat=len(names))
    found = [evaluate(expression, {**PARAMETERS, **dict(zip(names, v, strict=True))}) for v in grid]
    assert min(map(float, found)) < 0.0


def test_the_value_of_a_parameter_decides_not_its_name() -> None:
    assert needed("strength*trace", strength=0.3) == {"trace"}
    assert needed("strength*trace", strength=0.0) == {"trace"}
    assert needed("strength*trace", strength=-0.3) is None
    assert needed("strength*trace") == {"strength", "trace"}


def test_what_events_add_to_a_needed_variable_has_to_be_positive_too() -> None:
    assert needed("gain*trace", "trace = keep*trace + 1", keep=0.5) == {"trace"}
    assert needed("gain*trace", "trace = keep*trace + 1", keep=-0.5) is None
    assert needed("gain*trace", "trace += 1") == {"trace"}
    assert needed("gain*trace", "trace += loss") is None
    assert needed("gain*trace", "trace = trace*gain") == {"trace"}
    assert needed("gain*trace", "trace *= gain") == {"trace"}


@pytest.mark.parametrize("operator", ["-", "/"])
def test_what_events_take_away_makes_it_uncertain(operator: str) -> None:
    assert needed("gain*trace", f"trace {operator}= 1") is None
    assert needed("gain*trace", f"other {operator}= 1") == {"trace"}


def test_variables_that_feed_others_are_needed_as_well() -> None:
    statements = "trace += first\nfirst += second"
    assert needed("trace", statements) == {"trace", "first", "second"}
    assert needed("trace", f"{statements}\nsecond += loss") is None
    assert needed("second", statements) == {"second"}
