"""Neurons of compartments: what they are put together to, and where spines are on them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import xarray as xr
from scipy.stats import kstest

from neurospine import Model, Protocol, simulate
from neurospine.description.expressions import parse_equations
from neurospine.errors import ModelError
from neurospine.simulation.simulate import prepare

Texts = dict[str, str]


def load(texts: Texts, **more: str) -> Model:
    parts = {**texts, **more}
    return Model.from_text(parts.pop("circuit"), parts=parts)


def protocol(steps: int = 10, stimuli: Any = (), **more: Any) -> Protocol:
    phase = {"name": "a", "duration": f"{steps / 10} ms", "stimuli": stimuli}
    facts = {"name": "p", "model": {"circuit": "alone"}, "step": "0.1 ms", "record_every": "1 ms",
             "phases": (phase,)}  # fmt: skip
    return Protocol(**{**facts, **more})


def equations(model: Model) -> dict[str, str]:
    return {e.name: e.expression for e in parse_equations(model.neurons["cell"].equations)}


def test_every_segment_has_the_variables_of_its_mechanisms(branched: Texts) -> None:
    model = load(branched)
    cell, found = model.cells["cell"], equations(model)
    assert cell.compartments == ("soma", "trunk", "basal", "tuft")
    segments = ["soma", "trunk_1", "trunk_2", "basal", "tuft"]
    assert [s.name for s in cell.tree.segments] == segments
    assert cell.segments("trunk") == ("trunk_1", "trunk_2")
    assert cell.segments("trunk_2") == ("trunk_2",)
    assert cell.segments("twig") == ()
    assert [
        n for n in segments if not {f"v_{n}", f"area_{n}", f"capacitance_{n}"} <= set(found)
    ] == []
    with_receptors = ["trunk_1", "trunk_2", "tuft"]
    assert {n for n in found if n.startswith("ampa_open")} == {
        f"ampa_open_{n}" for n in with_receptors
    }
    assert {n for n in found if n.startswith("calcium")} == {"calcium_trunk_1", "calcium_trunk_2"}
    assert found["i_calcium_trunk_1"] == "calcium_share*i_ampa_trunk_1"
    assert cell.tree.joints == ()
    assert cell.ports == tuple(f"i_injected_{n}" for n in segments)


def test_a_value_of_one_compartment_holds_there_alone(branched: Texts) -> None:
    model = load(branched)
    found = equations(model)
    assert found["ampa_open_trunk_2"] == "-ampa_open_trunk_2/tau_ampa"
    assert found["ampa_open_tuft"] == "-ampa_open_tuft/tau_ampa_tuft"
    entries = model.parameters.entries
    assert entries["branched.tau_ampa"].value == 2.0
    assert entries["branched.tau_ampa_tuft"].value == 4.0
    assert entries["branched.e_leak"].value == -75.0
    assert entries["branched.e_leak"].source == "assumed"
    assert "branched.calcium_share" in entries  # the trunk has a pool


def test_parameters_of_mechanisms_are_set_like_all_others(branched: Texts) -> None:
    model = load(branched).with_parameters({"tau_ampa": "3 ms", "branched.tau_ampa_tuft": 5.0})
    assert model.number("branched", "tau_ampa") == pytest.approx(3e-3)
    assert model.number("branched", "tau_ampa_tuft") == pytest.approx(5e-3)
    with pytest.raises(ModelError, match="range"):
        model.with_parameters(tau_ampa="1000 ms")
    stubby = load(branched).with_set("stubby")
    assert stubby.number("branched", "tau_ampa") == pytest.approx(1e-3)
    assert stubby.number("branched", "length_trunk") == pytest.approx(150e-6)


def test_sizes_and_values_reach_the_program_at_run_time(branched: Texts) -> None:
    model = load(branched)
    changed = model.with_parameters(length_trunk="123 um", e_leak="-60 mV", ampa_peak="1 nS")
    one, other = (prepare(m, protocol()).network for m in (model, changed))
    assert one.structure == other.structure
    cut = load(branched, branched=branched["branched"].replace("segments = 2", "segments = 3"))
    assert prepare(cut, protocol()).network.structure != one.structure


def test_a_cell_starts_at_its_potential_with_gates_at_rest(branched: Texts) -> None:
    own = '[initial]\nslow_gate = "gate_start"\n\n[parameters]\n'
    own += 'gate_start = { value = 0.25, unit = "1", source = "assumed", meaning = "m" }\n'
    started = load(branched, slow=branched["slow"].replace("[parameters]\n", own))
    for model, gate in ((load(branched), 0.0), (started, 0.25)):
        (group,) = (g for g in prepare(model, protocol()).network.groups if g.name == "cell")
        values = {name: value[0] for name, value in group.values.items()}
        assert [values[f"v_{s.name}"] for s in model.cells["cell"].tree.segments] == [-0.07] * 5
        assert values["slow_gate_trunk_1"] == gate
        assert values["calcium_trunk_1"] == 0.0


def test_spines_lie_evenly_over_the_membrane(branched: Texts) -> None:
    circuit = branched["circuit"].replace("size = 400", "size = 4000")
    made = simulate(load(branched, circuit=circuit), protocol(), backend="numpy", seed=1)
    slots = made.info.spines["spines"].slots
    assert set(slots["compartment"]) == {"trunk", "tuft"}
    trunk, tuft = (slots.loc[slots["compartment"] == n, "position"] for n in ("trunk", "tuft"))
    assert kstest(trunk / 300.0, "uniform").pvalue > 0.01
    assert kstest(tuft / 100.0, "uniform").pvalue > 0.01
    area = {"trunk": 300.0 * 3.0, "tuft": 100.0 * 1.0}
    assert abs(trunk.size / 4000 - area["trunk"] / sum(area.values())) < 0.02


def test_spines_of_one_piece_stay_in_it(branched: Texts, tmp_path: Path) -> None:
    circuit = branched["circuit"].replace('["trunk", "tuft"]', '["trunk_2"]')
    circuit = circuit.replace("pair_stdp", "shaped_spine")
    short = protocol(spine_step="1 ms")
    made = simulate(load(branched, circuit=circuit), short, backend="numpy", output=tmp_path / "a")
    slots, contacts = made.slots["spines"], made.contacts["spines"]
    assert set(slots["compartment"]) == set(contacts["compartment"]) == {"trunk"}
    assert slots["position"].between(150.0, 300.0).all()
    assert contacts.shape[0] > 0
    own = slots.set_index("slot")["position"].loc[contacts["slot"]]
    np.testing.assert_array_equal(contacts["position"], own)
    with xr.open_dataset(tmp_path / "a", group="spines/spines", engine="h5netcdf") as spines:
        assert spines["compartment"].dims == spines["neck_resistance"].dims == ("slot",)
        for name in ("compartment", "position", "psd_area", "neck_length", "neck_resistance"):
            assert np.array_equal(spines[name].values, slots[name])
            assert spines[name].attrs["long_name"] == slots.attrs["meanings"][name]
        assert "units" not in spines["compartment"].attrs
        assert spines["position"].attrs["units"] == slots.attrs["units"]["position"] == "um"
        assert spines["neck_resistance"].attrs["units"] == "Mohm"
    with h5py.File(tmp_path / "a") as file:
        assert file["slots/spines/delay"].attrs["units"] == "second"
        assert file["contacts/spines/birth"].attrs["units"] == "second"
        assert file["contacts/spines/position"].attrs["units"] == "um"
    assert contacts.attrs["units"] == {"position": "um", "birth": "second", "death": "second"}


RULE = """
kind = "plasticity"
name = "local"
summary = "s"
drive = "additive"
needs = ["volume", "PORT"]

