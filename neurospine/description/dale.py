"""Dale's law: a cell excites at all its synapses or inhibits at all of them.

A projection has one sign as a whole. It is that of what its effect adds, or, where the
neuron says to which transmitter a variable or receptor answers, that of the transmitter. A weight
is never negative, so plasticity and turnover change how strong an effect is and never
its sign; all that is left to check is the model, which is done here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neurospine.description.evaluate import evaluate
from neurospine.description.expressions import Statement, identifiers, parse_statements
from neurospine.errors import ModelError

if TYPE_CHECKING:
    from neurospine.description.model import Model

SIGNS = {"glutamate": 1, "gaba": -1}
_WORDS = {1: "excites", -1: "inhibits"}
#: Weights at which the sign of an effect is looked at.
_WEIGHTS = np.array([0.0, 0.5, 1.0, 10.0])
#: Volumes, from the smallest to the largest, at which a weight is looked at.
_VOLUMES = 33


def check_signs(model: Model) -> None:
    """Check that every population has one sign, and that no weight can be negative.

    Raises
    ------
    ModelError
        If two projections out of one population would have different signs, one has
        another sign than the population's `transmitter`, or a weight may be negative.
    """
    origin = model.origins.get(model.circuit.name, f"<{model.circuit.name}>")
    for name in model.spines:
        _check_weight(model, name)
    known: dict[str, tuple[int, str]] = {}
    for name, population in model.circuit.populations.items():
        if population.transmitter:
            why = f"the transmitter {population.transmitter!r} of [populations.{name}]"
            known[name] = (SIGNS[population.transmitter], why)
    for name, projection in model.circuit.projections.items():
        key = "receptors" if projection.receptors else "effect"
        try:
            sign = projection_sign(model, name)
        except ModelError as error:
            raise ModelError(f"{origin}: [projections.{name}]: {key}: {error}") from None
        if sign == 0:
            continue
        wanted, why = known.setdefault(projection.origin, (sign, f"[projections.{name}]"))
        if sign != wanted:
            raise ModelError(
                f"{origin}: [projections.{name}]: {key}: {_WORDS[sign]}, but by {why} the "
                f"population {projection.origin!r} {_WORDS[wanted]}; a cell does one of the two at "
                "all its synapses"
            )


def projection_sign(model: Model, name: str) -> int:
    """Return 1 for a projection that excites, -1 for one that inhibits, 0 if it does neither.

    An effect that reads variables of its target has no sign of its own: there the
    neuron's `transmitters` must say what the variable that it adds to answers to, or
    the sign counts as unknown (0) if the population names no transmitter either.
    Receptors that do not say what they answer to have none.

    Raises
    ------
    ModelError
        If parts of the effect have different signs, or a receptor a negative conductance.
    """
    projection = model.circuit.projections[name]
    signs = {}
    for receptor, peak in projection.receptors.items():
        if model.number(model.circuit.name, peak) < 0:
            raise ModelError(f"the peak conductance {peak!r} of {receptor!r} is negative")
        transmitter = model.neurons[projection.target].transmitters.get(receptor)
        signs[receptor] = SIGNS[transmitter] if transmitter else 0
    for statement in parse_statements(projection.effect):
        signs[statement.name] = _sign(model, name, statement)
    found = set(signs.values()) - {0}
    if len(found) > 1:
        raise ModelError(f"excites by one of {', '.join(signs)} and inhibits by another")
    return found.pop() if found else 0


def _sign(model: Model, name: str, statement: Statement) -> int:
    circuit = model.circuit
    projection = circuit.projections[name]
    neuron = model.neurons[projection.target]
    transmitter = neuron.transmitters.get(statement.name)
    numbers = {n: model.number(circuit.name, n) for n in circuit.parameters}
    free = identifiers(statement.expression) - {*numbers, "weight"}
    if free:
        if transmitter is None and circuit.populations[projection.origin].transmitter:
            raise ModelError(
                f"its sign depends on {sorted(free)[0]!r}; say in [transmitters] of the neuron "
                f"{neuron.name!r} to what {statement.name!r} answers"
            )
        return SIGNS[transmitter] if transmitter else 0
    values = evaluate(statement.expression, {**numbers, "weight": _WEIGHTS})
    added = np.broadcast_to(np.sign(values), _WEIGHTS.shape)
    if added.min() < 0 < added.max():
        raise ModelError(f"what is added to {statement.name!r} changes its sign with the weight")
    sign = int(added[np.abs(added).argmax()])
    if transmitter is None or sign == 0:
        return sign
    if sign < 0:
        raise ModelError(f"takes from {statement.name!r}, which answers to {transmitter}")
    return SIGNS[transmitter]


def _check_weight(model: Model, name: str) -> None:
    """Raise a `ModelError` if a volume within the bounds makes a negative weight."""
    spine = model.spines[name]
    structure, readout = spine.structure, spine.readout
    low, high = (
        model.number(structure.name, getattr(structure.volume, key))
        for key in ("lowest", "highest")
    )
    numbers = {n: model.number(readout.name, n) for n in readout.parameters}
    volumes = np.linspace(low, max(low, high), _VOLUMES)
    weights = np.broadcast_to(
        evaluate(readout.weight.value, {**numbers, "volume": volumes}), volumes.shape
    )
    if low < 0 or weights.min() < 0:
        worst = volumes[weights.argmin()]
        place = model.origins.get(readout.name, f"<{readout.name}>")
        raise ModelError(
            f"{place}: [weight]: value: is {weights.min():g} at a volume of {worst:g} "
            f"{structure.volume.unit}, and the smallest volume is {low:g}; neither may be "
            "negative, for a projection excites or inhibits as a whole"
        )
