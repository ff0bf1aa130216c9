"""Axes that are values of a parameter or names of sets, and numbers of every condition."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neurospine import Model, Protocol, load_model, simulate
from neurospine.errors import ProtocolError
from neurospine.simulation.courses import Courses
from neurospine.simulation.numbers import Numbers, condition_models
from neurospine.simulation.plan import make_plan

TAU = {"values": (10.0, 0.02), "unit": "ms", "meaning": "Decay", "parameter": "tau_plus"}
SETS = {
    "values": ("visual_nearest_full", "hippocampal_nearest_full"),
    "meaning": "Data",
    "sets": True,
}
PAIR = {
    "kind": "pairing", "presynaptic": "presynaptic", "postsynaptic": "postsynaptic",
    "interval": "5 ms", "rate": "20 Hz", "count": 2,
}  # fmt: skip


def grid(arrangement: str = "grid", **axes: dict[str, Any]) -> Protocol:
    phases = ({"name": "a", "duration": "100 ms"},)
    made = {"conditions": axes, "arrangement": arrangement, "phases": phases}
    return Protocol(name="p", step="1 ms", record_every="10 ms", **made)


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model("independent_pairs")


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({**SETS, "values": (1.0, 2.0)}, ("[conditions.x]: sets", "names of sets")),
        ({**SETS, "parameter": "tau_plus"}, ("[conditions.x]", "one of 'parameter', 'sets'")),
        ({**TAU, "values": ("a", "b"), "unit": "1"}, ("[conditions.x]: parameter", "numbers")),
    ],
)
def test_an_axis_of_the_model_has_values_that_fit(
    facts: dict[str, Any], words: tuple[str, ...]
) -> None:
    with pytest.raises(ProtocolError) as caught:
        grid(x=facts).check()
    assert [word for word in words if word not in str(caught.value)] == []


@pytest.mark.parametrize("name", ["stage", "contact", "birth", "death", "lag", "size", "low"])
def test_an_axis_is_not_called_as_what_is_known_of_a_contact(name: str) -> None:
    with pytest.raises(ProtocolError, match=r"is no name for a condition"):
        grid(**{name: TAU}).check()


def test_a_parameter_has_the_value_of_its_condition(model: Model) -> None:
    other = {"values": (0.5, 1.0), "meaning": "Part", "parameter": "triplet.accumulation"}
    models = condition_models(model, grid(tau=TAU, keep=other))
    found = [(m.number("triplet", "tau_plus"), m.number("triplet", "accumulation")) for m in models]
    np.testing.assert_allclose(found, [(1e-2, 0.5), (1e-2, 1), (2e-5, 0.5), (2e-5, 1)], rtol=1e-15)
    assert model.parameters["tau_plus"].value != 10.0


def test_a_set_brings_all_its_values_to_its_condition(model: Model) -> None:
    models = condition_models(model, grid(data=SETS))
    assert [m.chosen_sets for m in models] == [(label,) for label in SETS["values"]]
    for made, label in zip(models, SETS["values"], strict=True):
        assert made.parameters == model.with_set(label).parameters


def test_axes_side_by_side_change_the_model_together(model: Model) -> None:
    models = condition_models(model, grid("rows", data=SETS, tau=TAU))
    assert [m.chosen_sets for m in models] == [(label,) for label in SETS["values"]]
    found = [m.number("triplet", "tau_plus") for m in models]
    np.testing.assert_allclose(found, [1e-2, 2e-5], rtol=1e-15)


def test_without_such_axes_every_condition_has_the_model_as_it_is(model: Model) -> None:
    plain = {"values": (1.0, 2.0), "meaning": "m"}
    assert condition_models(model, grid(x=plain)) == (model, model)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({**TAU, "parameter": "tau_pls"}, ("[conditions.x]", "'tau_pls'", "'tau_plus'")),
        ({**TAU, "unit": "mV"}, ("[conditions.x]", "triplet.tau_plus", "mV")),
        ({**TAU, "values": (-1.0,)}, ("[conditions.x]", "triplet.tau_plus", "outside its range")),
        ({**SETS, "values": ("visual",)}, ("[conditions.x]", "'visual'")),
    ],
)
def test_what_the_model_has_not_is_no_condition(
    model: Model, facts: dict[str, Any], words: tuple[str, ...]
) -> None:
    with pytest.raises(ProtocolError) as caught:
        condition_models(model, grid(x=facts))
    assert [word for word in words if word not in str(caught.value)] == []


def test_numbers_are_repeated_for_every_copy_and_cell(model: Model) -> None:
    models = condition_models(model, grid(tau=TAU))
    numbers = Numbers(Courses(models), repeats=2)
    expected = np.array([1e-2, 1e-2, 2e-5, 2e-5])
    np.testing.assert_allclose(numbers.copies("triplet", "tau_plus"), expected, rtol=1e-15)
    part = model.parts["triplet"]
    lines, values = numbers.declare(part, ["tau_plus", "tau_minus"], 3)
    assert lines == ["tau_plus : second (constant)", "tau_minus : second (shared, constant)"]
    np.testing.assert_allclose(values["tau_plus"], np.repeat(expected, 3), rtol=1e-15)
    assert values["tau_minus"].tolist() == [model.number("triplet", "tau_minus")]


@pytest.mark.parametrize(
    ("parameter", "unit", "full"),
    [
        ("axonal_delay", "ms", "independent_pairs.axonal_delay"),
        ("weight_per_volume", "1/um**3", "volume_weight.weight_per_volume"),
    ],
)
def test_circuit_and_readout_are_the_same_in_all_conditions(
    model: Model, tables: dict[str, Any], parameter: str, unit: str, full: str
) -> None:
    axis = {"values": (1.0, 2.0), "unit": unit, "meaning": "m", "parameter": parameter}
    protocol = Protocol(**tables, conditions={"x": axis})
    with pytest.raises(ProtocolError) as caught:
        make_plan(model, protocol)
    assert str(caught.value).startswith("protocol 'p': ")
    assert f"parameter {full}: has to be the same in all conditions" in str(caught.value)


def test_each_condition_runs_as_a_model_of_its_own(tables: dict[str, Any]) -> None:
    """The same as runs with the values given by hand; one program for all of them."""
    tables["phases"][0]["stimuli"] = [PAIR]
    protocol = Protocol(**tables, repeats=2, conditions={"tau": {**TAU, "values": (10.0, 30.0)}})
    model = load_model("independent_pairs", spine="pair_stdp")
    together = simulate(model, protocol, backend="numpy").spines["pair"]
    assert together["tau"].values.tolist() == [10.0, 10.0, 30.0, 30.0]
    volume = together["volume"].values
    assert volume[-1, 0] < volume[-1, 2]
    for tau, slot in ((10.0, 0), (30.0, 2)):
        alone = simulate(
            model, Protocol(**tables), backend="numpy", parameters={"tau_plus": tau}
        ).spines["pair"]
        np.testing.assert_allclose(volume[:, slot], alone["volume"].values[:, 0], rtol=1e-14)
        np.testing.assert_array_equal(volume[:, slot], volume[:, slot + 1])


def test_a_condition_decides_the_form_for_all(tables: dict[str, Any], model: Model) -> None:
    """One program runs all conditions: what one of them forbids is not done in any."""
    axis = {"values": (16.8, 0.05), "unit": "ms", "meaning": "m", "parameter": "tau_plus"}
    assert make_plan(model, Protocol(**tables)).forms["pair"].name == "folded"
    made = make_plan(model, Protocol(**tables, conditions={"tau": axis}))
    assert made.forms["pair"].name == "neuron_traces"


@pytest.mark.parametrize(
    ("axis", "name", "value"), [(TAU, "tau_plus", "30 ms"), (SETS, "a3_plus", 0.5)]
)
def test_conditions_do_not_undo_a_value_given_for_the_run(
    model: Model, axis: dict[str, Any], name: str, value: str | float
) -> None:
    given = model.with_parameters({name: value})
    with pytest.raises(ProtocolError, match=rf"\[conditions.x\]: changes parameter .*{name}"):
        condition_models(given, grid(x=axis))
