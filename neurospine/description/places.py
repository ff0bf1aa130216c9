"""Where the spines of a projection lie along a dendrite: checks of what a circuit says of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from neurospine.description.parts import offering
from neurospine.description.plasticity_parts import INHIBITION
from neurospine.errors import ModelError, suggest

if TYPE_CHECKING:
    from neurospine.description.model import Model

#: What the one dendrite of a cell without compartments is called.
DENDRITE = "dendrite"


def check_places(model: Model, projection: str, parameter: Callable[[str, str, str], None]) -> None:
    """Check the length of a dendrite and where on it spines lie.

    The numbers themselves are checked for every condition when a run is planned (see
    `neurospine.simulation.sites`).

    Parameters
    ----------
    model, projection
        The model, and which of its projections.
    parameter
        Checks one parameter, given key, name and unit.

    Raises
    ------
    ModelError
        If a key goes with another that is missing, or does not go with one that is there, or
        names no such parameter.
    """
    described = model.circuit.projections[projection]
    if described.length is not None:
        if described.compartments:
            raise ModelError(
                "length: that of compartments is in the file of the neuron; leave out one of the "
                "two keys"
            )
        if described.target in model.cells:
            raise ModelError(
                f"length: the neurons of {described.target!r} have dendrites of their own: give "
                "'compartments' instead"
            )
        parameter("length", described.length, "meter")
        for name, other in model.circuit.projections.items():
            if other.target == described.target and other.length not in (None, described.length):
                raise ModelError(
                    f"length: the cells of {described.target!r} have one dendrite, which is "
                    f"{other.length!r} long in [projections.{name}]"
                )
    for key in ("placement", "position"):
        if getattr(described, key) is None or described.length or described.compartments:
            continue
        raise ModelError(
            f"{key}: there is no dendrite to lie on: give its 'length', or 'compartments' of a "
            "neuron that has them"
        )
    if described.position is None:
        return
    if described.placement is not None:
        raise ModelError(
            "placement: with 'position' all spines lie at one place; leave out one of the two keys"
        )
    if len(described.compartments) > 1:
        raise ModelError(
            f"position: counts along one compartment, and {len(described.compartments)} are named"
        )
    parameter("position", described.position, "meter")


def check_gates(model: Model, projection: str) -> None:
    """Check that what a projection gates lies on the same dendrites, and listens.

    Raises
    ------
    ModelError
        If there is no such projection, it is onto other cells, one of the two has no places, or
        the rule of its spines takes no notice of inhibition.
    """
    projections = model.circuit.projections
    described = projections[projection]
    if described.gates is None:
        return
    if described.gates not in projections:
        raise ModelError(
            f"gates: no projection {described.gates!r}. {suggest(described.gates, projections)}"
        )
    gated = projections[described.gates]
    if gated.target != described.target:
        raise ModelError(
            f"gates: {described.gates!r} is onto {gated.target!r}, not {described.target!r}"
        )
    for one in (described, gated):
        if not (one.length or one.compartments):
            raise ModelError(
                "gates: needs to know where contacts lie, on both projections: give 'length' or "
                "'compartments'"
            )
    rule = model.spines[described.gates].rule
    if rule and INHIBITION not in rule.needs and model.spine_instead is None:
        offers = ", ".join(offering(INHIBITION, by="needs")) or "no shipped rule"
        raise ModelError(
            f"gates: the rule {rule.name!r} of {described.gates!r} does not read the port "
            f"{INHIBITION!r}. Rules that do: {offers}"
        )
