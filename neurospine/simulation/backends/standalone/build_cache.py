"""Compiled programs are kept, by what decides their code, and found again.

A program is made in a folder of its own and moved into place when it is whole,
so several processes may build at once and none sees half a program. The cache
is bounded in size; the programs used least recently go first.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import platform
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import lru_cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

from neurospine.errors import BuildError
from neurospine.simulation.backends.standalone.arguments import Slot

_log = logging.getLogger(__name__)

#: IEEE arithmetic, but a product and a sum may be one operation where the processor has it.
#: Without the two flags about maths the compiler may not vectorise
#: square roots. There is one translation unit, so what it does not use need not be compiled.
#: Scheduling before registers are given out makes the long statements of the slow clock faster.
#: For processors of Intel with AVX-512 compilers prefer half of its width, and then g++ 12 has no
#: vector code for the slow clock, whose stages are bytes: a ninth of the speed.
FLAGS = (
    *("-w", "-O3", "-march=native", "-fno-math-errno", "-fno-trapping-math"),
    *("-fwhole-program", "-fschedule-insns", "-std=c++14"),
    *(("-mprefer-vector-width=512",) if platform.machine() in ("x86_64", "AMD64") else ()),
)
LARGEST_CACHE = 500_000_000
#: Programs used within this time are never removed: another process may be about to run them.
IN_USE = 3600.0


def cache_folder() -> Path:
    """Return the folder of the build cache: `NEUROSPINE_CACHE`, else the user's cache folder."""
    named = os.environ.get("NEUROSPINE_CACHE")
    if named:
        return Path(named).expanduser()
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "neurospine"


def find_compiler() -> str:
    """Return the path of a C++ compiler: `CXX`, else g++ or clang++.

    Raises
    ------
    BuildError
        If there is none; the message says what to do.
    """
    wanted = os.environ.get("CXX")
    for name in (wanted,) if wanted else ("g++", "clang++", "c++"):
        path = shutil.which(name) if name else None
        if path:
            return path
    raise BuildError(
        f"no C++ compiler found (looked for {wanted or 'g++, clang++ and c++'}). Install one, for "
        "example the package g++ or build-essential, or run with --backend numpy, which needs none"
    )


@lru_cache(maxsize=1)
def compiler() -> str:
    """Return what `find_compiler` finds, which does not change while a process lives."""
    return find_compiler()


@lru_cache(maxsize=1)
def _surroundings() -> dict[str, Any]:
    """Return what decides the machine code besides the network."""
    own = hashlib.sha256()
    for path in sorted(Path(str(files("neurospine.simulation"))).rglob("*")):
        if path.suffix in (".py", ".cpp", ".cu", ".h"):
            own.update(path.read_bytes())
    asked = subprocess.run(
        [compiler(), "--version"], capture_output=True, text=True, check=False
    ).stdout
    return {
        "neurospine": own.hexdigest(),
        "packages": [version(name) for name in ("brian2", "numpy", "sympy")],
        "compiler": [compiler(), asked.splitlines()[:1]],
        "flags": FLAGS,
        "processor": _processor(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    wanted = ("model name", "flags", "Features", "CPU part")
    return "\n".join(sorted({line for line in lines if line.startswith(wanted)}))


def key_of(structure: dict[str, Any], tools: Sequence[str] = ()) -> str:
    """Return the name under which a program for this structure of network is kept.

    `tools` is what makes it, if it is not our C++ compiler alone.
    """
    text = json.dumps([structure, _surroundings(), *tools], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def program(
    structure: dict[str, Any],
    generate: Callable[[Path], list[Slot]],
    command: Sequence[str] = (),
    tools: Sequence[str] = (),
) -> tuple[Path, list[Slot], bool]:
    """Return the program for a structure, its arguments, and whether it was made just now.

    Parameters
    ----------
    structure
        What decides the generated code (`Network.structure`).
    generate
        Called with a folder when there is no program yet: writes ``program.cpp``
        there and returns the program's arguments.
    command
        What makes the program ``main`` in that folder, if it is not our C++ compiler.
    tools
        The versions of what else decides its code.

    Raises
    ------
    BuildError
        If there is no compiler, it fails, or the cache folder cannot be written.
    """
    key = key_of(structure, (*command, *tools))
    folder = cache_folder() / key
    found = _whole(folder)
    if found is not None:
        with contextlib.suppress(OSError):  # others' caches may be read-only
            os.utime(folder)
        _log.info("the program is in the cache: %s", folder)
        return folder / "main", found, False
    try:
        cache_folder().mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f"{key}.", dir=cache_folder()))
    except OSError as error:
        raise BuildError(
            f"the build cache {cache_folder()} cannot be written ({error.strerror}). "
            "Set NEUROSPINE_CACHE to a folder that can"
        ) from None
    started = time.monotonic()
    try:
        arguments = generate(work)
        _log.info("generated the program in %.1f s; compiling", time.monotonic() - started)
        compile_program(work, command)
        _write_sidecar(work, arguments)
        _move(work, folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    _log.info("made the program in %.1f s: %s", time.monotonic() - started, folder)
    _forget_old()
    found = _whole(folder)
    if found is None:
        raise BuildError(f"the program in {folder} was removed while it was being made")
    return folder / "main", found, True


def compile_program(folder: Path, command: Sequence[str] = ()) -> None:
    """Compile the program in a folder to ``main``; without a command, ``program.cpp``.

    Raises
    ------
    BuildError
        With the end of the compiler's output, if it fails.
    """
    command = command or [compiler(), *FLAGS, "-I.", "program.cpp", "-o", "main"]
    _log.debug("%s", " ".join(command))
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildError(f"the compiler failed ({' '.join(command)}):\n{done.stderr[-2000:]}")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _write_sidecar(folder: Path, arguments: list[Slot]) -> None:
    content = {"main": _digest(folder / "main"), "arguments": [asdict(a) for a in arguments]}
    (folder / "program.json").write_text(json.dumps(content))


def _whole(folder: Path) -> list[Slot] | None:
    """Return the arguments of a program if it is there and undamaged."""
    try:
        content = json.loads((folder / "program.json").read_text())
        if content["main"] == _digest(folder / "main"):
            return [Slot(**entry) for entry in content["arguments"]]
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return None


def _move(work: Path, folder: Path) -> None:
    """Move a finished program into place; whoever comes second finds one there."""
    if folder.is_dir() and _whole(folder) is None:
        damaged = folder.with_name(f"{work.name}.damaged")
        with contextlib.suppress(OSError):  # another process may mend it at the same time
            folder.rename(damaged)
        shutil.rmtree(damaged, ignore_errors=True)
    try:
        work.rename(folder)
    except OSError:
        if _whole(folder) is None:
            raise


def _forget_old() -> None:
    """Remove the programs used least recently until the cache is small enough."""
    entries = []
    for folder in cache_folder().iterdir():
        with contextlib.suppress(OSError):  # another process may move or remove it meanwhile
            size = sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())
            # A time to come is as far from now: a clock was wrong then, or is.
            entries.append((abs(time.time() - folder.stat().st_mtime), size, folder))
    total = sum(size for _, size, _ in entries)
    for unused, size, folder in sorted(entries, reverse=True):
        if total <= LARGEST_CACHE or unused < IN_USE:
            return
        shutil.rmtree(folder, ignore_errors=True)
        total -= size
