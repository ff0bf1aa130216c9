"""`export`: a result in the formats of others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from neurospine.errors import ResultError
from neurospine.run_output import err, out


class Format(StrEnum):
    """Formats that results can be written in."""

    NWB = "nwb"
    SONATA = "sonata"


def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that `run` wrote.")],
    to: Annotated[Format, typer.Option("--to", help="The format.")],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="NWB: the file. SONATA: how the files begin. Default: as FILE.",
        ),
    ] = None,
    time: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help='SONATA: time of the edges, as in "10 s" (default: end).'
        ),
    ] = None,
    variable: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="SONATA: what the report is of: volume (default), weight, stage, bound.",
        ),
    ] = None,
    projection: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="SONATA: whose spines (default: all); repeatable."),
    ] = None,
    experimenter: Annotated[
        str | None, typer.Option(metavar="NAME", help='NWB: who ran it, as in "Family, Given".')
    ] = None,
    institution: Annotated[
        str | None, typer.Option(metavar="NAME", help="NWB: where it was run.")
    ] = None,
    species: Annotated[
        str | None,
        typer.Option(metavar="NAME", help='NWB: what the model stands for, as in "Mus musculus".'),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print errors only.")] = False,
) -> None:
    """Write a result as NWB or SONATA; files of any size pass through little memory.

    - `neurospine export run.h5 --to nwb`
    - `neurospine export run.h5 --to sonata --time "30 day"`

    The first writes run.nwb: spikes, spines over time, contacts, stimuli, and where every number
    came from. It needs pynwb (`pip install 'neurospine[nwb]'`).

    The second writes run-spikes.h5, run-report.h5, run-edges.h5 and run-nodes.h5. A circuit can
    be made of the edges.
    """
    own: dict[Format, dict[str, Any]] = {
        Format.NWB: {"experimenter": experimenter, "institution": institution, "species": species},
        Format.SONATA: {"time": time, "variable": variable, "projections": projection or None},
    }
    for other in own.keys() - {to}:
        for name, value in own[other].items():
            if value is not None:
                option = name.removesuffix("s") if name == "projections" else name
                raise ResultError(f"--{option}: goes with --to {other}")
    given = {name: value for name, value in own[to].items() if value is not None}
    with _bar(file.name, quiet) as progress:
        if to is Format.NWB:
            from neurospine.exports.nwb import export_nwb

            paths = [export_nwb(file, output, force=force, progress=progress, **given)]
        else:
            from neurospine.exports.sonata import export_sonata

            made = export_sonata(file, output, force=force, progress=progress, **given)
            paths = list(made.values())
    if not quiet:
        text = "\n".join(map(str, paths))
        out.print(text, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def _bar(name: str, quiet: bool) -> Iterator[Any]:
    """Show how much is done; give a function that takes the share."""
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, disable=quiet or not err.is_terminal) as bar:
        task = bar.add_task(name, total=1.0)
        yield lambda share: bar.update(task, completed=share)
