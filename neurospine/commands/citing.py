"""`cite`: the literature behind results."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from neurospine.description.hdf5_guard import GUARD
from neurospine.run_output import out


def cite(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE", help="Files that `run` or `learn` wrote.")
    ],
) -> None:
    """Print the publications behind results as BibTeX: models, protocols, data, simulator.

    - `neurospine cite window.h5 > sources.bib`
    """
    GUARD.start()  # it gets ready while others are imported
    from neurospine.analysis.citations import bibtex, citations

    for reference in citations(files):
        out.print(bibtex(reference), markup=False, highlight=False, soft_wrap=True)
