"""A neuron made with Dendrify, as the neuron of a circuit, against Dendrify's own group."""

from __future__ import annotations

from typing import Any

import brian2
import numpy as np
import pytest
from brian2 import ms, mV, nS, ohm, pA, uF, um, uS

import neurospine
from neurospine.errors import ModelError

dendrify = pytest.importorskip("dendrify", reason="Dendrify is not installed (extra: compare)")

CIRCUIT = """
schema = 1
kind = "circuit"
name = "one_cell"
summary = "A cell with one axon."
[populations.axons]
size = 1
[populations.cell]
neuron = "from_elsewhere"
size = 1
[projections.synapse]
from = "axons"
to = "cell"
spine = "fixed_contact"
delay = "axonal_delay"
connectivity = { rule = "all_to_all" }
effect = '''
s_AMPA_x_dend += weight
s_NMDA_x_dend += weight
'''
[parameters]
axonal_delay = { value = 1.0, unit = "ms", source = "assumed", meaning = "Delay" }
"""
CELL: dict[str, Any] = {"threshold": "V_soma > -50*mV", "reset": "V_soma = -60*mV"}


def model(**extra: Any) -> Any:
    """Return a soma with a dendrite that has AMPA and NMDA receptors."""
    soma = dendrify.Soma("soma", length=25 * um, diameter=25 * um)
    dend = dendrify.Dendrite("dend", length=150 * um, diameter=2 * um)
    dend.synapse("AMPA", tag="x", g=2 * nS, t_decay=2 * ms)
    dend.synapse("NMDA", tag="x", g=2 * nS, t_decay=60 * ms, t_rise=2 * ms)
    for method, arguments in extra.items():
        getattr(dend, method)(**arguments)
    return dendrify.NeuronModel(
        [(soma, dend, 10 * nS)], cm=1 * uF / brian2.cm**2, gl=100 * uS / brian2.cm**2,
        v_rest=-70 * mV, r_axial=150 * ohm * brian2.cm,
    )  # fmt: skip


@pytest.mark.slow
def test_a_converted_neuron_behaves_as_the_original(monkeypatch: pytest.MonkeyPatch) -> None:
    times = np.arange(10.0, 200.0, 8.0)
    text = neurospine.from_dendrify(
        model(), "from_elsewhere", refractory="2 ms", method="euler", **CELL
    )
    circuit = neurospine.Model.from_text(CIRCUIT, parts={"from_elsewhere": text})
    protocol = neurospine.Protocol(
        name="volleys", step="0.1 ms", record_every="10 ms",
        traces={"cell": {"variables": ("V_soma", "V_dend"), "every": "0.1 ms"}},
        phases=({"name": "input", "duration": "300 ms", "stimuli": (
            {"kind": "spike_list", "population": "axons", "cells": (0,) * times.size,
             "times": tuple(times), "unit": "ms"},
            {"kind": "current", "population": "cell", "amplitude": "30 pA", "start": "50 ms",
             "stop": "150 ms"},
        )},),
    )  # fmt: skip
    found = neurospine.simulate(circuit, protocol, backend="numpy")

    monkeypatch.setitem(brian2.prefs, "codegen.target", "numpy")
    brian2.defaultclock.dt = 0.1 * ms
    group = model().make_neurongroup(1, method="euler", refractory=2 * ms, **CELL)
    axon = brian2.SpikeGeneratorGroup(1, np.zeros(times.size, int), times * ms)
    synapse = brian2.Synapses(
        axon, group, on_pre="s_AMPA_x_dend += 1; s_NMDA_x_dend += 1", delay=1 * ms
    )
    synapse.connect()
    group.run_regularly("I_ext_soma = 30*pA*int(t >= 50*ms and t < 150*ms)", dt=0.1 * ms)
    spikes = brian2.SpikeMonitor(group)
    states = brian2.StateMonitor(group, ["V_soma", "V_dend"], record=True)
    network = brian2.Network(group, axon, synapse, spikes, states)
    network.run(300 * ms, namespace={"pA": pA, "ms": ms})

    assert spikes.num_spikes > 5
    np.testing.assert_allclose(found.spikes["cell"]["time"], np.asarray(spikes.t / brian2.second))
    own = found.traces["cell"]["V_dend"].values.ravel()[: len(states.t)]
    np.testing.assert_allclose(own, np.asarray(states.V_dend[0]), atol=1e-9)


def test_dendritic_spikes_and_noise_are_refused() -> None:
    cell = model(dspikes={"name": "Na", "g_rise": 30 * nS, "g_fall": 14 * nS})
    cell.config_dspikes(
        "Na", threshold=-35 * mV, reversal_rise="E_Na", reversal_fall="E_K",
        duration_rise=1.2 * ms, duration_fall=2.4 * ms, offset_fall=0.2 * ms, refractory=5 * ms,
    )  # fmt: skip
    with pytest.raises(ModelError, match="custom events"):
        neurospine.from_dendrify(cell, "c", refractory="2 ms", **CELL)
    with pytest.raises(ModelError, match="noise"):
        neurospine.from_dendrify(model(noise={"tau": 20 * ms}), "c", refractory="2 ms", **CELL)
