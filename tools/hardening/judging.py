"""Read inputs one by one, judge what happens, and count it."""

import functools
import gc
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from neurospine.errors import NeurospineError
from tools.hardening.guard import Guard
from tools.hardening.targets import Seed, Target

#: Seconds of processor time that an input may take.
LIMIT = 1.0
#: Characters of an error: more are no paragraph.
LONGEST = 2000


@dataclass
class Tally:
    """What came of the inputs of one target; `findings` are what, why and the input."""

    inputs: int = 0
    refused: int = 0
    accepted: int = 0
    slowest: float = 0.0
    lines: int = 0
    seconds: float = 0.0
    findings: list[tuple[str, str, Seed]] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        """Add what came of more inputs."""
        for name in ("inputs", "refused", "accepted", "seconds"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.slowest = max(self.slowest, other.slowest)
        self.lines = max(self.lines, other.lines)
        self.findings += other.findings

    def count(self, kind: str) -> int:
        """Return how many findings there are of a kind."""
        return sum(found == kind for found, _, _ in self.findings)


class Reader:
    """Reads inputs of a target one by one, and judges what happens."""

    def __init__(self, target: Target, folder: Path, guard: Guard, tally: Tally) -> None:
        self.target, self.folder, self.guard, self.tally = target, folder, guard, tally

    def read(self, seed: Seed) -> None:
        """Read an input and count what came of it."""
        self.tally.inputs += 1
        taken = self._once(seed)
        if taken > LIMIT:  # a pause of the machine is not to be blamed on it
            for _ in range(2):
                _forget()
                before, self.tally = self.tally, Tally()
                taken = min(taken, self._once(seed))
                self.tally = before
            if taken > LIMIT:
                self.tally.findings.append(("slow", f"{taken:.1f} s", seed))
        self.tally.slowest = max(self.tally.slowest, taken)

    def _once(self, seed: Seed) -> float:
        begun = time.process_time()
        try:
            with self.guard.watching():
                self.target.read(seed.data, seed.name, self.folder)
            self.tally.accepted += 1
        except NeurospineError as error:
            self.tally.refused += 1
            if len(str(error)) > LONGEST:
                self.tally.findings.append(("words", f"{len(str(error))} characters", seed))
        except Exception as error:
            self.tally.findings.append(("foreign", _where(error), seed))
        taken = time.process_time() - begun
        self.tally.findings += [("code", what, seed) for what in self.guard.seen]
        return taken


def _where(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if "/neurospine/" in f.filename and "/tools/" not in f.filename]
    last = (own or frames)[-1]
    place = f"{Path(last.filename).name}:{last.lineno}"
    return f"{type(error).__name__} at {place}: {str(error)[:100]}"


def _forget() -> None:
    """Empty the memories of functions, so that what is read again is read from the start."""
    for found in gc.get_objects():
        if isinstance(found, functools._lru_cache_wrapper) and "neurospine" in found.__module__:
            found.cache_clear()


def row(target: str, tally: Tally) -> dict[str, Any]:
    """Return what came of a target, as a row of the table."""
    return {
        "what is read": target,
        "inputs": tally.inputs,
        "refused by an error of ours": tally.refused,
        "read": tally.accepted,
        "other exceptions": tally.count("foreign"),
        "crashes": tally.count("crash"),
        "over 1 s": tally.count("slow") + tally.count("hang"),
        "code run": tally.count("code"),
        "errors too long": tally.count("words"),
        "slowest [ms]": round(1000 * tally.slowest),
        "lines reached": tally.lines,
    }
