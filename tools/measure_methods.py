"""Test methods against overfitting with the values that validation chose, and print their table.

    python tools/measure_methods.py run compact_64 --data mnist --folder IMAGES --training 1000
    python tools/measure_methods.py table

The first reads `data/tuning/methods.csv`, takes the best trial of each method (of another number of
training samples with --tuned), and adds one row for each seed to `docs/bounded_weights.csv`.
"""

from __future__ import annotations

import argparse
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from method_runs import METHODS, Values, at_the_end, data_of, trained
from scipy import stats

from neurospine.analysis.effect_sizes import paired_effect
from neurospine.learning.data.sets import load_test
from neurospine.learning.experiments.distributions import bound_shares
from neurospine.learning.layered.training import LayeredTraining

ROOT = Path(__file__).parents[1]
TUNING = ROOT / "data" / "tuning" / "methods.csv"
MEASURED = ROOT / "docs" / "bounded_weights.csv"
SETTING = ["network", "data", "training", "epochs"]
#: Epochs after which all are tested, besides the last.
EARLY = {*range(1, 11), *range(12, 31, 2)}
#: A common accuracy is so many points below what nothing comes to at the end.
BELOW = 1.0


def chosen(network: str, data: str, training: int) -> dict[str, Values]:
    """Return the values of the trial of each method with the best mean validation accuracy."""
    table = pd.read_csv(TUNING)
    table = table[
        (table["network"] == network) & (table["data"] == data) & (table["training"] == training)
    ]
    means = table.groupby(["method", "values"], sort=False)["validation"].mean()
    best = {method: means[method].idxmax() for method in means.index.unique("method")}
    return {method: _values(text) for method, text in best.items()}


def _values(text: str) -> Values:
    values: Values = {}
    for part in text.split():
        key, _, value = part.partition("=")
        try:
            values[key] = float(value) if key != "method.every" else int(value)
        except ValueError:
            values[key] = {"True": True, "False": False}.get(value, value)
    return values


def run(given: argparse.Namespace) -> None:
    data = data_of(given.data, given.folder, given.training)
    test = load_test(given.data, given.folder, verify=given.data != "cifar10")
    for method, values in chosen(given.network, given.data, given.tuned or given.training).items():
        if method not in given.methods or _is_there(given, len(data.training), method):
            continue
        trainer, found = trained(
            given.network, data, [values], given.seeds, given.epochs, test, EARLY
        )
        train = 100 * trainer.accuracy(data.training)
        end = at_the_end(found)[0]
        shares = _shares(trainer)
        rows = pd.DataFrame(
            {
                "date": datetime.now(UTC).date().isoformat(),
                "network": given.network, "data": given.data,
                "training": len(data.training), "epochs": given.epochs, "method": method,
                "seed": range(given.seeds), "test": end.round(3), "train": train.round(3),
                **shares,
                "course": [_course(found, seed) for seed in range(given.seeds)],
            }
        )  # fmt: skip
        rows.to_csv(
            MEASURED, mode="a", index=False, header=not MEASURED.exists(), lineterminator="\n"
        )
        print(f"{given.data} {given.training} {method}: {end.mean():.2f} %", flush=True)


def _is_there(given: argparse.Namespace, training: int, method: str) -> bool:
    """Return whether a method was measured already, before an interruption."""
    if not MEASURED.exists():
        return False
    setting = (given.network, given.data, training, given.epochs, method)
    table = pd.read_csv(MEASURED)[[*SETTING, "method"]]
    return setting in set(table.itertuples(index=False, name=None))


def _course(found: dict[int, npt.NDArray[np.float64]], seed: int) -> str:
    return " ".join(f"{epoch}:{100 * a[0, seed]:.2f}" for epoch, a in sorted(found.items()))


