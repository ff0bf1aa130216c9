"""Kill runs at random moments and go on: ``python -m tools.hardening.crashes [--kills N]``.

A command and the program that it started are killed (SIGKILL) at a moment drawn at random: within
the whole command, within the time in which it records, or while it builds, in a cache of its own.
What is left is resumed, perhaps killed again, until the run is whole. Its file must hold the very
data of a run that nobody stopped. The exit status is 1 if one does not.
"""

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import h5py
import numpy as np

from tools.hardening.crash_protocols import LIVING, PLASTIC, REWARDED
from tools.hardening.report import report, table

#: Seconds after which a command counts as hanging.
PATIENCE = 180.0
#: A killed run is killed again with this chance.
AGAIN = 0.4
#: Of the kills of a protocol so many hit a command that has to build first.
BUILDING = 3

_SMALL = ("--set", "n_neurons=300", "--set", "in_degree=30")


@dataclass(frozen=True)
class Case:
    """A protocol, how long it goes on and what is set for it."""

    name: str
    what: str
    text: str
    length: int
    words: tuple[str, ...] = ()

    @property
    def command(self) -> tuple[str, ...]:
        """The words of the command that runs it."""
        return ("run", f"{self.name}.toml", "-o", "run.h5", "--seed", "3", "--quiet", *self.words)


CASES = (
    Case("plastic", "plastic network", PLASTIC, 100, _SMALL),
    Case("living", "living spines, consolidation", LIVING, 20, _SMALL),
    Case("rewarded", "dopamine, eligibility", REWARDED, 60),
)
RESUME = ("run", "--resume", "run.h5", "--quiet")


@dataclass
class Tally:
    """What came of the kills of one protocol; `stages` are where they hit."""

    stages: Counter[str] = field(default_factory=Counter)
    runs: int = 0
    resumed: int = 0
    anew: int = 0
    identical: int = 0
    lost: list[str] = field(default_factory=list)


