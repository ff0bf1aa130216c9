"""Measures and pictures of spines as tables: what they may say, and what is refused at load."""

from __future__ import annotations

from typing import Any

import pytest

from neurospine import Protocol
from neurospine.description import targets
from neurospine.description.measures import axes_of
from neurospine.errors import ProtocolError

DOSE = {"dose": {"values": [0, 1], "unit": "1", "meaning": "Dose"},
        "word": {"values": ["a", "b"], "meaning": "Word"}}  # fmt: skip
SURVIVAL = {"kind": "survival", "every": "1 day"}
CURVE = {"kind": "fluctuation", "give": "curve"}
STAGES = {"kind": "occupancy"}


def make(measures: dict[str, Any] | None = None, **more: Any) -> Protocol:
    """Return a protocol of a phase of 20 days with a snapshot each day."""
    common = {"meaning": "m", "phase": "days"}
    tables = {
        name: ({"meaning": "m"} if "of" in m and "phase" not in m and m["kind"] in DERIVED
               else common) | m
        for name, m in (measures or {}).items()
    }  # fmt: skip
    return Protocol(
        name="p", step="1 s", record_every="1 day", conditions=DOSE, measures=tables,
        phases=[{"name": "days", "duration": "20 day"}], **more,
    )  # fmt: skip


DERIVED = ("ratio", "exponential_fit")


@pytest.mark.parametrize(
    ("table", "axes"),
    [
        ({"kind": "density"}, {}),
        ({"kind": "density", "every": "48 hour"}, {"time": "hour"}),
        ({"kind": "turnover", "every": "4 day"}, {}),
        ({"kind": "turnover", "every": "4 day", "over_time": True}, {"time": "day"}),
        (SURVIVAL, {"lag": "day"}),
        ({**SURVIVAL, "lags": ["24 hour", "8 day"], "of": "new"}, {"lag": "hour"}),
        ({"kind": "persistent_fraction"}, {}),
        ({"kind": "kaplan_meier"}, {"lag": "day"}),
        ({"kind": "kaplan_meier", "give": "median", "of": "all"}, {}),
        ({"kind": "lifetime", "give": "shape"}, {}),
        ({"kind": "size_distribution", "give": "ks_share"}, {}),
        ({"kind": "tail_exponent", "smallest": "0.2 um**3"}, {}),
        (CURVE, {"size": "um**3"}),
        ({**CURVE, "size": "area"}, {"size": "um**2"}),
        ({"kind": "kesten", "give": "factor"}, {}),
        ({"kind": "autocorrelation", "lags": ["1 day"]}, {"lag": "day"}),
        (STAGES, {"stage": "1"}),
        ({**STAGES, "every": "5 day"}, {"time": "day", "stage": "1"}),
        ({**STAGES, "stage": "thin"}, {}),
        ({"kind": "ages", "give": "older"}, {}),
    ],
)
def test_a_measure_says_which_axes_it_has_beyond_the_conditions(
    table: dict[str, Any], axes: dict[str, str]
) -> None:
    ratio = {"kind": "ratio", "of": "found", "reference": {"dose": 0}}
    protocol = make({"found": table, "relative": ratio})
    assert protocol.measures["found"].own_axes == axes
    assert axes_of(protocol, protocol.measures["relative"]) == axes
    assert Protocol.model_validate_json(protocol.text) == protocol


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"kind": "densty"}, ("densty", "'density'")),
        ({"kind": "density", "phase": "night"}, ("[measures.found]: phase", "'night'", "days")),
        ({"kind": "turnover"}, ("every", "missing")),
        ({"kind": "turnover", "every": "4 mV"}, ("[measures.found]: every", "mV")),
        ({"kind": "turnover", "every": "0 day"}, ("every", "positive")),
        ({"kind": "turnover", "every": "21 day"}, ("every", "longer than the phase 'days'")),
        ({"kind": "turnover", "every": "36 hour"}, ("36 hour", "snapshots", "86400 s")),
        ({**SURVIVAL, "lags": ["21 day"]}, ("lags", "longer")),
        ({**SURVIVAL, "lags": ["8"]}, ("lags", "the unit is missing")),
        ({**SURVIVAL, "every": "3 day", "lags": ["8 day"]}, ("8 day", "no multiple", "3 day")),
        ({**SURVIVAL, "detection": "0.02 um"}, ("detection", "um**3")),
        ({**SURVIVAL, "detection": "-1 um**3"}, ("detection", "negative")),
        ({**SURVIVAL, "sen": "end"}, ("'sen'", "'seen'")),
        ({"kind": "persistent_fraction", "lasting": "30 day"}, ("lasting", "longer")),
        ({"kind": "lifetime", "unit": "mV"}, ("unit", "mV")),
        ({"kind": "tail_exponent"}, ("smallest", "missing")),
        ({**CURVE, "bins": 2}, ("bins", "3")),
        ({"kind": "autocorrelation", "lags": []}, ("lags", "at least 1")),
        ({"kind": "ages", "give": "old"}, ("give", "'older'")),
    ],
)
def test_a_wrong_measure_is_refused(table: dict[str, Any], words: tuple[str, ...]) -> None:
    with pytest.raises(ProtocolError) as caught:
        make({"found": table})
    assert [word for word in words if word not in str(caught.value)] == []


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"kind": "ratio", "of": "kpt", "reference": {"dose": 0}}, ("of", "'kept'")),
        ({"kind": "ratio", "of": "kept", "reference": {}}, ("reference", "no condition")),
        ({"kind": "ratio", "of": "kept", "reference": {"dos": 0}}, ("reference", "'dose'")),
        ({"kind": "ratio", "of": "kept", "reference": {"dose": 2}}, ("dose is never 2", "0, 1")),
        ({"kind": "ratio", "of": "kept", "reference": {"word": "c"}}, ("word is never 'c'",)),
        ({"kind": "ratio", "of": "fit", "reference": {"dose": 0}}, ("no ratio or fit",)),
        ({"kind": "exponential_fit", "of": "kept", "axis": "time", "give": "constant"},
         ("axis", "'time'")),
        ({"kind": "exponential_fit", "of": "stages", "axis": "stage", "give": "constant"},
         ("'stage' holds words",)),
    ],
)  # fmt: skip
def test_a_wrong_measure_of_a_measure_is_refused(
    table: dict[str, Any], words: tuple[str, ...]
) -> None:
    fit = {"kind": "exponential_fit", "of": "kept", "axis": "lag", "give": "constant"}
    make({"kept": SURVIVAL, "fit": fit})
    with pytest.raises(ProtocolError) as caught:
        make({"kept": SURVIVAL, "stages": STAGES, "fit": fit, "found": table})
    assert [word for word in words if word not in str(caught.value)] == []


