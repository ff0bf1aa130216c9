"""Choose the form in which the rule of a projection is computed."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterable, Mapping, Sequence

from neurospine.description.edge_lists import edges_of
from neurospine.description.evaluate import evaluate
from neurospine.description.expressions import (
    Equation,
    Statement,
    identifiers,
    parse_expression,
)
from neurospine.description.model import Model
from neurospine.description.receptors import projection_effect
from neurospine.description.spine import Spine
from neurospine.errors import ModelError
from neurospine.simulation import forms
from neurospine.simulation.forms import Form, FormName


def choose_form(
    models: Sequence[Model],
    projection: str,
    step: float,
    border_steps: int,
    wanted: FormName | None,
) -> Form:
    """Return the wanted form of a projection's rule, or the cheapest that is exact.

    Parameters
    ----------
    models
        The model in each condition.
    projection
        The projection.
    step
        The time step in seconds.
    border_steps
        Steps between snapshots or ticks of the slow clock, at which volume is read.
    wanted
        The form asked for.

    Raises
    ------
    ModelError
        If the wanted form is not possible.
    """
    spine = models[0].spines[projection]
    form = _choose(models, projection, step, border_steps, wanted)
    return forms.with_traces(form, spine.stages.postsynaptic) if spine.stages else form


def _choose(
    models: Sequence[Model],
    projection: str,
    step: float,
    border_steps: int,
    wanted: FormName | None,
) -> Form:
    model = models[0]
    spine = model.spines[projection]
    effect = projection_effect(model, projection).strip()
    if spine.rule is None:
        return forms.static(spine, effect)
    listed = edges_of(model, projection)
    even = delay_spread(model, projection) == 0 and not (listed and listed.delay is not None)
    settling = [_settling(m, spine, step, border_steps) for m in models] if even else [None]
    settle = None if None in settling else min(filter(None, settling))
    delay = model.number(model.circuit.name, model.circuit.projections[projection].delay)
    if spine.stages and delay:
        settle = None  # a spike sent before the birth of a spine moves the trace without a visit
    possible: list[FormName] = ["folded"] if settle else []
    possible += ["neuron_traces"] if even else []
    possible += ["textbook"]
    chosen = wanted or possible[0]
    if chosen not in possible:
        raise ModelError(
            f"projection {projection!r}: the rule {spine.rule.name!r} cannot be computed in the "
            f"form {chosen!r} here; possible: {', '.join(possible)}"
        )
    if chosen == "folded" and settle:
        return forms.folded(spine, effect, settle)
    make = forms.textbook if chosen == "textbook" else forms.neuron_traces
    return make(spine, effect)


def delay_spread(model: Model, projection: str) -> float:
    """Return how far the delays of a projection differ, in seconds."""
    name = model.circuit.projections[projection].delay_spread
    return model.number(model.circuit.name, name) if name else 0.0


def _settling(model: Model, spine: Spine, step: float, border_steps: int) -> int | None:
    """Return the settling interval in steps, or None where folding would not be exact.

    Between two arrivals the folded volume may move one way only, so no term of the
    gain may be negative.
    """
    rule = spine.rule
    if rule is None or rule.folded is None or not forms.foldable(spine):
        return None
    parameters = {name: model.number(rule.name, name) for name in rule.parameters}
    equations, statements = rule.postsynaptic.parsed()
    if not _never_negative(rule.folded.gain, parameters):
        return None
    variables = _read_by(rule.folded.gain, statements) - set(parameters)
    for equation in equations:
        # A variable that starts at zero stays above it if it only decays and is only added to.
        if equation.name in variables and not _stays_positive(equation, parameters):
            return None
    for statement in statements:
        if statement.name in variables and (
            statement.operator in ("-", "/")
            or not _never_negative(statement.expression, parameters)
        ):
            return None
    tau = model.number(rule.name, rule.folded.time_constant)
    return forms.settling_steps(tau, step, border_steps)


def _read_by(expression: str, statements: Iterable[Statement]) -> set[str]:
    """Return the names that an expression reads, at once or by way of statements."""
    names = identifiers(expression)
    while True:
        more = {n for s in statements if s.name in names for n in identifiers(s.expression)}
        if more <= names:
            return names
        names |= more


def _never_negative(expression: str, parameters: Mapping[str, float]) -> bool:
    """Return whether an expression is a sum of products of what is not negative."""
    for node in ast.walk(parse_expression(expression)):
        if isinstance(node, ast.Sub | ast.USub | ast.Call):
            return False
    return all(parameters.get(name, 0.0) >= 0 for name in identifiers(expression))


def decays(equation: Equation, parameters: Mapping[str, float]) -> bool:
    """Return whether a variable by itself goes to zero and stays there."""
    change = [_change(equation, parameters, value) for value in (0.0, 1.0)]
    return change[0] == 0.0 and change[1] < 0.0


def _stays_positive(equation: Equation, parameters: Mapping[str, float]) -> bool:
    """Return whether a variable stays at zero or above when nothing is added to it."""
    return _change(equation, parameters, 0.0) >= 0.0


def _change(equation: Equation, parameters: Mapping[str, float], value: float) -> float:
    """Return the rate of change of a variable by itself, or NaN where it has none."""
    if not equation.differential or identifiers(equation.expression) - {equation.name, *parameters}:
        return math.nan
    return float(evaluate(equation.expression, {**parameters, equation.name: value}))
