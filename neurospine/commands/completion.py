"""What a shell completes: names of files, parameters, sets and disorders of the library.

The shell waits for these at every press of the key, so files are read as TOML and not checked, and
nothing here imports Brian2. What cannot be read completes nothing.
"""

from __future__ import annotations

import os
import shlex
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import typer

#: Backends and forms, as the options that take them say.
BACKENDS = ("cpp", "cuda", "cython", "numpy")
FORMS = ("textbook", "neuron_traces", "folded")
_FOLDERS = ("models", "protocols", "networks")
#: A model is made of parts of parts; files that name each other end here.
_DEEPEST = 5


def protocols(incomplete: str) -> list[tuple[str, str]]:
    """Return the protocols that begin with a text, with their summaries."""
    return _summaries("protocols", incomplete)


def circuits(incomplete: str) -> list[tuple[str, str]]:
    """Return the circuits that begin with a text."""
    return _summaries("models", incomplete, "circuit")


def spines(incomplete: str) -> list[tuple[str, str]]:
    """Return the spine models that begin with a text."""
    return _summaries("models", incomplete, "spine")


def disorders(incomplete: str) -> list[tuple[str, str]]:
    """Return the disorders that begin with a text."""
    return _summaries("models", incomplete, "disorder")


def networks(incomplete: str) -> list[tuple[str, str]]:
    """Return the networks and comparisons that begin with a text."""
    return _summaries("networks", incomplete)


def names(incomplete: str) -> list[tuple[str, str]]:
    """Return everything in the library that begins with a text."""
    return [item for folder in _FOLDERS for item in _summaries(folder, incomplete)]


def kinds(incomplete: str) -> list[str]:
    """Return the words for kinds of file that `list` takes."""
    words = ("protocols", "circuits", "neurons", "mechanisms", "neuromodulators", "spines", "rules",
             "gates", "structures", "consolidations", "neighbours", "intrinsics", "stages",
             "readouts", "geometries", "disorders", "networks", "comparisons")  # fmt: skip
    return _begin(words, incomplete)


def kinds_of_file(incomplete: str) -> list[str]:
    """Return the kinds of file that `new` writes."""
    from neurospine.starting_files import kinds as templates

    return _begin(("model", *templates()), incomplete)


def schemas(incomplete: str) -> list[str]:
    """Return the schemas that there are."""
    return _begin(("model", "protocol", "network"), incomplete)


def backends(incomplete: str) -> list[str]:
    """Return the backends."""
    return _begin(BACKENDS, incomplete)


def forms(incomplete: str) -> list[str]:
    """Return the forms of rules."""
    return _begin(FORMS, incomplete)


def parameter_sets(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Return the parameter sets of the model that the words before mean."""
    found = {
        label: str(about.get("meaning", ""))
        for table in _parts(_given(ctx, incomplete))
        for label, about in _tables(table.get("sets"))
    }
    return _begin_with_help(found, incomplete)


def values(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Return ``NAME=`` of the parameters of the model that the words before mean."""
    found = {
        f"{name}=": f"{about.get('meaning', '')} ({about.get('value')} {about.get('unit')})"
        for table in _parts(_given(ctx, incomplete))
        for name, about in _tables(table.get("parameters"))
    }
    return _begin_with_help(found, incomplete)


def axes(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Return what a sweep may go over: parameters, disorders and parameter sets."""
    more = {"disorder=": "names of disorders", "set=": "names of parameter sets"}
    return [*_begin_with_help(more, incomplete), *values(ctx, incomplete)]


def _summaries(folder: str, incomplete: str, kind: str = "") -> list[tuple[str, str]]:
    from neurospine.description.library import list_files

    found: dict[str, str] = {}
    for name, path in list_files(folder).items():
        if name.startswith(incomplete):
            table = _read(path)
            if not kind or table.get("kind") == kind:
                found[name] = str(table.get("summary", ""))
    return _begin_with_help(found, incomplete)


def _given(ctx: typer.Context, incomplete: str) -> dict[str, Any]:
    """Return what the words before mean.

    The option that waits for the value to be completed keeps the parser from the words before it,
    so they are parsed without it.
    """
    line = os.environ.get("_TYPER_COMPLETE_ARGS") or os.environ.get("COMP_WORDS", "")
    try:
        words = shlex.split(line)
        words = words[words.index(str(ctx.info_name)) + 1 :]
    except ValueError:  # a quote that is not closed, or another command
        return ctx.params
    if words and words[-1] == incomplete:
        words.pop()
    while words and words[-1].startswith("-"):
        words.pop()
    return ctx.command.make_context(ctx.info_name, words, resilient_parsing=True).params


def _parts(given: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the tables of the model that a command line means, as far as it is written."""
    from neurospine.description.library import list_files

    library = list_files("models")
    protocol = _file(str(given.get("protocol") or given.get("name") or ""), "protocols")
    chosen = protocol.get("model", {})
    first = given.get("model") or (chosen.get("circuit") if isinstance(chosen, dict) else None)
    spine = given.get("spine") or (chosen.get("spine") if isinstance(chosen, dict) else None)
    # Where another spine model is used, the circuit's own is not.
    skipped = {"name", "parameters", *({"spine"} if spine else ())}
    seen: set[str] = set()
    waiting = [(str(name), 0) for name in (first, spine) if name]
    while waiting:
        name, depth = waiting.pop(0)
        if name in seen or depth > _DEEPEST:
            continue
        seen.add(name)
        table = _file(name, "models")
        yield table
        waiting += [
            (text, depth + 1)
            for text in _texts(table, skipped)
            if text in library or text.endswith(".toml")
        ]


def _texts(value: Any, skipped: set[str]) -> Iterator[str]:
    """Yield every text in a table that might name a part."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        inner = (v for key, v in value.items() if key not in skipped)
        yield from (text for v in inner for text in _texts(v, skipped))
    elif isinstance(value, list):
        yield from (text for v in value for text in _texts(v, skipped))


def _file(name: str, folder: str) -> dict[str, Any]:
    from neurospine.description.library import find_file
    from neurospine.errors import LibraryError

    try:
        return _read(find_file(name, folder)) if name else {}
    except LibraryError:
        return {}


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}


def _tables(value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(value, dict):
        yield from ((name, table) for name, table in value.items() if isinstance(table, dict))


def _begin(words: Iterable[str], incomplete: str) -> list[str]:
    return [word for word in words if word.startswith(incomplete)]


def _begin_with_help(found: dict[str, str], incomplete: str) -> list[tuple[str, str]]:
    return [(word, found[word]) for word in sorted(found) if word.startswith(incomplete)]
