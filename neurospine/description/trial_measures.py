"""Measures by trial: what neurons do, and how large spines are, in each turn of a phase."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from neurospine.description.measure_tables import MeasureTable, known
from neurospine.description.phases import Phase
from neurospine.description.units import seconds
from neurospine.errors import ProtocolError

if TYPE_CHECKING:
    from neurospine.description.model import Model
    from neurospine.description.protocol import Protocol

#: The own axis: number of the trial, from 1 on; of several together their mean.
TRIAL = "trial"


class TrialMeasure(MeasureTable):
    """A measure of every trial: every turn of a `phase` of the cycle.

    A phase that is in no cycle is one trial. With `together` so many trials that follow each other
    make one row, whose `trial` is the mean of their numbers.
    """

    phase: str
    together: Annotated[int, Field(ge=1)] = 1

    @property
    def own_axes(self) -> dict[str, str]:
        """The number of the trial."""
        return {TRIAL: "1"}


class TrialResponse(TrialMeasure):
    """Spikes by time in Hz from `start` to `stop` of each trial, mean over cells.

    Both count from the start of the trial. With `baseline`, two times as well, the rate between
    them is taken off. With `minus`, another phase of the cycle, so is its response in the same
    trial.
    """

    kind: Literal["trial_response"]
    population: str
    cells: tuple[int, ...] = ()
    start: str = "0 s"
    stop: str | None = None
    baseline: tuple[str, str] | None = None
    minus: str | None = None


class TrialSize(TrialMeasure):
    """Mean size of the spines of a `projection` at the end of each trial.

    Or of those of some axons: `axons` are the first cell (included) and the last (excluded) of
    the `population` that the projection comes from, counted from 0 in each copy of the circuit.
    Absent spines do not count. With `together` it is that at the end of the last of these trials.
    """

    kind: Literal["trial_size"]
    projection: str
    population: str | None = None
    axons: tuple[int, int] | None = None
    variable: Literal["volume", "weight"] = "volume"


def trials(protocol: Protocol, name: str) -> list[Phase]:
    """Return all turns of a phase."""
    return [phase for phase in protocol.epochs if phase.original == name]


def check_trials(protocol: Protocol, measure: TrialMeasure, place: str) -> None:
    """Raise a `ProtocolError` if trials, windows or axons of a measure are not there."""
    known(f"{place}: phase", measure.phase, [phase.name for phase in protocol.phases])
    turns = trials(protocol, measure.phase)
    if len(turns) % measure.together:
        raise ProtocolError(
            f"{place}: together: {measure.together} is no divisor of the {len(turns)} trials"
        )
    if TRIAL in protocol.conditions:
        raise ProtocolError(
            f"{place}: has a column {TRIAL!r} of its own, so no condition may be called so"
        )
    if isinstance(measure, TrialResponse):
        _check_windows(protocol, measure, turns[0], place)
        if measure.minus is not None:
            known(f"{place}: minus", measure.minus, [phase.name for phase in protocol.phases])
            others = trials(protocol, measure.minus)
            if len(others) != len(turns):
                raise ProtocolError(
                    f"{place}: minus: {len(others)} trials of {measure.minus!r}, but "
                    f"{len(turns)} of {measure.phase!r}"
                )
            _check_windows(protocol, measure, others[0], place)
    if isinstance(measure, TrialSize):
        if (measure.axons is None) != (measure.population is None):
            raise ProtocolError(f"{place}: axons and population go together")
        if measure.axons and not 0 <= measure.axons[0] < measure.axons[1]:
            raise ProtocolError(f"{place}: axons: {list(measure.axons)} are none")


def check_trial_model(protocol: Protocol, model: Model) -> None:
    """Raise a `ProtocolError` if a measure or picture of trials names what the model lacks."""
    circuit, plot = model.circuit, protocol.plot
    if plot is not None and plot.kind == "trials":
        known(f"{protocol.place}: [plot]: population", plot.population, circuit.populations)
    for name, measure in protocol.measures.items():
        place = f"{protocol.place}: [measures.{name}]"
        if isinstance(measure, TrialResponse):
            known(f"{place}: population", measure.population, circuit.populations)
        if isinstance(measure, TrialSize):
            known(f"{place}: projection", measure.projection, circuit.projections)
            origin = circuit.projections[measure.projection].origin
            if measure.population not in (None, origin):
                raise ProtocolError(
                    f"{place}: population: {measure.projection!r} comes from {origin!r}, found "
                    f"{measure.population!r}"
                )


def _check_windows(protocol: Protocol, measure: TrialResponse, phase: Phase, place: str) -> None:
    if not phase.spiking:
        raise ProtocolError(f"{place}: phase: {phase.original!r}: neurons stand still in it")
    windows = {"start and stop": (measure.start, measure.stop or phase.duration)}
    if measure.baseline:
        windows["baseline"] = measure.baseline
    for key, texts in windows.items():
        for row in protocol.grid.rows:
            try:
                start, stop = (protocol.grid.quantity(text, row, "second") for text in texts)
            except ProtocolError as error:
                raise ProtocolError(f"{place}: {key}: {error}") from None
            if not 0 <= start < stop <= seconds(phase.duration) * (1 + 1e-9):
                raise ProtocolError(
                    f"{place}: {key} ({start:g} to {stop:g} s) are no window within the phase "
                    f"{phase.original!r} (0 to {phase.seconds:g} s)"
                )
