"""Currents into compartments of a tree, and what their measures say about passive ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.collections import PathCollection

from neurospine import Model, Protocol, measure, picture, simulate
from neurospine.analysis.morphology import shape_of
from neurospine.errors import ProtocolError, ResultError

SOURCE = 'source = "assumed", meaning = "m"'
PARTS = {
    "leak": f"""
kind = "mechanism"
name = "leak"
summary = "s"
conductance = "area/membrane_resistivity"
reversal = "e_leak"
[parameters]
membrane_resistivity = {{ value = 10000.0, unit = "ohm*cm**2", {SOURCE} }}
e_leak = {{ value = -70.0, unit = "mV", {SOURCE} }}
""",
    "spiking": f"""
kind = "mechanism"
name = "spiking"
summary = "s"
threshold = "v > v_threshold"
refractory = "refractory_period"
on_spike = "v = v_reset"
[parameters]
v_threshold = {{ value = 0.0, unit = "mV", {SOURCE} }}
v_reset = {{ value = -60.0, unit = "mV", {SOURCE} }}
refractory_period = {{ value = 2.0, unit = "ms", {SOURCE} }}
""",
    "tree": f"""
kind = "neuron"
name = "tree"
summary = "s"
method = "crank_nicolson"
[membrane]
capacitance = "specific_capacitance"
axial_resistivity = "axial_resistivity"
potential = "v_start"
[compartments.soma]
length = "size"
diameter = "size"
mechanisms = ["leak", "spiking"]
[compartments.dend]
parent = "soma"
length = "size"
diameter = "thin"
mechanisms = ["leak"]
[parameters]
specific_capacitance = {{ value = 1.0, unit = "uF/cm**2", {SOURCE} }}
v_start = {{ value = -70.0, unit = "mV", {SOURCE} }}
size = {{ value = 30.0, unit = "um", {SOURCE} }}
thin = {{ value = 15.0, unit = "um", {SOURCE} }}
axial_resistivity = {{ value = 1e6, unit = "ohm*cm", {SOURCE} }}
""",
}
CIRCUIT = """
kind = "circuit"
name = "alone"
summary = "s"
[populations.cells]
neuron = "tree"
size = 1
"""
#: Leaks of soma and dendrite (nS): area over 10 kOhm cm**2. They are joined by half a dendrite of
#: 10 kOhm m, far worse than cytoplasm.
SOMA, DENDRITE = np.pi * 30 * 30 * 1e-3, np.pi * 30 * 15 * 1e-3
COUPLING = np.pi * 7.5**2 / 15 / 1e4 * 1e3


def currents(*more: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    """Return phases with a current into the soma, and then one into the dendrite."""
    flows = {"kind": "current", "population": "cells", "amplitude": "10 pA",
             "start": "20 ms", "stop": "320 ms"}  # fmt: skip
    return tuple(
        {"name": name, "duration": "520 ms", "stimuli": ({**flows, **place}, *more)}
        for name, place in (("soma", {}), ("dendrite", {"compartment": "dend"}))
    )


def make(**facts: Any) -> Protocol:
    tables: dict[str, Any] = {"phases": currents(), **facts}
    return Protocol(
        name="steps", model={"circuit": "alone"}, step="0.1 ms", record_every="10 ms",
        traces={"cells": {"variables": ("v_soma", "v_dend"), "every": "0.1 ms"}}, **tables,
    )  # fmt: skip


def test_resistances_and_attenuation_of_two_compartments_are_those_of_the_circuit() -> None:
    common = {"meaning": "m", "population": "cells"}
    window = {"start": "20 ms", "stop": "320 ms", "of": "steady"}
    wanted: dict[str, dict[str, Any]] = {
        "at_soma": {"kind": "input_resistance", "phase": "soma", "variable": "v_soma"},
        "at_dend": {"kind": "input_resistance", "phase": "dendrite", "variable": "v_dend"},
        "transfer": {"kind": "input_resistance", "phase": "dendrite", "variable": "v_soma"},
        "outwards": {"kind": "attenuation", "phase": "soma", "variable": "v_dend",
                     "over": "v_soma", **window},
        "inwards": {"kind": "attenuation", "phase": "dendrite", "variable": "v_soma",
                    "over": "v_dend", **window},
        "tau": {"kind": "time_constant", "phase": "soma", "variable": "v_soma",
                "after": "60 ms", "length": "60 ms"},
    }  # fmt: skip
    protocol = make(measures={name: {**common, **table} for name, table in wanted.items()})
    run = simulate(Model.from_text(CIRCUIT, parts=PARTS), protocol, backend="numpy")
    found = {name: float(t["value"][0]) for name, t in measure(run, protocol).items()}
    matrix = np.array([[SOMA + COUPLING, -COUPLING], [-COUPLING, DENDRITE + COUPLING]])
    resistance = np.linalg.inv(matrix) * 1e3  # MOhm
    assert found["at_soma"] == pytest.approx(resistance[0, 0], rel=1e-6)
    assert found["at_dend"] == pytest.approx(resistance[1, 1], rel=1e-6)
    assert found["transfer"] == pytest.approx(resistance[0, 1], rel=1e-6)
    assert found["outwards"] == pytest.approx(COUPLING / (DENDRITE + COUPLING), rel=1e-6)
    assert found["inwards"] == pytest.approx(COUPLING / (SOMA + COUPLING), rel=1e-6)
    assert found["tau"] == pytest.approx(10.0, rel=1e-3)  # 10 kOhm cm**2 times 1 uF/cm**2


def test_branches_that_meet_share_a_current() -> None:
    branch = 'parent = "dend"\nlength = "size"\ndiameter = "thin"\nmechanisms = ["leak"]\n'
    branches = f"[compartments.left]\n{branch}[compartments.right]\n{branch}[parameters]"
    parts = {**PARTS, "tree": PARTS["tree"].replace("[parameters]", branches)}
    measures = {"found": {"kind": "input_resistance", "phase": "soma", "variable": "v_soma",
                          "meaning": "m", "population": "cells"}}  # fmt: skip
    protocol = make(phases=currents()[:1], measures=measures)
    run = simulate(Model.from_text(CIRCUIT, parts=parts), protocol, backend="numpy")
    # Soma, dendrite, left, right, and the point where half of each of the three ends.
    matrix = np.diag([SOMA, DENDRITE, DENDRITE, DENDRITE, 0.0])
    for one, other in ((0, 1), (1, 4), (2, 4), (3, 4)):
        matrix[[one, other], [one, other]] += COUPLING
        matrix[[one, other], [other, one]] -= COUPLING
    found = float(measure(run, protocol)["found"]["value"][0])
    assert found == pytest.approx(np.linalg.inv(matrix)[0, 0] * 1e3, rel=1e-6)


def test_a_current_into_no_compartment_is_refused() -> None:
    wrong = {"kind": "current", "population": "cells", "amplitude": "10 pA", "start": "0 ms",
             "stop": "1 ms", "compartment": "dnd"}  # fmt: skip
    with pytest.raises(ProtocolError, match=r"stimulus 2 \(current\): compartment.*'dend'"):
        simulate(
            Model.from_text(CIRCUIT, parts=PARTS), make(phases=currents(wrong)), backend="numpy"
        )


def test_currents_into_compartments_have_their_colours() -> None:
    (flow, *_) = currents()[0]["stimuli"]
    phase = {**currents()[0], "stimuli": (flow, {**flow, "compartment": "dend"})}
    plot = {"kind": "voltage", "title": "t", "population": "cells", "phase": "soma"}
    protocol = make(phases=(phase,), plot=plot)
    run = simulate(Model.from_text(CIRCUIT, parts=PARTS), protocol, backend="numpy")
    above, below = picture(run, protocol, {}).axes
    drawn = {line.get_label(): line.get_color() for line in above.lines}
    assert {line.get_label(): line.get_color() for line in below.lines} == {
        f"into {place}": colour for place, colour in drawn.items()
    }


SPINY = f"""
kind = "circuit"
name = "alone"
summary = "s"
[populations.axons]
size = 12
[populations.cells]
neuron = "tree"
size = 2
[projections.spines]
from = "axons"
to = "cells"
spine = "pair_stdp"
delay = "travel"
connectivity = {{ rule = "all_to_all" }}
compartments = ["dend"]
receptors = {{ ampa = "ampa_peak" }}
[projections.fixed]
from = "axons"
to = "cells"
spine = "fixed_contact"
delay = "travel"
connectivity = {{ rule = "all_to_all" }}
compartments = ["soma", "dend"]
receptors = {{ ampa = "ampa_peak" }}
[parameters]
travel = {{ value = 1.0, unit = "ms", {SOURCE} }}
ampa_peak = {{ value = 0.5, unit = "nS", {SOURCE} }}
"""
AMPA = f"""
kind = "mechanism"
name = "ampa"
summary = "s"
equations = "dampa_open/dt = -ampa_open/tau_ampa : siemens"
conductance = "ampa_open"
reversal = "e_ampa"
receives = "ampa_open += conductance"
[parameters]
tau_ampa = {{ value = 2.0, unit = "ms", {SOURCE} }}
e_ampa = {{ value = 0.0, unit = "mV", {SOURCE} }}
"""


def test_the_cell_of_a_run_is_drawn_with_its_spines_where_they_are() -> None:
    spiny = PARTS["tree"].replace('["leak"]', '["leak", "ampa"]')
    spiny = spiny.replace('"spiking"', '"spiking", "ampa"')
    model = Model.from_text(SPINY, parts={**PARTS, "tree": spiny, "ampa": AMPA})
    plot = {"kind": "morphology", "title": "A cell", "population": "cells", "phase": "soma"}
    protocol = make(phases=currents()[:1], repeats=2, plot={**plot, "cell": 1, "repeat": 1})
    run = simulate(model, protocol, backend="numpy")
    shape = shape_of(run, "cells")
    assert (shape.names, shape.parents) == (("soma", "dend"), (-1, 0))
    np.testing.assert_allclose([shape.lengths, shape.diameters], [[30, 30], [30, 15]])
    axes, _ = picture(run, protocol, {}).axes
    (dots,) = (c for c in axes.collections if isinstance(c, PathCollection))
    table = run.info.spines["spines"].slots
    ours = table[(table["repeat"] == 1) & (table["post"] == 3)]
    assert len(ours) == 12
    # the dendrite goes up from the edge of the soma
    heights = np.sort(dots.get_offsets()[:, 1])
    np.testing.assert_allclose(heights, 15 + np.sort(ours["position"]))
    assert axes.get_title(loc="left") == "A cell"
    said = axes.figure.get_supxlabel()
    assert said.startswith("dots: spines, their area")
    assert said.endswith("cell 1, repeat 1 (of 2)")
    fixed = {**plot, "projection": "fixed"}  # contacts that never change are drawn if named
    axes, _ = picture(run, make(phases=currents()[:1], plot=fixed), {}).axes
    assert axes.figure.get_supxlabel().startswith("dots: fixed")
    with pytest.raises(ResultError, match="cell: must be from 0 to 1"):
        picture(run, make(phases=currents()[:1], plot={**plot, "cell": 2}), {})
    with pytest.raises(ResultError, match="no projection 'spine' onto 'cells'"):
        picture(run, make(phases=currents()[:1], plot={**plot, "projection": "spine"}), {})
    with pytest.raises(ProtocolError, match=r"\[plot\]: population: 'axons'.*'cells'|Known: cells"):
        simulate(model, make(phases=currents()[:1], plot={**plot, "population": "axons"}))