[synapse]
on_pre = "drive = PORT/unit_local"

[parameters]
unit_local = { value = 1.0, unit = "UNIT", source = "assumed", meaning = "m" }
"""
SPINE = """
kind = "spine"
name = "local_spine"
summary = "s"
use = ["local", "head_volume", "volume_weight"]
"""


def at_spines(texts: Texts, port: str, unit: str, compartments: str, rule: str = RULE) -> Model:
    circuit = (
        texts["circuit"].replace("pair_stdp", "local_spine").replace("size = 400", "size = 12")
    )
    circuit = circuit.replace('["trunk", "tuft"]', compartments)
    rule = rule.replace("PORT", port).replace("UNIT", unit)
    return load({**texts, "circuit": circuit}, local=rule, local_spine=SPINE)


@pytest.mark.parametrize(
    ("port", "unit", "variable", "compartments"),
    [
        ("voltage", "volt", "v", '["trunk", "tuft"]'),
        ("voltage", "volt", "v", '["tuft"]'),
        ("calcium", "mmolar", "calcium", '["trunk"]'),
    ],
)
def test_a_rule_reads_what_its_spine_s_dendrite_has(
    branched: Texts, port: str, unit: str, variable: str, compartments: str
) -> None:
    model = at_spines(branched, port, unit, compartments)
    model = model.with_parameters(volume_reference=1.0, volume_highest=10.0, volume_initial=5.0)
    segments = model.cells["cell"].segments("trunk") if "trunk" in compartments else ()
    segments += ("tuft",) if "tuft" in compartments else ()
    # The first arrivals, in step 20, open receptors; the second ones find what that has done.
    train = {"kind": "regular", "population": "axons", "rate": "250 Hz", "count": 2,
             "start": "1 ms"}  # fmt: skip
    current = {"kind": "current", "population": "cell", "amplitude": "100 pA", "start": "0 ms",
               "stop": "8 ms", "compartment": "tuft"}  # fmt: skip
    traces = {"cell": {"variables": tuple(f"{variable}_{s}" for s in segments), "every": "0.1 ms"}}
    made = simulate(model, protocol(80, (train, current), traces=traces), backend="numpy", seed=2)
    local = made.traces["cell"]
    for name in segments:
        facts = local[f"{variable}_{name}"].attrs
        assert facts["compartment"] == name
        what = "potential" if variable == "v" else variable
        assert facts["long_name"] == f"{what} of {name.replace('_', ' ')}"
    slots = made.info.spines["spines"].slots
    piece = np.where(slots["position"] < 150.0, "trunk_1", "trunk_2")
    place = np.where(slots["compartment"] == "tuft", "tuft", piece)
    volume = made.spines["spines"]["volume"].values[-1]
    read = [sum(local[f"{variable}_{p}"].values[n, 0] for n in (21, 61)) for p in place]
    np.testing.assert_allclose(volume, 5.0 + np.array(read), rtol=1e-9)
    assert len(set(np.round(volume, 9))) == len(segments)


def test_a_rule_that_reads_the_dendrite_is_the_same_in_all_forms(branched: Texts) -> None:
    rule = RULE.replace("[synapse]\n", """[presynaptic]
