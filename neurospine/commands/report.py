"""`report`: results as one page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from neurospine.description.hdf5_guard import GUARD
from neurospine.run_output import out


def report(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Files that `run` wrote.")],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE.html",
            help="HTML file (default: the first file's name with .html).",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a page that is there.")] = False,
) -> None:
    """Write results as one HTML page: what was run, scores, figures, parameters, sources.

    - `neurospine report stdp_window.h5`
    - `neurospine report control.h5 fragile_x.h5 -o both.html`

    The page stands alone: figures can be looked through in any browser, without a network.
    Several runs come side by side.
    """
    GUARD.start()  # it gets ready while others are imported
    from neurospine.report_page.page import write_report

    page = write_report(files, output, force=force)
    out.print(str(page), markup=False, highlight=False, soft_wrap=True)
