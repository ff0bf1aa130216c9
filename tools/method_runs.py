"""Methods against overfitting side by side: what may be tuned of each, and how a run is measured.

All methods see the same seeds, initial weights and batches. Trials of one method are replicates of
one program.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from neurospine.learning.data.sets import DataSet, Samples, load_data
from neurospine.learning.kinds import load_learner, make_trainer
from neurospine.learning.layered.training import LayeredTraining
from neurospine.learning.trainer import Replicate

Values = dict[str, Any]
#: What the mean accuracy at the end is taken over, in epochs.
LAST = 5
#: Lowest and highest value of a trial; the third word says whether even in its logarithm.
Range = tuple[float, float, str] | list[float]
RATES: Range = (0.02, 0.3, "log")

_PUBLISHED: Values = {"kind": "spine_bounds", "relative": "one"}
_PUBLISHED_RANGES: dict[str, Range] = {
    "start": (0.01, 0.2, "log"),
    "checks": [1.0, 2.0, 3.0],
    "shrinkage": (0.75, 1.0, "even"),
}
_OURS: Values = {
    "kind": "spine_bounds", "relative": "inputs", "cut": True, "evidence": "gradient",
    "smallest": 0.001, "every": 10,
}  # fmt: skip
_OURS_RANGES: dict[str, Range] = {
    "start": (1.5, 6.0, "log"),
    "checks": [1.0, 2.0, 3.0],
    "shrinkage": (0.7, 1.0, "even"),
    "least_evidence": [0.0, 0.0001, 0.001],
}
#: The best of the trials of `spine_bounds` on MNIST with 1,000 samples (compact_64).
_TUNED: Values = {"start": 3.635, "checks": 2.0, "shrinkage": 0.8212}
_SILENCE: dict[str, Range] = {
    "dropped": (0.0, 0.5, "even"),
    "dropped_inputs": (0.0, 0.4, "even"),
}
_NOISE: dict[str, Range] = {"noise": (0.05, 0.5, "even")}


def _without(ranges: dict[str, Range], key: str) -> dict[str, Range]:
    return {name: found for name, found in ranges.items() if name != key}


#: What stays of each method, and what its trials vary besides the rate.
METHODS: dict[str, tuple[Values, dict[str, Range]]] = {
    "none": ({"kind": "none"}, {}),
    "l2": ({"kind": "weight_decay"}, {"decay": (1e-5, 1e-2, "log")}),
    "dropout": ({"kind": "dropout"}, _SILENCE),
    "fixed_bound": (
        {"kind": "spine_bounds", "relative": "inputs", "cut": True, "checks": math.inf},
        {"start": (1.5, 6.0, "log")},
    ),
    "published": (_PUBLISHED, _PUBLISHED_RANGES),
    "finer_checks": ({**_PUBLISHED, "every": 5}, _PUBLISHED_RANGES),
    "finer_gradient": ({**_PUBLISHED, "every": 5, "evidence": "gradient"}, _PUBLISHED_RANGES),
    "spine_bounds": (_OURS, _OURS_RANGES),
    "epoch_checks": ({k: v for k, v in _OURS.items() if k != "every"}, _OURS_RANGES),
    "growth_only": ({**_OURS, "shrinkage": 1.0}, _without(_OURS_RANGES, "shrinkage")),
    "shrink_only": ({**_OURS, "growth": 0.0}, _OURS_RANGES),
    "bounds_and_dropout": ({**_OURS, **_TUNED}, _SILENCE),
    "bounds_and_noise": ({**_OURS, **_TUNED}, _NOISE),
    "size_noise": ({"kind": "size_noise"}, _NOISE),
    "size_dropconnect": ({"kind": "size_dropconnect"}, {"dropped": (0.1, 0.9, "even")}),
    "rewiring": (
        {"kind": "rewiring"},
        {
            "connected": (0.1, 0.6, "log"),
            "penalty": (1e-6, 1e-3, "log"),
            "temperature": (1e-12, 1e-8, "log"),
        },
    ),
    "synaptic_sampling": (
        {"kind": "synaptic_sampling"},
        {
            "mean": (1.0, 4.0, "even"),
            "spread": (1.0, 3.0, "even"),
            "offset": (4.0, 7.0, "even"),
            "strength": (1e-4, 1e-1, "log"),
            "temperature": (1e-8, 1e-4, "log"),
            "gain": (3.0, 100.0, "log"),
        },
    ),
}


def drawn(method: str, trials: int, seed: int = 0) -> list[Values]:
    """Return the values of each trial; the rates are the same for all methods."""
    fixed, ranges = METHODS[method]
    rates = _draw(np.random.default_rng([seed, 0]), RATES, trials)
    generator = np.random.default_rng([seed, 1])
    columns = {key: _draw(generator, found, trials) for key, found in ranges.items()}
    return [
        {
            "optimiser.rate": rate,
            **{f"method.{key}": value for key, value in fixed.items()},
            **{f"method.{key}": column[number] for key, column in columns.items()},
        }
        for number, rate in enumerate(rates)
    ]


def _draw(generator: np.random.Generator, found: Range, trials: int) -> list[float]:
    """Return values spread over a range: one in each of as many parts as there are trials."""
    if isinstance(found, list):
        return [found[i % len(found)] for i in generator.permutation(trials)]
    low, high, how = found
    places = (generator.permutation(trials) + generator.random(trials)) / trials
    if how == "log":
        return [float(f"{v:.4g}") for v in low * (high / low) ** places]
    return [float(f"{v:.4g}") for v in low + (high - low) * places]


def data_of(name: str, folder: Path, training: int | None) -> DataSet:
    """Return a data set with its first training samples."""
    data = load_data(name, folder, verify=name != "cifar10")
    return data.first(training) if training else data


def trained(
    network: str,
    data: DataSet,
    trials: list[Values],
    seeds: int,
    epochs: int,
    judge: Samples,
    when: set[int] | None = None,
) -> tuple[LayeredTraining, dict[int, npt.NDArray[np.float64]]]:
    """Train trials by seeds side by side.

    Returns
    -------
    trainer
        After the last epoch.
    accuracies
        On `judge`, as (trial, seed), after the last epochs and those of `when`.
    """
    replicates = [
        Replicate(load_learner(network, {"data": data.name, **trial}), seed, 100 + seed)
        for trial in trials
        for seed in range(seeds)
    ]
    trainer = make_trainer(replicates, data)
    assert isinstance(trainer, LayeredTraining)
    size = len(data.training)
    accuracies = {}
    for epoch in range(1, epochs + 1):
        trainer.run(size)
        if epoch > epochs - LAST or epoch in (when or ()):
            found = trainer.accuracy(judge).reshape(len(trials), seeds)
            accuracies[epoch] = found.astype(float)
    return trainer, accuracies


def at_the_end(accuracies: Mapping[int, npt.NDArray[np.float64]]) -> npt.NDArray[np.float64]:
    """Return the mean over the last epochs, in percent."""
    last = sorted(accuracies)[-LAST:]
    return 100 * np.mean([accuracies[epoch] for epoch in last], axis=0)
