"""Phases of spiking and of consolidation, and the cycle that repeats some of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neurospine import Protocol
from neurospine.errors import ProtocolError
from neurospine.simulation.schedule import common_steps, recorded, stretches

DAY = 86400.0
#: Additions of a few float64.
ROUNDING = 1e-15
#: Seconds of processor time for one protocol; a real one takes a tenth of it.
LIMIT = 2.0

ACTIVE = {"name": "active", "duration": "100 ms"}
QUIET = {
    "name": "quiet",
    "kind": "consolidation",
    "duration": "2 day",
    "record_every": "1 day",
}


@pytest.fixture
def protocol(tables: dict[str, Any]) -> Any:
    """Return a protocol with other phases and cycle."""

    def make(*phases: dict[str, Any], **facts: Any) -> Protocol:
        return Protocol(**{**tables, "phases": phases, **facts})

    return make


def test_phases_follow_each_other_in_biological_time(protocol: Any) -> None:
    made = protocol(ACTIVE, QUIET, {**ACTIVE, "name": "again"})
    assert [phase.spiking for phase in made.phases] == [True, False, True]
    times = made.phase_times()
    assert times["active"] == (0.0, 0.1)
    assert times["quiet"] == pytest.approx((0.1, 0.1 + 2 * DAY), rel=ROUNDING, abs=0)
    assert made.duration == pytest.approx(0.2 + 2 * DAY, rel=ROUNDING, abs=0)


def test_a_cycle_is_gone_through_between_what_stands_around_it(protocol: Any) -> None:
    first, last = ({**ACTIVE, "name": name} for name in ("first", "last"))
    made = protocol(first, ACTIVE, QUIET, last, cycle={"phases": ("active", "quiet"), "count": 2})
    assert [phase.name for phase in made.epochs] == [
        "first", "active_1", "quiet_1", "active_2", "quiet_2", "last",
    ]  # fmt: skip
    assert [phase.original for phase in made.epochs][1:3] == ["active", "quiet"]
    assert [phase.name for phase in made.phases] == ["first", "active", "quiet", "last"]
    assert made.duration == pytest.approx(0.4 + 4 * DAY, rel=ROUNDING, abs=0)
    times = list(made.phase_times().values())
    assert [stop for _, stop in times[:-1]] == [start for start, _ in times[1:]]


def test_a_phase_may_be_recorded_at_an_interval_of_its_own(protocol: Any) -> None:
    made = protocol(ACTIVE, QUIET)
    assert [made.recorded_every(phase) for phase in made.phases] == [0.01, DAY]


def test_a_program_goes_through_phases_in_whole_steps(protocol: Any) -> None:
    quiet = {**QUIET, "activity": "active", "tick": "6 hour"}
    made = protocol(
        ACTIVE, quiet, spine_step="20 ms", cycle={"phases": ("active", "quiet"), "count": 3}
    )
    found = stretches(made)
    assert len(found) == 6
    active, consolidation = found[2:4]
    assert (active.spiking, active.steps, active.slow_steps, active.record_steps) == (
        True, 100, 20, 10,
    )  # fmt: skip
    assert (active.sampled, active.sample_steps) == (True, 0)
    assert not consolidation.spiking
    steps = np.array([consolidation.steps, consolidation.record_steps, consolidation.slow_steps])
    np.testing.assert_array_equal(steps * 1e-3, [2 * DAY, DAY, DAY / 4])
    assert (consolidation.sampled, consolidation.sample_steps) == (False, 100)
    assert recorded(found) == 1 + 3 * (10 + 2)


def test_borders_of_spiking_fall_on_snapshots_and_on_ticks(protocol: Any) -> None:
    made = protocol(ACTIVE, {**QUIET, "tick": "7 s", "record_every": "14 s", "duration": "28 s"},
                    spine_step="25 ms")  # fmt: skip
    assert common_steps(stretches(made), slow=True) == 5
    assert common_steps(stretches(made), slow=False) == 10


def test_without_spiking_there_is_nothing_between_borders(protocol: Any) -> None:
    assert common_steps(stretches(protocol(QUIET)), slow=True) == 1


@pytest.mark.parametrize("step", ["3 ms", "0.3 ms", "3 s"])
def test_the_tick_of_spines_is_free_where_nobody_asks_for_it(protocol: Any, step: str) -> None:
    """The default of a second need not be a multiple of the step if no spine lives."""
    made = protocol({"name": "a", "duration": "9 s"}, step=step, record_every="3 s")
    assert all(stretch.slow_steps > 0 for stretch in stretches(made))


PLACE = "[[phases]] 'x'"
SPIKING = {"name": "x", "duration": "100 ms"}
CONSOLIDATION = {**QUIET, "name": "x"}
STIMULUS = {"kind": "regular", "population": "presynaptic", "rate": "10 Hz", "count": 2}


@pytest.mark.parametrize(
    ("phases", "words"),
    [
        ((), ("[[phases]]", "at least one")),
        ((SPIKING, SPIKING), (PLACE, "two phases have this name")),
        (({**SPIKING, "duration": "1"},), (PLACE, "duration")),
        (({**SPIKING, "duration": "0 s"},), (PLACE, "duration: must be positive", "0 s")),
        (({**SPIKING, "record_every": "1 mV"},), (PLACE, "record_every", "mV")),
        (({**SPIKING, "record_every": "-1 s"},), (PLACE, "record_every: must be positive")),
        (({**CONSOLIDATION, "tick": "1 V"},), (PLACE, "tick", "'V'")),
        (({**CONSOLIDATION, "tick": "0 s"},), (PLACE, "tick: must be positive")),
        (({**SPIKING, "tick": "1 s"},), (PLACE, "tick: goes with kind = 'consolidation'")),
        ((ACTIVE, {**SPIKING, "activity": "active"}),
         (PLACE, "activity: goes with kind = 'consolidation'")),
        (({**CONSOLIDATION, "stimuli": [STIMULUS]},), (PLACE, "stimuli: go with kind = 'spiking'")),
        (({**SPIKING, "kind": "sleep"},), ("phases", "kind", "'spiking' or 'consolidation'")),
        (({**CONSOLIDATION, "activity": "active"}, ACTIVE),
         (PLACE, "activity: no spiking phase before it", "nothing to choose from")),
        ((ACTIVE, {**CONSOLIDATION, "activity": "activ"}), (PLACE, "Did you mean 'active'")),
        ((ACTIVE, QUIET, {**CONSOLIDATION, "activity": "quiet"}),
         (PLACE, "no spiking phase before it", "Known: active")),
        (({**SPIKING, "record_every": "30 ms"},),
         (PLACE, "duration: 100 ms is no multiple of record_every = 30 ms")),
        (({**SPIKING, "record_every": "12.5 ms"},),
         (PLACE, "record_every: 12.5 ms is no multiple of the step")),
        (({**CONSOLIDATION, "record_every": None},),
         (PLACE, "record_every: 10 ms is no multiple of the tick = 1 hour")),
        (({**CONSOLIDATION, "tick": "7 hour"},),
         (PLACE, "record_every: 1 day is no multiple of the tick = 7 hour")),
        (({**CONSOLIDATION, "tick": "1.5 ms", "record_every": "3 ms", "duration": "6 ms"},),
         (PLACE, "tick: is no multiple of the step of 0.001 s")),
        (({**SPIKING, "duration": "1e7 s"},), ("[[phases]]", "steps are more than 2147483646")),
        (({**CONSOLIDATION, "duration": "1e12 day"},), ("[[phases]]", "too long for its step")),
    ],
)  # fmt: skip
def test_wrong_phases_are_refused(
    protocol: Any, phases: tuple[dict[str, Any], ...], words: tuple[str, ...]
) -> None:
    with pytest.raises(ProtocolError) as caught:
        protocol(*phases)
    message = str(caught.value)
    assert [word for word in words if word not in message] == []
    assert "\n" not in message


@pytest.mark.parametrize(
    ("cycle", "words"),
    [
        ({"phases": (), "count": 2}, ("[cycle]: phases: must follow each other",)),
        ({"phases": ("activ",), "count": 2}, ("[cycle]: phases: 'activ'", "'active'")),
        ({"phases": ("quiet", "active"), "count": 2}, ("must follow each other as in the file",)),
        ({"phases": ("active", "x"), "count": 2}, ("must follow each other as in the file",)),
        ({"phases": ("active", "active"), "count": 2}, ("must follow each other as in the file",)),
        ({"phases": ("x", "active"), "count": 2}, ("must follow each other as in the file",)),
        ({"phases": ("active",), "count": 0}, ("cycle", "count", "greater than 0")),
        ({"phases": ("active",), "count": 10**7}, ("cycle", "count")),
        ({"phases": ("active",)}, ("cycle", "count")),
        ({"phases": ("x",), "count": 30_000}, ("[[phases]]", "steps are more than")),
    ],
)  # fmt: skip
def test_a_wrong_cycle_is_refused(
    protocol: Any, cycle: dict[str, Any], words: tuple[str, ...]
) -> None:
    long = {**SPIKING, "duration": "100 s"}
    with pytest.raises(ProtocolError) as caught:
        protocol(ACTIVE, QUIET, long, cycle=cycle)
    message = str(caught.value)
    assert [word for word in words if word not in message] == []
    assert "\n" not in message


def test_no_phase_is_called_as_a_turn_of_the_cycle(protocol: Any) -> None:
    """Times and measures are found by the name of a phase."""
    other = {**QUIET, "name": "active_1"}
    with pytest.raises(ProtocolError, match=r"\[\[phases\]\] 'active_1'"):
        protocol(ACTIVE, other, cycle={"phases": ("active",), "count": 2})


def test_many_turns_of_a_cycle_are_soon_checked(protocol: Any, work_limit: Any) -> None:
    with work_limit(LIMIT):
        made = protocol(QUIET, cycle={"phases": ("quiet",), "count": 100_000})
    assert made.duration == pytest.approx(2e5 * DAY, rel=1e-9, abs=0)


def test_a_cycle_applies_the_latest_sample_in_every_turn(protocol: Any) -> None:
    first, second = ACTIVE, {**ACTIVE, "name": "other"}
    rest = [{**QUIET, "name": f"after_{name}", "activity": name} for name in ("active", "other")]
    turns = {"phases": ["after_active", "other", "after_other"], "count": 2}
    with pytest.raises(ProtocolError, match="'after_active_2': activity: 'other' was measured"):
        protocol(first, rest[0], second, rest[1], cycle=turns)


def test_snapshots_are_no_closer_than_ticks(protocol: Any) -> None:
    long = {**QUIET, "duration": "60 day", "tick": "30 day", "record_every": "1 s"}
    with pytest.raises(ProtocolError, match="record_every: 1 s is no multiple of the tick"):
        protocol(long)
