"""The blocks of the pages that users may copy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: Pages written by hand or by tools; those of the gallery are made from scripts that are run.
PAGES = [
    ROOT / "README.md",
    *sorted(p for p in (ROOT / "docs").rglob("*.md") if "gallery" not in p.parts),
]
_BLOCK = re.compile(
    r"^(?:<!-- (?P<mark>not run|run only): (?P<why>.+?) -->\n)?"
    r"```(?P<language>\w+)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
#: The first line of a block that is a file: its name, after >> where it is the end of one.
_FILE = re.compile(r"# (?P<more>>> )?(?P<name>[\w/]+\.toml)\n")


@dataclass(frozen=True)
class Block:
    """A block of a page.

    Attributes
    ----------
    language
        As the page names it.
    text
        What is in it.
    unmarked
        Whether all of it may be run by a test; a comment before it says why not.
    only
        The beginnings of lines of which alone this is true; all if there are none.
    """

    language: str
    text: str
    unmarked: bool
    only: tuple[str, ...]

    @property
    def lines(self) -> list[str]:
        """The lines of a shell that say something."""
        lines = [line.strip() for line in self.text.replace("\\\n", " ").splitlines()]
        return [line for line in lines if line and not line.startswith("#")]

    @property
    def run(self) -> list[str]:
        """The lines that a test runs."""
        if not self.unmarked:
            return []
        return [line for line in self.lines if not self.only or line.startswith(self.only)]


def blocks(page: Path) -> Iterator[Block]:
    """Yield the blocks of a page in order."""
    for found in _BLOCK.finditer(page.read_text()):
        mark, why = found["mark"], found["why"]
        names = (why or "").partition(";")[0].split(",")
        only = tuple(f"neurospine {name.strip()}" for name in names)
        yield Block(
            found["language"],
            found["text"],
            unmarked=mark != "not run",
            only=only if mark == "run only" else (),
        )


def write_file(text: str, folder: Path) -> bool:
    """Write the file that a block is, or its end; return whether it is one."""
    named = _FILE.match(text)
    if not named:
        return False
    path = folder / named["name"]
    path.parent.mkdir(parents=True, exist_ok=True)
    before = path.read_text() if named["more"] else ""
    path.write_text(before + text[named.end() :])
    return True


def named(page: Path) -> str:
    """Return what tests call a page."""
    return str(page.relative_to(ROOT))
