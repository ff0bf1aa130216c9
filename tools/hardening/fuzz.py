"""Give readers of files what strangers might: ``python -m tools.hardening.fuzz [--inputs N]``.

Inputs are made from files that are right, by changing them as tables, texts and bytes; one that
reaches a new line of neurospine is kept as a start for others. Each must be read, or refused by an
error of ours, within a second, and nothing in it may run. What goes wrong is kept in ``--keep``,
and the exit status is 1.
"""

import argparse
import faulthandler
import hashlib
import json
import multiprocessing
import os
import re
import resource
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

from neurospine.errors import NeurospineError
from tools.hardening.guard import Guard, Lines
from tools.hardening.judging import Reader, Tally, row
from tools.hardening.making import Maker
from tools.hardening.report import report, table
from tools.hardening.targets import Seed, Target

#: A file that is right and takes longer is no start: a tenth of the inputs would be as slow.
SLOWEST_SEED = 0.25
#: Seconds without a sign of life after which a process counts as hanging.
PATIENCE = 30.0
#: Bytes that a process may take; whoever wants more has taken a number in a file for granted.
MEMORY = 6 << 30
#: Inputs that one process reads before another takes its place.
TOGETHER = 2500
#: Inputs after which it says what came of them; a crash hides what it did not say.
BETWEEN = 50


def quick_seeds(target: Target) -> list[Seed]:
    """Return the seeds of a target that are read quickly; it may refuse them."""
    quick = []
    with tempfile.TemporaryDirectory(prefix="hardening-") as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for seed in target.seeds():
            for _ in range(2):  # at the first there is more to import
                begun = time.process_time()
                with suppress(NeurospineError):
                    target.read(seed.data, seed.name, Path(folder))
                if time.process_time() - begun < SLOWEST_SEED:
                    quick.append(seed)
                    break
    return quick


def attack(
    target: Target,
    seeds: Sequence[Seed],
    first: Sequence[Seed],
    numbers: range,
    start: int,
    folder: Path,
    shared: Any,
    send: Any,
) -> None:
    """Read inputs in a process of their own, and send what came of them."""
    quieten(folder)
    begun = time.monotonic()
    reader = Reader(target, folder, Guard(folder), Tally())
    maker, lines, pool = Maker(target.change), Lines(), list(seeds)
    for seed in first:
        (folder / "current").write_bytes(json.dumps([seed.name, seed.data.hex()]).encode())
        reader.read(seed)
    for number in numbers:
        key = f"{start}/{target.name}/{number}"
        seed = Random(key).choice(pool)
        data = maker.made(seed.data, key)
        changed = Seed(seed.name, data)
        (folder / "current").write_bytes(json.dumps([seed.name, data.hex()]).encode())
        shared.value = number
        before = lines.reached
        reader.read(changed)
        if lines.reached > before and len(data) < 20_000:
            pool.append(changed)
        if reader.tally.inputs >= BETWEEN or reader.tally.findings:
            reader.tally.lines = lines.reached
            send.send((reader.tally, False))
            reader.tally = Tally()
    reader.tally.lines, reader.tally.seconds = lines.reached, time.monotonic() - begun
    maker.end()
    send.send((reader.tally, True))


def quieten(folder: Path) -> None:
    """Let a process write nothing but to a folder, and take no more memory than it should."""
    os.chdir(folder)
    os.environ["NEUROSPINE_LIBRARY"] = str(folder / "library")
    sys.dont_write_bytecode = True
    warnings.simplefilter("ignore")
    said = os.open(folder / "said", os.O_WRONLY | os.O_CREAT)
    for stream in (1, 2):
        os.dup2(said, stream)
    faulthandler.enable()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def run(target: Target, inputs: int, jobs: int, start: int, corpus: Path) -> Tally:
    """Give a target what once went wrong and so many new inputs, in processes that may die."""
    whole, seeds = Tally(), quick_seeds(target)
    first = list(kept(corpus, target))
    left = [range(k, min(k + TOGETHER, inputs)) for k in range(0, inputs, TOGETHER)]
    if len(left) < jobs:
        left = [range(inputs)[k::jobs] for k in range(jobs)]
    running: list[Attack] = []
    while left or running:
        while left and len(running) < jobs:
            running.append(Attack(target, seeds, first, left.pop(0), start))
            first = []
        time.sleep(0.05)
        for attacking in list(running):
            if attacking.ended():
                running.remove(attacking)
                whole.add(attacking.tally)
                if attacking.rest:
                    left.append(attacking.rest)
    return whole


