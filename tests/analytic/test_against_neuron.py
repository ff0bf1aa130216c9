"""The same cells in NEURON: a branched tree with a synapse, and a soma that spikes.

NEURON is no dependency of ours (extra ``compare``); without it these tests are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

neuron = pytest.importorskip(
    "neuron", reason="NEURON is not installed (pip install neurospine[compare])"
)

STEP = 0.025
LEAK = ["leak"]
#: Parents come first; lengths and diameters in um.
TREE = {
    "soma": {"length": 20, "diameter": 20, "mechanisms": ["leak", "silent"]},
    "apical": {"parent": "soma", "length": 200, "diameter": 3, "segments": 5, "mechanisms": LEAK},
    "tuft": {"parent": "apical", "length": 150, "diameter": 1, "segments": 3,
             "mechanisms": ["leak", "ampa"]},
    "oblique": {"parent": "apical", "length": 100, "diameter": 1.5, "segments": 3,
                "mechanisms": LEAK},
    "basal": {"parent": "soma", "length": 120, "diameter": 2, "segments": 3, "mechanisms": LEAK},
}  # fmt: skip
SPIKING = TREE | {"soma": TREE["soma"] | {"mechanisms": ["squid"]}}


@pytest.fixture(autouse=True)
def _empty() -> Iterator[None]:
    """Leave nothing in NEURON for the next test."""
    yield
    neuron.h("forall delete_section()")


def in_neuron(
    tree: Mapping[str, Any], method: str, start: float, duration: float, current: Any, events: Any
) -> SimpleNamespace:
    """Return potentials (mV) and spike times (ms) of the tree in NEURON.

    `current` is place, nA, start and stop; `events` are a compartment, uS and times.
    """
    h = neuron.h
    h.load_file("stdrun.hoc")
    sections: dict[str, Any] = {}
    for name, facts in tree.items():
        section = sections[name] = h.Section(name=name)
        section.L, section.diam = facts["length"], facts["diameter"]
        section.nseg, section.cm, section.Ra = facts.get("segments", 1), 1.0, 100.0
        if "squid" in facts["mechanisms"]:
            section.insert("hh")
        else:
            section.insert("pas")
            section.g_pas, section.e_pas = 1e-4, -70.0
        if "parent" in facts:
            section.connect(sections[facts["parent"]](0.5 if facts["parent"] == "soma" else 1.0))
    h.usetable_hh, h.celsius, h.dt = 0, 6.3, STEP
    h.secondorder = {"backward_euler": 0, "crank_nicolson": 2}[method]
    h.steps_per_ms = 1 / STEP
    place, amplitude, on, off = current
    clamp = h.IClamp(sections[place.split("_")[0]](0.5))
    clamp.amp, clamp.delay, clamp.dur = amplitude, on, off - on
    place, weight, times = events
    synapse = h.ExpSyn(sections[place](0.5))
    synapse.tau, synapse.e = 2.0, 0.0
    joined = h.NetCon(None, synapse)
    joined.weight[0] = weight
    spikes = h.Vector()
    counter = h.NetCon(sections["soma"](0.5)._ref_v, None, sec=sections["soma"])
    counter.threshold = -20.0
    counter.record(spikes)
    ends = {"v_soma": sections["soma"](0.5), "v_tuft_3": sections["tuft"](5 / 6)}
    traces = {name: h.Vector().record(place._ref_v) for name, place in ends.items()}
    h.finitialize(start)
    for time in times:
        joined.event(time + STEP)  # from the next step on, as ours
    h.continuerun(duration)
    return SimpleNamespace(
        traces={name: np.array(vector) for name, vector in traces.items()}, spikes=np.array(spikes)
    )


def compare(trees: Any, tree: Any, method: str, start: float, current: Any, events: Any) -> Any:
    """Return the root of the mean square difference of potentials (mV), and both spike times."""
    duration = 100.0
    place, amplitude, on, off = current
    flow = trees.flow("tree", f"{amplitude} nA", f"{on} ms", f"{off} ms", compartment=place)
    ours = trees.events(
        trees.tree(tree, method, start=start), ["tuft_2"], peak=f"{events[1] * 1e3} nS",
        times=events[2], stimuli=[flow], duration=f"{duration} ms", step=f"{STEP} ms",
        variables=["v_soma", "v_tuft_3"],
    )  # fmt: skip
    theirs = in_neuron(tree, method, start, duration, current, events)
    apart = {}
    for name, potential in theirs.traces.items():
        found = ours.traces["tree"][name].values[:, 0] * 1e3
        apart[name] = float(np.sqrt(np.mean((found - potential[: found.size]) ** 2)))
        assert np.ptp(found) > 5
    return apart, ours.spikes["tree"]["time"].to_numpy() * 1e3, theirs.spikes


EVENTS = ("tuft", 0.002, (10.0, 40.0, 45.0, 50.0, 70.0))


@pytest.mark.parametrize(
    "method", [pytest.param("backward_euler", marks=pytest.mark.slow), "crank_nicolson"]
)
def test_a_passive_tree_is_that_of_neuron(trees: Any, method: str) -> None:
    """To 1e-7 mV with a current alone, and to 0.022 mV with a synapse.

    In half the step it is half of that: conductances of NEURON come into a step from its start.
    """
    current = ("apical_3", 0.1, 20.0, 60.0)
    without, *_ = compare(trees, TREE, method, -70.0, current, ("tuft", 0.0, ()))
    assert max(without.values()) < 1e-6
    apart, *_ = compare(trees, TREE, method, -70.0, current, EVENTS)
    assert max(apart.values()) < 0.03


@pytest.mark.parametrize(
    "method", [pytest.param("backward_euler", marks=pytest.mark.slow), "crank_nicolson"]
)
def test_a_spiking_soma_is_that_of_neuron(trees: Any, method: str) -> None:
    """Spike times agree to a step over a train of eight."""
    current = ("soma", 0.5, 5.0, 95.0)
    _, ours, theirs = compare(trees, SPIKING, method, -65.0, current, EVENTS)
    assert theirs.size == 8
    np.testing.assert_allclose(ours, theirs, atol=2 * STEP)
