"""Parameters that change while a run goes on, against closed forms and runs without courses."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from neurospine import Disorder, Model, Protocol, simulate

DAY = 86400.0
KNOWN = {"basis": "direction", "source": "ishii2018", "where": "w", "meaning": "m"}
PHASES = [
    {"name": name, "kind": "consolidation", "duration": "4 day", "tick": "6 hour"}
    for name in ("before", "after")
]
#: Spines that are there from the start, do not die, and drift back without noise.
#: Compiled programs work out the change in a step in single precision, to 2e-7 of it.
ROUNDING = {"numpy": 1e-12, "cpp": 1e-7}
STILL = {"log_drift.noise_slope": 0.0, "start_share": 1.0, "elimination_rate": "0/day"}
PAIRS = {
    "kind": "pairing", "presynaptic": "presynaptic", "postsynaptic": "postsynaptic",
    "interval": "5 ms", "rate": "10 Hz", "count": 4,
}  # fmt: skip


def disorder(name: str = "one", **facts: Any) -> Disorder:
    return Disorder(name=name, summary="A disorder.", changes=[{**KNOWN, **facts}])


def days(**facts: Any) -> Protocol:
    tables = {
        "name": "days", "step": "1 ms", "record_every": "1 day", "phases": PHASES,
        "model": {"circuit": "dendrite", "spine": "living_spine", "parameters": ["v1_adult"]},
    }  # fmt: skip
    return Protocol(**{**tables, **facts})


def volumes(
    protocol: Protocol, *disorders: Disorder, backend: str = "numpy",
    parameters: Mapping[str, Any] | None = None, form: Any = None,
) -> np.ndarray[Any, Any]:  # fmt: skip
    small = {"n_sites": 200} if protocol.name == "days" else {}
    run = simulate(
        None, protocol, backend=backend, disorder=disorders, form=form,
        parameters={**small, **(parameters or {})},
    )  # fmt: skip
    (spines,) = run.spines.values()
    return np.asarray(spines["volume"].values)


SLOPE = {"role": "noise_slope", "factor": 1.5}


@pytest.mark.parametrize(
    "backend", ["numpy", pytest.param("cpp", marks=[pytest.mark.cpp, pytest.mark.slow])]
)
def test_a_step_is_nothing_before_and_all_after(backend: str) -> None:
    """It is the same whether the onset counts from the start or from the phase that begins then."""
    control = volumes(days(), backend=backend)
    whole = volumes(days(), disorder(**SLOPE), backend=backend)
    constant = volumes(days(), disorder(**SLOPE, onset="0 day"), backend=backend)
    np.testing.assert_array_equal(constant, whole)
    step = volumes(days(), disorder(**SLOPE, onset="4 day"), backend=backend)
    np.testing.assert_array_equal(step[:5], control[:5])
    assert np.any(step[5] != control[5])
    phase = days(disorder_from="after")
    from_phase = volumes(phase, disorder(**SLOPE, onset="0 day"), backend=backend)
    np.testing.assert_array_equal(from_phase, step)
    until = volumes(days(), disorder(**SLOPE, until="4 day"), backend=backend)
    np.testing.assert_array_equal(until[:5], whole[:5])


@pytest.mark.parametrize(
    "backend", ["numpy", pytest.param("cpp", marks=[pytest.mark.cpp, pytest.mark.slow])]
)
def test_the_drift_follows_a_centre_that_moves(backend: str) -> None:
    """Between two snapshots it goes exponentially to where the centre is at the first of them."""
    course = {"onset": "2 day", "rise": "3 day", "until": "6 day", "washout": "1 day"}
    moved = disorder(role="set_point", factor=1.3, **course)
    found = np.log(volumes(days(), moved, backend=backend, parameters=STILL))
    x = found[0].copy()
    for day in range(8):
        degree = 0.0 if day < 2 else 1 - math.exp(-(min(day, 6) - 2) / 3)
        degree *= math.exp(-max(0, day - 6) / 1)
        centre = math.log(0.067) + degree * math.log(1.3)
        x = centre + (x - centre) * math.exp(-1 / 29.9)
        np.testing.assert_allclose(found[day + 1], x, rtol=0, atol=ROUNDING[backend])


@pytest.mark.parametrize(
    ("backend", "form"),
    [
        ("numpy", "folded"),
        ("numpy", "neuron_traces"),
        pytest.param("numpy", "textbook", marks=pytest.mark.slow),
        pytest.param("cpp", "folded", marks=pytest.mark.cpp),
    ],
)
def test_pairs_of_spikes_count_with_the_strength_of_their_time(backend: str, form: str) -> None:
    """Potentiation is additive, so twice the strength in the second phase is twice its change."""
    protocol = Protocol(
        name="pairs", step="1 ms", record_every="500 ms",
        model={"circuit": "independent_pairs", "spine": "pair_stdp"},
        phases=[{"name": n, "duration": "1 s", "stimuli": [PAIRS]} for n in ("first", "second")],
    )  # fmt: skip
    alone = {"a_minus": 0.0}
    control = volumes(protocol, backend=backend, parameters=alone, form=form)
    stronger = disorder(role="potentiation", factor=2.0, onset="1 s")
    changed = volumes(protocol, stronger, backend=backend, parameters=alone, form=form)
    np.testing.assert_array_equal(changed[:3], control[:3])
    gained = control[4] - control[2]
    assert gained.min() > 0
    np.testing.assert_allclose(changed[4] - control[2], 2 * gained, rtol=1e-12)


@pytest.mark.parametrize(
    "backend", ["numpy", pytest.param("cpp", marks=[pytest.mark.cpp, pytest.mark.slow])]
)
def test_conditions_have_courses_of_their_own(backend: str) -> None:
    """Each condition goes as a run of its own would: they share their random numbers."""
    late = disorder("late", **SLOPE, onset="4 day")
    axis = {"values": ("control", "late"), "disorders": True, "meaning": "m"}
    protocol = Protocol.from_text(
        days(conditions={"disorder": axis}).text, disorders={"late": late.text}
    )
    both = volumes(protocol, backend=backend)
    for half, alone in zip(np.split(both, 2, axis=1), ((), (late,)), strict=True):
        np.testing.assert_allclose(
            half, volumes(days(), *alone, backend=backend), rtol=ROUNDING[backend]
        )


COMPILED = [
    pytest.param("cython", marks=pytest.mark.slow),
    pytest.param("cpp", marks=[pytest.mark.cpp, pytest.mark.slow]),
]
LEAKY = """
kind    = "circuit"
name    = "alone"
summary = "One neuron at rest."

[populations.cells]
neuron = "leaky"
size   = 1
"""


@pytest.mark.parametrize("backend", ["numpy", *COMPILED])
def test_a_neuron_takes_another_value_while_it_runs(backend: str) -> None:
    """The potential goes to another resting potential from the moment when that changes."""
    protocol = Protocol(
        name="p", step="0.1 ms", record_every="20 ms", phases=[{"name": "a", "duration": "60 ms"}],
        traces={"cells": {"variables": ["v"], "cells": [0], "every": "1 ms"}},
    )  # fmt: skip
    changed = disorder(parameter="leaky.v_rest", value=-65.0, unit="mV", onset="20 ms")
    run = simulate(Model.from_text(LEAKY), protocol, backend=backend, disorder=changed)
    assert repr(run).startswith("<Trajectory of p with alone under one, seed 0>")
    trace = run.traces["cells"]["v"]
    time = np.asarray(trace["time"].values)
    after = np.maximum(time - 0.020, 0)
    expected = -65e-3 - 5e-3 * np.exp(-after / 20e-3)
    np.testing.assert_allclose(trace.values.ravel(), expected, rtol=1e-12)
