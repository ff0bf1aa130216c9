"""`validate`: the protocols of the library against what was published."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from neurospine.commands import completion
from neurospine.commands.options import BackendName, Seed


def validate(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PROTOCOL",
            help="Protocols: names or paths (default: all with targets).",
            show_default=False,
            autocompletion=completion.protocols,
        ),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Leave out protocols that say that they are long.")
    ] = False,
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FOLDER", help="Folder for all files.")
    ] = Path("validation"),
    backend: BackendName = "cpp",
    seed: Seed = 0,
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
) -> None:
    """Run the protocols that have targets, and print one table of how they compare.

    - `neurospine validate --quick`
    - `neurospine validate triplets -o scores`

    FOLDER gets what `run` leaves of each protocol (HDF5 file, picture, scorecard) and
    `scorecard.csv` with all rows. The table says for each value what was measured and published,
    the distance z in standard errors of both, and a verdict: **met** (within 1), **near** (within
    2), **miss**; a bound is met or missed. The status says what a verdict is worth: *calibrated*
    (parameters were fitted to these data), *predicted* (they were not), *held out* (they must not
    be), *prediction* (nothing is published yet). A second table says which values were fitted and
    to what.

    Misses are results: the exit status is 1 only if a protocol could not be run.
    """
    from neurospine.validation_output import run_validation

    raise typer.Exit(run_validation(names or [], quick, output, backend, seed, force))
