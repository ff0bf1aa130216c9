"""Runs that are compared: what is a pair, what does not belong together, and what comes out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from neurospine import (
    Model,
    NeurospineError,
    Protocol,
    Trajectory,
    compare_runs,
    measure,
    simulate,
    sweep,
)
from neurospine.analysis.forest_plot import forest_plot
from neurospine.analysis.repeat_values import repeat_values
from neurospine.starting_files import starting_text

Files = Callable[..., list[Path]]
CONTROL, STEEP = 1.0, 1.6


@pytest.fixture(scope="module")
def files(days: Protocol, dendrite: Model, tmp_path_factory: pytest.TempPathFactory) -> Files:
    """A function that gives the files of runs with a slope and seeds."""
    folder = tmp_path_factory.mktemp("runs")

    def made(slope: float, *seeds: int) -> list[Path]:
        paths = [folder / f"slope{slope}-seed{seed}.h5" for seed in seeds]
        for path, seed in zip(paths, seeds, strict=True):
            if not path.exists():
                model = dendrite.with_parameters(slope_factor=slope)
                simulate(model, days, backend="numpy", seed=seed, output=path)
        return paths

    return made


def row(table: pd.DataFrame, measure_name: str, **axes: float) -> Any:
    found = table[table["measure"] == measure_name]
    for axis, value in axes.items():
        found = found[found[axis] == value]
    assert len(found) == 1
    return found.iloc[0]


def test_pairs_are_of_the_same_seed_and_repeat(files: Files, days: Protocol) -> None:
    control, steep = files(CONTROL, 0, 1), files(STEEP, 0, 1)
    found = compare_runs([*control, *reversed(steep)])
    assert found.control == "slope_factor = 1"
    assert found.groups == ["slope_factor = 1.6"]
    assert found.notes == ["slope_factor = 1.6: 4 pairs of the same seed and repeat"]
    pairs = []
    for one, other in zip(control, steep, strict=True):
        values = [
            repeat_values(Trajectory.from_hdf5(path), days)["turnover"].set_index("repeat")["value"]
            for path in (one, other)
        ]
        pairs += (values[1] - values[0]).tolist()
    turnover = row(found.table, "turnover")
    interval = stats.ttest_1samp(pairs, 0.0).confidence_interval(0.95)
    assert turnover["difference"] == pytest.approx(np.mean(pairs))
    assert (turnover["low"], turnover["high"]) == pytest.approx((interval.low, interval.high))
    assert (turnover["n"], bool(turnover["paired"])) == (4, True)


def test_values_by_repeat_average_to_the_measures(files: Files, days: Protocol) -> None:
    trajectory = Trajectory.from_hdf5(files(CONTROL, 0)[0])
    tables = measure(trajectory, days)
    for name, table in repeat_values(trajectory, days).items():
        keys = [column for column in table if column not in ("repeat", "value")]
        means = table.groupby(keys)["value"].mean() if keys else table["value"].mean()
        assert np.ravel(means) == pytest.approx(tables[name]["value"].to_numpy())


def test_spines_that_live_are_compared_whatever_is_measured(files: Files) -> None:
    found = compare_runs([*files(CONTROL, 0, 1), *files(STEEP, 0, 1)]).table
    standard = row(found, "turnover over imaging")
    own = row(found, "survival", **{"lag [day]": 8.0})
    seen_again = row(found, "survival over imaging")
    assert standard["control"] > row(found, "turnover")["control"] > 0
    assert seen_again["control"] >= own["control"]
    assert 0 < row(found, "density, end of imaging")["control"] < 1
    assert 0 < row(found, "mean volume, end of imaging")["control"] < 1
    with pytest.raises(NeurospineError, match=r"--phase rest: .* but imaging"):
        compare_runs([*files(CONTROL, 0), *files(STEEP, 0)], phase="rest")


def test_seeds_that_differ_make_independent_groups(files: Files) -> None:
    found = compare_runs([*files(CONTROL, 0), *files(STEEP, 7)])
    assert "not paired, as seeds differ" in found.notes[0]
    assert not found.table["paired"].any()
    some = compare_runs([*files(CONTROL, 0), *files(STEEP, 0, 7)])
    assert "2 runs or repeats without a partner are left out" in some.notes[0]
    assert set(some.table["n"]) == {2}


def test_one_repeat_of_each_has_no_interval(
    days: Protocol, dendrite: Model, tmp_path: Path
) -> None:
    once = Protocol.from_text(days.text.replace("repeats = 2", "repeats = 1"))
    for slope in (CONTROL, STEEP):
        model = dendrite.with_parameters(slope_factor=slope)
        simulate(model, once, backend="numpy", output=tmp_path / f"{slope}.h5")
    found = compare_runs([tmp_path / "1.0.h5", tmp_path / "1.6.h5"])
    assert "so there are no intervals" in found.notes[0]
    assert found.table[["low", "high", "effect_size"]].isna().all(axis=None)
    assert not found.table["excludes_zero"].any()
    assert found.table["difference"].abs().max() > 0


@pytest.mark.slow
def test_ratios_and_fits_are_worked_out_for_each_repeat(
    days: Protocol, dendrite: Model, tmp_path: Path
) -> None:
    text = """
