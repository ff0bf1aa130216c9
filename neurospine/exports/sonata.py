"""A result as SONATA files: spikes, reports of spines, contacts as edges, and nodes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from neurospine.description.units import seconds
from neurospine.errors import NeurospineError, ResultError
from neurospine.exports.opened import Progress, Result, known, opened
from neurospine.exports.sonata_edges import write_edges, write_nodes
from neurospine.exports.sonata_report import write_report
from neurospine.results.tables import NewFile, new_file
from neurospine.results.trajectory import check_output

KINDS = ("spikes", "report", "edges", "nodes")
_MAGIC, _VERSION = 0x0A7A, (0, 1)


def export_sonata(
    path: str | Path,
    output: str | Path | None = None,
    *,
    time: str | float | None = None,
    variable: str = "volume",
    projections: Sequence[str] | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> dict[str, Path]:
    """Write a result as SONATA files, streamed: memory does not grow with the file.

    Parameters
    ----------
    path
        A file that `run` or `simulate` wrote.
    output
        How the files begin, by default the name of `path` without ``.h5``: ``run`` gives
        ``run-spikes.h5``, ``run-report.h5``, ``run-edges.h5`` and ``run-nodes.h5``.
    time
        When the contacts of the edges are looked at: seconds or a text such as ``"10 s"``, from
        the start of the run. They are those of the last snapshot until then; by default of the
        last one.
    variable
        What the report is of: volume, weight, stage or bound.
    projections
        Whose spines; all by default.
    force
        Replace files that are there.
    progress
        Called now and then with the share that is done.

    Returns
    -------
    dict
        The files by kind. What a run has none of has no file: edges and report without spines,
        the report where no snapshot holds the variable.

    Raises
    ------
    ResultError
        If the file is no result of a run, has no such projection, variable or time, or the
        output cannot be written; then no file is left.
    """
    with opened(path) as result:
        stem = Path(output) if output is not None else result.path
        stem = stem.with_suffix("") if stem.suffix == ".h5" else stem
        pools = list(result.info.spines)
        for name in projections or ():
            known(result, "projection", name, pools)
        pools = [name for name in pools if projections is None or name in projections]
        reported = _reported(result, pools, variable)
        wanted = {"spikes": True, "report": reported, "edges": pools, "nodes": True}
        paths = {kind: stem.with_name(f"{stem.name}-{kind}.h5") for kind in KINDS if wanted[kind]}
        for other in paths.values():
            check_output(other, force=force)
            if other.resolve() == result.path.resolve():
                raise ResultError(f"{other}: is the result itself; name another output")
        when = _seconds(time)
        moved = _counted(result, reported, variable, progress)
        try:
            with ExitStack() as files:
                made = {kind: files.enter_context(new_file(other)) for kind, other in paths.items()}
                for file in made.values():
                    _head(file)
                if "spikes" in result.file:
                    result.file.copy("spikes", made["spikes"])
                else:
                    made["spikes"].create_group("spikes")
                write_nodes(made["nodes"], result)
                for name in pools:
                    write_edges(made["edges"], result, name, when)
                for name in reported:
                    write_report(made["report"], result, name, variable, moved)
        except (OSError, KeyError) as error:
            raise ResultError(f"{result.path}: cannot be read ({error})") from None
    if progress:
        progress(1.0)
    return paths


def _reported(result: Result, pools: Sequence[str], variable: str) -> list[str]:
    """Return the projections whose snapshots hold a variable."""
    there = {
        name: [v for v in result.info.spines[name].variables if v in result.spines(name)]
        for name in pools
    }
    names = [name for name in pools if variable in there[name]]
    if pools and not names:
        known(result, "recorded variable", variable, {v for own in there.values() for v in own})
    return [name for name in names if result.spines(name)[variable].shape[0]]


def _seconds(time: str | float | None) -> float | None:
    try:
        return seconds(time) if isinstance(time, str) else time
    except NeurospineError as error:
        raise ResultError(f"time: {error}") from None


def _counted(
    result: Result, reported: Sequence[str], variable: str, progress: Progress | None
) -> Callable[[int], None]:
    total = sum(result.spines(name)[variable].nbytes for name in reported)
    done = 0

    def moved(size: int) -> None:
        nonlocal done
        done += size
        if progress:
            progress(min(done / max(total, 1), 1.0))

    return moved


def _head(file: NewFile) -> None:
    """Write by which the format is known."""
    file.attrs.create("magic", _MAGIC, dtype="<u4")
    file.attrs.create("version", _VERSION, dtype="<u4")
