"""Surroundings that fail: no memory, nothing that can be written, another run at the same file."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from neurospine import Protocol, Trajectory, resume, simulate
from neurospine.errors import BuildError, ResultError
from neurospine.results.part import held, part_of
from neurospine.simulation.running import run_in

TINY = """
kind         = "protocol"
name         = "tiny"
summary      = "Nothing happens."
step         = "1 ms"
record_every = "10 ms"
[model]
circuit = "independent_pairs"
[[phases]]
name     = "rest"
duration = "50 ms"
"""
#: kB of address space, from enough to hardly enough for a program to start.
ROOMS = range(12_000, 5_000, -250)


@pytest.mark.cpp
@pytest.mark.slow  # a full disk, of which test_disk_full.py is, ends a program in the same way
def test_a_program_without_memory_says_so_and_can_be_resumed(busy: Any, tmp_path: Path) -> None:
    run = busy()
    expected = simulate(run.model, run.protocol, seed=3)
    output = tmp_path / "run.h5"
    script = tmp_path / "main"
    folder, copy = part_of(output), tmp_path / "copy"
    run.cut_off(folder)
    for room in ROOMS:
        script.write_text(f'#!/bin/sh\nulimit -v {room}\nexec {run.program.main} "$@"\n')
        script.chmod(0o755)
        shutil.copytree(folder, copy)
        run.give_arguments(copy)
        tried = subprocess.run(
            [script, "--results_dir", f"{copy}/"], capture_output=True, check=False
        )
        shutil.rmtree(copy)
        if tried.returncode:
            break
    assert tried.returncode == 3, (room, tried.stderr)
    with held(folder), pytest.raises(ResultError, match=r"out of memory.*--resume") as caught:
        run_in(replace(run.program, main=script), run.plan, folder, output, None, "; '--resume'")
    assert "\n" not in str(caught.value)
    assert not output.exists()
    found = resume(output)
    assert found.spines["recurrent"].equals(expected.spines["recurrent"])


def test_two_runs_do_not_write_one_file(tmp_path: Path) -> None:
    protocol, seen = Protocol.from_text(TINY), []

    def second(seconds: float) -> None:
        with pytest.raises(ResultError, match=r"another run is writing run\.h5"):
            simulate(None, protocol, backend="numpy", output=tmp_path / "run.h5")
        with pytest.raises(ResultError, match="another run is writing to it"):
            simulate(None, protocol, backend="numpy", output=tmp_path / "run.h5", force=True)
        seen.append(seconds)

    simulate(None, protocol, backend="numpy", output=tmp_path / "run.h5", progress=second)
    assert seen
    assert Trajectory.from_hdf5(tmp_path / "run.h5").complete
    assert [path.name for path in tmp_path.iterdir()] == ["run.h5"]


@pytest.mark.cpp
def test_a_cache_that_cannot_be_made_is_an_error_that_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A path below a file cannot be written by anybody."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("NEUROSPINE_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(BuildError, match=r"cannot be written.*Set NEUROSPINE_CACHE"):
        simulate(None, Protocol.from_text(TINY), output=tmp_path / "run.h5")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.slow
def test_a_home_that_cannot_be_written_keeps_no_run_from_being_done(tmp_path: Path) -> None:
    (tmp_path / "tiny.toml").write_text(TINY)
    nowhere = {name: "/dev/null/home" for name in ("HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME")}
    nowhere |= {"XDG_CONFIG_HOME": "/dev/null/home", "MPLCONFIGDIR": ""}
    command = [sys.executable, "-m", "neurospine", "run", "tiny.toml", "-o", "run.h5", "--quiet"]
    done = subprocess.run(
        [*command, "--backend", "numpy"], cwd=tmp_path, env={**os.environ, **nowhere},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert Trajectory.from_hdf5(tmp_path / "run.h5").complete
