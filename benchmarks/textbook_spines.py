"""Drift, noise and elimination of spines as a Brian2 user writes them, stock settings.

``python -m benchmarks.textbook_spines SPINES FOLDER STEPS`` writes and compiles the program; it
is run from its folder.
"""

import sys

from brian2 import Network, NeuronGroup, defaultclock, device, second, seed, set_device

HOUR = 3600 * second
DAY = 24 * HOUR


def build(spines: int, folder: str, steps: int) -> None:
    set_device("cpp_standalone", directory=folder, build_on_run=False)
    seed(1)
    defaultclock.dt = 1 * second
    names = {
        "interval": HOUR, "tau": 29.9 * DAY, "centre": 0.067, "slope": 0.2 / DAY**0.5,
        "rate": 0.1 / DAY, "size": 0.00983, "birth": 0.001711 / DAY,
    }  # fmt: skip
    group = NeuronGroup(spines, "volume : 1\nalive : 1", namespace=names, name="spines")
    group.volume, group.alive = "0.067*exp(0.777*randn())*(i % 2)", "i % 2"
    group.run_regularly(
        """keep = exp(-interval/tau)
        spread = slope*sqrt(tau*(1 - keep**2)/2)
        volume = alive*centre*exp(log((volume + 1 - alive)/centre)*keep + spread*randn())
        dies = int(rand() < interval*rate/(1 + (volume/size)**4))
        comes = int(rand() < interval*birth)*(1 - alive)
        alive = alive*(1 - dies) + comes
        volume = volume*alive + comes*0.012*exp(0.3*randn())""",
        dt=1 * second,
    )
    Network(group).run(steps * second)
    device.build(directory=folder, compile=True, run=False)


if __name__ == "__main__":
    build(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
