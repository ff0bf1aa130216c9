"""What is done to code that Brian2 generates: visits are taken apart, some numbers are floats."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from neurospine import Protocol, load_model
from neurospine.simulation.backends.standalone.precision import single
from neurospine.simulation.backends.standalone.source import generate, without_unused
from neurospine.simulation.backends.standalone.visits import Sum, apart
from neurospine.simulation.plan import make_plan

VISIT = """
const int32_t _postsynaptic_idx = _ptr_post[_idx];
const int32_t _presynaptic_idx = _ptr_pre[_idx];
double i = _ptr_i[_postsynaptic_idx];
const double grown = _ptr_grown[_presynaptic_idx];
double volume = _ptr_volume[_idx];
i += 2.0 * volume;
volume += grown;
_ptr_i[_postsynaptic_idx] = i;
_ptr_volume[_idx] = volume;
"""


def test_a_visit_is_what_happens_at_the_synapse_and_what_it_adds_to_a_cell() -> None:
    sender, visit, places, sums = apart(VISIT, "_ptr_pre")
    assert sender == "const int32_t _presynaptic_idx = _ptr_pre[_synapses[0]];"
    assert visit.splitlines() == [
        "const int32_t _postsynaptic_idx = _ptr_post[_idx];",
        "const double grown = _ptr_grown[_presynaptic_idx];",
        "double volume = _ptr_volume[_idx];",
        "_added_0[_k] = 2.0 * volume;",
        "volume += grown;",
        "_ptr_volume[_idx] = volume;",
    ]
    assert places == "const int32_t _postsynaptic_idx = _ptr_post[_idx];"
    assert sums == [Sum("double", "_ptr_i[_postsynaptic_idx]", "+=", "_added_0")]


def test_what_is_added_twice_to_a_cell_is_added_in_order() -> None:
    code = VISIT.replace("volume += grown;", "i -= volume;")
    _, visit, _, sums = apart(code, "_ptr_pre")
    assert sums is not None
    assert [(s.sign, s.added) for s in sums] == [("+=", "_added_0"), ("-=", "_added_1")]
    assert "_added_1[_k] = volume;" in visit


def test_a_visit_that_reads_or_sets_what_it_adds_to_stays_whole() -> None:
    other = "const double seen = _ptr_i[_postsynaptic_idx];"
    for line in (other, "volume += i;", "i += i*volume;", "i = volume;", "i *= 2.0;"):
        assert apart(VISIT.replace("volume += grown;", line), "_ptr_pre")[3] is None


def test_a_visit_with_a_condition_stays_whole() -> None:
    for condition in ("if (not_refractory)\n", "if(not_refractory) "):
        assert apart(VISIT.replace("i += 2.0", f"{condition}i += 2.0"), "_ptr_pre")[3] is None


def test_a_visit_without_cells_adds_nothing() -> None:
    lines = [line for line in VISIT.splitlines() if "i " not in line and "= i" not in line]
    assert apart("\n".join(lines), "_ptr_pre")[3] == []


def test_a_marked_expression_is_of_floats() -> None:
    code = "double v = _ptr_v[_idx];\nx = neurospine_single(1.0*rate/(1 + f(v, stage))) + 2.0*v;"
    made = single(code, "const double rate = _ptr_rate[0];")
    assert made.splitlines()[1] == "x = (1.0f*(float)rate/(1 + f((float)v, stage))) + 2.0*v;"


def test_other_code_stays_as_it_is() -> None:
    assert single(VISIT, "") == VISIT


def test_code_that_brian2_generates_today_is_rewritten(tmp_path: Path) -> None:
    """Were its text another in a new version, programs would be slow and nothing would say so."""
    model = load_model("recurrent_network", spine="living_pair_stdp")
    protocol = Protocol(
        name="activity", spine_step="1 s", phases=({"name": "all", "duration": "1 s"},)
    )
    generate(make_plan(model, protocol).network, tmp_path)
    text = {path.stem: path.read_text() for path in (tmp_path / "code_objects").glob("*.cpp")}
    visits = [code for name, code in text.items() if name.startswith("recurrent_pre_codeobject")]
    assert any("_added_0[_k] = " in code for code in visits)
    step = next(code for name, code in text.items() if name.startswith("recurrent_step_border"))
    assert "(float)" in step
    assert not any("= neurospine_single(" in code for code in text.values())
    objects = (tmp_path / "objects.cpp").read_text()
    for name in ("set_variable_by_name", "_write_arrays"):
        assert re.search(rf"^void {name}\([^)]*\)\s*\{{\s*\}}", objects, re.MULTILINE)
    assert "new double[" in objects.partition("void _init_arrays()")[2].partition("\n}")[0]


def test_functions_that_no_program_calls_are_emptied_and_no_others() -> None:
    kept = "void _init_arrays()\n{\n  if(x)\n  {\n  }\n}\n"
    dropped = "void _write_arrays()\n{\n  if(x)\n  {\n  }\n}\n"
    named = "void set_variable_by_name(std::string a, std::string b) {\n  return;\n}\n"
    emptied = "void set_variable_by_name(std::string a, std::string b) {\n}\n"
    found = without_unused(named + kept + dropped + kept)
    assert found == emptied + kept + "void _write_arrays()\n{\n}\n" + kept


def test_an_unknown_form_of_what_is_emptied_is_an_error() -> None:
    with pytest.raises(AssertionError, match="set_variable_by_name 0 times"):
        without_unused("int main() {\n}\n")
