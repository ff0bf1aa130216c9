"""One condition and repeat of one phase, and what the texts of a stimulus mean in it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from neurospine.description.conditions import Conditions
from neurospine.description.phases import Phase
from neurospine.description.protocol import Protocol
from neurospine.description.stimuli import Pairing, Regular, Stimulus, Triplet, Uncaging
from neurospine.description.units import whole_steps
from neurospine.errors import ProtocolError
from neurospine.simulation.network import Array

Row = Mapping[str, float | str]
#: Beyond so many steps a float no longer tells one from the next.
MOST_STEPS = 2.0**53


class Occasion:
    """One condition and repeat of one phase, with the means to read times in it.

    `aimed` are the population and its cells that a stimulus of single axons makes spike.
    """

    def __init__(
        self,
        protocol: Protocol,
        phase: Phase,
        number: int,
        row: Row,
        repeat: int,
        seed: int,
        sizes: Mapping[str, int],
        aimed: tuple[str, Array] | None = None,
    ) -> None:
        self.grid: Conditions = protocol.grid
        self.step = protocol.step_seconds
        self.length = round(phase.seconds / self.step)
        self.phase, self.number, self.row = phase, number, row
        self.repeat, self.seed = repeat, seed
        self.protocol, self.sizes = protocol, sizes
        self._aimed = aimed

    @property
    def aimed(self) -> tuple[str, Array]:
        """The population and cells of a stimulus of single axons."""
        assert self._aimed is not None, "spines to uncage at were not looked for"
        return self._aimed

    def quantity(self, key: str, text: str, unit: str) -> float:
        """Return what the text under a key means here, counted in a unit."""
        try:
            return self.grid.quantity(text, self.row, unit)
        except ProtocolError as error:
            raise ProtocolError(f"{key}: {error}") from None

    def time(self, text: str) -> float:
        """Return a time in seconds."""
        return self.grid.quantity(text, self.row, "second")

    def rate(self, text: str) -> float:
        """Return a rate in Hz."""
        return self.quantity("rate", text, "Hz")

    def whole(self, key: str, given: int | str) -> int:
        """Return the whole number under a key: given, or the value of an axis here."""
        if isinstance(given, int):
            return given
        found = self.quantity(key, given, "1")
        if found < 0 or found != round(found):
            raise ProtocolError(f"{key}: must be a whole number, found {found:g}")
        return round(found)

    def ticks(self, key: str, text: str) -> int:
        """Return the interval under a key in steps, which must be whole."""
        time = self.quantity(key, text, "second")
        steps = whole_steps(time, self.step)
        shown = f"{text} = {time:g} s" if text in self.grid.axes else text
        if steps is None:
            raise ProtocolError(f"{key}: {shown} is no multiple of the step of {self.step:g} s")
        if abs(steps) >= MOST_STEPS:
            raise ProtocolError(f"{key}: {shown} is longer than any run")
        return steps

    def everywhere(self, population: str, ticks: Array) -> tuple[str, Array, Array]:
        """Return the same ticks in every cell of a population."""
        size = self.sizes[population]
        return population, np.tile(np.arange(size), ticks.size), np.repeat(ticks, size)

    def train(self, stimulus: Regular | Pairing | Triplet | Uncaging) -> Array:
        """Return the ticks of evenly spaced events from the start of the stimulus."""
        rate = self.rate(stimulus.rate)
        if rate < 0:
            raise ProtocolError(f"rate: must not be negative, found {stimulus.rate}")
        if rate == 0:  # a condition without spikes
            return np.zeros(0, np.int64)
        start = self.time(stimulus.start) + self.time(getattr(stimulus, "delay", "0 s"))
        times = start + np.arange(stimulus.count) / rate
        return to_ticks(times, self.step)


def named(phase: Phase, number: int, stimulus: Stimulus) -> str:
    """Return how errors name a stimulus, the one of this number (from 0) in a phase."""
    return f"phase {phase.name!r}, stimulus {number + 1} ({stimulus.kind})"


def to_ticks(times: Array, step: float) -> Array:
    """Return times in seconds as whole steps.

    Raises
    ------
    ProtocolError
        If a time is no number or further away than any run is long.
    """
    steps = times / step
    if not np.all(np.abs(steps) < MOST_STEPS):
        raise ProtocolError("a spike time is no finite time within a run")
    return np.rint(steps).astype(np.int64)
