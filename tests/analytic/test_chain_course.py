"""Spines at potential sites: the chain with births at empty sites against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from neurospine.analysis.chain import Chain, size_chain
from neurospine.analysis.chain_course import filled, later
from neurospine.analysis.chain_measures import births_per_spine, stationary

#: Rounding of matrix exponentials.
ROUNDING = 1e-9


def chain(hazard: float = 0.05) -> Chain:
    """Return spines that are eliminated whatever their size."""
    return size_chain(
        lambda v: v * np.log(0.07 / v) / 30, lambda v: 0.2 * v, lambda _: hazard, 0.05, 0.3
    )


@pytest.mark.parametrize("birth_rate", [0.001, 0.05, 2.0])
def test_sites_fill_to_births_over_births_and_deaths(birth_rate: float) -> None:
    share = filled(chain(), birth_rate).sum()
    assert share == pytest.approx(birth_rate / (birth_rate + 0.05), rel=ROUNDING)


@pytest.mark.parametrize("days", [0.5, 10.0, 200.0])
def test_sites_fill_exponentially(days: float) -> None:
    spines = chain()
    empty = np.zeros_like(spines.births)
    share = later(spines, 0.03, empty, days).sum()
    assert share == pytest.approx(0.03 / 0.08 * -np.expm1(-0.08 * days), rel=ROUNDING)


def test_the_steady_state_stays() -> None:
    spines = size_chain(
        lambda v: v * np.log(0.07 / v) / 30, lambda v: 0.2 * v,
        lambda v: 0.2 / (1 + (v / 0.017) ** 4), 0.012, 0.3,
    )  # fmt: skip
    at_rest = filled(spines, 0.01)
    assert later(spines, 0.01, at_rest, 50.0) == pytest.approx(at_rest, abs=ROUNDING)
    rare = filled(spines, 1e-9)
    assert rare / 1e-9 == pytest.approx(stationary(spines), rel=1e-5)
    share = filled(spines, births_per_spine(spines)).sum()
    assert share == pytest.approx(0.5, rel=ROUNDING)