class Run:
    """A run in a folder of its own, started, killed and gone on with."""

    def __init__(self, case: Case, folder: Path, cache: Path) -> None:
        self.case, self.folder, self.cache = case, folder, cache
        folder.mkdir()
        (folder / f"{case.name}.toml").write_text(case.text.format(length=case.length))

    @property
    def part(self) -> Path:
        """Where its records are."""
        return self.folder / "run.h5.part"

    def start(self, words: Sequence[str]) -> "subprocess.Popen[str]":
        """Start a command that makes a checkpoint at every snapshot."""
        surroundings = {
            **os.environ,
            "NEUROSPINE_CHECKPOINT": "0",
            "NEUROSPINE_CACHE": str(self.cache),
            "OMP_NUM_THREADS": "1",
        }
        command = [sys.executable, "-m", "neurospine", *words]
        with (self.folder / "said").open("w") as said:
            return subprocess.Popen(
                command, cwd=self.folder, text=True, env=surroundings, start_new_session=True,
                stdout=said, stderr=said,
            )  # fmt: skip

    def kill(self, process: "subprocess.Popen[str]") -> None:
        """Kill a command, what it builds with, and its program, which is in no group with it."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                if f"--results_dir\0{self.part.resolve()}/" in path.read_text():
                    os.kill(int(path.parent.name), signal.SIGKILL)
        while _held(self.part / "program.lock"):
            time.sleep(0.005)

    def stage(self) -> str:
        """Return what a run is at, from what it has written."""
        if (self.folder / "run.h5").exists():
            return "measuring"
        if any(self.part.glob(".run.h5.*")) and any(self.part.glob("*.segment")):
            return "writing"
        if any(path.stat().st_size for path in self.part.glob("*.segment")):
            return "running"
        return "building" if self.part.exists() else "starting"

    def records(self) -> int:
        """Return how many bytes it has recorded."""
        with contextlib.suppress(OSError):
            return sum(path.stat().st_size for path in self.part.glob("*.segment"))
        return 0

    def said(self) -> str:
        """Return what the last command said."""
        return (self.folder / "said").read_text()[-300:]

    def killed(self, words: Sequence[str], moment: float, *, recording: bool) -> str | None:
        """Start a command and kill it at a moment; return its stage, None if it came to its end.

        Seconds are counted from the start, or from its first new record.
        """
        before, begun = self.records(), time.monotonic()
        process = self.start(words)
        while recording and process.poll() is None and self.records() == before:
            if time.monotonic() > begun + PATIENCE:
                break
            time.sleep(0.002)
        end = (time.monotonic() if recording else begun) + moment
        while process.poll() is None and time.monotonic() < end:
            time.sleep(0.002)
        if process.poll() is not None:
            return None
        stage = self.stage()
        self.kill(process)
        return stage

    def next_words(self) -> tuple[str, ...]:
        """Return what goes on with a run, or begins it again where it had come to nothing."""
        if (self.part / "run.h5").exists():
            return RESUME
        return (*self.case.command, "--force")

    def finish(self, words: Sequence[str]) -> int:
        """Let a command come to its end, and return its exit status."""
        process = self.start(words)
        try:
            return process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill(process)
            return -1


def shift_times(folder: Path, random: Random) -> None:
    """Let all files in a folder be from long ago, or a time to come, as clocks that jump do."""
    then = random.choice((1.0, time.time() + 1e8, time.time()))
    for path in folder.rglob("*"):
        os.utime(path, (then, then))


def _held(path: Path) -> bool:
    """Return whether another process holds a lock."""
    import fcntl

    if not path.exists():
        return False
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def contents(path: Path) -> dict[str, Any]:
    """Return all that a result file holds but what was measured in it afterwards."""
    found: dict[str, Any] = {}

    def take(name: str, item: Any) -> None:
        if not name.startswith("measures"):
            values = item[()] if isinstance(item, h5py.Dataset) else np.zeros(0)
            found[name] = (values.dtype.str if hasattr(values, "dtype") else "", _bytes(values))

    with h5py.File(path, "r") as file:
        file.visititems(take)
        found["/"] = sorted((key, str(value)) for key, value in file.attrs.items())
    return found


def _bytes(values: Any) -> Any:
    array = np.asarray(values)
    return array.tolist() if array.dtype.kind == "O" else array.tobytes()


def attack(case: Case, kills: int, place: Path, cache: Path, random: Random) -> Tally:
    """Kill runs of a protocol so many times, each until it is whole."""
    tally = Tally()
    whole = Run(case, place / case.name, cache)
    for _ in range(2):  # the second time there is nothing to build
        begun = time.monotonic()
        assert whole.finish((*case.command, "--force")) == 0, whole.said()
        seconds = time.monotonic() - begun
    expected = contents(whole.folder / "run.h5")
    recording = _recording(whole)
    print(f"{case.what}: {seconds:.1f} s, of which it records {recording:.1f} s", flush=True)
    while sum(tally.stages.values()) < kills:
        tally.runs += 1
        fresh = sum(tally.stages.values()) < min(BUILDING, kills // 3)
        own = place / f"cache_{case.name}_{tally.runs}" if fresh else cache
        run = Run(case, place / f"{case.name}_{tally.runs}", own)
        words: tuple[str, ...] = case.command
        while True:
            late = not fresh and random.random() < 0.75
            moment = random.uniform(0, recording if late else seconds + 2)
            stage = run.killed(words, moment, recording=late)
            if stage is not None:
                tally.stages[stage] += 1
            if run.stage() == "measuring":
                break
            if stage is None:
                tally.lost.append(f"{run.folder}: {run.said()}")
                break
            words = run.next_words()
            shift_times(run.folder, random)
            tally.resumed += words == RESUME
            tally.anew += words != RESUME
            if random.random() > AGAIN or sum(tally.stages.values()) >= kills:
                if run.finish(words) != 0:
                    tally.lost.append(f"{run.folder}: {run.said()}")
                break
            fresh = False
        path = run.folder / "run.h5"
        if path.exists() and contents(path) == expected:
            tally.identical += 1
        elif not any(str(run.folder) in text for text in tally.lost):
            tally.lost.append(f"{run.folder}: its data are others")
    return tally


def _recording(whole: Run) -> float:
    """Return how long a run records, in seconds."""
    process = whole.start((*whole.case.command, "--force"))
    while whole.records() == 0 and process.poll() is None:
        time.sleep(0.002)
    begun = time.monotonic()
    process.wait(PATIENCE)
    return time.monotonic() - begun


STAGES = ("starting", "building", "running", "writing", "measuring")


def row(case: Case, tally: Tally) -> dict[str, Any]:
    """Return what came of a protocol, as a row of the table."""
    return {
        "protocol": case.what,
        "kills": sum(tally.stages.values()),
        **{f"while {stage}": tally.stages[stage] for stage in STAGES},
        "runs": tally.runs,
        "resumed": tally.resumed,
        "begun again": tally.anew,
        "identical": tally.identical,
        "lost": len(tally.lost),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100, help="of all protocols together")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write", action="store_true", help="write the table for the page too")
    words = parser.parse_args()
    random, rows, lost = Random(words.seed), [], []
    with tempfile.TemporaryDirectory(prefix="crashes-") as folder:
        place = Path(folder)
        for number, case in enumerate(CASES):
            kills = words.kills // 3 + (number < words.kills % 3)
            tally = attack(case, kills, place, place / "cache", random)
            rows.append(row(case, tally))
            print(table([rows[-1]]), flush=True)
            lost += tally.lost
    print(*lost, sep="\n")
    if words.write:
        report("crashes", rows, seed=words.seed)
    sys.exit(1 if lost else 0)


if __name__ == "__main__":
    main()
