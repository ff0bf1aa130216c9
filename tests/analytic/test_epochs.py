"""Stretches of spiking and of consolidation that follow each other: every clock is right in each.

Each axon has one spine on a cell of its own, which fires one step after a spike arrives.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from neurospine import Model, Protocol, Trajectory, load_model, simulate

STEP = 1e-3
DAY = 86400.0
#: Times are multiples of the step, worked out as products.
TIME = 1e-9
#: Forms round differently.
ROUNDING = 1e-12
#: What is left of a trace at the end of an epoch, relative to one pairing.
LEFT = 1e-6
PAIRS = 6
BACKENDS = ("numpy", pytest.param("cpp", marks=pytest.mark.cpp))

NEURON = """
kind       = "neuron"
name       = "echo"
summary    = "Fires one step after something has come."
equations  = "received : 1"
threshold  = "received > 0"
reset      = "received = 0"
refractory = "pause"
method     = "exact"

[parameters]
pause = { value = 0.0, unit = "ms", source = "assumed", meaning = "Time without spikes" }
"""

CIRCUIT = f"""
kind    = "circuit"
name    = "echoes"
summary = "Axons that spike as they are told, and cells that answer."

[populations.axons]
size = {PAIRS}

[populations.cells]
neuron = "echo"
size   = {PAIRS}

[projections.pair]
from         = "axons"
to           = "cells"
spine        = "pair_stdp"
delay        = "axonal_delay"
connectivity = {{ rule = "one_to_one" }}
effect       = "received += weight"

