"""What a rule keeps on a postsynaptic cell where it follows the local potential.

Variables that read ``voltage`` are kept for each place that spines sit on, with the
name of the segment behind theirs. They are linear in themselves and advance by
exponential steps with the potential held, at the start of a step of the neurons; a drive that
goes on between events is summed up just before, from the potential at that moment.
Arrivals later in the step find the filters advanced. ``tests/analytic/test_clopath.py``
compares with an integration of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from brian2.utils.stringtools import word_substitute

from neurospine.description.evaluate import evaluate
from neurospine.description.expressions import Equation
from neurospine.description.gates import exponential_steps
from neurospine.description.plasticity_parts import PlasticityPart
from neurospine.simulation.form import CellBlock, join
from neurospine.simulation.network import Array


def following(
    rule: PlasticityPart,
    potentials: Mapping[str, str],
    sums: Equation,
    summed: str,
    *,
    before: str = "",
    settle: str = "",
) -> tuple[CellBlock, dict[str, tuple[str, str]]]:
    """Return the block of the postsynaptic cells, and what spines read in it.

    Parameters
    ----------
    rule
        The rule.
    potentials
        For each place by name (one may have none) the neuron's variable.
    sums
        A variable for the continuous drive.
    summed
        Statements that change it in a step; they may read what is kept.
    before
        Statements that come once, before all of these.
    settle
        What is done with it when sizes are settled.

    Returns
    -------
    CellBlock
        Variables of all places.
    dict
        For each name at a spine the expression that picks its place, and the unit.
    """
    kept, names = _kept(rule), {e.name: e for e in _kept(rule)}
    delayed = {
        name: (Equation(name, "", names[d.of].unit), d)
        for name, d in rule.postsynaptic.delayed.items()
    }
    plain = [Equation(e.name, "", e.unit) for e in kept]
    variables = [*plain, *(e for e, _ in delayed.values()), *([sums] if rule.continuous else [])]
    equations, blocks, spikes, settled, delays = [], [], [], [], []
    for place, potential in potentials.items():
        at = {e.name: _placed(e.name, place) for e in variables} | {"voltage": potential}
        equations += [Equation(at[e.name], "", e.unit) for e in variables]
        steps = [summed if rule.continuous else "", *exponential_steps(kept, "dt")]
        own = {
            f"_{word}_{e.name}": f"_{word}_{at[e.name]}" for e in kept for word in ("goal", "next")
        }
        blocks.append(word_substitute(join(*steps), {**at, **own}))
        spikes.append(word_substitute(rule.postsynaptic.on_spike, at))
        settled.append(word_substitute(settle, at))
        delays += [(at[name], at[d.of], d.by) for name, (_, d) in delayed.items()]
    block = CellBlock(
        tuple(equations),
        join(*spikes),
        join(*settled),
        step=join(before, *blocks),
        potentials=tuple(potentials.values()),
        delays=tuple(delays),
    )
    return block, dict(_picked(variables, tuple(potentials)))


def _kept(rule: PlasticityPart) -> tuple[Equation, ...]:
    equations, _ = rule.postsynaptic.parsed()
    return equations


def _placed(name: str, place: str) -> str:
    return f"{name}_{place}" if place else name


def _picked(
    variables: list[Equation], places: tuple[str, ...]
) -> Iterator[tuple[str, tuple[str, str]]]:
    if len(places) == 1 and not places[0]:
        return
    for equation in variables:
        terms = [
            f"{_placed(equation.name, place)}*int(place == {number})" if len(places) > 1
            else _placed(equation.name, place)
            for number, place in enumerate(places)
        ]  # fmt: skip
        yield equation.name, (" + ".join(terms), equation.unit)


def steady(
    rule: PlasticityPart, potential: Array, parameters: Mapping[str, Array]
) -> dict[str, Array]:
    """Return where what is kept would stay at a potential, by variable (delayed ones too).

    Parameters
    ----------
    rule
        The rule.
    potential
        The potential of each cell in volt.
    parameters
        Those of the rule, each for all cells or one a cell, in base units.
    """
    kept = _kept(rule)
    found = {e.name: np.zeros(potential.shape) for e in kept}
    for _ in kept:  # one may follow another
        for equation in kept:
            names = {**parameters, **found, "voltage": potential}
            rest, whole = (
                np.asarray(evaluate(equation.expression, {**names, equation.name: value}))
                for value in (0.0, 1.0)
            )
            slope = whole - rest
            still = np.broadcast_to(slope == 0, potential.shape)
            goal = -rest / np.where(slope == 0, 1.0, slope)
            found[equation.name] = np.where(still, 0.0, np.broadcast_to(goal, potential.shape))
    delayed = {name: found[d.of] for name, d in rule.postsynaptic.delayed.items()}
    return {**found, **delayed}
