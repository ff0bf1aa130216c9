"""The table of every contact that ever lived, from births and deaths."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from neurospine.results.contacts import contact_table, read_events
from neurospine.results.info import RunInfo, SpineInfo
from neurospine.results.segments import CONTACTS, append, contact_stream, segment_path

STEP = 0.1
DIED, BORN, REPLACED = 1, 2, 3
NEVER = float("nan")
#: What happened: tick, slot, presynaptic cell, kind.
Event = tuple[int, int, int, int]


def info(present: list[bool]) -> RunInfo:
    """Slots on a cell each; slot k has axon 10 k at the start."""
    size = len(present)
    slots = pd.DataFrame(
        {
            "slot": np.arange(size, dtype=np.int32),
            "pre": 10 * np.arange(size, dtype=np.int32),
            "post": 100 + np.arange(size, dtype=np.int32),
            "delay": np.zeros(size),
            "condition": np.arange(size) // 2,
            "repeat": np.arange(size) % 2,
            "present": present,
            "recorded": np.ones(size, bool),
        }
    )
    empty = pd.DataFrame()
    spines = {"pair": SpineInfo(slots, {}, ("absent", "spine"))}
    return RunInfo({}, {}, STEP, empty, empty, empty, {}, spines, {}, empty, {})


def table(present: list[bool], *events: Event) -> pd.DataFrame:
    columns = list(zip(*events, strict=True)) or [()] * 4
    arrays = tuple(np.array(c, k) for c, k in zip(columns, CONTACTS, strict=True))
    return contact_table(info(present), "pair", arrays)


def lives(found: pd.DataFrame) -> list[tuple[int, int, float, float]]:
    """Slot, presynaptic cell, birth and death in ticks; -1 for never."""
    rows = found[["slot", "pre", "birth", "death"]].fillna(-STEP).itertuples(index=False)
    return [
        (slot, pre, round(birth / STEP), round(death / STEP)) for slot, pre, birth, death in rows
    ]


def test_without_events_only_those_of_the_start_lived() -> None:
    found = table([True, False, True])
    assert lives(found) == [(0, 0, -1, -1), (2, 20, -1, -1)]
    assert found["contact"].tolist() == [0, 1]
    assert list(found.columns) == [
        "contact", "slot", "pre", "post", "condition", "repeat", "birth", "death",
    ]  # fmt: skip


def test_without_spines_the_table_is_empty() -> None:
    assert table([False, False]).empty
    assert table([]).empty


def test_a_contact_knows_its_cells_condition_and_repeat() -> None:
    found = table([False, False, False, True], (5, 2, 77, BORN)).set_index("slot")
    assert found.loc[2, ["pre", "post", "condition", "repeat"]].tolist() == [77, 102, 1, 0]
    assert found.loc[3, ["pre", "post", "condition", "repeat"]].tolist() == [30, 103, 1, 1]


def test_each_death_ends_the_contact_that_is_there() -> None:
    found = table(
        [True, False],
        (3, 0, 0, DIED), (4, 1, 11, BORN), (7, 0, 12, BORN), (8, 1, 11, DIED), (9, 0, 12, DIED),
        (9, 1, 13, BORN),
    )  # fmt: skip
    assert lives(found) == [(0, 0, -1, 3), (0, 12, 7, 9), (1, 11, 4, 8), (1, 13, 9, -1)]


def test_a_slot_whose_spine_is_replaced_in_one_tick_holds_two_contacts() -> None:
    found = table(
        [True, False],
        (4, 0, 5, REPLACED), (4, 1, 6, BORN), (6, 0, 7, REPLACED), (6, 1, 8, REPLACED),
        (9, 0, 7, DIED),
    )  # fmt: skip
    assert lives(found) == [
        (0, 0, -1, 4), (0, 5, 4, 6), (0, 7, 6, 9), (1, 6, 4, 6), (1, 8, 6, -1),
    ]  # fmt: skip


def test_a_death_at_the_first_tick_is_not_taken_for_no_death() -> None:
    found = table([True, True], (0, 0, 0, DIED))
    assert found["death"].tolist() == pytest.approx([0.0, NEVER], nan_ok=True)


def test_times_are_whole_steps_of_the_run() -> None:
    found = table([False], (3, 0, 0, BORN), (7, 0, 0, DIED))
    assert found.loc[0, ["birth", "death"]].tolist() == [3 * STEP, 7 * STEP]


def by_slot(present: list[bool], events: list[Event]) -> list[tuple[int, int, float, float]]:
    """The same slot by slot, in a plain loop."""
    rows = []
    for slot, there in enumerate(present):
        now = (10 * slot, -1) if there else None
        for tick, where, pre, what in events:
            if where != slot:
                continue
            if what & DIED:
                assert now is not None
                rows.append((slot, *now, tick))
                now = None
            if what & BORN:
                now = (pre, tick)
        if now is not None:
            rows.append((slot, *now, -1))
    return rows


@pytest.mark.parametrize("seed", range(5))
def test_many_events_are_sorted_as_a_plain_loop_does(seed: int) -> None:
    random = np.random.default_rng(seed)
    present = [bool(x) for x in random.random(30) < 0.5]
    there, events = list(present), []
    for tick in range(200):
        for slot in map(int, np.flatnonzero(random.random(30) < 0.05)):
            what = int(random.choice([DIED, REPLACED])) if there[slot] else BORN
            there[slot] = what != DIED
            events.append((tick, slot, int(random.integers(1000)), what))
    found = table(present, *events)
    assert len(found) > 200
    assert lives(found) == by_slot(present, events)
    assert found["contact"].tolist() == list(range(len(found)))


def test_events_are_read_up_to_the_last_whole_record(tmp_path: Path) -> None:
    stream = contact_stream("pair")
    wanted: list[list[int]] = [[], [], [], []]
    for tick, count in ((10, 3), (20, 0), (30, 1)):
        columns = [np.arange(1, count + 1).astype(kind) + k for k, kind in enumerate(CONTACTS)]
        append(tmp_path, stream, tick, count, *columns)
        for column, values in zip(wanted, columns, strict=True):
            column.extend(values.tolist())
    path = segment_path(tmp_path, stream)
    path.write_bytes(path.read_bytes() + b"NSSPSEG1")
    found = read_events(tmp_path, "pair")
    assert [column.tolist() for column in found] == wanted
    assert [column.dtype for column in found] == [np.dtype(kind) for kind in CONTACTS]


def test_without_a_stream_there_are_no_events(tmp_path: Path) -> None:
    assert [column.size for column in read_events(tmp_path, "pair")] == [0, 0, 0, 0]
