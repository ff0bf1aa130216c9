"""Files that are whole or not there, whatever is in them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from neurospine.errors import ResultError


def check_output(path: Path, *, force: bool) -> None:
    """Raise a `ResultError` if a result could not be written to `path`."""
    if path.is_dir():
        raise ResultError(f"{path}: is a folder, a file is wanted")
    if path.exists() and not force:
        raise ResultError(f"{path}: exists already; choose another name or use force (--force)")
    if not path.parent.is_dir():
        raise ResultError(f"{path}: there is no folder {path.parent}")


@contextmanager
def written_aside(path: Path, folder: Path | None = None) -> Iterator[Path]:
    """Give a path to write to that becomes `path` only when all is written.

    It lies in `folder`, which is on the same disk, or beside `path`.

    Raises
    ------
    ResultError
        If the file cannot be written; then nothing is left behind.
    """
    aside = (folder or path.parent) / f".{path.stem}.{uuid.uuid4().hex[:8]}{path.suffix}"
    try:
        yield aside
        aside.replace(path)
    except OSError as error:
        raise ResultError(f"{path}: cannot be written ({error.strerror or error})") from None
    finally:
        aside.unlink(missing_ok=True)
