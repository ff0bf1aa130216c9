"""What `list` prints: the protocols, models, networks and comparisons there are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from neurospine.description.library import display, list_files, read_text
from neurospine.description.parts import KINDS, parse_part
from neurospine.description.protocol import load_protocol
from neurospine.errors import LibraryError, NeurospineError, suggest
from neurospine.listing_networks import network_tables
from neurospine.listing_tables import Listing

_WORDS = {"protocols": "protocol", "rule": "plasticity", "rules": "plasticity",
          "geometries": "geometry",
          **{f"{kind}s": kind for kind in (*KINDS, "network", "comparison")}}  # fmt: skip


def library_tables(word: str | None = None) -> Iterator[RenderableType]:
    """Yield tables of the protocols, models and networks with their summaries.

    Parameters
    ----------
    word
        One kind, such as ``"neurons"``; all of them without it.

    Raises
    ------
    LibraryError
        If there is no such kind.
    """
    kinds = ("protocol", *KINDS, "network", "comparison")
    if word is not None:
        kind = _WORDS.get(word, word)
        if kind not in kinds:
            raise LibraryError(f"no kind of file {word!r}. {suggest(word, {*kinds, *_WORDS})}")
        kinds = (kind,)
    broken: list[str] = []
    if "protocol" in kinds:
        yield _protocols(broken)
    parts: dict[str, Any] = {}
    for name, path in list_files("models").items() if {*kinds} & {*KINDS} else ():
        try:
            parts[name] = parse_part(read_text(path), display(path))
        except NeurospineError as error:
            broken.append(str(error))
    for kind in kinds:
        table = Listing(f"\nModels: {kind}", "name", "what it is", "parameter sets", spare=1)
        for name, part in sorted(parts.items()):
            if part.kind == kind:
                table.add(name, part.summary, ", ".join(getattr(part, "sets", {})))
        if table.rows:
            yield table
    for kind, table in network_tables(broken).items() if {*kinds} - {"protocol", *KINDS} else ():
        if kind in kinds:
            yield table
    for problem in broken:
        yield Text(f"left out: {problem}", style="red")


def _protocols(broken: list[str]) -> Listing:
    """Return the protocols; what is wrong with those that cannot be read goes to `broken`."""
    table = Listing("Protocols", "name", "what it does", "sources", spare=1)
    for name, path in sorted(list_files("protocols").items()):
        try:
            protocol = load_protocol(path)
            table.add(name, protocol.summary, ", ".join(protocol.references))
        except NeurospineError as error:
            broken.append(str(error))
    return table
