"""How networks in a comparison differ: means, paired differences, speed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy
import xarray as xr

from neurospine.analysis.effect_sizes import paired_effect
from neurospine.learning.experiments.experiment import Experiment
from neurospine.learning.experiments.outcome import Outcome

#: Which share of control's validation accuracy speeds are compared by, where no accuracy is given.
SHARE = 0.95


def compare_networks(outcomes: Mapping[str, Outcome], experiment: Experiment) -> pd.DataFrame:
    """Return how networks differ, one row each.

    Returns
    -------
    DataFrame
        `validation` and `test` are means of accuracy over seeds, `sem` the standard error of the
        second; `difference` is that of the test accuracy to control, in pairs of one seed, with
        its 95 % interval (`low`, `high`; Student's t) and `p` of a paired t test;
        `samples_to` says after how many samples the validation accuracy was first
        seen at `accuracy`, on average over the `reached` seeds that came to it.
    """
    control = outcomes[experiment.control]
    accuracy = experiment.accuracy or SHARE * float(
        control.curves["validation_accuracy"][-1].mean()
    )
    theirs = control.final["test_accuracy"].values.astype(float)
    rows = []
    for name, outcome in outcomes.items():
        ours = outcome.final["test_accuracy"].values.astype(float)
        effect = paired_effect(theirs, ours)
        reached = samples_to(outcome.curves, accuracy)
        rows.append(
            {
                "network": name,
                "n": ours.size,
                "validation": float(outcome.final["validation_accuracy"].mean()),
                "test": effect.value,
                "sem": float(scipy.stats.sem(ours)) if ours.size > 1 else np.nan,
                "difference": effect.difference,
                "low": effect.low,
                "high": effect.high,
                "p": p_of_pairs(theirs, ours),
                "accuracy": accuracy,
                "samples_to": reached.mean() if reached.size else np.nan,
                "reached": reached.size,
            }
        )
    return pd.DataFrame(rows)


def samples_to(curves: xr.Dataset, accuracy: float) -> npt.NDArray[np.int64]:
    """Return after how many samples each seed that came to an accuracy was first seen at it."""
    there = curves["validation_accuracy"].values >= accuracy
    first = curves["samples"].values[there.argmax(0)]
    return np.asarray(first[there.any(0)])


def p_of_pairs(control: npt.NDArray[np.float64], value: npt.NDArray[np.float64]) -> float:
    """Return p of a paired t test; not a number for one pair, or where all differ alike."""
    moved = value - control
    if moved.size < 2 or np.ptp(moved) == 0:
        return float("nan")
    return float(scipy.stats.ttest_rel(value, control).pvalue)
