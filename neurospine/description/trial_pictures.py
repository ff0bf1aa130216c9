"""The picture of trials: spikes and rates, early against late, and measures trial by trial."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from neurospine.description.measure_tables import known
from neurospine.description.picture_tables import Picture
from neurospine.description.schema import Number
from neurospine.description.trial_measures import TrialMeasure, trials
from neurospine.description.units import seconds
from neurospine.errors import ProtocolError, UnitError

if TYPE_CHECKING:
    from neurospine.description.protocol import Protocol


class Trials(Picture):
    """Spikes of a `population` in every trial, and its rate in the first and last of them.

    Trials are turns of a `phase`; `compared` is how many are the first and the last, `also` names
    further phases whose rates are drawn. Rows of the raster are trials, with the spikes of the
    first `cells`, of the first condition that has the values of `only`, and of one `repeat`;
    rates are of all cells and repeats of that condition, in stretches of `bin`, from `start` to
    `stop` of a trial. `marks` are times with their names. Beside it are `measures` by trial, one
    line for each value of `series`, a condition.
    """

    kind: Literal["trials"]
    population: str
    phase: str
    start: str = "0 s"
    stop: str | None = None
    bin: str = "50 ms"
    cells: Annotated[int, Field(ge=1)] = 5
    compared: Annotated[int, Field(ge=1)] = 10
    also: tuple[str, ...] = ()
    marks: dict[str, str] = {}
    measures: tuple[str, ...] = ()
    series: str | None = None
    only: dict[str, Number | str] = {}
    repeat: Annotated[int, Field(ge=0)] = 0


def check_trial_picture(protocol: Protocol, plot: Trials) -> None:
    """Raise a `ProtocolError` if a picture of trials needs what is not there."""
    known("[plot]: phase", plot.phase, [phase.name for phase in protocol.phases])
    number = len(turns := trials(protocol, plot.phase))
    if 2 * plot.compared > number:
        raise ProtocolError(f"[plot]: compared: twice {plot.compared} is more than {number} trials")
    for name in plot.also:
        known("[plot]: also", name, protocol.phase_times())
    for name in plot.measures:
        known("[plot]: measures", name, protocol.measures)
        if not isinstance(protocol.measures[name], TrialMeasure):
            raise ProtocolError(f"[plot]: measures: {name!r} is no measure by trial")
    for axis, value in plot.only.items():
        known("[plot]: only", axis, protocol.conditions)
        if value not in protocol.conditions[axis].values:
            raise ProtocolError(f"[plot]: only: {axis} is never {value!r}")
    if plot.repeat >= protocol.repeats:
        raise ProtocolError(f"[plot]: repeat: must be from 0 to {protocol.repeats - 1}")
    try:
        start, stop, width = map(seconds, (plot.start, plot.stop or turns[0].duration, plot.bin))
        marks = list(map(seconds, plot.marks.values()))
    except UnitError as error:
        raise ProtocolError(f"[plot]: {error}") from None
    if not 0 <= start < stop <= turns[0].seconds * (1 + 1e-9) or not 0 < width <= stop - start:
        raise ProtocolError(
            f"[plot]: start, stop and bin ({start:g}, {stop:g} and {width:g} s) are no stretches "
            f"of a trial (0 to {turns[0].seconds:g} s)"
        )
    if any(not start <= mark <= stop for mark in marks):
        raise ProtocolError("[plot]: marks: must be from start to stop")
