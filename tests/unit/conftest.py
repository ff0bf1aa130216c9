"""Small protocols, a limit on time, and the commands without a new process."""

from __future__ import annotations

import copy
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

TINY = """
schema       = 1
kind         = "protocol"
name         = "tiny"
summary      = "Two pairs of spikes."
step         = "1 ms"
record_every = "10 ms"

[model]
circuit = "independent_pairs"

[conditions.interval]
values  = [5, -5]
unit    = "ms"
meaning = "Postsynaptic minus presynaptic spike"

[[phases]]
name     = "pairing"
duration = "50 ms"

[[phases.stimuli]]
kind         = "pairing"
presynaptic  = "presynaptic"
postsynaptic = "postsynaptic"
interval     = "interval"
rate         = "50 Hz"
count        = 2

[measures.change]
kind    = "relative_change"
meaning = "Change of weight"
phase   = "pairing"

[plot]
title   = "Two pairs"
measure = "change"
x       = "interval"
"""


@pytest.fixture
def tiny_text() -> str:
    """A protocol of two conditions and 50 steps, as a file has it."""
    return TINY


@pytest.fixture
def tables() -> dict[str, Any]:
    """The least a protocol needs, as tables: one phase of 100 ms without stimuli."""
    return copy.deepcopy(
        {
            "name": "p",
            "model": {"circuit": "independent_pairs"},
            "step": "1 ms",
            "record_every": "10 ms",
            "phases": [{"name": "a", "duration": "100 ms", "stimuli": []}],
        }
    )


TimeLimit = Callable[[float], AbstractContextManager[None]]


@pytest.fixture
def time_limit() -> TimeLimit:
    """Fail, rather than hang, when a block takes longer than so many seconds."""

    @contextmanager
    def within(seconds: float) -> Iterator[None]:
        def stop(number: int, frame: object) -> None:
            pytest.fail(f"still busy after {seconds:g} s")

        before = signal.signal(signal.SIGALRM, stop)
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0.0)
            signal.signal(signal.SIGALRM, before)

    return within


@dataclass(frozen=True)
class Outcome:
    """What a command gave back."""

    status: int
    out: str
    err: str


@pytest.fixture
def command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Callable[..., Outcome]:
    """Run a command line in an empty folder, as the console script does."""
    from neurospine.cli import main

    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words: str) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["neurospine", *words])
        status = 0
        try:
            main()
        except SystemExit as end:
            status = int(end.code or 0)
        said = capsys.readouterr()
        return Outcome(status, said.out, said.err)

    return run


PAIRING = {
    "presynaptic": "presynaptic",
    "postsynaptic": "postsynaptic",
    "interval": "interval",
    "rate": "100 Hz",
    "count": 5,
}


@pytest.fixture(scope="session")
def small() -> Any:
    """Two numbers by two words, two repeats; trains and Poisson spikes."""
    from neurospine import Protocol

    noise = [
        {"kind": "poisson", "population": p, "rate": "300 Hz"}
        for p in ("presynaptic", "postsynaptic")
    ]
    return Protocol(
        name="small",
        model={"circuit": "independent_pairs"},
        step="0.1 ms",
        record_every="10 ms",
        repeats=2,
        conditions={
            "interval": {"values": [5, -5], "unit": "ms", "meaning": "Post minus pre"},
            "word": {"values": ["a", "b"], "meaning": "Nothing"},
        },
        phases=[
            {"name": "trains", "duration": "60 ms", "stimuli": [{"kind": "pairing", **PAIRING}]},
            {"name": "noise", "duration": "40 ms", "stimuli": noise},
        ],
        measures={"change": {"kind": "relative_change", "meaning": "m", "phase": "trains"}},
    )  # fmt: skip


@pytest.fixture(scope="session")
def trajectory(small: Any) -> Any:
    """A run of it."""
    from neurospine import measure, simulate

    made = simulate(None, small, backend="numpy", seed=3, parameters={"axonal_delay": "1 ms"})
    return made.with_measures(measure(made, small))


@pytest.fixture(scope="session")
def written(trajectory: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its file."""
    return trajectory.to_hdf5(tmp_path_factory.mktemp("results") / "run.h5")
