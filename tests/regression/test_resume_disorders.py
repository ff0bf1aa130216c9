"""A run under a disorder with a course goes on to the same bits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurospine import Disorder
from neurospine.results.part import part_info
from neurospine.simulation.resume import plan_again
from neurospine.simulation.simulate import prepare

pytestmark = pytest.mark.cpp

KNOWN = {"basis": "direction", "source": "ishii2018", "where": "w", "meaning": "m"}
COURSE = {"onset": "3 hour", "rise": "6 hour", "until": "30 hour", "washout": "2 hour"}
#: Of spines in consolidation, of pairs of spikes, and of the neurons.
CHANGES = [
    {"role": "set_point", "factor": 1.5, **KNOWN, **COURSE},
    {"role": "potentiation", "factor": 3.0, **KNOWN, **COURSE},
    {"parameter": "leaky.v_threshold", "value": -57.0, "unit": "mV", **KNOWN, **COURSE},
]
SHARES = (0.2, 0.5, 0.8)


def streams(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.segment")}


@pytest.mark.slow
def test_a_run_with_values_that_change_goes_on_to_the_same_bytes(busy: Any, tmp_path: Path) -> None:
    run = busy()
    disorder = Disorder(name="course", summary="A disorder.", changes=CHANGES)
    plan = prepare(run.model, run.protocol, seed=3, disorder=disorder)
    assert plan.network.structure == run.plan.network.structure  # the same program
    assert {c.variable for c in plan.network.changes} == {"volume_centre", "a_plus", "v_threshold"}
    assert plan.network.change_steps.size > 50
    control = tmp_path / "control"
    run.prepare(control, seconds=1e9)
    run.start(control).communicate()
    run = replace(run, plan=plan)
    whole = tmp_path / "whole"
    run.prepare(whole, seconds=1e9)
    said, wrong = run.start(whole).communicate()
    assert wrong == ""
    expected = streams(whole)
    assert expected["spines_recurrent.segment"] != streams(control)["spines_recurrent.segment"]
    for number, share in enumerate(SHARES):
        folder = tmp_path / f"cut_{number}"
        run.cut_off(folder, share)
        again = plan_again(part_info(folder))
        for one, two in zip(again.network.changes, plan.network.changes, strict=True):
            np.testing.assert_array_equal(one.table, two.table)
        replace(run, plan=again).give_arguments(folder)
        said, wrong = run.start(folder).communicate()
        assert (said.splitlines()[-1], wrong) == (f"tick {plan.network.steps}", "")
        assert streams(folder) == expected
