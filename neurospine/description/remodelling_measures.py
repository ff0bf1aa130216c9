"""Measures of where spines come after others were lost, and of what becomes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from neurospine.description.measure_tables import SpineMeasure, known
from neurospine.description.units import convert, parse_quantity
from neurospine.errors import ProtocolError, UnitError

if TYPE_CHECKING:
    from neurospine.description.protocol import Protocol


class NearLost(SpineMeasure):
    """Share of spines that lie near a place where one was lost in an earlier phase.

    Lost were those seen at the start of the phase `lost_in` and not at its end; the next spine
    in the same slot is another one. Of the spines ``formed`` in `phase`, which are seen at its
    end and not at its start; or of those ``present`` at its start, which is what chance would
    give if spines came anywhere among others; or the ``excess`` of the first over the second.
    Near is within a distance along the same dendrite.
    """

    kind: Literal["near_lost"]
    lost_in: str
    within: str
    of: Literal["formed", "present", "excess"] = "formed"


class CohortLoss(SpineMeasure):
    """Share of spines that are lost in a phase, by whether they were formed in an earlier one.

    ``formed`` were those seen at the end of the phase `formed_in` and not at its start, as far
    as they are still seen at the start of `phase`; ``others`` are all others seen there.
    """

    kind: Literal["cohort_loss"]
    formed_in: str
    of: Literal["formed", "others"] = "formed"


def check_remodelling(protocol: Protocol, measure: NearLost | CohortLoss, place: str) -> None:
    """Raise a `ProtocolError` if the earlier phase is not there, or the distance is none.

    Parameters
    ----------
    protocol, measure
        The protocol, and one of its measures.
    place
        How errors name it.
    """
    key = "lost_in" if isinstance(measure, NearLost) else "formed_in"
    earlier = measure.lost_in if isinstance(measure, NearLost) else measure.formed_in
    phases = protocol.phase_times()
    known(f"{place}: {key}", earlier, phases)
    if phases[earlier][1] > phases[measure.phase][0]:
        raise ProtocolError(f"{place}: {key}: {earlier!r} does not end before {measure.phase!r}")
    if isinstance(measure, NearLost):
        try:
            distance = convert(*parse_quantity(measure.within), "um")
        except UnitError as error:
            raise ProtocolError(f"{place}: within: {error}") from None
        if distance < 0:
            raise ProtocolError(f"{place}: within: must not be negative, found {measure.within}")
