"""A run with neuromodulators goes on to the same bits, in all that waits at spines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from neurospine import Model, Protocol
from neurospine.results.part import part_info
from neurospine.simulation.backends.standalone import StandaloneBackend
from neurospine.simulation.plan import make_plan
from neurospine.simulation.resume import plan_again

pytestmark = pytest.mark.cpp

CIRCUIT = """
kind = "circuit"
name = "rewarded"
summary = "A recurrent network whose spikes release dopamine onto living spines."
[populations.neurons]
neuron = "leaky"
size = 30
[neuromodulators.dopamine]
model = "dopamine"
released_by = ["neurons"]
[projections.afferent]
from = "neurons"
to = "neurons"
spine = "gated_living_spine"
delay = "spine_delay"
connectivity = { rule = "fixed_in_degree", in_degree = "in_degree" }
effect = "i_synaptic += weight*spine_current"
[projections.slow]
from = "neurons"
to = "neurons"
spine = "d1_spine"
delay = "spine_delay"
connectivity = { rule = "fixed_in_degree", in_degree = "in_degree" }
[drives.background]
to = "neurons"
rate = "drive_rate"
effect = "i_synaptic += count*drive_current"
[parameters]
in_degree = { value = 8, unit = "1", source = "assumed", meaning = "Spines" }
spine_delay = { value = 3.5, unit = "ms", source = "assumed", meaning = "Delay" }
spine_current = { value = 60.0, unit = "pA", source = "assumed", meaning = "Of weight 1" }
drive_rate = { value = 1000.0, unit = "Hz", source = "assumed", meaning = "Events" }
drive_current = { value = 81.0, unit = "pA", source = "assumed", meaning = "Of one event" }
"""
SPINE = """
kind = "spine"
name = "gated_living_spine"
summary = "Living spines behind a gate."
use = ["pair_multiplicative", "reward_gate", "bounded_volume", "log_drift", "maturation",
       "volume_weight"]
"""
TURNOVER = {"maturation.birth_rate": "1e5/day", "maturation.maturation_rate": "1e5/day"}


def test_a_run_with_dopamine_goes_on_to_the_same_bytes(runner: Any, tmp_path: Path) -> None:
    phases = [
        {"name": "wake", "duration": "0.4 s"},
        {"name": "sleep", "kind": "consolidation", "duration": "1 hour", "tick": "10 minute",
         "record_every": "10 minute"},
    ]  # fmt: skip
    protocol = Protocol(
        name="days", summary="Days.", step="0.1 ms", spine_step="5 ms", record_every="10 ms",
        repeats=2, phases=phases, cycle={"phases": ["wake", "sleep"], "count": 3},
    )  # fmt: skip
    model = Model.from_text(CIRCUIT, parts={"gated_living_spine": SPINE})
    plan = make_plan(model.with_parameters(TURNOVER), protocol, seed=5)
    run = runner(plan, StandaloneBackend().build(plan.network), TURNOVER)
    whole = tmp_path / "whole"
    run.prepare(whole, seconds=1e9)
    assert run.start(whole).communicate()[1] == ""
    expected = {path.name: path.read_bytes() for path in whole.glob("*.segment")}
    for share in (0.15, 0.5, 0.8):
        folder = tmp_path / f"cut_{share}"
        run.cut_off(folder, share)
        again = runner(plan_again(part_info(folder)), run.program, TURNOVER)
        again.give_arguments(folder)
        assert again.start(folder).communicate()[1] == ""
        assert {path.name: path.read_bytes() for path in folder.glob("*.segment")} == expected
