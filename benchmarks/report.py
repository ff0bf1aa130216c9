"""What the benchmarks share: processor time of a child, runs in turn, tables, JSON."""

import json
import os
import platform
import resource
import statistics
import time
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

console = Console()
#: Flags of a processor and what they are called, the widest vectors first.
VECTORS = {"avx512f": "AVX-512", "avx2": "AVX2"}


def child_cpu() -> float:
    """Return the processor seconds of all children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def in_turn(commands: Mapping[str, Callable[[], Any]], repeats: int) -> dict[str, list[float]]:
    """Run the commands in turn (A B C A B C …) after one warm-up; return child CPU seconds.

    A command that returns a number has taken its own time, and that is what counts.
    """
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(repeats + 1):
        for name, command in commands.items():
            before = child_cpu()
            used = command()
            if turn:
                seconds[name].append(child_cpu() - before if used is None else float(used))
    return seconds


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    name = next((s.split(":")[1].strip() for s in lines if s.startswith("model name")), "unknown")
    flags = next((s.split() for s in lines if s.startswith("flags")), [])
    vectors = next((label for flag, label in VECTORS.items() if flag in flags), "")
    return f"{name} ({vectors})" if vectors else name


class Report:
    """Tables on the terminal, and the same numbers as JSON."""

    def __init__(self) -> None:
        self.content: dict[str, Any] = {
            "date": time.strftime("%Y-%m-%d"),
            "processor": processor(),
            "cores": os.cpu_count(),
            "load": os.getloadavg()[0],
            "versions": {name: version(name) for name in ("neurospine", "brian2", "numpy")},
        }
        console.print(self.content)

    def table(self, title: str, rows: list[dict[str, Any]]) -> None:
        """Print rows of equal keys and keep them."""
        shown = Table(title=title, title_justify="left")
        for name in rows[0]:
            shown.add_column(name)
        for row in rows:
            shown.add_row(*(f"{v:.3g}" if isinstance(v, float) else str(v) for v in row.values()))
        console.print(shown)
        self.content[title] = rows

    def note(self, text: str) -> None:
        """Print a remark and keep it."""
        console.print(text)
        self.content.setdefault("notes", []).append(text)

    def write(self, folder: str, *names: str) -> Path:
        """Write a file named by the day, and by the benchmarks where only some were run."""
        self.content["load at the end"] = os.getloadavg()[0]
        path = Path(folder) / f"{'-'.join([self.content['date'], *names])}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self.content, indent=1) + "\n")
        return path


def spread(values: list[float]) -> str:
    """Return median and range of some seconds."""
    return f"{statistics.median(values):.3f} ({min(values):.3f} to {max(values):.3f})"
