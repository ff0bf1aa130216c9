"""The build cache: damage, several processes at once, and its bound on size."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from neurospine.simulation.backends.standalone import build_cache
from neurospine.simulation.backends.standalone.arguments import Slot

pytestmark = pytest.mark.cpp

SLOTS = [Slot("group.variable", "<f8", 3, "nowhere")]


def generate(folder: Path) -> list[Slot]:
    """A program that compiles in no time."""
    (folder / "program.cpp").write_text("int main() { return 7; }\n")
    return SLOTS


def build(structure: str = "one") -> tuple[Path, list[Slot], bool]:
    return build_cache.program({"structure": structure}, generate)


@pytest.fixture(autouse=True)
def cache(own_cache: Path) -> Path:
    return own_cache


def test_a_program_is_built_once_and_runs() -> None:
    main, slots, fresh = build()
    assert (slots, fresh) == (SLOTS, True)
    assert subprocess.run([main], check=False).returncode == 7
    assert build() == (main, SLOTS, False)
    assert build("two")[0] != main


def truncate_main(folder: Path) -> None:
    os.truncate(folder / "main", 100)


def spoil_sidecar(folder: Path) -> None:
    (folder / "program.json").write_text('{"main": 1, "arguments": [{"na')


def empty_sidecar(folder: Path) -> None:
    (folder / "program.json").write_text("[]")


def lose_sidecar(folder: Path) -> None:
    (folder / "program.json").unlink()


def lose_main(folder: Path) -> None:
    (folder / "main").unlink()


def leave_half(folder: Path) -> None:
    for path in folder.iterdir():
        if path.name != "program.cpp":
            path.unlink()


DAMAGES = (truncate_main, spoil_sidecar, empty_sidecar, lose_sidecar, lose_main, leave_half)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda function: function.__name__)
def test_a_damaged_program_is_built_again(cache: Path, damage: Callable[[Path], None]) -> None:
    main, _, _ = build()
    damage(main.parent)
    assert build() == (main, SLOTS, True)
    assert subprocess.run([main], check=False).returncode == 7
    assert build()[2] is False
    assert list(cache.iterdir()) == [main.parent]


TOGETHER = """
import time
from neurospine import simulate
from neurospine.simulation.backends.standalone.build_cache import cache_folder

while not (cache_folder().parent / "go").exists():
    time.sleep(0.01)
print(*simulate(None, "triplets").spines["pair"]["volume"].values[-1])
"""


@pytest.mark.slow
def test_four_processes_may_build_the_same_program_at_once(cache: Path) -> None:
    command = [sys.executable, "-c", TOGETHER]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    time.sleep(4.0)  # all stand ready
    (cache.parent / "go").touch()
    said = [process.communicate(timeout=240)[0] for process in running]
    assert [process.returncode for process in running] == [0] * 4
    assert len(set(said)) == 1
    assert said[0] != ""
    assert len(list(cache.iterdir())) == 1


@pytest.fixture
def small_cache(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A function that bounds the cache to so many programs and so many seconds of use."""

    def bound(programs: float, in_use: float) -> None:
        folder = build()[0].parent
        size = sum(path.stat().st_size for path in folder.rglob("*"))
        monkeypatch.setattr(build_cache, "LARGEST_CACHE", int(programs * size))
        monkeypatch.setattr(build_cache, "IN_USE", in_use)

    return bound


def age(structure: str, seconds: float) -> None:
    folder = build(structure)[0].parent
    os.utime(folder, (time.time() - seconds, time.time() - seconds))


def test_a_full_cache_forgets_the_program_used_least_recently(small_cache: Any) -> None:
    small_cache(2.5, in_use=10.0)
    age("one", 300)
    age("two", 200)
    assert build("one")[2] is False  # now "two" is the oldest
    assert build("three")[2] is True
    assert [build(name)[2] for name in ("one", "three", "two")] == [False, False, True]


def test_a_program_in_use_is_kept_in_a_full_cache(small_cache: Any, cache: Path) -> None:
    small_cache(0.5, in_use=100.0)
    age("one", 50)
    build("two")
    assert len(list(cache.iterdir())) == 2


def test_a_program_from_a_time_to_come_is_not_kept_for_good(small_cache: Any, cache: Path) -> None:
    """A clock that was wrong has been put right."""
    small_cache(1.5, in_use=100.0)
    age("one", -1e8)
    build("two")
    assert len(list(cache.iterdir())) == 1


def test_a_build_that_ends_meanwhile_does_not_disturb(
    small_cache: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process may move or remove its folder while the size of the cache is taken."""
    small_cache(10, in_use=100.0)
    (folder := build_cache.cache_folder() / "other.tmp").mkdir()
    (folder / "leaving").write_text("x")
    is_file = Path.is_file

    def leave(path: Path, **options: Any) -> bool:
        there = is_file(path, **options)
        if path.name == "leaving":
            path.unlink(missing_ok=True)
        return there

    monkeypatch.setattr(Path, "is_file", leave)
    assert build("two")[2] is True


def test_a_cache_that_can_only_be_read_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    main, _, _ = build()

    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "utime", refuse)
    assert build() == (main, SLOTS, False)
