"""Currents into neurons, and dips of neuromodulators, as variables of their equations.

Each stimulus of these kinds is one amplitude for every cell and a few numbers of steps
that say when it flows. All of them are handed over at run time, so that another amplitude or
time needs no other program; the turns of a cycle share them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from neurospine.description.checks import injected_currents
from neurospine.description.morphology import suggest_segment
from neurospine.description.names import INJECTED
from neurospine.description.neuromodulator_parts import SUPPLIED
from neurospine.description.parts import NeuronPart
from neurospine.description.protocol import Protocol
from neurospine.description.stimuli import Current, Dip
from neurospine.errors import NeurospineError, ProtocolError
from neurospine.simulation.network import Array
from neurospine.simulation.occasion import Occasion, named


@dataclass(frozen=True)
class _Wanted:
    """One such stimulus of a phase, with its place for errors and when its turns start.

    `turns` is how often the phase comes, `turn` the steps of spiking from one to the next, and
    `start` those before the first.
    """

    stimulus: Current | Dip
    number: int
    place: str
    phase: int
    start: int
    turns: int
    turn: int


def injection(
    protocol: Protocol,
    part: NeuronPart,
    population: str,
    size: int,
    segments: Sequence[str] | None = None,
) -> tuple[list[str], dict[str, Array]]:
    """Return what gives the cells of a population the currents that are injected into them.

    Parameters
    ----------
    protocol
        The protocol with the stimuli.
    part
        The neuron.
    population
        A population of it.
    size
        Its cells in one copy of the circuit.
    segments
        The names of its compartments, or of the pieces they are cut into, the root first; None
        for a point neuron.

    Returns
    -------
    lines : list of str
        Equations of the variable ``i_injected`` (amp), or of ``i_injected_<segment>`` for each
        segment, and of the constants in them. Where there is no current, it is 0.
    values : dict
        The constants, for all copies of the circuit (or one for all).

    Raises
    ------
    ProtocolError
        If a compartment or cell is not there, times do not fit their phase, or the equations
        of a point neuron do not read the current.
    """
    lines: list[str] = []
    values: dict[str, Array] = {}
    ports = injected_currents(part)
    terms: dict[str, list[str]] = {port: [] for port in ports}
    for number, wanted in enumerate(_wanted(protocol, Current, population)):
        stimulus = wanted.stimulus
        assert isinstance(stimulus, Current)
        try:
            port = _port(stimulus, part, ports, segments)
            term = _Term(protocol, wanted, size, f"injected_{number}", "amp")
        except NeurospineError as error:
            raise ProtocolError(f"{wanted.place}: {error}") from None
        terms[port].append(term.text)
        lines += term.lines
        values |= term.values
    for port, found in terms.items():
        if found:
            lines.append(f"{port} = {' + '.join(found)} : amp (constant over dt)")
        else:
            lines.append(f"{port} = 0*amp : amp")
    return lines, values


def supply(protocol: Protocol, neuromodulator: str) -> tuple[list[str], dict[str, Array]]:
    """Return what gives a neuromodulator the share of its tonic supply that is there.

    Returns
    -------
    lines : list of str
        Equations of the variable ``supplied``, which is 1 but in dips, and its constants.
    values : dict
        The constants.

    Raises
    ------
    ProtocolError
        If a dip does not fit its phase, or takes more than there is.
    """
    lines: list[str] = []
    values: dict[str, Array] = {}
    terms = ["1"]
    own = _wanted(protocol, Dip, neuromodulator)
    for number, wanted in enumerate(own):
        try:
            term = _Term(protocol, wanted, 1, f"injected_{number}", "1")
            if np.any((term.amplitude < 0) | (term.amplitude > 1)):
                raise ProtocolError("depth: must be a share, from 0 to 1")
        except NeurospineError as error:
            raise ProtocolError(f"{wanted.place}: {error}") from None
        terms.append(term.text)
        lines += term.lines
        values |= term.values
    flag = " (constant over dt)" if own else ""
    return [*lines, f"{SUPPLIED} = {' - '.join(terms)} : 1{flag}"], values


def _wanted(protocol: Protocol, kind: type[Current | Dip], target: str) -> list[_Wanted]:
    """Return the stimuli of a kind that reach a target; those in the turns of a cycle are one."""
    starts: dict[str, list[int]] = {}
    passed = 0
    for phase in protocol.epochs:
        starts.setdefault(phase.original, []).append(passed)
        if phase.spiking:  # neurons count steps of spiking
            passed += round(phase.seconds / protocol.step_seconds)
    found = []
    for index, phase in enumerate(protocol.phases):
        for number, stimulus in enumerate(phase.stimuli):
            if isinstance(stimulus, kind) and _target(stimulus) == target:
                turns = starts[phase.name]
                turn = turns[1] - turns[0] if len(turns) > 1 else 0
                place = f"{protocol.place}: {named(phase, number, stimulus)}"
                found.append(_Wanted(stimulus, number, place, index, turns[0], len(turns), turn))
    return found


def _target(stimulus: Current | Dip) -> str:
    return stimulus.population if isinstance(stimulus, Current) else stimulus.neuromodulator


def _port(
    stimulus: Current, part: NeuronPart, ports: Sequence[str], segments: Sequence[str] | None
) -> str:
    """Return the variable of the current that a stimulus injects."""
    wanted, population = stimulus.compartment, stimulus.population
    if segments is not None:
        if wanted is not None and wanted not in segments:
            hint = suggest_segment(wanted, segments)
            raise ProtocolError(f"compartment: no {wanted!r}. {hint}")
        return f"{INJECTED}_{wanted or segments[0]}"
    if wanted is not None:
        raise ProtocolError(
            f"compartment: the neurons of {population!r} are points, without compartments"
        )
    if INJECTED not in ports:
        raise ProtocolError(
            f"population: the equations of the neuron {part.name!r} of {population!r} do not read "
            f"{INJECTED!r}, so no current can be injected"
        )
    return INJECTED


class _Term:
    """One stimulus as a term of a sum, with the constants in it."""

    def __init__(
        self, protocol: Protocol, wanted: _Wanted, size: int, name: str, unit: str
    ) -> None:
        self.name, self.lines, self.values = name, [f"{name} : {unit} (constant)"], {}
        stimulus, rows = wanted.stimulus, protocol.grid.rows
        occasions = [
            Occasion(protocol, protocol.phases[wanted.phase], wanted.number, row, 0, 0, {})
            for row in rows
        ]
        key = "depth" if isinstance(stimulus, Dip) else "amplitude"
        cells = np.arange(size) if isinstance(stimulus, Dip) else _cells(stimulus, size)
        amplitude = np.zeros((len(rows), size))
        for occasion, row in zip(occasions, amplitude, strict=True):
            row[cells] = occasion.quantity(key, getattr(stimulus, key), unit)
        if not np.isfinite(amplitude).all():
            raise ProtocolError(f"{key}: must be finite")
        self.amplitude = amplitude
        self.values = {name: np.repeat(amplitude, protocol.repeats, axis=0).ravel()}
        times = [flow(stimulus, occasion) for occasion in occasions]
        self._repeats = protocol.repeats * size
        first = self._whole("first", [wanted.start + start for start, _, _, _ in times])
        since = f"(t_in_timesteps - {first})"
        flows = [f"{since} >= 0"]
        if wanted.turns > 1:
            total = self._whole("total", [wanted.turn * wanted.turns] * len(rows))
            turn = self._whole("turn", [wanted.turn] * len(rows))
            flows.append(f"{since} < {total}")
            since = f"({since} % {turn})"
        span = self._whole("span", [span for _, _, span, _ in times])
        flows.append(f"{since} < {span}")
        if isinstance(stimulus, Current) and stimulus.rate is not None:
            width = self._whole("width", [width for _, width, _, _ in times])
            rate = self._constant("rate", "1", np.array([rate for *_, rate in times]))
            pulse = f"floor(({since} + 0.5)*{rate})"
            flows.append(f"{since} - floor({pulse}/{rate} + 0.5) < {width}")
        self.text = f"{name}*int({' and '.join(flows)})"

    def _whole(self, key: str, steps: Sequence[int]) -> str:
        return self._constant(key, "integer", np.array(steps, np.int32))

    def _constant(self, key: str, kind: str, each: Array) -> str:
        """Declare a constant by condition and return its name."""
        name = f"{self.name}_{key}"
        if np.all(each == each[0]):
            self.lines.append(f"{name} : {kind} (shared, constant)")
            self.values[name] = each[:1]
        else:
            self.lines.append(f"{name} : {kind} (constant)")
            self.values[name] = np.repeat(each, self._repeats)
        return name


def _cells(stimulus: Current, size: int) -> Array:
    cells = np.array(stimulus.cells or range(size), np.int64)
    if cells.size and not (cells.min() >= 0 and cells.max() < size):
        raise ProtocolError(f"cells: must be from 0 to {size - 1} in {stimulus.population!r}")
    return cells


def flow(stimulus: Current | Dip, occasion: Occasion) -> tuple[int, int, int, float]:
    """Return start, length of a pulse and of all pulses in steps, and pulses a step."""
    end = "duration" if isinstance(stimulus, Dip) else "stop"
    start, stop = (occasion.ticks(key, getattr(stimulus, key)) for key in ("start", end))
    if isinstance(stimulus, Dip):
        stop += start
    width, rate, span = stop - start, 0.0, stop - start
    if width < 0:
        raise ProtocolError(f"stop: {stop * occasion.step:g} s is before start")
    if isinstance(stimulus, Current) and stimulus.rate is not None:
        rate = occasion.rate(stimulus.rate) * occasion.step
        if not 0 < rate * max(width, 1) <= 1 + 1e-9:
            raise ProtocolError(
                f"rate: pulses of {width * occasion.step:g} s at {rate / occasion.step:g} Hz would "
                "overlap, or never come"
            )
        span = int(np.rint((stimulus.count - 1) / rate)) + width
    elif isinstance(stimulus, Current) and stimulus.count > 1:
        raise ProtocolError("count: several pulses need a rate")
    if start < 0 or start + span > occasion.length:
        raise ProtocolError(
            f"start and stop ({start * occasion.step:g} to {(start + span) * occasion.step:g} s) "
            f"are outside the phase (0 to {occasion.phase.seconds:g} s)"
        )
    return start, width, span, rate
