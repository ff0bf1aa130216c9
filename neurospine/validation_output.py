"""What `validate` prints while protocols run and at the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.text import Text

from neurospine.run_output import err, out, progress_bar, say_kept

INTERRUPTED = 130


def run_validation(
    names: Sequence[str], quick: bool, output: Path, backend: str, seed: int, force: bool
) -> int:
    """Validate, print the tables, and return the exit status: 1 if a protocol failed."""
    from neurospine.analysis.library_scores import Interrupted, validate

    try:
        validation = validate(
            names, quick=quick, output=output, backend=backend, seed=seed, force=force,
            watch=watch,
        )  # fmt: skip
    except Interrupted as stop:
        if stop.validation.outcomes:
            _print(stop.validation, output)
        if stop.path and stop.path.exists():
            say_kept(stop.path)
        else:
            err.print("interrupted")
        return INTERRUPTED
    _print(validation, output)
    return 1 if validation.errors else 0


@contextmanager
def watch(number: int, total: int, protocol: Any) -> Iterator[Any]:
    """Show which protocol is run, with a bar of its biological time in a terminal."""
    title = f"{number} of {total}, {protocol.name}"
    if not err.is_terminal:
        err.print(title, markup=False, highlight=False, soft_wrap=True)
    with progress_bar(protocol.duration, False, title) as progress:
        yield progress


def _print(validation: Any, output: Path) -> None:
    from neurospine.analysis.library_scores import SCORECARD
    from neurospine.listing_validation import validation_tables

    for item in validation_tables(validation):
        out.print(item, soft_wrap=isinstance(item, Text))
    written = f"{output}: {SCORECARD}; .h5, .png and .csv of each protocol"
    out.print(written, highlight=False, soft_wrap=True, markup=False)
    for name, error in validation.errors.items():
        err.print(Text.assemble((f"error in {name}: ", "bold red"), error), soft_wrap=True)
