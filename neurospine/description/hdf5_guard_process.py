"""The guard process: paths of HDF5 files come in, and what is wrong with them goes out.

Started by `description.hdf5_guard`, which says why. Each file has a limit of processor time, after
which the system ends this process: Python sees neither loops nor crashes of the HDF5 library.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any, TextIO

from h5py import h5f

from neurospine.description.hdf5_look import look_through

#: Processor time (s) for a file of no size, for each of its MB, and at most. A result of 100 kB
#: takes about 20 ms.
LEAST_TIME, TIME_BY_MB, MOST_TIME = 0.5, 1.0, 60.0
#: Bytes that this process may take; what is read at once is far smaller.
_MEMORY = 2 << 30
#: Files after which it ends, so that what the library loses does not add up.
_MOST_READ = 10_000
#: What is open as long as a file is.
_OF_FILES = h5f.OBJ_FILE | h5f.OBJ_DATASET | h5f.OBJ_GROUP | h5f.OBJ_ATTR


def main() -> None:
    """Answer each line of standard input with one; the first says that all is ready."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints is no answer
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    for limit, most in ((resource.RLIMIT_DATA, _MEMORY), (resource.RLIMIT_CORE, 0)):
        hard = resource.getrlimit(limit)[1]
        resource.setrlimit(
            limit, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard)
        )
    sys.unraisablehook = _note
    _say(answers, "ready")
    for _, line in zip(range(_MOST_READ), sys.stdin.buffer, strict=False):
        path, links = json.loads(line)
        wrong, lasting = _wrong_with(Path(path), links)
        _say(answers, [wrong, lasting])
        if wrong:  # nothing of it is to be left for the next
            gc.collect()
            _NOTED.clear()
        if h5f.get_obj_count(types=_OF_FILES):  # one that stays open could be taken for another
            break
    os._exit(0)


def _say(answers: TextIO, what: Any) -> None:
    answers.write(f"{json.dumps(what)}\n")
    answers.flush()


#: What went wrong where nothing could be raised, when parts of a file were given up.
_NOTED: list[str] = []


def _note(lost: sys.UnraisableHookArgs) -> None:
    _NOTED.append(str(lost.exc_value))


def _wrong_with(path: Path, links: bool) -> tuple[str, bool]:
    """Return what is wrong with a file, or nothing, and whether it says so itself."""
    try:
        size = path.stat().st_size
        signal.setitimer(signal.ITIMER_PROF, min(LEAST_TIME + TIME_BY_MB * size / 1e6, MOST_TIME))
        look_through(path, links=links)
        if _NOTED:
            return f"it cannot be closed: {_NOTED[-1]}", True
    except Exception as error:  # an OSError may be of the disk, or of one that writes the file
        return str(error) or type(error).__name__, not isinstance(error, OSError)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return "", True


if __name__ == "__main__":
    main()
