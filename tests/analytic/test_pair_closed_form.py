"""Isolated pairs and triples of spikes under the pair rule, against the formula."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

#: A few additions and exponentials of relative error 1e-16 each.
ROUNDING = 1e-13

A_PLUS, A_MINUS, TAU_PLUS, TAU_MINUS = 0.02, 0.03, 16.8, 33.7
INITIAL = 0.1
INTERVALS = (-90, -40, -20, -10, -5, -2, -1, 0, 1, 2, 5, 10, 20, 40, 70, 90)
#: Steps from the first to the second and from the second to the third spike.
GAPS = ((3, 4), (10, 5), (1, 1), (25, 12))
FORMS = {
    "pair_stdp": ("textbook", "neuron_traces", "folded"),
    "pair_stdp_multiplicative": ("textbook", "neuron_traces"),
}
BACKENDS = ("numpy", pytest.param("cpp", marks=pytest.mark.cpp))


def plus(interval: int) -> float:
    return A_PLUS * math.exp(-interval / TAU_PLUS)


def minus(interval: int) -> float:
    return -A_MINUS * math.exp(-interval / TAU_MINUS)


def change(interval: int) -> float:
    """A postsynaptic spike in the step of an arrival comes after it."""
    return plus(interval) if interval >= 0 else minus(-interval)


def spikes(delay: int) -> tuple[list[list[int]], list[list[int]]]:
    """Pairs at all intervals, then pre-pre-post and post-post-pre at all gaps."""
    start = 500
    before, after = [], []
    for interval in INTERVALS:
        before.append([start - delay])
        after.append([start + interval])
    for first, second in GAPS:
        before.append([start - delay, start + first - delay])
        after.append([start + first + second])
    for first, second in GAPS:
        before.append([start + first + second - delay])
        after.append([start, start + first])
    return before, after


def drives(nearest: bool) -> np.ndarray:
    """The last spike of a triple meets one or both of the others."""
    triples = [
        kernel(second) + (0.0 if nearest else kernel(first + second))
        for kernel in (plus, minus)
        for first, second in GAPS
    ]
    return np.array([*map(change, INTERVALS), *triples])


@pytest.mark.parametrize("delay", [0, 1, 7])
@pytest.mark.parametrize("nearest", [False, True], ids=["all_to_all", "nearest"])
@pytest.mark.parametrize(
    ("spine", "form"), [(s, f) for s, forms in FORMS.items() for f in forms]
)  # fmt: skip
@pytest.mark.parametrize("backend", BACKENDS)
def test_isolated_spikes_change_volume_by_the_formula(
    pairs: Any, listed_spikes: Any, volumes: Any, backend: str, spine: str, form: str,
    nearest: bool, delay: int,
) -> None:  # fmt: skip
    model = pairs(spine).with_parameters(
        axonal_delay=delay, a_plus=A_PLUS, a_minus=A_MINUS, tau_plus=TAU_PLUS,
        tau_minus=TAU_MINUS, accumulation=float(not nearest), volume_initial=INITIAL,
        volume_reference=0.05,
    )  # fmt: skip
    protocol = listed_spikes(*spikes(delay), steps=600, record=100)
    found = volumes(model, protocol, backend, form)
    size = INITIAL if "multiplicative" in spine else 0.05
    wanted = INITIAL + size * drives(nearest)
    np.testing.assert_array_equal(found[0], INITIAL)
    np.testing.assert_allclose(found[-1], wanted, rtol=0, atol=ROUNDING * INITIAL)
