"""A run that was killed goes on to the very file that it would have written."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from neurospine import cli, load_model, resume, simulate
from neurospine.errors import ResultError
from neurospine.results import segments
from neurospine.results.part import held, part_info, start_part, write_part
from neurospine.simulation.backends.standalone.arguments import argument_arrays
from neurospine.simulation.provenance import run_info
from neurospine.simulation.resume import plan_again
from neurospine.simulation.simulate import prepare

pytestmark = pytest.mark.cpp
#: Long enough for any start of a program on a busy machine, in seconds.
PATIENCE = 120.0
TRIALS = 3
#: Up to which share of its output, and how many seconds more, a program may go on.
FURTHER, LATER = 0.15, 0.004


@pytest.fixture
def whole(busy: Any, tmp_path: Path) -> tuple[Any, Path]:
    """A busy run, and the folder that it leaves when nobody stops it."""
    run = busy()
    folder = tmp_path / "whole"
    run.prepare(folder, seconds=1e9)
    process = run.start(folder)
    said, wrong = process.communicate()
    assert (process.returncode, wrong) == (0, "")
    assert said.endswith(f"tick {run.plan.network.steps}\n")
    return run, folder


def streams(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.segment")}


def last_tick(folder: Path, stream: str) -> int:
    return max((record.tick for record in segments.read(folder, stream)), default=-1)


def test_a_program_killed_at_any_moment_goes_on_to_the_same_bytes(
    whole: Any, tmp_path: Path
) -> None:
    """What it announced before it was killed can be read; so can all but one record of the rest."""
    run, reference = whole
    expected = streams(reference)
    total = sum(map(len, expected.values()))
    chance, kills = random.Random(1), 0
    for trial in range(TRIALS):
        folder = tmp_path / f"trial_{trial}"
        run.prepare(folder, seconds=chance.choice([0.0, 0.0, 0.02]))
        while True:
            process = run.start(folder)
            goal = sum(map(len, streams(folder).values())) + chance.uniform(0, FURTHER) * total
            while process.poll() is None and sum(map(len, streams(folder).values())) < goal:
                time.sleep(0.0005)
            time.sleep(chance.uniform(0, LATER))
            process.kill()
            said, wrong = process.communicate()
            assert wrong == ""
            if process.returncode == 0:
                break
            assert process.returncode == -signal.SIGKILL
            kills += 1
            ticks = [int(line.split()[1]) for line in said.splitlines(keepends=True)
                     if line.endswith("\n")]  # fmt: skip
            for stream in expected:
                readable = last_tick(folder, stream.removesuffix(".segment"))
                assert readable >= max(ticks, default=-1)
        assert streams(folder) == expected
    assert kills > 2 * TRIALS
    for folder in (reference, tmp_path / "trial_0"):
        write_part(folder, folder.with_suffix(".h5"), complete=True)
    expected_bytes = reference.with_suffix(".h5").read_bytes()
    assert (tmp_path / "trial_0.h5").read_bytes() == expected_bytes


def test_a_run_that_was_at_its_end_is_at_its_end_again(whole: Any) -> None:
    """As after a disk that was full when the file was to be written."""
    run, folder = whole
    expected = streams(folder)
    run.give_arguments(folder)
    assert run.start(folder).communicate()[0].endswith(f"tick {run.plan.network.steps}\n")
    for _ in range(2):
        run.give_arguments(folder)
        said, wrong = run.start(folder).communicate()
        assert (said, wrong) == (f"tick {run.plan.network.steps}\n", "")
        assert streams(folder) == expected


def test_a_run_is_planned_again_from_nothing_but_its_folder(
    write_busy: Any, shipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Values, sets, another spine model, the form, conditions and the list of spikes are in it."""
    monkeypatch.setenv("NEUROSPINE_LIBRARY", str(tmp_path / "library"))
    own = tmp_path / "library" / "models" / "pair_multiplicative.toml"
    own.parent.mkdir(parents=True)
    text = next((shipped / "models").rglob(own.name)).read_text()
    own.write_text(text.replace("tau_plus", "tau_mine"))
    protocol = write_busy(tmp_path)
    monkeypatch.chdir(tmp_path)
    model = load_model("./busy.toml", spine="plastic_living_spine").with_set("s1_p35")
    model = model.with_parameters(
        {"maturation.birth_rate": "1e5/day", "tau_mine": "13 ms", "drive_current": 0.1 + 0.2}
    )
    plan = prepare(model, protocol, seed=11, form="textbook")
    other = run_info(plan, "cpp")
    (tmp_path / "run.h5.part").mkdir()
    start_part(tmp_path / "run.h5.part", other)

    for name in ("spikes.csv", "busy.toml", "days.toml"):
        (tmp_path / name).unlink()
    own.write_text(text.replace("tau_plus", "tau_other"))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    again = plan_again(part_info(tmp_path / "run.h5.part"))
    assert again.network.structure == plan.network.structure
    assert again.network.schedule == plan.network.schedule
    assert [b.steps for b in again.network.borders] == [b.steps for b in plan.network.borders]
    arrays, expected = (dict(argument_arrays(p.network)) for p in (again, plan))
    assert arrays.keys() == expected.keys()
    assert [n for n, array in expected.items() if not np.array_equal(arrays[n], array)] == []
    one = run_info(again, "cpp")
    assert one.attributes == other.attributes
    assert one.files == other.files
    assert one.parameters.equals(other.parameters)
    assert one.attributes["parameter_sets"] == "s1_p35"
    assert "tau_mine" in one.files["models/pair_multiplicative"]


