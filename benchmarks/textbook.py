"""The plastic network as a Brian2 user writes it: traces on synapses, stock settings.

``python -m benchmarks.textbook CONNECTIONS.npz FOLDER SECONDS`` writes and compiles the
program; it is run from its folder.
"""

import sys

import numpy as np
from brian2 import (
    Hz,
    Network,
    NeuronGroup,
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
        "Vr": -70 * mV, "tau_plus": 20 * ms, "tau_minus": 20 * ms,
        "a_plus": 0.005, "a_minus": 0.00525, "I_max": 1000 / (pre.size / size) * pA,
    }  # fmt: skip
    neurons = NeuronGroup(
        size,
        """dv/dt = (EL - v)/tau_m + I/C : volt (unless refractory)
        dI/dt = -I/tau_s : amp""",
        threshold="v > Vt",
        reset="v = Vr",
        refractory=2 * ms,
        method="exact",
        namespace=names,
        name="neurons",
    )
    neurons.v = -70 * mV
    drive = PoissonInput(neurons, "I", 10, 100 * Hz, 81 * pA)
    synapses = Synapses(
        neurons,
        neurons,
        """w : 1
        dapre/dt = -apre/tau_plus : 1 (event-driven)
        dapost/dt = -apost/tau_minus : 1 (event-driven)""",
        on_pre="I_post += w*I_max; apre += a_plus; w = clip(w - apost, 0, 1)",
        on_post="apost += a_minus; w = clip(w + apre, 0, 1)",
        method="exact",
        namespace=names,
        name="synapses",
    )
    synapses.connect(i=pre, j=post)
    synapses.w = 0.5
    synapses.pre.delay = 1 * ms
    monitor = SpikeMonitor(neurons, name="monitor")
    Network(neurons, drive, synapses, monitor).run(seconds * second)
    device.build(directory=folder, compile=True, run=False)


if __name__ == "__main__":
    build(sys.argv[1], sys.argv[2], float(sys.argv[3]))
