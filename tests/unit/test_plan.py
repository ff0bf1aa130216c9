"""A model and a protocol become a network: copies, forms, traces, and what does not fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurospine import Model, Protocol, load_model, simulate
from neurospine.description.library import shipped_folder
from neurospine.errors import NeurospineError
from neurospine.simulation.plan import Plan, make_plan

CIRCUIT = """
kind    = "circuit"
name    = "two"
summary = "Some cells."

[populations.sources]
size = "n_sources"

[populations.cells]
size   = 3
neuron = "leaky"

[projections.inputs]
from         = "sources"
to           = "cells"
spine        = "pair_stdp"
delay        = "axonal_delay"
connectivity = { rule = "one_to_one" }

[parameters]
n_sources    = { value = 3, unit = "1", meaning = "Number", source = "assumed" }
axonal_delay = { value = 1, unit = "ms", meaning = "Delay", source = "assumed" }
"""


@pytest.fixture
def plan(tables: dict[str, Any]) -> Any:
    """Return the plan for a changed circuit and protocol."""

    def make(*changes: tuple[str, str], form: Any = None, **facts: Any) -> Plan:
        text = CIRCUIT
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        return make_plan(Model.from_text(text), Protocol(**{**tables, **facts}), form=form)

    return make


def connections(made: Plan) -> tuple[list[int], list[int]]:
    (spines,) = (s for s in made.network.synapses if s.name == "inputs")
    return spines.pre.tolist(), spines.post.tolist()


def test_every_condition_and_repeat_is_a_copy_of_the_circuit(plan: Any) -> None:
    made = plan(conditions={"x": {"values": [1, 2], "meaning": "m"}}, repeats=2)
    assert made.copies == 4
    assert connections(made) == (list(range(12)), list(range(12)))
    assert {group.size for group in made.network.groups} == {12}


def test_all_to_all_joins_every_cell_of_a_copy_and_none_of_another(plan: Any) -> None:
    made = plan(("one_to_one", "all_to_all"), ("value = 3", "value = 2"), repeats=2)
    pre, post = connections(made)
    assert len(set(zip(pre, post, strict=True))) == 2 * 2 * 3
    assert all(p // 2 == q // 3 for p, q in zip(pre, post, strict=True))
    assert pre == sorted(pre)


def test_a_fixed_in_degree_is_kept_and_no_cell_contacts_itself() -> None:
    model = load_model("recurrent_network").with_parameters(n_neurons=50, in_degree=7)
    protocol = {"name": "p", "model": {"circuit": "recurrent_network"}, "repeats": 2}
    phases = [{"name": "a", "duration": "1 s"}]
    made = make_plan(model, Protocol(**protocol, phases=phases), seed=1)
    (spines,) = (s for s in made.network.synapses if s.name == "recurrent")
    assert np.bincount(spines.post).tolist() == [7] * 100
    assert not np.any(spines.pre == spines.post)
    assert np.all(spines.pre // 50 == spines.post // 50)
    copies = [(spines.pre[spines.pre // 50 == c] % 50).tolist() for c in (0, 1)]
    assert copies[0] != copies[1]


def test_the_cheapest_form_is_chosen_unless_another_is_wanted(plan: Any) -> None:
    assert plan().forms["inputs"].name == "folded"
    for form in ("textbook", "neuron_traces", "folded"):
        assert plan(form=form).forms["inputs"].name == form
    multiplicative = ("pair_stdp", "pair_stdp_multiplicative")
    assert plan(multiplicative).forms["inputs"].name == "neuron_traces"
    with pytest.raises(NeurospineError, match="possible: neuron_traces, textbook"):
        plan(multiplicative, form="folded")


def test_different_delays_need_traces_on_synapses(plan: Any) -> None:
    spread = ('delay        = "axonal_delay"', 'delay = "axonal_delay"\ndelay_spread = "spread"')
    wide = (
        "[parameters]",
        '[parameters]\nspread = { value = 5, unit = "ms", meaning = "m", source = "assumed" }',
    )
    made = plan(spread, wide, ("one_to_one", "all_to_all"))
    assert made.forms["inputs"].name == "textbook"
    (spines,) = (s for s in made.network.synapses if s.name == "inputs")
    steps = np.rint(spines.delay / 0.001).astype(int)
    assert set(steps) <= set(range(1, 7))
    assert len(set(steps)) > 1
    none = (wide[0], wide[1].replace("value = 5", "value = 0"))
    assert plan(spread, none).forms["inputs"].name == "folded"


@pytest.mark.parametrize(("name", "spine"), [("tau_plus", "pair_stdp"), ("spread", "living_spine")])
def test_a_circuit_may_call_its_own_parameters_as_spines_call_theirs(
    plan: Any, name: str, spine: str
) -> None:
    """`spread` is a variable that a step of the slow clock makes, in statements."""
    facts = {"step": "1 ms", "spine_step": "10 ms"} if spine == "living_spine" else {}
    made = [
        plan(("axonal_delay", delay), ("pair_stdp", spine), **facts)
        for delay in (name, "axonal_delay")
    ]
    assert made[0].network.structure == made[1].network.structure
    (own, other) = ({g.name: g.values for g in m.network.owners} for m in made)
    for group, values in own.items():
        assert all(np.array_equal(value, other[group][n]) for n, value in values.items())


def test_traces_are_recorded_in_every_copy(plan: Any) -> None:
    traces = {"cells": {"variables": ["v"], "cells": [0, 2], "every": "2 ms"}}
    (trace,) = plan(traces=traces, repeats=2).network.traces
    assert (trace.variables, trace.steps) == (("v",), 2)
    assert trace.cells.tolist() == [0, 2, 3, 5]


@pytest.mark.parametrize(
    ("traces", "words"),
    [
        ({"cell": {"variables": ["v"]}}, ("[traces.cell]", "'cells'")),
        ({"sources": {"variables": ["v"]}}, ("[traces.sources]", "no population of neurons")),
        ({"cells": {"variables": ["vv"]}}, ("[traces.cells]", "'vv'", "'v'")),
        ({"cells": {"variables": []}}, ("[traces.cells]", "variables")),
        ({"cells": {"variables": ["v", "v"]}}, ("[traces.cells]", "variables")),
        ({"cells": {"variables": ["v"], "cells": [3]}}, ("[traces.cells]", "cells", "0 to 2")),
        ({"cells": {"variables": ["v"], "cells": [-1]}}, ("[traces.cells]", "cells", "0 to 2")),
        ({"cells": {"variables": ["v"], "cells": []}}, ("[traces.cells]", "cells")),
        ({"cells": {"variables": ["v"], "cells": [0, 0]}}, ("[traces.cells]", "cells")),
        ({"cells": {"variables": ["v"], "cells": [10**12]}}, ("[traces.cells]", "cells")),
        ({"cells": {"variables": ["v"], "every": "3 ms"}}, ("[traces.cells]", "every", "3 ms")),
        ({"cells": {"variables": ["v"], "every": "1.4 ms"}}, ("[traces.cells]", "every", "1.4 ms")),
        ({"cells": {"variables": ["v"], "every": "1 mV"}}, ("[traces.cells]", "every", "mV")),
        ({"cells": {"variables": ["v"], "every": "0 ms"}}, ("[traces.cells]", "every")),
    ],
)
def test_traces_that_cannot_be_recorded_are_refused(
    plan: Any, traces: dict[str, Any], words: tuple[str, ...]
) -> None:
    with pytest.raises(NeurospineError) as caught:
        plan(traces=traces)
    assert [word for word in words if word not in str(caught.value)] == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("value = 3", "value = 2", ("inputs", "one_to_one", "2", "3")),
        ("value = 3", "value = 2.5", ("two.n_sources", "whole number")),
        ("value = 3", "value = 0", ("two.n_sources", "whole number")),
        ("value = 1,", "value = 0.5,", ("two.axonal_delay", "no multiple of the step")),
        ("value = 1,", "value = -1,", ("two.axonal_delay", "negative")),
    ],
)
def test_numbers_that_make_no_network_are_refused(
    plan: Any, old: str, new: str, words: tuple[str, ...]
) -> None:
    with pytest.raises(NeurospineError) as caught:
        plan((old, new))
    assert [word for word in words if word not in str(caught.value)] == []


def test_spikes_and_connections_follow_the_seed(tables: dict[str, Any]) -> None:
    noise = {"kind": "poisson", "population": "presynaptic", "rate": "50 Hz"}
    tables["phases"][0]["stimuli"] = [noise]
    protocol = Protocol(**tables, repeats=20)
    one, again, other = (
        make_plan(protocol.default_model(), protocol, seed=seed).network.sources[0].ticks.tolist()
        for seed in (1, 1, 2)
    )
    assert one == again != other


def test_values_do_not_change_what_is_compiled(plan: Any) -> None:
    one = plan()
    pair = {"kind": "regular", "population": "sources", "rate": "50 Hz", "count": 2}
    phases = [{"name": "b", "duration": "200 ms", "stimuli": [pair]}]
    other = plan(("value = 1,", "value = 2,"), phases=phases)
    assert one.network.structure == other.network.structure
    assert (
        one.network.structure
        != plan(("value = 3", "value = 1"), ("size   = 3", "size = 1")).network.structure
    )


@pytest.mark.parametrize("size", [10**10, 10**30])
def test_more_cells_than_can_be_counted_are_refused(plan: Any, size: int) -> None:
    with pytest.raises(NeurospineError, match=r"populations\.cells"):
        plan(("size   = 3", f"size   = {size}"))


def test_more_spines_than_can_be_counted_are_refused_before_they_are_made() -> None:
    model = load_model("recurrent_network").with_parameters(n_neurons=10**7, in_degree=300)
    protocol = Protocol(name="activity", phases=({"name": "all", "duration": "1 s"},))
    with pytest.raises(NeurospineError, match=r"3000000000 spines in 1 copies are more than 2147"):
        make_plan(model, protocol)


def test_a_method_that_does_not_fit_the_equations_is_an_error_that_says_so(
    tables: dict[str, Any],
) -> None:
    neuron = (shipped_folder() / "models/neurons/leaky.toml").read_text()
    bent = neuron.replace("+ i_synaptic/capacitance", "+ i_synaptic*v/v_rest/capacitance")
    assert bent != neuron
    text = CIRCUIT.replace('"leaky"', '"bent"')
    model = Model.from_text(text, parts={"bent": bent.replace('"leaky"', '"bent"')})
    with pytest.raises(NeurospineError, match=r"cells.*linear"):
        simulate(model, Protocol(**tables), backend="numpy")


FLUCTUATION = (Path(__file__).parent / "valid" / "drift_dimension.toml").read_text()


@pytest.fixture
def fluctuating() -> Model:
    """The circuit with spines that have dynamics of their own and no rule."""
    use = '["head_volume", "drift_dimension", "volume_weight"]'
    own = f'kind = "spine"\nname = "own"\nsummary = "A spine."\nuse = {use}\n'
    parts = {"own": own, "drift_dimension": FLUCTUATION}
    return Model.from_text(CIRCUIT.replace("value = 1,", "value = 0,"), spine="own", parts=parts)


def test_borders_come_at_every_tick_of_spines_that_only_fluctuate(
    fluctuating: Model, tables: dict[str, Any]
) -> None:
    """Without a rule nothing else asks for a border between two snapshots."""
    made = make_plan(fluctuating, Protocol(**tables, spine_step="2 ms"))
    assert made.forms["inputs"].name == "static"
    assert [border.role for border in made.network.borders] == ["live"]
    assert made.network.border_steps == 2


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"spine_step": "30 ms"}, ("'a': duration: 100 ms", "spine_step = 30 ms")),
        ({"step": "3 ms", "record_every": "30 ms", "phases": [{"name": "a", "duration": "3 s"}]},
         ("spine_step", "is no multiple of the step")),
    ],
)  # fmt: skip
def test_ticks_of_living_spines_fill_every_phase(
    fluctuating: Model, tables: dict[str, Any], facts: dict[str, Any], words: tuple[str, ...]
) -> None:
    with pytest.raises(NeurospineError) as caught:
        make_plan(fluctuating, Protocol(**{**tables, **facts}))
    assert [word for word in words if word not in str(caught.value)] == []
