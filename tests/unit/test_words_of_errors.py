"""Errors say what is wanted in the user's words, and all that is wrong with a table."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from neurospine import Model, Protocol
from neurospine.description.dimensions import unit_name
from neurospine.description.library import shipped_folder
from neurospine.description.morphology import suggest_segment
from neurospine.description.parts import parse_part
from neurospine.description.references import check_source
from neurospine.description.units import dimensions
from neurospine.errors import ModelError, NeurospineError, ProtocolError

CIRCUIT = """
kind = "circuit"
name = "net"
summary = "x"
[populations.cells]
size = 4
[projections.join]
from = "cells"
to = "cells"
spine = "pair_stdp"
delay = "d"
connectivity = { rule = "all_to_all" }
[parameters]
d = { value = 1, unit = "ms", meaning = "Delay", source = "assumed" }
"""


def said(tables: dict[str, Any], **changed: Any) -> str:
    with pytest.raises(ProtocolError) as caught:
        Protocol(**{**tables, **changed})
    return str(caught.value)


@pytest.mark.parametrize(
    ("table", "value", "words"),
    [
        ("measures", {"r": {"kind": "fireing_rate"}},
         "[measures.r]: no measure of kind 'fireing_rate'. Did you mean 'firing_rate'?"),
        ("plot", {"kind": "rastre"}, "[plot]: no picture of kind 'rastre'. Did you mean 'raster'?"),
        ("measures", {"r": {"meaning": "m"}}, "[measures.r]: the key 'kind' is missing"),
        ("measures", {"r": {"kind": "firing_rate"}},
         "[measures.r.firing_rate]: the keys 'meaning', 'population' and 'phase' are missing"),
        ("conditions", {"n": {"values": [1], "meaning": "m"}},
         "results have a column of that name"),
    ],
)  # fmt: skip
def test_tables_of_a_protocol(
    tables: dict[str, Any], table: str, value: dict[str, Any], words: str
) -> None:
    message = said(tables, **{table: value})
    assert words in message
    assert len(message) < 300


def test_stimuli_and_times(tables: dict[str, Any]) -> None:
    stimuli = [{"kind": "currant"}]
    message = said(tables, phases=[{"name": "a", "duration": "1 s", "stimuli": stimuli}])
    assert message == (
        "[phases.0.stimuli.0]: no stimulus of kind 'currant'. Did you mean 'current'?"
    )
    message = said(tables, phases=[{"name": "a", "duration": 2}])
    assert message == "[phases.0]: duration: a time such as '2 s' is wanted, found 2"
    stimuli = [{"kind": "current", "amplitude": 200, "start": "0 s", "population": "p"}]
    message = said(tables, phases=[{"name": "a", "duration": "1 s", "stimuli": stimuli}])
    assert "the key 'stop' is missing; amplitude: a current such as '200 pA' is wanted" in message


def test_a_place_without_a_unit_is_written_out(tables: dict[str, Any]) -> None:
    tables["conditions"] = {"current": {"values": [200], "unit": "pA", "meaning": "m"}}
    tables["measures"] = {"c": {"kind": "relative_change", "meaning": "m", "phase": "a"}}
    target = {"phenomenon": "p", "measure": "c", "source": "assumed", "below": 0, "why": "w"}
    message = said(tables, targets=[{**target, "at": {"current": ["200"]}}])
    assert "write '200 pA'" in message


def test_numbers_where_names_of_parameters_belong() -> None:
    text = CIRCUIT.replace('"all_to_all"', '"distance_dependent", peak = 0.8')
    with pytest.raises(ModelError, match=r"peak: the name of a parameter is wanted, found 0\.8"):
        parse_part(text, "net.toml")
    text = CIRCUIT.replace('delay = "d"', "delay = 1")
    with pytest.raises(ModelError, match="delay: the name of a parameter is wanted, found 1"):
        parse_part(text, "net.toml")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", ("is empty", "'pre' and 'post'", "'delay [ms]'")),
        ("source,target\n0,1\n", ("'source'", "unknown", "'pre' and 'post'", "'volume [um**3]'")),
        ("pre\n0\n", ("no column 'post'", "'pre' and 'post'")),
    ],
)
def test_lists_of_edges_name_their_columns(
    tmp_path: Path, content: str, words: tuple[str, ...]
) -> None:
    (tmp_path / "edges.csv").write_text(content)
    text = CIRCUIT.replace('"all_to_all"', '"edge_list", file = "edges.csv"')
    with pytest.raises(ModelError) as caught:
        Model.from_text(text, folder=tmp_path)
    assert [word for word in words if word not in str(caught.value)] == []


@pytest.mark.parametrize(
    ("rule", "value", "words"),
    [
        ('"fixed_in_degree", in_degree = "k"', 0.5, "in_degree"),
        ('"distance_dependent", extent = "l", length = "l", peak = "k"', 1.5, "peak"),
        ('"edge_list", file = "edges.csv"', 1, "there is no cell 9"),
    ],
)
def test_rules_that_cannot_be_drawn_name_file_and_table(
    tables: dict[str, Any], tmp_path: Path, rule: str, value: float, words: str
) -> None:
    from neurospine.simulation.plan import make_plan

    (tmp_path / "edges.csv").write_text("pre,post\n9,0\n")
    numbers = {"k": (value, "1"), "l": (1, "um")}
    text = CIRCUIT.replace('"all_to_all"', rule) + "\n".join(
        f'{n} = {{ value = {v}, unit = "{u}", meaning = "m", source = "assumed" }}'
        for n, (v, u) in numbers.items()
        if f'"{n}"' in rule
    )
    model = Model.from_text(text, folder=tmp_path)
    with pytest.raises(NeurospineError) as caught:
        make_plan(model, Protocol(**tables))
    assert "<circuit>: [projections.join]: connectivity" in str(caught.value)
    assert words in str(caught.value)


def test_segments_are_named() -> None:
    known = ["v_soma", "v_tuft_1", "v_tuft_2", "v_tuft_10"]
    assert suggest_segment("v_tuft", known) == (
        "The compartment is in 3 segments: name one of v_tuft_1, v_tuft_2, v_tuft_10."
    )
    assert suggest_segment("v_sona", known) == "Did you mean 'v_soma'?"


@pytest.mark.parametrize(
    "unit", ["volt", "siemens", "siemens/second", "farad/meter**2", "ohm*meter", "mmolar", "1"]
)
def test_dimensions_have_names_that_people_know(unit: str) -> None:
    assert unit_name(dimensions(unit)) == unit


def test_check_names_a_file_once_and_says_where_parts_are_looked_up(
    command: Callable[..., Any], tiny_text: str
) -> None:
    Path("tiny.toml").write_text(tiny_text.replace('"presynaptic"', '"presinaptic"'))
    assert command("check", "tiny.toml").err.count("tiny.toml") == 1
    Path("own_spine.toml").write_text(
        (shipped_folder() / "models/spines/pair_stdp.toml").read_text()
    )
    Path("net.toml").write_text(CIRCUIT.replace("pair_stdp", "own_spine"))
    message = command("check", "net.toml").err
    assert "net.toml: [projections.join]: no model named 'own_spine'" in message
    assert "There is own_spine.toml, but a name is looked up in the library" in message


def test_a_message_keeps_both_ends_of_a_word_that_no_sentence_has() -> None:
    name = f"pair{'(' * 3000}x{')' * 3000}_stdp"
    with pytest.raises(ModelError) as caught:
        check_source(name)
    assert f"source 'pair{'(' * 20}" in str(caught.value)
    assert len(str(caught.value)) < 1000
    assert str(ModelError(f"no {name} in {'x' * 300}")) == (
        f"no pair{'(' * 146}…{')' * 145}_stdp in {'x' * 300}"
    )


def test_values_of_the_wrong_type_are_told_what_is_wanted(tables: dict[str, Any]) -> None:
    assert "repeats: a whole number is wanted, found 'many'" in said(tables, repeats="many")
    assert "repeats: a whole number is wanted, found 1.5" in said(tables, repeats=1.5)
    assert "summary: a text in quotes is wanted, found 3" in said(tables, summary=3)
    assert "references: a list is wanted, found 'one'" in said(tables, references="one")
