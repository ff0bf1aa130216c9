"""Pictures of neurons: potentials with their stimulus, and rasters with rates."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neurospine import Model, Protocol, Trajectory, picture, simulate, write_picture
from neurospine.analysis.neuron_drawing import thinned
from neurospine.analysis.spike_plots import _apart
from neurospine.errors import ProtocolError, ResultError

CIRCUIT = """
kind    = "circuit"
name    = "fan"
summary = "Axons onto a neuron."

[populations.axons]
size = 5

[populations.cells]
neuron = "leaky"
size   = 2

[projections.spines]
from         = "axons"
to           = "cells"
spine        = "pair_stdp"
delay        = "travel"
connectivity = { rule = "all_to_all" }
effect       = "i_synaptic += weight*peak"

[parameters]
travel = { value = 1,   unit = "ms", source = "assumed", meaning = "Time to arrival" }
peak  = { value = 200, unit = "pA", source = "assumed", meaning = "Current at weight 1" }
"""
STEP = {"kind": "current", "population": "cells", "amplitude": "i", "start": "5 ms",
        "stop": "25 ms"}  # fmt: skip
VOLLEY = {"kind": "volley", "population": "axons", "count": 4, "start": "5 ms", "spread": "1 ms"}


def make(**plot: Any) -> Protocol:
    return Protocol(
        name="p", model={"circuit": "fan"}, step="0.1 ms", record_every="10 ms", repeats=2,
        conditions={"i": {"values": (-100, 0, 100, 900), "unit": "pA", "meaning": "Current"},
                    "word": {"values": ("a_b", "c"), "meaning": "Word"}},
        phases=({"name": "step", "duration": "30 ms", "stimuli": (STEP,)},
                {"name": "volley", "duration": "30 ms", "stimuli": (VOLLEY,)},
                {"name": "night", "duration": "1 hour", "kind": "consolidation",
                 "record_every": "1 hour"}),
        traces={"cells": {"variables": ("v", "i_synaptic"), "cells": (0, 1), "every": "0.1 ms"}},
        plot={"title": "A title", **plot} if plot else None,
    )  # fmt: skip


@pytest.fixture(scope="module")
def run() -> Trajectory:
    return simulate(Model.from_text(CIRCUIT), make(), backend="numpy")


VOLTAGE = {"kind": "voltage", "population": "cells", "phase": "step"}
RASTER = {"kind": "raster", "phase": "volley", "start": "2 ms", "bin": "4 ms"}


def test_a_potential_is_drawn_in_ms_and_mv_with_its_current_below(
    run: Trajectory, tmp_path: Any
) -> None:
    figure = picture(run, make(**VOLTAGE, only={"i": 100}, stop="20 ms", cell=1), {})
    above, below = figure.axes
    assert figure.get_suptitle() == "A title"
    assert (above.get_ylabel(), below.get_xlabel()) == ("Potential (mV)", "Time (ms)")
    (line,) = above.lines
    time, v = line.get_data()
    assert (time[0], time[-1]) == pytest.approx((0, 20))
    rise = np.maximum(time - 5, 0)
    np.testing.assert_allclose(v, -70 + 8 * (1 - np.exp(-rise / 20)), atol=1e-6)
    (step,) = below.lines
    assert step.get_xydata().tolist() == pytest.approx(np.array([[0, 0], [5, 100], [20, 100],
                                                                 [25, 0]]))  # fmt: skip
    write_picture(figure, tmp_path / "picture.png")
    assert (tmp_path / "picture.png").stat().st_size > 10_000


def test_the_spikes_that_are_marked_are_those_of_the_cell_that_is_drawn() -> None:
    """Also where the first cell that is recorded is not the first of its population."""
    made = Protocol(
        name="p", model={"circuit": "fan"}, step="0.1 ms", record_every="30 ms",
        phases=({"name": "step", "duration": "30 ms",
                 "stimuli": (STEP | {"amplitude": "900 pA", "cells": (1,)},)},),
        traces={"cells": {"variables": ("v",), "cells": (1,), "every": "0.1 ms"}},
        plot={"title": "A title", **VOLTAGE},
    )  # fmt: skip
    run = simulate(Model.from_text(CIRCUIT), made, backend="numpy")
    spikes = run.spikes["cells"]
    assert set(spikes["cell"]) == {1}
    (marks,) = picture(run, made, {}).axes[0].collections
    drawn = [segment[0][0] for segment in marks.get_segments()]
    assert drawn == pytest.approx(1e3 * spikes["time"].to_numpy())


def test_conditions_are_lines_or_panels_of_the_same_height(run: Trajectory) -> None:
    above, below = picture(run, make(**VOLTAGE, series="i", variables=["v"]), {}).axes
    labels = [text.get_text() for text in above.get_legend().get_texts()]
    assert sorted(labels) == sorted(["-100 pA", "0 pA", "100 pA", "900 pA"])
    assert len(below.lines) == 4
    figure = picture(run, make(**VOLTAGE, panels="i", only={"word": "c"}), {})
    assert [axes.get_title(loc="left") for axes in figure.axes[:4]] == [
        "i: -100 pA", "i: 0 pA", "i: 100 pA", "i: 900 pA",
    ]  # fmt: skip
    assert len({axes.get_ylim() for axes in figure.axes[:4]}) == 1
    figure = picture(run, make(**VOLTAGE, panels="word"), {})
    assert [axes.get_title(loc="left") for axes in figure.axes[:2]] == [
        "word: a b", "word: c",
    ]  # fmt: skip
    assert figure.get_supxlabel() == "cell 0, i -100 pA, repeat 0 (of 2)"


def test_time_counts_from_the_phase_and_spikes_stand_above_the_trace(run: Trajectory) -> None:
    figure = picture(run, make(**VOLTAGE, only={"i": 900}, start="10 ms", variables=["v"]), {})
    above, below = figure.axes
    (line,) = above.lines
    time, v = line.get_data()
    assert above.get_xlim() == below.get_xlim() == pytest.approx((10, 30))
    assert (time[0], time[-1]) == pytest.approx((10, 30))
    (marks,) = above.collections
    spikes = run.spikes["cells"]
    copy = run.info.conditions.query("i == 900").index[0] * 2
    own = spikes["time"][spikes["cell"] == copy * 2]
    times = [segment[0][0] for segment in marks.get_segments()]
    assert times == pytest.approx(own[own.between(0.01, 0.03)] * 1e3)
    assert len(times) > 0
    bottom, top = above.get_ylim()
    assert v.max() < bottom + 0.95 * (top - bottom)
    assert "strokes at the upper edge: spikes" in figure.get_supxlabel()


def test_without_a_current_the_spikes_that_come_in_are_drawn_below(run: Trajectory) -> None:
    figure = picture(run, make(**{**VOLTAGE, "phase": "volley", "start": "4 ms"}), {})
    _, below = figure.axes
    (marks,) = below.collections
    assert [segment[0][0] for segment in marks.get_segments()] == pytest.approx([5, 6, 7, 8])
    assert [text.get_text() for text in below.get_yticklabels()] == ["axons"]
    (line,) = picture(run, make(**VOLTAGE, unit="pA"), {}).axes[0].lines
    assert line.get_label() == "i synaptic"


def test_a_raster_has_spikes_of_one_copy_and_rates_by_population(run: Trajectory) -> None:
    figure = picture(run, make(**RASTER, only={"i": 900}, repeat=1), {})
    raster, rates = figure.axes
    axons, cells = (line for line in raster.lines if line.get_marker() == "|")
    assert axons.get_xydata().tolist() == pytest.approx(np.array([[5 + k, k] for k in range(4)]))
    assert set(cells.get_ydata()) <= {5, 6}
    steps = rates.patches[0].get_data()
    assert steps.values == pytest.approx(np.array([1, 3, 0, 0, 0, 0, 0]) / 5 / 4e-3)
    assert [text.get_text() for text in raster.get_yticklabels()] == [
        "axons\n5 cells", "cells\n2 cells",
    ]  # fmt: skip
    assert figure.get_supxlabel() == ("rates in stretches of 4 ms; i 900 pA, a b, repeat 1 (of 2)")
    figure = picture(run, make(**RASTER, cells=1, populations=["cells"]), {})
    assert [t.get_text() for t in figure.axes[0].get_yticklabels()] == ["cells\n1 of 2 cells"]


def test_labels_of_small_populations_stand_apart() -> None:
    places = _apart([400.0, 810.0, 815.0, 819.0], 90.0, 820.0)
    assert np.all(np.diff(places) >= 90.0 - 1e-9)
    assert places[0] == 400.0
    assert places[-1] <= 820.0
    np.testing.assert_allclose(_apart([10.0, 50.0], 5.0, 60.0), [10.0, 50.0])


def test_a_long_trace_is_thinned_without_losing_its_peaks() -> None:
    values = np.zeros(1_000_000)
    values[[123_456, 777_777]] = 1, -1
    kept = thinned(values)
    assert kept.size < 5000
    assert {0, 123_456, 777_777, 999_999} <= set(kept.tolist())
    assert thinned(values[:100]).tolist() == list(range(100))


def test_weights_have_a_histogram_too(run: Trajectory) -> None:
    (axes,) = picture(run, make(kind="histogram", phase="volley", variable="weight"), {}).axes
    assert axes.get_xlabel() == "Weight"


@pytest.mark.parametrize(
    ("plot", "words"),
    [
        ({**VOLTAGE, "phase": "stp"}, ("phase", "'step'")),
        ({**VOLTAGE, "population": "axons"}, ("[traces.axons]",)),
        ({**VOLTAGE, "variables": ["w"]}, ("[traces.cells]", "'w'")),
        ({**VOLTAGE, "cell": 2}, ("cell", "2 is none of [traces.cells]")),
        ({**VOLTAGE, "stop": "31 ms"}, ("start and stop", "no window")),
        ({**VOLTAGE, "start": "1 mV"}, ("start", "mV")),
        ({**VOLTAGE, "only": {"i": 5}}, ("only", "never 5")),
        ({**VOLTAGE, "repeat": 2}, ("repeat", "0 to 1")),
        ({**VOLTAGE, "panels": "j"}, ("panels", "'j'")),
        ({**VOLTAGE, "series": "i"}, ("series", "one variable")),
        ({**VOLTAGE, "unit": "mVs"}, ("unit", "'mVs'")),
        ({**VOLTAGE, "phase": "night"}, ("phase", "stand still")),
        ({**RASTER, "bin": "1 s"}, ("bin", "no stretch")),
        ({"kind": "morphology", "population": "cells", "phase": "day"}, ("phase", "'day'")),
        ({**RASTER, "cells": 0}, ("cells",)),
        ({**RASTER, "population": "axons"}, ("'population'", "'populations'")),
    ],
)
def test_a_wrong_picture_is_refused(plot: dict[str, Any], words: tuple[str, ...]) -> None:
    with pytest.raises(ProtocolError) as caught:
        make(**plot)
    assert [word for word in ("plot", *words) if word not in str(caught.value)] == []


def test_a_run_without_what_a_picture_needs_says_so(run: Trajectory) -> None:
    with pytest.raises(ResultError, match="no population 'cell'"):
        picture(run, make(**RASTER, populations=["cell"]), {})
    with pytest.raises(ResultError, match="counts mmolar"):
        picture(run, make(**VOLTAGE, unit="mmolar"), {})
