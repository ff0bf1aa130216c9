"""The schema of plasticity rules: what is kept on cells and spines, and what spikes do to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from neurospine.description.entries import Part
from neurospine.description.expressions import (
    Equation,
    Statement,
    identifiers,
    parse_equations,
    parse_statements,
)
from neurospine.description.schema import Table

#: What the dendrite under a spine offers to a plasticity rule, and its unit.
LOCAL_PORTS: Mapping[str, str] = {"voltage": "volt", "calcium": "mmolar"}
#: The port through which GABA at the dendrite acts on a rule.
INHIBITION = "inhibition"

DriveKind = Literal["additive", "multiplicative"]


class CellSection(Table):
    """State that a rule keeps once per neuron, and what a spike does to it."""

    equations: str = ""
    on_spike: str = ""

    def parsed(self) -> tuple[tuple[Equation, ...], tuple[Statement, ...]]:
        """Return the checked equations and statements."""
        return parse_equations(self.equations), parse_statements(self.on_spike)


class PresynapticSection(CellSection):
    """State of the axon. `delay` names the time from an arrival to its effect in the rule."""

    delay: str | None = None


class Delayed(Table):
    """A variable as it was some time ago: `of` which, and `by` which parameter."""

    of: str
    by: str


class PostsynapticSection(CellSection):
    """State of the postsynaptic cell; with the local ``voltage``, of each place on it."""

    delayed: dict[str, Delayed] = {}


class SynapseSection(Table):
    """State of a spine, and what a rule does there when a spike arrives or its neuron fires.

    `between` brings the state from the last event to this one, ``elapsed`` later; it is run
    before `on_pre` and `on_post`, and at borders. `normals` are names of standard normal
    numbers, fresh whenever it is run.
    """

    variables: str = ""
    normals: tuple[str, ...] = ()
    between: str = ""
    on_pre: str = ""
    on_post: str = ""


class FoldedSection(Table):
    """The rule's `on_post` drive as a presynaptic trace times a postsynaptic gain.

    With it the postsynaptic pathway can be left out exactly (see
    `neurospine.simulation.folding`).
    """

    trace: str
    time_constant: str
    gain: str


class ContinuousSection(FoldedSection):
    """A drive that goes on between events: a presynaptic trace times a gain (1/second).

    The trace decays exponentially; the gain may read the local ``voltage``.
    """


class RuleStart(Table):
    """State of the rule at the start of a run, by variable, and the drive that goes with it.

    `uniforms` and `normals` are names of random numbers, one for each spine.
    """

    uniforms: tuple[str, ...] = ()
    normals: tuple[str, ...] = ()
    values: dict[str, str] = {}
    drive: str | None = None


class InhibitionSection(Table):
    """How far along the dendrite GABA acts on the rule, and for how long."""

    range: str
    decay: str


class PlasticityPart(Part):
    """A plasticity rule: it sets the port `drive`.

    At a spine it may read the ``volume``, the local ``voltage`` and ``calcium`` of the
    dendrite, and ``inhibition`` by GABA there (0 to 1), if `needs` names them. Variables
    of the spine that `provides` names are ports: what events add to them is taken by
    other parts at the next tick of the slow clock.
    """

    kind: Literal["plasticity"]
    drive: DriveKind
    needs: tuple[str, ...] = ("volume",)
    provides: tuple[str, ...] = ("drive",)
    presynaptic: PresynapticSection = PresynapticSection()
    postsynaptic: PostsynapticSection = PostsynapticSection()
    synapse: SynapseSection
    start: RuleStart = RuleStart()
    folded: FoldedSection | None = None
    continuous: ContinuousSection | None = None
    inhibition: InhibitionSection | None = None

    @property
    def own(self) -> tuple[Equation, ...]:
        """The variables of a spine."""
        return parse_equations(self.synapse.variables)

    @property
    def follows(self) -> bool:
        """Whether what it keeps on postsynaptic cells follows the local potential."""
        equations, _ = self.postsynaptic.parsed()
        texts = [e.expression for e in equations if e.expression]
        texts += [self.continuous.gain] if self.continuous else []
        return any("voltage" in identifiers(text) for text in texts)

    @property
    def traits(self) -> frozenset[str]:
        """The variables of a spine that no event changes: they belong to its site."""
        texts = (self.synapse.between, self.synapse.on_pre, self.synapse.on_post)
        written = {s.name for text in texts for s in parse_statements(text)}
        return frozenset(e.name for e in self.own) - written

    @property
    def ports(self) -> tuple[str, ...]:
        """The variables of a spine that other parts take at ticks of the slow clock."""
        return tuple(e.name for e in self.own if e.name in self.provides)
