"""Tables of a result as NWB has them: slots, contacts, phases, numbers and texts."""

from __future__ import annotations

from collections.abc import Iterator

import h5py
import numpy as np
import pandas as pd
from hdmf.common import DynamicTable, VectorData
from pynwb import TimeSeries
from pynwb.core import ScratchData
from pynwb.epoch import TimeIntervals

from neurospine.exports.nwb_series import YEAR, Column, Filling, Source, over_time
from neurospine.exports.opened import Result

#: What a column of slots or contacts is where the file has no words for it.
_MEANINGS = {
    "slot": "Row of the table of slots.",
    "pre": "Presynaptic cell, through all copies of the circuit.",
    "post": "Postsynaptic cell, through all copies of the circuit.",
    "condition": "Row of the table of conditions (0 where there is none).",
    "repeat": "Which repeat, from 0.",
    "stimulated": "Whether the spine is stimulated.",
}
#: Columns that would be taken for something that every table has.
_RENAMED = {"name": "parameter", "id": "id_", "description": "description_"}
_PARAMETERS = {
    "name": "Parameter, with the part of the model that it belongs to.",
    "value": "Value in its unit.",
    "unit": "Unit.",
    "meaning": "What it is.",
    "source": "Publication (key), or assumed, fitted or numerical.",
    "where": "Where in the source, or to what it was fitted.",
}


def spine_tables(result: Result, filling: Filling) -> Iterator[DynamicTable]:
    """Yield for each projection its slots, and every contact that ever lived."""
    for name in result.info.spines:
        pre, post = result.ends(name)
        joined = f"from {pre} to {post}"
        slots = result.slots(name)
        if slots["slot"].size:
            text = f"Places {joined} where a spine is or may be."
            yield _copied(f"{name}_slots", text, slots, "slot", filling)
        lived = result.file.get(f"contacts/{name}")
        if lived is not None and lived["slot"].size:
            text = f"Every contact {joined} that ever lived."
            yield _copied(f"{name}_contacts", text, lived, "contact", filling)


def _copied(
    name: str, description: str, group: h5py.Group, key: str, filling: Filling
) -> DynamicTable:
    """Return a table whose columns are copied from the file as they are."""
    columns = []
    for column in group.attrs["columns"]:
        if column == key:
            continue
        data = group[column]
        words = data.dtype.kind == "O"  # which pynwb would look at one by one
        said = str(data.attrs.get("long_name", "")).strip()
        text = f"{said[:1].upper()}{said[1:]}." if said else _MEANINGS.get(column, f"{column}.")
        unit = data.attrs.get("units", "")
        unit = f" Unit: {unit}." if unit else ""
        given = filling.place(Source(data)) if words else data
        columns.append(VectorData(name=column, description=f"{text}{unit}", data=given))
    return DynamicTable(name=name, description=description, columns=columns, id=group[key])


def spine_series(
    result: Result, projection: str, filling: Filling
) -> list[TimeSeries | DynamicTable]:
    """Return what snapshots hold of the spines of a projection."""
    group, known = result.spines(projection), result.info.spines[projection]
    recorded, table = result.recorded(projection), result.slots(projection)
    which = f"rows of {projection}_slots"
    if recorded.size != table["slot"].size:
        which = f"those rows of {projection}_slots that are recorded, in order"
    columns = [
        Column(name, f"{projection}_{name}", Source(group[name]), _unit(variable.unit),
               f"{_sentence(variable.meaning)}{_stages(known.stages) * (name == 'stage')}")
        for name, variable in known.variables.items()
        if name in group
    ]  # fmt: skip
    name = f"{projection}_snapshots"
    text = f"A row for each time, a column for each slot: {which}; 0 where there is no spine."
    return over_time(name, text, Source(group["time"]), columns, filling)


def trace_series(
    result: Result, population: str, filling: Filling
) -> list[TimeSeries | DynamicTable]:
    """Return the recorded variables of a population, or of a neuromodulator."""
    group, traced = result.file[f"traces/{population}"], result.info.traces[population]
    numbers = traced.cells["number"].tolist()
    shown = ", ".join(map(str, numbers[:20])) + ", …" * (len(numbers) > 20)
    columns = [
        Column(name, f"{population}_{name}", Source(group[name]), _unit(variable.unit),
               _sentence(variable.meaning))
        for name, variable in traced.variables.items()
    ]  # fmt: skip
    text = f"A row for each time, a column for each cell of {population}: {shown}."
    return over_time(f"{population}_traces", text, Source(group["time"]), columns, filling)


def phases(result: Result) -> TimeIntervals | DynamicTable:
    """Return the phases of the protocol: as epochs, or a plain table if over a year."""
    table = result.info.phases
    columns = [
        VectorData(name="start_time", description="Start in seconds.", data=table["start"]),
        VectorData(name="stop_time", description="Stop in seconds.", data=table["stop"]),
        VectorData(name="phase", description="Name.", data=table["name"].tolist()),
        VectorData(
            name="kind",
            description="Spiking: neurons run; consolidation: only spines live.",
            data=table["kind"].tolist(),
        ),
    ]
    if float(table["stop"].max()) <= YEAR:
        return TimeIntervals(name="epochs", description="Phases of the protocol.", columns=columns)
    return DynamicTable(name="phases", description="Phases of the protocol.", columns=columns)


def run_tables(result: Result) -> Iterator[DynamicTable]:
    """Yield parameters with units and sources, and the conditions."""
    info = result.info
    if len(info.parameters):
        yield _framed("parameters", "Every number of the model.", info.parameters, _PARAMETERS)
    if info.axes and len(info.conditions):
        said = {n: f"{_sentence(a.meaning)} Unit: {a.unit}." for n, a in info.axes.items()}
        text = "Conditions of the protocol; each was run with every repeat."
        yield _framed("conditions", text, info.conditions, said)


def _framed(name: str, text: str, table: pd.DataFrame, meanings: dict[str, str]) -> DynamicTable:
    columns = []
    for key in map(str, table.columns):
        plain = key.removeprefix("control_")
        meaning = meanings.get(plain, f"{plain}.")
        control = " Without the disorder." * (key != plain)
        values = table[key].to_numpy()
        key = _RENAMED.get(key, key)
        data = values.astype(str).tolist() if values.dtype.kind in "OUT" else values
        columns.append(VectorData(name=key, description=f"{meaning}{control}", data=data))
    return DynamicTable(name=name, description=text, columns=columns, id=np.arange(len(table)))


def texts(result: Result) -> Iterator[ScratchData]:
    """Yield the text of every file that the run was made from."""
    for name, text in result.info.files.items():
        kind, _, own = name.partition("/")
        about = f"Text of the file {own!r} ({kind}) that the run was made from."
        yield ScratchData(name=name.replace("/", "."), data=text, description=about)


def _unit(unit: str) -> str:
    return {"amp": "ampere"}.get(unit, unit.replace("**", "^"))


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else "Recorded variable."


def _stages(stages: tuple[str, ...]) -> str:
    return f" {', '.join(f'{number} {name}' for number, name in enumerate(stages))}."
