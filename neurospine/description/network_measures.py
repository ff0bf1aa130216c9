"""Measures of what a network has learnt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from neurospine.description.measure_tables import MeasureTable, known
from neurospine.description.units import convert, parse_quantity
from neurospine.errors import ProtocolError, UnitError

if TYPE_CHECKING:
    from neurospine.description.protocol import Protocol


class AssemblyStrength(MeasureTable):
    """How much stronger cells are joined within assemblies than between them.

    An assembly is `size` cells of the `population` that follow each other by number. The
    strength of a pair of cells is the weight of all spines from one onto the other, 0
    where there is none. ``ratio`` is the mean of it over ordered pairs within an assembly
    over the mean over pairs of two assemblies: 1 where there are no assemblies.
    ``kept`` is the ratio less 1 over what that was at first: 1 where assemblies stay as
    they were, 0 where they are gone.

    There is a row for the start of `phase` (at time 0) and one for the end of each phase of
    its kind from there to the phase `last`; `unit` is that of the time.
    """

    kind: Literal["assembly_strength"]
    projection: str
    population: str
    size: Annotated[int, Field(gt=0)]
    phase: str
    last: str
    give: Literal["ratio", "kept"] = "ratio"
    unit: str = "day"

    @property
    def own_axes(self) -> dict[str, str]:
        """Time since the start of the first phase."""
        return {"time": self.unit}


def check_assemblies(protocol: Protocol, measure: AssemblyStrength, place: str) -> None:
    """Raise a `ProtocolError` if a phase is not there, or the unit is none of time."""
    times = protocol.phase_times()
    for key in ("phase", "last"):
        known(f"{place}: {key}", getattr(measure, key), times)
    kinds = {phase.name: phase.kind for phase in protocol.epochs}
    if times[measure.last] < times[measure.phase] or kinds[measure.last] != kinds[measure.phase]:
        raise ProtocolError(
            f"{place}: last: must be {measure.phase!r} or a later phase of its kind, found "
            f"{measure.last!r}"
        )
    try:
        convert(*parse_quantity(f"1 {measure.unit}"), "second")
    except UnitError as error:
        raise ProtocolError(f"{place}: unit: {error}") from None
