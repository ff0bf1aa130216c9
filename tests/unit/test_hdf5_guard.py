"""A process of its own looks through HDF5 files first, because the HDF5 library may fail there."""

from __future__ import annotations

import gc
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from neurospine.description import hdf5_guard, hdf5_look
from neurospine.description.hdf5_files import opened
from neurospine.description.hdf5_guard import GUARD, Guard
from neurospine.description.hdf5_look import look_through
from neurospine.errors import ResultError
from neurospine.learning.experiments.outcome import load_learning
from neurospine.results.tables import new_file

ROOT = Path(__file__).parents[2]
CORPUS = ROOT / "tests" / "corpus"
#: At this one the library reads beyond its memory when it is asked for scales of a dimension.
CRASHES = CORPUS / "results_of_learning" / "6d082276" / "learning.h5"
#: At this one it follows an address in the file to itself.
LOOPS = CORPUS / "edges_SONATA" / "571a1927" / "edges.h5"

AGAIN = hdf5_guard._Answer("looked again", lasting=False)


@pytest.fixture
def guard() -> Iterator[Guard]:
    """A guard of the test's own."""
    made = Guard()
    yield made
    made._end()


@pytest.fixture
def right(tmp_path: Path) -> Path:
    """A file in which nothing is wrong, written a while ago."""
    path = tmp_path / "right.h5"
    with h5py.File(path, "w") as file:
        file["x"] = np.arange(3)
        file["x"].attrs["unit"] = "volt"
    os.utime(path, (0, 0))
    return path


def pid(guard: Guard) -> int:
    assert guard._process is not None
    return guard._process._process.pid


def test_a_file_that_makes_the_library_crash_is_refused_in_words() -> None:
    with pytest.raises(ResultError, match=r"learning\.h5: .*the HDF5 library fails on it \(signal"):
        load_learning(CRASHES)


def test_a_file_that_makes_the_library_loop_is_refused_in_words() -> None:
    with (
        pytest.raises(ResultError, match="reading it does not end"),
        opened(LOOPS, ResultError, links=True),
    ):
        pass


