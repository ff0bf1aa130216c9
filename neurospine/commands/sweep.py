"""`sweep`: a protocol over parameters, disorders, sets and seeds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from neurospine.commands import completion
from neurospine.commands.options import (
    BackendName,
    Disorders,
    Form,
    ModelName,
    Sets,
    SpineName,
    Values,
    choose,
)
from neurospine.errors import ResultError
from neurospine.run_output import err, out, time_unit

INTERRUPTED = 130
#: Failures that are named on the terminal, and points of a grid.
_SHOWN = 10


def sweep(
    protocol: Annotated[
        str,
        typer.Argument(
            metavar="PROTOCOL",
            help="A protocol: name or path.",
            autocompletion=completion.protocols,
        ),
    ],
    over: Annotated[
        list[str] | None,
        typer.Option(
            "--over",
            metavar="NAME=VALUE,VALUE…",
            help="A parameter and its values, as in --over tau_plus=10ms,20ms; disorders, "
            "--over disorder=control,fragile_x; or parameter sets, --over set=NAME,NAME. "
            "Repeatable: all combinations are run.",
            autocompletion=completion.axes,
        ),
    ] = None,
    seeds: Annotated[
        str, typer.Option(metavar="SEEDS", help="0:10 are ten seeds from 0 to 9; or 1,5,7.")
    ] = "0",
    jobs: Annotated[
        int | None,
        typer.Option(min=1, metavar="NUMBER", help="Runs at a time (default: one a processor)."),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Let a Dask cluster do it: tcp://host:8786."),
    ] = None,
    batch: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="NUMBER",
            help="Runs done together as one network.",
            show_default="1; cuda: what fills it",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", "--out", metavar="FOLDER", help="Default: PROTOCOL-sweep."),
    ] = None,
    model: ModelName = None,
    spine: SpineName = None,
    parameters: Sets = None,
    set_: Values = None,
    disorder: Disorders = None,
    backend: BackendName = "cpp",
    form: Form = None,
    parquet: Annotated[
        bool | None,
        typer.Option(
            "--parquet/--no-parquet",
            help="Write sweep.parquet too.",
            show_default="where pyarrow is installed",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the grid and what of it is done; run nothing.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print errors only.")] = False,
) -> None:
    """Run a protocol at all combinations of values, with many seeds.

    - `neurospine sweep v1_imaging --over disorder=control,fragile_x --seeds 0:10 --jobs 2`
    - `neurospine sweep stdp_window --over tau_plus=10ms,20ms --dry-run`

    FOLDER gets `runs/`, with the HDF5 file of each run, and `sweep.csv`: one row for each run
    and value that was measured, with parameters, seed, measure, value, standard error and the
    name of the HDF5 file. Numbers are handed over at run time, so one build serves all.

    The same call again goes on where it was: runs that are there are not done again, and more
    values or seeds may be added. If the protocol or a model has changed meanwhile it is refused.

    A run that fails does not stop the others; the table says why, and the exit status is 1.

    On a cluster (`dask scheduler` on one machine, `dask worker ADDRESS` on each) all machines
    must have the same version and see FOLDER under the same path. What a lost worker was doing
    is done again.

    `neurospine compare FOLDER` says what the values change, paired by seed.
    """
    from neurospine.description.protocol import load_protocol
    from neurospine.sweeps.sweep import SweepInterrupted, lay_out
    from neurospine.sweeps.sweep import sweep as run_sweep

    loaded = load_protocol(protocol)
    chosen = choose(model, spine, parameters, set_)(loaded).with_disorder(*disorder or ())
    folder = output or Path(f"{loaded.name}-sweep")
    wanted: dict[str, Any] = {
        "seeds": seeds, "model": chosen, "backend": backend, "form": form,
    }  # fmt: skip
    axes = _over(over or [])
    if dry_run:
        _show(lay_out(loaded, axes, **wanted), folder)
        return
    try:
        with _bar(loaded.duration, quiet) as watch:
            done = run_sweep(
                loaded, axes, output=folder, jobs=jobs, scheduler=scheduler, batch=batch,
                parquet=parquet, watch=watch, **wanted,
            )  # fmt: skip
    except SweepInterrupted as stop:
        there = stop.sweep.table["file"].replace("", None).nunique()
        text = f"interrupted: {there} runs are done in {folder}; the same command goes on"
        err.print(text, markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(INTERRUPTED) from None
    if not quiet:
        _say(done)
    for name, why in list(done.failed.items())[:_SHOWN]:
        err.print(f"failed: {name}: {why}", markup=False, highlight=False, soft_wrap=True)
    if len(done.failed) > _SHOWN:
        err.print(f"and {len(done.failed) - _SHOWN} more, see {folder}/sweep.csv", markup=False)
    raise typer.Exit(1 if done.failed else 0)


def _over(texts: list[str]) -> dict[str, str]:
    """Return the axes that options name."""
    axes: dict[str, str] = {}
    for text in texts:
        name, equals, values = (piece.strip() for piece in text.partition("="))
        if not equals or not name or not values:
            raise ResultError(
                f"--over {text!r}: write NAME=VALUE,VALUE as in --over tau_plus=10ms,20ms"
            )
        if name in axes:
            raise ResultError(f"--over {name}: is given twice; write all its values in one")
        axes[name] = values
    return axes


@contextmanager
def _bar(duration: float, quiet: bool) -> Iterator[Any]:
    """Show a bar of all runs with biological and wall time; give a function to move it."""
    unit, length = time_unit(duration)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.completed} of {task.total} runs"),
        TextColumn("{task.fields[biological]}", markup=False),
        TimeElapsedColumn(),
        TextColumn("wall,"),
        TimeRemainingColumn(),
        TextColumn("to go"),
    )
    with Progress(*columns, console=err, disable=quiet or not err.is_terminal) as bar:
        task = bar.add_task("building", total=None, biological="")

        def move(done: int, total: int) -> None:
            biological = f"{done * duration / length:g} {unit} biological,"
            bar.update(
                task, completed=done, total=total, description="running", biological=biological
            )

        yield move
        bar.update(task, description="done")


def _show(grid: Any, folder: Path) -> None:
    """Print a grid: its axes and points, how long it is, and what of it is done."""
    from neurospine.sweeps.sweep import done_before

    unit, length = time_unit(grid.protocol.duration)
    points, done = grid.points(), done_before(grid, folder)
    there = Counter(run.point.label for run in grid.runs() if run.name in done)
    for point in points[:_SHOWN]:
        name = point.label or grid.protocol.name
        text = f"{name}: {len(grid.seeds)} seeds, {there[point.label]} done"
        out.print(text, highlight=False, markup=False, soft_wrap=True)
    if len(points) > _SHOWN:
        out.print(f"and {len(points) - _SHOWN} points more", highlight=False)
    total = grid.size * grid.protocol.duration / length
    text = (
        f"{grid.size} runs of {grid.protocol.name}, {total:g} {unit} biological, "
        f"{len(done)} of them done in {folder}"
    )
    out.print(text, highlight=False, markup=False, soft_wrap=True)


def _say(done: Any) -> None:
    """Print what came of a sweep."""
    runs = done.table["file"].replace("", None).nunique()
    text = f"{done.folder}/sweep.csv: {len(done.table)} rows of {runs} runs"
    if done.found:
        text += f", {done.found} of them done before"
    if done.failed:
        text += f"; {len(done.failed)} failed"
    out.print(text, highlight=False, markup=False, soft_wrap=True)
    if done.compiled:
        err.print(
            f"{done.compiled} runs compiled a program of their own: combinations of these values "
            "change more than numbers", style="yellow", markup=False,
        )  # fmt: skip