[parameters]
axonal_delay = {{ value = 0.0, unit = "ms", source = "assumed", meaning = "Time to arrival" }}
"""

#: Steps of an epoch at which the axon of each pair spikes: with others between, and alone.
TRAINS = ((5,), (5, 9), (0, 20, 40), (31, 33, 37), (1, 60), ())
DELAY = 2
#: Name, steps of spiking or ticks of consolidation of an hour, and steps between snapshots.
EPOCHS = (
    ("first", 700, 100), ("sleep", -24, 6), ("second", 800, 400), ("day_1", 600, 200),
    ("night_1", -2, 1), ("day_2", 600, 200), ("night_2", -2, 1), ("last", 700, 700),
)  # fmt: skip


def spikes_of(shift: int = 0) -> dict[str, Any]:
    listed = [(cell, at + shift) for cell, train in enumerate(TRAINS) for at in train]
    cells, times = zip(*listed, strict=True)
    return {"kind": "spike_list", "population": "axons", "cells": cells, "unit": "ms",
            "times": tuple(map(float, times))}  # fmt: skip


def phase(name: str, length: int, record: int) -> dict[str, Any]:
    if length < 0:
        return {"name": name, "kind": "consolidation", "duration": f"{-length} hour",
                "tick": "1 hour", "record_every": f"{record} hour"}  # fmt: skip
    return {"name": name, "duration": f"{length} ms", "record_every": f"{record} ms",
            "stimuli": (spikes_of(),)}  # fmt: skip


def protocol(epochs: Any, **more: Any) -> Protocol:
    traces = {"cells": {"variables": ("received",), "cells": (0, 3), "every": "2 ms"}}
    return Protocol(
        name="epochs", summary="Epochs.", step="1 ms", record_every="100 ms", spine_step="100 ms",
        phases=tuple(phase(*epoch) for epoch in epochs), traces=traces, **more,
    )  # fmt: skip


def all_epochs(number: int = len(EPOCHS)) -> Protocol:
    """Return the first epochs; the days and nights are a cycle."""
    chosen = EPOCHS[:number]
    written = [(n.removesuffix("_1"), *rest) for n, *rest in chosen if not n.endswith("_2")]
    cycle = {"phases": ("day", "night"), "count": 2} if number > 6 else None
    return protocol(written, **({"cycle": cycle} if cycle else {}))


@cache
def run(backend: str, form: str, number: int = len(EPOCHS)) -> Trajectory:
    model = Model.from_text(CIRCUIT, parts={"echo": NEURON}).with_parameters(axonal_delay=DELAY)
    chosen: Any = form
    return simulate(model, all_epochs(number), backend=backend, form=chosen)


def starts(number: int = len(EPOCHS)) -> np.ndarray:
    """Return the start of each epoch in seconds, and the end of the last."""
    lengths = [n * STEP if n > 0 else -n * 3600.0 for _, n, _ in EPOCHS[:number]]
    return np.concatenate([[0.0], np.cumsum(lengths)])


@pytest.mark.parametrize("number", [8, 2])
@pytest.mark.parametrize("backend", BACKENDS)
def test_snapshots_spikes_and_traces_have_biological_times(backend: str, number: int) -> None:
    """Also where the last phase is one of consolidation."""
    found = run(backend, "folded", number)
    began = starts(number)
    snapshots, sent, sampled = [0.0], [], []
    for (_, length, record), start in zip(EPOCHS[:number], began, strict=False):
        unit = STEP if length > 0 else 3600.0
        snapshots += [start + k * unit for k in range(record, abs(length) + 1, record)]
        if length > 0:
            sampled += [start + k * STEP for k in range(0, length, 2)]
            sent += [(start + at * STEP, c) for c, train in enumerate(TRAINS) for at in train]
    np.testing.assert_allclose(found.spines["pair"]["time"], snapshots, rtol=0, atol=TIME)
    np.testing.assert_allclose(found.traces["cells"]["time"], sampled, rtol=0, atol=TIME)
    for name, later in (("axons", 0), ("cells", DELAY + 1)):
        wanted = np.array(sorted((round((t + later * STEP) / STEP), c) for t, c in sent))
        times, cells = found.spikes[name].to_numpy().T
        np.testing.assert_allclose(times, wanted[:, 0] * STEP, rtol=0, atol=TIME)
        np.testing.assert_array_equal(cells, wanted[:, 1])
    phases = found.info.phases
    np.testing.assert_allclose(phases["start"], began[:-1], rtol=0, atol=TIME)
    np.testing.assert_allclose(phases["stop"], began[1:], rtol=0, atol=TIME)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_trace_shows_each_arrival_at_its_time(backend: str) -> None:
    found = run(backend, "folded").traces["cells"]["received"]
    began = starts()
    wanted = []
    for (_, length, _), start in zip(EPOCHS, began, strict=False):
        # What has come shows before the next step, and samples are taken at even steps.
        if length > 0:
            wanted += [start + (at + DELAY + 1) * STEP for at in TRAINS[3]]
    times = found["time"].values[found.values[:, 1] > 0]
    np.testing.assert_allclose(times, wanted, rtol=0, atol=TIME)


@pytest.mark.parametrize("backend", BACKENDS)
def test_folded_volumes_are_the_true_ones_after_every_epoch(backend: str) -> None:
    folded = run(backend, "folded").spines["pair"]["volume"].values
    plain = run("numpy", "textbook").spines["pair"]["volume"].values
    assert np.ptp(plain[-1]) > 1e-3
    np.testing.assert_allclose(folded, plain, rtol=0, atol=ROUNDING)


@pytest.mark.parametrize("form", ["textbook", "folded"])
def test_pairing_does_the_same_in_every_epoch(form: str) -> None:
    """The additive rule does not know how large a spine is."""
    found = run("numpy", form).spines["pair"]
    volume = found["volume"]
    model = Model.from_text(CIRCUIT, parts={"echo": NEURON}).with_parameters(axonal_delay=DELAY)
    chosen: Any = form
    alone = simulate(model, protocol([("only", 700, 700)]), backend="numpy", form=chosen)
    change = np.diff(alone.spines["pair"]["volume"].values, axis=0)[0]
    assert np.abs(change).max() > 1e-3
    assert change[-1] == 0
    began = starts()
    for number, (_, length, _) in enumerate(EPOCHS):
        before, after = (
            volume.sel(time=began[k], method="nearest").values for k in (number, number + 1)
        )
        wanted = change if length > 0 else np.zeros(PAIRS)
        np.testing.assert_allclose(after - before, wanted, rtol=0, atol=LEFT * change.max())


@pytest.mark.parametrize(
    "backend", ["numpy", pytest.param("cpp", marks=[pytest.mark.cpp, pytest.mark.slow])]
)
def test_a_year_of_consolidation_between_days_of_spiking(backend: str) -> None:
    """At a tenth of a millisecond this is more steps than 32 bits can count."""
    spiking = {"duration": "20 ms", "record_every": "10 ms"}
    pause = {"name": "year", "kind": "consolidation", "duration": "365 day", "tick": "1 day"}
    stimulus = {"kind": "regular", "population": "axons", "rate": "100 Hz", "count": 2}
    year = Protocol(
        name="years", summary="A year apart.", step="0.1 ms", spine_step="10 ms",
        phases=(
            {"name": "before", **spiking, "stimuli": (stimulus,)},
            {**pause, "record_every": "73 day"},
            {"name": "after", **spiking, "stimuli": (stimulus,)},
        ),
    )  # fmt: skip
    model = load_model("dendrite", spine="living_spine").with_parameters(n_sites=200)
    found = simulate(model, year, backend=backend)
    end = 0.02 + 365 * DAY
    wanted = [0, 0.01, 0.02, *(0.02 + 73 * DAY * np.arange(1, 6)), end + 0.01, end + 0.02]
    np.testing.assert_allclose(found.spines["spines"]["time"], wanted, rtol=0, atol=1e-6)
    times = np.unique(found.spikes["axons"].iloc[:, 0])
    np.testing.assert_allclose(times, [0, 0.01, end, end + 0.01], rtol=0, atol=1e-6)
    deaths = found.contacts["spines"]["death"]
    assert deaths.notna().sum() > 10
    assert deaths.max() <= end + 0.02 + 1e-6
    assert np.isfinite(found.spines["spines"]["volume"].values).all()
