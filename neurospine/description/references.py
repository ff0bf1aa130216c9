"""The literature that numbers come from, in `data/references.toml`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from neurospine.description.library import display, parse_toml, read_text, search_path
from neurospine.description.schema import Table, read_table
from neurospine.errors import LibraryError, ModelError, shorten, suggest

#: Sources that are no publication: a guess, a fit, a choice of the method.
PLAIN_SOURCES = frozenset({"assumed", "fitted", "numerical"})
_DOI = re.compile(r"10\.\d{4,9}/\S+")


class _Entry(Table):
    """A publication as the file writes it."""

    authors: str
    title: str
    journal: str
    year: int
    doi: str
    volume: str = ""
    pages: str = ""


@dataclass(frozen=True)
class Reference:
    """One publication; `key` is how files name it."""

    key: str
    authors: str
    title: str
    journal: str
    year: int
    doi: str
    volume: str = ""
    pages: str = ""

    def __str__(self) -> str:
        authors = self.authors.split(", ")
        names = f"{authors[0]} et al." if len(authors) > 2 else " and ".join(authors)
        place = f"{self.journal} {self.volume}".strip()
        return f"{names} {self.year}, {place}, doi:{self.doi}"


def references() -> dict[str, Reference]:
    """Return all known publications by key; the first folder of the search path wins.

    Raises
    ------
    LibraryError
        If an entry is incomplete or its DOI is not one.
    """
    known: dict[str, Reference] = {}
    for root in reversed(search_path()):
        path = root / "data" / "references.toml"
        if path.is_file():
            known |= _read(path, path.stat().st_mtime_ns)
    return known


@lru_cache(maxsize=8)
def _read(path: Path, changed: int) -> dict[str, Reference]:
    """Return the publications in a file; `changed` says which state of it is meant."""
    known = {}
    for key, entry in parse_toml(read_text(path), display(path)).items():
        origin = f"{display(path)}: [{key}]"
        if key in PLAIN_SOURCES:
            raise LibraryError(f"{origin}: {key!r} is no name for a publication")
        table = entry if isinstance(entry, dict) else {}
        if "doi" in table and not _DOI.fullmatch(str(table["doi"])):
            raise LibraryError(f"{origin}: {shorten(table['doi'])!r} is not a DOI")
        known[key] = Reference(key, **dict(read_table(_Entry, table, origin, LibraryError)))
    return known


def check_source(source: str) -> None:
    """Raise a `ModelError` unless `source` is a known key or one of `PLAIN_SOURCES`."""
    if source not in PLAIN_SOURCES and source not in references():
        known = set(references()) | PLAIN_SOURCES
        raise ModelError(
            f"source {source!r} is not in data/references.toml. {suggest(source, known)}"
        )


def check_publication(key: str) -> None:
    """Raise a `ModelError` unless `key` is a publication in data/references.toml."""
    if key not in references():
        raise ModelError(f"{key!r} is not in data/references.toml. {suggest(key, references())}")
