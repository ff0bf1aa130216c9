"""Measures of what spines have learnt: assemblies of a network, and the memory of a pattern."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from neurospine.description.measure_tables import MeasureTable, known
from neurospine.description.units import convert, parse_quantity
from neurospine.errors import ProtocolError, UnitError

if TYPE_CHECKING:
    from neurospine.description.protocol import Protocol


class PhasesMeasure(MeasureTable):
    """A measure at the start of a phase, and at the end of each of its kind up to another.

    The start of `phase` is at time 0; `last` is the last phase, by default `phase` itself, and
    `unit` is that of the time.
    """

    phase: str
    last: str | None = None
    unit: str = "day"

    @property
    def last_phase(self) -> str:
        """The last phase."""
        return self.phase if self.last is None else self.last

    @property
    def own_axes(self) -> dict[str, str]:
        """Time since the start of the first phase."""
        return {"time": self.unit}


class AssemblyStrength(PhasesMeasure):
    """How much stronger cells are joined within assemblies than between them.

    An assembly is `size` cells of the `population` that follow each other by number. The
    strength of a pair of cells is the weight of all spines from one onto the other, 0
    where there is none. ``ratio`` is the mean of it over ordered pairs within an assembly
    over the mean over pairs of two assemblies: 1 where there are no assemblies.
    ``kept`` is the ratio less 1 over what that was at first: 1 where assemblies stay as
    they were, 0 where they are gone.
    """

    kind: Literal["assembly_strength"]
    projection: str
    population: str
    size: Annotated[int, Field(gt=0)]
    give: Literal["ratio", "kept"] = "ratio"


class MemoryContrast(PhasesMeasure):
    """How much the spines of a pattern weigh more than others.

    The pattern is all sites of the `projection`, the others are all sites `against` it, and a
    site weighs what the spine there weighs, 0 where there is none. So a pattern gains by spines
    that grow and by spines that come. With `formed_since` only those count that were born since
    the start of that phase.

    ``difference`` is the mean weight of a site of the pattern less that of another one.
    ``d_prime`` is that over the standard deviation of the weights of other sites, with all their
    spines: what a cell has to tell the pattern from. ``kept`` is the difference over what it was
    at first.
    """

    kind: Literal["memory_contrast"]
    projection: str
    against: str
    formed_since: str | None = None
    give: Literal["difference", "d_prime", "kept"] = "difference"


def check_phases(protocol: Protocol, measure: PhasesMeasure, place: str) -> None:
    """Raise a `ProtocolError` if a phase is not there, or the unit is none of time."""
    times = protocol.phase_times()
    known(f"{place}: phase", measure.phase, times)
    known(f"{place}: last", measure.last_phase, times)
    first, last = measure.phase, measure.last_phase
    kinds = {phase.name: phase.kind for phase in protocol.epochs}
    if times[last] < times[first] or kinds[last] != kinds[first]:
        raise ProtocolError(
            f"{place}: last: must be {first!r} or a later phase of its kind, found {last!r}"
        )
    if isinstance(measure, MemoryContrast) and measure.formed_since is not None:
        known(f"{place}: formed_since", measure.formed_since, times)
    try:
        convert(*parse_quantity(f"1 {measure.unit}"), "second")
    except UnitError as error:
        raise ProtocolError(f"{place}: unit: {error}") from None
