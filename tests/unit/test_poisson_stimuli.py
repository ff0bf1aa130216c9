"""Poisson spikes: their law, and what they follow."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import stats

from neurospine import Protocol
from neurospine.simulation.stimuli import spikes

#: A test of a right sampler fails one time in a million.
RARE = 1e-6


def counts(rate: str, sizes: int, seed: int, tables: dict[str, Any]) -> tuple[Any, Any]:
    noise = {"kind": "poisson", "population": "pre", "rate": rate}
    tables["phases"] = [{"name": "a", "duration": "10 s", "stimuli": [noise]}]
    return spikes(Protocol(**tables), {"pre": sizes}, seed)["pre"]


def test_poisson_spikes_have_their_rate_and_variance(tables: dict[str, Any]) -> None:
    cells, ticks = counts("20 Hz", 2000, 1, tables)
    assert np.unique(np.stack([cells, ticks]), axis=1).shape[1] == cells.size
    number = np.bincount(cells, minlength=2000)
    # One spike a step at most: steps of 1 ms are filled with probability 1 - exp(-0.02).
    filled = -np.expm1(-0.02)
    law = stats.binom(10_000, filled)
    assert abs(number.mean() - law.mean()) < stats.norm.isf(RARE / 2) * law.std() / 2000**0.5
    low, high = stats.chi2.interval(1 - RARE, 1999)
    assert low < 1999 * number.var(ddof=1) / law.var() < high
    assert stats.kstest(ticks + 0.5, "uniform", (0, 10_000)).pvalue > RARE


def test_poisson_cells_are_independent(tables: dict[str, Any]) -> None:
    cells, ticks = counts("50 Hz", 2, 1, tables)
    one, other = (set(ticks[cells == cell].tolist()) for cell in (0, 1))
    expected = len(one) * len(other) / 10_000
    assert abs(len(one & other) - expected) < 6 * expected**0.5


def test_poisson_spikes_follow_the_seed_and_not_the_number_of_cells(tables: dict[str, Any]) -> None:
    few, many, other = (counts("20 Hz", n, s, tables) for n, s in ((5, 1), (50, 1), (5, 2)))
    again = counts("20 Hz", 5, 1, tables)
    assert all(np.array_equal(a, b) for a, b in zip(few, again, strict=True))
    among = many[0] < 5
    assert np.array_equal(few[0], many[0][among])
    assert np.array_equal(few[1], many[1][among])
    assert not np.array_equal(few[1], other[1])
