"""Confidence intervals, ratios between conditions, fits along own axes, and scores."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from neurospine import compare, measure
from neurospine.errors import ProtocolError
from neurospine.results.tables import read_table, write_table

#: What a spine measures in each repeat of two conditions: volumes of one spine each.
CONTROL, DRUG = np.array([0.10, 0.12, 0.09, 0.13]), np.array([0.14, 0.19, 0.12, 0.17])


@pytest.fixture
def paired(synthetic: Any) -> Any:
    volume = np.concatenate([CONTROL, DRUG])
    return synthetic.trajectory(
        [volume, volume], condition=np.repeat([0, 1], 4), repeat=np.tile(np.arange(4), 2),
        conditions={"drug": ["none", "some"]},
    )  # fmt: skip


SIZE = {"kind": "size_distribution", "give": "mean", "phase": "days", "meaning": "m"}
DRUGS = {"drug": ["none", "some"]}


def test_the_interval_is_that_of_student(synthetic: Any, paired: Any) -> None:
    protocol = synthetic.protocol(1, DRUGS, measures={"size": SIZE})
    table = measure(paired, protocol)["size"]
    assert table["drug"].tolist() == ["none", "some"]
    assert table["n"].tolist() == [4, 4]
    for row, values in zip(table.itertuples(), (CONTROL, DRUG), strict=True):
        low, high = stats.t.interval(0.95, 3, values.mean(), stats.sem(values))
        assert (row.low, row.high) == pytest.approx((low, high))
        assert (row.value, row.standard_error) == pytest.approx((values.mean(), stats.sem(values)))


def test_the_interval_holds_the_truth_in_95_of_100_cases(synthetic: Any) -> None:
    """400 conditions of 3 repeats each, whose means are known to be 0.5."""
    conditions, repeats = 400, 3
    volume = np.random.default_rng(1).normal(0.5, 0.05, conditions * repeats)
    run = synthetic.trajectory(
        [volume, volume], condition=np.repeat(np.arange(conditions), repeats),
        repeat=np.tile(np.arange(repeats), conditions),
        conditions={"x": np.arange(conditions, dtype=float)},
    )  # fmt: skip
    table = synthetic.measured(run, kind="size_distribution", give="mean")
    held = ((table["low"] < 0.5) & (table["high"] > 0.5)).mean()
    assert abs(held - 0.95) < 4 * np.sqrt(0.05 * 0.95 / conditions)


def test_one_repeat_of_one_spine_has_no_interval(synthetic: Any) -> None:
    table = synthetic.measured(
        synthetic.trajectory([[0.1], [0.1]]), kind="size_distribution", give="mean"
    )
    assert table["standard_error"].item() == 0
    assert np.isnan(table["low"].item())


def test_a_ratio_is_paired_by_repeat(synthetic: Any, paired: Any) -> None:
    ratio = {"kind": "ratio", "meaning": "m", "of": "size", "reference": {"drug": "none"}}
    protocol = synthetic.protocol(1, DRUGS, measures={"size": SIZE, "relative": ratio})
    table = measure(paired, protocol)["relative"]
    quotient = DRUG.mean() / CONTROL.mean()
    assert table["value"].tolist() == pytest.approx([1, quotient])
    residual = (DRUG - quotient * CONTROL) / CONTROL.mean()
    assert table["standard_error"].tolist() == pytest.approx([0, stats.sem(residual)])
    assert table["n"].tolist() == [4, 4]
    unpaired = quotient * np.hypot(
        stats.sem(DRUG) / DRUG.mean(), stats.sem(CONTROL) / CONTROL.mean()
    )
    assert table["standard_error"][1] < unpaired


def test_a_ratio_of_single_repeats_has_the_errors_within_them(synthetic: Any) -> None:
    volume = np.random.default_rng(5).uniform(0.1, 0.3, 80) * np.repeat([1, 2], 40)
    run = synthetic.trajectory([volume, volume], condition=np.repeat([0, 1], 40),
                               conditions={"dose": [0.0, 1.0]})  # fmt: skip
    ratio = {"kind": "ratio", "meaning": "m", "of": "size", "reference": {"dose": 0.0}}
    protocol = synthetic.protocol(1, {"dose": [0, 1]}, measures={"size": SIZE, "relative": ratio})
    tables = measure(run, protocol)
    size, relative = tables["size"], tables["relative"]
    share = size["standard_error"] / size["value"]
    assert relative["value"][1] == pytest.approx(size["value"][1] / size["value"][0])
    expected = relative["value"][1] * np.hypot(*share)
    assert relative["standard_error"][1] == pytest.approx(expected)


def test_a_ratio_keeps_the_own_axis_of_what_it_divides(synthetic: Any) -> None:
    stage = [[1, 2, 1, 1, 1, 0, 2, 2]] * 2
    run = synthetic.trajectory(np.array(stage) * 0.1, stage=stage, stages="absent thin mushroom",
                               condition=np.repeat([0, 1], 4), conditions=DRUGS)  # fmt: skip
    shares = {"kind": "occupancy", "meaning": "m", "phase": "days"}
    ratio = {"kind": "ratio", "meaning": "m", "of": "stages", "reference": {"drug": "none"}}
    protocol = synthetic.protocol(1, DRUGS, measures={"stages": shares, "relative": ratio})
    table = measure(run, protocol)["relative"]
    table = table[table["drug"] == "some"]
    assert table["stage"].tolist() == ["absent", "thin", "mushroom"]
    assert np.isnan(table["value"].iloc[0])
    assert table["value"].tolist()[1:] == pytest.approx([1 / 3, 2])


@pytest.fixture
def decaying(synthetic: Any) -> Any:
    """Two conditions in which each day a tenth, or a fifth, of 1000 spines is lost."""
    alive = np.vstack([np.round(1000 * (1 - p) ** np.arange(11)) for p in (0.1, 0.2)]).T
    volume = np.where(np.tile(np.arange(1000), 2) < np.repeat(alive, 1000, axis=1), 0.1, 0.0)
    return synthetic.trajectory(
        volume, condition=np.repeat([0, 1], 1000), conditions={"loss": [0.1, 0.2]}
    )


SURVIVAL = {"kind": "survival", "meaning": "m", "phase": "days", "every": "1 day"}


def test_an_exponential_is_fitted_along_the_lag_for_each_condition(
    synthetic: Any, decaying: Any
) -> None:
    fit = {"kind": "exponential_fit", "meaning": "m", "of": "kept", "axis": "lag"}
    fits = {"tau": {**fit, "give": "constant"}, "share": {**fit, "give": "amplitude"}}
    protocol = synthetic.protocol(10, {"loss": [0.1, 0.2]}, measures={"kept": SURVIVAL, **fits})
    tables = measure(decaying, protocol)
    assert list(tables) == ["kept", "tau", "share"]
    expected = -1 / np.log([0.9, 0.8])
    # Whole numbers of spines: off by up to one half in a thousand.
    assert tables["tau"]["value"].tolist() == pytest.approx(expected.tolist(), rel=2e-3)
    assert tables["tau"]["loss"].tolist() == [0.1, 0.2]
    assert tables["share"]["value"].tolist() == pytest.approx([1, 1], rel=2e-3)


TARGET = {"phenomenon": "survival", "measure": "kept", "source": "bi_poo1998"}


@pytest.mark.parametrize(
    ("at", "bound", "verdict", "measured", "words"),
    [
        ({"lag": ["8 day"], "loss": ["0.1"]}, {"above": 0.42}, "met", 0.430, "lag 8 day, loss 0.1"),
        ({"lag": ["192 hour"]}, {"above": 0.42}, "miss", 0.168, "lag 192 hour"),
        ({"lag": ["0 day", "1 day"]}, {"above": 0.5}, "met", 0.8, "lag 0 day to 1 day"),
        ({"lag": ["10 day"]}, {"below": 0.3}, "miss", 0.349, "lag 10 day"),
    ],
)
def test_a_bound_holds_at_lags(
    synthetic: Any, decaying: Any, at: Any, bound: Any, verdict: str, measured: float, words: str
) -> None:
    target = {**TARGET, **bound, "at": at, "why": "a test"}
    protocol = synthetic.protocol(
        10, {"loss": [0.1, 0.2]}, measures={"kept": SURVIVAL}, targets=[target]
    )
    (score,) = compare(decaying, protocol, measure(decaying, protocol))
    assert score.verdict == verdict
    assert score.measured == pytest.approx(measured, abs=5e-4)
    assert score.measured_error == pytest.approx(
        np.sqrt(measured * (1 - measured) / 1000), rel=1e-2
    )
    assert score.condition == words


def test_published_values_are_matched_by_lag_in_any_unit(
    synthetic: Any, decaying: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "imaging.csv").write_text(
        "lag [hour],loss,kept,standard_error\n24,0.1,0.9,0.02\n96,0.2,0.5,0.02\n12,0.1,0.3,0.02\n"
    )
    monkeypatch.setenv("NEUROSPINE_LIBRARY", str(tmp_path))
    target = {**TARGET, "data": "imaging", "column": "kept"}
    protocol = synthetic.protocol(
        10, {"loss": [0.1, 0.2]}, measures={"kept": SURVIVAL}, targets=[target]
    )
    first, second = compare(decaying, protocol, measure(decaying, protocol))
    assert [s.condition for s in (first, second)] == ["loss 0.1, lag 1 day", "loss 0.2, lag 4 day"]
    assert [s.published for s in (first, second)] == [0.9, 0.5]
    assert first.z == pytest.approx(0)
    error = np.hypot(0.02, np.sqrt(0.41 * 0.59 / 1000))
    assert second.z == pytest.approx((0.41 - 0.5) / error, rel=0.01)
    narrower = {**target, "at": {"lag": ["4 day"]}}
    protocol = synthetic.protocol(
        10, {"loss": [0.1, 0.2]}, measures={"kept": SURVIVAL}, targets=[narrower]
    )
    (only,) = compare(decaying, protocol, measure(decaying, protocol))
    assert only == second


def test_an_axis_may_have_another_name_in_the_data(
    synthetic: Any, decaying: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "imaging.csv").write_text(
        "interval [day],age,surviving,tolerance\n1,old,0.9,0.02\n1,young,0.7,0.02\n"
    )
    monkeypatch.setenv("NEUROSPINE_LIBRARY", str(tmp_path))
    data = {"data": "imaging", "column": "surviving", "error": "tolerance"}
    where = {"columns": {"lag": "interval"}, "rows": {"age": "old"}, "at": {"loss": ["0.1"]}}
    target = {**TARGET, **data, **where}
    protocol = synthetic.protocol(
        10, {"loss": [0.1, 0.2]}, measures={"kept": SURVIVAL}, targets=[target]
    )
    (score,) = compare(decaying, protocol, measure(decaying, protocol))
    assert (score.published, score.measured) == (0.9, pytest.approx(0.9))
    for change, words in (
        ({"columns": {"lags": "interval"}}, "'lag'"),
        ({"columns": {"lag": "intervals"}}, "'interval'"),
        ({"rows": {"ages": "old"}}, "'age'"),
        ({"rows": {"age": "older"}}, "no row with these values"),
    ):
        with pytest.raises(ProtocolError, match=words):
            synthetic.protocol(
                10, measures={"kept": SURVIVAL}, targets=[{**target, "at": {}, **change}]
            )


def test_tables_with_words_and_gaps_are_written_and_read_back(
    synthetic: Any, tmp_path: Path
) -> None:
    run = synthetic.trajectory([[0.1, 0.0], [0.1, 0.2]], stages="absent dendritic",
                               condition=[0, 1], conditions=DRUGS)  # fmt: skip
    shares = {"kind": "occupancy", "meaning": "m", "phase": "days", "every": "1 day"}
    protocol = synthetic.protocol(1, DRUGS, measures={"stages": shares, "size": SIZE})
    for name, table in measure(run, protocol).items():
        with h5py.File(tmp_path / f"{name}.h5", "w") as file:
            write_table(file, table)
            pd.testing.assert_frame_equal(read_table(file), table, check_dtype=False)


def test_a_target_may_be_of_one_stage(synthetic: Any) -> None:
    stage = [[1, 2, 1, 0]] * 2
    run = synthetic.trajectory(np.array(stage) * 0.1, stage=stage, stages="absent thin mushroom")
    target = {**TARGET, "measure": "stages", "above": 0.4, "why": "a test",
              "at": {"stage": ["thin"]}}  # fmt: skip
    shares = {"kind": "occupancy", "meaning": "m", "phase": "days"}
    protocol = synthetic.protocol(1, measures={"stages": shares}, targets=[target])
    (score,) = compare(run, protocol, measure(run, protocol))
    assert (score.verdict, score.measured, score.condition) == ("met", 0.5, "stage thin")
