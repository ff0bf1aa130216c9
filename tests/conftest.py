"""Shared by all tests: a build cache of their own, and the library as shipped."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

#: Programs of JAX run for a moment in tests: a quarter of the time went into making them fast.
os.environ.setdefault(
    "XLA_FLAGS", "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
)


def pytest_configure(config: pytest.Config) -> None:
    """Keep pytest-xdist from putting files with few tests, which take longest, at the end."""
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that build programs, so that all workers end at the same time."""
    build = {item.path for item in items if item.get_closest_marker("cpp")}
    items.sort(key=lambda item: item.path not in build)


def pytest_collection_finish() -> None:
    """Keep what is there for good out of the collections that Brian2 makes before every run."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def surroundings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep tests away from the user's folders; workers of one session share their builds."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NEUROSPINE_CACHE", str(shared / "builds"))
        patch.setenv("XDG_DATA_HOME", str(shared / "data"))
        for name in ("NEUROSPINE_LIBRARY", "NEUROSPINE_DATA"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture
def shipped() -> Path:
    """The folder that holds models, protocols and data."""
    from neurospine.description.library import shipped_folder

    return shipped_folder()


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
    from neurospine.run_output import err, out

    for console in (out, err):  # which keep the width that they were made with
        monkeypatch.setattr(console, "_width", None)
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


Limit = Callable[[float], AbstractContextManager[None]]


def limited(timer: int, alarm: int) -> Limit:
    """Return what makes a block fail, rather than hang, after so many seconds of a clock."""

    @contextmanager
    def within(seconds: float) -> Iterator[None]:
        def stop(number: int, frame: object) -> None:
            pytest.fail(f"still busy after {seconds:g} s")

        before = signal.signal(alarm, stop)
        signal.setitimer(timer, seconds)
        try:
            yield
        finally:
            signal.setitimer(timer, 0.0)
            signal.signal(alarm, before)

    return within


@pytest.fixture
def time_limit() -> Limit:
    """Limit the time that a block takes, waiting for other processes included."""
    return limited(signal.ITIMER_REAL, signal.SIGALRM)


@pytest.fixture
def work_limit() -> Limit:
    """Limit the processor time that a block takes, which a busy machine does not lengthen."""
    return limited(signal.ITIMER_PROF, signal.SIGPROF)
