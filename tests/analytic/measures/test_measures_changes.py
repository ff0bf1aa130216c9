"""Changes of single spines, by hand: stimulated ones, their neighbours, and those that vanish."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from neurospine import measure
from neurospine.errors import ResultError

#: Two stimulated spines, and others 1, 2, 3 and 8 um away, and one on another dendrite.
DISTANCE = np.array([0, 0, 1.0, 2.0, 3.0, 8.0, np.inf])
STIMULATED = DISTANCE == 0
FIRST = np.array([0.1, 0.2, 0.1, 0.4, 0.1, 0.2, 0.1])
#: Relative changes at three snapshots after the first.
CHANGE = np.array(
    [
        [1.0, 0.5, -0.1, -0.2, 0.1, 0.0, 0.3],
        [0.5, 0.1, -0.3, -0.1, 0.4, 0.1, 0.2],
        [0.25, 0.05, -0.5, 0.0, -0.2, 0.2, 0.1],
    ]
)
VOLUME = np.concatenate([FIRST[None], FIRST * (1 + CHANGE)])
PLACES = {"stimulated": STIMULATED, "stimulated_distance": DISTANCE, "position": DISTANCE}
PHASES = {"early": (0.0, 1.0), "late": (1.0, 3.0)}
ARM = {"arm": ["sham", "stimulated"]}
BINS = ["0 um", "2 um", "4 um", "10 um"]


@pytest.fixture
def one(synthetic: Any) -> Any:
    """One dendrite."""
    return synthetic.trajectory(VOLUME, phases=PHASES, more=PLACES)


@pytest.fixture
def measured(synthetic: Any) -> Any:
    """A function from a trajectory and keys of the measure to its table."""

    def table(trajectory: Any, **facts: Any) -> pd.DataFrame:
        conditions = {n: list(c) for n, c in trajectory.info.conditions.items()}
        return measure(trajectory, synthetic.changes(conditions, **facts))["found"]

    return table


@pytest.fixture
def value(measured: Any) -> Any:
    """The same to its one value."""

    def number(trajectory: Any, **facts: Any) -> float:
        (found,) = measured(trajectory, **facts)["value"]
        return float(found)

    return number


def test_the_change_is_from_the_start_of_one_phase_to_times_in_another(
    one: Any, value: Any, measured: Any
) -> None:
    assert value(one) == pytest.approx(CHANGE[2].mean())  # the end of the phase
    assert value(one, since=None) == pytest.approx(np.mean(VOLUME[3] / VOLUME[1] - 1))
    assert value(one, phase="early") == pytest.approx(CHANGE[0].mean())
    table = measured(one, at=["0 day", "1 day", "2 day"], unit="hour")
    assert table["time"].tolist() == [0, 24, 48]
    np.testing.assert_allclose(table["value"], CHANGE.mean(axis=1))
    assert measured(one, at=["1 day"])["time"].tolist() == [86400]  # seconds, if nothing is said


@pytest.mark.parametrize(
    ("facts", "slots"),
    [
        ({"spines": "stimulated"}, [0, 1]),
        ({"spines": "neighbours"}, [2, 3, 4, 5]),
        ({"spines": "neighbours", "to_distance": "2 um"}, [2]),
        ({"spines": "neighbours", "from_distance": "2 um", "to_distance": "8 um"}, [3, 4]),
        ({"spines": "neighbours", "from_distance": "2 um"}, [3, 4, 5]),
        ({"spines": "all"}, [0, 1, 2, 3, 4, 5, 6]),
        ({"larger_than": "0.2 um**3"}, [1, 3, 5]),
        ({"smaller_than": "0.2 um**3"}, [0, 2, 4, 6]),
        ({"spines": "neighbours", "smaller_than": "0.2 um**3"}, [2, 4]),
    ],
)  # fmt: skip
def test_spines_are_chosen_by_stimulus_distance_and_size(
    one: Any, facts: dict[str, Any], slots: list[int], value: Any
) -> None:
    assert value(one, **facts) == pytest.approx(CHANGE[2, slots].mean())


def test_bins_hold_their_lower_edge(one: Any, measured: Any) -> None:
    table = measured(one, spines="neighbours", bins=BINS, at=["1 day", "2 day"], unit="day")
    assert table[["time", "distance"]].to_numpy().tolist() == [
        [1, 1], [1, 3], [1, 7], [2, 1], [2, 3], [2, 7],
    ]  # fmt: skip
    expected = [CHANGE[k, own].mean() for k in (1, 2) for own in ([2], [3, 4], [5])]
    np.testing.assert_allclose(table["value"], expected)
    with_stimulated = measured(one, bins=BINS)
    expected = [CHANGE[2, own].mean() for own in ([0, 1, 2], [3, 4], [5])]
    np.testing.assert_allclose(with_stimulated["value"], expected)


def test_a_neighbour_may_be_at_the_very_place_of_a_stimulated_spine(
    synthetic: Any, value: Any
) -> None:
    together = {**PLACES, "stimulated": np.arange(7) == 0}
    run = synthetic.trajectory(VOLUME, phases=PHASES, more=together)
    assert value(run, spines="stimulated") == pytest.approx(CHANGE[2, 0])
    assert value(run, spines="neighbours", to_distance="1 um") == pytest.approx(CHANGE[2, 1])


@pytest.mark.parametrize(
    ("give", "above", "expected", "error"),
    [
        ("mean", None, np.mean, stats.sem),
        ("ratio", None, lambda c: np.mean(1 + c), stats.sem),
        ("median", None, np.median, None),
        ("share_above", 0.1, lambda c: np.mean(c > 0.1), lambda c: np.sqrt(2 / 7 * 5 / 7 / 7)),
        ("mean_above", 0.1, lambda c: np.mean(c[c > 0.1]), lambda c: stats.sem(c[c > 0.1])),
    ],
)  # fmt: skip
def test_one_dendrite_has_the_error_over_spines(
    synthetic: Any, give: str, above: Any, expected: Any, error: Any, measured: Any
) -> None:
    change = np.array([0.25, 0.05, -0.5, 0.0, -0.2, 0.2, 0.09])
    run = synthetic.trajectory(
        np.array([FIRST, FIRST, FIRST, FIRST * (1 + change)]), phases=PHASES, more=PLACES
    )
    (row,) = measured(run, give=give, above=above).to_dict("records")
    assert row["value"] == pytest.approx(expected(change))
    assert row["n"] == 1
    if error:
        assert row["standard_error"] == pytest.approx(error(change))
    half = stats.norm.ppf(0.975) * row["standard_error"]
    assert row["standard_error"] > 0
    np.testing.assert_allclose([row["low"], row["high"]], row["value"] + np.array([-half, half]))


def test_several_dendrites_have_the_error_over_them(synthetic: Any, measured: Any) -> None:
    repeat = np.array([0, 1, 2, 0, 1, 2, 2])
    run = synthetic.trajectory(VOLUME, phases=PHASES, more=PLACES, repeat=repeat)
    means = np.array([CHANGE[2, repeat == k].mean() for k in range(3)])
    (row,) = measured(run).to_dict("records")
    assert row["n"] == 3
    assert row["value"] == pytest.approx(means.mean())
    assert row["standard_error"] == pytest.approx(stats.sem(means))
    half = stats.t.ppf(0.975, 2) * stats.sem(means)
    assert row["high"] - row["value"] == pytest.approx(half)


def test_a_repeat_without_such_a_spine_is_none(synthetic: Any, measured: Any) -> None:
    repeat = np.array([0, 0, 1, 0, 1, 0, 0])
    run = synthetic.trajectory(VOLUME, phases=PHASES, more=PLACES, repeat=repeat)
    (row,) = measured(run, spines="stimulated").to_dict("records")
    assert row["n"] == 1
    assert row["value"] == pytest.approx(CHANGE[2, :2].mean())
    assert row["standard_error"] == pytest.approx(stats.sem(CHANGE[2, :2]))
    (alone,) = measured(run, spines="neighbours", to_distance="2 um").to_dict("records")
    assert (alone["value"], alone["standard_error"]) == (pytest.approx(CHANGE[2, 2]), 0)
    assert np.isnan(alone["low"])


def test_a_condition_without_stimulated_spines_has_no_value(synthetic: Any, measured: Any) -> None:
    condition = np.arange(7) % 2
    reached = STIMULATED & (condition == 1)
    distance = np.where(condition == 1, DISTANCE, np.inf)
    more = {**PLACES, "stimulated": reached, "stimulated_distance": distance}
    run = synthetic.trajectory(
        VOLUME, phases=PHASES, more=more, condition=condition, conditions=ARM
    )
    table = measured(run, spines="stimulated")
    assert table["n"].tolist() == [0, 1]
    assert np.isnan(table["value"][0])
    assert table["value"][1] == pytest.approx(CHANGE[2, 1])
    assert measured(run)["n"].tolist() == [1, 1]


def test_sizes_are_volumes_areas_or_weights(one: Any, value: Any) -> None:
    assert value(one, size="area") == pytest.approx(np.mean((1 + CHANGE[2]) ** (2 / 3)) - 1)
    weight = VOLUME**2
    one.spines["pair"]["weight"] = (("time", "slot"), weight)
    assert value(one, size="weight") == pytest.approx(np.mean((1 + CHANGE[2]) ** 2) - 1)
    one.spines["pair"]["weight"][0, 3] = 0.0
    with pytest.raises(ResultError, match="phase 'early' begins with a weight of 0"):
        value(one, size="weight")
    assert value(one, size="weight", spines="stimulated") > 0  # it is not one of those


# -- spines that come and go ----------------------------------------------------------------


def test_spines_that_vanish_count_and_those_that_were_not_there_do_not(
    synthetic: Any, value: Any
) -> None:
    volume = np.array([[0.1, 0.1, 0.0, 0.2, 0.1], [0.1, 0.0, 0.1, 0.2, 0.1],
                       [0.1, 0.0, 0.1, 0.2, 0.1], [0.2, 0.3, 0.2, 0.2, 0.0]])  # fmt: skip
    lives = [(0, np.nan, np.nan), (1, np.nan, 0.5), (1, 2.5, np.nan), (2, 0.5, np.nan),
             (3, np.nan, np.nan), (4, np.nan, 2.5)]  # fmt: skip
    run = synthetic.trajectory(volume, lives, phases=PHASES)
    changes = np.array([1.0, -1.0, 0.0, -1.0])  # slot 1 holds another spine at the end
    assert value(run) == pytest.approx(changes.mean())
    assert value(run, give="share_above", above=-0.5) == pytest.approx(0.5)
    assert value(run, give="median") == pytest.approx(-0.5)
    assert value(run, phase="late", since=None) == pytest.approx(np.mean([1.0, 1.0, 0.0, -1.0]))


def test_detection_and_stages_are_those_of_the_start(synthetic: Any, value: Any) -> None:
    stage = np.array([[2, 1, 2], [2, 1, 2], [2, 1, 2], [1, 2, 2]])
    volume = np.array([[0.2, 0.04, 0.3]] * 3 + [[0.04, 0.2, 0.6]])
    run = synthetic.trajectory(volume, [(k, np.nan, np.nan) for k in range(3)], stage=stage,
                               stages="absent thin mushroom", phases=PHASES)  # fmt: skip
    assert value(run, stages=["mushroom"]) == pytest.approx(np.mean([-0.8, 1.0]))
    assert value(run, stages=["thin"]) == pytest.approx(4.0)
    assert value(run, detection="0.05 um**3") == pytest.approx(np.mean([-1.0, 1.0]))


def test_a_run_without_places_has_no_neighbours(synthetic: Any, value: Any) -> None:
    plain = synthetic.trajectory(VOLUME, phases=PHASES)
    with pytest.raises(ResultError, match="no single spines were stimulated in this run"):
        value(plain, spines="stimulated")
    with pytest.raises(ResultError, match="no single spines of 'pair' were stimulated"):
        value(plain, bins=BINS, projection="pair")
    placeless = {name: PLACES[name] for name in ("stimulated", "stimulated_distance")}
    run = synthetic.trajectory(VOLUME, phases=PHASES, more=placeless)
    assert value(run, spines="stimulated") == pytest.approx(CHANGE[2, :2].mean())
    with pytest.raises(ResultError, match="lie on no dendrite"):
        value(run, spines="neighbours")
