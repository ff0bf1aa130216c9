"""Choose the form in which the rule of a projection is computed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from neurospine.description.edge_lists import edges_of
from neurospine.description.evaluate import evaluate
from neurospine.description.expressions import Equation, identifiers
from neurospine.description.model import Model
from neurospine.description.receptors import local_ports, projection_effect, spine_segments
from neurospine.description.spine import Spine
from neurospine.errors import ModelError
from neurospine.simulation import forms
from neurospine.simulation.eligibility import gated
from neurospine.simulation.folding import foldable, folded, folding, settling_steps
from neurospine.simulation.form import Form, FormName
from neurospine.simulation.signs import positive_of

#: A difference of exponentials nearer than this loses digits.
_APART = 0.01


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
    opened = _gate_settling(models, spine, step, border_steps)
    if settle and opened:
        settle = min(settle, opened)
    possible: list[FormName] = ["folded"] if settle else []
    possible += ["neuron_traces"] if even else []
    possible += ["textbook"] if not spine.rule.follows else []
    if not possible:
        raise ModelError(
            f"projection {projection!r}: the rule {spine.rule.name!r} follows the potential of "
            "cells, so the spines of an axon need one delay (no delay_spread, no delays in lists)"
        )
    chosen = wanted or possible[0]
    if chosen not in possible:
        raise ModelError(
            f"projection {projection!r}: the rule {spine.rule.name!r} cannot be computed in the "
            f"form {chosen!r} here; possible: {', '.join(possible)}"
        )
    potentials = _potentials(model, projection) if spine.rule.follows else {}
    if chosen == "folded" and settle:
        return folded(spine, effect, settle, potentials)
    if chosen == "textbook":
        form = forms.textbook(spine, effect)
    else:
        form = forms.neuron_traces(spine, effect, potentials)
    if opened:
        return gated(form, spine, opened)
    return replace(form, settle_steps=border_steps) if form.settle else form


def _potentials(model: Model, projection: str) -> dict[str, str]:
    """Return the neuron's potential at each place of the spines; one place has no name."""
    names = local_ports(model, projection)["voltage"]
    places = spine_segments(model, projection)
    return dict(zip(places, names, strict=True)) if len(names) > 1 else {"": names[0]}


def _gate_settling(
    models: Sequence[Model], spine: Spine, step: float, border_steps: int
) -> int | None:
    """Return the steps between settlings of eligibility, or None where none is kept so.

    Raises
    ------
    ModelError
        If its time constants are too short, or two of one trace too near each other.
    """
    found: list[int] = []
    for trace in spine.gate.traces.values() if spine.gate else ():
        for model in models:
            assert spine.gate
            names = filter(None, (trace.time_constant, trace.onset))
            times = [model.number(spine.gate.name, name) for name in names]
            steps = [settling_steps(time, step, border_steps) for time in times]
            if None in steps:
                raise ModelError(
                    f"{spine.gate.name}.{trace.time_constant}: {min(times):g} s is too short for "
                    f"the interval of {border_steps * step:g} s between snapshots or ticks"
                )
            if len(times) == 2 and abs(times[0] - times[1]) < _APART * max(times):
                raise ModelError(
                    f"{spine.gate.name}: {trace.time_constant} and {trace.onset} are less than "
                    f"{_APART:.0%} apart; use kernel = 'alpha'"
                )
            found += filter(None, steps)
    return min(found) if found else None


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
    fold = folding(spine)
    if rule is None or fold is None or not foldable(spine):
        return None
    parameters = {name: model.number(rule.name, name) for name in rule.parameters}
    equations, statements = rule.postsynaptic.parsed()
    variables = positive_of(fold.gain, statements, parameters)
    if variables is None:
        return None
    # A variable that starts at zero stays above it if it only decays and is only added to.
    if any(e.name in variables and not _stays_positive(e, parameters) for e in equations):
        return None
    tau = model.number(rule.name, fold.time_constant)
    steps = settling_steps(tau, step, border_steps)
    # Settling goes through all slots: more often than once a time constant is dearer than traces.
    return steps if steps == border_steps or (steps and steps * step >= tau) else None


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
