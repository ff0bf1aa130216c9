"""Files of disorders, and what they do to the numbers of a model."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurospine import (
    Disorder,
    Model,
    Protocol,
    Trajectory,
    load_disorder,
    load_model,
    load_protocol,
    simulate,
)
from neurospine.description.disorder import Course
from neurospine.description.disordered import disorder_names
from neurospine.description.parameters import Parameter
from neurospine.description.roles import ROLES
from neurospine.errors import LibraryError, ModelError, ProtocolError
from neurospine.listing_disorders import describe_disorder
from neurospine.results.part import part_info, start_part
from neurospine.simulation.numbers import condition_models
from neurospine.simulation.plan import Plan
from neurospine.simulation.provenance import run_info
from neurospine.simulation.resume import plan_again, recorded_model
from neurospine.simulation.simulate import prepare

CHANGE = {
    "role": "noise_slope", "factor": 1.5, "basis": "direction", "source": "ishii2018",
    "where": "abstract", "meaning": "More noise",
}  # fmt: skip
BIRTHS = {**CHANGE, "role": "birth_rate", "factor": 0.5}


def disorder(*changes: dict[str, Any], name: str = "one") -> Disorder:
    return Disorder(name=name, summary="A disorder.", changes=changes or (CHANGE,))


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model("dendrite", spine="living_spine").with_set("v1_adult")


def other(**facts: Any) -> dict[str, Any]:
    """Return a change of another kind, without the keys that are given as None."""
    made = {**CHANGE, **facts}
    return {key: value for key, value in made.items() if value is not None}


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"role": None}, "either 'role' or 'parameter'"),
        ({"parameter": "slope_factor"}, "either 'role' or 'parameter'"),
        ({"role": "noise_slop"}, "Did you mean 'noise_slope'"),
        ({"factor": None}, "either 'factor' or 'value'"),
        ({"value": 1.0}, "either 'factor' or 'value'"),
        ({"unit": "1"}, "unit: goes with 'value'"),
        ({"factor": 0.0}, "factor: must be positive, .* write value = 0"),
        ({"factor": -1.0}, "factor: must be positive"),
        ({"factor": math.inf}, "factor: must be positive"),
        ({"factor": None, "value": math.nan}, "value: must be a finite number"),
        ({"factor": None, "value": 1.0, "unit": "1/dya"}, "1/dya"),
        ({"source": "ishi2018"}, "Did you mean 'ishii2018'"),
        ({"source": "assumed"}, "'assumed' is not in"),
        ({"where": ""}, "where: say where"),
        ({"basis": "reported", "fitted_to": ("ishii2018",)}, "fitted_to: .*'reported'"),
        ({"washout": "1 day"}, "washout: goes with 'until'"),
        ({"onset": "-1 day"}, "onset: must not be negative"),
        ({"rise": "1 mV"}, "rise: .*mV"),
        ({"onset": "2 day", "until": "48 hour"}, "until: 48 hour is not after the onset"),
    ],
)
def test_a_change_that_is_wrong_is_refused(facts: dict[str, Any], words: str) -> None:
    with pytest.raises(ModelError, match=rf"^\[\[changes\]\] 2: .*{words}"):
        disorder(BIRTHS, other(**facts))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "changes"),
        ("changes = []", "changes"),
        ("[[changes]]\nfactr = 1", "Did you mean 'factor'"),
        ('[[changes]]\nbasis = "guess"', "basis"),
    ],
)
def test_a_file_that_is_wrong_names_table_and_key(text: str, words: str) -> None:
    head = 'kind = "disorder"\nname = "x"\nsummary = "s"\n'
    with pytest.raises(ModelError, match=words):
        Disorder.from_text(head + text, "<x>")


@pytest.mark.parametrize("name", ["control", "one+two", "a-b"])
def test_a_name_can_stand_in_a_condition(name: str) -> None:
    with pytest.raises(ModelError, match="is no name for a disorder"):
        disorder(name=name)


def test_only_factors_of_one_disorder_go_together(model: Model) -> None:
    by_value = other(factor=None, value=1.1)
    for both in ((CHANGE, by_value), (by_value, CHANGE), (by_value, by_value)):
        with pytest.raises(ModelError, match="'noise_slope' is changed twice; only factors"):
            disorder(*both)
    by_name = other(role=None, parameter="slope_factor", factor=None, value=1.1)
    with pytest.raises(ModelError, match=r"slope_factor is changed twice; only factors"):
        model.with_disorder(disorder(CHANGE, by_name))
    twice = disorder({**CHANGE, "until": "1 day"}, other(factor=2.0, onset="1 day"))
    factors = [model.with_disorder(twice).at(day * 86400.0) for day in (0, 1)]
    assert [m.parameters["slope_factor"].value for m in factors] == [1.5, 2.0]
    assert model.with_disorder(disorder(CHANGE, CHANGE)).parameters["slope_factor"].value == 2.25


def test_a_disorder_made_in_python_is_told_by_its_text() -> None:
    made = disorder(CHANGE, other(role="birth_rate", onset="1 day", until="2 day"))
    assert Disorder.from_text(made.text).changes == made.changes


def test_a_change_applies_to_every_parameter_with_its_role(model: Model) -> None:
    changed = model.with_disorder(disorder(other(role="elimination_rate", factor=3.0)))
    for name in ("elimination_rate", "elimination_background"):
        before = model.parameters[f"turnover.{name}"]
        after = changed.parameters[f"turnover.{name}"]
        assert after.value == 3.0 * before.value
    assert after.source == "assumed"
    assert after.where == "one: x 3, direction (ishii2018: abstract)"
    assert changed.control is model.control
    assert changed.differences(model) == "turnover.elimination_rate: 0.1 1/day -> 0.3 1/day"


@pytest.mark.parametrize(
    ("basis", "source"),
    [("reported", "ishii2018"), ("calibrated", "fitted"), ("direction", "assumed")],
)
def test_a_changed_value_says_where_it_is_from(model: Model, basis: str, source: str) -> None:
    changed = model.with_disorder(disorder(other(basis=basis)))
    assert changed.parameters["slope_factor"].source == source
    assert ("ishii2018" in changed.fitted_to) == (basis != "reported")
    data = disorder(other(basis="calibrated", fitted_to=("majewska2006",)))
    assert model.with_disorder(data).fitted_to == {"majewska2006", "grutzendler2002"}
    reported = disorder(other(basis="reported"))
    given = model.with_parameters(slope_factor=1.1)
    assert given.fitted_to == given.with_disorder(reported).fitted_to


def test_a_value_has_a_unit_of_its_own(model: Model) -> None:
    by_value = other(role=None, factor=None, parameter="tau_drift", value=240.0, unit="hour")
    assert model.with_disorder(disorder(by_value)).parameters["tau_drift"].value == 10.0
    plain = {**by_value, "parameter": "volume_centre", "value": 0.08, "unit": "um**3"}
    assert model.with_disorder(disorder(plain)).parameters["volume_centre"].value == 0.08
    for wrong in ("mV", "1"):
        with pytest.raises(ModelError, match=r"\[\[changes\]\] 1: "):
            model.with_disorder(disorder({**by_value, "unit": wrong}))


def test_disorders_compose_and_values_given_later_are_those_of_control(model: Model) -> None:
    one, two = disorder(), disorder(BIRTHS, name="two")
    both = model.with_disorder(one, two)
    assert [d.name for d in both.disorders] == ["one", "two"]
    assert both.parameters == model.with_disorder(one).with_disorder(two).parameters
    assert both.parameters == model.with_disorder(two, one).parameters
    given = both.with_parameters(slope_factor=1.2)
    assert given.parameters["slope_factor"].value == pytest.approx(1.8, rel=1e-15)
    births = given.with_set("s1_p175").parameters["birth_rate"].value
    assert births == 0.5 * model.with_set("s1_p175").parameters["birth_rate"].value


def test_two_disorders_that_change_the_same_are_refused(model: Model) -> None:
    again = other(role=None, parameter="slope_factor")
    with pytest.raises(ModelError, match=r"disorder 'two'.*log_drift.slope_factor.*'one' already"):
        model.with_disorder(disorder(), disorder(again, name="two"))
    with pytest.raises(ModelError, match="'fragile_x' already"):
        model.with_disorder("fragile_x", "fragile_x")


def test_a_change_that_finds_nothing_lists_what_there_is(model: Model) -> None:
    with pytest.raises(ModelError) as caught:
        model.with_disorder(disorder(other(role="nmda_conductance")))
    for words in ("'one'", "[[changes]] 1", "noise_slope (log_drift.slope_factor)", "birth_rate"):
        assert words in str(caught.value)
    with pytest.raises(ModelError, match=r"'slope_facto'. Did you mean 'slope_factor'"):
        model.with_disorder(disorder(other(role=None, parameter="slope_facto")))
    bare = load_model("dendrite", spine="kesten_spine").with_parameters()
    without = {n: Parameter(**{**vars(e), "role": ""}) for n, e in bare.control.entries.items()}
    object.__setattr__(bare, "control", type(bare.control)(without))
    with pytest.raises(ModelError, match=r"no parameter with a role; parameters: .*slope_factor"):
        bare.with_disorder(disorder())


def test_a_value_out_of_range_is_refused(model: Model) -> None:
    with pytest.raises(ModelError, match=r"'log_drift.slope_factor' = 20 is outside its range"):
        model.with_disorder(disorder(other(factor=20.0)))


def test_a_value_of_the_run_is_not_replaced_in_silence(model: Model) -> None:
    by_value = other(factor=None, value=2.0)
    with pytest.raises(ModelError, match=r"gives log_drift.slope_factor a value"):
        model.with_parameters(slope_factor=1.1).with_disorder(disorder(by_value))


def test_the_library_knows_its_disorders() -> None:
    assert "fragile_x" in disorder_names()
    assert load_disorder("fragile_x").changes[0].target == "noise_slope"
    with pytest.raises(LibraryError, match=r"no disorder .*'fragil_x'. Did you mean 'fragile_x'"):
        load_disorder("fragil_x")
    with pytest.raises(ModelError, match="a disorder is wanted here, this is a intrinsic"):
        load_disorder("log_drift")


def test_roles_are_words_with_meanings(model: Model) -> None:
    assert all(name.isidentifier() and meaning for name, meaning in ROLES.items())
    with pytest.raises(ModelError, match="no role 'noise'"):
        Parameter("x", 1.0, "1", "m", "assumed", role="noise").check()


# -- courses ----------------------------------------------------------------------------------

COURSE = Course(onset=2.0, rise=1.0, until=5.0, washout=2.0)


@pytest.mark.parametrize(
    ("time", "expected"),
    [(0, 0), (1.999, 0), (2, 0), (3, 1 - math.exp(-1)), (5, 1 - math.exp(-3)),
     (7, (1 - math.exp(-3)) * math.exp(-1))],
)  # fmt: skip
def test_a_change_rises_and_fades_exponentially(time: float, expected: float) -> None:
    assert COURSE.degree(time) == pytest.approx(expected, abs=1e-15)


def test_a_course_without_rise_and_washout_is_a_step() -> None:
    step = Course(2.0, 0.0, 5.0, 0.0)
    assert [step.degree(t) for t in (1.9, 2.0, 4.9, 5.0, 9.0)] == [0, 1, 1, 0, 0]
    assert step.degree(2.0 - 1e-12) == 1  # a whole number of steps away


def test_factors_grow_by_powers_and_values_in_proportion(model: Model) -> None:
    by_value = other(role=None, factor=None, parameter="birth_rate", value=0.0, unit="1/day")
    rising = {"onset": "1 day", "rise": "2 day"}
    changed = model.with_disorder(disorder({**CHANGE, **rising}, {**by_value, **rising}))
    degree = 1 - math.exp(-1.5)
    half = changed.at(4 * 86400.0)
    assert half.parameters["slope_factor"].value == pytest.approx(1.5**degree, rel=1e-14)
    births = model.parameters["birth_rate"].value
    assert half.parameters["birth_rate"].value == pytest.approx(births * (1 - degree), rel=1e-13)
    assert changed.at(0.0).parameters == model.parameters
    assert changed.parameters["birth_rate"].value == 0.0


# -- protocols --------------------------------------------------------------------------------


def made(**facts: Any) -> Protocol:
    phases = [
        {"name": name, "kind": "consolidation", "duration": "2 day", "tick": "12 hour"}
        for name in ("before", "after")
    ]
    model = {"circuit": "dendrite", "spine": "living_spine", "parameters": ["v1_adult"]}
    tables = {"model": model, "step": "1 ms", "record_every": "1 day", "phases": phases}
    return Protocol(**{"name": "p", **tables, **facts})


def conditions(plan: Plan) -> tuple[Model, ...]:
    return condition_models(plan.model, plan.protocol)


TABLE = "[[changes]]\n" + "\n".join(f"{key} = {value!r}" for key, value in CHANGE.items())
AXIS = {"values": ("control", "fragile_x"), "disorders": True, "meaning": "m"}


def test_a_condition_names_disorders() -> None:
    plan = prepare(None, made(conditions={"disorder": AXIS}))
    factors = [m.parameters["slope_factor"].value for m in conditions(plan)]
    assert factors == [1.0, load_disorder("fragile_x").changes[0].factor]
    assert list(plan.disorders) == ["fragile_x"]


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"sets": True}, "one of 'parameter', 'sets' and 'disorders'"),
        ({"values": (1.0, 2.0)}, "disorders: the values must be names of disorders"),
        ({"values": ("control", "fragil_x")}, r"\[conditions.disorder\]: .*'fragile_x'"),
        ({"values": ("control", "fragile_x + fragile_x")}, "slope_factor is changed by"),
    ],
)
def test_a_condition_that_names_no_disorder_is_refused(facts: dict[str, Any], words: str) -> None:
    with pytest.raises(ProtocolError, match=words):
        prepare(None, made(conditions={"disorder": {**AXIS, **facts}}))


def test_a_disorder_of_the_run_goes_with_those_of_conditions() -> None:
    plan = prepare(None, made(conditions={"disorder": AXIS}), disorder=disorder(BIRTHS))
    assert list(plan.disorders) == ["one", "fragile_x"]
    births = [m.parameters["birth_rate"].value for m in conditions(plan)]
    assert births[0] == births[1] == 0.5 * plan.model.control["birth_rate"].value
    same = disorder(BIRTHS, name="fragile_x")
    with pytest.raises(ProtocolError, match="two disorders of the name 'fragile_x'"):
        prepare(None, made(conditions={"disorder": AXIS}), disorder=same)


def test_a_parameter_that_is_an_axis_is_that_of_control() -> None:
    axis = {"values": (1.0, 2.0), "parameter": "slope_factor", "meaning": "m"}
    plan = prepare(None, made(conditions={"factor": axis}), disorder=disorder())
    found = [m.parameters["slope_factor"].value for m in conditions(plan)]
    assert found == [1.5, 3.0]


@pytest.mark.parametrize("name", ["start_share", "slope_facto"])
def test_disorder_from_names_a_phase(name: str) -> None:
    with pytest.raises(ProtocolError, match="disorder_from: unknown name"):
        made(disorder_from=name)


@pytest.mark.parametrize(
    ("name", "facts", "words"),
    [
        ("turnover.start_share", {}, "nothing reads it while the run goes on"),
        ("volume_weight.weight_per_volume", {}, "can have no course"),
        (
            "dendrite.axonal_delay",
            {"factor": None, "value": 1.0, "unit": "ms"},
            "can have no course",
        ),
    ],
)
def test_what_is_made_before_a_run_has_no_course(
    name: str, facts: dict[str, Any], words: str
) -> None:
    change = other(**{"role": None, "parameter": name, "factor": 1.1, "onset": "1 day", **facts})
    with pytest.raises(ProtocolError, match=f"parameter {name}: .*{words}"):
        prepare(None, made(), disorder=disorder(change))
    change.pop("onset")
    assert prepare(None, made(), disorder=disorder(change)).network.changes == ()


def test_values_change_at_snapshots_and_where_phases_begin() -> None:
    change = other(onset="1 day", rise="1 day", until="3 day")
    plan = prepare(None, made(disorder_from=None), disorder=disorder(change))
    (found,) = plan.network.changes
    days = plan.network.change_steps / 86400e3
    assert (found.owner, found.variable) == ("spines", "slope_factor")
    np.testing.assert_allclose(days, [0, 2, 3])
    np.testing.assert_allclose(found.table[:, 0], [1, 1.5 ** (1 - math.exp(-1)), 1], rtol=1e-14)
    later = prepare(None, made(disorder_from="after"), disorder=disorder(change))
    np.testing.assert_allclose(later.network.change_steps / 86400e3, [0])
    assert later.network.changes == ()  # its onset shows after the last snapshot


def test_what_differs_between_conditions_later_has_a_value_for_each() -> None:
    late = disorder(other(onset="1 day"), name="late")
    protocol = Protocol.from_text(
        made(conditions={"disorder": {**AXIS, "values": ("control", "late")}}).text,
        disorders={"late": late.text},
    )
    plan = prepare(None, protocol)
    (found,) = plan.network.changes
    assert found.table.tolist() == [[1.0, 1.0], [1.0, 1.5]]
    (spines,) = (s for s in plan.network.synapses if s.name == "spines")
    assert found.ends.tolist() == [spines.pre.size // 2, spines.pre.size]
    assert "slope_factor : 1 (constant)" in spines.equations


def test_other_factors_and_courses_need_no_other_program() -> None:
    one, two = (
        prepare(None, made(), disorder=disorder(other(factor=f, onset=o)))
        for f, o in ((1.1, "1 day"), (3.0, "2 day"))
    )
    assert one.network.structure == two.network.structure == prepare(None, made()).network.structure


def test_a_run_is_planned_again_with_its_disorders(tmp_path: Path) -> None:
    late = disorder(other(role="birth_rate", onset="1 day"), name="late")
    protocol = made(conditions={"disorder": AXIS})
    plan = prepare(None, protocol, disorder=late, parameters={"birth_rate": "0.5/day"})
    start_part(tmp_path, run_info(plan, "numpy"))
    info = part_info(tmp_path)
    assert info.files["disorders/late"] == late.text
    assert "noise_slope" in info.files["disorders/fragile_x"]
    assert info.attributes["disorders"] == "late"
    births = info.parameters.set_index("name").loc["turnover.birth_rate"]
    assert (births["value"], births["control_value"]) == (0.75, 0.5)
    assert births["control_source"] == "override"
    again = plan_again(info)
    assert recorded_model(info).control == plan.model.control
    assert again.network.structure == plan.network.structure
    for one, two in zip(again.network.changes, plan.network.changes, strict=True):
        np.testing.assert_array_equal(one.table, two.table)
    for name, found in plan.disorders.items():
        assert again.disorders[name].text == found.text


def test_a_disorder_by_its_path_is_found_again_where_the_file_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(f'kind = "disorder"\nname = "own"\nsummary = "s"\n{TABLE}')
    axis = {**AXIS, "values": ("control", str(path))}
    plan = prepare(None, made(conditions={"disorder": axis}))
    assert list(plan.disorders) == ["own"]
    assert prepare(None, made(), disorder=path).disorders == plan.disorders
    start_part(tmp_path, run_info(plan, "numpy"))
    path.unlink()
    assert list(plan_again(part_info(tmp_path)).disorders) == ["own"]


def test_a_result_holds_the_text_of_its_disorders(tmp_path: Path) -> None:
    run, other_run = (
        simulate(None, made(), backend="numpy", disorder=d, output=tmp_path / f"{d.name}.h5",
                 parameters={"n_sites": 10})
        for d in (disorder(), disorder(BIRTHS, name="two"))
    )  # fmt: skip
    again = Trajectory.from_hdf5(tmp_path / "one.h5")
    assert again.info.files["disorders/one"] == disorder().text
    assert run.info.attributes["files_sha256"] != other_run.info.attributes["files_sha256"]
    row = again.info.parameters.set_index("name").loc["log_drift.slope_factor"]
    assert (row["value"], row["control_value"], row["source"]) == (1.5, 1.0, "assumed")


def test_show_says_what_a_disorder_changes() -> None:
    change = other(onset="1 day", rise="2 day", until="9 day", washout="3 day")
    (table,) = describe_disorder(disorder(change, other(role="birth_rate", factor=None, value=0.2,
                                                        unit="1/day")))  # fmt: skip
    texts = [[cell.plain for cell in row] for row in table.rows]  # type: ignore[attr-defined]
    when = "from 1 day, rising in 2 day, until 9 day, fading in 3 day"
    assert texts[0][:4] == ["role noise_slope", "x 1.5", when, "direction"]
    assert texts[1][:3] == ["role birth_rate", "= 0.2 1/day", "always"]


def test_run_takes_disorders_and_names_its_file_after_them(
    command: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = command("run", "spontaneous_minutes", "--disorder", "fragile_x", "--backend", "numpy")
    assert (found.status, "no parameter of the model has the role" in found.err) == (2, True)
    from neurospine.run_output import file_name

    names = ["fragile_x", "own/other.toml", "v1_adult"]
    assert file_name("p", (None, None), names, 3) == "p-fragile_x-other-v1_adult-seed3.h5"
    values = ["tau_plus=20 ms", "rate = 0.1/um**2"]
    assert (
        file_name("p", ("own/c.toml", "s"), [], 0, values) == "p-c-s-tau_plus=20ms-rate=0.1um2.h5"
    )
    long = [file_name("p", (), [], 0, [f"parameter_{n}=1" for n in range(k)]) for k in (20, 21)]
    assert len(set(long)) == 2
    assert max(map(len, long)) <= 123


def test_every_shipped_disorder_goes_with_a_shipped_protocol() -> None:
    protocol = load_protocol("fragile_x_slope")
    model = protocol.default_model()
    assert model.with_disorder("fragile_x").parameters["slope_factor"].value > 1
