"""Run the protocols of the library, and gather what they score and what was fitted."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass, field, fields
from functools import partial
from pathlib import Path

import pandas as pd

from neurospine.analysis.evaluation import beside, evaluate
from neurospine.analysis.validation import Score
from neurospine.description.fitted import Fit, fits_of
from neurospine.description.library import list_files
from neurospine.description.protocol import Protocol, load_protocol
from neurospine.errors import NeurospineError, ProtocolError, ResultError
from neurospine.results.part import part_of
from neurospine.results.trajectory import check_output
from neurospine.simulation.backends.backend import Progress
from neurospine.simulation.numbers import condition_models
from neurospine.simulation.simulate import find_backend, simulate

#: The file with the scores of all protocols.
SCORECARD = "scorecard.csv"


@dataclass(frozen=True)
class Outcome:
    """What came of one protocol: its scores and what was fitted, or the error that ended it."""

    protocol: str
    scores: tuple[Score, ...] = ()
    fits: tuple[Fit, ...] = ()
    error: str = ""


@dataclass(frozen=True)
class Validation:
    """What came of several protocols.

    Attributes
    ----------
    outcomes
        One for each protocol that was run, in their order.
    left_out
        Names of the long protocols that were left out.
    """

    outcomes: list[Outcome] = field(default_factory=list)
    left_out: tuple[str, ...] = ()

    @property
    def scores(self) -> pd.DataFrame:
        """One row a published value: `protocol`, then the fields of a `Score`."""
        rows = [
            {"protocol": done.protocol, **asdict(score)}
            for done in self.outcomes
            for score in done.scores
        ]
        return pd.DataFrame(rows, columns=["protocol", *(f.name for f in fields(Score))])

    @property
    def fitted(self) -> pd.DataFrame:
        """One row for values that were fitted together: `protocol`, then the fields of a `Fit`."""
        rows = [
            {"protocol": done.protocol, **asdict(fit), "values": ", ".join(fit.values)}
            for done in self.outcomes
            for fit in done.fits
        ]
        return pd.DataFrame(rows, columns=["protocol", *(f.name for f in fields(Fit))])

    @property
    def errors(self) -> dict[str, str]:
        """What went wrong, by protocol."""
        return {done.protocol: done.error for done in self.outcomes if done.error}


class Interrupted(KeyboardInterrupt):
    """An interrupt; `validation` is what there was, `path` the file of the run that was cut off."""

    def __init__(self, validation: Validation, path: Path | None) -> None:
        super().__init__()
        self.validation, self.path = validation, path


#: Called before a protocol is run, with its number from 1 and how many there are; what it gives
#: is entered meanwhile, and the result called with the biological time that has passed.
Watch = Callable[[int, int, Protocol], AbstractContextManager[Progress | None]]


@contextmanager
def _unwatched(number: int, total: int, protocol: Protocol) -> Iterator[None]:
    yield


def validate(
    protocols: str | Path | Iterable[str | Path] = (),
    *,
    quick: bool = False,
    output: str | Path | None = None,
    backend: str = "cpp",
    seed: int = 0,
    force: bool = False,
    watch: Watch = _unwatched,
) -> Validation:
    """Run protocols and compare each with what was published.

    Parameters
    ----------
    protocols
        Names or paths of protocols; by default all of the library that have targets, those of
        the user too.
    quick
        Leave out those that say that they are long.
    output
        A folder, made if it is not there, for the HDF5 file, picture and scorecard of each
        protocol, and ``scorecard.csv`` with all rows, which is there from the start. Without it
        nothing is written.
    backend, seed
        As for `simulate`.
    force
        Replace files that are there.
    watch
        Called before each protocol with number, how many there are, and protocol; returns a
        context manager that gives a function to call with the progress in seconds, or None.

    Returns
    -------
    Validation
        Tables `scores` and `fitted`; `errors` of protocols that could not be run or measured,
        which do not keep others from being run.

    Raises
    ------
    NeurospineError
        If a named protocol is not there, is wrong or has no targets, or if a file cannot be
        written; then nothing is run.
    KeyboardInterrupt
        At an interrupt; what was done stays in `output`.
    """
    find_backend(backend)
    names = [protocols] if isinstance(protocols, str | Path) else list(protocols)
    chosen, wrong = (_named(names), {}) if names else _with_targets()
    left_out = tuple(p.name for p in chosen if quick and p.long)
    chosen = [p for p in chosen if p.name not in left_out]
    if not chosen and not wrong:
        raise ProtocolError(
            f"nothing to run: {', '.join(left_out)} would take long; leave out 'quick' (--quick)"
        )
    folder = Path(output) if output is not None else None
    if folder:
        _check_folder(folder, chosen, force)
        with _writing(folder):
            folder.mkdir(exist_ok=True)
    validation = Validation([Outcome(name, error=text) for name, text in wrong.items()], left_out)
    path = None
    try:
        for number, protocol in enumerate(chosen, 1):
            _write(validation, folder)
            path = folder / f"{protocol.name}.h5" if folder else None
            run = partial(_run, protocol, path, backend, seed, force)
            watched = watch(number, len(chosen), protocol)
            validation.outcomes.append(_outcome(protocol.name, watched, run))
            path = None
    except KeyboardInterrupt:
        raise Interrupted(validation, path) from None
    finally:
        _write(validation, folder)
    return validation


def _named(names: list[str | Path]) -> list[Protocol]:
    """Return the protocols with these names, each once."""
    found = [load_protocol(name) for name in dict.fromkeys(names)]
    for protocol in found:
        if not protocol.targets:
            raise ProtocolError(
                f"{protocol.place}: has no [[targets]] to be compared with; "
                f"'neurospine run {protocol.name}' says what it measures"
            )
    return found


def _with_targets() -> tuple[list[Protocol], dict[str, str]]:
    """Return the protocols of the library that have targets, and what is wrong with others."""
    found: list[Protocol] = []
    wrong: dict[str, str] = {}
    for name, path in list_files("protocols").items():
        try:
            protocol = load_protocol(path)
        except NeurospineError as error:
            wrong[name] = str(error)
            continue
        if protocol.targets:
            found.append(protocol)
    return found, wrong


def _check_folder(folder: Path, protocols: list[Protocol], force: bool) -> None:
    """Raise a `ResultError` if a file could not be written, or would be by two."""
    if folder.exists() and not folder.is_dir():
        raise ResultError(f"{folder}: is a file, a folder is wanted")
    if not folder.parent.is_dir():
        raise ResultError(f"{folder}: there is no folder {folder.parent}")
    taken = {folder / SCORECARD: "the scorecard of all"}
    for protocol in protocols:
        path = folder / f"{protocol.name}.h5"
        for file in (path, *beside(path, protocol), part_of(path)):
            if file in taken:
                raise ResultError(f"{file}: would be written by {taken[file]} and {protocol.place}")
            taken[file] = protocol.place
    for file in taken:
        if file.suffix == ".part":
            if file.exists() and not force:
                raise ResultError(
                    f"{file}: a run was cut off here; go on with it ('neurospine run --resume "
                    f"{file.with_suffix('')}'), or use force (--force) to throw its data away"
                )
        elif folder.is_dir():
            check_output(file, force=force)


def _outcome(
    name: str,
    watched: AbstractContextManager[Progress | None],
    run: Callable[[Progress | None], Outcome],
) -> Outcome:
    """Return what came of a protocol, which may be an error."""
    try:
        with watched as progress:
            return run(progress)
    except NeurospineError as error:
        return Outcome(name, error=str(error))
    except Exception:  # a fault of ours; what comes of the others is worth having
        return Outcome(name, error=traceback.format_exc().strip())


def _run(
    protocol: Protocol,
    path: Path | None,
    backend: str,
    seed: int,
    force: bool,
    progress: Progress | None,
) -> Outcome:
    model = protocol.default_model()
    models = condition_models(model, protocol)
    fits = dict.fromkeys(fit for each in models for fit in fits_of(each))
    trajectory = simulate(
        model, protocol, backend=backend, seed=seed, output=path, force=force, progress=progress
    )
    _, scores = evaluate(trajectory, protocol, path)
    return Outcome(protocol.name, tuple(scores), tuple(fits))


def _write(validation: Validation, folder: Path | None) -> None:
    if folder:
        with _writing(folder / SCORECARD):
            validation.scores.to_csv(folder / SCORECARD, index=False)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ResultError(f"{path}: cannot be written ({error.strerror})") from None
