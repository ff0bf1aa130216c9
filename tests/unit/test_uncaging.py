"""Uncaging: which spines are reached, when their axons spike, how far all others are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import xarray as xr

from neurospine import Model, Protocol, load_model, simulate
from neurospine.errors import ProtocolError
from neurospine.simulation.plan import Plan, make_plan

PULSES = {"kind": "uncaging", "projection": "spines", "rate": "20 Hz", "count": 2}
WHERE = {"where": {"values": [10, 90], "unit": "um", "meaning": "m"}}
MANY = {"many": {"values": [0, 3], "meaning": "m"}}

CIRCUIT = """
kind = "circuit"
name = "line"
summary = "s"

[populations.axons]
size = 6

[populations.cells]
size = CELLS

[projections.spines]
from = "axons"
to = "cells"
spine = "SPINE"
delay = "d"
connectivity = { RULE }
KEYS

[parameters]
d = { value = 1, unit = "ms", source = "assumed", meaning = "m" }
reach = { value = 60, unit = "um", source = "assumed", meaning = "m" }
n = { value = 3, unit = "1", source = "assumed", meaning = "m" }
"""


def circuit(
    cells: int = 1,
    rule: str = 'rule = "all_to_all"',
    spine: str = "pair_stdp",
    keys: str = 'length = "reach"\nplacement = "even"',
    folder: Path = Path(),
) -> Model:
    """Return a model of six axons with spines at 5, 15, ... um, if nothing else is said."""
    text = CIRCUIT.replace("CELLS", str(cells)).replace("RULE", rule).replace("SPINE", spine)
    for name in ("reach", "n"):
        if f'"{name}"' not in rule + keys:
            text = "\n".join(line for line in text.splitlines() if not line.startswith(f"{name} ="))
    return Model.from_text(text.replace("KEYS", keys), folder=folder)


def protocol(*stimuli: dict[str, Any], **more: Any) -> Protocol:
    phase = {"name": "a", "duration": "100 ms", "stimuli": stimuli}
    facts = {"name": "p", "step": "1 ms", "spine_step": "100 ms", "record_every": "100 ms"}
    return Protocol(**{**facts, "phases": [phase], **more})


def planned(model: Model | None, *stimuli: dict[str, Any], **more: Any) -> Plan:
    return make_plan(model or load_model("dendritic_line"), protocol(*stimuli, **more), seed=1)


def trains(plan: Plan, population: str = "axons") -> list[tuple[int, int]]:
    (source,) = (s for s in plan.network.sources if s.name == population)
    return sorted(zip(source.cells.tolist(), source.ticks.tolist(), strict=True))


def test_the_nearest_spines_are_reached_at_the_times_of_a_train() -> None:
    plan = planned(circuit(), {**PULSES, "number": 3, "around": "14 um", "start": "5 ms"})
    assert trains(plan) == [(axon, tick) for axon in (0, 1, 2) for tick in (5, 55)]


def test_without_a_place_it_is_the_middle_and_of_two_as_near_the_first() -> None:
    assert trains(planned(circuit(), {**PULSES, "number": 1, "count": 1})) == [(2, 0)]
    plan = planned(None, {**PULSES, "number": 3, "count": 1})
    assert [axon for axon, _ in trains(plan)] == [48, 49, 50]


def test_the_number_may_be_a_condition_and_the_place_another() -> None:
    stimulus = {**PULSES, "number": "many", "around": "where", "count": 1}
    plan = planned(None, stimulus, conditions=MANY | WHERE)
    reached = [axon for axon, _ in trains(plan)]
    assert reached == [200 + k for k in (8, 9, 10)] + [300 + k for k in (88, 89, 90)]


def test_slots_may_be_listed() -> None:
    plan = planned(circuit(keys=""), {**PULSES, "spines": [4, 0], "count": 1})
    assert trains(plan) == [(0, 0), (4, 0)]


def test_the_turns_of_a_cycle_reach_the_same_spines() -> None:
    stimulus = {**PULSES, "number": 1, "count": 1}
    cycle = {"phases": ["a"], "count": 3}
    plan = planned(circuit(), stimulus, cycle=cycle)
    assert trains(plan) == [(2, 0), (2, 100), (2, 200)]


def table(plan: Plan) -> Any:
    from neurospine.simulation.provenance import run_info

    return run_info(plan, "numpy").spines["spines"].slots


def test_distances_are_to_the_nearest_spine_that_any_stimulus_reaches() -> None:
    first, second = ({**PULSES, "number": 1, "around": f"{place} um"} for place in (5, 45))
    phases = [
        {"name": name, "duration": "100 ms", "stimuli": [stimulus]}
        for name, stimulus in (("a", first), ("b", second))
    ]
    slots = table(planned(circuit(), phases=phases))
    assert slots["stimulated"].tolist() == [True, False, False, False, True, False]
    np.testing.assert_allclose(slots["stimulated_distance"], [0, 10, 20, 10, 0, 10])
    assert slots.attrs["units"]["stimulated_distance"] == "um"
    assert "nearest" in slots.attrs["meanings"]["stimulated_distance"]


def test_distances_stay_on_one_dendrite_of_one_cell(tmp_path: Path) -> None:
    (tmp_path / "edges.csv").write_text("pre,post\n0,0\n1,0\n2,0\n3,1\n4,1\n5,1\n")
    rule = 'rule = "edge_list", file = "edges.csv"'
    model = circuit(cells=2, rule=rule, folder=tmp_path)
    slots = table(planned(model, {**PULSES, "spines": [0]}, repeats=2))
    alone = [0, 20, 40, np.inf, np.inf, np.inf]
    np.testing.assert_allclose(slots["stimulated_distance"], [*alone, *alone])
    plan = planned(model, {**PULSES, "number": 2, "around": "10 um", "count": 1})
    assert [axon for axon, _ in trains(plan)] == [0, 1, 3, 4]  # on each cell
    np.testing.assert_allclose(table(plan)["stimulated_distance"], [0, 0, 20, 0, 0, 20])


def test_distances_stay_on_one_compartment(branched: dict[str, str]) -> None:
    texts = {**branched, "circuit": branched["circuit"].replace("size = 400", "size = 40")}
    model = Model.from_text(texts.pop("circuit"), parts=texts)
    stimulus = {**PULSES, "number": 2, "around": "300 um", "count": 1}
    slots = table(planned(model, stimulus, step="0.1 ms", record_every="1 ms"))
    trunk, tuft = (slots[slots["compartment"] == name] for name in ("trunk", "tuft"))
    assert np.isinf(tuft["stimulated_distance"]).all()
    assert len(tuft) > 0
    farthest = trunk["position"].nlargest(2)
    assert trunk["stimulated"][farthest.index].all()
    apart = np.abs(np.subtract.outer(trunk["position"].to_numpy(), farthest.to_numpy()))
    np.testing.assert_allclose(trunk["stimulated_distance"], apart.min(axis=1))
    middle = table(planned(model, {**stimulus, "around": None}, step="0.1 ms"))
    nearest = (trunk["position"] - 150).abs().nsmallest(2).index
    assert set(middle.index[middle["stimulated"]]) == set(nearest)


def test_no_spine_is_stimulated_at_a_number_or_rate_of_none() -> None:
    for facts in ({"number": "many"}, {"number": 3, "rate": "often"}):
        axes = {"many": MANY["many"], "often": {"values": [0, 20], "unit": "Hz", "meaning": "m"}}
        axes = {name: axes[name] for name in axes if name in facts.values()}
        plan = planned(circuit(), {**PULSES, **facts, "count": 1}, conditions=axes)
        slots = table(plan)
        assert slots["stimulated"].tolist() == [False] * 6 + [False, True, True, True, False, False]
        assert np.isinf(slots["stimulated_distance"][:6]).all()
        assert [axon for axon, _ in trains(plan)] == [7, 8, 9]


def test_without_a_place_other_spines_are_no_distance_away() -> None:
    slots = table(planned(circuit(keys=""), {**PULSES, "spines": [4]}))
    assert slots["stimulated_distance"].tolist() == [np.inf] * 4 + [0, np.inf]
    assert "stimulated" not in table(planned(circuit()))


def test_two_trains_onto_one_spine_may_not_meet() -> None:
    one, other = ({**PULSES, "spines": [0], "count": 1, "start": s} for s in ("0 s", "1 ms"))
    assert trains(planned(circuit(), one, other)) == [(0, 0), (0, 1)]
    with pytest.raises(ProtocolError, match="'axons': a cell is made to spike twice in one step"):
        planned(circuit(), one, one)


# -- in a run and its file ------------------------------------------------------------------


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    """Pairs of a pulse and a spike 10 ms later, at no spine and at three."""
    stimuli = (
        {**PULSES, "number": "many", "start": "5 ms"},
        {"kind": "regular", "population": "cell", "rate": "20 Hz", "count": 2, "start": "15 ms"},
        {"kind": "regular", "population": "gaba", "rate": "20 Hz", "count": 2},
    )
    path = tmp_path_factory.mktemp("run") / "run.h5"
    made = simulate(None, protocol(*stimuli, conditions=MANY, model={"circuit": "dendritic_line"}),
                    backend="numpy", seed=1, output=path)  # fmt: skip
    return made, path


def test_only_stimulated_spines_change(run: tuple[Any, Path]) -> None:
    made, _ = run
    before, after = made.spines["spines"]["volume"].values[[0, -1]]
    stimulated = made.slots["spines"]["stimulated"].to_numpy()
    assert stimulated.sum() == 3
    assert np.array_equal(before != after, stimulated)
    assert np.all(after[stimulated] > before[stimulated])
    gaba_contact = made.spines["gaba_contact"]
    assert np.ptp(gaba_contact["volume"].values) == 0
    assert made.slots["gaba_contact"]["position"].tolist() == [50.5, 50.5]


def test_distances_are_in_the_file_with_unit_and_meaning(run: tuple[Any, Path]) -> None:
    made, path = run
    slots = made.slots["spines"]
    with xr.open_dataset(path, group="spines/spines", engine="h5netcdf") as spines:
        distance = spines["stimulated_distance"]
        assert distance.dims == ("slot",)
        assert distance.attrs["units"] == "um"
        assert distance.attrs["long_name"] == slots.attrs["meanings"]["stimulated_distance"]
        np.testing.assert_array_equal(distance.values, slots["stimulated_distance"])
        assert "stimulated" not in spines.coords
    with h5py.File(path) as file:
        np.testing.assert_array_equal(file["slots/spines/stimulated"][...], slots["stimulated"])
        assert "stimulated_distance" not in file["slots/gaba_contact"]


# -- errors ---------------------------------------------------------------------------------

LIVING = {"spine": "living_spine", "keys": 'length = "reach"'}


@pytest.mark.parametrize(
    ("facts", "model", "words"),
    [
        ({"projection": "spine", "number": 1}, {},
         "projection: no projection 'spine'. Did you mean 'spines'?"),
        ({}, {}, "give either 'number' (with 'around') or the slots, 'spines'"),
        ({"number": 1, "spines": [0]}, {}, "give either 'number' (with 'around') or the slots"),
        ({"spines": [0], "around": "1 um"}, {}, "around: goes with 'number', not with 'spines'"),
        ({"number": 7}, {}, "number: 7 spines are more than the 6 that cell 0 of 'cells' has on "
         "the dendrite at the start"),
        ({"number": 1, "around": "60.1 um"}, {},
         "around: 60.1 um is not on the dendrite, 0 to 60 um"),
        ({"number": 1, "around": "-1 um"}, {}, "around: -1 um is not on the dendrite"),
        ({"number": 1, "around": "5 ms"}, {}, "around: | 'ms'"),
        ({"number": 1, "around": "wher"}, {}, "around: no condition 'wher'"),
        ({"number": "half"}, {}, "number: must be a whole number, found 0.5"),
        ({"number": 1}, {"keys": ""}, "number: the spines of 'spines' lie on no dendrite | "
         "[projections.spines] a 'length'"),
        ({"spines": [6]}, {}, "spines: slots must be from 0 to 5"),
        ({"spines": [-1]}, {}, "spines: slots must be from 0 to 5"),
        ({"spines": [1, 1]}, {}, "spines: a slot is given twice"),
        ({"number": 1}, {"cells": 2}, "projection: cell 2 of 'axons' ends on 2 spines of 'spines'"),
        ({"spines": [3]}, {"rule": 'rule = "all_to_all", contacts = "n"'},
         "projection: cell 1 of 'axons' ends on 3 spines of 'spines'"),
        ({"number": 1}, {**LIVING, "rule": 'rule = "fixed_in_degree", in_degree = "n"'},
         "projection: spines of 'spines' that are born have any axon"),
        ({"number": 1, "rate": "-1 Hz"}, {}, "rate: must not be negative"),
        ({"number": 1, "start": "90 ms"}, {}, "is outside the phase"),
    ],
)  # fmt: skip
def test_what_cannot_be_stimulated_is_said(
    facts: dict[str, Any], model: dict[str, Any], words: str
) -> None:
    axes = {"half": {"values": [0.5], "meaning": "m"}}
    with pytest.raises(ProtocolError) as caught:
        planned(circuit(**model), {**PULSES, **facts}, conditions=axes)
    text = str(caught.value)
    assert text.startswith("protocol 'p': phase 'a', stimulus 1 (uncaging): ")
    for part in words.split(" | "):
        assert part in text


def test_an_empty_slot_cannot_be_stimulated() -> None:
    model = circuit(**LIVING).with_parameters(start_share=0.5)
    slots = planned(model).slots["spines"]
    present = np.flatnonzero(slots.stage > 0)
    absent = np.flatnonzero(slots.stage == 0)
    plan = planned(model, {**PULSES, "number": present.size, "count": 1})
    assert [axon for axon, _ in trains(plan)] == present.tolist()
    with pytest.raises(ProtocolError, match=f"are more than the {present.size} that cell 0"):
        planned(model, {**PULSES, "number": present.size + 1})
    with pytest.raises(ProtocolError, match=f"slot {absent[0]} has no spine at the start"):
        planned(model, {**PULSES, "spines": absent[:1].tolist()})


def test_axons_that_are_neurons_cannot_be_stimulated() -> None:
    model = load_model("recurrent_network")
    name, described = next(iter(model.circuit.projections.items()))
    assert described.origin in model.neurons
    with pytest.raises(ProtocolError, match=f"projection: the axons of '{name}' are neurons"):
        planned(model, {**PULSES, "projection": name, "number": 1}, step="0.1 ms")


def test_wrong_types_are_told_in_words() -> None:
    for facts, words in (
        ({"spines": []}, "spines: "),
        ({"number": -1}, "number: "),
        ({"around": 5, "number": 1}, "around: a length such as '5 um' is wanted, found 5"),
        ({"numbr": 1}, "unknown key 'numbr'. Did you mean 'number'?"),
    ):
        with pytest.raises(ProtocolError) as caught:
            protocol({**PULSES, **facts})
        assert words in str(caught.value)
