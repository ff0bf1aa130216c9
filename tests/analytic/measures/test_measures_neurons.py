"""Measures of neurons on leaky ones, whose answers to currents are known in closed form."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from neurospine import Model, Protocol, Trajectory, measure, simulate
from neurospine.description.library import shipped_folder
from neurospine.errors import ProtocolError, ResultError
from neurospine.results.info import RunInfo, TraceInfo, Variable
from neurospine.simulation.plan import make_plan

CIRCUIT = """
kind    = "circuit"
name    = "alone"
summary = "Neurons with nothing but a current into them."

[populations.cells]
neuron = "leaky"
size   = 3
"""
#: Of the leaky neuron: 20 ms over 250 pF, and its potentials.
TAU, RESISTANCE, REST, THRESHOLD, REFRACTORY = 20.0, 80.0, -70.0, -55.0, 2.0
CURRENT = {"kind": "current", "population": "cells", "amplitude": "i", "start": "50 ms",
           "stop": "250 ms"}  # fmt: skip
ONE = {"cells": [1], "population": "cells", "phase": "step"}
VARIABLES = ("v", "i_synaptic", "i_injected")
TRACES = {"variables": VARIABLES, "cells": (0, 1), "every": "0.1 ms"}
MEASURES: dict[str, dict[str, Any]] = {
    "rest": {"kind": "resting_potential", "stop": "50 ms"},
    "resistance": {"kind": "input_resistance"},
    "tau": {"kind": "time_constant"},
    "tau_off": {"kind": "time_constant", "edge": "offset", "length": "30 ms", "after": "1 ms"},
    "sag": {"kind": "sag"},
    "peak": {"kind": "peak_deflection", "start": "50 ms", "stop": "90 ms", "before": "20 ms"},
    "down": {"kind": "peak_deflection", "start": "50 ms", "direction": "down"},
    "same": {"kind": "attenuation", "over": "v", "of": "steady", "start": "50 ms",
             "stop": "250 ms"},
    "above": {"kind": "trace_duration_above", "level": "-66 mV"},
    "rate": {"kind": "firing_rate", "start": "50 ms", "stop": "250 ms"},
    "count": {"kind": "spike_count", "stop": "250 ms"},
    "latency": {"kind": "first_spike_latency", "start": "50 ms"},
    "variation": {"kind": "isi_variation", "stop": "250 ms"},
    "doubled": {"kind": "summation", "of": "peak", "axis": "i", "single": 100},
}  # fmt: skip


def make(amplitudes: Any = (-100, 0, 100, 500), *stimuli: Any, **facts: Any) -> Protocol:
    measures = {
        name: {"meaning": name, **({} if m["kind"] == "summation" else ONE), **m}
        for name, m in facts.pop("measures", {}).items()
    }
    phase = {"name": "step", "duration": "300 ms", "stimuli": (CURRENT, *stimuli)}
    axis = {"values": tuple(amplitudes), "unit": "pA", "meaning": "Current"}
    tables = {"phases": (phase,), "conditions": {"i": axis}, "traces": {"cells": TRACES}}
    return Protocol(
        name="steps", model={"circuit": "alone"}, step="0.1 ms", record_every="10 ms",
        measures=measures, **{**tables, **facts},
    )  # fmt: skip


@pytest.fixture(scope="module")
def found() -> Any:
    """All measures, each as a series over the amplitude in pA."""
    protocol = make(measures=MEASURES)
    tables = measure(simulate(Model.from_text(CIRCUIT), protocol, backend="numpy"), protocol)
    return {name: table.set_index("i")["value"] for name, table in tables.items()}


def test_a_current_charges_a_leaky_membrane_as_the_formula_says(found: Any) -> None:
    subthreshold = [-100, 0, 100]
    assert found["rest"][subthreshold].to_numpy() == pytest.approx([REST] * 3)
    left = np.exp(-np.arange(190, 200, 0.1) / TAU).mean()  # what of it is still to come
    for amplitude in (-100, 100):
        assert found["resistance"][amplitude] == pytest.approx(RESISTANCE * (1 - left))
        assert found["tau"][amplitude] == pytest.approx(TAU, rel=1e-3)
        assert found["tau_off"][amplitude] == pytest.approx(TAU, rel=1e-3)
        assert found["sag"][amplitude] == pytest.approx(0, abs=1e-3)
        steady = RESISTANCE * amplitude * 1e-3
        at_40_ms = steady * (1 - math.exp(-39.9 / TAU))
        assert found["peak"][amplitude] == pytest.approx(at_40_ms, rel=1e-6)
        assert found["same"][amplitude] == pytest.approx(1)
    assert found["down"][-100] == pytest.approx(-RESISTANCE * 0.1, rel=1e-3)
    assert found["down"][100] == pytest.approx(0, abs=1e-9)
    for name in ("resistance", "tau", "tau_off", "sag"):
        assert np.isnan(found[name][0])  # no current
    for name in ("resistance", "tau", "sag"):
        assert np.isnan(found[name][500])  # spikes
    assert found["tau_off"][500] == pytest.approx(TAU, rel=1e-3)
    assert found["above"][100] == pytest.approx(200, abs=0.02)  # half up and half down again
    assert found["above"][-100] == 0


def test_spikes_follow_the_current_as_the_formula_says(found: Any) -> None:
    drive = RESISTANCE * 0.5
    rise = TAU * math.log(drive / (drive - (THRESHOLD - REST)))
    spikes = 1 + math.floor((200 - rise) / (rise + REFRACTORY))
    assert found["count"][500] == spikes
    assert found["rate"][500] == pytest.approx(spikes / 0.2)
    assert found["latency"][500] == pytest.approx(rise, abs=0.2)
    assert found["variation"][500] == pytest.approx(0, abs=1e-9)
    for amplitude in (-100, 0, 100):
        assert found["rate"][amplitude] == found["count"][amplitude] == 0
        assert np.isnan(found["latency"][amplitude])
        assert np.isnan(found["variation"][amplitude])


def test_what_adds_up_has_a_summation_of_one(found: Any) -> None:
    assert found["doubled"][[-100, 100]].to_numpy() == pytest.approx([1, 1])
    assert np.isnan(found["doubled"][0])
    assert found["doubled"][500] < 0.6  # spikes cut it off


def trajectory(
    spikes: Any = ((), ()), size: int = 4, trace: Any = None, repeats: int = 1, **conditions: Any
) -> Trajectory:
    """Return a run of a second with these times and cells, or a trace of a millisecond step."""
    rows = pd.DataFrame(conditions)
    copies = max(1, len(rows)) * repeats
    phases = pd.DataFrame([{"name": "a", "start": 10.0, "stop": 11.0}])
    time, cell = spikes
    table = pd.DataFrame({"time": np.asarray(time, float), "cell": np.asarray(cell, int)})
    traces, recorded = {}, {}
    if trace is not None:
        values = np.asarray(trace, float)
        number = np.arange(values.shape[1], dtype=np.int32)
        copy = number // size
        cells = {"number": number, "condition": copy // repeats, "repeat": copy % repeats}
        along = {name: ("cell", column) for name, column in cells.items() if name != "number"}
        recorded["cells"] = xr.Dataset(
            {"v": (("time", "cell"), values, {"units": "volt"})},
            {"time": 10 + np.arange(len(values)) * 1e-3, "number": ("cell", number), **along},
        )
        traces["cells"] = TraceInfo(pd.DataFrame(cells), {"v": Variable("volt", "v")})
    about = {"protocol": "p", "model": "m", "seed": 0, "repeats": repeats}
    info = RunInfo(
        about, {}, 1e-6, phases, pd.DataFrame(), rows,
        {name: Variable("ms", name) for name in rows}, {}, traces,
        pd.DataFrame({"phase": [], "kind": [], "settings": []}), {"cells": size * copies},
    )  # fmt: skip
    return Trajectory(info, {}, {"cells": table}, traces=recorded)


def measured(run: Trajectory, **table: Any) -> pd.DataFrame:
    axes = {n: {"values": list(c), "unit": "ms", "meaning": n}
            for n, c in run.info.conditions.items()}  # fmt: skip
    protocol = Protocol(
        name="p", step="1 ms", record_every="1 s", conditions=axes,
        repeats=int(run.info.attributes["repeats"]),
        phases=[{"name": "a", "duration": "1 s"}],
        traces={"cells": {"variables": ("v",), "cells": (0, 1)}},
        measures={"found": {"meaning": "m", "population": "cells", "phase": "a", **table}},
    )  # fmt: skip
    return measure(run, protocol)["found"]


def test_intervals_of_poisson_spikes_vary_as_much_as_their_mean() -> None:
    generator = np.random.default_rng(1)
    cells, rate, repeats = 20, 200.0, 5
    number = generator.poisson(rate, cells * repeats)
    cell = np.repeat(np.arange(cells * repeats), number)
    time = 10 + generator.random(cell.size)
    run = trajectory((time, cell), cells, repeats=repeats)
    (row,) = measured(run, kind="isi_variation").itertuples()
    assert row.n == repeats
    # Four standard errors of the mean; the CV of n intervals is low by about 1/n.
    assert row.value == pytest.approx(1 - 1 / rate, abs=4 / math.sqrt(rate * cells * repeats))
    (row,) = measured(run, kind="firing_rate").itertuples()
    assert row.value == pytest.approx(number.mean())
    assert row.low < rate < row.high


def test_windows_hold_their_start_and_not_their_stop_and_may_be_conditions() -> None:
    time = 10 + np.array([0.0, 0.1, 0.2, 0.3, 0.1, 0.25, 0.999])
    cell = np.array([0, 0, 0, 1, 4, 5, 7])
    run = trajectory((time, cell), 4, until=[200.0, 300.0])
    counts = measured(run, kind="spike_count", start="100 ms", stop="until")
    assert counts["value"].tolist() == [1 / 4, 2 / 4]
    assert counts["standard_error"].to_numpy() == pytest.approx([1 / 4, 1 / math.sqrt(12)])
    counts = measured(run, kind="spike_count", cells=[0, 3])
    assert counts["value"].tolist() == [3 / 2, 2 / 2]
    rates = measured(run, kind="firing_rate", start="100 ms", every="100 ms", stop="400 ms")
    assert rates["time"].tolist() == [200, 300, 400] * 2
    assert rates["value"].to_numpy() == pytest.approx([2.5, 2.5, 2.5, 2.5, 2.5, 0])
    latency = measured(run, kind="first_spike_latency", start="100 ms")
    assert latency["value"].to_numpy() == pytest.approx([(0 + 200) / 2, (0 + 150 + 899) / 3])


def test_deflections_are_from_before_the_window_and_have_a_sign() -> None:
    trace = np.full((1000, 2), -70e-3)
    trace[100:200] += [4e-3, -6e-3]
    trace[150] += [6e-3, -1e-3]
    run = trajectory(trace=trace, size=2)
    window = {"start": "100 ms", "stop": "300 ms", "before": "50 ms"}

    def peaks(**more: Any) -> list[float]:
        tables = [
            measured(run, kind="peak_deflection", cells=[c], **window, **more) for c in (0, 1)
        ]
        return [float(table["value"][0]) for table in tables]

    assert peaks() == pytest.approx([10, -7])
    assert peaks(direction="up") == pytest.approx([10, 0])
    assert peaks(direction="down") == pytest.approx([0, -7])
    assert peaks(unit="volt") == pytest.approx([10e-3, -7e-3])
    (row,) = measured(run, kind="peak_deflection", **window).itertuples()
    assert (row.value, row.standard_error) == pytest.approx((1.5, 8.5))
    with pytest.raises(ResultError, match=r"'v' of 'cells'.*pA"):
        peaks(unit="pA")


def test_a_plateau_is_as_long_as_a_line_through_samples_is_above_the_level() -> None:
    trace = np.full((1000, 2), -60e-3)
    trace[10:20, 0] = trace[30:50, 0] = -40e-3  # half a sample more to both sides
    trace[5, 1] = -45e-3
    run = trajectory(trace=trace, size=2)
    for of, expected in (("total", (10 + 20, 2 / 3)), ("longest", (20, 2 / 3))):
        for cell, length in zip((0, 1), expected, strict=True):
            table = measured(run, kind="trace_duration_above", level="-50 mV", of=of, cells=[cell])
            assert table["value"][0] == pytest.approx(length)


def test_large_recordings_are_read_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    trace = np.random.default_rng(0).normal(-70e-3, 1e-3, (1000, 8))
    run = trajectory(trace=trace, size=2, repeats=2, dose=[1.0, 2.0])
    whole = measured(run, kind="resting_potential", stop="500 ms")
    monkeypatch.setattr("neurospine.analysis.windows._AT_ONCE", 1)
    pd.testing.assert_frame_equal(measured(run, kind="resting_potential", stop="500 ms"), whole)
    assert whole["value"].to_numpy() == pytest.approx(
        trace[:500].reshape(500, 2, 4).mean(axis=(0, 2)) * 1e3
    )


@pytest.mark.parametrize(
    "backend", ["numpy", pytest.param("cpp", marks=[pytest.mark.cpp, pytest.mark.slow])]
)
def test_pulses_and_turns_of_a_cycle_come_when_they_are_said_to(backend: str) -> None:
    pulses = {**CURRENT, "start": "2 ms", "stop": "3 ms", "rate": "300 Hz", "count": 3}
    wide = {**CURRENT, "start": "0 ms", "stop": "length", "cells": (0,), "amplitude": "-50 pA"}
    protocol = Protocol(
        name="cycle", model={"circuit": "alone"}, step="0.1 ms", record_every="1 ms",
        phases=(
            {"name": "rest", "duration": "5 ms"},
            {"name": "on", "duration": "20 ms", "stimuli": (pulses,)},
            {"name": "off", "duration": "10 ms", "stimuli": (wide,)},
            {"name": "night", "duration": "1 hour", "kind": "consolidation",
             "record_every": "1 hour"},
        ),
        cycle={"phases": ("on", "off", "night"), "count": 3},
        conditions={"i": {"values": (100, 40), "unit": "pA", "meaning": "Current"},
                    "length": {"values": (0, 4), "unit": "ms", "meaning": "Length"}},
        arrangement="rows", repeats=2,
        traces={"cells": {"variables": ("i_injected",), "cells": (0, 1), "every": "0.1 ms"}},
    )  # fmt: skip
    run = simulate(Model.from_text(CIRCUIT), protocol, backend=backend).traces["cells"]
    onsets = np.rint(np.arange(3) / 300 / 1e-4).astype(int)
    expected = np.zeros((50 + 3 * 300, 8))
    for turn in range(3):
        start = 50 + turn * 300
        for tick in start + 20 + onsets:
            expected[tick : tick + 10] += np.repeat([100, 40], 4)
        expected[start + 200 : start + 240, [4, 6]] -= 50
    np.testing.assert_allclose(run["i_injected"].values * 1e12, expected, atol=1e-9)
    assert run["i_injected"].attrs["units"] == "amp"


def test_other_amplitudes_and_times_need_no_other_program() -> None:
    model = Model.from_text(CIRCUIT)
    later = {**CURRENT, "start": "60 ms", "stop": "70 ms", "amplitude": "1 nA", "cells": (2,)}
    made = [make_plan(model, make((0, 1), s)).network for s in (CURRENT, later)]
    assert made[0].structure == made[1].structure
    quiet = make_plan(model, make(phases=({"name": "step", "duration": "10 ms"},))).network
    assert "i_injected = 0*amp : amp" in quiet.groups[0].equations


def test_a_neuron_that_reads_no_current_gets_none() -> None:
    leaky = (shipped_folder() / "models/neurons/leaky.toml").read_text()
    deaf = leaky.replace(" + i_injected/capacitance", "").replace('"leaky"', '"deaf"')
    model = Model.from_text(CIRCUIT.replace('"leaky"', '"deaf"'), parts={"deaf": deaf})
    with pytest.raises(ProtocolError, match=r"stimulus 1 \(current\).*'deaf'.*'i_injected'"):
        simulate(model, make(), backend="numpy")


BAD: list[tuple[dict[str, Any], tuple[str, ...]]] = [
    ({"population": "cell"}, ("phase 'step', stimulus 2 (current)", "'cell'", "'cells'")),
    ({"amplitude": "i2"}, ("amplitude", "'i2'", "'i'")),
    ({"amplitude": "1 mV"}, ("amplitude", "mV")),
    ({"start": "0.15 ms"}, ("start", "no multiple of the step")),
    ({"stop": "301 ms"}, ("start and stop", "outside the phase")),
    ({"start": "-1 ms"}, ("outside the phase",)),
    ({"stop": "10 ms"}, ("stop", "before start")),
    ({"cells": (3,)}, ("cells", "0 to 2")),
    ({"compartment": "soma"}, ("compartment", "points")),
    ({"count": 3}, ("count", "rate")),
    ({"rate": "10 Hz"}, ("rate", "overlap")),
    ({"rate": "0 Hz"}, ("rate", "never")),
]


@pytest.mark.parametrize(("change", "words"), BAD)
def test_a_current_that_cannot_flow_is_refused(
    change: dict[str, Any], words: tuple[str, ...]
) -> None:
    protocol = make((0, 1), {**CURRENT, **change})
    with pytest.raises(ProtocolError) as caught:
        simulate(Model.from_text(CIRCUIT), protocol, backend="numpy")
    assert [word for word in ("steps", *words) if word not in str(caught.value)] == []


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"kind": "firing_rate", "phase": "stp"}, ("phase", "'step'")),
        ({"kind": "firing_rate", "phase": "night"}, ("phase", "stand still")),
        ({"kind": "firing_rate", "start": "1 s"}, ("start and stop", "no window")),
        ({"kind": "firing_rate", "start": "ii"}, ("start", "'ii'")),
        ({"kind": "firing_rate", "every": "0 s"}, ("every", "positive")),
        ({"kind": "isi_variation", "fewest": 2}, ("fewest", "3")),
        ({"kind": "resting_potential", "variable": "u"},
         ("'u' of 'cells' is not recorded", '[traces.cells] with variables = ["v", "i_syn')),
        ({"kind": "resting_potential", "population": "others"}, ("[traces.others]",)),
        ({"kind": "resting_potential", "cells": [2]}, ("cells: 2 is not recorded",)),
        ({"kind": "resting_potential", "unit": "mVs"}, ("unit", "'mVs'")),
        ({"kind": "peak_deflection", "start": "1 ms", "before": "2 ms"}, ("before", "beyond")),
        ({"kind": "trace_duration_above", "level": "3 pA"}, ("pA",)),
        ({"kind": "attenuation", "over": "w"}, ("'w' of 'cells' is not recorded",)),
        ({"kind": "input_resistance", "stimulus": 2}, ("stimulus", "number 2", "no current")),
        ({"kind": "time_constant", "edge": "onst"}, ("edge", "'onset'")),
        ({"kind": "sag", "phase": "quiet"}, ("no stimulus of the kind current", "'quiet'")),
        ({"kind": "summation", "of": "rest", "axis": "j"}, ("axis", "'j'")),
        ({"kind": "summation", "of": "rest", "axis": "i", "single": 3}, ("never 3", "-100")),
        ({"kind": "summation", "of": "rest", "axis": "word"}, ("'word' holds words",)),
    ],
)  # fmt: skip
def test_a_wrong_measure_of_neurons_is_refused(
    table: dict[str, Any], words: tuple[str, ...]
) -> None:
    phases = (
        {"name": "step", "duration": "300 ms", "stimuli": (CURRENT,)},
        {"name": "quiet", "duration": "10 ms"},
        {"name": "night", "duration": "1 hour", "kind": "consolidation", "tick": "1 hour",
         "record_every": "1 hour"},
    )  # fmt: skip
    axes = {"i": {"values": (-100, 1), "unit": "pA", "meaning": "Current"},
            "word": {"values": ("a",), "meaning": "Word"}}  # fmt: skip
    rest = {"kind": "resting_potential"}
    common = {} if table["kind"] == "summation" else {"population": "cells", "phase": "step"}
    with pytest.raises(ProtocolError) as caught:
        make(phases=phases, conditions=axes, measures={"rest": rest, "found": common | table})
    assert [w for w in ("measures", "found", *words) if w not in str(caught.value)] == []


def test_a_measure_of_no_population_of_the_model_is_refused_before_the_run() -> None:
    protocol = make(measures={"found": {"kind": "firing_rate", "population": "cell"}})
    with pytest.raises(ProtocolError, match=r"measures.found.*population.*'cell'.*'cells'"):
        simulate(Model.from_text(CIRCUIT), protocol, backend="numpy")


def test_a_run_without_what_a_measure_needs_says_so() -> None:
    run = trajectory(trace=np.zeros((10, 2)), size=2)
    with pytest.raises(ResultError, match="no sample"):
        measured(run, kind="resting_potential", start="500 ms")
    with pytest.raises(ResultError, match=r"'v' .* was not recorded"):
        measured(trajectory(size=2), kind="resting_potential")
    empty = trajectory(size=2)
    empty.info.populations.clear()  # type: ignore[attr-defined]
    with pytest.raises(ResultError, match="no population 'cells'"):
        measured(empty, kind="firing_rate")
    with pytest.raises(ResultError, match="0 to 1"):
        measured(trajectory(size=2), kind="firing_rate", cells=[2])
