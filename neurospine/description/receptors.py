"""What a spike does to the dendrite under a spine: receptors behind the neck."""

from __future__ import annotations

from typing import TYPE_CHECKING

from brian2.utils.stringtools import word_substitute

from neurospine.description.expressions import parse_equations, parse_statements
from neurospine.description.parts import offering
from neurospine.description.plasticity_parts import LOCAL_PORTS
from neurospine.errors import ModelError, suggest

if TYPE_CHECKING:
    from neurospine.description.model import Model

#: What statements call the conductance of a receptor at the dendrite, behind the neck.
THROUGH_NECK = "through_neck"


def spine_segments(model: Model, projection: str) -> tuple[str, ...]:
    """Return the segments on which a projection has spines; point neurons have none."""
    described = model.circuit.projections[projection]
    cell = model.cells.get(described.target)
    found = (s for place in described.compartments if cell for s in cell.segments(place))
    return tuple(dict.fromkeys(found))


def projection_effect(model: Model, projection: str) -> str:
    """Return the statements by which an arrival acts on the postsynaptic cell.

    They read the ``weight`` of the spine, its ``place`` (the number of its segment)
    where there are several, and the ``neck_resistance`` where it has a neck. The head
    charges within microseconds, so a conductance g behind a neck R is g/(1 + gR) at
    the dendrite. Over an exponential decay that is log(1 + gR)/(gR) of the charge
    without the neck; the event gets this share at once, for each receptor by itself, as
    (6 + gR)/(6 + 4gR), which is within 1 % of it up to gR = 1. Against a head with a
    potential of its own, peaks in the soma are right to 2.5 % up to gR = 1
    (``tests/analytic/test_neck.py``); g/(1 + gR) would make them 24 % too small. Above
    gR = 2 it is too much (by 4 % there), and receptors that a block keeps closed, such as
    NMDA at rest, lose less than this.
    """
    described = model.circuit.projections[projection]
    if not described.receptors:
        return described.effect
    cell = model.cells[described.target]
    segments = spine_segments(model, projection)
    neck = model.spines[projection].geometry is not None
    lines = []
    for receptor, peak in described.receptors.items():
        conductance = f"weight*{peak}"
        if neck:
            product = f"{conductance}*neck_resistance"
            lines.append(f"{THROUGH_NECK} = {conductance}*(6 + {product})/(6 + 4*{product})")
            conductance = THROUGH_NECK
        for number, segment in enumerate(segments):
            here = f"*int(place == {number})" * (len(segments) > 1)
            for statement in parse_statements(cell.receptors[segment][receptor]):
                added = word_substitute(statement.expression, {"conductance": f"({conductance})"})
                lines.append(f"{statement.name} += ({added}){here}")
    return "\n".join(lines)


def local_ports(model: Model, projection: str) -> dict[str, tuple[str, ...]]:
    """Return what the rule of a projection reads of the dendrite: a variable for each segment.

    Raises
    ------
    ModelError
        If the dendrite does not have it.
    """
    rule = model.spines[projection].rule
    needed = [port for port in (rule.needs if rule else ()) if port in LOCAL_PORTS]
    if not rule or not needed:
        return {}
    described = model.circuit.projections[projection]
    target, cell = described.target, model.cells.get(described.target)
    segments = spine_segments(model, projection)
    if cell and described.follows:
        segments = cell.segments(described.follows)
    point = model.neurons.get(target) if target not in model.cells else None
    if point and needed == ["voltage"]:
        variables = {e.name for e in parse_equations(point.equations)}
        for name in ("voltage", "v"):
            if name in variables:
                return {"voltage": (name,)}
    if not segments:
        raise ModelError(
            f"spine: its rule {rule.name!r} needs the port {needed[0]!r}, which neurons of "
            "compartments offer: give 'compartments' of such a neuron"
            f"{', or a point neuron with a variable v' * (needed == ['voltage'])}"
        )
    found = {}
    for port in needed:
        names = tuple(f"{'v' if port == 'voltage' else port}_{segment}" for segment in segments)
        known = {e.name for e in parse_equations(model.neurons[target].equations)}
        for name, segment in zip(names, segments, strict=True):
            if name not in known:
                offers = ", ".join(offering(port)) or "no shipped mechanism"
                raise ModelError(
                    f"spine: its rule {rule.name!r} needs the port {port!r}, which compartment "
                    f"{segment!r} does not offer. It is offered by: {offers}"
                )
        found[port] = names
    return found


def check_receptors(model: Model, projection: str) -> None:
    """Raise a `ModelError` if a projection reaches a compartment or receptor that is not there."""
    described = model.circuit.projections[projection]
    cell = model.cells.get(described.target)
    _check_follows(model, projection)
    local_ports(model, projection)
    if described.effect and described.receptors:
        raise ModelError("effect: receptors say what an arrival does; give one of the two")
    if not described.compartments and not described.receptors:
        return
    if cell is None:
        key = "compartments" if described.compartments else "receptors"
        raise ModelError(f"{key}: the neurons of {described.target!r} have no compartments")
    if not described.compartments:
        raise ModelError("compartments: missing; receptors are on the compartments named here")
    known = (*cell.compartments, *(s.name for s in cell.tree.segments))
    reached = [s for place in described.compartments for s in cell.segments(place)]
    for place in described.compartments:
        if not cell.segments(place):
            raise ModelError(f"compartments: no compartment {place!r}. {suggest(place, known)}")
        if any(reached.count(segment) > 1 for segment in cell.segments(place)):
            raise ModelError(f"compartments: {place!r} is given twice, or is a piece of another")
        for receptor in described.receptors:
            for segment in cell.segments(place):
                there = cell.receptors[segment]
                if receptor not in there:
                    hint = suggest(receptor, there) if there else "It has no receptors."
                    raise ModelError(f"receptors: {place!r} has no receptor {receptor!r}. {hint}")


def _check_follows(model: Model, projection: str) -> None:
    """Raise a `ModelError` if what a rule follows is not one piece of the cell, or not read."""
    described, rule = model.circuit.projections[projection], model.spines[projection].rule
    cell = model.cells.get(described.target)
    if described.follows is None:
        return
    if cell is None:
        raise ModelError(f"follows: the neurons of {described.target!r} have no compartments")
    found, known = cell.segments(described.follows), [s.name for s in cell.tree.segments]
    if len(found) != 1:
        what = f"{len(found)} pieces; name one" if found else "no compartment"
        hint = suggest(described.follows, known)
        raise ModelError(f"follows: {described.follows!r}: {what}. {hint}")
    if model.spine_instead is None and not set(rule.needs if rule else ()) & set(LOCAL_PORTS):
        raise ModelError("follows: no rule of these spines reads the dendrite; leave it out")