def test_one_process_looks_through_many_files_and_remembers_those_that_were_right(
    guard: Guard, right: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = right.with_name("other.h5")
    shutil.copy(right, other)
    assert guard.wrong_with(right, links=False) == ""
    first = pid(guard)
    assert guard.wrong_with(other, links=False) == ""
    assert pid(guard) == first
    monkeypatch.setattr(guard, "_look", lambda question: AGAIN)
    assert guard.wrong_with(right, links=False) == ""
    assert guard.wrong_with(right, links=True) == "looked again"
    os.utime(right, (1, 1))
    assert guard.wrong_with(right, links=False) == "looked again"


def test_what_is_wrong_is_remembered_unless_it_may_be_of_the_disk(
    guard: Guard, right: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with h5py.File(right, "r+") as file:
        file["away"] = h5py.SoftLink("/x")
    text = right.with_name("text.h5")
    text.write_bytes(b"nothing")
    places = (right, text, CRASHES)
    for path in places[:2]:
        os.utime(path, (0, 0))
    first = [guard.wrong_with(path, links=False) for path in places]
    monkeypatch.setattr(guard, "_look", lambda question: AGAIN)
    again = [guard.wrong_with(path, links=False) for path in places]
    assert again == [first[0], "looked again", first[2]]


def test_a_file_that_was_just_written_is_looked_through_again(
    guard: Guard, right: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.utime(right)
    assert guard.wrong_with(right, links=False) == ""
    monkeypatch.setattr(guard, "_look", lambda question: AGAIN)
    assert guard.wrong_with(right, links=False) == "looked again"


def test_what_this_process_has_written_is_not_looked_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "own.h5"
    with new_file(path) as file:
        file["x"] = np.arange(3)
    monkeypatch.setattr(GUARD, "_look", lambda question: AGAIN)
    with opened(path, ResultError) as file:
        assert file["x"].shape == (3,)
    shutil.copy(path, tmp_path / "copy.h5")
    with pytest.raises(ResultError), opened(tmp_path / "copy.h5", ResultError):
        pass


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_guard_that_was_ended_from_outside_is_started_again(
    guard: Guard, right: Path, how: int
) -> None:
    assert guard.wrong_with(right, links=True) == ""
    first = pid(guard)
    os.kill(first, how)
    assert guard.wrong_with(right, links=False) == ""
    assert pid(guard) != first


def test_after_a_crash_the_next_file_is_looked_through(guard: Guard, right: Path) -> None:
    assert "signal" in str(guard.wrong_with(CRASHES, links=False))
    assert guard.wrong_with(right, links=False) == ""


COPIED = """
import os, sys
from pathlib import Path
from neurospine.description.hdf5_guard import Guard

guard, right = Guard(), Path(sys.argv[1])
assert guard.wrong_with(right, links=True) == ""
first = guard._process._process.pid
copy = os.fork()
if copy == 0:
    status = 1
    try:
        assert guard.wrong_with(right, links=False) == ""
        assert guard._process._process.pid != first
        guard._end()
        status = 0
    finally:
        os._exit(status)
assert os.waitpid(copy, 0)[1] == 0
assert guard.wrong_with(right, links=False) == ""
assert guard._process._process.pid == first
"""


def test_a_copy_of_the_process_has_a_guard_of_its_own(right: Path) -> None:
    """In a process without the threads that other tests start, as a fork copies none of them."""
    done = subprocess.run(
        [sys.executable, "-c", COPIED, right], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_threads_take_their_turns(guard: Guard, right: Path) -> None:
    paths = [right, *(right.with_name(f"{number}.h5") for number in range(12))]
    for path in paths[1:]:
        shutil.copy(right, path)
    bad = right.with_name("bad.h5")
    bad.write_bytes(b"nothing")
    wrong: dict[Path, str | None] = {}

    def look(path: Path) -> None:
        wrong[path] = guard.wrong_with(path, links=False)

    threads = [threading.Thread(target=look, args=(path,)) for path in (*paths, bad)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "signature not found" in str(wrong.pop(bad))
    assert wrong == dict.fromkeys(paths, "")


def test_an_interrupt_leaves_no_answer_for_the_next_question(
    guard: Guard, right: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert guard.wrong_with(right, links=True) == ""
    assert guard._process is not None
    first = pid(guard)

    def interrupted() -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr(guard._process, "_line", interrupted)
    with pytest.raises(KeyboardInterrupt):
        guard.wrong_with(right, links=False)
    bad = right.with_name("bad.h5")
    bad.write_bytes(b"nothing")
    assert "signature not found" in str(guard.wrong_with(bad, links=False))
    assert pid(guard) != first


def test_where_no_process_can_be_started_this_one_looks_and_says_so(
    right: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    guard = Guard("neurospine.no_such_module")
    monkeypatch.setattr("neurospine.description.hdf5_files.GUARD", guard)
    with caplog.at_level(logging.WARNING), opened(right, ResultError) as file:
        assert file["x"].shape == (3,)
    assert "no other can be started (it ends with status 1)" in caplog.text
    with h5py.File(right, "r+") as file:
        file["away"] = h5py.SoftLink("/x")
    with pytest.raises(ResultError, match="leads to another place"), opened(right, ResultError):
        pass


def test_what_is_no_file_is_refused_without_being_opened(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, tmp_path):
        with pytest.raises(ResultError, match="it is no file"), opened(path, ResultError):
            pass


def test_files_that_links_lead_to_are_looked_through(tmp_path: Path, right: Path) -> None:
    path = tmp_path / "leads.h5"
    shutil.copy(LOOPS.with_name("edges.h5"), tmp_path / "loops.h5")
    with h5py.File(path, "w") as file:
        file["away"] = h5py.ExternalLink("loops.h5", "/")
        file["gone"] = h5py.ExternalLink("gone.h5", "/")
        file["right"] = h5py.ExternalLink("right.h5", "/x")
    assert GUARD.wrong_with(path, links=True) == "reading it does not end"
    shutil.copy(right, tmp_path / "loops.h5")
    os.utime(path, (5, 5))
    assert GUARD.wrong_with(path, links=True) == ""


def test_of_large_files_both_ends_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "large.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("chunks", data=np.zeros((70, 7)), chunks=(8, 2), compression="gzip")
        file["row"] = np.zeros((7, 70))
        file["small"] = np.arange(3)
        file["empty"] = np.zeros((0, 3))
        file["deep"] = np.zeros(1)
        file["deep"].attrs["x"] = [1, 2]
    read: list[tuple[str, object]] = []
    in_part, whole = h5py.Dataset.__getitem__, hdf5_look._read_values

    def noted(self: h5py.Dataset, part: object, **words: object) -> object:
        found = in_part(self, part, **words)
        read.append((self.name, np.shape(found)))
        return found

    def noted_whole(source: Any, *spaces: Any) -> None:
        whole(source, *spaces)
        read.append((h5py.h5i.get_name(source).decode(), source.shape))

    monkeypatch.setattr(h5py.Dataset, "__getitem__", noted)
    monkeypatch.setattr(hdf5_look, "_read_values", noted_whole)
    monkeypatch.setattr("neurospine.description.hdf5_look._WHOLE", 100)
    monkeypatch.setattr("neurospine.description.hdf5_look._SMALL", 80)
    look_through(path, links=False)
    shapes = {name: [shape for other, shape in read if other == name] for name, _ in read}
    assert shapes == {
        "/chunks": [(8, 2), (6, 1)],
        "/row": [(1, 10), (1, 10)],
        "/small": [(3,)],
        "/empty": [(0, 3)],
        "/deep": [(2,), (1,)],
    }


WITHOUT_STREAMS = """
import os, sys
from pathlib import Path
for stream in (0, 1, 2):
    os.close(stream)
from neurospine.description.hdf5_guard import GUARD
fine = GUARD.wrong_with(Path(sys.argv[1]), links=False) == ""
pipes = (GUARD._process._questions, GUARD._process._answers)
os._exit(0 if fine and min(pipes) > 2 else 1)
"""


def test_it_works_where_the_standard_streams_are_closed(right: Path) -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_STREAMS, right], cwd=ROOT, check=False)
    assert done.returncode == 0


ENDING = """
import sys
from pathlib import Path
from neurospine.description.hdf5_guard import GUARD
assert GUARD.wrong_with(Path(sys.argv[1]), links=False) == ""
print(GUARD._process._process.pid, flush=True)
if sys.argv[2:]:
    import os, signal
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("words", [(), ("killed",)])
def test_it_ends_with_its_process_and_says_nothing(right: Path, words: tuple[str, ...]) -> None:
    command = [sys.executable, "-W", "error", "-X", "dev", "-c", ENDING, right, *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == (-signal.SIGKILL if words else 0)
    assert done.stderr == ""
    end = time.monotonic() + 20
    while (place := Path(f"/proc/{done.stdout.strip()}")).exists() and time.monotonic() < end:
        if "\nState:\tZ" in (place / "status").read_text():  # nobody is there to wait for it
            break
        time.sleep(0.02)
    else:
        assert not place.exists()


def test_the_process_imports_little(right: Path) -> None:
    code = f"import {hdf5_guard.PROGRAM}, sys, json; print(json.dumps(list(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = json.loads(done.stdout)
    own = {name for name in loaded if name.partition(".")[0] == "neurospine"}
    assert own == {
        "neurospine", "neurospine._report", "neurospine.errors", "neurospine.description",
        "neurospine.description.hdf5_look", hdf5_guard.PROGRAM,
    }  # fmt: skip
    assert not {"pandas", "xarray", "brian2", "jax", "sympy", "scipy"} & set(loaded)


def test_no_pipe_is_left_open(right: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        guard = Guard()
        assert "signal" in str(guard.wrong_with(CRASHES, links=False))
        assert guard.wrong_with(right, links=False) == ""
        guard._end()
    gc.collect()
    assert len(list(Path("/proc/self/fd").iterdir())) == before
