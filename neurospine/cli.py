"""The commands. No science here: they call the same functions that scripts call."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from neurospine.errors import NeurospineError, ResultError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Simulate dendritic spines and compare the result with published experiments.\n\n"
    "`neurospine list` shows what there is, `neurospine run stdp_window` is a first run.",
)
out = Console()
err = Console(stderr=True)

ModelName = Annotated[
    str | None,
    typer.Option("--model", help="Circuit to use instead of the protocol's own: name or path."),
]
SpineName = Annotated[
    str | None, typer.Option("--spine", help="Spine model to use in every projection.")
]
Sets = Annotated[
    list[str] | None,
    typer.Option("--parameters", metavar="SET", help="Named parameter set; may be repeated."),
]
Values = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="NAME=VALUE", help='New value, as in --set tau_plus="20 ms"; repeatable.'
    ),
]
Form = Annotated[
    str | None,
    typer.Option(help="Form of the rules: textbook, neuron_traces or folded (default: cheapest)."),
]


def main() -> None:
    """Run a command; errors that a user can mend are one paragraph and exit status 2."""
    try:
        app(standalone_mode=True)
    except NeurospineError as error:
        err.print(
            f"[bold red]error:[/bold red] {_plain(str(error))}", highlight=False, soft_wrap=True
        )
        sys.exit(2)
    except KeyboardInterrupt:
        err.print("interrupted")
        sys.exit(130)


def _version(wanted: bool) -> None:
    if wanted:
        out.print(f"neurospine {version('neurospine')}", highlight=False)
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Take the options that go before a command."""


def _plain(text: str) -> str:
    return text.replace("[", r"\[")


@app.command("list")
def list_() -> None:
    """Show the protocols and models there are."""
    from neurospine.listing import library_tables

    for table in library_tables():
        out.print(table)


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="A protocol or model: name or path.")],
    equations: Annotated[
        bool, typer.Option("--equations", help="Print the equations as Brian2 gets them.")
    ] = False,
    model: ModelName = None,
    spine: SpineName = None,
    parameters: Sets = None,
    set_: Values = None,
    form: Form = None,
) -> None:
    """Show what is in a protocol or model: conditions, parameters with sources, equations."""
    from neurospine.listing import describe

    own_model = any((model, spine, parameters, set_, form))
    choose = _choose(model, spine, parameters, set_)
    for item in describe(name, choose, form, equations, own_model=own_model):
        out.print(item, soft_wrap=isinstance(item, Text))


@app.command()
def check(
    files: Annotated[list[str] | None, typer.Argument(help="Files or names to check.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Check every protocol and model of the library.")
    ] = False,
) -> None:
    """Check that protocol and model files are right, and count where their numbers come from."""
    from neurospine.listing import check_files

    if not files and not everything:
        raise ResultError("name files to check, or use --all")
    for line in check_files(files or [], everything=everything):
        out.print(line, highlight=False, soft_wrap=True)


@app.command()
def run(
    protocol: Annotated[str, typer.Argument(help="A protocol: name or path.")],
    model: ModelName = None,
    spine: SpineName = None,
    parameters: Sets = None,
    set_: Values = None,
    backend: Annotated[str, typer.Option(help="cpp, cython or numpy (needs no compiler).")] = "cpp",
    seed: Annotated[int, typer.Option(min=0, help="Fixes every random number.")] = 0,
    form: Form = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="HDF5 file; a picture and a scorecard go beside it."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print errors only.")] = False,
) -> None:
    """Run a protocol: HDF5 file, picture, and a scorecard against the published values."""
    from neurospine.analysis.measures import measure
    from neurospine.analysis.plots import picture, write_picture
    from neurospine.analysis.scorecard import scorecard_table, write_scorecard
    from neurospine.analysis.validation import compare
    from neurospine.description.protocol import load_protocol
    from neurospine.results.hdf5 import add_measures
    from neurospine.results.trajectory import check_output
    from neurospine.simulation.simulate import find_backend, prepare, simulate

    loaded = load_protocol(protocol)
    chosen = _choose(model, spine, parameters, set_)(loaded)
    path = output or Path(_file_name(loaded.name, spine, parameters, seed))
    if not path.name or path.suffix in (".png", ".csv"):
        raise ResultError(f"-o {output}: must be the name of an HDF5 file, such as run.h5")
    check_output(path, force=force)
    find_backend(backend)
    beside = [path.with_suffix(".png"), *([path.with_suffix(".csv")] if loaded.targets else [])]
    for other in beside:
        if other.exists() and not force:
            raise ResultError(f"{other}: exists already; choose another name or use --force")
    if not quiet:
        plan = prepare(chosen, loaded, seed=seed, form=form)  # type: ignore[arg-type]
        for projection, written in plan.forms.items():
            rule = chosen.spines[projection].rule.name
            text = f"projection {projection}: rule {rule}, {written.name} form, {backend} backend"
            err.print(text, style="dim", markup=False)
    try:
        with _progress(loaded.duration, quiet) as progress:
            trajectory = simulate(
                chosen, loaded, backend=backend, seed=seed, form=form,  # type: ignore[arg-type]
                output=path, force=force, progress=progress,
            )  # fmt: skip
    except KeyboardInterrupt:
        if path.exists():
            err.print(f"interrupted: what was recorded so far is in {path}", markup=False)
            sys.exit(130)
        raise
    measures = measure(trajectory, loaded)
    if measures:
        add_measures(path, measures)
    write_picture(picture(trajectory, loaded, measures), beside[0])
    if loaded.targets:
        scores = compare(trajectory, loaded, measures)
        write_scorecard(scores, beside[1])
        if not quiet:
            out.print(scorecard_table(scores, loaded.summary))
    if not quiet:
        out.print(
            f"{path}, {', '.join(other.name for other in beside)}",
            highlight=False,
            soft_wrap=True,
            markup=False,
        )


def _choose(
    model: str | None, spine: str | None, sets: list[str] | None, values: list[str] | None
) -> Any:
    """Return a function from a protocol to the model that the options mean."""

    def choose(protocol: Any) -> Any:
        from neurospine.description.model import load_model

        if model:
            chosen = load_model(model, spine=spine)
            for label in sets or ():
                chosen = chosen.with_set(label)
        else:
            chosen = protocol.default_model(spine=spine, sets=sets)
        return chosen.with_parameters(dict(map(_split, values or [])))

    return choose


def _split(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip() or not value.strip():
        raise ResultError(f"--set {text!r}: write NAME=VALUE, as in --set tau_plus='20 ms'")
    return name.strip(), value.strip()


def _file_name(protocol: str, spine: str | None, sets: list[str] | None, seed: int) -> str:
    words = [protocol, *([Path(spine).stem] if spine else []), *(sets or [])]
    return "-".join([*words, *([f"seed{seed}"] if seed else [])]) + ".h5"


@contextmanager
def _progress(duration: float, quiet: bool) -> Iterator[Any]:
    """Show a bar with biological and wall time; give a function to move it."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:.1f} of {task.total:g} s biological"),
        TimeElapsedColumn(),
        TextColumn("wall"),
    )
    with Progress(*columns, console=err, disable=quiet or not err.is_terminal) as bar:
        task = bar.add_task("building", total=duration)

        def move(seconds: float) -> None:
            bar.update(task, completed=min(seconds, duration), description="running")

        yield move
        bar.update(task, completed=duration, description="done")