[conditions.slope_factor]
values    = [1.0, 1.5]
meaning   = "Factor on the noise slope"
parameter = "log_drift.slope_factor"

[measures.fluctuation]
kind    = "fluctuation"
meaning = "Change in two days by size"
phase   = "imaging"
lag     = "2 day"
bins    = 3
give    = "curve"

[measures.turnover]
kind    = "turnover"
meaning = "Share that came or went"
phase   = "imaging"
every   = "4 day"

[measures.relative]
kind      = "ratio"
meaning   = "Turnover relative to control"
of        = "turnover"
reference = { slope_factor = 1.0 }
"""
    protocol = Protocol.from_text(days.text[: days.text.index("[measures.")] + text)
    for drift in (20, 40):
        simulate(
            dendrite.with_parameters(tau_drift=drift), protocol, backend="numpy",
            output=tmp_path / f"{drift}.h5",
        )  # fmt: skip
    found = compare_runs([tmp_path / "20.h5", tmp_path / "40.h5"]).table
    assert row(found, "relative", slope_factor=1.0)["difference"] == 0
    assert row(found, "relative", slope_factor=1.5)["n"] == 2
    bins = found[found["measure"] == "fluctuation"]
    assert bins["size bin"].tolist() == [1, 2, 3] * 2


def test_runs_that_do_not_belong_together(
    files: Files, days: Protocol, dendrite: Model, tmp_path: Path
) -> None:
    control = files(CONTROL, 0)[0]
    other = Protocol.from_text(days.text.replace("8 day", "12 day"))
    named = Protocol.from_text(days.text.replace('"days"', '"weeks"'))
    for name, protocol in (("other", other), ("named", named)):
        simulate(dendrite, protocol, backend="numpy", output=tmp_path / f"{name}.h5")
    cases: list[tuple[list[Any], str]] = [
        ([control, tmp_path / "named.h5"], "only runs of the same protocol"),
        ([control, tmp_path / "other.h5"], "the protocol days was another one"),
        ([control], "name two result files or more"),
        ([control, control], "is the same run as"),
        (files(CONTROL, 0, 1), "all files are of the same model and parameters"),
        ([control, tmp_path / "none.h5"], "no file"),
        ([control, tmp_path], "is a folder without sweep.csv"),
    ]
    for paths, message in cases:
        with pytest.raises(NeurospineError, match=message):
            compare_runs(paths)


def test_the_folder_of_a_sweep_and_the_command(
    command: Callable[..., Any], days: Protocol, dendrite: Model, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    over = {"disorder": ["control", "fragile_x"], "tau_drift": [20]}
    sweep(days, over, seeds="0:2", model=dendrite, output=folder, jobs=1, backend="numpy")
    said = command("compare", str(folder))
    assert said.status == 0
    assert "fragile_x against control" in said.out
    assert "fragile_x: 4 pairs of the same seed and repeat" in said.out
    rows = [line.split() for line in said.out.splitlines() if "[" in line]
    assert {row[-1] for row in rows if row[0][0].isalpha()} == {"4"}  # pairs, not cut off
    table = pd.read_csv("comparison.csv")
    assert set(table["group"]) == {"fragile_x"}
    assert Path("comparison.png").stat().st_size > 10_000
    assert "exists already" in command("compare", str(folder)).err
    turned = command(
        "compare", str(folder), "--control", "fragile_x", "-o", "turned.csv", "--quiet"
    )
    assert (turned.status, turned.out) == (0, "")
    other_way = pd.read_csv("turned.csv")
    assert other_way["difference"].tolist() == pytest.approx((-table["difference"]).tolist())
    wrong = command("compare", str(folder), "--control", "fragile", "-o", "wrong.csv")
    assert "no group of that name. Did you mean 'fragile_x'?" in wrong.err


@pytest.mark.slow
def test_runs_without_chance_say_that_seeds_tell_no_more(tmp_path: Path) -> None:
    protocol = Protocol.from_text(starting_text("protocol", "pairs"))
    sweep(
        protocol, {"tau_plus": ["10 ms", "20 ms"]}, seeds="0:2", output=tmp_path / "out", jobs=1,
        backend="numpy",
    )  # fmt: skip
    found = compare_runs(tmp_path / "out")
    assert [note.partition(", as")[0] for note in found.notes] == [
        "tau_plus = 20 ms: 2 pairs of the same seed and repeat",
        "tau_plus = 20 ms: all pairs are alike",
    ]
    assert (found.table["high"] == found.table["low"]).all()
    assert len(forest_plot(found.table, found.control).axes) == 1  # no standardised differences
