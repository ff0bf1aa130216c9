"""Spikes and spines that come and go, against a plain event loop; the same on every backend.

Contacts, partners and spikes are those of the run itself. From them alone the loop works
out every weight that a cell receives.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurospine import Model, Protocol, Trajectory, simulate
from neurospine.errors import BuildError
from neurospine.simulation.simulate import prepare

STEP = 1e-3
#: Sums of thousands of weights near 1 in another order, and exponentials in another order.
ROUNDING = 1e-9
#: Normal numbers of compiled programs are of single precision.
NORMALS = 1e-6
#: A number drawn at random is further off than this once in 150 000 times.
UNLIKELY = 4.5
AXONS, CELLS, SPINES = 12, 5, 16
FORMS = ("none", "textbook", "neuron_traces", "cheapest")

NEURON = """
kind       = "neuron"
name       = "counter"
summary    = "Adds up what it receives and fires whenever enough has come."
equations  = '''
received : 1
used : 1
'''
threshold  = "received - used > enough"
reset      = "used = received"
refractory = "pause"
method     = "exact"

[parameters]
pause  = { value = 0.0, unit = "ms", source = "assumed", meaning = "Time without spikes" }
enough = { value = 5.0, unit = "1", source = "assumed", meaning = "Weight for a spike" }
"""

CIRCUIT = f"""
kind    = "circuit"
name    = "receivers"
summary = "Axons that spike as they are told, and cells that count."

[populations.axons]
size = {AXONS}

[populations.cells]
neuron = "counter"
size   = {CELLS}

[projections.inputs]
from         = "axons"
to           = "cells"
spine        = "tried"
delay        = "axonal_delay"
delay_spread = "spread"
connectivity = {{ rule = "fixed_in_degree", in_degree = "in_degree" }}
effect       = "received += weight"

[parameters]
axonal_delay = {{ value = 0.0, unit = "ms", source = "assumed", meaning = "Time to arrival" }}
spread       = {{ value = 0.0, unit = "ms", source = "assumed", meaning = "Of the delays" }}
in_degree    = {{ value = {SPINES}, unit = "1", source = "assumed", meaning = "Sites of a cell" }}
"""

RECURRENT = """
kind    = "circuit"
name    = "mutual"
summary = "Cells that could contact each other."

[populations.cells]
size = "n_cells"

[projections.inputs]
from         = "cells"
to           = "cells"
spine        = "tried"
delay        = "axonal_delay"
connectivity = { rule = "fixed_in_degree", in_degree = "in_degree" }

[parameters]
axonal_delay = { value = 0.0, unit = "ms", source = "assumed", meaning = "Time to arrival" }
in_degree    = { value = 500, unit = "1", source = "assumed", meaning = "Sites of a cell" }
n_cells      = { value = 6, unit = "1", source = "assumed", meaning = "Cells" }
"""

STAGES = """
kind    = "stages"
name    = "fast_turnover"
summary = "Spines that live for less than a tenth of a second."

[stages]
absent = { meaning = "none" }
young  = { meaning = "a new spine" }
old    = { meaning = "an older one" }

[[transitions]]
from   = "absent"
to     = "young"
rate   = "birth_rate"
volume = "birth_volume*exp(birth_spread*normal)"

[[transitions]]
from = "young"
to   = "absent"
rate = "death_rate"

[[transitions]]
from = "young"
to   = "old"
rate = "death_rate"

[[transitions]]
from = "old"
to   = "absent"
rate = "death_rate*(0.05 + volume/(0.1 + volume))"

[start]
share  = "start_share"
stage  = "old"
volume = "birth_volume*exp(birth_spread*normal)"

