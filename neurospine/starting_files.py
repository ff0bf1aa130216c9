"""Starting files for models, protocols and disorders, and schemas by which editors check files.

Templates (`neurospine/templates`) and schemas (`neurospine/schemas`, written by
`tools/write_schemas.py`) are shipped as they are; nothing here needs the classes that read files.
"""

from __future__ import annotations

import os
import re
from importlib.resources import files
from pathlib import Path

from neurospine.errors import LibraryError, ResultError, suggest
from neurospine.results.files import check_output, written_aside

#: Folder for the schemas, beside the files of a user.
SCHEMA_FOLDER = "neurospine-schemas"
#: What tells Taplo, and editors that use it, which files have which schema.
TAPLO_FILE = ".taplo.toml"
#: Folders of files by schema, as the library has them.
_FOLDERS = {"model": "models", "protocol": "protocols", "network": "networks"}
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)


def kinds() -> tuple[str, ...]:
    """Return the kinds of file that there is a template for."""
    found = (Path(item.name) for item in _shipped("templates").iterdir())
    return tuple(sorted(path.stem for path in found if path.suffix == ".toml"))


def starting_text(kind: str, name: str) -> str:
    """Return the text of a starting file.

    Parameters
    ----------
    kind
        One of `kinds`, or ``"model"`` for a circuit.
    name
        The name of what is described; the file is called NAME.toml.

    Raises
    ------
    LibraryError
        If there is no such kind, or the name is none.
    """
    kind = "circuit" if kind == "model" else kind
    if kind not in kinds():
        raise LibraryError(f"no kind of file {kind!r}. {suggest(kind, ('model', *kinds()))}")
    if not _NAME.fullmatch(name):
        plain = re.sub(r"\W+", "_", name.removesuffix(".toml"), flags=re.ASCII).strip("_")
        hint = f" Did you mean {plain!r}?" if _NAME.fullmatch(plain) else ""
        raise LibraryError(
            f"{name!r} is no name: a letter, then letters, digits and underscores.{hint}"
        )
    template = (_shipped("templates") / f"{kind}.toml").read_text(encoding="utf-8")
    text = template.replace("NAME.toml", f"{name}.toml")
    # A comment behind the name stays below those of other lines, if there is room.
    return re.sub(r'"NAME"( +(?=#))?', lambda m: _named(name, len(m[0]), bool(m[1])), text)


def _named(name: str, width: int, comment: bool) -> str:
    return f'"{name}"'.ljust(width - 2) + "  " if comment else f'"{name}"'


def write_starting_file(kind: str, name: str, folder: Path, *, force: bool = False) -> Path:
    """Write a starting file and return its path.

    Where the schemas are in the folder or one above it, the first line names the right one.

    Raises
    ------
    LibraryError
        If there is no such kind, or the name is none.
    ResultError
        If the file is there already, or cannot be written.
    """
    text, path = starting_text(kind, name), folder / f"{name}.toml"
    check_output(path, force=force)
    schema = "protocol.json" if kind == "protocol" else "model.json"
    for above in (folder.resolve(), *folder.resolve().parents):
        if (above / SCHEMA_FOLDER / schema).is_file():
            place = Path(os.path.relpath(above / SCHEMA_FOLDER / schema, folder.resolve()))
            text = f"#:schema {place.as_posix()}\n{text}"
            break
    with written_aside(path) as aside:
        aside.write_text(text, encoding="utf-8")
    return path


def schema_text(kind: str) -> str:
    """Return the JSON Schema of models, protocols or networks.

    Raises
    ------
    LibraryError
        If there is no such schema.
    """
    if kind not in _FOLDERS:
        raise LibraryError(f"no schema {kind!r}. {suggest(kind, _FOLDERS)}")
    return (_shipped("schemas") / f"{kind}.json").read_text(encoding="utf-8")


def write_schemas(folder: Path, *, force: bool = False) -> list[Path]:
    """Write the schemas and a `.taplo.toml` into a folder, and return their paths.

    Raises
    ------
    ResultError
        If a file is there already, or cannot be written.
    """
    if not folder.is_dir():
        raise ResultError(f"{folder}: no such folder")
    texts = {folder / SCHEMA_FOLDER / f"{kind}.json": schema_text(kind) for kind in _FOLDERS}
    texts[folder / TAPLO_FILE] = taplo_text(SCHEMA_FOLDER)
    for path in texts:
        if path.parent == folder or path.parent.is_dir():
            check_output(path, force=force)
    try:
        (folder / SCHEMA_FOLDER).mkdir(exist_ok=True)
    except OSError as error:
        raise ResultError(f"{folder}: cannot be written ({error.strerror})") from None
    for path, text in texts.items():
        with written_aside(path) as aside:
            aside.write_text(text, encoding="utf-8")
    return list(texts)


def taplo_text(schemas: str) -> str:
    """Return a `.taplo.toml` for files in folders as the library has them."""
    rules = [
        f'\n[[rule]]\ninclude = ["{folder}/**/*.toml", "**/{folder}/**/*.toml"]\n'
        f'[rule.schema]\npath = "{schemas}/{kind}.json"\n'
        for kind, folder in _FOLDERS.items()
    ]
    head = (
        "# For editors that use Taplo: which files are checked by which schema (docs/files.md).\n"
    )
    return head + "".join(rules)


def _shipped(folder: str) -> Path:
    return Path(str(files("neurospine"))) / folder
