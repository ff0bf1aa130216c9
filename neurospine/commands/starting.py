"""`new` and `schema`: starting files, and what lets an editor complete and check them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from neurospine.commands.completion import kinds_of_file, schemas
from neurospine.errors import ResultError
from neurospine.run_output import out


def new(
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND",
            help="protocol, disorder, model (a circuit), or a part: spine, plasticity, neuron, "
            "mechanism, intrinsic, stages, structure, readout, geometry, gate, consolidation, "
            "neighbours, neuromodulator.",
            autocompletion=kinds_of_file,
        ),
    ],
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="What it is to be called: letters, digits, _.")
    ],
    folder: Annotated[
        Path, typer.Option("-o", "--output", metavar="FOLDER", help="Folder for the file.")
    ] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Write a commented file to start from, NAME.toml, which passes `check`.

    - `neurospine new protocol my_pairing`
    - `neurospine new plasticity my_rule -o ~/.local/share/neurospine/models`

    The comments say what each key is for; `docs/files.md` has all keys. In a folder with the
    schemas (`neurospine schema --write`) the first line names the one that editors check it by.
    """
    from neurospine.starting_files import write_starting_file

    path = write_starting_file(kind, name, folder, force=force)
    uses = {
        "protocol": f"neurospine run {path}",
        "disorder": f"neurospine run PROTOCOL --disorder {path}",
        "spine": f"neurospine run PROTOCOL --spine {path}",
    }
    after = f", '{uses[kind]}' uses it" if kind in uses else ""
    text = f"{path}: 'neurospine check {path}' checks it{after}"
    out.print(text, highlight=False, markup=False, soft_wrap=True)


def schema(
    kind: Annotated[
        str | None,
        typer.Argument(
            metavar="KIND",
            help="Print this one: model, protocol or network.",
            show_default=False,
            autocompletion=schemas,
        ),
    ] = None,
    write: Annotated[
        Path | None,
        typer.Option(
            "--write", metavar="FOLDER", help="Write all schemas and a .taplo.toml into a folder."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
) -> None:
    """Give editors the JSON Schemas of files, so that they complete keys and mark mistakes.

    - `neurospine schema --write .`
    - `neurospine schema protocol > protocol.json`

    Editors that use Taplo (Even Better TOML for VS Code and others) then check files in the
    folders models, protocols and networks, and files that `neurospine new` writes there. `check`
    finds more: names, units, and whether parts fit together.
    """
    from neurospine.starting_files import schema_text, write_schemas

    if (kind is None) == (write is None):
        raise ResultError("name a schema to print (model, protocol, network), or --write FOLDER")
    if write is not None:
        written = write_schemas(write, force=force)
        text = ", ".join(map(str, written))
    else:
        text = schema_text(str(kind)).rstrip("\n")
    out.print(text, highlight=False, markup=False, soft_wrap=True)
