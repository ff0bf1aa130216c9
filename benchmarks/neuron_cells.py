"""Two-compartment cells with a squid soma in NEURON.

``python -m benchmarks.neuron_cells CELLS FOLDER SECONDS`` runs them; FOLDER holds what
nrnivmodl made of ``mod/``. Prints the processor seconds of the simulation alone, without
start-up, and the number of spikes.
"""

import math
import sys
import time
from pathlib import Path

from neuron import h, load_mechanisms


def run(size: int, folder: str, seconds: float) -> tuple[float, int]:
    """Return processor seconds and spikes of so many cells."""
    load_mechanisms(folder)
    h.load_file("stdrun.hoc")
    parallel = h.ParallelContext()
    spikes, numbers = h.Vector(), h.Vector()
    kept = [_cell(number, parallel) for number in range(size)]
    parallel.spike_record(-1, spikes, numbers)
    h.dt, h.celsius = 0.1, 6.3
    h.cvode.cache_efficient(1)
    parallel.set_maxstep(10)
    h.finitialize(-65)
    start = time.process_time()
    parallel.psolve(seconds * 1e3)
    used = time.process_time() - start
    assert len(kept) == size
    return used, int(spikes.size())


def _cell(number: int, parallel: object) -> tuple[object, ...]:
    soma, dendrite = h.Section(name=f"soma_{number}"), h.Section(name=f"dendrite_{number}")
    soma.L = soma.diam = 25
    soma.insert("hh")
    dendrite.L, dendrite.diam = 150, 2
    dendrite.insert("pas")
    dendrite.g_pas, dendrite.e_pas = 1e-4, -70
    # 10 nS from middle to middle: 1e8 ohm = Ra*(length of half a section in cm)/area, both added.
    halves = [1e4 * (s.L / 2) / (math.pi * s.diam**2 / 4) for s in (soma, dendrite)]
    soma.Ra = dendrite.Ra = 1e8 / sum(halves)
    dendrite.connect(soma(1))
    ampa, nmda = h.ExpSyn(dendrite(0.5)), h.NMDAReceptor(dendrite(0.5))
    ampa.tau = 2
    axon = h.NetStim()
    axon.interval, axon.number, axon.start, axon.noise = 5, 1e9, 0, 1
    axon.noiseFromRandom123(number, 1, 0)
    inputs = [h.NetCon(axon, receptor, 0, 0.1, 0.6e-3) for receptor in (ampa, nmda)]
    counter = h.NetCon(soma(0.5)._ref_v, None, sec=soma)
    counter.threshold = -20
    parallel.set_gid2node(number, parallel.id())
    parallel.cell(number, counter)
    return soma, dendrite, ampa, nmda, axon, *inputs, counter


if __name__ == "__main__":
    library = next(Path(sys.argv[2]).glob("*/libnrnmech.so"), None)
    if library is None:
        sys.exit(f"{sys.argv[2]}: nrnivmodl has not run here")
    print(*run(int(sys.argv[1]), sys.argv[2], float(sys.argv[3])))
