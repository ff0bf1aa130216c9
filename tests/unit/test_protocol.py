"""Protocols: checked whole at load, from a file or from tables in Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from neurospine import Phase, Protocol, load_protocol
from neurospine.errors import LibraryError, ProtocolError

CHANGE = {"kind": "relative_change", "meaning": "m", "phase": "a"}
FIT = {"kind": "exponential_fit", "meaning": "m", "of": "change", "axis": "x", "give": "amplitude"}
AXIS = {"values": [1, 2], "unit": "ms", "meaning": "m"}
WORDS = {"values": ["a", "b"], "meaning": "m"}
TARGET = {"phenomenon": "growth", "measure": "change", "source": "bi_poo1998"}


def test_a_protocol_is_made_from_tables(tables: dict[str, Any]) -> None:
    protocol = Protocol(**tables, repeats=2, conditions={"x": AXIS})
    assert protocol.step_seconds == 0.001
    assert protocol.recorded_every(protocol.phases[0]) == 0.01
    assert protocol.spine_seconds == 1.0
    assert protocol.duration == pytest.approx(0.1, rel=1e-15, abs=0)
    assert protocol.grid.rows == ({"x": 1.0}, {"x": 2.0})
    assert protocol.default_model().name == "independent_pairs"


def test_a_protocol_takes_objects_as_well(tables: dict[str, Any]) -> None:
    phases = (Phase(name="a", duration="50 ms"), Phase(name="b", duration="1 s"))
    protocol = Protocol(**{**tables, "phases": phases})
    assert protocol.phase_times() == {"a": (0.0, 0.05), "b": (0.05, 1.05)}


def test_a_protocol_made_in_python_is_recorded_and_read_back(tables: dict[str, Any]) -> None:
    protocol = Protocol(**tables, conditions={"x": AXIS}, measures={"change": CHANGE})
    assert Protocol.model_validate_json(protocol.text) == protocol


def test_a_protocol_made_from_text_keeps_its_text(tiny_text: str, tmp_path: Path) -> None:
    (tmp_path / "spikes.csv").write_text("mine")
    protocol = Protocol.from_text(tiny_text, folder=tmp_path)
    assert protocol.text == tiny_text
    assert protocol.input_text("spikes.csv") == "mine"


def phase(**facts: Any) -> dict[str, Any]:
    return {"phases": [{"name": "a", "duration": "100 ms", **facts}]}


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (phase(duration="-1 s"), ("[[phases]] 'a'", "duration", "positive", "-1 s")),
        (phase(duration="0 s"), ("[[phases]] 'a'", "duration", "positive")),
        (phase(duration="15 ms"), ("[[phases]] 'a'", "15 ms", "no multiple of record_every")),
        (phase(duration="10 mV"), ("[[phases]] 'a'", "duration", "'mV'")),
        (phase(duration="ten"), ("[[phases]] 'a'", "duration", "'ten'")),
        (phase(duration="1e999 s"), ("[[phases]] 'a'", "duration")),
        ({"phases": []}, ("[[phases]]", "at least one")),
        ({"phases": phase()["phases"] * 2}, ("[[phases]] 'a'", "two phases")),
        (phase(stimuli=[{"kind": "pairin"}]), ("phases", "kind", "pairin", "'pairing'")),
        (phase(stimuli=[{"population": "x"}]), ("phases", "kind")),
        ({"step": "0 ms"}, ("step", "positive")),
        ({"step": "1 mV"}, ("step", "'mV'")),
        ({"step": "3 ms"}, ("record_every", "10 ms is no multiple of the step")),
        ({"record_every": "-10 ms"}, ("record_every", "positive")),
        ({"repeats": 0}, ("repeats", "greater than 0")),
        ({"arrangement": "rose"}, ("arrangement", "'grid' or 'rows'")),
        ({"conditions": {"x": {**AXIS, "values": []}}}, ("[conditions.x]", "nothing to run")),
        ({"conditions": {"x": {**AXIS, "values": [1, "a"]}}}, ("[conditions.x", "values")),
        ({"references": ["sjostrom2002"]}, ("sjostrom2002", "'sjostrom2001'")),
        ({"references": ["assumed"]}, ("references", "'assumed'")),
        ({"measures": {"change": {**CHANGE, "phase": "b"}}}, ("[measures.change]: phase", "'b'")),
        ({"measures": {"fit": FIT}, "conditions": {"x": AXIS}}, ("[measures.fit]: of", "'change'")),
        ({"measures": {"change": CHANGE, "fit": FIT}}, ("[measures.fit]: axis", "'x'")),
        ({"measures": {"change": CHANGE, "fit": FIT}, "conditions": {"x": WORDS}},
         ("[measures.fit]: axis", "words")),
        ({"measures": {"change": CHANGE, "fit": {**FIT, "of": "fit"}}, "conditions": {"x": AXIS}},
         ("[measures.fit]: of", "by condition")),
        ({"measures": {"a/b": CHANGE}}, ("measures", "a/b")),
    ],
)  # fmt: skip
def test_a_wrong_table_is_refused(
    tables: dict[str, Any], facts: dict[str, Any], words: tuple[str, ...]
) -> None:
    with pytest.raises(ProtocolError) as caught:
        Protocol(**{**tables, **facts})
    message = str(caught.value)
    assert [word for word in words if word not in message] == []
    assert "\n" not in message


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({}, ("either 'data' or a bound",)),
        ({"data": "bi_poo1998", "below": 0.0}, ("either 'data' or a bound",)),
        ({"below": 0.0}, ("a bound needs 'why'",)),
        ({"data": "bi_po1998"}, ("data", "'bi_po1998'", "'bi_poo1998'")),
        ({"data": "wang2005", "column": "relativ_change"}, ("column", "'relative_change'")),
        ({"data": "bi_poo1998"}, ("error", "standard_error")),
        ({"above": 0.0, "why": "w", "measure": "chance"}, ("measure", "'change'")),
        ({"above": 0.0, "why": "w", "source": "bi_po1998"}, ("'bi_po1998'", "'bi_poo1998'")),
        ({"above": 0.0, "why": "w", "at": {"y": ("1 ms", "2 ms")}}, ("at", "'y'")),
        ({"above": 0.0, "why": "w", "at": {"x": ("1 mV", "2 mV")}}, ("at", "mV")),
        ({"above": 0.0, "why": "w", "at": {"x": ("a", "b")}}, ("at", "'a'")),
    ],
)
def test_a_wrong_target_is_refused_before_anything_is_run(
    tables: dict[str, Any], facts: dict[str, Any], words: tuple[str, ...]
) -> None:
    made = {"conditions": {"x": AXIS}, "measures": {"change": CHANGE}}
    with pytest.raises(ProtocolError) as caught:
        Protocol(**tables, **made, targets=[{**TARGET, **facts}])
    message = str(caught.value)
    assert "[[targets]] 'growth'" in message
    assert [word for word in words if word not in message] == []


@pytest.mark.parametrize(
    "facts",
    [
        {"data": "wang2005"},
        {"below": 0.0, "why": "w"},
        {"above": 0, "why": "w", "at": {"x": ("0 s", "1 s")}},
    ],
)
def test_a_target_has_data_or_a_bound(tables: dict[str, Any], facts: dict[str, Any]) -> None:
    made = {"conditions": {"x": AXIS}, "measures": {"change": CHANGE}}
    (target,) = Protocol(**tables, **made, targets=[{**TARGET, **facts}]).targets
    assert (target.data is None) != (target.below is None and target.above is None)


@pytest.mark.parametrize(
    ("facts", "word"),
    [
        ({"measure": "chance"}, "'chance'"),
        ({"x": "y"}, "'y'"),
        ({"series": "y"}, "'y'"),
        ({"points": "bi_po1998"}, "'bi_poo1998'"),
    ],
)
def test_a_plot_names_what_there_is(
    tables: dict[str, Any], facts: dict[str, Any], word: str
) -> None:
    made = {"conditions": {"x": AXIS}, "measures": {"change": CHANGE}}
    plot = {"title": "t", "measure": "change", "x": "x"}
    Protocol(**tables, **made, plot=plot)
    with pytest.raises(ProtocolError, match=r"\[plot\]") as caught:
        Protocol(**tables, **made, plot={**plot, **facts})
    assert word in str(caught.value)


def test_a_protocol_is_loaded_by_name_and_by_path(shipped: Path) -> None:
    path = shipped / "protocols" / "plasticity" / "triplets.toml"
    assert load_protocol("triplets") == load_protocol(path) == load_protocol(str(path))
    assert load_protocol("triplets").input_text(path.name) == path.read_text()


def test_a_file_of_the_user_comes_before_a_shipped_one(
    tiny_text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("tiny", "triplets"):
        path = tmp_path / "protocols" / "mine" / f"{name}.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(tiny_text.replace('"tiny"', f'"{name}"'))
    assert load_protocol("triplets").duration == 61.0
    monkeypatch.setenv("NEUROSPINE_LIBRARY", str(tmp_path))
    assert load_protocol("tiny").input_text(path.name) == path.read_text()
    assert load_protocol("triplets").duration == pytest.approx(0.05, rel=1e-15, abs=0)


def test_an_error_in_a_file_names_the_file(tiny_text: str, tmp_path: Path) -> None:
    path = tmp_path / "tiny.toml"
    path.write_text(tiny_text.replace("50 ms", "-50 ms"))
    with pytest.raises(ProtocolError, match=r"tiny\.toml: \[\[phases\]\] 'pairing': duration"):
        load_protocol(path)


def test_the_name_inside_agrees_with_the_file(tiny_text: str, tmp_path: Path) -> None:
    path = tmp_path / "other.toml"
    path.write_text(tiny_text)
    with pytest.raises(ProtocolError, match=r"other\.toml: the name inside is 'tiny'"):
        load_protocol(path)


def test_a_model_is_no_protocol(shipped: Path) -> None:
    with pytest.raises(ProtocolError, match="kind = 'protocol'"):
        load_protocol(shipped / "models" / "plasticity" / "pair.toml")


def test_an_unknown_protocol_names_the_nearest_one() -> None:
    with pytest.raises(LibraryError, match=r"'stdp_windows'. Did you mean 'stdp_window'"):
        load_protocol("stdp_windows")


def test_a_protocol_made_from_tables_is_read_again_from_its_text(tables: dict[str, Any]) -> None:
    measures, plot = {"change": CHANGE}, {"title": "t", "measure": "change", "x": "x"}
    made = Protocol(**tables, conditions={"x": AXIS}, measures=measures, plot=plot)
    assert Protocol.from_text(made.text).model_dump() == made.model_dump()
