"""Exact steps that are found once are those that Brian2 finds."""

from __future__ import annotations

from typing import Any

import brian2
import pytest
import sympy
from brian2.stateupdaters.base import UnsupportedEquationsException
from brian2.stateupdaters.exact import LinearStateUpdater, linear

from neurospine.simulation import exact

#: Traces apart from each other, a neuron that is driven, the same beside a trace, and a name for
#: a part of an expression.
SYSTEMS = {
    "traces": "dr/dt = -r/tau : 1\ndo/dt = -o/slow : 1",
    "neuron": "dv/dt = (rest - v)/tau + w/slow : 1 (unless refractory)\ndw/dt = -w/fast : 1",
    "mixed": "dv/dt = (gain*w - v)/tau : 1\ndr/dt = (rest - r)/slow : 1\ndw/dt = -w/fast : 1",
    "chain": "da/dt = -a/tau : 1\ndb/dt = (a - b)/slow : 1\ndc/dt = (a + gain*b - c)/fast : 1",
    "subexpression": "dv/dt = leak/tau : 1\nleak = rest - v : 1\ndr/dt = -r/fast : 1",
}


def group(text: str) -> tuple[Any, Any]:
    """Return the equations of a neuron and all that their names mean."""
    ms = brian2.ms
    namespace = {"tau": 20 * ms, "slow": 30 * ms, "fast": 2 * ms, "rest": -1.0, "gain": 2.0}
    made = brian2.NeuronGroup(1, text, namespace=namespace, method="euler")
    made._network = "none"  # it will not run, of which Brian2 would warn
    names = made.equations.names | made.equations.identifiers | {"dt", "not_refractory"}
    known = {n: v for n, v in made.variables.items() if n in names}
    return made.equations, made.resolve_all(names & (known.keys() | namespace.keys()), namespace)


@pytest.mark.parametrize("text", SYSTEMS.values(), ids=list(SYSTEMS))
def test_statements_are_those_of_brian2(text: str) -> None:
    equations, variables = group(text)
    expected = linear(equations, variables)
    assert "exp(" in expected
    with exact.solved_once():
        found = linear(equations, variables)
    assert sorted(found.splitlines()) == sorted(expected.splitlines())


def test_no_eigenvectors_are_sought_where_there_is_no_circle(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("eigenvectors")

    monkeypatch.setattr(sympy.matrices.matrixbase.MatrixBase, "jordan_form", refuse)
    chain = "dx_0/dt = -x_0/tau : 1\ndx_1/dt = (x_0 - x_1)/slow : 1\ndx_2/dt = (x_1 - x_2)/fast : 1"
    with exact.solved_once():
        assert "exp(" in linear(*group(chain))
        with pytest.raises(AssertionError, match="eigenvectors"):
            linear(*group("dx_0/dt = -x_1/tau : 1\ndx_1/dt = x_0/tau : 1"))


def test_a_system_is_solved_once(monkeypatch: pytest.MonkeyPatch) -> None:
    solved: list[set[str]] = []
    before = exact._brian2_step

    def counted(updater: Any, equations: Any, *rest: Any) -> Any:
        solved.append(equations.diff_eq_names)
        return before(updater, equations, *rest)

    monkeypatch.setattr(exact, "_brian2_step", counted)
    text = (
        "da_once/dt = -a_once/tau : 1\ndb_once/dt = (a_once - b_once)/fast : 1\ndc/dt = -c/slow : 1"
    )
    for _ in range(2):
        with exact.solved_once():
            linear(*group(text))
    assert sorted(map(sorted, solved)) == [["a_once", "b_once"], ["c"]]


@pytest.mark.parametrize(
    "text",
    [
        "dv/dt = -v**2/tau : 1",
        "dv/dt = -w/tau : 1\ndw/dt = v/tau : 1",
        "dv/dt = (sin(t/tau) - v)/tau : 1",
        "dv/dt = rest/tau : 1",
        "dv/dt = -v/tau + xi/tau**0.5 : 1",
    ],
    ids=["nonlinear", "complex", "in time", "without fixed point", "noise"],
)
def test_what_brian2_does_not_solve_is_not_solved(text: str) -> None:
    equations, variables = group(text)
    with pytest.raises(UnsupportedEquationsException):
        linear(equations, variables)
    with exact.solved_once(), pytest.raises(UnsupportedEquationsException):
        linear(equations, variables)


def test_brian2_is_left_as_it_was() -> None:
    before = LinearStateUpdater.__call__
    with exact.solved_once():
        assert LinearStateUpdater.__call__ is not before
    assert LinearStateUpdater.__call__ is before
    with pytest.raises(UnsupportedEquationsException), exact.solved_once():
        linear(*group("dv/dt = -v**2/tau : 1"))
    assert LinearStateUpdater.__call__ is before
