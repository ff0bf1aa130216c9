"""Let a process of its own look through HDF5 files before this one opens them.

The HDF5 library can loop without end, or end its process, at a damaged file; Python can stop
neither. So a small process (`description.hdf5_guard_process`) does first what will be done here.
It is started when the first file is wanted, and ends when this process does.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import NamedTuple

_log = logging.getLogger(__name__)

PROGRAM = "neurospine.description.hdf5_guard_process"
#: Files that have been looked through and are remembered.
_MOST_REMEMBERED = 1000
#: A file changed so shortly ago (ns) may change again and bear the same time.
_SETTLED = 100_000_000
#: Seconds within which a process that has closed its output ends.
_PATIENCE = 5.0
#: Signals by which a library ends its process, or the system one that takes too long.
_FAILURES = {
    signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGPROF,
}  # fmt: skip

_Seen = tuple[str, bool, int, int, int, int]


class _Answer(NamedTuple):
    """What is wrong with a file, and whether it will be until the file changes."""

    wrong: str
    lasting: bool


class _EndedError(Exception):
    """The process ended before it answered."""


class _Process:
    """The process and the pipes to and from it."""

    def __init__(self, program: str) -> None:
        questions, self._questions = _pipe()
        self._answers, answers = _pipe()
        self._waiting = b""
        self.ready = False
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-W", "ignore", "-m", program], cwd="/",
                env=_surroundings(), stdin=questions, stdout=answers, stderr=subprocess.DEVNULL,
                start_new_session=True,
            )  # fmt: skip
        except BaseException:
            self._close()
            raise
        finally:
            os.close(questions)
            os.close(answers)

    def ask(self, question: str) -> bytes:
        """Return the answer to a question."""
        left = question.encode() + b"\n"
        try:
            while left:
                left = left[os.write(self._questions, left) :]
        except OSError:
            raise _EndedError from None
        self.ready = self.ready or bool(self._line())
        return self._line()

    def _line(self) -> bytes:
        while b"\n" not in self._waiting:
            piece = os.read(self._answers, 65536)
            if not piece:
                raise _EndedError
            self._waiting += piece
        line, _, self._waiting = self._waiting.partition(b"\n")
        return line

    def end(self, patience: float = 0.0) -> int:
        """End the process, give it so many seconds to do so itself, and return its status."""
        self._close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            if patience:
                return self._process.wait(patience)
        self._process.kill()
        return self._process.wait()

    def disown(self) -> None:
        """Leave it to the process that started it, of which this is a copy."""
        self._close()
        self._process.returncode = 0  # else it would be waited for

    def _close(self) -> None:
        os.close(self._questions)
        os.close(self._answers)


def _pipe() -> tuple[int, int]:
    """Return the ends of a pipe, neither in the place of a standard stream that is closed."""
    ends = os.pipe()
    try:
        return tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 3) for end in ends)  # type: ignore[return-value]
    finally:
        for end in ends:
            os.close(end)


def _surroundings() -> dict[str, str]:
    """Return environment variables with which a process finds the same modules.

    Memory that was given back is overwritten there, so that using it shows at once.
    """
    root = str(Path(__file__).parents[2])
    found = [str(Path(place).absolute()) for place in sys.path]
    places = found if root in found else [*found, root]
    own = {"OPENBLAS_NUM_THREADS": "1", "MALLOC_PERTURB_": "90"}
    return {**os.environ, **own, "PYTHONPATH": os.pathsep.join(places)}


class Guard:
    """What looks through files for this process, and remembers what was wrong.

    Parameters
    ----------
    program
        The module that is run.
    """

    def __init__(self, program: str = PROGRAM) -> None:
        self._program = program
        self._registered = False
        self._begin()

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._process: _Process | None = None
        self._unable = not hasattr(signal, "setitimer")
        self._known: dict[_Seen, str] = {}

    def start(self) -> None:
        """Start the process, so that it is ready when a file is wanted; it need not be called."""
        with self._lock, contextlib.suppress(OSError):
            self._running()

    def wrong_with(self, path: Path, *, links: bool) -> str | None:
        """Return what is wrong with a file.

        Parameters
        ----------
        path
            The file.
        links
            Whether names in it may lead elsewhere.

        Returns
        -------
        str | None
            Nothing if all is well; None where no process can be started, so that nobody has
            looked.
        """
        seen = _seen(path, links)
        settled = time.time_ns() - seen[-1] > _SETTLED
        with self._lock:
            if seen in self._known:
                return self._known[seen]
            found = self._look(json.dumps(seen[:2]))
            if found is None:
                return None
            if found.lasting and settled:
                self._keep(seen, found.wrong)
            return found.wrong

    def trust(self, path: Path) -> None:
        """Take a file as right that this process has just written."""
        with self._lock:
            self._keep(_seen(path, links=False), "")

    def _keep(self, seen: _Seen, wrong: str) -> None:
        self._known[seen] = wrong
        if len(self._known) > _MOST_REMEMBERED:
            del self._known[next(iter(self._known))]

    def _look(self, question: str) -> _Answer | None:
        for last in (False, True):
            if self._unable:
                break
            try:
                process = self._running()
            except OSError as error:
                self._give_up(str(error))
                break
            try:
                return _Answer(*json.loads(process.ask(question)))
            except _EndedError:
                self._process = None
                status = process.end(_PATIENCE)
                if process.ready and (last or -status in _FAILURES):
                    return _Answer(_words(status), -status in _FAILURES)
                if last:  # else it had ended by itself, or was ended from outside
                    self._give_up(f"it ends with status {status}")
            except BaseException:  # its answer would be taken for that to the next question
                self._process = None
                process.end()
                raise
        return None

    def _running(self) -> _Process:
        if self._process is None:
            self._process = _Process(self._program)
            if not self._registered:
                self._registered = True
                atexit.register(self._end)
                os.register_at_fork(after_in_child=self._disown)
        return self._process

    def _give_up(self, why: str) -> None:
        self._unable = True
        _log.warning(
            "HDF5 files are looked through in this process, which one that is damaged may end: "
            "no other can be started (%s)", why,
        )  # fmt: skip

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.end()

    def _disown(self) -> None:
        process = self._process
        self._begin()
        if process is not None:
            process.disown()


def _seen(path: Path, links: bool) -> _Seen:
    """Return what tells one state of a file from another."""
    found = path.stat()
    place = str(path.absolute())
    return place, links, found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def _words(status: int) -> str:
    """Return what the end of the process says of the file."""
    if status == -signal.SIGPROF:
        return "reading it does not end"
    if status < 0:
        return f"the HDF5 library fails on it (signal {signal.Signals(-status).name})"
    return f"the HDF5 library ends the process that reads it (status {status})"


#: The guard of this process.
GUARD = Guard()
