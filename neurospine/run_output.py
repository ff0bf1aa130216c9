"""What `run` prints and writes around a simulation."""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

out = Console()
err = Console(stderr=True)
#: A name of a file that is longer is cut.
_LONGEST_NAME = 120
#: Units of biological time by length in seconds; a run counts the largest it has two of.
_UNITS = (("d", 86400.0), ("h", 3600.0), ("min", 60.0), ("s", 1.0))


def file_name(
    protocol: str,
    models: Iterable[str | None],
    chosen: Iterable[str],
    seed: int,
    values: Iterable[str] = (),
) -> str:
    """Return how a result is called: by protocol, models, what else was chosen, values and seed.

    Values are texts such as ``"tau_plus=20 ms"``; of these stay letters, digits and ``_=.+-``.
    """
    words = [protocol, *(Path(model).stem for model in models if model), *map(_plain, chosen)]
    words += [re.sub(r"[^\w=.+-]", "", value) for value in values]
    name = "-".join([*words, *([f"seed{seed}"] if seed else [])])
    if len(name) > _LONGEST_NAME:
        digest = hashlib.sha256(name.encode()).hexdigest()[:12]
        name = f"{name[: _LONGEST_NAME - 13]}-{digest}"
    return f"{name}.h5"


def _plain(name: str) -> str:
    return Path(name).stem if name.endswith(".toml") else name


def time_unit(duration: float) -> tuple[str, float]:
    """Return the unit in which a person counts a biological time, and its seconds."""
    return next((unit for unit in _UNITS if duration >= 2 * unit[1]), _UNITS[-1])


@contextmanager
def kept(path: Path) -> Iterator[None]:
    """Say at an interrupt what is there and how to go on."""
    try:
        yield
    except KeyboardInterrupt:
        if not path.exists():
            raise
        say_kept(path)
        sys.exit(130)


def say_kept(path: Path) -> None:
    """Say what an interrupted run left, and how to go on."""
    from neurospine.results.part import has_checkpoint, part_of

    more = f"; 'neurospine run --resume {path}' goes on" if has_checkpoint(part_of(path)) else ""
    text = f"interrupted: what was recorded so far is in {path}{more}"
    err.print(text, markup=False, highlight=False, soft_wrap=True)


def finish(trajectory: Any, protocol: Any, path: Path, quiet: bool) -> None:
    """Measure, draw and compare a run, and write and print the result."""
    from neurospine.analysis.evaluation import beside, evaluate
    from neurospine.analysis.measure_table import measure_table
    from neurospine.analysis.scorecard import scorecard_table

    measures, scores = evaluate(trajectory, protocol, path)
    if quiet:
        return
    if scores:
        out.print(scorecard_table(scores, protocol.summary))
    elif measures:
        out.print(measure_table(protocol, measures, protocol.summary))
    else:
        out.print(repr(trajectory), highlight=False, soft_wrap=True, markup=False)
    written = f"{path}, {', '.join(other.name for other in beside(path, protocol))}"
    out.print(written, highlight=False, soft_wrap=True, markup=False)


@contextmanager
def progress_bar(duration: float, quiet: bool, title: str = "") -> Iterator[Any]:
    """Show a bar with biological and wall time; give a function to move it."""
    head = f"{title}: " if title else ""
    unit, length = time_unit(duration)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn(f"{{task.completed:.1f}} of {{task.total:g}} {unit} biological"),
        TimeElapsedColumn(),
        TextColumn("wall"),
    )
    with Progress(*columns, console=err, disable=quiet or not err.is_terminal) as bar:
        task = bar.add_task(f"{head}building", total=duration / length)

        def move(seconds: float) -> None:
            bar.update(
                task, completed=min(seconds, duration) / length, description=f"{head}running"
            )

        yield move
        bar.update(task, completed=duration / length, description=f"{head}done")