# -- what cannot be gone on with -----------------------------------------------------------


@pytest.fixture(scope="module")
def killed(busy: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    """A busy run and the folder in which it was killed."""
    run = busy()
    folder = tmp_path_factory.mktemp("killed") / "run.h5.part"
    run.cut_off(folder)
    return run, folder


@pytest.fixture
def cut(killed: tuple[Any, Path], tmp_path: Path) -> tuple[Any, Path]:
    """The same with a copy of its folder."""
    run, folder = killed
    return run, shutil.copytree(folder, tmp_path / "run.h5.part")


def files(folder: Path) -> dict[str, bytes]:
    locks = ("lock", "program.lock", "arguments.bin")
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.name not in locks}


def test_there_has_to_be_a_run(tmp_path: Path) -> None:
    with pytest.raises(ResultError, match=r"nothing to go on with, there is no folder .*h5\.part"):
        resume(tmp_path / "run.h5")
    (tmp_path / "run.h5").touch()
    with pytest.raises(ResultError, match=r"; run\.h5 is there, so it came to its end"):
        resume(tmp_path / "run.h5")
    (tmp_path / "run.h5.part").mkdir()
    with pytest.raises(ResultError, match="not the folder of a run"):
        resume(tmp_path / "run.h5")


@pytest.mark.parametrize("name", ["neurospine", "brian2", "machine"])
def test_another_version_does_not_go_on(cut: Any, tmp_path: Path, name: str) -> None:
    _, folder = cut
    with h5py.File(folder / "run.h5", "r+") as file:
        file.attrs[name] = "0.0"
    before = files(folder)
    with pytest.raises(ResultError, match=f"was begun with {name} 0.0.*neurospine recover"):
        resume(tmp_path / "run.h5")
    assert files(folder) == before


def test_another_process_is_left_alone(cut: Any, tmp_path: Path) -> None:
    """Whether it has come to its first record or not, and whether its command lives or not."""
    run, folder = cut
    before = files(folder)
    with held(folder), pytest.raises(ResultError, match=r"another run is writing to it$"):
        resume(tmp_path / "run.h5")
    assert files(folder) == before
    for path in folder.glob("*.segment"):
        path.unlink()
    with held(folder), pytest.raises(ResultError, match=r"another run is writing to it$"):
        resume(tmp_path / "run.h5")
    assert folder.is_dir()
    run.give_arguments(folder, seconds=1e9)
    (folder / "checkpoint.bin").unlink()
    program = run.start(folder)
    assert program.stdout.readline() == "tick 0\n"
    program.send_signal(signal.SIGSTOP)
    try:
        with pytest.raises(ResultError, match="another run is writing to it"):
            resume(tmp_path / "run.h5")
        with pytest.raises(ResultError, match="another run is writing to it"):
            simulate(run.model, run.protocol, output=tmp_path / "run.h5", force=True)
        assert folder.is_dir()
    finally:
        program.kill()
        program.communicate()


@pytest.mark.parametrize("place", [0, 9, 20, 60, 70, 200, -300, -1])
def test_a_damaged_checkpoint_costs_no_record(cut: Any, tmp_path: Path, place: int) -> None:
    _, folder = cut
    path = folder / "checkpoint.bin"
    damaged = bytearray(path.read_bytes())
    damaged[place] ^= 0x10
    path.write_bytes(damaged)
    before = files(folder)
    with pytest.raises(ResultError, match=r"checkpoint is damaged.*kept in .*run\.h5\.part"):
        resume(tmp_path / "run.h5")
    assert files(folder) == before


