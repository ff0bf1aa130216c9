"""A full disk costs no record, says so in one paragraph, and the run can go on when there is room.

A limit on the size of files does to one file what a full disk does to all.
"""

from __future__ import annotations

import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurospine import Protocol, Trajectory, recover, resume, simulate
from neurospine.errors import NeurospineError, ResultError
from neurospine.results import segments
from neurospine.results.part import last_ticks, part_of

pytestmark = pytest.mark.cpp

TINY = Protocol(
    name="tiny",
    model={"circuit": "independent_pairs"},
    step="1 ms",
    record_every="1 ms",
    phases=[{"name": "rest", "duration": "50 ms"}],
)


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Let no file of this process, and of those it starts, grow beyond so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture(scope="module")
def written(busy: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    """A busy run and the file that it writes."""
    run = busy()
    path = tmp_path_factory.mktemp("whole") / "whole.h5"
    simulate(run.model, run.protocol, seed=3, output=path)
    return run, path


@pytest.fixture
def whole(written: tuple[Any, Path], monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Path]:
    """The same, where all further runs make a checkpoint at every snapshot."""
    monkeypatch.setenv("NEUROSPINE_CHECKPOINT", "0")
    return written


def check_beginning(path: Path, whole: Path) -> None:
    """What was recovered is the beginning of the whole run."""
    some, all_of_it = Trajectory.from_hdf5(path), Trajectory.from_hdf5(whole)
    assert not some.complete
    for name, spines in some.spines.items():
        assert 0 < spines.sizes["time"] < all_of_it.spines[name].sizes["time"]
        beginning = all_of_it.spines[name].isel(time=slice(spines.sizes["time"]))
        assert spines.identical(beginning)
    times = all_of_it.spikes["neurons"][: len(some.spikes["neurons"])]
    assert some.spikes["neurons"].equals(times)


def test_no_room_for_a_record(whole: Any, tmp_path: Path) -> None:
    run, expected = whole
    output = tmp_path / "run.h5"
    with (
        largest_file(1_000_000),
        pytest.raises(ResultError, match=r"record could not be written \(File too") as caught,
    ):
        simulate(run.model, run.protocol, seed=3, output=output)
    assert "\n" not in str(caught.value)
    assert f"kept in {output}.part; 'neurospine run --resume {output}' goes on" in str(caught.value)
    check_beginning(recover(output), expected)
    # Snapshots come last: where one has no room, spikes and births of that time are there.
    folder = part_of(output)
    last = [record.tick for record in segments.read(folder, "spines_afferent")][-1]
    assert all(tick > last for tick in last_ticks(folder).values())
    resume(output)
    assert output.read_bytes() == expected.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.h5"]


def test_no_room_for_the_result(whole: Any, tmp_path: Path) -> None:
    """The run has come to its end, and is not run again."""
    run, expected = whole
    output = tmp_path / "run.h5"
    with (
        largest_file(3_000_000),
        pytest.raises(ResultError, match=r"run\.h5: cannot be written \(File too.*--resume"),
    ):
        simulate(run.model, run.protocol, seed=3, output=output)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.h5.part"]
    seen: list[float] = []
    assert resume(output, progress=seen.append).complete
    assert seen == [pytest.approx(run.protocol.duration)]
    assert output.read_bytes() == expected.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.h5"]


@pytest.mark.parametrize("size", [0, 2_000, 30_000, 120_000])
def test_no_room_for_what_is_known_before_a_run(
    busy: Any, tmp_path: Path, size: int, capfd: pytest.CaptureFixture[str]
) -> None:
    """At any size of file: HDF5 has to be able to close what it could not write."""
    run = busy()
    with (
        largest_file(size),
        pytest.raises(NeurospineError, match=r"run\.h5: cannot be written \(File too large\)$"),
    ):
        simulate(run.model, run.protocol, seed=3, output=tmp_path / "run.h5")
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr().err == ""


def test_no_room_for_a_file_of_measures(tmp_path: Path) -> None:
    """Nor for one that a script writes; the file that was there stays."""
    trajectory = simulate(None, TINY, backend="numpy", output=tmp_path / "run.h5")
    before = (tmp_path / "run.h5").read_bytes()
    with largest_file(5_000), pytest.raises(ResultError, match="cannot be written"):
        trajectory.to_hdf5(tmp_path / "run.h5", force=True)
    assert [path.name for path in tmp_path.iterdir()] == ["run.h5"]
    assert (tmp_path / "run.h5").read_bytes() == before


def test_a_run_in_python_cannot_be_resumed_and_does_not_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("neurospine.simulation.running.start_part", with_room)
    with largest_file(600), pytest.raises(ResultError, match="could not be written") as caught:
        simulate(None, TINY, backend="numpy", output=tmp_path / "run.h5")
    assert "--resume" not in str(caught.value)
    path = recover(tmp_path / "run.h5.part")
    times = Trajectory.from_hdf5(path).spines["pair"]["time"].values
    np.testing.assert_allclose(times, 1e-3 * np.arange(12), atol=1e-9)
    with pytest.raises(ResultError, match=r"'numpy' cannot go on .*neurospine recover"):
        resume(path)


def with_room(*arguments: Any) -> None:
    from neurospine.results.part import start_part

    with largest_file(resource.RLIM_INFINITY):
        start_part(*arguments)


@pytest.mark.parametrize("how", ["folder", "full device", "limit"])
def test_without_room_for_checkpoints_a_run_goes_on(busy: Any, tmp_path: Path, how: str) -> None:
    run = busy(count=1, wake="0.1 s", every="5 ms", every_slot=100)
    expected = simulate(run.model, run.protocol, seed=3)
    folder = tmp_path / "run.h5.part"
    run.prepare(folder)
    room = resource.RLIM_INFINITY
    if how == "folder":
        (folder / "checkpoint.new").mkdir()
    elif how == "full device":
        (folder / "checkpoint.new").symlink_to("/dev/full")
    else:
        room = 50_000
    with largest_file(room):
        process = run.start(folder)
    said, wrong = process.communicate()
    assert wrong == ""
    assert said.endswith(f"tick {run.plan.network.steps}\n")
    assert (folder / "checkpoint.bin").exists() == (how == "full device")
    found = resume(tmp_path / "run.h5")
    assert found.spines["recurrent"].equals(expected.spines["recurrent"])
    assert found.spikes["neurons"].equals(expected.spikes["neurons"])


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """A function that makes a disk of a size, or changes the size of the one it made."""
    place = tmp_path / "disk"
    place.mkdir()

    def size(text: str) -> Path:
        again = "remount," if place.is_mount() else ""
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"{again}size={text}", "tmpfs", place],
            capture_output=True, check=False,
        )  # fmt: skip
        if done.returncode:
            pytest.skip("no disk can be mounted here")
        return place

    yield size
    if place.is_mount():
        subprocess.run(["umount", "--lazy", place], check=True)


@pytest.mark.parametrize(
    "size",
    [
        "140k",
        pytest.param("250k", marks=pytest.mark.slow),
        "1m",
        pytest.param("3m", marks=pytest.mark.slow),
        "5m",
    ],
)
def test_a_full_disk(
    whole: Any, small_disk: Callable[[str], Path], size: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """It is full before the run, at its start, within it, and when the file is written."""
    run, expected = whole
    output = small_disk(size) / "run.h5"
    with pytest.raises(NeurospineError, match="No space left on device") as caught:
        simulate(run.model, run.protocol, seed=3, output=output)
    assert "\n" not in str(caught.value)
    assert capfd.readouterr().err == ""
    place = small_disk("40m")
    if (place / "run.h5.part").exists():
        assert "--resume" in str(caught.value)
        resume(output)
    else:
        assert list(place.iterdir()) == []
        simulate(run.model, run.protocol, seed=3, output=output)
    assert output.read_bytes() == expected.read_bytes()
    assert list(place.iterdir()) == [output]
