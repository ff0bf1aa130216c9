"""Parameters by qualified and short name, and what a user may put in their place."""

from __future__ import annotations

from typing import Any

import pytest
from brian2 import Hz, ms, mV, second, umetre

from neurospine.description.parameters import OVERRIDE, Parameter, Parameters
from neurospine.errors import ModelError, NeurospineError, UnitError

#: Two roundings of a float64, in units of its last place.
ROUNDING = 4e-16


def parameter(name: str = "rule.tau_plus", **facts: Any) -> Parameter:
    known = {"value": 20.0, "unit": "ms", "meaning": "Decay", "source": "assumed"}
    return Parameter(name=name, **{**known, **facts})


@pytest.fixture
def parameters() -> Parameters:
    entries = (
        parameter("rule.tau_plus", range=(1.0, 100.0)),
        parameter("rule.gain", value=0.5, unit="1"),
        parameter("structure.gain", value=2.0, unit="1"),
        parameter("structure.volume", value=0.1, unit="um**3", plain=True),
        parameter("cell.rate", value=5.0, unit="Hz"),
    )
    return Parameters({entry.name: entry for entry in entries})


def test_short_names_work_where_they_are_unique(parameters: Parameters) -> None:
    assert parameters["tau_plus"] is parameters["rule.tau_plus"]
    assert parameters.qualify("volume") == "structure.volume"
    assert parameters["rule.gain"] is not parameters["structure.gain"]


def test_an_ambiguous_name_lists_the_candidates(parameters: Parameters) -> None:
    with pytest.raises(ModelError, match=r"'gain' is ambiguous.*rule\.gain, structure\.gain"):
        parameters.override({"gain": 1.0})


@pytest.mark.parametrize(
    ("name", "nearest"), [("tau_pluss", "tau_plus"), ("rule.tauplus", "rule.tau_plus")]
)
def test_a_misspelt_name_gets_the_nearest_one(
    parameters: Parameters, name: str, nearest: str
) -> None:
    with pytest.raises(ModelError, match=f"no parameter '{name}'. Did you mean '{nearest}'"):
        parameters[name]


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (25, 25.0),
        (25.5, 25.5),
        ("25 ms", 25.0),
        ("0.025 s", 25.0),
        ("25000*us", 25.0),
        (25 * ms, 25.0),
        (0.025 * second, 25.0),
    ],
)
def test_a_value_may_be_a_number_a_text_or_a_quantity(
    parameters: Parameters, value: Any, found: float
) -> None:
    changed = parameters.override({"tau_plus": value})["tau_plus"]
    assert changed.value == pytest.approx(found, rel=ROUNDING, abs=0)
    assert changed.number == pytest.approx(found * 1e-3, rel=ROUNDING, abs=0)
    assert (changed.unit, changed.source) == ("ms", OVERRIDE)


def test_an_override_leaves_everything_else_alone(parameters: Parameters) -> None:
    changed = parameters.override({"tau_plus": 30})
    assert parameters["tau_plus"].value == 20.0
    assert {n: changed[n] for n in changed if n != "rule.tau_plus"} == {
        n: parameters[n] for n in parameters if n != "rule.tau_plus"
    }


@pytest.mark.parametrize("value", ["20 mV", 20 * mV, "20", "20 ms**2", "20 1", 5 * Hz])
def test_another_dimension_is_refused_with_the_name_and_unit(
    parameters: Parameters, value: Any
) -> None:
    with pytest.raises(UnitError, match=r"'rule\.tau_plus'.*counted in ms"):
        parameters.override({"tau_plus": value})


@pytest.mark.parametrize(
    "value",
    ["ms", "", "20 quux", "9**9**9", "inf ms", "1e999 ms", float("nan"), float("inf"), None, [1]],
)
def test_what_is_no_value_is_refused(parameters: Parameters, value: Any) -> None:
    with pytest.raises(NeurospineError, match="tau_plus"):
        parameters.override({"tau_plus": value})


@pytest.mark.parametrize("value", [0.5, 101, "0.5 ms", "2 s", -20 * ms])
def test_a_value_outside_its_range_is_refused(parameters: Parameters, value: Any) -> None:
    with pytest.raises(ModelError, match=r"'rule\.tau_plus' = .* outside its range 1 to 100 ms"):
        parameters.override({"tau_plus": value})


@pytest.mark.parametrize("value", [1, 100, "0.1 s"])
def test_the_ends_of_a_range_belong_to_it(parameters: Parameters, value: Any) -> None:
    assert parameters.override({"tau_plus": value})["tau_plus"].value in (1.0, 100.0)


@pytest.mark.parametrize("value", [0.2, "0.2 um**3", "2e-19 metre**3", 0.2 * umetre**3])
def test_a_plain_parameter_enters_the_equations_as_its_bare_number(
    parameters: Parameters, value: Any
) -> None:
    changed = parameters.override({"volume": value})["volume"]
    assert changed.number == pytest.approx(0.2, rel=ROUNDING, abs=0)
    assert changed.dimension.is_dimensionless
    assert changed.declaration == "1"


def test_other_parameters_enter_the_equations_in_base_units(parameters: Parameters) -> None:
    tau = parameters["tau_plus"]
    assert tau.number == pytest.approx(0.02, rel=ROUNDING, abs=0)
    assert tau.dimension is second.dim
    assert tau.quantity == 20 * ms
    assert (str(tau), str(parameters["rule.gain"])) == ("20 ms", "0.5")


@pytest.mark.parametrize("text", ["0.25", "2.5e-1", "0.25 1"])
def test_a_plain_number_needs_no_unit(parameters: Parameters, text: str) -> None:
    assert parameters.override({"rule.gain": text})["rule.gain"].value == 0.25


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"unit": "mss"}, "'mss'"),
        ({"source": "somebody1999"}, "source 'somebody1999'"),
        ({"source": "pfister206"}, "Did you mean 'pfister2006'"),
        ({"source": "fitted"}, "'where' must say to what"),
        ({"value": float("nan")}, "finite"),
        ({"value": float("inf")}, "finite"),
        ({"range": (0.0, 10.0)}, "outside its range 0 to 10 ms"),
        ({"range": (30.0, 10.0)}, "range"),
    ],
)
def test_a_parameter_without_its_facts_is_refused(facts: dict[str, Any], words: str) -> None:
    with pytest.raises(NeurospineError) as caught:
        parameter(**facts).check()
    assert words in str(caught.value)


@pytest.mark.parametrize("source", ["assumed", "numerical", "pfister2006"])
def test_a_source_is_a_publication_or_a_plain_word(source: str) -> None:
    parameter(source=source).check()
    parameter(source="fitted", where="bi_poo1998").check()