class Attack:
    """A process that reads inputs; `rest` are those that it died before."""

    def __init__(
        self,
        target: Target,
        seeds: Sequence[Seed],
        first: Sequence[Seed],
        numbers: range,
        start: int,
    ) -> None:
        context = multiprocessing.get_context("fork")
        self._place = tempfile.TemporaryDirectory(prefix="hardening-")
        self.folder, self.numbers = Path(self._place.name), numbers
        self._shared = context.Value("q", -1)
        self._receive, send = context.Pipe(duplex=False)
        arguments = (target, seeds, first, numbers, start, self.folder, self._shared, send)
        self._process = context.Process(target=attack, args=arguments)
        self._process.start()
        send.close()
        self._seen, self._since = -1, time.monotonic()
        self.tally, self.rest = Tally(), range(0)

    def ended(self) -> bool:
        """Return whether the process has ended, and if so take what it sent."""
        with suppress(EOFError):
            while self._receive.poll():
                tally, whole = self._receive.recv()
                self.tally.add(tally)
                if whole:
                    self._close()
                    return True
        if self._process.is_alive():
            if self._shared.value != self._seen:
                self._seen, self._since = self._shared.value, time.monotonic()
            if time.monotonic() - self._since < PATIENCE:
                return False
            os.kill(self._process.pid or 0, signal.SIGABRT)  # it says where it is
            self._process.join(5)
            self._process.kill()
            where = _last_place((self.folder / "said").read_text(errors="replace"))
            self._fail("hang", f"no end within {PATIENCE:g} s: {where}")
        else:
            self._process.join()
            said = (self.folder / "said").read_text(errors="replace").strip()
            self._fail("crash", f"ended with {self._process.exitcode}: {_last_place(said)}")
        return True

    def _fail(self, kind: str, why: str) -> None:
        number = self._shared.value
        done = self.numbers.index(number) + 1 if number in self.numbers else 0
        seed = Seed("before the first input", b"")
        with suppress(OSError, ValueError):
            name, data = json.loads((self.folder / "current").read_bytes())
            seed = Seed(name, bytes.fromhex(data))
        self.tally.inputs = done
        self.tally.findings.append((kind, why, seed))
        self.rest = self.numbers[done:] if done else range(0)
        self._close()

    def _close(self) -> None:
        self._process.join()
        self._place.cleanup()


def _last_place(said: str) -> str:
    """Return where a process was when it crashed, as Python saw it, or what it said last."""
    crash = said.rpartition("Fatal Python error")[2]
    frames = re.findall(r'^  File ".*/(.+)", line (\d+) in (\w+)$', crash, re.MULTILINE)
    last = said.splitlines()[-1:] or [""]
    return " < ".join(f"{file}:{line}" for file, line, _ in frames[:6]) or last[0][:200]


def keep(corpus: Path, target: str, findings: list[tuple[str, str, Seed]]) -> None:
    """Write one input of each kind of finding to the corpus."""
    kinds = {}
    for kind, why, seed in findings:
        key = f"{kind} {re.sub(r'[^A-Za-z:.]+', ' ', why.split(': ')[0])}"
        if key not in kinds or len(seed.data) < len(kinds[key].data):
            kinds[key] = seed
    for seed in kinds.values():
        digest = hashlib.sha256(seed.data).hexdigest()[:8]
        place = corpus / target.replace(", ", "_").replace(" ", "_") / digest
        place.mkdir(parents=True, exist_ok=True)
        (place / seed.name).write_bytes(seed.data)


def kept(corpus: Path, target: Target) -> Iterator[Seed]:
    """Yield the inputs of a target that once went wrong."""
    place = corpus / target.name.replace(", ", "_").replace(" ", "_")
    for path in sorted(place.glob("*/*")):
        yield Seed(path.name, path.read_bytes())


def main() -> None:
    from tools.hardening.all_targets import ALL

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=10_000, help="for each target")
    parser.add_argument("--only", nargs="+", choices=[t.name for t in ALL], default=[])
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--corpus", type=Path, default=Path("tests/corpus"), help="read first")
    parser.add_argument("--keep", type=Path, help="folder for what goes wrong, else the corpus")
    parser.add_argument("--write", action="store_true", help="write the table for the page too")
    words = parser.parse_args()
    rows, wrong = [], 0
    for target in ALL:
        if words.only and target.name not in words.only:
            continue
        tally = run(target, words.inputs, words.jobs, words.seed, words.corpus)
        rows.append(row(target.name, tally))
        print(table([rows[-1]], header=len(rows) == 1), f"({tally.seconds:.0f} s)", flush=True)
        counts: dict[tuple[str, str], int] = {}
        for kind, why, _ in tally.findings:
            counts[kind, why] = counts.get((kind, why), 0) + 1
        for (kind, why), count in sorted(counts.items(), key=lambda item: -item[1])[:25]:
            print(f"    {count} x {kind}: {why}")
        keep(words.keep or words.corpus, target.name, tally.findings)
        wrong += len(tally.findings)
    if words.write:
        report("fuzz", rows, seed=words.seed)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
