"""Synthetic spines whose lives and sizes follow known laws, as the trajectory of a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from neurospine import Protocol, Trajectory, measure
from neurospine.results.info import RunInfo, SpineInfo, Variable

DAY = 86400.0
ALIVE = "absent spine"
COLUMNS = ["contact", "slot", "pre", "post", "condition", "repeat", "birth", "death"]


def make_trajectory(
    volume: Any,
    contacts: Sequence[tuple[int, float, float]] | None = None,
    *,
    stage: Any = None,
    stages: str = ALIVE,
    condition: Any = 0,
    repeat: Any = 0,
    conditions: Mapping[str, Any] | None = None,
    phases: Mapping[str, tuple[float, float]] | None = None,
    every: float = 1.0,
    more: Mapping[str, Any] | None = None,
) -> Trajectory:
    """Return a trajectory; all times are in days.

    `volume` is (snapshots, slots), a snapshot `every` so often, 0 where there is no spine;
    `contacts` are (slot, birth, death), sorted; `more` are columns of the table of slots.
    """
    volume = np.asarray(volume, float)
    times, slots = np.arange(len(volume)) * every * DAY, volume.shape[1]
    cells = {"condition": np.broadcast_to(condition, slots).astype(np.int64),
             "repeat": np.broadcast_to(repeat, slots).astype(np.int64)}  # fmt: skip
    stage = (volume > 0).astype(np.int8) if stage is None else np.asarray(stage, np.int8)
    along = {name: ("slot", column) for name, column in cells.items()}
    dataset = xr.Dataset(
        {"volume": (("time", "slot"), volume),
         "stage": (("time", "slot"), stage)},
        {"time": times, "slot": np.arange(slots, dtype=np.int32), **along},
    )  # fmt: skip
    edges = {"days": (0.0, times[-1] / DAY)} if phases is None else phases
    table = pd.DataFrame(
        [{"name": n, "start": a * DAY, "stop": b * DAY} for n, (a, b) in edges.items()]
    )
    rows = pd.DataFrame(conditions or {})
    axes = {name: Variable("1", name) for name in rows}
    lives = {} if contacts is None else {"pair": _contacts(contacts, cells)}
    described = pd.DataFrame({"slot": np.arange(slots), "recorded": True, **cells, **(more or {})})
    names = tuple(stages.split()) if lives or stages != ALIVE else ()
    spines = {"pair": SpineInfo(described, {}, names)}
    info = RunInfo({"protocol": "p", "model": "m", "seed": 0}, {}, 1.0, table, pd.DataFrame(),
                   rows, axes, spines, {}, pd.DataFrame(), {})  # fmt: skip
    return Trajectory(info, {"pair": dataset}, {}, contacts=lives)


def _contacts(contacts: Any, cells: Mapping[str, Any]) -> pd.DataFrame:
    slot, birth, death = np.asarray(contacts, float).reshape(-1, 3).T
    slot = slot.astype(np.int64)
    facts = {"contact": np.arange(slot.size), "slot": slot, "pre": 0, "post": 0,
             "condition": cells["condition"][slot], "repeat": cells["repeat"][slot],
             "birth": birth * DAY, "death": death * DAY}  # fmt: skip
    return pd.DataFrame(facts, columns=COLUMNS)


def make_lives(
    slots: int, days: float, lifetime: Callable[[Any, int], Any], gap: float, seed: int,
    start: float = 0.0,
) -> list[tuple[int, float, float]]:  # fmt: skip
    """Return contacts of slots that are empty for exponential times (mean `gap`), then live.

    The process begins at `start`, empty, and contacts that are over before 0 are left out.
    """
    generator = np.random.default_rng(seed)
    clock, active, found = np.full(slots, float(start)), np.arange(slots), []
    while active.size:
        birth = clock[active] + generator.exponential(gap, active.size)
        death = birth + lifetime(generator, active.size)
        found.append(np.column_stack([active, birth, death])[birth < days])
        clock[active] = death
        active = active[death < days]
    table = np.concatenate(found)
    table = table[table[:, 2] > 0]
    table[table[:, 2] > days, 2] = np.nan
    return [tuple(row) for row in table[np.lexsort((table[:, 1], table[:, 0]))]]


def presence(contacts: Any, slots: int, times: Any) -> Any:
    """Return the row of the contact that lives in each slot at each time, or -1."""
    number = np.full((len(times), slots), -1)
    for row, (slot, birth, death) in enumerate(contacts):
        alive = ~(birth > times) & ~(death <= times)
        number[alive, int(slot)] = row
    return number


def make_protocol(
    days: float = 20, conditions: Mapping[str, Any] | None = None, **tables: Any
) -> Protocol:
    """Return a protocol with one phase of some days, with a snapshot each day."""
    axes = {name: {"values": list(dict.fromkeys(values)), "meaning": name}
            for name, values in (conditions or {}).items()}  # fmt: skip
    return Protocol(
        name="p", step="1 s", record_every="1 day", conditions=axes,
        phases=[{"name": "days", "duration": f"{days} day"}], **tables,
    )  # fmt: skip


def make_changes(conditions: Any = None, plot: Any = None, **facts: Any) -> Protocol:
    """Return a protocol with a stimulus, of the phases `early` (a day) and `late` (two more).

    It measures the change of size, as `facts` say.
    """
    uncaging = {"kind": "uncaging", "projection": "pair", "rate": "1 Hz", "count": 1, "number": 2}
    phases = [
        {"name": "early", "duration": "1 day", "stimuli": [uncaging]},
        {"name": "late", "duration": "2 day"},
    ]
    axes = {name: {"values": list(dict.fromkeys(values)), "meaning": name}
            for name, values in (conditions or {}).items()}  # fmt: skip
    found = {"kind": "size_change", "meaning": "Change of size", "phase": "late",
             "since": "early", **facts}  # fmt: skip
    return Protocol(name="p", step="1 s", record_every="1 day", phases=phases, conditions=axes,
                    measures={"found": found}, plot=plot)  # fmt: skip


@pytest.fixture(scope="session")
def synthetic() -> SimpleNamespace:
    """What makes synthetic runs and measures them."""

    def measured(trajectory: Trajectory, **tables: Any) -> pd.DataFrame:
        """Return the table of one measure of the phase `days`."""
        last = trajectory.spines["pair"]["time"].values[-1] / DAY
        conditions = {n: list(c) for n, c in trajectory.info.conditions.items()}
        facts = {"meaning": "m", "phase": "days", **tables}
        protocol = make_protocol(last, conditions, measures={"found": facts})
        return measure(trajectory, protocol)["found"]

    return SimpleNamespace(
        trajectory=make_trajectory, lives=make_lives, presence=presence, protocol=make_protocol,
        measured=measured, day=DAY, changes=make_changes,
    )  # fmt: skip
