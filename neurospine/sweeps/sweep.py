"""Run a protocol over a grid of values and seeds, with one build for all."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from neurospine.description.model import Model, load_model
from neurospine.description.protocol import Protocol, load_protocol
from neurospine.errors import BuildError, ResultError
from neurospine.results.files import written_aside
from neurospine.simulation.form import FormName
from neurospine.simulation.plan import Plan
from neurospine.simulation.provenance import same_program
from neurospine.simulation.simulate import COMPILED, find_backend
from neurospine.sweeps.axes import Values, read_axes, read_seeds
from neurospine.sweeps.batch import Batch, batches, build, usual_size
from neurospine.sweeps.grid import Grid
from neurospine.sweeps.job import Job, Outcome, finished, result_path
from neurospine.sweeps.record import (
    PARQUET,
    RUNS,
    TABLE,
    check_same,
    description,
    owned,
    plans,
    write_record,
)
from neurospine.sweeps.table import check_columns, sweep_table
from neurospine.sweeps.workers import connected, locally, on_cluster

#: Called after each run with how many are done, and of how many.
Watch = Callable[[int, int], None]


@dataclass(frozen=True)
class Sweep:
    """What came of a sweep.

    Attributes
    ----------
    table
        One row for each run and value that was measured (see `docs/sweeps.md`).
    folder
        Where all files are.
    failed
        Why runs failed, by their name.
    found
        Runs that had been done before.
    built
        Programs that were compiled before the runs began.
    compiled
        Runs that had to compile a program of their own.
    program_cpu
        Processor seconds of the compiled programs, as far as they ran on this machine.
    """

    table: pd.DataFrame
    folder: Path
    failed: dict[str, str]
    found: int
    built: int
    compiled: int
    program_cpu: float


class SweepInterrupted(KeyboardInterrupt):
    """An interrupt; `sweep` is what there was until then."""

    def __init__(self, sweep: Sweep) -> None:
        super().__init__()
        self.sweep = sweep


def lay_out(
    protocol: Protocol | str | Path,
    over: Values | None = None,
    *,
    seeds: str | int | Iterable[int] = 0,
    model: Model | str | None = None,
    backend: str = "cpp",
    form: FormName | None = None,
) -> Grid:
    """Return the grid that `sweep` would run for the same arguments."""
    find_backend(backend)
    if not isinstance(protocol, Protocol):
        protocol = load_protocol(protocol)
    if model is None:
        model = protocol.default_model()
    elif isinstance(model, str):
        model = load_model(model)
    axes = read_axes(over or {}, model, protocol)
    check_columns(axes, protocol)
    grid = Grid(protocol, model, axes, read_seeds(seeds), backend, form)
    grid.check()
    return grid


def done_before(grid: Grid, folder: str | Path) -> dict[str, Outcome]:
    """Return what is in the folder of a sweep already, by the name of the run."""
    found = {}
    for run in grid.runs():
        measures = finished(result_path(Path(folder) / RUNS, run.name), grid.protocol)
        if measures is not None:
            found[run.name] = Outcome(run.name, measures, found=True)
    return found


def sweep(
    protocol: Protocol | str | Path,
    over: Values | None = None,
    *,
    output: str | Path,
    seeds: str | int | Iterable[int] = 0,
    model: Model | str | None = None,
    jobs: int | None = None,
    scheduler: str | None = None,
    batch: int | None = None,
    backend: str = "cpp",
    form: FormName | None = None,
    parquet: bool | None = None,
    watch: Watch | None = None,
) -> Sweep:
    """Run a protocol at every combination of values, with every seed.

    >>> from neurospine import sweep
    >>> done = sweep("stdp_window", {"tau_plus": ["10 ms", "20 ms"]}, seeds=range(3),
    ...              output="windows")                               # doctest: +SKIP
    >>> done.table.query("measure == 'amplitude'")                   # doctest: +SKIP

    Parameters
    ----------
    protocol
        A protocol, its name or path.
    over
        By name of a parameter the values that it takes, as texts with units or numbers that
        count its own unit; by ``"set"`` names of parameter sets, by ``"disorder"`` those of
        disorders (``"control"`` is none, ``"one+two"`` are two).
    output
        A folder, made if it is not there. Runs whose results are in it are not run again.
    seeds
        Seeds, or a text such as ``"0:10"``. Runs with the same seed at different values go
        together (see `neurospine.compare_runs`).
    model
        What is swept: by default the model that the protocol was written for.
    jobs
        Processes on this machine; by default one for each processor.
    scheduler
        Address of the scheduler of a Dask cluster that does the runs instead. All its machines
        must see `output` under the same path.
    batch
        Runs that are done together, as one network; results are those of single runs. By
        default one, and with ``"cuda"`` as many as are thought to fill the device.
    backend, form
        As for `simulate`.
    parquet
        Whether to write the table as Parquet too; by default where pyarrow is installed.
    watch
        Called at the start and after each run.

    Returns
    -------
    Sweep
        Its `table` is ``sweep.csv`` in `output` too. A run that fails keeps no other from
        being done; the table and `failed` say why.

    Raises
    ------
    NeurospineError
        If an argument is wrong, or the folder holds another sweep or one of files that have
        changed since; then nothing is run.
    KeyboardInterrupt
        At an interrupt; what was done is in the folder, and the same call goes on with it.
    """
    grid = lay_out(protocol, over, seeds=seeds, model=model, backend=backend, form=form)
    for option, number in (("jobs", jobs), ("batch", batch)):
        if number is not None and number < 1:
            raise ResultError(f"--{option} {number}: must be at least 1")
    if parquet and not find_spec("pyarrow"):
        raise BuildError("Parquet needs pyarrow: pip install 'neurospine[parquet]'")
    folder = Path(output)
    if folder.exists() and not folder.is_dir():
        raise ResultError(f"{folder}: is a file, a folder is wanted")
    if not folder.parent.is_dir():
        raise ResultError(f"{folder}: there is no folder {folder.parent}")
    if scheduler:
        connected(scheduler).close()
    made = plans(grid)
    now = description(grid, made)
    check_same(folder, now)
    outcomes: dict[str, Outcome] = {}
    built = 0

    def result() -> Sweep:
        table = sweep_table(grid, outcomes, RUNS)
        _write(table, folder, bool(find_spec("pyarrow")) if parquet is None else parquet)
        return Sweep(
            table,
            folder,
            {o.name: o.why for o in outcomes.values() if o.why},
            sum(o.found for o in outcomes.values()),
            built,
            sum(o.compiled for o in outcomes.values()),
            sum(o.program_cpu for o in outcomes.values()),
        )

    with owned(folder) as runs:
        runs.mkdir(exist_ok=True)
        write_record(folder, now, grid.seeds)
        outcomes |= done_before(grid, folder)
        watch = watch or _unwatched
        watch(len(outcomes), grid.size)
        corners = [plan for plan in made.values() if plan]
        size = batch or usual_size(backend, corners)
        try:
            if jobs_left := _jobs(grid, runs, outcomes):
                todo = batches(jobs_left, size, corners)
                built = _build(corners, backend) if size == 1 else build(todo)
                with closing(_done(todo, grid, jobs, scheduler)) as ended:
                    for outcome in ended:
                        outcomes[outcome.name] = outcome
                        watch(len(outcomes), grid.size)
        except KeyboardInterrupt:
            raise SweepInterrupted(result()) from None
        return result()


def _unwatched(done: int, total: int) -> None:
    """Take no notice of progress."""


def _jobs(grid: Grid, runs: Path, outcomes: Mapping[str, Outcome]) -> list[Job]:
    program = same_program()
    return [
        Job(
            run.name, run.point.model, grid.protocol, run.seed, grid.backend, grid.form,
            str(runs.resolve()), program,
        )
        for run in grid.runs()
        if run.name not in outcomes
    ]  # fmt: skip


def _build(corners: Sequence[Plan], backend: str) -> int:
    """Build what the corners of a grid need; return how many programs were not there yet."""
    if backend not in COMPILED:
        return 0
    engine = find_backend(backend)
    return sum(engine.build(plan.network).fresh for plan in corners)


def _done(
    todo: list[Batch], grid: Grid, jobs: int | None, scheduler: str | None
) -> Generator[Outcome, None, None]:
    if scheduler:
        return on_cluster(todo, scheduler, list(grid.corners().values()), todo[0].jobs[0])
    return locally(todo, jobs)


def _write(table: pd.DataFrame, folder: Path, parquet: bool) -> None:
    with written_aside(folder / TABLE) as aside:
        table.to_csv(aside, index=False)
    if parquet:
        with written_aside(folder / PARQUET) as aside:
            table.to_parquet(aside, index=False)
    else:
        (folder / PARQUET).unlink(missing_ok=True)  # one of an earlier call would be old
