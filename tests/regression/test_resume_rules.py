"""Rules with state, filters of the potential and shared signals go on to the same bits."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest

from neurospine import Model, Protocol
from neurospine.results.part import start_part
from neurospine.simulation.backends.standalone import StandaloneBackend
from neurospine.simulation.backends.standalone.arguments import write_arguments
from neurospine.simulation.backends.standalone.backend import StandaloneProgram
from neurospine.simulation.plan import Plan
from neurospine.simulation.provenance import run_info
from neurospine.simulation.simulate import prepare

pytestmark = pytest.mark.cpp

PROJECTION = """
[projections.{name}]
from         = "axons"
to           = "cells"
spine        = "{spine}"
delay        = "axonal_delay"
length       = "dendrite_length"
connectivity = {{ rule = "all_to_all" }}
"""
SPINES = {"calcium": "bistable_spine", "potential": "clopath_spine", "signals": "structural_spine"}
CIRCUIT = """
kind    = "circuit"
name    = "all_state"
summary = "Spines that keep all there is to keep, on two cells that fire."

[populations.axons]
size = 10

[populations.gaba]
size = 2

[populations.cells]
neuron = "leaky"
size   = 2

[drives.background]
to     = "cells"
rate   = "drive_rate"
effect = "i_synaptic += count*drive_current"

[projections.gaba_contacts]
from         = "gaba"
to           = "cells"
spine        = "fixed_contact"
delay        = "axonal_delay"
length       = "dendrite_length"
connectivity = { rule = "one_to_one" }
gates        = "signals"

[parameters]
axonal_delay    = { value = 1.5, unit = "ms", source = "assumed", meaning = "Delay" }
dendrite_length = { value = 20.0, unit = "um", source = "assumed", meaning = "Length" }
drive_rate      = { value = 1000.0, unit = "Hz", source = "assumed", meaning = "Events" }
drive_current   = { value = 81.0, unit = "pA", source = "assumed", meaning = "Of one event" }
"""
CUTS = (0.2, 0.45, 0.7)


def plan() -> Plan:
    more = "".join(PROJECTION.format(name=name, spine=spine) for name, spine in SPINES.items())
    poisson = [
        {"kind": "poisson", "population": population, "rate": "20 Hz"}
        for population in ("axons", "gaba")
    ]
    phases = [
        {"name": "wake", "duration": "2 s", "stimuli": poisson},
        {"name": "sleep", "kind": "consolidation", "duration": "1 hour", "tick": "1 minute",
         "record_every": "2 minute"},
        {"name": "again", "duration": "2 s", "stimuli": poisson},
    ]  # fmt: skip
    protocol = Protocol(
        name="p", step="0.1 ms", spine_step="50 ms", record_every="50 ms", phases=phases
    )
    return prepare(Model.from_text(CIRCUIT + more), protocol, seed=5)


def started(
    program: StandaloneProgram, planned: Plan, folder: Path, seconds: float
) -> subprocess.Popen[str]:
    """Start the program in a folder; `seconds` lie between two checkpoints."""
    if not folder.exists():
        folder.mkdir()
        start_part(folder, run_info(planned, "cpp"))
    write_arguments(folder / "arguments.bin", planned.network, program.arguments, seconds)
    return subprocess.Popen(
        [program.main, "--results_dir", f"{folder}/"], cwd=program.main.parent,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def streams(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.segment")}


@pytest.mark.slow
def test_all_that_rules_keep_is_in_checkpoints(tmp_path: Path) -> None:
    planned = plan()
    program = StandaloneBackend().build(planned.network)
    process = started(program, planned, tmp_path / "whole", 1e9)
    _, wrong = process.communicate()
    assert (process.returncode, wrong) == (0, "")
    expected = streams(tmp_path / "whole")
    total = sum(map(len, expected.values()))
    folder, kills = tmp_path / "cut", 0
    for cut in CUTS:
        process = started(program, planned, folder, 0.0)
        limit = time.monotonic() + 60
        while process.poll() is None and sum(map(len, streams(folder).values())) < cut * total:
            assert time.monotonic() < limit
            time.sleep(0.0005)
        process.kill()
        process.communicate()
        kills += process.returncode != 0
    _, wrong = started(program, planned, folder, 0.0).communicate()
    assert wrong == ""
    assert kills
    assert streams(folder) == expected
