"""Mechanisms of a piece of membrane, and the compartments that a neuron is made of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from neurospine.description.entries import Part
from neurospine.description.schema import Table

#: Where on its parent a compartment begins.
Place = Literal["start", "middle", "end"]
MOST_SEGMENTS = 200
#: What a cell releases, and a receptor answers to: glutamate excites, gaba inhibits.
Transmitter = Literal["glutamate", "gaba"]


class MechanismPart(Part):
    """What a piece of membrane does, as seen from one compartment.

    Its equations may read the potential ``v`` and the membrane ``area`` of the
    compartment, and the ports in `needs`. It adds a current (inward is positive): a
    `conductance` towards a `reversal` potential, which is solved together with the
    voltages, or an explicit `current`. `carries` names the parameter with the share
    of that current that is carried by calcium. `receives` says what one synaptic event of peak
    ``conductance`` adds, and `transmitter` what it answers to; `on_spike` what happens in
    the compartment when the cell spikes; a mechanism with a `threshold` decides when that is.
    """

    kind: Literal["mechanism"]
    needs: tuple[str, ...] = ()
    provides: tuple[str, ...] = ()
    equations: str = ""
    conductance: str = ""
    reversal: str = ""
    current: str = ""
    carries: dict[Literal["calcium"], str] = {}
    receives: str = ""
    transmitter: Transmitter | None = None
    threshold: str = ""
    refractory: str = ""
    on_spike: str = ""
    initial: dict[str, str] = {}

    def without_shares(self) -> MechanismPart:
        """Return the mechanism without the shares of its current that nobody asks for."""
        shares = set(self.carries.values())
        kept = {n: entry for n, entry in self.parameters.items() if n not in shares}
        return self.model_copy(update={"carries": {}, "parameters": kept})


def side_by_side(mechanisms: Iterable[MechanismPart]) -> list[MechanismPart]:
    """Return the mechanisms of one compartment as they are there: shares only if needed."""
    found = list(mechanisms)
    needed = any("i_calcium" in mechanism.needs for mechanism in found)
    return found if needed else [mechanism.without_shares() for mechanism in found]


class Membrane(Table):
    """The parameters of membrane and cytoplasm that all compartments share.

    The resistivity is needed unless every compartment has a `coupling`; at the
    `potential` all compartments start.
    """

    capacitance: str
    axial_resistivity: str | None = None
    potential: str


class Compartment(Table):
    """A cylinder of membrane; one without a parent is the root.

    `length`, `diameter` and `capacitance` (per area) name parameters; `coupling` is an
    expression of parameters for a conductance to the parent instead of that of the cytoplasm.
    In `segments` equal pieces it is solved, each with a potential of its own.
    """

    parent: str | None = None
    attached: Place | None = None
    length: str
    diameter: str
    segments: Annotated[int, Field(ge=1, le=MOST_SEGMENTS)] = 1
    coupling: str | None = None
    capacitance: str | None = None
    mechanisms: tuple[str, ...]
