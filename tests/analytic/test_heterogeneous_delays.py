"""Axons whose contacts differ in delay: the textbook form, against the event loop."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neurospine import Model, NeurospineError, Trajectory, simulate

REFERENCE = 0.1
#: As in test_rule_forms.py: roundings only.
LOOP = 1e-9 * REFERENCE
STEP = 1e-3
AXONS, CELLS, STEPS, RECORD = 4, 5, 1200, 100
SHORTEST, SPREAD = 1.0, 6.0

CIRCUIT = f"""
kind    = "circuit"
name    = "small"
summary = "Every axon onto every cell, each contact at its own distance."

[populations.axons]
size = {AXONS}

[populations.cells]
size = {CELLS}

[projections.all]
from         = "axons"
to           = "cells"
spine        = "triplet_stdp"
delay        = "shortest"
delay_spread = "spread"
connectivity = {{ rule = "all_to_all" }}

[parameters]
shortest = {{ value = {SHORTEST}, unit = "ms", source = "assumed", meaning = "Least delay" }}
spread   = {{ value = {SPREAD}, unit = "ms", source = "assumed", meaning = "Range of delays" }}
"""
RULES = {
    "triplet_stdp": {"a2_plus": 3e-3, "a3_plus": 2e-3, "a2_minus": 4e-3, "a3_minus": 1e-3,
                     "tau_plus": 16.8, "tau_minus": 33.7, "tau_x": 101.0, "tau_y": 50.0},
    "pair_stdp": {"a_plus": 0.01, "a_minus": 0.012, "tau_plus": 16.8, "tau_minus": 33.7},
}  # fmt: skip
VOLUMES = {"initial": 0.1, "reference": REFERENCE, "lowest": 0.05, "highest": 0.15}


def loop_numbers(spine: str, keep: float) -> dict[str, float]:
    rule = RULES[spine]
    names = {"a_plus": "a2_plus", "a_minus": "a2_minus"}
    own = {names.get(name, name): value for name, value in rule.items()}
    unused = {"a3_plus": 0.0, "a3_minus": 0.0, "tau_x": 1.0, "tau_y": 1.0}
    return {**unused, **own, **VOLUMES, "accumulation": keep}


@pytest.fixture(scope="module")
def trains() -> tuple[list[list[int]], list[list[int]]]:
    random = np.random.default_rng(4)
    before, after = (
        [list(map(int, np.flatnonzero(random.random(STEPS) < 0.06))) for _ in range(size)]
        for size in (AXONS, CELLS)
    )
    return before, after


def run(spine: str, protocol: Any, backend: str, keep: float = 1.0, **options: Any) -> Trajectory:
    values = {**RULES[spine], **{f"volume_{k}": v for k, v in VOLUMES.items()}}
    model = Model.from_text(CIRCUIT, spine=spine).with_parameters(values, accumulation=keep)
    return simulate(model, protocol, backend=backend, **options)


@pytest.mark.parametrize("keep", [1.0, 0.0], ids=["all_to_all", "nearest"])
@pytest.mark.parametrize(
    ("backend", "spine"),
    [
        *(("numpy", spine) for spine in RULES),
        pytest.param("cpp", "triplet_stdp", marks=pytest.mark.cpp),  # the pair rule is in it
        pytest.param("cpp", "pair_stdp", marks=[pytest.mark.cpp, pytest.mark.slow]),
        *(
            pytest.param("cython", spine, marks=[pytest.mark.cpp, pytest.mark.slow])
            for spine in RULES
        ),
    ],
)
def test_contacts_of_one_axon_follow_the_event_loop_at_their_own_delays(
    listed_spikes: Any, event_loop: Any, trains: Any, backend: str, spine: str, keep: float
) -> None:
    protocol = listed_spikes(*trains, steps=STEPS, record=RECORD)
    trajectory = run(spine, protocol, backend, keep)
    slots = trajectory.info.spines["all"].slots
    delays = np.rint(slots["delay"].to_numpy() / STEP).astype(int)
    assert len(set(delays)) > 3
    assert delays.min() >= SHORTEST
    assert delays.max() <= SHORTEST + SPREAD
    loops = [
        event_loop(trains[0][row.pre], trains[1][row.post], delay, loop_numbers(spine, keep),
                   range(0, STEPS + 1, RECORD))
        for row, delay in zip(slots.itertuples(), delays, strict=True)
    ]  # fmt: skip
    found = trajectory.spines["all"]["volume"].values
    np.testing.assert_allclose(found, np.array(loops).T, rtol=0, atol=LOOP)


@pytest.mark.parametrize("form", ["neuron_traces", "folded"])
def test_traces_on_axons_are_refused_where_delays_differ(
    listed_spikes: Any, trains: Any, form: str
) -> None:
    protocol = listed_spikes(*trains, steps=STEPS, record=RECORD)
    with pytest.raises(NeurospineError, match=f"'{form}' here; possible: textbook$"):
        run("pair_stdp", protocol, "numpy", form=form)


def test_all_conditions_share_their_delays_and_another_seed_draws_others(
    listed_spikes: Any, trains: Any
) -> None:
    axis = {"values": (1.0, 2.0), "meaning": "Two of the same"}
    protocol = listed_spikes(*trains, steps=STEPS, record=STEPS, conditions={"turn": axis})
    first, second = (
        run("pair_stdp", protocol, "numpy", seed=seed).info.spines["all"].slots for seed in (0, 1)
    )
    delays = [group["delay"].to_numpy() for _, group in first.groupby("condition")]
    np.testing.assert_array_equal(delays[0], delays[1])
    assert (first["delay"] != second["delay"]).any()
