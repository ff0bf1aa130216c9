"""The schemas of neuromodulators, and of the gates through which they act on plasticity."""

from __future__ import annotations

from typing import Literal

from neurospine.description.entries import Part
from neurospine.description.expressions import Equation, parse_equations
from neurospine.description.schema import Table
from neurospine.description.spine_parts import StepSection

#: The neuromodulators there are. Each is a port of spines: a plain number, 1 at the usual level.
NEUROMODULATORS = ("dopamine", "acetylcholine", "noradrenaline", "serotonin")
#: The variable of a neuromodulator that spines read under its name.
CONCENTRATION = "concentration"
#: In the equations of a neuromodulator: the share of its tonic supply that is there, which
#: stimuli of the kind dip take away.
SUPPLIED = "supplied"
#: What a rule has asked for since the last tick of the slow clock, positive and negative drives
#: summed up apart.
ENLARGING, SHRINKING = "asked_enlargement", "asked_shrinkage"

Kernel = Literal["exponential", "alpha", "difference"]
Takes = Literal["all", "enlargement", "shrinkage"]


class NeuromodulatorPart(Part):
    """How the concentration of a neuromodulator goes on, and what a spike releases.

    The variable ``concentration`` counts the usual (tonic) level as 1. Its equations may read
    ``supplied``, the share of the tonic supply that is there: 1 but in dips. `release` is what one
    spike of every releasing neuron does; that of a single neuron has its share of it.
    """

    kind: Literal["neuromodulator"]
    equations: str
    release: str
    initial: dict[str, str] = {}
    method: Literal["exact", "exponential_euler", "euler", "rk2", "rk4"] = "exact"


class Neuromodulator(Table):
    """A neuromodulator of a circuit: its model, and the populations that release it."""

    model: str
    released_by: tuple[str, ...] = ()


class EligibilityTrace(Table):
    """Eligibility left by drives, and the rate at which it becomes change of the spine.

    A drive leaves eligibility of its size that decays with the `time_constant`
    (``exponential``), comes and goes as ``t/tau*exp(1 - t/tau)`` (``alpha``), or rises with
    `onset` and decays with `time_constant` to a peak of the drive (``difference``). The spine
    changes at the rate of eligibility times `gate` (1/time), which reads neuromodulators.
    """

    meaning: str
    takes: Takes = "all"
    kernel: Kernel = "exponential"
    time_constant: str
    onset: str | None = None
    gate: str


class GatePart(Part):
    """What has to come after a drive for it to change the spine.

    Either eligibility `traces`, which are integrated in closed form between events, or a
    `step` of the slow clock, whose code turns ``asked_enlargement`` and ``asked_shrinkage`` into
    ``drive``.
    """

    kind: Literal["gate"]
    needs: tuple[str, ...] = ("drive",)
    provides: tuple[str, ...] = ("eligibility",)
    traces: dict[str, EligibilityTrace] = {}
    step: StepSection | None = None

    @property
    def own(self) -> tuple[Equation, ...]:
        """The variables of a spine that the step keeps."""
        return parse_equations(self.step.variables) if self.step else ()

    @property
    def modulators(self) -> tuple[str, ...]:
        """The neuromodulators that it reads."""
        return tuple(port for port in self.needs if port in NEUROMODULATORS)
