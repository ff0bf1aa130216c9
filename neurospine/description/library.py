"""Find model, protocol and data files: by path, in the user's folder, or shipped.

A name is looked up along a search path: the folders in the environment variable
`NEUROSPINE_LIBRARY`, the user's own folder, then the shipped library. Each of
them holds `models/`, `protocols/`, `networks/` and `data/`. Files are data: they are read,
never imported or executed.
"""

from __future__ import annotations

import logging
import os
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from neurospine.errors import LibraryError, shorten, suggest

_log = logging.getLogger(__name__)

LARGEST_FILE = 1_000_000
#: Names of files that are longer are not repeated in full.
LONGEST_NAME = 500
FOLDERS = ("models", "protocols", "networks", "data")


@cache
def shipped_folder() -> Path:
    """Return the folder that holds the shipped `models`, `protocols`, `networks` and `data`."""
    package = Path(str(files("neurospine")))
    for root in (package, package.parent):
        if all((root / folder).is_dir() for folder in FOLDERS):
            return root
    raise LibraryError(f"no folders {', '.join(FOLDERS)} beside or inside {package}")


def user_folder() -> Path:
    """Return the folder for a user's own models and protocols (it need not exist)."""
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "neurospine"


def search_path() -> tuple[Path, ...]:
    """Return the folders that are searched for a name, first hit first."""
    extra = os.environ.get("NEUROSPINE_LIBRARY", "")
    named = [Path(folder).expanduser() for folder in extra.split(os.pathsep) if folder]
    return (*named, user_folder(), shipped_folder())


def list_files(folder: str, suffix: str = ".toml") -> dict[str, Path]:
    """Return every name in a folder, such as "models", with its file."""
    found: dict[str, Path] = {}
    for root in search_path():
        for path in sorted(_below(root / folder, lambda name: name.endswith(suffix))):
            found.setdefault(path.stem, path)
    return found


def _first_file(name: str, folder: str) -> Path | None:
    """Return what `list_files` has for the file `name`, without looking at all others."""
    paths = (_below(root / folder, name.__eq__) for root in search_path())
    return next((min(found) for found in paths if found), None)


def _below(root: Path, wanted: Callable[[str], bool]) -> list[Path]:
    """Return the files in a folder, or below it, that have such names."""
    return [Path(place, n) for place, _, names in os.walk(root) for n in filter(wanted, names)]


def find_file(name: str | Path, folder: str, suffix: str = ".toml") -> Path:
    """Return the file that `name` means: a path when it looks like one, else a library name.

    Raises
    ------
    LibraryError
        If there is no such file; the message names the nearest known one.
    """
    text = str(name)
    if text.endswith(suffix) or os.sep in text:
        path = Path(text).expanduser()
        if not is_file(path):
            short = text if len(text) < LONGEST_NAME else shorten(text)
            folder = f"{short}: is a folder, a file is wanted"
            raise LibraryError(folder if is_folder(path) else f"no file {short}")
        return path
    found = _first_file(f"{text}{suffix}", folder)
    if found is None:
        kind = folder.removesuffix("s")
        other = "models" if folder == "protocols" else "protocols"
        if suffix == ".toml" and _first_file(f"{text}{suffix}", other):
            raise LibraryError(f"{text!r} is one of the {other}, a {kind} is wanted here")
        known = list_files(folder, suffix)
        raise LibraryError(f"no {kind} named {text!r}. {suggest(text, known)}")
    _log.debug("%s %s: %s", folder, text, found)
    return found


def is_file(path: Path) -> bool:
    """Return whether there is such a file; a name that no file can have is none."""
    try:
        return path.is_file()
    except OSError:
        return False


def is_folder(path: Path) -> bool:
    """Return whether there is such a folder; see `is_file`."""
    try:
        return path.is_dir()
    except OSError:
        return False


@contextmanager
def said_where(name: str | Path, folder: Path | None) -> Iterator[None]:
    """Add to an error where a name was looked for, if there is such a file beside who asks."""
    try:
        yield
    except LibraryError as error:
        beside = folder / f"{name}.toml" if folder and name else None
        if beside is None or not is_file(beside):
            raise
        searched = ", ".join(str(root) for root in search_path())
        raise LibraryError(
            f"{error} There is {beside}, but a name is looked up in the library ({searched}): "
            f"write '{beside}', or put it into a folder 'models' there"
        ) from None


def read_text(path: Path) -> str:
    """Return the text of a library file, refusing what cannot be one.

    Raises
    ------
    LibraryError
        If the file cannot be read, is not UTF-8 or is larger than a megabyte.
    """
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise LibraryError(f"{display(path)}: larger than {LARGEST_FILE} bytes, not a model")
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise LibraryError(f"{display(path)}: not a UTF-8 text file") from None
    except OSError as error:
        raise LibraryError(f"{display(path)}: cannot be read ({error.strerror})") from None


def parse_toml(text: str, origin: str) -> dict[str, Any]:
    """Return the table in a TOML text; `origin` names it in errors.

    Raises
    ------
    LibraryError
        If the text is not TOML; the message gives the line.
    """
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise LibraryError(f"{origin}: not a TOML file: {error}") from None


def display(path: Path) -> str:
    """Return a short name of a file for messages: within the library or as given."""
    resolved = path.resolve()
    for root in search_path():
        if resolved.is_relative_to(root.resolve()):
            return str(resolved.relative_to(root.resolve()))
    return str(path)
