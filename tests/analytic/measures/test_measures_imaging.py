"""Density, turnover, survival, stages and ages against tables made by hand and known laws."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from neurospine.errors import ResultError

#: Standard errors by which a random result may be off.
FAR = 4.5
NEVER = np.nan

#: Slot 0 lives on; in slot 1 a spine dies and another is born between two visits; slot 2 is
#: filled on the way to day 2; slot 3 is lost before day 3.
CONTACTS = [(0, NEVER, NEVER), (1, NEVER, 0.5), (1, 0.8, NEVER), (2, 1.5, NEVER), (3, NEVER, 2.2)]
VOLUMES = [[0.1, 0.1, 0.0, 0.2], [0.1, 0.05, 0.0, 0.2], [0.1, 0.05, 0.02, 0.2],
           [0.1, 0.04, 0.03, 0.0]]  # fmt: skip


@pytest.fixture
def four(synthetic: Any) -> Any:
    return synthetic.trajectory(VOLUMES, CONTACTS)


def value(table: Any) -> float:
    (found,) = table["value"]
    return float(found)


def test_a_spine_that_takes_the_place_of_another_is_another_one(synthetic: Any, four: Any) -> None:
    table = synthetic.measured(four, kind="survival", every="1 day")
    assert table["lag"].tolist() == [0, 1, 2, 3]
    assert table["value"].tolist() == pytest.approx([1, 2 / 3, 2 / 3, 1 / 3])
    error = np.sqrt(2 / 9 / 3)
    assert table["standard_error"].tolist() == pytest.approx([0, error, error, error])


def test_contacts_are_put_in_order(synthetic: Any, four: Any) -> None:
    """As they are, from last to first, and with unknown births after known ones."""
    facts = {"kind": "survival", "every": "1 day"}
    expected = synthetic.measured(four, **facts)
    table = four.contacts["pair"]
    for rows in ([0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [0, 2, 1, 3, 4]):
        four.contacts["pair"] = table.iloc[rows]
        assert synthetic.measured(four, **facts).equals(expected)


def test_without_contacts_a_slot_is_a_spine(synthetic: Any) -> None:
    run = synthetic.trajectory(VOLUMES)
    table = synthetic.measured(run, kind="survival", every="1 day", lags=["1 day", "3 day"])
    assert table["value"].tolist() == pytest.approx([1, 2 / 3])


@pytest.mark.parametrize(
    ("give", "expected"),
    [
        ("turnover", (2 / 6, 1 / 7, 1 / 7)),
        ("gained", (1 / 3, 1 / 3, 0)),
        ("lost", (1 / 3, 0, 1 / 4)),
    ],
)
def test_turnover_counts_what_came_and_went_between_visits(
    synthetic: Any, four: Any, give: str, expected: tuple[float, ...]
) -> None:
    every = {"kind": "turnover", "every": "1 day", "give": give}
    assert value(synthetic.measured(four, **every)) == pytest.approx(np.mean(expected))
    table = synthetic.measured(four, **every, over_time=True)
    assert table["time"].tolist() == [1, 2, 3]
    assert table["value"].tolist() == pytest.approx(expected)
    rare = synthetic.measured(four, kind="turnover", every="72 hour", give=give)
    assert value(rare) == pytest.approx({"turnover": 4 / 6, "gained": 2 / 3, "lost": 2 / 3}[give])


def test_new_spines_are_followed_from_their_first_visit(synthetic: Any, four: Any) -> None:
    new = {"kind": "survival", "every": "1 day", "of": "new"}
    table = synthetic.measured(four, **new, lags=["1 day"])
    assert value(table) == 1.0
    sharp = synthetic.measured(four, **new, lags=["1 day"], detection="0.045 um**3")
    assert value(sharp) == 1.0  # the second spine of slot 1 alone, from day 1 to day 2
    sharp = synthetic.measured(four, **new, lags=["2 day"], detection="0.045 um**3")
    assert value(sharp) == 0.0  # alive, but too small to be seen


def test_a_spine_out_of_sight_for_a_visit_counts_at_the_end_only(synthetic: Any) -> None:
    run = synthetic.trajectory(
        [[0.1, 0.1], [0.01, 0.1], [0.1, 0.1]], [(0, NEVER, NEVER), (1, 0, 3)]
    )
    look = {"kind": "survival", "every": "1 day", "lags": ["2 day"], "detection": "0.02 um**3"}
    assert value(synthetic.measured(run, **look)) == 0.5
    assert value(synthetic.measured(run, **look, seen="end")) == 1.0
    assert value(synthetic.measured(run, **{**look, "detection": "0 um**3"})) == 1.0


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("seen", ["every_visit", "end"])
@pytest.mark.parametrize("of", ["present", "new"])
def test_survival_is_that_of_a_plain_count(synthetic: Any, seed: int, seen: str, of: str) -> None:
    """A random run, spine by spine and visit by visit, in loops."""
    slots, days, lag, threshold = 40, 9, 3, 0.05
    lives = synthetic.lives(slots, days, lambda g, n: g.exponential(4, n), 1.0, seed, -5)
    number = synthetic.presence(lives, slots, np.arange(days + 1))
    volume = np.where(number < 0, 0, np.random.default_rng(seed).uniform(0.04, 0.1, number.shape))
    seen_of: dict[int, list[int]] = {}
    for day, slot in np.argwhere(volume >= threshold):
        seen_of.setdefault(int(number[day, slot]), []).append(int(day))
    kept = cohort = 0
    for visits in seen_of.values():
        first = visits[0]
        if first == 0 if of == "present" else 0 < first <= days - lag:
            cohort += 1
            needed = range(first, first + lag + 1) if seen == "every_visit" else [first + lag]
            kept += set(needed) <= set(visits)
    run = synthetic.trajectory(volume, lives)
    table = synthetic.measured(
        run, kind="survival", every="1 day", lags=["3 day"], seen=seen, of=of,
        detection="0.05 um**3",
    )  # fmt: skip
    assert value(table) == pytest.approx(kept / cohort)


TAU, GAP, SLOTS, DAYS = 10.0, 10.0, 40_000, 24


@pytest.fixture(scope="module")
def steady(synthetic: Any) -> Any:
    """Exponential lives in the steady state, so that half of the slots hold a spine."""
    lives = synthetic.lives(SLOTS, DAYS, lambda g, n: g.exponential(TAU, n), GAP, 5, start=-100)
    number = synthetic.presence(lives, SLOTS, np.arange(DAYS + 1))
    volume = np.where(number < 0, 0.0, 0.1)
    return synthetic.trajectory(volume, lives, repeat=np.arange(SLOTS) % 8)


def near(table: Any, expected: Any) -> None:
    assert (table["n"] == 8).all()
    off = (table["value"].to_numpy() - expected) / table["standard_error"].to_numpy()
    assert np.abs(off).max() < FAR
    assert np.abs(table["value"].to_numpy() - expected).max() < 0.1


def test_exponential_lives_survive_exponentially(synthetic: Any, steady: Any) -> None:
    lags = [2, 8, 16]
    for of in ("present", "new"):
        table = synthetic.measured(
            steady, kind="survival", every="2 day", lags=[f"{lag} day" for lag in lags], of=of
        )
        near(table, np.exp(-np.array(lags) / TAU))
    for of in ("present", "new"):
        near(synthetic.measured(steady, kind="persistent_fraction", of=of), np.exp(-8 / TAU))


def test_turnover_of_exponential_lives(synthetic: Any, steady: Any) -> None:
    gone = 1 - np.exp(-4 / TAU)
    rate = 1 / TAU + 1 / GAP
    kept = (1 + np.exp(-4 * rate)) / 2  # a slot that holds a spine holds one 4 days later
    near(synthetic.measured(steady, kind="turnover", every="4 day", give="lost"), gone)
    near(synthetic.measured(steady, kind="turnover", every="4 day"), gone)
    near(synthetic.measured(steady, kind="turnover", every="4 day", give="gained"), gone)
    slot = synthetic.trajectory(steady.spines["pair"]["volume"].values,
                                repeat=np.arange(SLOTS) % 8)  # fmt: skip
    near(synthetic.measured(slot, kind="turnover", every="4 day", give="lost"), 1 - kept)


def test_density_is_per_slot_or_relative_to_the_start(synthetic: Any, steady: Any) -> None:
    near(synthetic.measured(steady, kind="density", relative_to="slots"), 0.5)
    near(synthetic.measured(steady, kind="density"), 1.0)


def test_density_by_size_and_over_time(synthetic: Any, four: Any) -> None:
    table = synthetic.measured(four, kind="density", every="1 day")
    assert table["time"].tolist() == [0, 1, 2, 3]
    assert table["value"].tolist() == pytest.approx([1, 1, 4 / 3, 1])
    small = synthetic.measured(four, kind="density", smaller_than="0.1 um**3", relative_to="slots")
    assert value(small) == 0.5
    large = synthetic.measured(four, kind="density", detection="0.05 um**3")
    assert value(large) == pytest.approx(1 / 3)
    stage = [[1, 1, 0, 2]] * 4
    run = synthetic.trajectory(VOLUMES, CONTACTS, stage=stage, stages="absent thin mushroom")
    thin = synthetic.measured(run, kind="density", stages=["thin"], relative_to="slots")
    assert value(thin) == 0.5
    with pytest.raises(ResultError, match=r"'thim'.*'thin'"):
        synthetic.measured(run, kind="density", stages=["thim"])


def test_errors_within_one_repeat_are_those_over_repeats(synthetic: Any, steady: Any) -> None:
    """What one repeat says of its precision is what eight of an eighth of the slots show."""
    volume = steady.spines["pair"]["volume"].values
    lives = steady.contacts["pair"]
    one = synthetic.trajectory(volume)
    one.contacts["pair"] = lives.assign(repeat=0)
    for facts in (
        {"kind": "density"},
        {"kind": "density", "relative_to": "slots"},
        {"kind": "survival", "every": "8 day", "lags": ["8 day"]},
        {"kind": "turnover", "every": "24 day", "give": "lost"},
        {"kind": "ages", "give": "median"},
        {"kind": "kaplan_meier", "give": "mean"},
        {"kind": "lifetime", "give": "mean"},
    ):
        within, over = (synthetic.measured(run, **facts) for run in (one, steady))
        assert value(within) == pytest.approx(value(over), rel=0.05)
        quotient = within["standard_error"].item() / over["standard_error"].item()
        assert 0.4 < quotient < 2.5, facts  # an error from eight values is off by a quarter


def test_stages_are_shared_out(synthetic: Any) -> None:
    stage = [[0, 1, 1, 2], [0, 0, 2, 2]]
    run = synthetic.trajectory(np.array(stage) * 0.1, stage=stage, stages="absent thin mushroom")
    table = synthetic.measured(run, kind="occupancy")
    assert table["stage"].tolist() == ["absent", "thin", "mushroom"]
    assert table["value"].tolist() == [0.5, 0, 0.5]
    spines = synthetic.measured(run, kind="occupancy", of="spines", at="start")
    assert spines["stage"].tolist() == ["thin", "mushroom"]
    assert spines["value"].tolist() == pytest.approx([2 / 3, 1 / 3])
    one = synthetic.measured(run, kind="occupancy", stage="mushroom", every="1 day")
    assert one["value"].tolist() == [0.25, 0.5]
    assert list(one.columns[:2]) == ["time", "value"]
    both = synthetic.measured(run, kind="occupancy", every="1 day")
    assert both["time"].tolist() == [0, 0, 0, 1, 1, 1]
    with pytest.raises(ResultError, match="no stage 'thim'"):
        synthetic.measured(run, kind="occupancy", stage="thim")


def test_ages_of_exponential_lives_are_exponential(synthetic: Any, steady: Any) -> None:
    near(synthetic.measured(steady, kind="ages", give="mean"), TAU)
    near(synthetic.measured(steady, kind="ages", give="median"), TAU * np.log(2))
    near(synthetic.measured(steady, kind="ages", give="older"), np.exp(-8 / TAU))


def test_a_spine_from_before_the_run_is_as_old_as_the_run(synthetic: Any, four: Any) -> None:
    table = synthetic.measured(four, kind="ages", give="mean", unit="hour")
    assert value(table) == pytest.approx(24 * np.mean([3, 3 - 0.8, 3 - 1.5]))
    with pytest.raises(ResultError, match="8 day"):
        synthetic.measured(four, kind="ages", give="older")


def test_a_visit_without_a_snapshot_is_an_error(synthetic: Any) -> None:
    run = synthetic.trajectory(VOLUMES, CONTACTS, phases={"days": (0, 5)})
    with pytest.raises(ResultError, match="no snapshot at 432000 s"):
        synthetic.measured(run, kind="density")


def test_without_contacts_spines_that_come_and_go_are_not_told_apart(
    synthetic: Any, four: Any
) -> None:
    four.contacts.clear()
    told_apart = (
        {"kind": "density"},
        {"kind": "turnover", "every": "1 day"},
        {"kind": "ages", "give": "mean"},
        {"kind": "kesten", "give": "factor"},
    )
    for kind in told_apart:
        with pytest.raises(ResultError, match="contacts of 'pair' were not recorded"):
            synthetic.measured(four, **kind)
    assert value(synthetic.measured(four, kind="density", relative_to="slots")) == 0.75
    size = synthetic.measured(four, kind="size_distribution", give="mean")
    assert value(size) == pytest.approx(0.17 / 3)


def test_spines_of_a_recorded_part_of_the_slots_keep_their_contacts(synthetic: Any) -> None:
    run = synthetic.trajectory(VOLUMES, CONTACTS)
    run.info.spines["pair"].slots["recorded"] = [False, True, False, True]
    kept = run.spines["pair"].isel(slot=[1, 3])
    run.spines["pair"] = kept.assign_coords(slot=[0, 1])
    table = synthetic.measured(run, kind="survival", every="1 day", lags=["2 day", "3 day"])
    assert table["value"].tolist() == [0.5, 0.0]


def test_stages_are_not_counted_where_they_were_not_recorded(synthetic: Any) -> None:
    run = synthetic.trajectory(VOLUMES, CONTACTS)
    bare = replace(run, spines={"pair": run.spines["pair"].drop_vars("stage")})
    assert not synthetic.measured(bare, kind="density", relative_to="slots").empty
    with pytest.raises(ResultError, match="stage was not recorded"):
        synthetic.measured(bare, kind="density", relative_to="slots", stages=["spine"])
