"""The plastic network (W1), and that with dopamine (W2), in NEST.

``python -m benchmarks.nest_network stdp|dopamine SYNAPSES SECONDS`` prints the processor seconds
of the simulation, without setting up, and how many spikes there were.

Numbers are those of the other programs. The delay is one of the dendrite here, theirs is one of the
axon, so the same pairs of spikes do not count; the work is the same.
"""

import contextlib
import importlib.util
import os
import resource
import subprocess
import sys
from collections.abc import Callable

from benchmarks.report import Report

CELLS = 1000
#: NEST takes long and its start-up is left out, so it runs for this share of the time.
SHARE = 0.2


def contestant(
    report: Report, kind: str, synapses: int, seconds: float
) -> tuple[Callable[[], float], Callable[[], int]] | None:
    """Return what runs NEST once, and what says how many spikes it made; None without NEST.

    Both are for the time asked for, though it runs for a share of it.
    """
    if not importlib.util.find_spec("nest"):
        report.note("NEST is not installed (pip install neurospine[compare]): left out")
        return None
    command = [sys.executable, "-m", "benchmarks.nest_network", kind, str(synapses)]
    command.append(str(seconds * SHARE))
    spikes = [0]

    def once() -> float:
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        spikes[0] = round(int(said[-1]) / SHARE)
        return float(said[-2]) / SHARE

    return once, lambda: spikes[0]


def measure(kind: str, synapses: int, seconds: float) -> tuple[float, int]:
    """Return processor seconds and spikes."""
    with contextlib.redirect_stdout(sys.stderr):
        import nest

    nest.verbosity = nest.VerbosityLevel.ERROR
    nest.ResetKernel()
    nest.resolution, nest.local_num_threads, nest.rng_seed = 0.1, 1, 1
    in_degree = synapses // CELLS
    highest = 1000.0 / in_degree
    leaky = {
        "C_m": 250.0, "tau_m": 20.0, "tau_syn_ex": 2.0, "E_L": -70.0, "V_m": -70.0,
        "V_th": -55.0, "V_reset": -70.0, "t_ref": 2.0, "tau_minus": 20.0,
    }  # fmt: skip
    cells = nest.Create("iaf_psc_exp", CELLS, leaky)
    drive = nest.Create("poisson_generator", params={"rate": 1000.0})
    nest.Connect(drive, cells, syn_spec={"weight": 81.0, "delay": 1.0})
    nest.Connect(
        cells,
        cells,
        {"rule": "fixed_indegree", "indegree": in_degree},
        {"delay": 1.0, "weight": highest / 2, **_rule(nest, kind, highest)},
    )
    recorder = nest.Create("spike_recorder")
    nest.Connect(cells, recorder)
    nest.Prepare()
    before = _cpu()
    nest.Run(seconds * 1000)
    used = _cpu() - before
    nest.Cleanup()
    return used, int(recorder.n_events)


def _rule(nest: object, kind: str, highest: float) -> dict[str, object]:
    """Return the model of synapses: pair STDP, alone or behind dopamine at 2 Hz."""
    if kind == "stdp":
        return {
            "synapse_model": "stdp_synapse", "lambda": 0.005, "alpha": 1.05, "mu_plus": 0.0,
            "mu_minus": 0.0, "Wmax": highest, "tau_plus": 20.0,
        }  # fmt: skip
    fibres = nest.Create("poisson_generator", params={"rate": 2.0})
    relay = nest.Create("parrot_neuron")
    volume = nest.Create("volume_transmitter", params={"deliver_interval": 100})  # of 10 ms
    nest.Connect(fibres, relay, syn_spec={"delay": 1.0})
    nest.Connect(relay, volume, syn_spec={"delay": 1.0})
    numbers = {
        "A_plus": 0.005 * highest, "A_minus": 0.00525 * highest, "tau_plus": 20.0, "tau_c": 1000.0,
        "tau_n": 200.0, "b": 0.0, "Wmin": 0.0, "Wmax": highest, "volume_transmitter": volume,
    }  # fmt: skip
    nest.SetDefaults("stdp_dopamine_synapse", numbers)
    return {"synapse_model": "stdp_dopamine_synapse"}


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    os.environ["OMP_NUM_THREADS"] = "1"
    print(*measure(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
