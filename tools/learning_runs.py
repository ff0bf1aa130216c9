"""Runs of learning protocols, and the numbers that are taken from them by repeat."""

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from neurospine import Protocol, Trajectory, simulate
from neurospine.analysis.effect_sizes import paired_effect
from neurospine.analysis.repeat_values import repeat_values


@dataclass(frozen=True)
class Column:
    """One number of a run: a measure at a place on its own axis (the nearest one)."""

    name: str
    measure: str
    axis: str
    place: float


MEMORY = (
    Column("memory: learnt", "memory", "time", 0.0),
    Column("memory: kept 4 weeks", "kept", "time", 28.0),
    Column("memory: there after 4 weeks", "memory", "time", 28.0),
    Column("memory: new spines", "rewired", "time", 0.0),
)


def tables(protocol: Protocol) -> dict:
    """Return the tables of a protocol, those that it gives."""
    return protocol.model_dump(exclude_unset=True)


def changed(protocol: Protocol, **others: object) -> Protocol:
    """Return a protocol with other tables."""
    return Protocol(**{k: v for k, v in {**tables(protocol), **others}.items() if v is not None})


def measured(
    protocol: Protocol, path: Path, numbers: dict[str, str] | None = None
) -> dict[str, pd.DataFrame]:
    """Return what a protocol measures, by repeat; its run is made if it is not there."""
    if path.exists():
        trajectory = Trajectory.from_hdf5(path)
    else:
        print(f"running {protocol.name} ({path.name})", flush=True)
        trajectory = simulate(None, protocol, parameters=numbers, output=path)
    return repeat_values(trajectory, protocol)


def at_place(table: pd.DataFrame, column: Column) -> pd.DataFrame:
    if not column.axis:
        return table
    places = table[column.axis]
    nearest = places.iloc[(places - column.place).abs().argmin()]
    return table[places == nearest]


def effect(table: pd.DataFrame, control: pd.Series, other: pd.Series) -> dict[str, object]:
    both = [table[rows].set_index("repeat")["value"].dropna() for rows in (control, other)]
    first, second = both[0].align(both[1], join="inner")
    found = paired_effect(first.to_numpy(float), second.to_numpy(float))
    facts = {**asdict(found), "excludes_zero": found.excludes_zero}
    ends = interval(first)
    if ends["value_low"] <= 0 <= ends["value_high"]:
        nothing = dict.fromkeys(("percent", "percent_low", "percent_high"), np.nan)
        return {**facts, **nothing, "why": "in control nothing is left, so there is no percentage"}
    return facts


def interval(values: pd.Series) -> dict[str, float]:
    """Return the mean of values with its interval, as a pair's with nothing."""
    found = paired_effect(np.zeros(len(values)), values.to_numpy(float))
    return {"value_low": found.low, "value_high": found.high}
