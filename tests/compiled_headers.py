"""The headers that all programs begin with, read once for all programs of a session of tests."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Sequence
from functools import cache
from itertools import count
from pathlib import Path

import pytest

from neurospine.errors import BuildError
from neurospine.simulation.backends.standalone import build_cache
from neurospine.simulation.backends.standalone.source import _HEADERS

#: So many programs a process makes without: reading the headers costs more than it spares them.
ALONE = 3


def share(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let g++ find the headers in a folder, to which they are written when programs are made.

    It takes what it has read before wherever flags are the same, and the machine code is the same.
    Other compilers, and a session without programs, see nothing of it.
    """
    first, compile_alone = _HEADERS[0], build_cache.compile_program
    folder.mkdir(exist_ok=True)
    (folder / first).write_text(f"#include_next <{first}>\n")
    patch.setenv("CPATH", str(folder), prepend=os.pathsep if os.environ.get("CPATH") else None)

    made = count(1)

    def compile_with_headers(work: Path, command: Sequence[str] = ()) -> None:
        if not command and next(made) > ALONE:
            _read_once(folder / f"{first}.gch")
        compile_alone(work, command)

    patch.setattr(build_cache, "compile_program", compile_with_headers)


@cache
def _read_once(compiled: Path) -> None:
    with contextlib.suppress(BuildError):  # which is for the program to say
        if compiled.exists() or not Path(build_cache.compiler()).name.startswith("g++"):
            return
        with tempfile.TemporaryDirectory(dir=compiled.parent) as work:
            header = Path(work) / "headers.h"
            header.write_text("".join(f"#include <{name}>\n" for name in _HEADERS))
            made = Path(work) / "made"
            words = [*build_cache.FLAGS, "-x", "c++-header", str(header), "-o", str(made)]
            done = subprocess.run(
                [build_cache.compiler(), *words], capture_output=True, check=False
            )
            if done.returncode == 0:
                made.rename(compiled)