@pytest.mark.parametrize("bytes_left", [0, 7, 100, 5000])
def test_a_checkpoint_cut_short_costs_no_record(cut: Any, tmp_path: Path, bytes_left: int) -> None:
    _, folder = cut
    os.truncate(folder / "checkpoint.bin", bytes_left)
    before = files(folder)
    with pytest.raises(ResultError, match="checkpoint is damaged"):
        resume(tmp_path / "run.h5")
    assert files(folder) == before


@pytest.mark.parametrize("stream", ["spikes_neurons", "spines_recurrent", "contacts_recurrent"])
def test_records_that_were_lost_are_missed(cut: Any, tmp_path: Path, stream: str) -> None:
    """The checkpoint knows how long its streams were; damage within them shows at the end."""
    _, folder = cut
    path = folder / f"{stream}.segment"
    whole = path.read_bytes()
    path.unlink()
    with pytest.raises(ResultError, match=f"records of {stream} are lost"):
        resume(tmp_path / "run.h5")
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ResultError, match=f"records of {stream} are lost"):
        resume(tmp_path / "run.h5")
    damaged = bytearray(whole)
    damaged[len(whole) // 2] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(ResultError, match="damaged"):
        resume(tmp_path / "run.h5")
    assert folder.is_dir()


# -- the command ---------------------------------------------------------------------------


@pytest.fixture
def command(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """A function that starts a command which makes a checkpoint at every snapshot."""
    started = []

    def start(*words: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "neurospine", *words], cwd=tmp_path, text=True,
            env={**os.environ, "NEUROSPINE_CHECKPOINT": "0"}, start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        started.append(process)
        return process

    yield start
    for process in started:
        kill_all(process, tmp_path)


def kill_all(process: subprocess.Popen[str], folder: Path) -> bool:
    """Kill a command and its program, which is in no group with it; say if there was one."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    found = False
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if f"--results_dir\0{folder}/" in path.read_text():
                os.kill(int(path.parent.name), signal.SIGKILL)
                found = True
    process.communicate()
    return found


def kill_in_the_run(command: Any, words: tuple[str, ...], folder: Path, delay: float) -> bool:
    """Start a command and kill it a while after it wrote records; say whether it ran."""
    part = folder / "run.h5.part"

    def size() -> int:
        with contextlib.suppress(FileNotFoundError):
            return sum(path.stat().st_size for path in part.glob("*.segment"))
        return 0

    before, limit = size(), time.monotonic() + PATIENCE
    process = command(*words)
    while size() <= before and process.poll() is None:
        assert time.monotonic() < limit
        time.sleep(0.001)
    time.sleep(delay)
    return kill_all(process, folder)


RUN = ("run", "./days.toml", "-o", "run.h5", "--seed", "3", "--quiet")
RESUME = ("run", "--resume", "run.h5", "--quiet")


@pytest.mark.parametrize("kills", [1, pytest.param(20, marks=pytest.mark.slow)])
def test_a_command_that_was_killed_is_resumed_by_a_command(
    command: Any, busy: Any, write_busy: Any, tmp_path: Path, kills: int
) -> None:
    count = 20 if kills == 1 else 120
    run = busy(count=count)
    simulate(run.model, run.protocol, seed=3, output=tmp_path / "expected.h5")
    write_busy(tmp_path, count=count)
    delays = np.random.default_rng(0).uniform(0, 0.01 if kills == 1 else 0.1, kills)
    changed = [word for item in run.turnover.items() for word in ("--set", "=".join(item))]
    hits = [kill_in_the_run(command, (*RUN, *changed), tmp_path, delays[0])]
    hits += [kill_in_the_run(command, RESUME, tmp_path, delay) for delay in delays[1:]]
    assert all(hits)
    last = command(*RESUME)
    said = last.communicate(timeout=PATIENCE)
    assert (last.returncode, *said) == (0, "", "")
    assert (tmp_path / "run.h5").read_bytes() == (tmp_path / "expected.h5").read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {
        *("run.h5", "run.png", "expected.h5", "busy.toml", "days.toml", "spikes.csv")
    }


@pytest.mark.parametrize(
    "other",
    [{"seed": 5}, {"backend": "numpy"}, {"force": True}, {"form": "folded"}, {"set_": ["a=1"]},
     {"spine": "living_spine"}, {"parameters": ["s1_p35"]}, {"protocol": "triplets"}],
    ids=str,
)  # fmt: skip
def test_resume_takes_nothing_else(tmp_path: Path, other: dict[str, Any]) -> None:
    """Not silently, either: what is given has to be what is run."""
    with pytest.raises(ResultError, match="--resume FILE takes everything from the run"):
        cli.run(resume=tmp_path / "run.h5", **other)
