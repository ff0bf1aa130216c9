"""`compare`: how runs of one protocol differ."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress
from rich.text import Text

from neurospine.description.hdf5_guard import GUARD
from neurospine.errors import ResultError
from neurospine.run_output import err, out

RESAMPLES = 10_000


def compare(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="CONTROL OTHER…",
            help="Result files, that of control first, or a sweep's folder.",
        ),
    ],
    control: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="What to compare with instead, as the tables name it: fragile_x."
        ),
    ] = None,
    phase: Annotated[
        str | None,
        typer.Option(
            metavar="PHASE",
            help="Phase for density, turnover, survival and mean volume (default: the last of "
            "consolidation, else the last).",
        ),
    ] = None,
    bootstrap: Annotated[
        bool,
        typer.Option(
            "--bootstrap",
            help="Intervals of 10000 bootstrap samples, for ten pairs or more that are not normal.",
        ),
    ] = False,
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", metavar="FILE.csv", help="CSV file; a picture goes beside it."
        ),
    ] = Path("comparison.csv"),
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print errors only.")] = False,
) -> None:
    """Say how runs of a protocol differ: effect sizes with 95 % confidence intervals.

    - `neurospine run v1_imaging -o control.h5`
    - `neurospine run v1_imaging --disorder fragile_x -o fragile_x.h5`
    - `neurospine compare control.h5 fragile_x.h5`

    Compared is what the protocol measures, and where spines are born and die density, turnover,
    survival and mean volume as well. Files of the same model with other seeds are one group.
    Groups with seeds and repeats in common are compared in pairs, which share their random
    numbers, others as independent; the output says which.

    For each measure there is the difference, the same in percent of control, and the
    standardised difference: of pairs over the standard deviation of differences, else Hedges' g.
    Intervals are those of Student's t over pairs (Welch's for independent groups, noncentral t for
    standardised differences). One repeat with one seed has no interval.
    """
    GUARD.start()  # it gets ready while others are imported
    from neurospine.analysis.forest_plot import forest_plot
    from neurospine.analysis.plots import write_picture
    from neurospine.listing_comparison import comparison_tables
    from neurospine.results.files import written_aside
    from neurospine.results.trajectory import check_output
    from neurospine.sweeps.comparison import compare_runs

    if output.suffix == ".png" or not output.name:
        raise ResultError(f"-o {output}: must be the name of a CSV file, such as comparison.csv")
    picture = output.with_suffix(".png")
    for path in (output, picture):
        check_output(path, force=force)
    with Progress(console=err, disable=quiet or not err.is_terminal, transient=True) as bar:
        task = bar.add_task("measuring", total=None)
        found = compare_runs(
            files, control=control, phase=phase, resamples=RESAMPLES if bootstrap else 0,
            watch=lambda done, total: bar.update(task, completed=done, total=total),
        )  # fmt: skip
    with written_aside(output) as aside:
        found.table.assign(control_group=found.control).to_csv(aside, index=False)
    write_picture(forest_plot(found.table, found.control), picture)
    if quiet:
        return
    for item in comparison_tables(found):
        out.print(item, soft_wrap=isinstance(item, Text))
    out.print(f"{output}, {picture.name}", highlight=False, markup=False, soft_wrap=True)
