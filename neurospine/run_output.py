"""What `run` prints and writes around a simulation."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

out = Console()
err = Console(stderr=True)
#: Units of biological time by length in seconds; a run counts the largest it has two of.
_UNITS = (("d", 86400.0), ("h", 3600.0), ("min", 60.0), ("s", 1.0))


def time_unit(duration: float) -> tuple[str, float]:
    """Return the unit in which a person counts a biological time, and its seconds."""
    return next((unit for unit in _UNITS if duration >= 2 * unit[1]), _UNITS[-1])


def beside(path: Path, protocol: Any) -> list[Path]:
    """Return the files that go beside a result file."""
    return [path.with_suffix(".png"), *([path.with_suffix(".csv")] if protocol.targets else [])]


@contextmanager
def kept(path: Path) -> Iterator[None]:
    """Say at an interrupt what is there and how to go on."""
    try:
        yield
    except KeyboardInterrupt:
        if not path.exists():
            raise
        from neurospine.results.part import has_checkpoint, part_of

        more = (
            f"; 'neurospine run --resume {path}' goes on" if has_checkpoint(part_of(path)) else ""
        )
        text = f"interrupted: what was recorded so far is in {path}{more}"
        err.print(text, markup=False, highlight=False, soft_wrap=True)
        sys.exit(130)


def finish(trajectory: Any, protocol: Any, path: Path, quiet: bool) -> None:
    """Measure, draw and compare a run, and write and print the result."""
    from neurospine.analysis.measure_table import measure_table
    from neurospine.analysis.measures import measure
    from neurospine.analysis.plots import picture, write_picture
    from neurospine.analysis.scorecard import scorecard_table, write_scorecard
    from neurospine.analysis.validation import compare
    from neurospine.results.hdf5 import add_measures

    measures = measure(trajectory, protocol)
    if measures:
        add_measures(path, measures)
    others = beside(path, protocol)
    write_picture(picture(trajectory, protocol, measures), others[0])
    if protocol.targets:
        scores = compare(trajectory, protocol, measures)
        write_scorecard(scores, others[1])
        if not quiet:
            out.print(scorecard_table(scores, protocol.summary))
    elif measures and not quiet:
        out.print(measure_table(protocol, measures, protocol.summary))
    elif not quiet:
        out.print(repr(trajectory), highlight=False, soft_wrap=True, markup=False)
    if not quiet:
        written = f"{path}, {', '.join(other.name for other in others)}"
        out.print(written, highlight=False, soft_wrap=True, markup=False)


@contextmanager
def progress_bar(duration: float, quiet: bool) -> Iterator[Any]:
    """Show a bar with biological and wall time; give a function to move it."""
    unit, length = time_unit(duration)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn(f"{{task.completed:.1f}} of {{task.total:g}} {unit} biological"),
        TimeElapsedColumn(),
        TextColumn("wall"),
    )
    with Progress(*columns, console=err, disable=quiet or not err.is_terminal) as bar:
        task = bar.add_task("building", total=duration / length)

        def move(seconds: float) -> None:
            bar.update(task, completed=min(seconds, duration) / length, description="running")

        yield move
        bar.update(task, completed=duration / length, description="done")
