"""Sampled activity: the drive measured in a stretch of spiking goes on at its mean rate.

In a sampled stretch the change that plasticity made is added up at every tick of the
slow clock, apart from what spines do by themselves. A consolidation phase with
`activity` applies it at that rate: as a change of volume for additive drives, as
a change of its logarithm for multiplicative ones. The assumption is that the
sample is typical and that volume changes little within it.
``tests/analytic/test_sampled_activity.py`` compares it with the full simulation.
"""

from __future__ import annotations

from dataclasses import dataclass

from neurospine.description.expressions import Equation
from neurospine.description.spine import Spine
from neurospine.errors import ProtocolError


@dataclass(frozen=True)
class Sampling:
    """Statements of the slow clock that measure and apply the drive of a sample."""

    equations: tuple[Equation, ...]
    begin: str
    measure: str
    replay: str
    keep: str


def sampling(spine: Spine) -> Sampling:
    """Return how the drive of a spine model's rule is sampled."""
    assert spine.rule
    if spine.rule.synapse.between or spine.slow or spine.bounded or spine.gate:
        raise ProtocolError(
            f"activity: a sample gives the mean change of volume, which is not all that changes in "
            f"spines of the model {spine.name!r}; let neurons spike in that phase"
        )
    section = spine.structure.volume
    there = "stage > 0" if spine.stages else "volume > 0"
    if spine.rule.drive == "additive":
        change = "volume - kept"
        applied = "volume + sampled*interval/sample_length"
    else:
        change = f"slow_log(select({there}, volume, 1.0)) - slow_log(select({there}, kept, 1.0))"
        applied = "volume*slow_exp(sampled*interval/sample_length)"
    bounded = f"clip({applied}, {section.lowest}, {section.highest})"
    return Sampling(
        (Equation("sampled", "", "1"), Equation("kept", "", "1")),
        "sampled = 0.0\nkept = volume",
        f"sampled = sampled + select({there}, {change}, 0.0)",
        f"volume = select({there}, {bounded}, volume)",
        "kept = volume",
    )
