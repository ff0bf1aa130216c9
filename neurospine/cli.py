"""The commands. No science here: they call the same functions that scripts call."""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from neurospine.errors import NeurospineError, ResultError
from neurospine.run_output import err, file_name, finish, kept, out, progress_bar, time_unit

app = typer.Typer(
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Simulate dendritic spines and compare the result with published experiments.\n\n"
    "`neurospine list` shows what there is, `neurospine run stdp_window` is a first run.",
)

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
Disorders = Annotated[
    list[str] | None,
    typer.Option("--disorder", metavar="NAME", help="What changes the model; repeatable."),
]
BackendName = Annotated[str, typer.Option(help="cpp, cython or numpy (needs no compiler).")]
Seed = Annotated[int, typer.Option(min=0, help="Fixes every random number.")]
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
def list_(
    kind: Annotated[
        str | None,
        typer.Argument(
            help="Only these: protocols, circuits, neurons, mechanisms, spines, rules …",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Show the protocols and models there are."""
    from neurospine.listing_library import library_tables

    for table in library_tables(kind):
        out.print(table, soft_wrap=isinstance(table, Text))


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
    protocol: Annotated[
        str | None, typer.Argument(help="A protocol: name or path.", show_default=False)
    ] = None,
    model: ModelName = None,
    spine: SpineName = None,
    parameters: Sets = None,
    set_: Values = None,
    disorder: Disorders = None,
    backend: BackendName = "cpp",
    seed: Seed = 0,
    form: Form = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="HDF5 file; a picture and a scorecard go beside it."),
    ] = None,
    resume: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Go on with the run that was to write FILE."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print errors only.")] = False,
) -> None:
    """Run a protocol: HDF5 file, picture, and a scorecard against the published values."""
    from neurospine.analysis.evaluation import beside
    from neurospine.description.protocol import load_protocol
    from neurospine.results.part import part_info, part_of
    from neurospine.results.trajectory import check_output
    from neurospine.simulation.advice import long_ticks
    from neurospine.simulation.resume import recorded_protocol
    from neurospine.simulation.simulate import check_resumable, find_backend, prepare, simulate
    from neurospine.simulation.simulate import resume as go_on

    if resume is not None:
        others = (protocol, model, spine, parameters, set_, disorder, output, form, seed, force)
        if any(others) or backend != "cpp":
            raise ResultError("--resume FILE takes everything from the run; give nothing else")
        path = resume
        check_resumable(path)
        loaded = recorded_protocol(part_info(part_of(path)))
        with kept(path), progress_bar(loaded.duration, quiet) as progress:
            trajectory = go_on(path, progress=progress)
        finish(trajectory, loaded, path, quiet)
        return
    if protocol is None:
        raise ResultError("name a protocol to run; 'neurospine list' shows what there is")
    loaded = load_protocol(protocol)
    chosen = _choose(model, spine, parameters, set_)(loaded).with_disorder(*disorder or ())
    names = [*(disorder or ()), *(parameters or ())]
    path = output or Path(file_name(loaded.name, spine, names, seed))
    if not path.name or path.suffix in (".png", ".csv"):
        raise ResultError(f"-o {output}: must be the name of an HDF5 file, such as run.h5")
    check_output(path, force=force)
    find_backend(backend)
    for other in beside(path, loaded):
        if other.exists() and not force:
            raise ResultError(f"{other}: exists already; choose another name or use --force")
    if not quiet:
        plan = prepare(chosen, loaded, seed=seed, form=form)  # type: ignore[arg-type]
        for advice in long_ticks(plan):
            err.print(advice, style="yellow", markup=False)
        for projection, written in plan.forms.items():
            rule = chosen.spines[projection].rule
            words = f"rule {rule.name}, {written.name} form" if rule else "no rule"
            err.print(
                f"projection {projection}: {words}, {backend} backend", style="dim", markup=False
            )
    with kept(path), progress_bar(loaded.duration, quiet) as progress:
        trajectory = simulate(
            chosen, loaded, backend=backend, seed=seed, form=form,  # type: ignore[arg-type]
            output=path, force=force, progress=progress,
        )  # fmt: skip
    finish(trajectory, loaded, path, quiet)


@app.command()
def validate(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help="Protocols: names or paths (default: all with targets).", show_default=False
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


@app.command()
def recover(
    folder: Annotated[Path, typer.Argument(help="What a run that was cut off left: FILE.h5.part.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="File to write (default: FILE.h5).")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Make a result file of what a run had recorded; `run --resume` can still go on with it."""
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