def _shares(trainer: LayeredTraining) -> dict[str, npt.NDArray[np.floating[Any]]]:
    """Return what weights and bounds of hidden layers are like, by seed."""
    weights, bounds = trainer.weights(), trainer.bounds()
    hidden = [label for label in weights if label != trainer.network.output]
    zero = np.mean([(weights[label] == 0).mean((1, 2)) for label in hidden], 0)
    found = {"zero": zero.round(4)}
    if bounds:
        sides = [(bounds[f"{label}.lower"], bounds[f"{label}.upper"]) for label in hidden]
        at = [bound_shares(weights[k], *s)[0] for k, s in zip(hidden, sides, strict=True)]
        found["at_bound"] = np.mean(at, 0).round(4)
        lower, upper = sides[0]
        widths = [(u - b)[u > b] for b, u in zip(lower, upper, strict=True)]
        found["bound_cv"] = np.array([w.std() / w.mean() for w in widths]).round(3)
        found["spine_distance"] = np.array([_distance(w) for w in widths]).round(3)
    else:
        found |= {k: np.full(len(zero), np.nan) for k in ("at_bound", "bound_cv", "spine_distance")}
    return found


def _distance(widths: npt.NDArray[np.float32]) -> float:
    """Return the Kolmogorov distance of widths to volumes of spines, both over their means.

    Volumes (Scholl et al. 2021) are read from the folder in NEUROSPINE_REFERENCE_DATA, if there is
    one.
    """
    folder = os.environ.get("NEUROSPINE_REFERENCE_DATA")
    if not folder:
        return float("nan")
    table = pd.read_csv(Path(folder) / "spines_scholl2020_ferret_v1_em.csv", comment="#")
    volumes = table[VOLUME].dropna()
    return float(stats.ks_2samp(widths / widths.mean(), volumes / volumes.mean()).statistic)


VOLUME = "head_volume_um3"


def table() -> None:
    """Print a table in Markdown for each setting."""
    measured = pd.read_csv(MEASURED)
    for setting, rows in measured.groupby(SETTING, sort=False):
        by_method = {m: r.sort_values("seed") for m, r in rows.groupby("method", sort=False)}
        network, data, training, epochs = setting
        goal = by_method["none"]["test"].mean() - BELOW
        print(f"\n### {network}, {data}, {training} samples, {epochs} epochs\n")
        print(
            f"| method | test (%) | less none | less dropout | epochs to {goal:.1f} % "
            "| train - test | at 0 | at bound |"
        )
        print("| --- | --- | --- | --- | --- | --- | --- | --- |")
        for method, own in by_method.items():
            against = [
                _difference(by_method[other], own) if other in by_method and other != method else ""
                for other in ("none", "dropout")
            ]
            sem = stats.sem(own["test"])
            gap = (own["train"] - own["test"]).mean()
            at = f"{own['at_bound'].mean():.2f}" if own["at_bound"].notna().all() else ""
            print(
                f"| {method} | {own['test'].mean():.2f} +- {sem:.2f} | {against[0]} | {against[1]} "
                f"| {_epochs(own, goal)} | {gap:.1f} | {own['zero'].mean():.2f} | {at} |"
            )


def _difference(control: pd.DataFrame, own: pd.DataFrame) -> str:
    effect = paired_effect(control["test"].to_numpy(), own["test"].to_numpy())
    return f"{effect.difference:+.2f} [{effect.low:+.2f}, {effect.high:+.2f}]"


def _epochs(own: pd.DataFrame, goal: float) -> str:
    """Return the mean over seeds of the first tested epoch at a goal, and how many came to it."""
    first = []
    for course in own["course"]:
        points = [part.split(":") for part in course.split()]
        reached = [int(epoch) for epoch, accuracy in points if float(accuracy) >= goal]
        first += reached[:1]
    if not first:
        return "never"
    return f"{np.mean(first):.1f}" + (f" ({len(first)} seeds)" if len(first) < len(own) else "")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ways = asked.add_subparsers(dest="way", required=True)
    ways.add_parser("table")
    runs = ways.add_parser("run")
    runs.add_argument("network")
    runs.add_argument("--data", default="mnist")
    runs.add_argument("--folder", type=Path)
    runs.add_argument("--training", type=int)
    runs.add_argument("--tuned", type=int, help="training samples of the trials")
    runs.add_argument("--epochs", type=int, default=30)
    runs.add_argument("--seeds", type=int, default=5)
    runs.add_argument("--methods", nargs="+", default=list(METHODS), choices=list(METHODS))
    given = asked.parse_args()
    run(given) if given.way == "run" else table()


if __name__ == "__main__":
    main()
