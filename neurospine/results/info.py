"""What is known of a run before its first step: where its numbers came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import h5py
import numpy as np
import pandas as pd

from neurospine.results.tables import TEXT, read_table, write_table

Attribute = str | int | float | bool
#: Attributes that every run has.
_ALWAYS = ("protocol", "model", "spine", "seed", "backend", "form", "parameter_sets")
#: Columns that the tables of every run have, of texts and of numbers; and those of parameters where
#: there is a disorder.
_TEXTS = {
    "phases": ("name", "kind"),
    "parameters": ("name", "unit", "meaning", "source", "where"),
    "inputs": ("phase", "kind", "settings"),
    "control": ("control_source", "control_where"),
}
_NUMBERS = {
    "phases": ("start", "stop", "start_tick", "stop_tick"),
    "parameters": ("value",),
    "control": ("control_value",),
}
#: Coordinates of every slot, and columns of its table that have no place among them.
_SLOT = ("condition", "repeat", "pre", "post")
_ORDER = (*_SLOT, "slot", "delay", "present", "recorded", "stimulated")


@dataclass(frozen=True)
class Variable:
    """A recorded variable, or one that follows from recorded ones by `expression`.

    `type` is that of its values on disk, such as ``"<f4"``; one of a neuron of compartments
    belongs to a `compartment`.
    """

    unit: str
    meaning: str
    expression: str = ""
    values: Mapping[str, float] = field(default_factory=dict)
    type: str = "<f8"
    compartment: str = ""


@dataclass(frozen=True)
class SpineInfo:
    """The spines of one projection.

    Attributes
    ----------
    slots
        One row a slot: slot, pre, post, delay (s), condition, repeat, whether there
        is a spine at the start, and whether snapshots hold it (recorded); then, where there
        is a dendrite, compartment and position along it (um); where single spines are
        stimulated, whether it is one of them, and how far it is from the nearest
        (stimulated_distance, um); and the geometry of the spine. Its `attrs` have the units and
        meanings of columns.
    variables
        Recorded variables first, then derived ones.
    stages
        Names of the stages by number; empty for spines without stages.
    """

    slots: pd.DataFrame
    variables: Mapping[str, Variable]
    stages: tuple[str, ...] = ()

    @property
    def recorded(self) -> dict[str, Variable]:
        """The variables that snapshots hold."""
        return {name: v for name, v in self.variables.items() if not v.expression}

    @property
    def kept(self) -> pd.DataFrame:
        """The slots that snapshots hold."""
        return self.slots[self.slots["recorded"]]

    @property
    def coordinates(self) -> tuple[str, ...]:
        """The columns of `slots` that are coordinates of snapshots."""
        more = (str(c) for c in self.slots if c not in _ORDER and c not in self.variables)
        return (*_SLOT, *more)


@dataclass(frozen=True)
class TraceInfo:
    """The recorded variables of one population; `cells` has number, condition and repeat."""

    cells: pd.DataFrame
    variables: Mapping[str, Variable]


@dataclass(frozen=True)
class RunInfo:
    """Everything about a run but what happened in it.

    Attributes
    ----------
    attributes
        Versions, backend, seed, and the hash of all files.
    files
        The text of every model and protocol file, by name.
    step
        The time step in seconds.
    phases
        One row a phase: name, kind, start, stop (s), start_tick, stop_tick.
    parameters
        One row a parameter: name, value, unit, meaning, source, where; with a disorder also
        control_value, control_source and control_where, as they are without.
    conditions
        One row a condition, a column an axis.
    axes
        Unit and meaning of each axis.
    spines
        By projection.
    traces
        By population.
    inputs
        One row a stimulus: phase, kind, and its settings as JSON.
    populations
        Number of cells, through all copies, by population.
    """

    attributes: Mapping[str, Attribute]
    files: Mapping[str, str]
    step: float
    phases: pd.DataFrame
    parameters: pd.DataFrame
    conditions: pd.DataFrame
    axes: Mapping[str, Variable]
    spines: Mapping[str, SpineInfo]
    traces: Mapping[str, TraceInfo]
    inputs: pd.DataFrame
    populations: Mapping[str, int]


def write_info(file: h5py.File, info: RunInfo) -> None:
    """Write everything about a run that is known before its first step."""
    file.attrs["step"] = info.step
    for name, value in info.attributes.items():
        file.attrs[name] = value
    for name, text in info.files.items():
        file.create_dataset(f"files/{name}", data=text, dtype=TEXT)
    write_table(file.create_group("phases"), info.phases)
    write_table(file.create_group("inputs"), info.inputs)
    write_table(file.create_group("parameters"), info.parameters)
    conditions = file.create_group("conditions")
    write_table(conditions, info.conditions)
    for name, axis in info.axes.items():
        conditions[name].attrs.update(units=axis.unit, meaning=axis.meaning)
    populations = file.create_group("populations")
    for name, size in info.populations.items():
        populations.attrs[name] = size
    for name, spines in info.spines.items():
        _write_described(file, f"slots/{name}", spines.slots, spines.variables)
        file[f"slots/{name}"].attrs["stages"] = list(spines.stages) or [""]
    for name, traces in info.traces.items():
        _write_described(file, f"traced/{name}", traces.cells, traces.variables)


def _write_described(
    file: h5py.File, path: str, table: pd.DataFrame, variables: Mapping[str, Variable]
) -> None:
    group = file.create_group(path)
    write_table(group, table)
    group.attrs["variables"] = list(variables)
    for name, variable in variables.items():
        described = group.create_group(f"variables/{name}")
        described.attrs.update(unit=variable.unit, meaning=variable.meaning)
        described.attrs.update(expression=variable.expression, type=variable.type)
        if variable.compartment:
            described.attrs["compartment"] = variable.compartment
        for key, value in variable.values.items():
            described.attrs[f"value_{key}"] = value


def read_info(file: h5py.File, *, slots: bool = True) -> RunInfo:
    """Return what `write_info` wrote; the tables of slots may be large and can be left empty."""
    for name in _ALWAYS:
        file.attrs[name]  # or it is none of ours
    attributes = {k: _plain(k, v) for k, v in file.attrs.items() if k not in ("schema", "step")}
    int(attributes["seed"])
    conditions = file["conditions"]
    axes = [name for name in conditions.attrs["columns"] if name]
    control = ("control",) if attributes.get("disorders") else ()
    return RunInfo(
        attributes,
        _read_files(file["files"]),
        float(file.attrs["step"]),
        _read_columns(file["phases"], "phases"),
        _read_columns(file["parameters"], "parameters", *control),
        read_table(conditions),
        {
            name: Variable(conditions[name].attrs["units"], conditions[name].attrs["meaning"])
            for name in axes
        },
        {
            name: SpineInfo(
                read_table(group) if slots else pd.DataFrame(columns=group.attrs["columns"]),
                _read_variables(group),
                _read_stages(group),
            )
            for name, group in file.get("slots", {}).items()
        },
        {
            name: TraceInfo(read_table(group), _read_variables(group))
            for name, group in file.get("traced", {}).items()
        },
        _read_columns(file["inputs"], "inputs"),
        {name: int(size) for name, size in file["populations"].attrs.items()},
    )


def _read_columns(group: h5py.Group, *sets: str) -> pd.DataFrame:
    """Return a table that has these sets of columns, of texts and of numbers."""
    table = read_table(group)
    for name in sets:
        for kinds, columns in (("O", _TEXTS[name]), ("fiu", _NUMBERS.get(name, ()))):
            for column in columns:
                if column not in table or table[column].dtype.kind not in kinds:
                    raise TypeError(f"{group.name}/{column} is not there, or of another type")
    return table


def _read_files(group: h5py.Group) -> dict[str, str]:
    found = {
        f"{folder}/{name}": data.asstr()[()]
        for folder, inside in group.items()
        for name, data in inside.items()
    }
    for name, text in found.items():
        if not isinstance(text, str):
            raise TypeError(f"files/{name} is no text")
    return found


def _read_variables(group: h5py.Group) -> dict[str, Variable]:
    variables = {}
    for name in group.attrs["variables"]:
        attributes = group["variables"][name].attrs
        values = {
            key.removeprefix("value_"): float(value)
            for key, value in attributes.items()
            if key.startswith("value_")
        }
        described = (attributes["unit"], attributes["meaning"], attributes["expression"])
        compartment = attributes.get("compartment", "")
        variables[name] = Variable(*described, values, attributes["type"], compartment)
    return variables


def _read_stages(group: h5py.Group) -> tuple[str, ...]:
    return tuple(name for name in group.attrs["stages"] if name)


def _plain(name: str, value: Any) -> Attribute:
    plain = value.item() if isinstance(value, np.generic) else value
    if not isinstance(plain, Attribute):
        raise TypeError(f"attribute {name!r} is no plain value")
    return plain
