"""``neurospine run`` end to end: the files it leaves, and that they agree."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from neurospine import (
    Trajectory,
    compare,
    load_protocol,
    measure,
)
from neurospine.analysis.scorecard import scorecard_frame

pytestmark = pytest.mark.cpp

WIDTH, HEIGHT, OVERVIEW = 1024, 704, 1024


def png_size(path: Path) -> tuple[int, int]:
    head = path.read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    return int.from_bytes(head[16:20]), int.from_bytes(head[20:24])


def process(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "neurospine", *words], cwd=folder, capture_output=True, text=True,
        check=False,
    )  # fmt: skip


def test_run_leaves_trajectory_picture_and_scorecard_that_agree(
    outcome: Any, command: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is run as a process of its own; what is refused and forced later need not be."""
    folder = tmp_path / "process"
    folder.mkdir()
    done = process(folder, "run", "triplets", "-o", "run.h5")
    assert done.returncode == 0, done.stderr
    assert {p.name for p in folder.iterdir()} == {"run.h5", "run.png", "run.csv"}
    assert png_size(folder / "run.png") == (WIDTH, HEIGHT)

    read, protocol = Trajectory.from_hdf5(folder / "run.h5"), load_protocol("triplets")
    assert read.spines["pair"].equals(outcome("triplets").trajectory.spines["pair"])
    measures = measure(read, protocol)
    pd.testing.assert_frame_equal(read.measures["change"], measures["change"])
    scores = compare(read, protocol, measures)
    pd.testing.assert_frame_equal(
        pd.read_csv(folder / "run.csv"), scorecard_frame(scores), check_dtype=False
    )
    misses = sum(score.verdict == "miss" for score in scores)
    assert f"{misses} miss of {len(scores)}" in done.stdout
    assert sum("miss" in line for line in done.stdout.splitlines()) == misses + 1

    before = (folder / "run.h5").read_bytes()
    monkeypatch.chdir(folder)
    again = command("run", "triplets", "-o", "run.h5", "--quiet")
    assert again.status == 2
    assert "--force" in again.err
    assert (folder / "run.h5").read_bytes() == before
    forced = command("run", "triplets", "-o", "run.h5", "--quiet", "--force")
    assert (forced.status, forced.out, forced.err) == (0, "", "")
    assert (folder / "run.h5").read_bytes() == before
