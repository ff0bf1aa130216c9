"""Run what was planned: in a folder of its own until there is a whole result."""

from __future__ import annotations

import logging
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from neurospine.errors import NeurospineError, ResultError
from neurospine.results.info import RunInfo
from neurospine.results.part import (
    has_checkpoint,
    held,
    last_ticks,
    part_of,
    start_part,
    write_part,
)
from neurospine.results.trajectory import Trajectory, check_output
from neurospine.simulation.backends.backend import Backend, Program, Progress
from neurospine.simulation.network import Network
from neurospine.simulation.parting import part_records
from neurospine.simulation.plan import Plan
from neurospine.simulation.provenance import run_info
from neurospine.simulation.schedule import recorded

_log = logging.getLogger(__name__)

#: The result of a run in a folder of its own.
RESULT_FILE = "result.h5"


def run_plan(
    plan: Plan,
    engine: Backend,
    path: Path | None,
    *,
    force: bool = False,
    progress: Progress | None = None,
) -> Trajectory:
    """Build and run a plan; arguments, result and errors are those of `simulate`."""
    if path is None:
        with tempfile.TemporaryDirectory(prefix="neurospine-") as temporary:
            return run_aside(plan, engine, Path(temporary), progress)
    info = run_info(plan, engine.name)  # before files that it names may change
    check_output(path, force=force)
    folder = part_folder(path, force)
    with held(folder):
        try:
            program = engine.build(plan.network)
            start_part(folder, info)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        more = f"; 'neurospine run --resume {path}' goes on with it" if engine.resumes else ""
        return run_in(program, plan, folder, path, progress, more)


def run_aside(
    plan: Plan, engine: Backend, folder: Path, progress: Progress | None = None
) -> Trajectory:
    """Build and run a plan in a folder of its own; the result is in its `RESULT_FILE`."""
    info = run_info(plan, engine.name)
    program = engine.build(plan.network)
    return _go(program, plan, folder, folder / RESULT_FILE, progress, info)


def run_together(
    plans: Sequence[Plan], backend: str, program: Program, joint: Network, folders: Sequence[Path]
) -> list[Trajectory]:
    """Run plans as one network; each result is in the `RESULT_FILE` of its folder.

    Parameters
    ----------
    plans
        What to run.
    backend
        Its name.
    program, joint
        What `joining.join` makes of their networks, and its program.
    folders
        A folder for each; in the first one the records of all are kept meanwhile.

    Raises
    ------
    BuildError
        If the program does not come to its end.
    """
    infos = [run_info(plan, backend) for plan in plans]
    with tempfile.TemporaryDirectory(prefix="joint-", dir=folders[0]) as together:
        if not program.run(joint, Path(together), _silent):
            raise KeyboardInterrupt
        part_records(Path(together), [plan.network for plan in plans], folders)
    found = []
    for plan, folder, info in zip(plans, folders, infos, strict=True):
        write_part(folder, folder / RESULT_FILE, complete=True, info=info)
        found.append(Trajectory.from_hdf5(folder / RESULT_FILE))
        _check_whole(found[-1], plan, folder)
    return found


class _Stopped(KeyboardInterrupt):
    """An interrupt of a run whose records are in its file."""


class _Written(KeyboardInterrupt):
    """An interrupt after a run whose file is written, but not read again."""


def run_in(
    program: Program,
    plan: Plan,
    folder: Path,
    path: Path,
    progress: Progress | None,
    more: str,
) -> Trajectory:
    """Run in a folder that is kept as long as it is worth something."""
    keep = True
    try:
        trajectory = _go(program, plan, folder, path, progress)
        keep = False
        return trajectory
    except _Stopped:
        keep = has_checkpoint(folder)
        raise
    except _Written:
        _whole(path, plan, folder)
        keep = False
        raise
    except KeyboardInterrupt:
        keep = _has_records(folder)
        raise
    except NeurospineError as error:
        keep = _has_records(folder)
        if keep:
            raise ResultError(f"{error}. What was recorded is kept in {folder}{more}") from None
        raise
    finally:
        if not keep:
            _remove(folder)


def _remove(folder: Path) -> None:
    """Remove a folder; an interrupt meanwhile leaves no half of it."""
    try:
        shutil.rmtree(folder, ignore_errors=True)
    except KeyboardInterrupt:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _has_records(folder: Path) -> bool:
    return any(file.stat().st_size for file in folder.glob("*.segment"))


def _go(
    program: Program,
    plan: Plan,
    folder: Path,
    path: Path,
    progress: Progress | None,
    info: RunInfo | None = None,
) -> Trajectory:
    """Run, and write what was recorded to a file."""
    network = plan.network
    _log.info("running %d steps, %d copies of the circuit", network.steps, plan.copies)
    _log.debug("records go to %s", folder)
    started = time.monotonic()
    ended = program.run(network, folder, progress or _silent)
    _log.info("ran for %.1f s; writing %s", time.monotonic() - started, path)
    write_part(folder, path, complete=ended, info=info)
    if not ended:
        raise _Stopped
    try:
        return _whole(path, plan, folder)
    except KeyboardInterrupt:
        raise _Written from None


def _whole(path: Path, plan: Plan, folder: Path) -> Trajectory:
    """Return what is in the file of a run in a folder, if no record of it was lost."""
    trajectory = Trajectory.from_hdf5(path)
    _check_whole(trajectory, plan, folder)
    return trajectory


def _silent(seconds: float) -> None:
    """Take no notice of progress."""


def _check_whole(trajectory: Trajectory, plan: Plan, folder: Path) -> None:
    """Raise a `ResultError` if a record was lost on its way."""
    for name, dataset in trajectory.spines.items():
        if dataset.sizes["time"] != recorded(plan.network.schedule):
            raise ResultError(f"the records of {name!r} are damaged: a snapshot is missing")
    for name, tick in last_ticks(folder).items():
        if tick != plan.network.steps:
            raise ResultError(f"the records of {name} are damaged: what comes last is missing")


def part_folder(path: Path, force: bool) -> Path:
    """Make the folder for the segments of a run."""
    folder = part_of(path)
    try:
        if folder.exists() and force:
            with held(folder):
                shutil.rmtree(folder)
        folder.mkdir()
    except FileExistsError:
        raise ResultError(
            f"{folder}: another run is writing {path.name}, or one was cut off: go on with it "
            f"(--resume {path}), or use force (--force) to throw its data away"
        ) from None
    except OSError as error:
        raise ResultError(f"{folder}: cannot be written ({error.strerror})") from None
    return folder
