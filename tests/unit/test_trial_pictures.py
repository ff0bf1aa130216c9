"""Pictures of trials: what they refuse, and that lines are where the numbers are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from neurospine import Model, Protocol, measure, picture, simulate
from neurospine.analysis.drawing import finish
from neurospine.errors import ProtocolError
from neurospine.simulation.plan import make_plan

CIRCUIT = """
kind    = "circuit"
name    = "trained"
summary = "Axons onto cells."
populations.axons.size = 2
populations.cells.size = 4
[projections.spines]
from         = "axons"
to           = "cells"
spine        = "pair_stdp"
delay        = "axonal_delay"
connectivity = { rule = "all_to_all" }
[parameters]
axonal_delay = { value = 0.0, unit = "ms", source = "assumed", meaning = "Delay" }
"""
PLOT: dict[str, Any] = {
    "kind": "trials",
    "title": "Cells",
    "population": "cells",
    "phase": "trial",
    "compared": 2,
    "bin": "100 ms",
    "marks": {"go": "100 ms"},
    "measures": ("rate",),
}


def make(**plot: Any) -> Protocol:
    spike = {"kind": "regular", "population": "cells", "rate": "100 Hz", "count": 3}
    trial = {"name": "trial", "duration": "400 ms", "stimuli": ({**spike, "start": "110 ms"},)}
    probe = {"name": "probe", "duration": "400 ms", "stimuli": ({**spike, "start": "310 ms"},)}
    return Protocol(
        name="trials", step="1 ms", record_every="400 ms", phases=(trial, probe),
        cycle={"phases": ("trial",), "count": 4}, plot={**PLOT, **plot},
        measures={
            "rate": {"kind": "trial_response", "meaning": "Rate", "population": "cells",
                     "phase": "trial"},
            "count": {"kind": "spike_count", "meaning": "Spikes", "population": "cells",
                      "phase": "probe"},
        },
    )  # fmt: skip


def test_a_picture_shows_spikes_rates_and_measures_of_trials() -> None:
    protocol = make(also=("probe",))
    trajectory = simulate(Model.from_text(CIRCUIT), protocol, backend="numpy")
    figure = picture(trajectory, protocol, measure(trajectory, protocol))
    raster, rates, beside = figure.axes
    since, trial = raster.lines[0].get_data()
    assert np.unique(np.round(since, 3)).tolist() == [0.11, 0.12, 0.13]
    assert np.unique(np.floor(trial + 0.5)).tolist() == [1, 2, 3, 4]
    steps = [patch.get_data().values.tolist() for patch in rates.patches]
    assert steps[0] == steps[1] == pytest.approx([0, 30, 0, 0])  # 3 spikes in 100 ms
    assert steps[2] == pytest.approx([0, 0, 0, 30])
    assert beside.lines[0].get_ydata().tolist() == pytest.approx([3 / 0.4] * 4)


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"phase": "trials"}, "phase: unknown name 'trials'"),
        ({"compared": 3}, "compared: twice 3 is more than 4 trials"),
        ({"also": ("probes",)}, "also: unknown name 'probes'"),
        ({"measures": ("count",)}, "measures: 'count' is no measure by trial"),
        ({"stop": "1 s"}, "start, stop and bin"),
        ({"bin": "1 mV"}, "mV"),
        ({"marks": {"go": "1 s"}}, "marks: must be from start to stop"),
        ({"repeat": 1}, "repeat: must be from 0 to 0"),
    ],
)
def test_pictures_of_what_is_not_there_are_refused(facts: Any, message: str) -> None:
    with pytest.raises(ProtocolError, match=rf"\[plot\]: .*{message}"):
        make(**facts)


def test_a_picture_of_a_population_that_the_model_lacks_is_refused() -> None:
    with pytest.raises(ProtocolError, match=r"\[plot\]: population: unknown name 'cell'"):
        make_plan(Model.from_text(CIRCUIT), make(population="cell"))


@pytest.mark.parametrize(("lines", "beside"), [(8, False), (13, True)])
def test_a_long_legend_stands_beside_the_lines(lines: int, beside: bool) -> None:
    figure = Figure(figsize=(6.4, 4.4), layout="constrained")
    axes = figure.subplots()
    for number in range(lines):
        axes.plot([0, 1], [number, number], label=f"line {number}")
    finish(axes, "Lines")
    figure.draw_without_rendering()
    legend = axes.get_legend()
    assert legend is not None
    assert (legend.get_window_extent().x0 >= axes.get_window_extent().x1) == beside
    assert legend.get_window_extent().x1 <= figure.bbox.x1
