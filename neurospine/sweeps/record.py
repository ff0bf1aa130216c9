"""What a folder holds: which sweep, of which files, so that another does not get mixed with it."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from neurospine.errors import NeurospineError, ResultError
from neurospine.results.files import written_aside
from neurospine.simulation.plan import Plan, make_plan
from neurospine.simulation.provenance import run_info, same_program
from neurospine.sweeps.grid import Grid
from neurospine.sweeps.job import ASIDE

RECORD = "sweep.json"
RUNS = "runs"
TABLE = "sweep.csv"
PARQUET = "sweep.parquet"
_LOCK = ".lock"


def plans(grid: Grid) -> dict[str, Plan | None]:
    """Return the plan of each corner of a grid, None where it has none.

    Raises
    ------
    NeurospineError
        If the first has none.
    """
    found: dict[str, Plan | None] = {}
    for label, point in grid.corners().items():
        try:
            found[label] = make_plan(point.model, grid.protocol, seed=grid.seeds[0], form=grid.form)
        except NeurospineError:
            if not found:
                raise
            found[label] = None  # its runs will say why
    return found


def description(grid: Grid, made: Mapping[str, Plan | None]) -> dict[str, Any]:
    """Return what a sweep is, without its seeds, as JSON-ready data."""
    return {
        "protocol": grid.protocol.name,
        "axes": [axis.column for axis in grid.axes],
        "backend": grid.backend,
        "form": grid.form or "",
        "program": same_program(),
        "values": {label: _identity(plan, grid.backend) for label, plan in made.items()},
    }


def _identity(plan: Plan | None, backend: str) -> dict[str, Any]:
    """Return digests of the files and parameter values of a plan."""
    if plan is None:
        return {}
    entries = {name: entry.value for name, entry in plan.model.parameters.entries.items()}
    files = run_info(plan, backend).files
    return {
        "files": {name: _digest(text) for name, text in files.items()},
        "parameters": _digest(json.dumps(entries, sort_keys=True)),
    }


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def read_record(folder: Path) -> dict[str, Any] | None:
    """Return what a folder says that it holds, None if there is no sweep in it.

    Raises
    ------
    ResultError
        If it cannot be read.
    """
    path = folder / RECORD
    if not path.exists():
        return None
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        if not {"protocol", "axes", "values", "program"} <= set(record):
            raise ValueError("keys are missing")
    except (OSError, ValueError, TypeError) as error:
        raise ResultError(f"{path}: is not the record of a sweep ({error})") from None
    return dict(record)


def check_same(folder: Path, now: Mapping[str, Any]) -> None:
    """Raise a `ResultError` if a folder holds another sweep, or one of other files.

    More or other values and seeds are no other sweep.
    """
    before = read_record(folder)
    if before is None:
        if folder.is_dir() and (folder / RUNS).exists():
            raise ResultError(
                f"{folder}: has {RUNS}, but no {RECORD}; choose another folder (--out)"
            )
        return
    changes = [
        f"{what} {before.get(what)}, now {now[what]}"
        for what in ("protocol", "axes", "backend", "form")
        if before.get(what) != now[what]
    ]
    changes += [
        f"{name} {before['program'].get(name)}, now {version}"
        for name, version in now["program"].items()
        if before["program"].get(name) != version
    ]
    if changes:
        raise ResultError(f"{folder}: holds another sweep ({'; '.join(changes)}); {_ELSEWHERE}")
    for label in set(now["values"]) & set(before["values"]):
        changed = _changed(before["values"][label], now["values"][label])
        if changed:
            where = f" at {label}" * bool(label)
            raise ResultError(
                f"{folder}: holds a sweep in which {', '.join(changed)}{where} was different; "
                f"{_ELSEWHERE}"
            )


_ELSEWHERE = "choose another folder (--out), or remove this one"


def _changed(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    if before == now:
        return []
    old, new = before.get("files", {}), now.get("files", {})
    files = [name for name in sorted({*old, *new}) if old.get(name) != new.get(name)]
    return files or ["the value of a parameter (--set, --parameters)"]


def write_record(folder: Path, now: Mapping[str, Any], seeds: tuple[int, ...]) -> None:
    """Write what a folder holds, with what it held before."""
    before = read_record(folder) or {}
    values = {**before.get("values", {}), **now["values"]}
    every = sorted({*before.get("seeds", []), *seeds})
    with written_aside(folder / RECORD) as aside:
        aside.write_text(
            json.dumps({"schema": 1, **now, "values": values, "seeds": every}, indent=1)
        )


@contextmanager
def owned(folder: Path) -> Iterator[Path]:
    """Make the folder of a sweep, hold it, and give the one for its results.

    Raises
    ------
    ResultError
        If it cannot be made, or another sweep holds it.
    """
    runs = folder / RUNS
    try:
        folder.mkdir(exist_ok=True)
        lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise ResultError(f"{folder}: cannot be written ({error.strerror})") from None
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield runs
        except BlockingIOError:
            raise ResultError(f"{folder}: another sweep is writing to it") from None
        finally:
            for left in runs.glob(f"{ASIDE}*"):  # of processes that were killed
                shutil.rmtree(left, ignore_errors=True)
    finally:
        os.close(lock)
