"""A receptor behind the resistance of a neck against a spine head with a potential of its own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

NECKS, PEAKS = [50.0, 100.0, 200.0, 500.0], [0.1, 0.5, 1.0, 2.0]  # MOhm, nS
SOMA = {"length": 20, "diameter": 20, "mechanisms": ["leak", "silent"]}
DEND = {"parent": "soma", "length": 200, "diameter": 1.0, "segments": 5}
HEAD = {"parent": "dend", "length": 0.5, "diameter": 0.5, "coupling": 10.0,
        "mechanisms": ["leak", "ampa"]}  # fmt: skip


@pytest.fixture(scope="module")
def potentials(trees: Any) -> Any:
    """Potentials above rest (mV) as (place, time, neck, peak), by model of the spine."""
    dend = {**DEND, "mechanisms": ["leak"]}
    head = trees.tree({"soma": SOMA, "dend": dend, "head": HEAD})
    lumped = trees.tree({"soma": SOMA, "dend": {**DEND, "mechanisms": ["leak", "ampa"]}})
    found = {}
    for name, neuron, place, spine, parameter, unit in (
        ("head", head, "head", "still", "coupling_head", "nS"),
        ("neck", lumped, "dend_5", "necked", "resistance_of_neck", "Mohm"),
    ):
        values = [1e3 / neck if unit == "nS" else neck for neck in NECKS]
        axes = {  # the volume is the weight, and that counts nS
            "neck": {"values": values, "unit": unit, "meaning": "m", "parameter": parameter},
            "peak": {"values": PEAKS, "unit": "um**3", "meaning": "m",
                     "parameter": "volume_initial"},
        }  # fmt: skip
        variables = ["v_soma", "v_dend_5"]
        run = trees.events(
            neuron, [place], peak="1 nS", times=[1.0], spine=spine, duration="50 ms",
            step="0.05 ms", variables=variables, conditions=axes,
        )  # fmt: skip
        traces = np.stack([run.traces["tree"][v].values * 1e3 + 70 for v in variables])
        found[name] = traces.reshape(2, -1, len(NECKS), len(PEAKS))
    return found


def test_a_neck_weakens_a_synapse_as_a_head_does(potentials: Any) -> None:
    """Peaks at soma and dendrite, for necks of 50 to 500 MOhm and 0.1 to 2 nS.

    A neck matters less and less while the conductance g behind it closes. An exponential one
    carries the charge log(1 + gR)/(gR) of what it would without, which the effect follows: peaks
    in the soma agree to 2.5 %, those in the thin dendrite at the spine to 14 % at gR = 1.
    """
    error = potentials["neck"].max(1) / potentials["head"].max(1) - 1
    product = 1e-3 * np.outer(NECKS, PEAKS)
    assert error.min() > -0.005
    assert error[0].max() < 0.03
    assert error[1].max() < 0.15
    assert error[1, product <= 0.25].max() < 0.05
    # without a neck the peak in the soma would be this far off
    assert potentials["head"].max(1)[0, -1, -1] < 0.8 * potentials["head"].max(1)[0, 0, -1]
