"""Changes of single spines: pictures, a run, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurospine import Protocol, measure, picture, simulate
from neurospine.errors import ProtocolError

#: Two stimulated spines, and others some um away; a snapshot a day.
DISTANCE = np.array([0, 0, 1.0, 2.0, 3.0, 8.0, np.inf])
VOLUME = 0.1 + 0.02 * np.arange(28.0).reshape(4, 7)
PLACES = {"stimulated": DISTANCE == 0, "stimulated_distance": DISTANCE, "position": DISTANCE}
PHASES = {"early": (0.0, 1.0), "late": (1.0, 3.0)}
ARM = {"arm": ["sham", "stimulated"]}
BINS = ["0 um", "2 um", "4 um", "10 um"]


# -- pictures, and a run --------------------------------------------------------------------


@pytest.fixture
def arms(synthetic: Any) -> Any:
    """Two dendrites for each of two conditions, with the same spines."""
    return synthetic.trajectory(
        np.tile(VOLUME, 4) * np.random.default_rng(1).uniform(0.9, 1.1, (4, 28)),
        phases=PHASES, more={name: np.tile(column, 4) for name, column in PLACES.items()},
        condition=np.arange(28) // 14, repeat=np.arange(28) // 7 % 2, conditions=ARM,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("x", "facts", "label", "places"),
    [
        ("distance", {"spines": "neighbours", "bins": BINS}, "Distance to a stimulated spine (µm)",
         [1, 3, 7]),
        ("time", {"spines": "stimulated", "at": ["0 day", "1 day", "2 day"], "unit": "day"},
         "Time (days)", [0, 1, 2]),
        ("time", {"spines": "stimulated", "at": ["1 day", "2 day"], "unit": "hour"},
         "Time (hours)", [24, 48]),
    ],
)  # fmt: skip
def test_a_curve_has_a_line_for_each_condition_and_published_points(
    synthetic: Any, arms: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, x: str,
    facts: dict[str, Any], label: str, places: list[float],
) -> None:  # fmt: skip
    folder = tmp_path / "data" / "reference"
    folder.mkdir(parents=True)
    head = "arm,distance [nmeter],time [minute],relative_change,standard_error\n"
    (folder / "changes.csv").write_text(f"{head}sham,3000,1440,0.5,0.1\n")
    monkeypatch.setenv("NEUROSPINE_LIBRARY", str(tmp_path))
    plot = {"title": "A title", "measure": "found", "x": x, "series": "arm",
            "published": [{"data": "changes"}]}  # fmt: skip
    drawn = synthetic.changes(ARM, plot, **facts)
    figure = picture(arms, drawn, measure(arms, drawn))
    figure.canvas.draw()
    (axes,) = figure.axes
    assert (axes.get_xlabel(), axes.get_ylabel()) == (label, "Change of size")
    lines = {line.get_label(): line for line in axes.get_lines()}
    assert lines["simulated, sham"].get_xdata().tolist() == places
    assert lines["simulated, stimulated"].get_xdata().tolist() == places
    texts = [text.get_text() for text in axes.get_legend().get_texts()]
    assert "published, sham" in texts
    (points,) = (c for c in axes.containers if c.get_label() == "published, sham")
    marks = points.lines[0]
    at = {"distance": 3, "Time (days)": 1, "Time (hours)": 24}[x if x == "distance" else label]
    assert marks.get_xdata()[0] == pytest.approx(at, abs=0.02 * np.ptp(places))
    assert marks.get_ydata().tolist() == [0.5]
    assert (axes.get_xlim()[0] == 0) == (x == "distance")


def test_a_curve_has_one_axis_of_the_measure_only(synthetic: Any) -> None:
    plot = {"title": "A title", "measure": "found", "x": "distance"}
    with pytest.raises(ProtocolError, match="'found' has a row for each time, and a curve against"):
        synthetic.changes(plot=plot, bins=BINS, at=["1 day"])


def test_pulses_before_spikes_enlarge_those_they_reach_and_no_others() -> None:
    at = ["1 s", "2 s"]
    stimuli = [
        {"kind": "uncaging", "projection": "spines", "number": 5, "rate": "10 Hz", "count": 10},
        {"kind": "regular", "population": "cell", "rate": "10 Hz", "count": 10, "start": "10 ms"},
    ]
    facts = {"kind": "size_change", "meaning": "m", "phase": "a", "at": at}
    made = Protocol(
        name="p", step="1 ms", record_every="1 s",
        model={"circuit": "dendritic_line", "spine": "pair_stdp"},
        phases=[{"name": "a", "duration": "2 s", "stimuli": stimuli}],
        measures={"reached": {**facts, "spines": "stimulated"},
                  "others": {**facts, "spines": "neighbours", "bins": ["0 um", "2 um", "60 um"]}},
    )  # fmt: skip
    tables = measure(simulate(None, made, backend="numpy", seed=1), made)
    assert (tables["reached"]["value"] > 0.05).all()
    assert tables["others"]["value"].tolist() == [0, 0, 0, 0]
    assert tables["others"]["distance"].tolist() == [1, 31, 1, 31]


# -- errors ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"since": "erly"}, "since: unknown name 'erly'. Did you mean 'early'?"),
        ({"phase": "early", "since": "late"}, "since: 'late' comes after 'early'"),
        ({"at": ["1 day", "1 day"]}, "at: times must go up from 0, found 1 day"),
        ({"at": ["-1 day"]}, "at: times must go up from 0"),
        ({"at": ["3 day"]}, "at: 3 day is after the end of 'late'"),
        ({"at": ["1 hour"]}, "at: 1 hour is no multiple of the interval between snapshots of the "
         "phase 'late', 86400 s"),
        ({"at": ["1 um"]}, "at: "),
        ({"at": []}, "at: "),
        ({"at": [2]}, "a time such as '2 s' is wanted, found 2"),
        ({"unit": "um"}, "unit: "),
        ({"from_distance": "1 um"}, "from_distance: goes with spines = 'neighbours'"),
        ({"spines": "stimulated", "to_distance": "1 um"}, "to_distance: goes with spines"),
        ({"spines": "neighbours", "to_distance": "1 um", "bins": BINS},
         "to_distance: bins have distances of their own"),
        ({"spines": "neighbours", "from_distance": "3 um", "to_distance": "3 um"},
         "to_distance: 3 um does not come after 3 um"),
        ({"spines": "neighbours", "to_distance": "3 ms"}, "to_distance: "),
        ({"spines": "neighbours", "from_distance": "-1 um"},
         "from_distance: must not be negative, found -1 um"),
        ({"spines": "stimulated", "bins": BINS}, "bins: go with spines = 'neighbours' or 'all'"),
        ({"bins": ["0 um"]}, "bins: "),
        ({"bins": ["0 um", "2 um", "1 um"]}, "bins: 1 um does not come after 2 um"),
        ({"bins": [0, 1]}, "a length such as '5 um' is wanted, found 0"),
        ({"give": "share_above"}, "above: missing; 'share_above' is of larger changes"),
        ({"above": 0.3}, "above: goes with give = 'share_above' or 'mean_above'"),
        ({"larger_than": "0.1 um"}, "larger_than: "),
        ({"larger_than": "-0.1 um**3"}, "larger_than: must not be negative"),
        ({"spines": "stimulated", "projection": "other"},
         "spines: no stimulus of the kind 'uncaging' stimulates spines of 'other', but of pair"),
        ({"bins": BINS, "projection": "other"}, "bins: no stimulus of the kind 'uncaging'"),
        ({"spines": "neighbors"}, "Did you mean 'neighbours'?"),
    ],
)  # fmt: skip
def test_a_wrong_measure_is_refused_when_it_is_read(
    synthetic: Any, facts: dict[str, Any], words: str
) -> None:
    with pytest.raises(ProtocolError) as caught:
        synthetic.changes(**facts)
    assert str(caught.value).startswith("[measures.found")
    assert words in str(caught.value)


def test_a_measure_of_stimulated_spines_needs_a_stimulus(synthetic: Any) -> None:
    tables = synthetic.changes().model_dump(exclude_defaults=True)
    tables["phases"] = [{"name": "late", "duration": "2 day"}]
    facts = {**tables["measures"]["found"], "since": "late"}
    Protocol(**{**tables, "measures": {"found": facts}})
    for more in ({"spines": "neighbours"}, {"bins": BINS}):
        with pytest.raises(ProtocolError, match="no stimulus of the kind 'uncaging' stimulates"):
            Protocol(**{**tables, "measures": {"found": {**facts, **more}}})


def test_an_own_axis_is_no_condition(synthetic: Any) -> None:
    synthetic.changes({"distance": [1, 2]})
    with pytest.raises(ProtocolError, match="has a column 'distance' of its own"):
        synthetic.changes({"distance": [1, 2]}, bins=BINS)
