"""`recover`: keep what a run that was cut off had recorded."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from neurospine.run_output import out, time_unit


def recover(
    folder: Annotated[
        Path,
        typer.Argument(metavar="FOLDER", help="What a run that was cut off left: FILE.h5.part."),
    ],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE.h5", help="File to write (default: FILE.h5)."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Make a result file of what a run had recorded; `run --resume` can still go on with it.

    - `neurospine recover window.h5.part`
    """
    from neurospine.results.part import recover as write
    from neurospine.results.trajectory import Trajectory

    path = write(folder, output, force=force)
    about = Trajectory.from_hdf5(path)
    planned = float(about.info.phases["stop"].max())
    reached = max(
        (float(d["time"].values[-1]) for d in about.spines.values() if d.sizes["time"]), default=0.0
    )
    unit, length = time_unit(planned)
    text = f"{path}: {reached / length:g} of {planned / length:g} {unit} biological"
    out.print(text, highlight=False, markup=False, soft_wrap=True)
