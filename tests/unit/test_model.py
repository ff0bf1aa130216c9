"""Models are composed from parts that meet at ports; objects do not change."""

from __future__ import annotations

from pathlib import Path

import pytest
from brian2 import ms

from neurospine import Model, load_model
from neurospine.description.parameters import OVERRIDE
from neurospine.errors import LibraryError, ModelError, UnitError

CIRCUIT = """
kind    = "circuit"
name    = "{name}"
summary = "One cell with one spine on itself."

[populations.cells]
size = 1

[projections.loop]
from         = "cells"
to           = "cells"
spine        = "{spine}"
delay        = "axonal_delay"
connectivity = {{ rule = "one_to_one" }}

[parameters]
axonal_delay = {{ value = 1, unit = "ms", meaning = "Delay", source = "assumed" }}
"""

READOUT = """
kind    = "readout"
name    = "{name}"
summary = "Weight in proportion to volume."

[weight]
unit  = "1"
value = "volume*{parameter}"

[parameters]
{parameter} = {{ value = 1, unit = "1/um**3", plain = true, meaning = "m", source = "assumed" }}
"""

SPINE = """
kind    = "spine"
name    = "{name}"
summary = "A spine."
use     = [{use}]
"""


def circuit(spine: str = "pair_stdp", name: str = "loop_circuit") -> str:
    return CIRCUIT.format(name=name, spine=spine)


def spine(*use: str, name: str = "own_spine") -> str:
    return SPINE.format(name=name, use=", ".join(f'"{part}"' for part in use))


def readout(name: str = "own_readout", parameter: str = "slope") -> str:
    return READOUT.format(name=name, parameter=parameter)


def test_a_model_is_made_from_texts_and_the_library() -> None:
    model = Model.from_text(
        circuit("own_spine"),
        parts={
            "own_spine": spine("pair", "head_volume", "own_readout"),
            "own_readout": readout(),
        },
    )
    assert model.name == "loop_circuit"
    assert [part.name for part in model.spines["loop"].parts] == [
        "pair",
        "head_volume",
        "own_readout",
    ]
    assert set(model.texts) == {"loop_circuit", "own_spine", "own_readout", "pair", "head_volume"}
    assert model.parameters["own_readout.slope"].value == 1.0


def test_another_spine_may_be_put_in_every_projection() -> None:
    model = Model.from_text(circuit("pair_stdp"), spine="triplet_stdp")
    assert model.spines["loop"].rule.name == "triplet"


def test_a_port_that_no_part_sets_is_named_with_the_parts_that_offer_it() -> None:
    parts = {"own_spine": spine("pair", "own_readout"), "own_readout": readout()}
    with pytest.raises(ModelError) as caught:
        Model.from_text(circuit("own_spine"), parts=parts)
    message = str(caught.value)
    assert "'pair' needs the port 'volume'" in message
    assert "head_volume" in message


def test_a_spine_has_one_part_of_a_kind() -> None:
    parts = {"own_spine": spine("pair", "triplet", "head_volume", "volume_weight")}
    with pytest.raises(ModelError, match=r"<own_spine>: \[use\]: two parts of kind plasticity"):
        Model.from_text(circuit("own_spine"), parts=parts)


@pytest.mark.parametrize("parameter", ["tau_plus", "volume_initial"])
def test_parts_of_a_spine_have_no_parameter_name_in_common(parameter: str) -> None:
    parts = {
        "own_spine": spine("pair", "head_volume", "own_readout"),
        "own_readout": readout(parameter=parameter),
    }
    with pytest.raises(ModelError) as caught:
        Model.from_text(circuit("own_spine"), parts=parts)
    message = str(caught.value)
    assert f"<own_readout>: [parameters.{parameter}]" in message
    assert "'pair'" in message or "'head_volume'" in message


@pytest.mark.parametrize("parameter", ["drive", "volume", "weight", "pending", "grown", "growth"])
def test_a_parameter_does_not_hide_a_port(parameter: str) -> None:
    parts = {
        "own_spine": spine("pair", "head_volume", "own_readout"),
        "own_readout": readout(parameter=parameter),
    }
    with pytest.raises(ModelError, match=parameter):
        Model.from_text(circuit("own_spine"), parts=parts)


def test_a_circuit_does_not_hide_a_part_of_its_own_name() -> None:
    with pytest.raises(ModelError, match="'pair'"):
        Model.from_text(circuit(name="pair"))


@pytest.mark.parametrize(
    ("old", "new"),
    [("[projections.loop]", "[projections.cells]"), ("cells", "loop_axon"), ("cells", "loop_cell")],
)
def test_no_two_objects_of_a_network_get_one_name(old: str, new: str) -> None:
    with pytest.raises(ModelError, match=new.strip("[]").removeprefix("projections.")):
        Model.from_text(circuit().replace(old, new))


def test_names_of_files_and_of_what_is_in_them_agree() -> None:
    parts = {"own_spine": spine("pair", "head_volume", "volume_weight", name="another")}
    with pytest.raises(ModelError, match=r"the name inside is 'another'"):
        Model.from_text(circuit("own_spine"), parts=parts)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("pair", ("plasticity/pair.toml", "a circuit is wanted here, this is a plasticity")),
        ("pair_stdp", ("spines/pair_stdp.toml", "Use it as spine='pair_stdp'")),
    ],
)
def test_a_part_is_no_model(name: str, words: tuple[str, ...]) -> None:
    with pytest.raises(ModelError) as caught:
        load_model(name)
    assert all(word in str(caught.value) for word in words)


