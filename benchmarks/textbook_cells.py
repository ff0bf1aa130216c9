"""Two-compartment cells as a Brian2 user writes them, stock settings, or made with Dendrify.

``python -m benchmarks.textbook_cells brian2|dendrify CELLS FOLDER SECONDS`` writes and compiles
the program; it is run from its folder.
"""

import sys
from typing import Any

from brian2 import (
    Hz,
    Network,
    NeuronGroup,
    PoissonGroup,
    SpikeMonitor,
    Synapses,
    cm,
    defaultclock,
    device,
    ms,
    mV,
    nS,
    pF,
    second,
    seed,
    set_device,
    uF,
    um,
    uS,
)


def brian2(size: int) -> tuple[Any, str]:
    """Return the cells and what an event adds."""
    names = {
        "C_s": 19.63 * pF, "C_d": 9.42 * pF, "g_s": 1.963 * nS, "g_d": 0.942 * nS,
        "g_c": 10 * nS, "E_L": -70 * mV, "g_ampa": 0.6 * nS, "g_nmda": 0.6 * nS,
    }  # fmt: skip
    cells = NeuronGroup(
        size,
        """dv/dt = (g_s*(E_L - v) + g_c*(v_d - v))/C_s : volt (unless refractory)
        dv_d/dt = (g_d*(E_L - v_d) + g_c*(v - v_d) - I_ampa - I_nmda)/C_d : volt
        I_ampa = g_ampa*a*v_d : amp
        I_nmda = g_nmda*(falling - rising)*v_d/(1 + exp(-0.062*v_d/mV)/3.57) : amp
        da/dt = -a/(2*ms) : 1
        drising/dt = -rising/(2*ms) : 1
        dfalling/dt = -falling/(60*ms) : 1""",
        threshold="v > -50*mV",
        reset="v = -60*mV",
        refractory=2 * ms,
        method="euler",
        namespace=names,
    )
    cells.v = cells.v_d = -70 * mV
    return cells, "a += 1; rising += 1; falling += 1"


def dendrify(size: int) -> tuple[Any, str]:
    """Return the same cells, made with Dendrify."""
    from dendrify import Dendrite, NeuronModel, Soma

    soma = Soma("soma", model="leakyIF", length=25 * um, diameter=25 * um)
    dend = Dendrite("dend", length=150 * um, diameter=2 * um)
    dend.synapse("AMPA", tag="x", g=0.6 * nS, t_decay=2 * ms)
    # Its two equations in a row make the conductance 60*2/(60 - 2) times that of a difference.
    dend.synapse("NMDA", tag="x", g=0.6 * nS * 58 / 120, t_decay=60 * ms, t_rise=2 * ms)
    model = NeuronModel(
        [(soma, dend, 10 * nS)], cm=1 * uF / cm**2, gl=100 * uS / cm**2, v_rest=-70 * mV
    )
    cells = model.make_neurongroup(
        size,
        threshold="V_soma > -50*mV",
        reset="V_soma = -60*mV",
        refractory=2 * ms,
        method="euler",
    )
    return cells, "s_AMPA_x_dend += 1; s_NMDA_x_dend += 1"


def build(tool: str, size: int, folder: str, seconds: float) -> None:
    set_device("cpp_standalone", directory=folder, build_on_run=False)
    seed(1)
    defaultclock.dt = 0.1 * ms
    cells, on_pre = {"brian2": brian2, "dendrify": dendrify}[tool](size)
    axons = PoissonGroup(size, 200 * Hz)
    synapses = Synapses(axons, cells, on_pre=on_pre)
    synapses.connect(j="i")
    monitor = SpikeMonitor(cells, name="monitor")
    Network(cells, axons, synapses, monitor).run(seconds * second)
    device.build(directory=folder, compile=True, run=False)


if __name__ == "__main__":
    build(sys.argv[1], int(sys.argv[2]), sys.argv[3], float(sys.argv[4]))
