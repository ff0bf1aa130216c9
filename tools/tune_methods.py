"""Tune methods against overfitting, each with the same number of trials, on validation data only.

    python tools/tune_methods.py compact_64 --data mnist --folder IMAGES --training 1000

adds one row for each trial and seed to a table in `data/tuning`; what is there already is not done
again. Rates of the trials are the same for all methods; test sets are not read.
"""

from __future__ import annotations

import argparse
import csv
import time
from pathlib import Path

from method_runs import METHODS, at_the_end, data_of, drawn, trained

COLUMNS = "network data training epochs method trial seed validation values cpu_seconds".split()
ROOT = Path(__file__).parents[1]


def _is_there(given: argparse.Namespace, method: str) -> bool:
    """Return whether the table has the trials of a method already, after an interruption."""
    if not given.table.exists():
        return False
    with given.table.open(newline="") as file:
        wanted = (given.network, given.data, str(given.training), str(given.epochs), method)
        return any(tuple(row[:5]) == wanted for row in csv.reader(file))


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("network")
    asked.add_argument("--data", default="mnist")
    asked.add_argument("--folder", type=Path)
    asked.add_argument("--training", type=int, default=1000)
    asked.add_argument("--epochs", type=int, default=40)
    asked.add_argument("--trials", type=int, default=8)
    asked.add_argument("--seeds", type=int, default=2)
    asked.add_argument("--methods", nargs="+", default=list(METHODS), choices=list(METHODS))
    asked.add_argument("--table", type=Path, default=ROOT / "data" / "tuning" / "methods.csv")
    given = asked.parse_args()
    data = data_of(given.data, given.folder, given.training)
    for method in given.methods:
        if _is_there(given, method):
            continue
        started = time.process_time()
        trials = drawn(method, given.trials)
        _, found = trained(given.network, data, trials, given.seeds, given.epochs, data.validation)
        each = (time.process_time() - started) / (given.trials * given.seeds)
        end = at_the_end(found)
        rows = [
            [
                given.network, given.data, given.training, given.epochs, method, trial, seed,
                f"{end[trial, seed]:.3f}",
                " ".join(f"{key}={value}" for key, value in values.items()), f"{each:.2f}",
            ]
            for trial, values in enumerate(trials)
            for seed in range(given.seeds)
        ]  # fmt: skip
        given.table.parent.mkdir(parents=True, exist_ok=True)
        new = not given.table.exists()
        with given.table.open("a", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerows([COLUMNS, *rows] if new else rows)
        best = int(end.mean(1).argmax())
        print(f"{given.data} {given.training} {method}: {end[best].mean():.2f} % {trials[best]}")


if __name__ == "__main__":
    main()
