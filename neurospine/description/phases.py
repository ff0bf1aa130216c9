"""The phases of a protocol: stretches of spiking, and of time in which only spines live."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field, PrivateAttr

from neurospine.description.schema import Table
from neurospine.description.stimuli import Stimulus
from neurospine.description.units import seconds, whole_steps
from neurospine.errors import ProtocolError, UnitError, suggest

#: Brian2 counts the steps of forced spikes in 32 bits.
LONGEST_RUN = 2**31 - 2
#: Times are whole numbers of steps, which a float64 holds up to here.
LONGEST_TIME = 2**53
DEFAULT_TICK = "1 hour"
MOST_PHASES = 100_000


class Phase(Table):
    """A stretch of time.

    In a spiking phase neurons run at the protocol's step and spines live on a slow
    clock. In a consolidation phase only spines live, in steps of `tick`: neurons
    stand still, and spike traces are forgotten. With `activity`, the name of an
    earlier spiking phase, plasticity goes on in it at the mean rate measured in the
    latest phase of that name, and traces stay as that phase left them.
    """

    name: str
    duration: str
    kind: Literal["spiking", "consolidation"] = "spiking"
    tick: str | None = None
    record_every: str | None = None
    activity: str | None = None
    stimuli: tuple[Stimulus, ...] = ()
    _turn_of: str = PrivateAttr(default="")

    @property
    def original(self) -> str:
        """The name in the file, also of a turn of a cycle."""
        return self._turn_of or self.name

    def turn(self, number: int) -> Phase:
        """Return the phase as it is in a turn of a cycle."""
        phase = self.model_copy(update={"name": f"{self.name}_{number}"})
        phase._turn_of = self.name
        return phase

    @cached_property
    def seconds(self) -> float:
        """The duration in seconds."""
        return seconds(self.duration)

    @property
    def spiking(self) -> bool:
        """Whether neurons run in it."""
        return self.kind == "spiking"

    @property
    def tick_seconds(self) -> float:
        """The step of the spines in a consolidation phase, in seconds."""
        return seconds(self.tick or DEFAULT_TICK)


class Cycle(Table):
    """Phases that follow each other in the file and are gone through `count` times."""

    phases: tuple[str, ...]
    count: Annotated[int, Field(gt=0, le=1_000_000)]


def expand(phases: Sequence[Phase], cycle: Cycle | None) -> tuple[Phase, ...]:
    """Return the phases in the order in which they are run; those of a cycle are numbered."""
    if cycle is None:
        return tuple(phases)
    names = [phase.name for phase in phases]
    first = names.index(cycle.phases[0])
    last = first + len(cycle.phases)
    turns = [
        phase.turn(number + 1) for number in range(cycle.count) for phase in phases[first:last]
    ]
    return (*phases[:first], *turns, *phases[last:])


def check_phases(phases: Sequence[Phase], cycle: Cycle | None) -> None:
    """Raise a `ProtocolError` if names, ticks or the cycle are wrong."""
    if not phases:
        raise ProtocolError("[[phases]]: a protocol needs at least one phase")
    names = [phase.name for phase in phases]
    for number, phase in enumerate(phases):
        place = f"[[phases]] {phase.name!r}"
        if names.index(phase.name) != number:
            raise ProtocolError(f"{place}: two phases have this name")
        for key in ("duration", "tick", "record_every"):
            text = getattr(phase, key)
            if text is None:
                continue
            try:
                length = seconds(text)
            except UnitError as error:
                raise ProtocolError(f"{place}: {key}: {error}") from None
            if length <= 0:
                raise ProtocolError(f"{place}: {key}: must be positive, found {text}")
        if phase.spiking and (phase.tick or phase.activity):
            key = "tick" if phase.tick else "activity"
            raise ProtocolError(f"{place}: {key}: goes with kind = 'consolidation'")
        if not phase.spiking and phase.stimuli:
            raise ProtocolError(f"{place}: stimuli: go with kind = 'spiking'")
        if phase.activity is not None:
            earlier = [p.name for p in phases[:number] if p.spiking]
            if phase.activity not in earlier:
                hint = suggest(phase.activity, earlier)
                raise ProtocolError(f"{place}: activity: no spiking phase before it. {hint}")
    if cycle is not None:
        for name in cycle.phases:
            if name not in names:
                raise ProtocolError(f"[cycle]: phases: {name!r}. {suggest(name, names)}")
        turns = tuple(names[names.index(cycle.phases[0]) :]) if cycle.phases else ()
        if not cycle.phases or turns[: len(cycle.phases)] != cycle.phases:
            raise ProtocolError("[cycle]: phases: must follow each other as in the file")
        if cycle.count * len(cycle.phases) > MOST_PHASES:
            raise ProtocolError(f"[cycle]: count: makes more than {MOST_PHASES} phases")
        for name in sorted(set(names) - set(cycle.phases)):
            stem, _, turn = name.rpartition("_")
            if stem in cycle.phases and turn.isdecimal():
                raise ProtocolError(f"[[phases]] {name!r}: is called as a turn of the cycle is")
    _check_samples(expand(phases, cycle and _two_turns(cycle)))


def _two_turns(cycle: Cycle) -> Cycle:
    """Return the cycle with no more turns than differ in what was measured before them."""
    return cycle.model_copy(update={"count": min(cycle.count, 2)})


def _check_samples(phases: Sequence[Phase]) -> None:
    """Raise a `ProtocolError` if a phase applies a sample that was measured over since."""
    sampled, latest = {phase.activity for phase in phases}, None
    for phase in phases:
        if phase.spiking and phase.original in sampled:
            latest = phase.original
        elif phase.activity and phase.activity != latest:
            raise ProtocolError(
                f"[[phases]] {phase.name!r}: activity: {latest!r} was measured after "
                f"{phase.activity!r}, and only the latest sample is kept"
            )


def check_times(
    phases: Sequence[Phase], cycle: Cycle | None, step: float, spine_step: float, record: str
) -> None:
    """Raise a `ProtocolError` if the times of phases are no multiples of what they must be."""
    turns = dict.fromkeys(cycle.phases, cycle.count) if cycle else {}
    lengths = [(phase.seconds * turns.get(phase.name, 1), phase.spiking) for phase in phases]
    for phase in phases:
        place = f"[[phases]] {phase.name!r}"
        every = phase.record_every or record
        recorded = seconds(every)
        if not whole_steps(phase.seconds, recorded):
            raise ProtocolError(
                f"{place}: duration: {phase.duration} is no multiple of record_every = "
                f"{every}, so its end would not be recorded"
            )
        tick = spine_step if phase.spiking else phase.tick_seconds
        if not phase.spiking and not whole_steps(phase.tick_seconds, step):
            raise ProtocolError(f"{place}: tick: is no multiple of the step of {step:g} s")
        if not whole_steps(recorded, step if phase.spiking else tick):
            what = "step" if phase.spiking else f"tick = {phase.tick or DEFAULT_TICK}"
            raise ProtocolError(f"{place}: record_every: {every} is no multiple of the {what}")
    active = sum(length for length, spiking in lengths if spiking) / step
    if active > LONGEST_RUN:
        raise ProtocolError(
            f"[[phases]]: {active:.3g} steps are more than {LONGEST_RUN}; use a longer step"
        )
    if math.fsum(length for length, _ in lengths) / step > LONGEST_TIME:
        raise ProtocolError("[[phases]]: the run is too long for its step; use a longer one")
