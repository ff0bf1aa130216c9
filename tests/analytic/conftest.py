"""Many independent pairs in one circuit, and a plasticity rule as a plain event loop."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest

from neurospine import Model, Protocol, simulate

PAIRS = 24
STEP = 1e-3

CIRCUIT = f"""
kind    = "circuit"
name    = "many_pairs"
summary = "Axons and cells that spike as they are told, joined one to one."

[populations.axons]
size = {PAIRS}

[populations.cells]
size = {PAIRS}

[projections.pair]
from         = "axons"
to           = "cells"
spine        = "triplet_stdp"
delay        = "axonal_delay"
connectivity = {{ rule = "one_to_one" }}

[parameters]
axonal_delay = {{ value = 0.0, unit = "ms", source = "assumed", meaning = "Time to arrival" }}
"""

Trains = Sequence[Sequence[int]]


def _listed(population: str, trains: Trains) -> dict[str, Any]:
    cells = tuple(cell for cell, train in enumerate(trains) for _ in train)
    times = tuple(float(tick) for train in trains for tick in train)
    return {"kind": "spike_list", "population": population, "cells": cells, "times": times,
            "unit": "ms"}  # fmt: skip


@pytest.fixture(scope="session")
def listed_spikes() -> Callable[..., Protocol]:
    """A protocol that makes axons and cells spike at given steps of a millisecond."""

    def make(before: Trains, after: Trains, *, steps: int, record: int, **more: Any) -> Protocol:
        stimuli = (_listed("axons", before), _listed("cells", after))
        phase = {"name": "all", "duration": f"{steps} ms", "stimuli": stimuli}
        return Protocol(
            name="listed_spikes", summary="Spikes at given times.", model={"circuit": "none"},
            step="1 ms", record_every=f"{record} ms", phases=(phase,), **more,
        )  # fmt: skip

    return make


@pytest.fixture(scope="session")
def pairs() -> Callable[[str], Model]:
    """The circuit of many pairs with a spine model of the library."""

    def make(spine: str) -> Model:
        return Model.from_text(CIRCUIT, spine=spine)

    return make


@pytest.fixture(scope="session")
def volumes() -> Callable[..., np.ndarray]:
    """A function that runs a protocol and returns volume as (snapshot, slot)."""

    def run(model: Model, protocol: Protocol, backend: str, form: str | None) -> np.ndarray:
        trajectory = simulate(model, protocol, backend=backend, form=form)  # type: ignore[arg-type]
        return np.asarray(trajectory.spines["pair"]["volume"].values)

    return run


@pytest.fixture(scope="session")
def event_loop() -> Callable[..., np.ndarray]:
    """The pair and triplet rules event by event, written without any of our code."""
    return _event_loop


def _event_loop(
    before: Sequence[int], after: Sequence[int], delay: int, rule: dict[str, float],
    snapshots: Sequence[int], *, multiplicative: bool = False,
) -> np.ndarray:  # fmt: skip
    """Return volume at the start of each snapshot's step.

    `rule` holds the numbers of the triplet rule in milliseconds (the pair rule is
    the one with a3_plus and a3_minus zero) and the volumes initial, reference,
    lowest and highest.
    """
    r1 = r2 = o1 = o2 = 0.0
    volume, last, seen = rule["initial"], 0, []
    keep = rule["accumulation"]
    for tick, arrives, fires in _events(before, after, delay, snapshots):
        passed = (tick - last) * STEP * 1e3
        last = tick
        r1, r2 = r1 * math.exp(-passed / rule["tau_plus"]), r2 * math.exp(-passed / rule["tau_x"])
        o1, o2 = o1 * math.exp(-passed / rule["tau_minus"]), o2 * math.exp(-passed / rule["tau_y"])
        if arrives is None:
            seen.append(volume)
            continue
        size = volume if multiplicative else rule["reference"]
        if arrives:
            volume -= size * o1 * (rule["a2_minus"] + rule["a3_minus"] * r2)
            volume = min(max(volume, rule["lowest"]), rule["highest"])
            r1, r2 = keep * r1 + 1, keep * r2 + 1
        size = volume if multiplicative else rule["reference"]
        if fires:
            volume += size * r1 * (rule["a2_plus"] + rule["a3_plus"] * o2)
            volume = min(max(volume, rule["lowest"]), rule["highest"])
            o1, o2 = keep * o1 + 1, keep * o2 + 1
    return np.array(seen)


def _events(
    before: Sequence[int], after: Sequence[int], delay: int, snapshots: Sequence[int]
) -> Iterator[tuple[int, bool | None, bool]]:
    """Yield steps at which something happens; a snapshot (None) comes before its step's spikes."""
    arrivals, fired, wanted = {tick + delay for tick in before}, set(after), set(snapshots)
    for tick in sorted(arrivals | fired | wanted):
        if tick in wanted:
            yield tick, None, False
        if tick in arrivals or tick in fired:
            yield tick, tick in arrivals, tick in fired
