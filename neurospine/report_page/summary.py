"""What was run, in words: facts, phases with their stimuli, and what was measured."""

from __future__ import annotations

from dataclasses import dataclass

from neurospine.analysis.drawing import capitalised, with_unit_after
from neurospine.analysis.neuron_drawing import words
from neurospine.analysis.scorecard import with_error
from neurospine.description.measures import axes_of
from neurospine.description.phases import Phase
from neurospine.description.stimuli_in_words import in_words
from neurospine.report_page.reported import ReportedRun

#: Rows of a measure that are shown at most.
_ROWS = 60
#: Values of a condition that are named at most.
_VALUES = 8
#: Units of time by their seconds.
_UNITS = (("days", 86400.0), ("hours", 3600.0), ("minutes", 60.0), ("s", 1.0))


@dataclass(frozen=True)
class MeasureText:
    """A measure as a table of texts; `left_out` rows are not shown."""

    name: str
    meaning: str
    head: list[str]
    rows: list[list[str]]
    left_out: int


def facts(run: ReportedRun) -> dict[str, str]:
    """Return what was run: name and text of each fact."""
    info = run.trajectory.info
    about = {name: str(value) for name, value in info.attributes.items()}
    found = {
        "Protocol": about["protocol"],
        "Circuit": about["model"],
        "Spine model": about.get("spine", ""),
        "Parameter sets": ", ".join(about.get("parameter_sets", "").split()),
        "Disorders": ", ".join(about.get("disorders", "").split()),
        "Parameters fitted to": ", ".join(about.get("fitted_to", "").split()),
        **_conditions(run),
        "Repeats": about.get("repeats", "1"),
        "Biological time": duration(float(info.phases["stop"].max())),
        "Time step": duration(info.step),
        "Sites of spines": _each({n: len(spines.slots) for n, spines in info.spines.items()}),
        "Cells": _each({n: k for n, k in info.populations.items() if n not in run.modulators}),
        "Seed": about["seed"],
        "Backend": about["backend"],
        "Versions": ", ".join(
            f"{name} {about[name]}" for name in ("neurospine", "brian2", "numpy") if name in about
        ),
        "Result file": f"{run.path.name}, {_bytes(run.path.stat().st_size)}",
    }
    return {name: text for name, text in found.items() if text}


def _conditions(run: ReportedRun) -> dict[str, str]:
    """Return the axes of conditions with their values."""
    table, axes = run.trajectory.info.conditions, run.trajectory.info.axes
    found = {}
    for axis in map(str, table):
        values = list(dict.fromkeys(map(_place, table[axis])))
        if len(values) > _VALUES:
            values = [f"{len(values)} from {values[0]} to {values[-1]}"]
        found[capitalised(words(axis))] = with_unit_after(", ".join(values), axes[axis].unit)
    return {f"Condition: {name}": text for name, text in found.items()}


def phases(run: ReportedRun) -> list[tuple[str, str, str]]:
    """Return name, duration and stimuli of each phase in words; a cycle is said once."""
    protocol = run.protocol
    turns = dict.fromkeys(protocol.cycle.phases, protocol.cycle.count) if protocol.cycle else {}
    found = []
    for phase in protocol.phases:
        name = words(phase.name)
        if phase.name in turns:
            name += f" ({turns[phase.name]} times)"
        found.append((name, duration(phase.seconds), _stimuli(run, phase)))
    return found


def _stimuli(run: ReportedRun, phase: Phase) -> str:
    said = [in_words(stimulus, run.protocol.conditions) for stimulus in phase.stimuli]
    if phase.spiking:
        return "; ".join(said) or "no stimuli"
    return f"only spines live, in steps of {duration(phase.tick_seconds)}"


def measures(run: ReportedRun) -> list[MeasureText]:
    """Return what was measured as tables of texts."""
    found = []
    for name, table in run.measures.items():
        wanted = run.protocol.measures.get(name)
        if wanted is None:
            continue
        units = {axis: described.unit for axis, described in run.protocol.conditions.items()}
        units |= axes_of(run.protocol, wanted)
        axes = [axis for axis in units if axis in table]
        head = [with_unit_after(words(axis), f"({units[axis]})" if units[axis] != "1" else "1")
                for axis in axes]  # fmt: skip
        rows = [
            [
                *(_place(row[axis]) for axis in axes),
                with_error(float(row["value"]), float(row["standard_error"])),
                _interval(float(row["low"]), float(row["high"])),
                str(int(row["n"])),
            ]
            for _, row in table.head(_ROWS).iterrows()
        ]
        head += ["value ± standard error", "95 % interval", "n"]
        found.append(MeasureText(name, wanted.meaning, head, rows, max(0, len(table) - _ROWS)))
    return found


def duration(length: float) -> str:
    """Return a length of time (s) in the largest unit that it has two of."""
    for unit, size in _UNITS:
        if length >= 2 * size:
            return f"{length / size:.6g} {unit}"
    return f"{length:.6g} s" if length >= 1 or length == 0 else f"{1e3 * length:.6g} ms"


def _place(value: object) -> str:
    return words(value) if isinstance(value, str) else f"{value:g}"


def _interval(low: float, high: float) -> str:
    return f"{low:.4g} to {high:.4g}" if low < high else ""


def _each(numbers: dict[str, int]) -> str:
    return ", ".join(f"{words(name)} {size:,}" for name, size in numbers.items())


def _bytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.0f} kB"
