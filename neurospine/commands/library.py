"""What there is in the library: `list`, `show` and `check`."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.text import Text

from neurospine.commands import completion
from neurospine.commands.options import Form, ModelName, Sets, SpineName, Values, choose
from neurospine.errors import ResultError
from neurospine.run_output import out


def list_(
    kind: Annotated[
        str | None,
        typer.Argument(
            metavar="KIND",
            help="Only these: protocols, circuits, neurons, spines, rules, networks …",
            show_default=False,
            autocompletion=completion.kinds,
        ),
    ] = None,
) -> None:
    """Show the protocols, models and networks there are.

    - `neurospine list`
    - `neurospine list disorders`

    Files of yours are shown too: those in the folders models, protocols and networks of
    ~/.local/share/neurospine, and of folders named in NEUROSPINE_LIBRARY.
    """
    from neurospine.listing_library import library_tables

    for table in library_tables(kind):
        out.print(table, soft_wrap=isinstance(table, Text))


def show(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="A protocol, model or network: name or path.",
            autocompletion=completion.names,
        ),
    ],
    equations: Annotated[
        bool, typer.Option("--equations", help="Print the equations as Brian2 gets them.")
    ] = False,
    model: ModelName = None,
    spine: SpineName = None,
    parameters: Sets = None,
    set_: Values = None,
    form: Form = None,
) -> None:
    """Show what is in a protocol, model or network: parameters with sources, equations.

    - `neurospine show pairing_frequency`
    - `neurospine show layer5_pyramidal --equations`
    - `neurospine show stdp_window --set tau_plus="20 ms"`
    """
    from neurospine.listing import describe

    own_model = any((model, spine, parameters, set_, form))
    wanted = choose(model, spine, parameters, set_)
    for item in describe(name, wanted, form, equations, own_model=own_model):
        out.print(item, soft_wrap=isinstance(item, Text))


def check(
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FILE",
            help="Files or names to check.",
            show_default=False,
            autocompletion=completion.names,
        ),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Check every file of the library.")
    ] = False,
) -> None:
    """Check that files are right, and count where numbers of models come from.

    - `neurospine check my_rule.toml my_protocol.toml`
    - `neurospine check --all`

    What is wrong is named by file, table and key. The exit status is 2 if a file is wrong.
    """
    from neurospine.listing import check_files

    if not files and not everything:
        raise ResultError("name files to check, or use --all")
    for line in check_files(files or [], everything=everything):
        out.print(line, highlight=False, soft_wrap=True)
