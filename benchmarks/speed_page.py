"""Write ``docs/speed.md`` from the results: ``python -m benchmarks.speed_page [--check]``.

The text is ``benchmarks/speed.md``, in which a line ``<!-- table: TITLE -->`` stands for the newest
table of that title in ``benchmarks/results``, ``<!-- table: TITLE of FILE -->`` for that in a file.
"""

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

from benchmarks.summary import TITLE, summary

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "speed.md"
_PLACE = re.compile(r"^<!-- table: (.+?)(?: of (\S+\.json))? -->$", re.MULTILINE)


def page() -> str:
    """Return the text with its tables.

    Raises
    ------
    KeyError
        If no result has a table that the text asks for.
    """
    results = [json.loads(path.read_text()) for path in sorted((HERE / "results").glob("*.json"))]

    def table(found: re.Match[str]) -> str:
        if found[1] == TITLE:
            return _rows(TITLE, summary(lambda title: _newest(title, results)[title]))
        named = [json.loads((HERE / "results" / found[2]).read_text())] if found[2] else results
        newest = _newest(found[1], named)
        return _rows(found[1], newest[found[1]]) + _where(newest)

    return _PLACE.sub(table, (HERE / "speed.md").read_text())


def _newest(title: str, results: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the newest result that has a table; of one day, the last by the name of its file."""
    having = [result for result in results if title in result]
    if not having:
        raise KeyError(f"no result has a table {title!r}")
    return max(reversed(having), key=lambda result: str(result["date"]))


def _rows(title: str, rows: list[dict[str, Any]]) -> str:
    lines = [f"**{title}**", "", _line(rows[0]), _line(["---"] * len(rows[0]))]
    return "\n".join([*lines, *(_line(row.values()) for row in rows)])


def _where(result: dict[str, Any]) -> str:
    """Return where and when a table was measured."""
    loads = " to ".join(
        f"{result[key]:.1f}" for key in ("load", "load at the end") if key in result
    )
    where = f"{result['processor']}, {result['cores']} cores, load {loads}, {result['date']}"
    return f"\n\n({'; '.join([where, *result.get('notes', [])])})"


def _line(values: Any) -> str:
    shown = (f"{v:.3g}" if isinstance(v, float) else str(v) for v in values)
    return f"| {' | '.join(shown)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say whether it is up to date")
    if not parser.parse_args().check:
        PAGE.write_text(page())
    elif PAGE.read_text() != page():
        sys.exit(f"{PAGE} is not what python -m benchmarks.speed_page writes")


if __name__ == "__main__":
    main()
