"""What a protocol did to a circuit, as stimuli of an NWB file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
from hdmf.common import DynamicTable, VectorData
from pynwb import TimeSeries

from neurospine.description.stimuli import Current, Dip
from neurospine.exports.nwb_series import Column, Filling, Source, over_time
from neurospine.exports.opened import Array, Result
from neurospine.exports.spike_trains import seconds_of
from neurospine.simulation.injection import flow
from neurospine.simulation.occasion import Occasion
from neurospine.simulation.resume import recorded_protocol

#: What a stimulus acts on: a population or neuromodulator, a compartment, and cells of it.
Place = tuple[str, str | None, tuple[int, ...]]
#: Amplitude by condition, and by condition the times when it begins and ends.
Steps = tuple[Array, list[Array], list[Array]]


def stimuli(result: Result, filling: Filling) -> Iterator[TimeSeries | DynamicTable]:
    """Yield the table of stimuli, currents and dips by condition, and forced spikes."""
    if len(result.info.inputs):
        yield _table(result)
    found: dict[tuple[type, Place], list[Steps]] = {}
    protocol = recorded_protocol(result.info)
    begin = protocol.phase_times()
    for phase in protocol.epochs:
        for number, stimulus in enumerate(phase.stimuli):
            if not isinstance(stimulus, Current | Dip):
                continue
            key = "depth" if isinstance(stimulus, Dip) else "amplitude"
            unit = "1" if isinstance(stimulus, Dip) else "amp"
            cases = [Occasion(protocol, phase, number, row, 0, 0, {}) for row in protocol.grid.rows]
            size = np.array([c.quantity(key, getattr(stimulus, key), unit) for c in cases])
            pulses = [_pulses(stimulus, case, begin[phase.name][0]) for case in cases]
            on, off = ([pulse[end] for pulse in pulses] for end in (0, 1))
            found.setdefault((type(stimulus), _place(stimulus)), []).append((size, on, off))
    taken: set[str] = set()
    for (kind, place), steps in found.items():
        yield from _amplitudes(kind, place, steps, taken, filling)
    for name in result.file.get("spikes", {}):
        if result.forced(name):
            yield from spike_series(result, name, filling)


def _table(result: Result) -> DynamicTable:
    """Return the stimuli of each phase with their settings, in the words of the protocol."""
    inputs = result.info.inputs
    rows = [json.loads(text) for text in inputs["settings"]]
    keys = sorted({key for row in rows for key in row} - {"kind"})
    columns = {"phase": inputs["phase"].tolist(), "kind": inputs["kind"].tolist()}
    columns |= {key: [_words(row.get(key, "")) for row in rows] for key in keys}
    text = "Setting of the stimulus as the protocol has it: a quantity, or the name of a condition."
    known = {"phase": "Phase of the protocol.", "kind": "Kind of stimulus."}
    return DynamicTable(
        name="stimuli",
        description="What the protocol does in each phase; times count from its start.",
        columns=[
            VectorData(name=name, description=known.get(name, text), data=values)
            for name, values in columns.items()
        ],
    )


def _words(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)


def _place(stimulus: Current | Dip) -> Place:
    if isinstance(stimulus, Dip):
        return stimulus.neuromodulator, None, ()
    return stimulus.population, stimulus.compartment, stimulus.cells


def _pulses(stimulus: Current | Dip, case: Occasion, begin: float) -> tuple[Array, Array]:
    """Return when a stimulus begins and ends in a condition, in seconds of the run."""
    start, width, _, rate = flow(stimulus, case)
    count = stimulus.count if isinstance(stimulus, Current) else 1
    first = np.floor(np.arange(count) / rate + 0.5) if rate else np.zeros(1)
    return tuple(begin + (start + first + more) * case.step for more in (0, width))  # type: ignore[return-value]


def _amplitudes(
    kind: type, place: Place, steps: list[Steps], taken: set[str], filling: Filling
) -> Iterator[TimeSeries | DynamicTable]:
    """Yield what flows at each time at which it changes, a column for each condition."""
    ends = [times for _, on, off in steps for times in (*on, *off)]
    times = np.unique(np.concatenate([[0.0], *ends]))
    data = np.zeros((times.size, steps[0][0].size))
    for size, on, off in steps:
        for condition, amplitude in enumerate(size):
            begun, over = (
                np.searchsorted(np.sort(edges[condition]), times, side="right")
                for edges in (on, off)
            )
            data[:, condition] += amplitude * (begun - over)
    where, compartment, cells = place
    name = f"{'dip' if kind is Dip else 'current'}_{where}{f'_{compartment}' * bool(compartment)}"
    name = next(n for n in (name, *(f"{name}_{i}" for i in range(2, 10**6))) if n not in taken)
    taken.add(name)
    if kind is Dip:
        what, unit = f"Share by which the tonic supply of {where} falls", "1"
    else:
        into = f"compartment {compartment} of {where}" if compartment else where
        who = f"cells {', '.join(map(str, cells))}" if cells else "every cell"
        what, unit = f"Current into {who} of {into}", "ampere"
    column = Column("amplitude", name, Source(data), unit, f"{what}.")
    text = "From each time to the next; a column for each condition."
    yield from over_time(name, text, Source(times), [column], filling)


def spike_series(
    result: Result, population: str, filling: Filling
) -> list[TimeSeries | DynamicTable]:
    """Return which cells of a population spike, in the order of time."""
    group = result.file[f"spikes/{population}"]
    times = Source(group["timestamps"], lambda stamps: seconds_of(result, stamps))
    made = " that the protocol made spike" * result.forced(population)
    text = f"Cells of {population}{made}, through all copies of the circuit."
    name = f"{population}_spikes"
    column = Column("cell", name, Source(group["node_ids"]), "1", text)
    return over_time(name, "A row for each spike.", times, [column], filling)
