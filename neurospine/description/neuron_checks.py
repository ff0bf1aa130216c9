"""Checks of measures of neurons when a protocol is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neurospine.description.measure_tables import known
from neurospine.description.neuron_measures import (
    CurrentMeasure,
    NeuronMeasure,
    TraceDurationAbove,
    TraceMeasure,
    WindowMeasure,
)
from neurospine.description.neuron_pictures import Morphology, Raster, Voltage
from neurospine.description.phases import Phase
from neurospine.description.stimuli import Current
from neurospine.description.units import convert, parse_quantity, seconds
from neurospine.errors import ProtocolError, UnitError, suggest

if TYPE_CHECKING:
    from neurospine.description.model import Model
    from neurospine.description.protocol import Protocol

#: Keys that hold the length of a stretch.
_LENGTHS = ("every", "before", "steady", "after", "length")


def check_neuron_measure(protocol: Protocol, measure: NeuronMeasure, place: str) -> None:
    """Raise a `ProtocolError` if phase, window, variable or stimulus are not there."""
    known(f"{place}: phase", measure.phase, protocol.phase_times())
    (phase,) = (p for p in protocol.epochs if p.name == measure.phase)
    if not phase.spiking:
        raise ProtocolError(f"{place}: phase: {measure.phase!r}: neurons stand still in it")
    facts = measure.model_dump()
    for key in _LENGTHS:
        if facts.get(key) is not None:
            length = _times(protocol, f"{place}: {key}", facts[key])[0]
            zero = key in ("before", "after")
            if length < 0 or (length == 0 and not zero):
                raise ProtocolError(f"{place}: {key}: must be positive, found {facts[key]}")
    if isinstance(measure, WindowMeasure):
        _check_window(protocol, measure, phase, place)
    if isinstance(measure, TraceMeasure):
        _check_units(measure, place)
    if isinstance(measure, TraceMeasure | CurrentMeasure):
        _check_recorded(protocol, measure, place)
    if isinstance(measure, CurrentMeasure):
        current_of(phase, measure, place)


def check_populations(protocol: Protocol, model: Model) -> None:
    """Raise a `ProtocolError` if a current, measure or picture is of a missing population."""
    for phase in protocol.phases:
        for number, stimulus in enumerate(phase.stimuli):
            if isinstance(stimulus, Current) and stimulus.population not in model.neurons:
                neurons = model.neurons
                hint = suggest(stimulus.population, neurons) if neurons else "There are none here."
                raise ProtocolError(
                    f"{protocol.place}: phase {phase.name!r}, stimulus {number + 1} (current): "
                    f"population: {stimulus.population!r} is no population of neurons. {hint}"
                )
    for name, measure in protocol.measures.items():
        if isinstance(measure, NeuronMeasure):
            place = f"{protocol.place}: [measures.{name}]: population"
            known(place, measure.population, model.circuit.populations)
    place, plot = f"{protocol.place}: [plot]: population", protocol.plot
    for name in plot.populations if isinstance(plot, Raster) else ():
        known(f"{place}s", name, model.circuit.populations)
    if isinstance(plot, Morphology) and plot.population not in model.cells:
        raise ProtocolError(
            f"{place}: {plot.population!r} has no neurons of compartments"
            f"{'. ' + suggest(plot.population, model.cells) if model.cells else ''}"
        )


def check_neuron_picture(protocol: Protocol, plot: Voltage | Raster | Morphology) -> None:
    """Raise a `ProtocolError` if a picture of neurons needs what is not there."""
    known("[plot]: phase", plot.phase, protocol.phase_times())
    for axis, value in plot.only.items():
        known("[plot]: only", axis, protocol.conditions)
        if value not in protocol.conditions[axis].values:
            raise ProtocolError(f"[plot]: only: {axis} is never {value!r}")
    if plot.repeat >= protocol.repeats:
        raise ProtocolError(f"[plot]: repeat: must be from 0 to {protocol.repeats - 1}")
    if isinstance(plot, Morphology):
        return
    (phase,) = (p for p in protocol.epochs if p.name == plot.phase)
    if not phase.spiking:
        raise ProtocolError(f"[plot]: phase: {plot.phase!r}: neurons stand still in it")
    start = _length("[plot]: start", plot.start)
    stop = _length("[plot]: stop", plot.stop or phase.duration)
    if not 0 <= start < stop <= phase.seconds * (1 + 1e-9):
        raise ProtocolError(
            f"[plot]: start and stop ({start:g} to {stop:g} s) are no window within the phase "
            f"{phase.name!r} (0 to {phase.seconds:g} s)"
        )
    if isinstance(plot, Raster):
        if plot.bin and not 0 < _length("[plot]: bin", plot.bin) <= stop - start:
            raise ProtocolError(f"[plot]: bin: {plot.bin} is no stretch of the window")
        return
    for key in ("series", "panels"):
        if getattr(plot, key) is not None:
            known(f"[plot]: {key}", getattr(plot, key), protocol.conditions)
    traces = protocol.traces.get(plot.population)
    if traces is None:
        raise ProtocolError(
            f"[plot]: population: nothing of {plot.population!r} is recorded. Write "
            f"[traces.{plot.population}] with variables"
        )
    for variable in plot.variables:
        known(f"[plot]: variables of [traces.{plot.population}]", variable, traces.variables)
    if plot.cell is not None and plot.cell not in traces.cells:
        raise ProtocolError(f"[plot]: cell: {plot.cell} is none of [traces.{plot.population}]")
    if plot.series is not None and len(plot.variables or traces.variables) > 1:
        raise ProtocolError("[plot]: series: goes with one variable; name it in variables")
    try:
        convert(1.0, plot.unit, plot.unit)
    except UnitError as error:
        raise ProtocolError(f"[plot]: unit: {error}") from None


def current_of(phase: Phase, measure: CurrentMeasure, place: str) -> Current:
    """Return the current that a measure is about.

    Raises
    ------
    ProtocolError
        If there is none, or several and none is chosen.
    """
    wanted = measure.stimulus
    if wanted is not None:
        if wanted > len(phase.stimuli) or not isinstance(phase.stimuli[wanted - 1], Current):
            raise ProtocolError(
                f"{place}: stimulus: number {wanted} of the phase {phase.name!r} is no current"
            )
        found = phase.stimuli[wanted - 1]
        assert isinstance(found, Current)
        if found.population != measure.population:
            raise ProtocolError(
                f"{place}: stimulus: number {wanted} goes into {found.population!r}, not into "
                f"{measure.population!r}"
            )
        return found
    currents = [
        stimulus
        for stimulus in phase.stimuli
        if isinstance(stimulus, Current) and stimulus.population == measure.population
    ]
    if len(currents) != 1:
        number = "no" if not currents else "more than one"
        raise ProtocolError(
            f"{place}: {number} stimulus of the kind current goes into {measure.population!r} in "
            f"the phase {phase.name!r}{'; choose one with the key stimulus' * bool(currents)}"
        )
    return currents[0]


def _check_window(protocol: Protocol, measure: WindowMeasure, phase: Phase, place: str) -> None:
    starts = _times(protocol, f"{place}: start", measure.start)
    stops = _times(protocol, f"{place}: stop", measure.stop or phase.duration)
    before = _times(protocol, place, getattr(measure, "before", "0 s"))[0]
    for start, stop in zip(starts, stops, strict=True):
        if not 0 <= start < stop <= phase.seconds * (1 + 1e-9):
            raise ProtocolError(
                f"{place}: start and stop ({start:g} to {stop:g} s) are no window within the "
                f"phase {phase.name!r} (0 to {phase.seconds:g} s)"
            )
        if before > start * (1 + 1e-9):
            raise ProtocolError(f"{place}: before: reaches back beyond the start of the phase")


def _check_units(measure: TraceMeasure, place: str) -> None:
    try:
        convert(1.0, measure.unit, measure.unit)
        if isinstance(measure, TraceDurationAbove):
            convert(*parse_quantity(measure.level), measure.unit)
    except UnitError as error:
        raise ProtocolError(f"{place}: {error}") from None


def _check_recorded(protocol: Protocol, measure: TraceMeasure | CurrentMeasure, place: str) -> None:
    traces = protocol.traces.get(measure.population)
    recorded = traces.variables if traces else ()
    for variable in measure.variables:
        if variable not in recorded:
            wanted = ", ".join(f'"{name}"' for name in dict.fromkeys((*recorded, variable)))
            raise ProtocolError(
                f"{place}: variable: {variable!r} of {measure.population!r} is not recorded. Write "
                f"[traces.{measure.population}] with variables = [{wanted}]"
            )
    assert traces
    for cell in measure.cells:
        if cell not in traces.cells:
            raise ProtocolError(
                f"{place}: cells: {cell} is not recorded; add it to cells of "
                f"[traces.{measure.population}]"
            )


def _times(protocol: Protocol, place: str, text: str) -> list[float]:
    """Return what a text means in each condition, in seconds."""
    try:
        return [protocol.grid.quantity(text, row, "second") for row in protocol.grid.rows]
    except ProtocolError as error:
        raise ProtocolError(f"{place}: {error}") from None


def _length(place: str, text: str) -> float:
    try:
        return seconds(text)
    except UnitError as error:
        raise ProtocolError(f"{place}: {error}") from None
