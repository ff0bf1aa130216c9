"""Sweeps: one build, one table, nothing done twice, failures that stay where they are."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
import pytest

import neurospine
from neurospine import Model, NeurospineError, Protocol, measure, simulate
from neurospine.simulation.simulate import prepare
from neurospine.sweeps.batch import FULL, usual_size
from neurospine.sweeps.sweep import SweepInterrupted

Swept = Callable[..., Any]


def files(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in sorted((folder / "runs").iterdir())}


@pytest.mark.cpp
def test_processes_share_one_build_and_give_what_single_runs_give(
    swept: Swept, days: Protocol, dendrite: Model
) -> None:
    done = swept(seeds="0:2", jobs=2)
    assert (done.built <= 1, done.compiled, done.found, done.failed) == (True, 0, 0, {})
    assert list(files(done.folder)) == [
        f"slope_factor={value}-seed={seed}.h5" for value in ("1", "1.5") for seed in (0, 1)
    ]
    model = dendrite.with_parameters(slope_factor=1.5)
    alone = measure(simulate(model, days, seed=1), days)
    rows = done.table[(done.table["slope_factor"] == 1.5) & (done.table["seed"] == 1)]
    for name, table in alone.items():
        mine = rows[rows["measure"] == name]
        assert mine["value"].tolist() == table["value"].tolist()
        assert mine["standard_error"].tolist() == table["standard_error"].tolist()
    assert set(done.table["measure"]) == {"turnover", "survival"}
    assert done.table.groupby(["slope_factor", "seed"]).size().tolist() == [4] * 4
    lags = rows.loc[rows["measure"] == "survival", "lag [day]"]
    assert lags.tolist() == [0.0, 4.0, 8.0]
    for file in done.table["file"]:
        assert (done.folder / file).is_file()


def test_parquet_and_csv_are_the_same(swept: Swept) -> None:
    done = swept(backend="numpy", over={"slope_factor": [1.0]}, parquet=True)
    csv = pd.read_csv(done.folder / "sweep.csv", keep_default_na=False, na_values={"lag [day]": ""})
    parquet = pd.read_parquet(done.folder / "sweep.parquet")
    pd.testing.assert_frame_equal(csv, parquet, check_dtype=False)
    pd.testing.assert_frame_equal(parquet, done.table)
    assert swept(backend="numpy", over={"slope_factor": [1.0]}, parquet=False).found == 1
    assert not (done.folder / "sweep.parquet").exists()


@pytest.mark.cpp
def test_what_is_done_is_not_done_again(swept: Swept) -> None:
    first = swept(seeds=2)
    written, table = files(first.folder), (first.folder / "sweep.csv").read_bytes()
    again = swept(seeds=2)
    assert (again.found, files(again.folder)) == (2, written)
    assert (again.folder / "sweep.csv").read_bytes() == table
    lost = again.folder / "runs" / "slope_factor=1-seed=2.h5"
    lost.write_bytes(lost.read_bytes()[:5000])  # damaged
    third = swept(seeds=2)
    assert third.found == 1
    assert (third.folder / "sweep.csv").read_bytes() == table
    more = swept({"slope_factor": [1.0, 1.2, 1.5]}, seeds=[2, 3])
    assert more.found == 2
    assert len(files(more.folder)) == 6


@pytest.mark.cpp
def test_another_sweep_is_refused_in_the_same_folder(
    swept: Swept, days: Protocol, dendrite: Model, tmp_path: Path
) -> None:
    swept({"slope_factor": [1.0]})
    changed = Protocol.from_text(days.text.replace("8 day", "12 day"))
    cases: list[tuple[Callable[[], Any], str]] = [
        (lambda: swept({"tau_drift": [12.0]}), "holds another sweep .axes"),
        (lambda: swept({"slope_factor": [1.0]}, backend="numpy"), "backend cpp, now numpy"),
        (
            lambda: swept({"slope_factor": [1.0]}, model=dendrite.with_parameters(n_sites=200)),
            "value of a parameter .* at slope_factor=1 was different",
        ),
        (
            lambda: neurospine.sweep(
                changed, {"slope_factor": [1.0]}, output=tmp_path / "out", model=dendrite
            ),
            "protocols/days at slope_factor=1 was different",
        ),
    ]
    for call, message in cases:
        with pytest.raises(NeurospineError, match=message):
            call()
    assert swept({"slope_factor": [1.0]}).found == 1


def test_a_run_that_fails_keeps_no_other_from_being_done(swept: Swept, days: Protocol) -> None:
    over = {"n_sites": [40, 40.5, 50]}
    done = swept(over, model=days.default_model(), backend="numpy")
    assert list(done.failed) == ["n_sites=40.5-seed=0"]
    row = done.table[done.table["n_sites"] == 40.5]
    assert row["why"].tolist() == [done.failed["n_sites=40.5-seed=0"]]
    assert "n_sites" in done.failed["n_sites=40.5-seed=0"]
    assert (row["measure"].tolist(), row["file"].tolist()) == ([""], [""])
    assert row["value"].isna().all()
    good = done.table[done.table["n_sites"] != 40.5]
    assert len(good) == 8
    assert (good["why"] == "").all()


def test_what_was_done_before_an_interrupt_is_kept(swept: Swept) -> None:
    def stop(done: int, total: int) -> None:
        if done == 1:
            raise KeyboardInterrupt

    with pytest.raises(SweepInterrupted) as caught:
        swept(backend="numpy", watch=stop)
    assert caught.value.sweep.table["slope_factor"].unique().tolist() == [1.0]
    folder = caught.value.sweep.folder
    assert pd.read_csv(folder / "sweep.csv")["slope_factor"].unique().tolist() == [1.0]
    assert not list((folder / "runs").glob(".run-*"))
    assert swept(backend="numpy").found == 1


@pytest.mark.slow
@pytest.mark.cpp
def test_a_killed_process_loses_nothing(swept: Swept, time_limit: Callable[[float], Any]) -> None:
    killed: list[int] = []

    def kill(done: int, total: int) -> None:
        if done == 2 and not killed:
            workers = [
                child.pid
                for child in psutil.Process().children()
                if "LokyProcess" in " ".join(child.cmdline())
            ]
            killed.append(workers[0])
            os.kill(killed[0], signal.SIGKILL)

    with time_limit(60):
        done = swept(seeds="0:4", jobs=2, watch=kill)
    assert killed
    assert (done.failed, len(files(done.folder)), len(done.table)) == ({}, 8, 32)


def test_two_sweeps_do_not_write_to_one_folder(swept: Swept) -> None:
    def second(done: int, total: int) -> None:
        with pytest.raises(NeurospineError, match="another sweep is writing to it"):
            swept(backend="numpy")

    assert not swept(backend="numpy", over={"slope_factor": [1.0]}, watch=second).failed


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"jobs": 0}, "--jobs 0: must be at least 1"),
        ({"backend": "cpu"}, "no backend 'cpu'"),
        ({"output": "/nowhere/out"}, "there is no folder /nowhere"),
        ({"scheduler": "here"}, "--scheduler here: no Dask scheduler answers"),
    ],
)
def test_wrong_options(swept: Swept, options: dict[str, Any], message: str) -> None:
    with pytest.raises(NeurospineError, match=message):
        swept(**options)


def test_the_command_says_what_it_does(
    command: Callable[..., Any], days_file: Path, tmp_path: Path
) -> None:
    words = ["sweep", str(days_file), "--over", "n_sites=40,40.5", "--backend", "numpy"]
    dry = command(*words, "--seeds", "0:3", "--dry-run")
    assert dry.status == 0
    assert "n_sites=40: 3 seeds, 0 done" in dry.out
    assert "6 runs of days, 48 d biological, 0 of them done in days-sweep" in dry.out
    assert not Path("days-sweep").exists()
    done = command(*words, "--jobs", "1")
    assert done.status == 1
    assert "days-sweep/sweep.csv: 5 rows of 1 runs; 1 failed" in done.out
    assert "failed: n_sites=40.5-seed=0:" in done.err
    assert "n_sites=40: 1 seeds, 1 done" in command(*words, "--dry-run").out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--over", "n_sites"], "write NAME=VALUE,VALUE"),
        (["--over", "n_sites=1", "--over", "n_sites=2"], "is given twice"),
        (["--seeds", "x"], "write a range"),
    ],
)
def test_wrong_words(
    command: Callable[..., Any], days_file: Path, words: list[str], message: str
) -> None:
    outcome = command("sweep", str(days_file), *words)
    assert outcome.status == 2
    assert message in outcome.err


@pytest.mark.parametrize(
    ("batch", "seeds"),
    [
        (2, "0:2"),
        pytest.param(2, "0:3", marks=pytest.mark.slow),
        pytest.param(3, "0:3", marks=pytest.mark.slow),
    ],
)
def test_runs_done_together_give_the_same_table(
    swept: Swept, batch: int, seeds: str, tmp_path: Path
) -> None:
    """Runs in batches of two or three, of two values and, at last, one that is there."""
    wanted = swept(seeds=seeds, backend="numpy", output=tmp_path / "alone")
    first = swept(seeds="0", over={"slope_factor": [1.0]}, backend="numpy")
    together = swept(seeds=seeds, backend="numpy", batch=batch)
    assert (first.failed, together.failed, together.found) == ({}, {}, 1)
    numbers = ["value", "standard_error", "low", "high"]
    pd.testing.assert_frame_equal(
        together.table.drop(columns=numbers), wanted.table.drop(columns=numbers)
    )
    np.testing.assert_allclose(together.table[numbers], wanted.table[numbers], rtol=1e-12)


def test_how_many_runs_fill_a_gpu(days: Protocol, dendrite: Model) -> None:
    plans = [prepare(dendrite, days), prepare(dendrite.with_parameters(n_sites=2000), days)]
    assert (usual_size("cpp", plans), usual_size("cuda", plans)) == (1, FULL // 600)
