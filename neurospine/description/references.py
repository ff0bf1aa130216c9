"""The literature that numbers come from, in `data/references.toml`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from neurospine.description.library import display, parse_toml, read_text, search_path
from neurospine.errors import LibraryError, ModelError, suggest

#: Sources that are no publication: a guess, a fit, a choice of the method.
PLAIN_SOURCES = frozenset({"assumed", "fitted", "numerical"})
_DOI = re.compile(r"10\.\d{4,9}/\S+")


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
    """Return all known publications by key.

    Raises
    ------
    LibraryError
        If an entry is incomplete or its DOI is not one.
    """
    return _read(search_path())


@lru_cache(maxsize=4)
def _read(folders: tuple[Path, ...]) -> dict[str, Reference]:
    known: dict[str, Reference] = {}
    for root in reversed(folders):
        path = root / "data" / "references.toml"
        if not path.is_file():
            continue
        for key, entry in parse_toml(read_text(path), display(path)).items():
            try:
                reference = Reference(key, **entry)
            except TypeError as error:
                raise LibraryError(f"{display(path)}: [{key}]: {error}") from None
            if not _DOI.fullmatch(reference.doi):
                raise LibraryError(f"{display(path)}: [{key}]: {reference.doi!r} is not a DOI")
            known[key] = reference
    return known


def check_source(source: str) -> None:
    """Raise a `ModelError` unless `source` is a known key or one of `PLAIN_SOURCES`."""
    known = set(references()) | PLAIN_SOURCES
    if source not in known:
        raise ModelError(
            f"source {source!r} is not in data/references.toml. {suggest(source, known)}"
        )
