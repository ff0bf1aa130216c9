"""Inhibitory plasticity against its closed forms: a pair, dense trains, Poisson spikes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from neurospine import Protocol

PAIRS = 24
RATE, TAU, TARGET = 0.01, 20.0, 3.0
#: Volume by which a drive of 1 changes a bouton (um**3), and the bouton at the start.
REFERENCE, START = 0.1, 0.5
OFFSET = 2 * TARGET * TAU * 1e-3
#: Only roundings differ.
ROUNDING = 1e-12
FORMS = ("textbook", "neuron_traces", "folded")


@pytest.fixture(scope="module")
def model(pairs: Any) -> Any:
    return pairs("inhibitory_bouton").with_parameters(
        learning_rate=RATE, tau_symmetric=TAU, target_rate=TARGET, axonal_delay=2.0,
        bouton_initial=START, bouton_highest=1.0,
    )  # fmt: skip


def changes(
    before: Sequence[int], after: Sequence[int], delay: int, snapshots: Sequence[int]
) -> list[float]:
    """Return the change of weight at the start of each step: pairs counted one by one."""
    found = []
    for now in snapshots:
        arrivals = [t + delay for t in before if t + delay < now]
        fired = [t for t in after if t < now]
        near = sum(math.exp(-abs(a - f) / TAU) for a in arrivals for f in fired)
        found.append(RATE * (near - OFFSET * len(arrivals)))
    return found


@pytest.mark.parametrize("form", FORMS)
def test_every_pair_counts_by_its_distance_whatever_its_order(
    model: Any, listed_spikes: Callable[..., Protocol], volumes: Any, form: str
) -> None:
    """One pair at each interval on half of the synapses, random trains on the others."""
    random = np.random.default_rng(5)
    intervals = range(-44, 52, 8)
    before: list[tuple[int, ...]] = [(100,)] * len(intervals)
    after: list[tuple[int, ...]] = [(102 + i,) for i in intervals]
    for _ in range(PAIRS - len(intervals)):
        for trains in (before, after):
            trains.append(tuple(map(int, np.flatnonzero(random.random(295) < 0.1))))
    protocol = listed_spikes(before, after, steps=300, record=50)
    found = (volumes(model, protocol, "numpy", form) - START) / REFERENCE
    expected = np.transpose(
        [changes(b, a, 2, range(0, 301, 50)) for b, a in zip(before, after, strict=True)]
    )
    np.testing.assert_allclose(found, expected, rtol=0, atol=ROUNDING)
    window = [RATE * (math.exp(-abs(i) / TAU) - OFFSET) for i in intervals]
    np.testing.assert_allclose(found[-1, : len(intervals)], window, rtol=0, atol=ROUNDING)
    assert found[-1].max() > RATE > 0 > found[-1].min()


def test_poisson_spikes_move_strength_towards_the_target_rate(model: Any, volumes: Any) -> None:
    """The mean drive in a second is rate*before*(2*tau*after - 2*tau*target).

    In steps of length h, with q = exp(-h/tau), an arrival finds spikes of all earlier steps and
    a spike finds arrivals of its own step too: h*(1 + q)/(1 - q) takes the place of 2*tau in
    front of `after`, more by a part in five thousand.
    """
    rates, seconds = (1.0, 3.0, 8.0), 10.0
    pre = 20.0
    h = 1e-3
    both = h * (1 + math.exp(-h / (TAU * 1e-3))) / (1 - math.exp(-h / (TAU * 1e-3)))
    protocol = Protocol(
        name="poisson", step="1 ms", record_every=f"{seconds} s", repeats=16,
        conditions={"rate": {"values": rates, "unit": "Hz", "meaning": "After"}},
        phases=[{"name": "a", "duration": f"{seconds} s", "stimuli": [
            {"kind": "poisson", "population": "axons", "rate": f"{pre} Hz"},
            {"kind": "poisson", "population": "cells", "rate": "rate"},
        ]}],
    )  # fmt: skip
    found = (volumes(model, protocol, "numpy", None)[-1] - START) / REFERENCE / seconds
    for rate, drifts in zip(rates, found.reshape(len(rates), -1), strict=True):
        expected = RATE * pre * (both * rate - OFFSET)
        error = drifts.std(ddof=1) / math.sqrt(drifts.size)
        assert abs(drifts.mean() - expected) < 4 * error
        assert error < 0.05 * RATE * pre * OFFSET
        assert (rate - TARGET) * drifts.mean() >= -4 * error * abs(rate - TARGET)
