"""How single spines change after some of them were stimulated."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from neurospine.description.measure_tables import SpineMeasure, known
from neurospine.description.schema import Number
from neurospine.description.stimuli import Uncaging
from neurospine.description.units import convert, parse_quantity, seconds, whole_steps
from neurospine.errors import ProtocolError, UnitError

if TYPE_CHECKING:
    from neurospine.description.protocol import Protocol

Texts = Annotated[tuple[str, ...], Field(min_length=1)]


class SizeChange(SpineMeasure):
    """Relative change of single spines from the start of a phase to later times.

    From the start of the phase `since` (by default `phase` itself) to the times `at`, which
    count from the start of `phase` (then a row for each, in the column `time`, in `unit`), or
    to its end. Of the ``stimulated`` spines, at which glutamate is uncaged, of their
    ``neighbours`` on the same dendrite, of which some have a distance to the nearest
    stimulated one `from_distance` (included) `to_distance` (excluded), or of ``all``. With
    `bins`, edges of distances, a row for each bin, in the column `distance` (its middle, um).

    The spines are those seen at the first time, where `stages`, `larger_than` (or as large) and
    `smaller_than` choose among them. One that is not seen any more, or is another one in its
    slot by then, has changed by -1. `size` is the volume, the area of a sphere of that volume,
    or the weight.

    ``mean``, ``median``: of the change, which is the ratio of sizes minus 1; ``ratio``: mean
    ratio; ``share_above``: share of spines that have changed by more than `above`;
    ``mean_above``: mean change of these.
    """

    kind: Literal["size_change"]
    since: str | None = None
    at: Texts | None = None
    unit: str = "second"
    spines: Literal["stimulated", "neighbours", "all"] = "all"
    from_distance: str | None = None
    to_distance: str | None = None
    bins: Annotated[tuple[str, ...], Field(min_length=2)] | None = None
    size: Literal["volume", "area", "weight"] = "volume"
    give: Literal["mean", "median", "ratio", "share_above", "mean_above"] = "mean"
    above: Number | None = None
    larger_than: str | None = None
    smaller_than: str | None = None

    @property
    def own_axes(self) -> dict[str, str]:
        """Time, if there are several, and distance, if there are bins."""
        time = {} if self.at is None else {"time": self.unit}
        return time if self.bins is None else {**time, "distance": "um"}

    @property
    def first_phase(self) -> str:
        """The phase from whose start the change is counted."""
        return self.phase if self.since is None else self.since

    @property
    def by_distance(self) -> bool:
        """Whether it matters which spines are stimulated."""
        return self.spines != "all" or self.bins is not None

    @property
    def edges(self) -> list[tuple[float, float]]:
        """Where each group of spines begins (included) and ends (excluded), in um."""
        if self.bins is not None:
            return list(pairwise(map(_micrometres, self.bins)))
        low = 0.0 if self.from_distance is None else _micrometres(self.from_distance)
        high = float("inf") if self.to_distance is None else _micrometres(self.to_distance)
        return [(low, high)]


def check_size_change(protocol: Protocol, measure: SizeChange, place: str) -> None:
    """Raise a `ProtocolError` if times, distances or spines of a measure are not there.

    Parameters
    ----------
    protocol, measure
        The protocol, and one of its measures.
    place
        How errors name it.
    """
    phases = protocol.phase_times()
    known(f"{place}: since", measure.first_phase, phases)
    if phases[measure.first_phase][0] > phases[measure.phase][0]:
        raise ProtocolError(f"{place}: since: {measure.since!r} comes after {measure.phase!r}")
    _check_times(protocol, measure, place)
    _check_distances(measure, place)
    if measure.give in ("share_above", "mean_above"):
        if measure.above is None:
            raise ProtocolError(f"{place}: above: missing; {measure.give!r} is of larger changes")
    elif measure.above is not None:
        raise ProtocolError(f"{place}: above: goes with give = 'share_above' or 'mean_above'")
    _check_stimuli(protocol, measure, place)
    for axis in measure.own_axes:
        if axis in protocol.conditions:
            raise ProtocolError(
                f"{place}: has a column {axis!r} of its own, so no condition may be called so"
            )


def _check_times(protocol: Protocol, measure: SizeChange, place: str) -> None:
    (phase,) = (p for p in protocol.epochs if p.name == measure.phase)
    snapshot, last = protocol.recorded_every(phase), -1.0
    for text in measure.at or ():
        try:
            time = seconds(text)
        except UnitError as error:
            raise ProtocolError(f"{place}: at: {error}") from None
        if time <= last:
            raise ProtocolError(f"{place}: at: times must go up from 0, found {text}")
        if time > phase.seconds * (1 + 1e-9):
            raise ProtocolError(f"{place}: at: {text} is after the end of {measure.phase!r}")
        if whole_steps(time, snapshot) is None:
            raise ProtocolError(
                f"{place}: at: {text} is no multiple of the interval between snapshots of the "
                f"phase {measure.phase!r}, {snapshot:g} s"
            )
        last = time


def _check_distances(measure: SizeChange, place: str) -> None:
    facts = measure.model_dump()
    given = [key for key in ("from_distance", "to_distance") if facts[key] is not None]
    if given and measure.spines != "neighbours":
        raise ProtocolError(f"{place}: {given[0]}: goes with spines = 'neighbours'")
    if given and measure.bins is not None:
        raise ProtocolError(f"{place}: {given[0]}: bins have distances of their own")
    if measure.bins is not None and measure.spines == "stimulated":
        raise ProtocolError(f"{place}: bins: go with spines = 'neighbours' or 'all'")
    for key in (*given, *(["bins"] if measure.bins is not None else [])):
        for text in (facts[key],) if isinstance(facts[key], str) else facts[key]:
            try:
                distance = _micrometres(text)
            except UnitError as error:
                raise ProtocolError(f"{place}: {key}: {error}") from None
            if distance < 0:
                raise ProtocolError(f"{place}: {key}: must not be negative, found {text}")
    key = "bins" if measure.bins is not None else "to_distance"
    for low, high in measure.edges:
        if not low < high:
            raise ProtocolError(f"{place}: {key}: {high:g} um does not come after {low:g} um")


def _check_stimuli(protocol: Protocol, measure: SizeChange, place: str) -> None:
    if not measure.by_distance:
        return
    stimulated = {
        stimulus.projection
        for phase in protocol.phases
        for stimulus in phase.stimuli
        if isinstance(stimulus, Uncaging)
    }
    key = "bins" if measure.spines == "all" else "spines"
    if not stimulated:
        raise ProtocolError(f"{place}: {key}: no stimulus of the kind 'uncaging' stimulates spines")
    if measure.projection is not None and measure.projection not in stimulated:
        raise ProtocolError(
            f"{place}: {key}: no stimulus of the kind 'uncaging' stimulates spines of "
            f"{measure.projection!r}, but of {', '.join(sorted(stimulated))}"
        )


def _micrometres(text: str) -> float:
    return convert(*parse_quantity(text), "um")