TARGET = {"phenomenon": "p", "source": "bi_poo1998", "why": "w", "above": 0.5}


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ({"lag": ["8 mV"]}, ("at: lag", "mV")),
        ({"lag": ["1 day", "2 day", "3 day"]}, ("at: lag", "one value or two ends")),
        ({"lag": []}, ("lag", "at least 1")),
        ({"stage": ["thin"]}, ("at", "'stage'")),
        ({"word": ["c"]}, ("at: word", "'c'")),
    ],
)
def test_a_target_is_at_values_of_axes_that_there_are(at: Any, words: tuple[str, ...]) -> None:
    good = {**TARGET, "measure": "kept", "at": {"lag": ["192 hour"], "word": ["a"]}}
    make({"kept": SURVIVAL}, targets=[good])
    with pytest.raises(ProtocolError) as caught:
        make({"kept": SURVIVAL}, targets=[{**good, "at": at}])
    assert [word for word in words if word not in str(caught.value)] == []


PLOTS = [
    {"measure": "kept", "x": "lag"},
    {"kind": "survival", "measure": "kept", "series": "dose"},
    {"kind": "series", "measure": "turnover"},
    {"kind": "stack", "measure": "stages", "x": "dose"},
    {"kind": "scatter", "measure": "spread"},
    {"kind": "scatter", "phase": "days", "lag": "4 day"},
    {"kind": "histogram", "phase": "days", "detection": "0.02 um**3"},
    {"kind": "trajectories", "phase": "days"},
]
MEASURES = {"kept": SURVIVAL, "stages": STAGES, "spread": CURVE,
            "turnover": {"kind": "turnover", "every": "4 day", "over_time": True}}  # fmt: skip


@pytest.mark.parametrize("plot", PLOTS)
def test_a_picture_is_read_back_as_it_was(plot: dict[str, Any]) -> None:
    protocol = make(MEASURES, plot={"title": "t", **plot})
    assert protocol.plot is not None
    assert protocol.plot.kind == plot.get("kind", "curve")
    assert Protocol.model_validate_json(protocol.text) == protocol


@pytest.mark.parametrize(
    ("plot", "words"),
    [
        ({"kind": "pie"}, ("[plot]", "no picture of kind 'pie'")),
        ({"kind": "survival", "measure": "stages"}, ("'stages'", "must be a survival")),
        ({"kind": "stack", "measure": "kept"}, ("'kept'", "must be an occupancy")),
        ({"kind": "stack", "measure": "stages"}, ("'time'",)),
        ({"kind": "scatter"}, ("either 'measure' or 'phase'",)),
        ({"kind": "scatter", "measure": "spread", "phase": "days"}, ("either",)),
        ({"kind": "scatter", "measure": "turnover"}, ("must be a fluctuation",)),
        ({"kind": "series", "measure": "kept"}, ("'time'", "lag")),
        ({"kind": "series", "measure": "turnover", "series": "time"}, ("series", "'time'")),
        ({"kind": "histogram", "phase": "day"}, ("phase", "'days'")),
        ({"kind": "histogram", "phase": "days", "detection": "1 um"}, ("detection", "'um'")),
        ({"kind": "histogram", "phase": "days", "points": "wang2005"}, ("'volume'", "wang2005")),
        ({"kind": "survival", "measure": "kept", "points": "wang2005"}, ("'lag'", "wang2005")),
        ({"kind": "trajectories", "phase": "days", "spines": 0}, ("spines", "1")),
    ],
)
def test_a_wrong_picture_is_refused(plot: dict[str, Any], words: tuple[str, ...]) -> None:
    with pytest.raises(ProtocolError) as caught:
        make(MEASURES, plot={"title": "t", **plot})
    assert [word for word in words if word not in str(caught.value)] == []


def test_the_names_of_tables_are_found_where_they_were() -> None:
    for name in targets.__all__:
        assert hasattr(targets, name)
