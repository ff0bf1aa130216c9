"""The plastic network with dopamine as a Brian2 user writes it in closed form, stock settings.

``python -m benchmarks.textbook_dopamine CONNECTIONS.npz FOLDER SECONDS`` writes and compiles
the program; it is run from its folder. Eligibility decays between events, and what dopamine made
of it is taken from an integral that every neuron carries, as Brian2 does not offer one shared
number to synapses.
"""

import sys

import numpy as np
from brian2 import (
    Hz,
    Network,
    NeuronGroup,
    PoissonGroup,
    PoissonInput,
    SpikeMonitor,
    Synapses,
    defaultclock,
    device,
    ms,
    mV,
    pA,
    pF,
    second,
    seed,
    set_device,
)


def build(connections: str, folder: str, seconds: float) -> None:
    set_device("cpp_standalone", directory=folder, build_on_run=False)
    seed(1)
    defaultclock.dt = 0.1 * ms
    arrays = np.load(connections)
    size, pre, post = int(arrays["size"]), arrays["pre"], arrays["post"]
    names = {
        "tau_m": 20 * ms, "tau_s": 2 * ms, "C": 250 * pF, "EL": -70 * mV, "Vt": -55 * mV,
        "Vr": -70 * mV, "tau_plus": 20 * ms, "tau_minus": 20 * ms, "tau_c": 1 * second,
        "tau_d": 200 * ms, "a_plus": 0.005, "a_minus": 0.00525,
        "I_max": 1000 / (pre.size / size) * pA,
    }  # fmt: skip
    neurons = NeuronGroup(
        size,
        """dv/dt = (EL - v)/tau_m + I/C : volt (unless refractory)
        dI/dt = -I/tau_s : amp
        dd/dt = -d/tau_d : 1
        dY/dt = exp(-t/tau_c)*d : second""",
        threshold="v > Vt",
        reset="v = Vr",
        refractory=2 * ms,
        method="euler",
        namespace=names,
        name="neurons",
    )
    neurons.v = -70 * mV
    drive = PoissonInput(neurons, "I", 10, 100 * Hz, 81 * pA)
    fibres = PoissonGroup(1, 2 * Hz)
    release = Synapses(fibres, neurons, on_pre="d_post += 1", name="release")
    release.connect()
    settle = """w = clip(w + c*exp(last/tau_c)*(Y_post - seen)/second, 0, 1)
        c = c*exp(-(t - last)/tau_c)
        last = t
        seen = Y_post
        """
    synapses = Synapses(
        neurons,
        neurons,
        """w : 1
        c : 1
        last : second
        seen : second
        dapre/dt = -apre/tau_plus : 1 (event-driven)
        dapost/dt = -apost/tau_minus : 1 (event-driven)""",
        on_pre=settle + "I_post += w*I_max; apre += a_plus; c -= apost",
        on_post=settle + "apost += a_minus; c += apre",
        method="exact",
        namespace=names,
        name="synapses",
    )
    synapses.connect(i=pre, j=post)
    synapses.w = 0.5
    synapses.pre.delay = 1 * ms
    monitor = SpikeMonitor(neurons, name="monitor")
    Network(neurons, drive, fibres, release, synapses, monitor).run(seconds * second)
    device.build(directory=folder, compile=True, run=False)


if __name__ == "__main__":
    build(sys.argv[1], sys.argv[2], float(sys.argv[3]))