equations = "dpre_trace/dt = -pre_trace/tau_trace : 1"
on_spike  = "pre_trace += 1"

[synapse]
on_post = "drive = gain*pre_trace"
""").replace("[parameters]\n", """[folded]
trace = "pre_trace"
time_constant = "tau_trace"
gain = "gain"

[parameters]
tau_trace = { value = 20.0, unit = "ms", source = "assumed", meaning = "m" }
gain = { value = 0.1, unit = "1", source = "assumed", meaning = "m" }
""")  # fmt: skip
    model = at_spines(branched, "voltage", "volt", '["trunk", "tuft"]', rule)
    train = {"kind": "regular", "population": "axons", "rate": "200 Hz", "count": 4}
    current = {"kind": "current", "population": "cell", "amplitude": "1 nA", "start": "0 ms",
               "stop": "20 ms"}  # fmt: skip
    found = {}
    for form in ("folded", "neuron_traces", "textbook"):
        made = simulate(model, protocol(200, (train, current)), backend="numpy", form=form)
        found[form] = made.spines["spines"]["volume"].values
    assert len(made.spikes["cell"]) > 0
    for form in ("neuron_traces", "textbook"):
        np.testing.assert_allclose(found[form], found["folded"], rtol=1e-9)


def test_a_port_that_the_dendrite_lacks_is_refused(branched: Texts) -> None:
    with pytest.raises(ModelError, match=r"\[projections.spines\].*'calcium'.*'tuft'"):
        at_spines(branched, "calcium", "mmolar", '["trunk", "tuft"]')


def test_show_prints_the_equations_of_a_cell(
    branched: Texts, command: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "own" / "models"
    folder.mkdir(parents=True)
    for name, text in branched.items():
        if name != "circuit":
            (folder / f"{name}.toml").write_text(text)
    monkeypatch.setenv("NEUROSPINE_LIBRARY", str(folder.parent))
    plain, full = command("show", "branched"), command("show", "branched", "--equations")
    assert (plain.status, full.status) == (0, 0), full.err
    assert "stubby" in plain.out
    assert "tau_ampa_tuft" in plain.out
    shown = "dampa_open_tuft/dt = -ampa_open_tuft/tau_ampa_tuft : siemens"
    assert shown not in plain.out
    assert shown in full.out
    done = command("check", "branched")
    assert done.status == 0