def test_an_unknown_model_names_the_nearest_one(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match=r"'independent_pair'.*Did you mean 'independent_pairs'"):
        load_model("independent_pair")
    with pytest.raises(LibraryError, match=r"no file .*mine\.toml"):
        load_model(tmp_path / "mine.toml")


def test_a_model_is_loaded_by_path(tmp_path: Path) -> None:
    path = tmp_path / "loop_circuit.toml"
    path.write_text(circuit())
    assert load_model(path).parameters == Model.from_text(circuit()).parameters
    assert load_model(str(path), spine="triplet_stdp").spines["loop"].rule.name == "triplet"


def test_new_values_make_a_new_model() -> None:
    model = load_model("independent_pairs")
    before = model.parameters["tau_plus"]
    changed = model.with_parameters({"triplet.tau_plus": "20 ms"}, tau_minus=30, tau_y=40 * ms)
    assert [changed.parameters[n].value for n in ("tau_plus", "tau_minus", "tau_y")] == [20, 30, 40]
    assert changed.parameters["tau_plus"].source == OVERRIDE
    assert changed.number("triplet", "tau_plus") == pytest.approx(0.02, rel=1e-15, abs=0)
    assert model.parameters["tau_plus"] is before
    assert changed.circuit is model.circuit


@pytest.mark.parametrize(
    ("values", "error", "words"),
    [
        ({"tau_pluss": 1}, ModelError, "Did you mean 'tau_plus'"),
        ({"tau_plus": "20 mV"}, UnitError, "triplet.tau_plus"),
        ({"axonal_delay": "-1 ms"}, ModelError, "outside its range 0 to 100 ms"),
    ],
)
def test_wrong_values_are_refused(
    values: dict[str, object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error) as caught:
        load_model("independent_pairs").with_parameters(values)  # type: ignore[arg-type]
    assert words in str(caught.value)


def test_a_named_set_brings_its_values_and_their_source() -> None:
    model = load_model("independent_pairs").with_set("visual_nearest_full")
    assert model.parameters["tau_x"].value == 714.0
    assert model.parameters["tau_x"].source == "pfister2006"
    assert model.chosen_sets == ("visual_nearest_full",)
    assert model.fitted_to == {"sjostrom2001"}


def test_a_part_with_a_changed_value_is_fitted_to_nothing() -> None:
    model = load_model("independent_pairs").with_set("visual_nearest_full")
    assert model.with_parameters(axonal_delay=1).fitted_to == {"sjostrom2001"}
    assert model.with_parameters(tau_x=700).fitted_to == set()


def test_an_unknown_set_names_the_nearest_one() -> None:
    with pytest.raises(
        ModelError, match=r"'visual_nearest_ful'. Did you mean 'visual_nearest_full'"
    ):
        load_model("independent_pairs").with_set("visual_nearest_ful")


def test_a_later_set_replaces_what_an_earlier_one_claims() -> None:
    model = load_model("independent_pairs").with_set("visual_nearest_full")
    assert model.with_set("hippocampal_nearest_full").fitted_to == {"wang2005"}


def test_a_circuit_chooses_sets_and_values_itself() -> None:
    model = load_model("recurrent_network")
    assert model.chosen_sets == ("network_benchmark",)
    assert model.parameters["pair.a_minus"].value == 0.00525
    assert model.parameters["head_volume.volume_highest"].value == 0.1
    assert model.parameters["head_volume.volume_highest"].source == "assumed"


@pytest.mark.parametrize(
    ("added", "words"),
    [
        ('use_sets = ["bi_poo_nearst"]', ("[use_sets]", "'bi_poo_nearest'")),
        (
            'values.tau_plus = { value = 1, unit = "mV", source = "assumed" }',
            ("[values.tau_plus]",),
        ),
        ('values.tau_plus = { value = 1, unit = "ms", source = "assume" }', ("'assumed'",)),
        ('values.tau_pls = { value = 1, unit = "ms", source = "assumed" }', ("'tau_plus'",)),
    ],
)
def test_what_a_circuit_chooses_is_checked(added: str, words: tuple[str, ...]) -> None:
    with pytest.raises(ModelError) as caught:
        Model.from_text(f"{added}\n{circuit()}")
    assert str(caught.value).startswith("<circuit>: [")
    assert all(word in str(caught.value) for word in words)


def test_models_cells_and_plans_are_shown_in_a_line() -> None:
    from neurospine.description.protocol import load_protocol
    from neurospine.simulation.plan import make_plan

    protocol = load_protocol("nmda_plateau")
    model = protocol.default_model()
    assert str(model) == repr(model)
    assert "<Model branch_inputs; " in repr(model)
    assert "cell: 1 four_branches" in repr(model)
    assert "-> cell (fixed_contact)" in repr(model)
    assert repr(model.cells["cell"]).startswith("<Cell four_branches: soma, ")
    assert "copies: 208" in repr(make_plan(model, protocol))
    shown = (model, model.cells["cell"], make_plan(model, protocol))
    assert max(len(repr(each)) for each in shown) < 600
