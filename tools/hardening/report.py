"""Tables of what was tried: printed, kept as JSON, and put into the page."""

import json
import os
import platform
from datetime import date
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results.json"


def table(rows: list[dict[str, Any]], *, header: bool = True) -> str:
    """Return rows as a table of Markdown."""
    lines = [_line(rows[0]), _line(["---"] * len(rows[0]))] if header else []
    return "\n".join([*lines, *(_line(row.values()) for row in rows)])


def _line(values: Any) -> str:
    return "| " + " | ".join(f"{v:,}" if isinstance(v, int) else str(v) for v in values) + " |"


def report(name: str, rows: list[dict[str, Any]], **more: Any) -> None:
    """Keep a table for the page, with the day and the machine."""
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    first = next(iter(rows[0]))  # what a row is of; rows of an earlier call stay
    others = {row[first]: row for row in known.get(name, {}).get("rows", [])}
    rows = list((others | {row[first]: row for row in rows}).values())
    where = f"{date.today()}, {platform.system()}, {os.cpu_count()} processors"
    known[name] = {"where": where, **more, "rows": rows}
    RESULTS.write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n")
