"""Press Ctrl-C at random moments: ``python -m tools.hardening.interrupts [--count N]``.

The interrupt goes to the command and all that it started in its group, as a terminal sends it. The
command must end with status 130 in a sentence, leave nothing half-written, and go on to the very
data of a run that nobody interrupted. The exit status is 1 if it does not.
"""

import argparse
import contextlib
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

from neurospine import Trajectory
from neurospine.results.part import has_checkpoint
from tools.hardening.crashes import CASES, RESUME, STAGES, Run, contents
from tools.hardening.report import report, table


def interrupted(run: Run, seconds: float) -> tuple[str, int]:
    """Start a command, interrupt it after so long, and return its stage then and its status."""
    process = run.start(run.case.command)
    end = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < end:
        time.sleep(0.002)
    stage = run.stage()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGINT)
    return stage, process.wait(60)


def wrong(run: Run, status: int, expected: dict[str, Any]) -> str:
    """Return what is wrong with what an interrupted run said and left; nothing if all is well."""
    if status not in (0, 130, -signal.SIGINT):  # the last is 130 too, as a shell sees it
        return f"exit status {status}"
    said = (run.folder / "said").read_text()
    if "Traceback" in said:
        return f"a traceback: {said.strip().splitlines()[-1]}"
    allowed = {"said", "run.h5", "run.h5.part", "run.png", "run.csv", f"{run.case.name}.toml"}
    left = {path.name for path in run.folder.iterdir()} - allowed
    if left:
        return f"left {', '.join(left)}"
    path = run.folder / "run.h5"
    if run.part.exists() and has_checkpoint(run.part):
        if path.exists() and Trajectory.from_hdf5(path).complete:
            return "whole, but there is a folder"
        if run.finish(RESUME) != 0:
            return f"cannot be resumed: {run.said()}"
        return "" if contents(path) == expected else "resumed to other data"
    if run.part.exists():
        return "a folder without a checkpoint"
    if path.exists() and Trajectory.from_hdf5(path).complete and contents(path) != expected:
        return "whole, with other data"
    return ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write", action="store_true", help="write the table for the page too")
    words = parser.parse_args()
    random, case = Random(words.seed), CASES[1]
    stages: Counter[str] = Counter()
    ended, problems = 0, []
    with tempfile.TemporaryDirectory(prefix="interrupts-") as folder:
        place = Path(folder)
        whole = Run(case, place / "whole", place / "cache")
        for _ in range(2):
            begun = time.monotonic()
            assert whole.finish((*case.command, "--force")) == 0, whole.said()
        seconds = time.monotonic() - begun
        expected = contents(whole.folder / "run.h5")
        for number in range(words.count):
            building = number % 8 == 0  # in a cache of its own there is something to build
            cache = place / f"cache{number}" if building else place / "cache"
            run = Run(case, place / str(number), cache)
            stage, status = interrupted(run, random.uniform(0, seconds + 4 * building))
            if status == 0:
                ended += 1
            else:
                stages[stage] += 1
            if problem := wrong(run, status, expected):
                problems.append(f"{stage}: {problem}")
    row = {
        "interrupts": words.count,
        **{f"while {stage}": stages[stage] for stage in STAGES},
        "after the end": ended,
        "wrong": len(problems),
    }
    print(table([row]))
    print(*problems, sep="\n")
    if words.write:
        report("interrupts", [row], seed=words.seed)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
