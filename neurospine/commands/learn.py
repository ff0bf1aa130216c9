"""`learn`: train a network, or compare several."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from neurospine.commands import completion
from neurospine.commands.options import split
from neurospine.errors import LearningError, ResultError
from neurospine.run_output import err, out

INTERRUPTED = 130
#: Packages of the extra `learning`, by the name that they are imported by.
_NEEDED = ("jax", "sklearn")
#: Seconds over which the bar averages its speed: chunks are long.
_AVERAGED = 3600.0


def learn(
    name: Annotated[
        str | None,
        typer.Argument(metavar="NETWORK", help="A network or comparison: name or path.",
                       show_default=False,
                       autocompletion=completion.networks),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data", metavar="FOLDER", envvar="NEUROSPINE_DATA",
            help="Where the official files of MNIST, Fashion-MNIST or CIFAR-10 are.",
        ),
    ] = None,
    seeds: Annotated[
        str | None,
        typer.Option(metavar="SEEDS", help="5 are the seeds from 0 to 4, 10:15 those from 10 to 14."
                     "  [default: 5, or what the comparison says]"),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="New value in a network, as in --set "
                     "H1.below_to_E.rate=0.01 or --set steps=10; repeatable."),
    ] = None,
    samples: Annotated[
        int | None,
        typer.Option(metavar="N", help="Samples that a seed sees.  [default: those of the file]"),
    ] = None,
    every: Annotated[
        int | None,
        typer.Option(metavar="N", help="Samples between two measurements, each with a checkpoint."
                     "  [default: a twentieth]"),
    ] = None,
    weights: Annotated[
        bool | None,
        typer.Option("--weights/--no-weights", help="Keep the weights at the end.",
                     show_default="those of a network, not those of a comparison"),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE.h5", help="Default: NAME.h5; a picture goes "
                     "beside it, and a table of a comparison."),
    ] = None,
    resume: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Go on with the training that was to write FILE."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print errors only.")] = False,
) -> None:  # fmt: skip
    """Train a network with several seeds at once, or all methods of a comparison.

    - `neurospine learn dendritic_targets_digits`
    - `neurospine learn dendritic_targets --data ~/images --seeds 10 --set H1.E=300`
    - `neurospine learn dendritic_rules_digits`

    Digits and spirals need no folder. The HDF5 file has the curves (accuracy, dendritic error,
    distributions of weights and bounds), accuracies at the end, the network with all values, and
    checksums of the data. The test set is used once, when training has ended.

    A comparison trains every method with the same seeds and samples, and says how they differ from
    control: mean difference in pairs with its 95 % interval, and p of a paired t test.

    Cut off at any moment, `neurospine learn --resume FILE` goes on to the same bits.
    """
    need_extra()
    from neurospine.learning.experiments.experiment import load_experiment
    from neurospine.learning.experiments.learn import learn as train
    from neurospine.learning.experiments.learn import resume as go_on

    if resume is not None:
        if any((name, set_, output, force)) or {seeds, samples, every, weights} != {None}:
            raise ResultError("--resume FILE takes all but --data from there; give nothing else")
        from neurospine.learning.experiments.checkpoint import recorded

        experiment, path = recorded(resume)[0], resume
        _check_names(path, experiment, force=True)
    else:
        if name is None:
            raise ResultError("name a network or comparison; 'neurospine list networks' shows them")
        experiment = load_experiment(
            name, dict(_valued(text) for text in set_ or []),
            seeds=_counted(seeds), samples=samples, every=every, weights=weights,
        )  # fmt: skip
        path = output or Path(f"{experiment.name}.h5")
        _check_names(path, experiment, force=force)
    with _kept(path), _bar(experiment, quiet) as watch:
        if resume is not None:
            learned = go_on(path, folder=data, watch=watch)
        else:
            learned = train(experiment, path, folder=data, force=force, watch=watch)
    _finish(learned, path, quiet)


def need_extra() -> None:
    """Raise a `LearningError` unless the packages that learning takes are installed."""
    missing = [package for package in _NEEDED if find_spec(package) is None]
    if missing:
        raise LearningError(
            f"{' and '.join(missing)}: not installed, and learning takes it: "
            "pip install 'neurospine[learning]'"
        )


def _beside(path: Path, experiment: Any) -> list[Path]:
    """Return the files that are written beside a result."""
    table = [path.with_suffix(".csv")] if experiment.control else []
    return [*table, path.with_suffix(".png")]


def _check_names(path: Path, experiment: Any, *, force: bool) -> None:
    from neurospine.results.trajectory import check_output

    if not path.name or path.suffix in (".png", ".csv"):
        raise ResultError(f"-o {path}: must be the name of an HDF5 file, such as learned.h5")
    for file in (path, *_beside(path, experiment)):
        check_output(file, force=force)


def _counted(text: str | None) -> tuple[int, ...] | None:
    """Return the seeds that a text means: a number of them, or which."""
    from neurospine.sweeps.axes import read_seeds

    if text is None:
        return None
    try:
        number = int(text)
    except ValueError:
        return read_seeds(text)
    if number < 1:
        raise LearningError(f"--seeds {text}: one or more are wanted")
    return tuple(range(number))


def _valued(text: str) -> tuple[str, Any]:
    """Return key and value of ``KEY=VALUE``; what is no TOML value is a text."""
    key, value = split(text)
    try:
        return key, tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return key, value


@contextmanager
def _kept(path: Path) -> Iterator[None]:
    """Say at an interrupt what is there and how to go on."""
    from neurospine.learning.experiments.checkpoint import has_checkpoint
    from neurospine.results.part import part_of

    try:
        yield
    except KeyboardInterrupt:
        if not has_checkpoint(part_of(path)):
            raise
        text = f"interrupted: 'neurospine learn --resume {path}' goes on"
        err.print(text, markup=False, highlight=False, soft_wrap=True)
        sys.exit(INTERRUPTED)


@contextmanager
def _bar(experiment: Any, quiet: bool) -> Iterator[Any]:
    """Show a bar of samples, with accuracy so far and time to go; give a function to move it."""
    names, total = list(experiment.networks), experiment.samples * len(experiment.networks)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.completed:.0f} of {task.total:.0f} samples"),
        TextColumn("{task.fields[told]}", markup=False),
        TimeElapsedColumn(),
        TextColumn("wall,"),
        TimeRemainingColumn(),
        TextColumn("to go"),
    )
    hidden = quiet or not err.is_terminal
    with Progress(*columns, console=err, disable=hidden, speed_estimate_period=_AVERAGED) as bar:
        task = bar.add_task("compiling", total=total, told="")

        def move(name: str, samples: int, accuracy: float) -> None:
            seen = names.index(name) * experiment.samples + samples
            told = f"validation {100 * accuracy:.1f} %,"
            bar.update(task, completed=seen, description=name, told=told)

        yield move


def _finish(learned: Any, path: Path, quiet: bool) -> None:
    """Write picture and table of what was learned, and print the table."""
    from neurospine.analysis.plots import write_picture
    from neurospine.learning.experiments.pictures import learning_picture
    from neurospine.listing_learning import learning_tables
    from neurospine.results.files import written_aside

    if not learned.comparison.empty:
        with written_aside(path.with_suffix(".csv")) as aside:
            learned.comparison.to_csv(aside, index=False)
    write_picture(learning_picture(learned), path.with_suffix(".png"))
    if quiet:
        return
    for table in learning_tables(learned):
        out.print(table)
    written = [path.with_suffix(".csv").name] * (not learned.comparison.empty)
    names = ", ".join([str(path), *written, path.with_suffix(".png").name])
    out.print(names, highlight=False, markup=False, soft_wrap=True)
