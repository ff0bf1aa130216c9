"""In which order the slots of a projection lie: all spines before all empty sites."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neurospine import Model, Protocol, load_model
from neurospine.simulation.plan import make_plan
from neurospine.simulation.slots import Slots

PHASES = [{"name": "a", "duration": "1 s"}]
SHAPED = """
schema  = 1
kind    = "spine"
name    = "shaped"
summary = "A living spine with a neck."
use     = ["bounded_volume", "log_drift", "turnover", "volume_weight", "spine_geometry"]
"""
CIRCUIT = """
kind    = "circuit"
name    = "line"
summary = "Sites at even distances."

[populations.axons]
size = 5

[populations.cells]
size = 4

[projections.inputs]
from         = "axons"
to           = "cells"
spine        = "shaped"
delay        = "axonal_delay"
connectivity = {{ {rule} }}
length       = "dendrite_length"
placement    = "even"

[parameters]
{degree}
axonal_delay    = {{ value = 1, unit = "ms", meaning = "Delay", source = "assumed" }}
dendrite_length = {{ value = 10, unit = "um", meaning = "Length", source = "assumed" }}
"""
DEGREE = 'degree = { value = 5, unit = "1", meaning = "Sites", source = "assumed" }'
SHARE = {"start_share": {"values": [0.3, 0.6], "meaning": "share of sites with a spine"}}


def slots(spine: str = "living_pair_stdp", **facts: Any) -> Slots:
    """Return the slots of a recurrent network of 40 cells with 12 sites each."""
    model = load_model("recurrent_network", spine=spine)
    model = model.with_parameters(n_neurons=40, in_degree=12, start_share=0.3)
    plan = make_plan(model, Protocol(name="p", phases=PHASES, **facts), seed=1)
    return plan.slots["recurrent"]


def test_spines_come_before_empty_sites_both_by_axon() -> None:
    made = slots()
    living = np.count_nonzero(made.stage)
    assert 0 < living < made.stage.size
    assert np.all(made.stage[:living] > 0)
    for part in (made.pre[:living], made.pre[living:]):
        assert np.all(np.diff(part) >= 0)
    assert np.array_equal(made.volume > 0, made.stage > 0)


def test_conditions_of_a_repeat_share_the_order_and_so_the_random_numbers_of_a_slot() -> None:
    made = slots(conditions=SHARE, repeats=2)
    pre, post, stage = (
        array.reshape(2, 2, -1) for array in (made.pre % 40, made.post % 40, made.stage)
    )
    for repeat in range(2):
        assert np.array_equal(pre[0, repeat], pre[1, repeat])
        assert np.array_equal(post[0, repeat], post[1, repeat])
        # Among twice as many spines are those of the first condition.
        assert np.all(stage[1, repeat][stage[0, repeat] > 0] > 0)
    assert not np.array_equal(post[0, 0], post[0, 1])


@pytest.mark.parametrize(
    "rule", ['rule = "fixed_in_degree", in_degree = "degree"', 'rule = "all_to_all"']
)
def test_slots_are_the_same_in_another_order_and_stay_where_the_rule_gives_one(
    rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    degree = DEGREE if "in_degree" in rule else ""
    model = Model.from_text(CIRCUIT.format(rule=rule, degree=degree), parts={"shaped": SHAPED})
    protocol = Protocol(name="p", phases=PHASES)
    after = columns(make_plan(model, protocol, seed=1).slots["inputs"])
    monkeypatch.setattr("neurospine.simulation.slots._DRAWN", ())
    before = columns(make_plan(model, protocol, seed=1).slots["inputs"])
    assert len(before) > 5
    assert np.array_equal(np.unique(before, axis=1), np.unique(after, axis=1))
    assert np.array_equal(before, after) == (not degree)


def columns(found: Slots) -> Any:
    """Return all that is known of slots, one row of numbers for each fact."""
    sites = found.sites
    facts = (found.pre, found.post, found.volume, found.stage, sites.position)
    return np.array([*facts, *(sites.geometry[name] for name in sorted(sites.geometry))])
