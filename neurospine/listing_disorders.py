"""What `show` prints of a disorder."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from neurospine.description.disorder import Change, Disorder
from neurospine.listing_tables import Listing


def describe_disorder(disorder: Disorder) -> Iterator[RenderableType]:
    """Yield a table of what a disorder changes, with how that is known."""
    table = Listing(
        "\nChanges", "of", "by", "when", "basis", "source", "fitted to", "meaning", lead=3
    )
    for change in disorder.changes:
        what = f"role {change.role}" if change.role else change.parameter
        meaning = Text.assemble(change.meaning, (f" ({change.where})", "dim"))
        fitted = ", ".join(sorted(change.data))
        table.add(what, _size(change), _when(change), change.basis, change.source, fitted, meaning)
    yield table


def _size(change: Change) -> str:
    if change.factor is not None:
        return f"x {change.factor:g}"
    return f"= {change.value:g}" + f" {change.unit}" * (change.unit != "1")


def _when(change: Change) -> str:
    """Return the course of a change in words."""
    given = {"from": change.onset, "rising in": change.rise, "until": change.until,
             "fading in": change.washout}  # fmt: skip
    return ", ".join(f"{word} {text}" for word, text in given.items() if text) or "always"
