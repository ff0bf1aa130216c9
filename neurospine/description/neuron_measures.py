"""Measures of neurons: of their spikes, of recorded variables, and of currents into them.

A recorded variable is one of ``[traces.<population>]``. Means are over cells, by repeat.
Potentials are in mV, times in ms, rates in Hz, resistances in MOhm.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from neurospine.description.measure_tables import MeasureTable
from neurospine.description.units import parse_quantity

#: Which way a deflection goes: up, down, or the way it goes further (with its sign).
Direction = Literal["up", "down", "either"]


class NeuronMeasure(MeasureTable):
    """A measure of cells of a population in a phase; of all that there are if none is named.

    `cells` count from 0 within each copy of the circuit.
    """

    population: str
    phase: str
    cells: tuple[int, ...] = ()


class WindowMeasure(NeuronMeasure):
    """A measure from `start` (included) to `stop` (excluded), from the start of the phase on.

    Each is a time or the name of a condition; without them it is the whole phase.
    """

    start: str = "0 s"
    stop: str | None = None


class SpikeMeasure(WindowMeasure):
    """A measure of the spikes of a population."""


class FiringRate(SpikeMeasure):
    """Spikes by time in Hz, mean over cells.

    With `every` there is a row for each stretch so long; the column `time` is its end, from the
    start of the phase, in the unit of `every`.
    """

    kind: Literal["firing_rate"]
    every: str | None = None

    @property
    def own_axes(self) -> dict[str, str]:
        """Time, if each stretch has its row."""
        return {} if self.every is None else {"time": parse_quantity(self.every)[1]}


class SpikeCount(SpikeMeasure):
    """Spikes of a cell, mean over cells."""

    kind: Literal["spike_count"]


class IsiVariation(SpikeMeasure):
    """Coefficient of variation of the intervals between spikes of a cell, mean over cells.

    Of cells with at least `fewest` spikes; the SD is that of a population (divided by n).
    """

    kind: Literal["isi_variation"]
    fewest: Annotated[int, Field(ge=3)] = 3


class FirstSpikeLatency(SpikeMeasure):
    """Time in ms from `start` to the first spike of a cell, mean over cells that spike."""

    kind: Literal["first_spike_latency"]


class TraceMeasure(WindowMeasure):
    """A measure of a recorded variable; its numbers count `unit`."""

    variable: str = "v"
    unit: str = "mV"

    @property
    def variables(self) -> tuple[str, ...]:
        """The recorded variables that are read."""
        return (self.variable,)


class RestingPotential(TraceMeasure):
    """Mean of a variable over the window."""

    kind: Literal["resting_potential"]


class DeflectionMeasure(TraceMeasure):
    """A measure of how far a variable goes from where it was before `start`.

    That is its mean over the time `before` the start of the window, or its value at the start.
    """

    direction: Direction = "either"
    before: str = "0 s"


class PeakDeflection(DeflectionMeasure):
    """Largest deflection of a variable, with its sign."""

    kind: Literal["peak_deflection"]


class Attenuation(DeflectionMeasure):
    """Deflection of one recorded variable over that of another, such as soma over dendrite.

    Of the ``peak``, or ``steady``: the mean over the last `steady` of the window.
    """

    kind: Literal["attenuation"]
    over: str
    of: Literal["peak", "steady"] = "peak"
    steady: str = "10 ms"

    @property
    def variables(self) -> tuple[str, ...]:
        """Both variables."""
        return self.variable, self.over


class TraceDurationAbove(TraceMeasure):
    """Time in ms that a variable spends above a `level`; straight lines between samples.

    In ``total``, or the ``longest`` stretch: the length of a plateau.
    """

    kind: Literal["trace_duration_above"]
    level: str
    of: Literal["total", "longest"] = "total"


class CurrentMeasure(NeuronMeasure):
    """A measure of what a stimulus of the kind current does to a recorded potential.

    `stimulus` is its number in the phase, from 1 on; it may be left out if only one current
    goes into the population. Of several pulses the first counts. Of cells that get it and make
    no spike meanwhile.
    """

    variable: str = "v"
    stimulus: Annotated[int, Field(ge=1)] | None = None

    @property
    def variables(self) -> tuple[str, ...]:
        """The recorded variables that are read."""
        return (self.variable,)


class InputResistance(CurrentMeasure):
    """Steady deflection over amplitude, in MOhm.

    The mean over the last `steady` before the current stops minus that before it starts.
    """

    kind: Literal["input_resistance"]
    steady: str = "10 ms"


class Sag(CurrentMeasure):
    """Share of the peak deflection by which a potential comes back while the current flows.

    (peak - steady)/peak, with the steady deflection as in `InputResistance`.
    """

    kind: Literal["sag"]
    steady: str = "10 ms"


class TimeConstant(CurrentMeasure):
    """Time constant in ms of an exponential through a potential after an edge of the current.

    Fitted by least squares, with amplitude and steady value, from the time `after` the edge on:
    for a time `length`, or to the next edge (after the ``offset``: to the end of the phase).
    """

    kind: Literal["time_constant"]
    edge: Literal["onset", "offset"] = "onset"
    after: str = "0 s"
    length: str | None = None
