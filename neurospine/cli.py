"""The commands. No science here: they call the same functions that scripts call."""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from neurospine.commands import citing, completion, library, recovery, starting, validation
from neurospine.commands import compare as comparing
from neurospine.commands import doctor as examining
from neurospine.commands import export as exporting
from neurospine.commands import learn as learning
from neurospine.commands import report as reporting
from neurospine.commands import sweep as sweeping
from neurospine.commands.help_pages import Command, Commands
from neurospine.commands.options import (
    BackendName,
    Disorders,
    Form,
    ModelName,
    Seed,
    Sets,
    SpineName,
    Values,
    choose,
)
from neurospine.commands.verbosity import Verbose, listen, with_verbose
from neurospine.errors import NeurospineError, ResultError
from neurospine.run_output import err, file_name, finish, kept, out, progress_bar

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Simulate dendritic spines and compare the result with published experiments.\n\n"
    "`neurospine list` shows what there is, `neurospine run stdp_window` is a first run.",
    epilog="Exit status: 0 done; 1 done in part (a run failed, a backend lacks something); 2 the "
    "command, a file or the surroundings are wrong; 130 interrupted.",
)


def main() -> None:
    """Run a command; errors that a user can mend are one paragraph and exit status 2."""
    listen(0)
    try:
        app(prog_name="neurospine", standalone_mode=True)
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
    verbose: Verbose = 0,
) -> None:
    """Take the options that go before a command."""
    if verbose:
        listen(verbose)


def _plain(text: str) -> str:
    return text.replace("[", r"\[")


app.command("list", cls=Command)(with_verbose(library.list_))
app.command(cls=Command)(with_verbose(library.show))
app.command(cls=Command)(with_verbose(library.check))
app.command(cls=Command)(with_verbose(starting.new))


@app.command(cls=Command)
@with_verbose
def run(
    protocol: Annotated[
        str | None,
        typer.Argument(
            metavar="PROTOCOL",
            help="A protocol: name or path.",
            show_default=False,
            autocompletion=completion.protocols,
        ),
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
        typer.Option(
            "-o",
            "--output",
            metavar="FILE.h5",
            help="HDF5 file; a picture and a scorecard go beside it.",
        ),
    ] = None,
    resume: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Go on with the run that was to write FILE."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print errors only.")] = False,
) -> None:
    """Run a protocol: HDF5 file, picture, and a scorecard against the published values.

    - `neurospine run stdp_window`
    - `neurospine run stdp_window --set tau_plus="20 ms" --seed 7 -o window.h5`
    - `neurospine run v1_imaging --disorder fragile_x`
    - `neurospine run --resume window.h5`

    PROTOCOL is a name (`neurospine list protocols`) or the path of a file of yours. Without `-o`
    the result is called after the protocol and what was chosen. `neurospine show PROTOCOL` lists
    parameters and sets. The first run of a structure compiles a program, which later ones use.
    """
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
    chosen = choose(model, spine, parameters, set_)(loaded).with_disorder(*disorder or ())
    names = [*(disorder or ()), *(parameters or ())]
    path = output or Path(file_name(loaded.name, (model, spine), names, seed, set_ or ()))
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


app.command(cls=Command)(with_verbose(validation.validate))
app.command(cls=Command)(with_verbose(sweeping.sweep))
app.command(cls=Command)(with_verbose(comparing.compare))
app.command(cls=Command)(with_verbose(learning.learn))
app.command(cls=Command)(with_verbose(recovery.recover))
app.command(cls=Command)(with_verbose(citing.cite))
app.command(cls=Command)(with_verbose(exporting.export))
app.command(cls=Command)(with_verbose(reporting.report))
app.command(cls=Command)(with_verbose(starting.schema))
app.command(cls=Command)(with_verbose(examining.doctor))
