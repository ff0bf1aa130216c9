"""A run that is stopped keeps what it recorded."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurospine import Protocol, Trajectory, recover, resume, simulate
from neurospine.results.part import part_of

#: Long enough for any build or start of a program on a busy machine, in seconds.
PATIENCE = 120.0
#: What a stopped command may take to write its file, in seconds.
SOON = 20.0

PROTOCOL = """
schema       = 1
kind         = "protocol"
name         = "{name}"
summary      = "Pairs, then nothing."
step         = "1 ms"
record_every = "0.1 s"

[model]
circuit = "independent_pairs"
spine   = "pair_stdp"

[[phases]]
name     = "all"
duration = "{duration}"

[[phases.stimuli]]
kind         = "pairing"
presynaptic  = "presynaptic"
postsynaptic = "postsynaptic"
interval     = "10 ms"
rate         = "100 Hz"
count        = 20

[measures.change]
kind    = "relative_change"
meaning = "Change of weight"
phase   = "all"
"""


SLEEP = "1000000 day"
CONSOLIDATION = """
schema       = 1
kind         = "protocol"
name         = "{name}"
summary      = "Spines live by themselves."
step         = "1 ms"
record_every = "10 minute"

[model]
circuit = "dendrite"

[[phases]]
name     = "all"
kind     = "consolidation"
duration = "{duration}"
tick     = "10 minute"
"""


@pytest.fixture
def neurospine(tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    """A function that starts ``neurospine run`` on a protocol of some duration."""

    def start(
        name: str, duration: str, backend: str, *more: str, text: str = PROTOCOL
    ) -> subprocess.Popen[str]:
        (tmp_path / f"{name}.toml").write_text(text.format(name=name, duration=duration))
        command = [sys.executable, "-m", "neurospine", "run", f"{name}.toml", "-o", "run.h5"]
        return subprocess.Popen(
            [*command, "--backend", backend, *more], cwd=tmp_path, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip

    return start


@pytest.fixture
def stopped_at_last() -> Iterator[list[Any]]:
    """A list of commands that are killed when a test has ended."""
    started: list[Any] = []
    yield started
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@pytest.fixture
def recording(neurospine: Any, tmp_path: Path, stopped_at_last: list[Any]) -> Callable[[str], Any]:
    """A function that starts a run without end and waits until it has recorded some spines."""

    def start(backend: str) -> subprocess.Popen[str]:
        process = neurospine("endless", "1000000 s", backend)
        stopped_at_last.append(process)
        wait_for_records(process, tmp_path / "run.h5.part" / "spines_pair.segment", 500)
        return process

    return start


def wait_for_records(process: subprocess.Popen[str], segment: Path, size: int) -> None:
    """Wait until a stream is larger than so many bytes."""
    limit = time.monotonic() + PATIENCE
    while not (segment.exists() and segment.stat().st_size > size):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < limit
        time.sleep(0.05)


def check_beginning(trajectory: Trajectory) -> None:
    """Twenty pairs at 100 Hz change volume for 0.2 s, then nothing does."""
    assert not trajectory.complete
    spines = trajectory.spines["pair"]
    assert 3 < spines.sizes["time"] < 10_000_000
    np.testing.assert_allclose(spines["time"], 0.1 * np.arange(spines.sizes["time"]))
    change = np.diff(spines["volume"].values[:, 0])
    assert np.all(change[:2] != 0)
    assert np.all(change[3:] == 0)


def wait_until_still(path: Path) -> None:
    """Wait until the compiled program of a command that was killed has ended too."""
    size, limit = -1, time.monotonic() + SOON
    while size != path.stat().st_size:
        assert time.monotonic() < limit
        size = path.stat().st_size
        time.sleep(0.5)


@pytest.mark.parametrize(
    ("whom", "backend"),
    [
        # There is no other process in it.
        pytest.param("all", "numpy", marks=pytest.mark.slow),
        pytest.param("all", "cpp", marks=pytest.mark.cpp),
        # The program is in no group with its command, so it sees no difference.
        pytest.param("command", "cpp", marks=[pytest.mark.cpp, pytest.mark.slow]),
    ],
)
def test_interrupted_run_writes_what_it_recorded(
    recording: Any, tmp_path: Path, whom: str, backend: str
) -> None:
    """A terminal interrupts the whole group; another program may interrupt the command only."""
    process = recording(backend)
    send = os.killpg if whom == "all" else os.kill
    send(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=SOON)
    assert process.returncode == 130
    assert "recorded so far is in run.h5" in said
    assert "Traceback" not in said
    check_beginning(Trajectory.from_hdf5(tmp_path / "run.h5"))
    assert {path.name for path in tmp_path.iterdir()} == {"endless.toml", "run.h5"}


@pytest.mark.slow
def test_interrupted_rest_writes_what_it_recorded(
    neurospine: Any, tmp_path: Path, stopped_at_last: list[Any]
) -> None:
    """In Python, where no cell spikes and only spines live, an interrupt is of another kind."""
    process = neurospine("endless", SLEEP, "numpy", text=CONSOLIDATION)
    stopped_at_last.append(process)
    wait_for_records(process, tmp_path / "run.h5.part" / "spines_spines.segment", 100_000)
    os.kill(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=SOON)
    assert process.returncode == 130
    assert "recorded so far is in run.h5" in said
    assert "Traceback" not in said
    found = Trajectory.from_hdf5(tmp_path / "run.h5")
    assert not found.complete
    assert found.spines["spines"].sizes["time"] > 10
    assert {path.name for path in tmp_path.iterdir()} == {"endless.toml", "run.h5"}


@pytest.mark.cpp
@pytest.mark.parametrize(
    ("phase", "checkpoints"),
    [
        ("wake", False),
        pytest.param("wake", True, marks=pytest.mark.slow),
        pytest.param("sleep", True, marks=pytest.mark.slow),
    ],
)
def test_interrupted_run_can_go_on_if_it_came_to_a_checkpoint(
    busy: Any, tmp_path: Path, phase: str, checkpoints: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = {"wake": "10 s"} if phase == "wake" else {"sleep": "500 hour"}
    run = busy(count=1, every_slot=100, every="5 ms", **long)
    expected, output = tmp_path / "whole.h5", tmp_path / "run.h5"
    simulate(run.model, run.protocol, seed=3, output=expected)
    monkeypatch.setenv("NEUROSPINE_CHECKPOINT", "0" if checkpoints else "1e9")
    start, stop = run.protocol.phase_times()[f"{phase}_1"]
    seen = []

    def interrupt(seconds: float) -> None:
        seen.append(seconds)
        if seconds > start or not checkpoints:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(run.model, run.protocol, seed=3, output=output, progress=interrupt)
    assert start <= seen[-1] < stop
    beginning = Trajectory.from_hdf5(output)
    spines = beginning.spines["recurrent"]
    assert not beginning.complete
    assert spines["time"].values[-1] >= seen[-1]
    whole = Trajectory.from_hdf5(expected).spines["recurrent"]
    assert spines.identical(whole.isel(time=slice(spines.sizes["time"])))
    assert part_of(output).exists() == checkpoints
    if checkpoints:
        assert resume(output).complete
        assert output.read_bytes() == expected.read_bytes()
        assert not part_of(output).exists()


@pytest.mark.cpp
def test_killed_run_leaves_a_folder_that_can_be_read(
    recording: Any, command: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = recording("cpp")
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=SOON)
    segment = tmp_path / "run.h5.part" / "spines_pair.segment"
    wait_until_still(segment)
    assert {path.name for path in tmp_path.iterdir()} == {"endless.toml", "run.h5.part", "work"}
    part = tmp_path / "run.h5.part"
    whole = Trajectory.from_hdf5(recover(part, tmp_path / "recovered.h5"))
    check_beginning(whole)

    (tmp_path / "short.toml").write_text(PROTOCOL.format(name="short", duration="1 s"))
    monkeypatch.chdir(tmp_path)
    words = ("run", "short.toml", "-o", "run.h5", "--backend", "cpp")
    refused = command(*words)
    assert refused.status == 2
    assert "run.h5.part" in refused.err
    assert "--force" in refused.err
    assert "Traceback" not in refused.err
    assert segment.exists()

    assert command(*words, "--force").status == 0
    assert Trajectory.from_hdf5(tmp_path / "run.h5").complete
    assert not part.exists()


@pytest.mark.cpp
@pytest.mark.slow  # as after the kill of the whole group, in which the program is not
def test_program_ends_when_its_command_was_killed(recording: Any, tmp_path: Path) -> None:
    process = recording("cpp")
    process.kill()
    process.wait(SOON)
    wait_until_still(tmp_path / "run.h5.part" / "spines_pair.segment")


def test_an_interrupt_while_the_file_is_read_again_leaves_the_file_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, path = Trajectory.from_hdf5, tmp_path / "run.h5"

    def interrupted(place: Path) -> Trajectory:
        monkeypatch.setattr(Trajectory, "from_hdf5", read)
        raise KeyboardInterrupt

    monkeypatch.setattr(Trajectory, "from_hdf5", interrupted)
    protocol = Protocol.from_text(PROTOCOL.format(name="short", duration="1 s"))
    with pytest.raises(KeyboardInterrupt):
        simulate(None, protocol, backend="numpy", output=path)
    assert [place.name for place in tmp_path.iterdir()] == ["run.h5"]
    assert Trajectory.from_hdf5(path).complete


def test_an_interrupt_that_python_cannot_raise_is_not_lost() -> None:
    text = """
import sys, time, types
from neurospine.__main__ import start

class Leaving:
    def __del__(self):
        raise KeyboardInterrupt

def main():
    Leaving()
    time.sleep(1000)

sys.modules["neurospine.cli"] = types.SimpleNamespace(main=main)
start()
"""
    command = [sys.executable, "-c", text]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