[parameters]
birth_rate   = { value = 30.0, unit = "1/second", source = "assumed", meaning = "Births" }
death_rate   = { value = 20.0, unit = "1/second", source = "assumed", meaning = "Deaths" }
birth_volume = { value = 0.1, unit = "1", source = "assumed", meaning = "Median at birth" }
birth_spread = { value = 0.0, unit = "1", source = "assumed", meaning = "Spread at birth" }
start_share  = { value = 0.5, unit = "1", source = "assumed", meaning = "Share at the start" }
"""

#: Of the pair rule: strong enough for bounds to matter.
RULE = {"a_plus": 0.3, "a_minus": 0.25, "tau_plus": 16.8, "tau_minus": 33.7, "accumulation": 0.7}
VOLUMES = {"volume_lowest": 0.02, "volume_highest": 0.2, "volume_reference": 0.1}


def model(circuit: str, *used: str, **values: float) -> Model:
    spine = f"kind = 'spine'\nname = 'tried'\nsummary = 'Tried.'\nuse = {list(used)}"
    parts = {"tried": spine, "fast_turnover": STAGES, "counter": NEURON}
    return Model.from_text(circuit, parts=parts).with_parameters(values)


@cache
def days() -> Protocol:
    """Spiking, a pause that some spines outlive, more spiking, a longer pause, and the last."""
    noise = {"kind": "poisson", "population": "axons", "rate": "80 Hz"}
    spiking = {"duration": "0.2 s", "stimuli": (noise,)}
    pause = {"kind": "consolidation", "tick": "10 ms", "record_every": "10 ms"}
    return Protocol(
        name="days", summary="Spiking and pauses.", step="1 ms", spine_step="10 ms",
        record_every="20 ms",
        phases=(
            {"name": "first", **spiking}, {"name": "short", "duration": "30 ms", **pause},
            {"name": "second", **spiking}, {"name": "long", "duration": "0.3 s", **pause},
            {"name": "third", **spiking},
        ),
        traces={"cells": {"variables": ("received",), "cells": tuple(range(CELLS))}},
    )  # fmt: skip


#: Start and stop of the phases of spiking, in biological steps.
EPOCHS = ((0, 200), (230, 430), (730, 930))
#: Steps of spiking before which a pause lies, in which spike traces are forgotten.
PAUSES = (200, 400)


def made(form: str, delay: int, spread: int = 0) -> Model:
    used = ("bounded_volume", "fast_turnover", "volume_weight")
    values: dict[str, float] = {"axonal_delay": delay, "spread": spread}
    if form == "none":
        return model(CIRCUIT, *used, **values)
    return model(CIRCUIT, "pair", *used, **values, **RULE, **VOLUMES)


@cache
def run(backend: str, form: str, delay: int, spread: int = 0) -> Trajectory:
    """Run with the pair rule in a form (``cheapest`` is the default one), or without (``none``)."""
    chosen: Any = None if form in ("none", "cheapest") else form
    return simulate(made(form, delay, spread), days(), backend=backend, seed=5, form=chosen)


def active(seconds: float) -> int:
    """Return how many steps of spiking lie before a biological time."""
    step = round(seconds / STEP)
    return sum(min(max(step - start, 0), stop - start) for start, stop in EPOCHS)


def received(trajectory: Trajectory, delays: np.ndarray, *, rule: bool, own: bool) -> np.ndarray:
    """Return the weight that each cell receives in each step of spiking, event by event.

    `delays` are those of all slots, in steps, or one for all. With `own` each spine has
    traces of its own, which begin at its birth.
    """
    total = active(1.0)
    before, after = defaultdict(set), defaultdict(set)
    for name, found in (("axons", before), ("cells", after)):
        for time, cell in trajectory.spikes[name].itertuples(index=False):
            found[cell].add(active(time))
    cells = np.zeros((total, CELLS))
    for contact in trajectory.contacts["inputs"].itertuples():
        born = -1 if math.isnan(contact.birth) else active(contact.birth)
        dies = total if math.isnan(contact.death) else active(contact.death)
        volume, r, o = 0.1, 0.0, 0.0
        delay = delays[contact.slot % delays.size]
        for step in range(max(born, 0) if own else 0, dies):
            if step in PAUSES:
                r = o = 0.0
            r *= math.exp(-1 / RULE["tau_plus"])
            o *= math.exp(-1 / RULE["tau_minus"])
            lives = step >= born
            sent = step - delay in before[contact.pre]
            if sent and lives:
                cells[step, contact.post] += 10 * volume
                volume = max(volume - rule * RULE["a_minus"] * o * 0.1, VOLUMES["volume_lowest"])
            if sent:
                r = RULE["accumulation"] * r + 1
            if step in after[contact.post]:
                if lives:
                    volume += rule * RULE["a_plus"] * r * 0.1
                    volume = min(volume, VOLUMES["volume_highest"])
                o = RULE["accumulation"] * o + 1
    return cells


@pytest.mark.parametrize(
    ("backend", "form", "delay"),
    [
        *(("numpy", form, 7) for form in FORMS),
        ("numpy", "cheapest", 0),
        pytest.param("cpp", "cheapest", 0, marks=[pytest.mark.cpp, pytest.mark.slow]),
        pytest.param("cpp", "cheapest", 7, marks=pytest.mark.cpp),
        pytest.param("cpp", "textbook", 7, marks=[pytest.mark.cpp, pytest.mark.slow]),
    ],
)
def test_a_spike_reaches_the_spines_that_are_there_when_it_arrives(
    backend: str, form: str, delay: int
) -> None:
    found = run(backend, form, delay)
    contacts = found.contacts["inputs"]
    assert contacts["birth"].notna().sum() > 200
    sums = found.traces["cells"]["received"].values
    wanted = received(found, np.array([delay]), rule=form != "none", own=form == "textbook")
    assert wanted.sum() > 100
    assert len(found.spikes["cells"]) > 20
    # A sample is taken before what its step delivers; the first of an epoch is that of its start.
    got = np.diff(sums, axis=0)
    np.testing.assert_allclose(got, wanted[:-1], rtol=0, atol=ROUNDING)


@pytest.mark.parametrize("rule", [False, True])
def test_each_spine_has_a_delay_of_its_own(rule: bool) -> None:
    form = "cheapest" if rule else "none"
    found = run("numpy", form, 1, spread=9)
    plan = prepare(made(form, 1, 9), days(), seed=5)
    delays = np.rint(plan.network.synapses[0].delay / STEP).astype(int)
    assert set(delays) == set(range(1, 11))
    wanted = received(found, delays, rule=rule, own=True)
    got = np.diff(found.traces["cells"]["received"].values, axis=0)
    np.testing.assert_allclose(got, wanted[:-1], rtol=0, atol=ROUNDING)


@pytest.mark.parametrize("form", FORMS)
def test_stages_and_contacts_agree_in_every_snapshot(form: str) -> None:
    found = run("numpy", form, 7)
    check_contacts(found)
    spines = found.spines["inputs"]
    absent = spines["stage"].values == 0
    for name in ("volume", "weight"):
        np.testing.assert_array_equal(spines[name].values == 0, absent)


def check_contacts(found: Trajectory) -> None:
    """Compare the slots that are filled with those that the table of contacts says are."""
    spines, contacts = found.spines["inputs"], found.contacts["inputs"]
    times = spines["time"].values
    birth = contacts["birth"].fillna(-np.inf).to_numpy()
    death = contacts["death"].fillna(np.inf).to_numpy()
    alive = (birth <= times[:, None] + 1e-9) & (death > times[:, None] + 1e-9)
    filled = np.zeros(spines["stage"].shape, int)
    for row, here in zip(filled, alive, strict=True):
        np.add.at(row, contacts["slot"].to_numpy()[here], 1)
    np.testing.assert_array_equal(filled, (spines["stage"].values > 0).astype(int))
    later = contacts["slot"].to_numpy()[1:] == contacts["slot"].to_numpy()[:-1]
    assert np.all(birth[1:][later] >= death[:-1][later])
    assert np.all(death > birth)
    for name in ("post", "condition", "repeat"):
        np.testing.assert_array_equal(contacts[name], spines[name].values[contacts["slot"]])


@pytest.mark.cpp
@pytest.mark.parametrize(
    ("form", "delay", "spread"),
    [
        ("cheapest", 7, 0),
        pytest.param("cheapest", 1, 9, marks=pytest.mark.slow),
        pytest.param("textbook", 7, 0, marks=pytest.mark.slow),
        pytest.param("neuron_traces", 0, 0, marks=pytest.mark.slow),
        pytest.param("none", 1, 9, marks=pytest.mark.slow),
    ],
)
def test_a_cuda_program_does_the_same(same_as_cpp: Any, form: str, delay: int, spread: int) -> None:
    chosen: Any = None if form in ("none", "cheapest") else form
    plan = prepare(made(form, delay, spread), days(), seed=5, form=chosen)
    assert same_as_cpp(plan.network) > 10_000


@pytest.mark.cpp
@pytest.mark.parametrize(
    ("form", "delay"),
    [("cheapest", 7), pytest.param("textbook", 7, marks=pytest.mark.slow)],
)
def test_histories_are_the_same_on_both_backends(form: str, delay: int) -> None:
    plain, compiled = (run(backend, form, delay) for backend in ("numpy", "cpp"))
    assert plain.contacts["inputs"].equals(compiled.contacts["inputs"])
    for name in ("axons", "cells"):
        assert plain.spikes[name].equals(compiled.spikes[name])
    found, wanted = (t.spines["inputs"] for t in (compiled, plain))
    np.testing.assert_array_equal(found["stage"], wanted["stage"])
    for name in ("volume", "weight"):
        np.testing.assert_allclose(found[name], wanted[name], rtol=NORMALS, atol=0)


@pytest.mark.cpp
@pytest.mark.slow
def test_a_cuda_program_refuses_cells_that_several_synapses_set(
    on_host: Any, tmp_path: Path
) -> None:
    network = prepare(made("none", 1), days(), seed=5).network
    sets = replace(network.synapses[0], on_pre="received = 2*received + volume")
    network = replace(network, synapses=(sets, *network.synapses[1:]))
    (tmp_path / "programs").mkdir()
    with pytest.raises(BuildError, match=r"CUDA cannot run this: inputs: .*received.*several"):
        on_host.records(on_host.OnHost(tmp_path / "programs"), network, tmp_path / "run")


@pytest.mark.cuda
@pytest.mark.parametrize(("form", "delay", "spread"), [("cheapest", 7, 0), ("cheapest", 1, 9)])
def test_a_gpu_does_the_same(same_as_cpp: Any, form: str, delay: int, spread: int) -> None:
    plan = prepare(made(form, delay, spread), days(), seed=5)
    assert same_as_cpp(plan.network, 1e-7, device=True) > 10_000


@cache
def again() -> Protocol:
    """Two conditions and two repeats; spiking four times, with pauses that leave some spines."""
    spiking = {"duration": "20 ms"}
    pause = {"kind": "consolidation", "duration": "50 ms", "tick": "10 ms", "record_every": "50 ms"}
    phases = [
        {"name": f"{kind}_{k}", **what} for k in range(4)
        for kind, what in (("active", spiking), ("pause", pause))
    ]  # fmt: skip
    return Protocol(
        name="again", summary="Spiking and pauses.", step="1 ms", spine_step="10 ms",
        record_every="20 ms", repeats=2, phases=tuple(phases),
        conditions={"rate": {"values": (10.0, 40.0), "unit": "1/second", "meaning": "Births",
                             "parameter": "birth_rate"}},
    )  # fmt: skip


def partners(backend: str, seed: int = 0) -> Trajectory:
    """Run that with cells that could contact each other."""
    cells = model(RECURRENT, "bounded_volume", "fast_turnover", "volume_weight")
    return simulate(cells, again(), backend=backend, seed=seed)


@pytest.mark.cpp
@pytest.mark.slow
def test_a_cuda_program_finds_the_same_partners(same_as_cpp: Any) -> None:
    cells = model(RECURRENT, "bounded_volume", "fast_turnover", "volume_weight")
    assert same_as_cpp(prepare(cells, again(), seed=2).network) > 10_000


@pytest.fixture(scope="module")
def rewired() -> Trajectory:
    return partners("numpy")


def test_empty_slots_get_other_partners_between_epochs(rewired: Trajectory) -> None:
    """In the same copy of the circuit, each as likely as another, and never the cell itself."""
    check_contacts(rewired)
    contacts = rewired.contacts["inputs"]
    # Cells are numbered through all copies of the circuit.
    copy = (2 * contacts["condition"] + contacts["repeat"]).to_numpy()
    pre, post = (contacts[side].to_numpy() - 6 * copy for side in ("pre", "post"))
    assert np.all(pre != post)
    assert np.all((pre >= 0) & (pre < 6))
    first = contacts["birth"].isna().to_numpy()
    slots = rewired.spines["inputs"]["pre"].values - 6 * np.repeat(np.arange(4), 3000)
    np.testing.assert_array_equal(pre[first], slots[contacts["slot"][first]])
    # Until the first pause is over a slot keeps its partner, later most of the new ones differ.
    early = (contacts["birth"] < 0.07 - 1e-9).to_numpy()
    np.testing.assert_array_equal(pre[early], slots[contacts["slot"][early]])
    late = (contacts["birth"] > 0.14 + 1e-9).to_numpy()
    assert late.sum() > 5000
    other = pre[late] != slots[contacts["slot"][late]]
    assert other.mean() > 0.4
    # Of the five others each cell is the new partner as often, whatever the target.
    born = late.copy()
    born[late] = other
    for target in range(6):
        for repeat in range(2):
            seen = born & (post == target) & (contacts["repeat"] == repeat).to_numpy()
            counts = np.bincount(pre[seen], minlength=6)
            share = 1 / 5
            noise = UNLIKELY * np.sqrt(seen.sum() * share * (1 - share))
            # One slot may be counted twice, with births by one partner: hence the factor.
            assert counts[target] == 0
            assert np.all(np.abs(np.delete(counts, target) - seen.sum() * share) < 2 * noise)


def test_partners_differ_between_repeats_and_seeds(rewired: Trajectory) -> None:
    contacts = rewired.contacts["inputs"]
    late = contacts[(contacts["birth"] > 0.14 + 1e-9) & (contacts["condition"] == 1)]
    tables = [late[late["repeat"] == r].assign(slot=lambda t: t["slot"] % 3000) for r in (0, 1)]
    both = tables[0].merge(tables[1], on="slot", suffixes=("", "_other"))
    assert (both["pre"] == both["pre_other"]).mean() < 0.4
    assert not partners("numpy", seed=1).contacts["inputs"].equals(contacts)


@pytest.mark.cpp
def test_partners_are_the_same_on_both_backends(rewired: Trajectory) -> None:
    compiled = partners("cpp")
    assert compiled.contacts["inputs"].equals(rewired.contacts["inputs"])
    for name in ("stage", "volume"):
        np.testing.assert_allclose(
            compiled.spines["inputs"][name], rewired.spines["inputs"][name], rtol=NORMALS
        )


@pytest.mark.parametrize(
    "backend", ["numpy", pytest.param("cpp", marks=[pytest.mark.cpp, pytest.mark.slow])]
)
def test_each_condition_is_as_in_a_run_of_its_own(backend: str) -> None:
    """The random numbers of a spine do not depend on what else is run."""
    conditions = {
        "slope": {"values": (0.7, 1.3), "meaning": "Noise", "parameter": "slope_factor"},
        "mouse": {"values": ("v1_adult", "cortex_young_adult"), "meaning": "Preset", "sets": True},
    }  # fmt: skip
    phase = {"name": "wait", "kind": "consolidation", "duration": "10 day", "tick": "4 hour"}

    def protocol(**more: Any) -> Protocol:
        return Protocol(
            name="wait", summary="Spines live.", step="1 ms", repeats=2,
            phases=({**phase, "record_every": "5 day"},), **more,
        )  # fmt: skip

    cells = model(RECURRENT, "bounded_volume", "log_drift", "turnover", "volume_weight")
    cells = cells.with_parameters(in_degree=60)
    together = simulate(
        cells, protocol(conditions=conditions, arrangement="rows"), backend=backend
    ).spines["inputs"]
    for number, (slope, preset) in enumerate(((0.7, "v1_adult"), (1.3, "cortex_young_adult"))):
        alone = cells.with_parameters(slope_factor=slope).with_set(preset)
        found = simulate(alone, protocol(), backend=backend).spines["inputs"]
        here = together["condition"].values == number
        np.testing.assert_array_equal(together["stage"].values[:, here], found["stage"])
        # Numbers that all spines share are worked out one at a time, others in arrays.
        got, wanted = together["volume"].values[:, here], found["volume"].values
        np.testing.assert_allclose(got, wanted, rtol=ROUNDING, atol=0)


@pytest.mark.cpp
def test_new_partners_rates_and_presets_need_no_new_program() -> None:
    used = ("bounded_volume", "fast_turnover", "volume_weight")
    cells = model(RECURRENT, *used)
    structures = [
        prepare(m, days_of(duration), seed=seed).network.structure
        for m, duration, seed in (
            (cells, "20 ms", 0), (cells.with_parameters(birth_rate=3.0), "20 ms", 3),
            (cells, "40 ms", 0),
        )
    ]  # fmt: skip
    assert structures[0] == structures[1] == structures[2]


def days_of(duration: str) -> Protocol:
    return Protocol(
        name="short", summary="Spiking.", step="1 ms", spine_step="10 ms", record_every="20 ms",
        phases=({"name": "all", "duration": duration},),
    )  # fmt: skip
