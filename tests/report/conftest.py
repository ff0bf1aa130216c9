"""Two small runs that all tests of pages share: spines that live, and dopamine."""

from __future__ import annotations

from pathlib import Path

import pytest

from neurospine import Protocol, measure, simulate
from neurospine.report_page.reported import ReportedRun, open_run

SITES, REPEATS = 60, 2

LIVING = """
schema       = 1
kind         = "protocol"
name         = "living"
summary      = "Pairs of spikes, then days."
step         = "1 ms"
spine_step   = "200 ms"
record_every = "200 ms"
repeats      = 2

[model]
circuit    = "dendrite"
spine      = "plastic_living_spine"
parameters = ["bi_poo_all_to_all"]

[conditions.interval]
values  = [-10, 10]
unit    = "ms"
meaning = "Postsynaptic minus presynaptic spike"

[[phases]]
name     = "pairing"
duration = "400 ms"

[[phases.stimuli]]
kind         = "pairing"
presynaptic  = "axons"
postsynaptic = "cell"
interval     = "interval"
rate         = "10 Hz"
count        = 3

[[phases]]
name         = "after"
kind         = "consolidation"
duration     = "8 day"
tick         = "4 hour"
record_every = "1 day"

[measures.stages]
kind    = "occupancy"
meaning = "Share of the sites in each stage"
phase   = "after"

[measures.empty]
kind    = "occupancy"
meaning = "Share of the sites that are empty"
phase   = "after"
stage   = "absent"

[[targets]]
phenomenon = "spines are lost"
measure    = "empty"
above      = 0.0
why        = "nothing lasts"
source     = "kasai2021"

[plot]
kind    = "stack"
title   = "Stages after days"
measure = "stages"
x       = "interval"
"""

DOPAMINE = """
schema       = 1
kind         = "protocol"
name         = "burst"
summary      = "A burst of dopamine after pairs."
step         = "1 ms"
spine_step   = "20 ms"
record_every = "200 ms"

[model]
circuit    = "modulated_pairs"
spine      = "d1_spine"
parameters = ["d1_window"]

[traces.dopamine]
variables = ["concentration"]
cells     = [0]
every     = "10 ms"

[[phases]]
name     = "trial"
duration = "1 s"

[[phases.stimuli]]
kind       = "regular"
population = "fibres"
rate       = "30 Hz"
count      = 10
start      = "200 ms"
"""


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reports")


@pytest.fixture(scope="session")
def living_file(folder: Path) -> Path:
    protocol = Protocol.from_text(LIVING)
    parameters = {"n_sites": SITES, "birth_rate": "0.5 1/day"}
    made = simulate(None, protocol, backend="numpy", seed=5, parameters=parameters)
    made = made.with_measures(measure(made, protocol))
    return made.to_hdf5(folder / "living.h5")


@pytest.fixture(scope="session")
def dopamine_file(folder: Path) -> Path:
    made = simulate(None, Protocol.from_text(DOPAMINE), backend="numpy")
    return made.to_hdf5(folder / "burst.h5")


@pytest.fixture(scope="session")
def living(living_file: Path) -> ReportedRun:
    return open_run(living_file)


@pytest.fixture(scope="session")
def dopamine(dopamine_file: Path) -> ReportedRun:
    return open_run(dopamine_file)
