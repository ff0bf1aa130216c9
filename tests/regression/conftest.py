"""A small recurrent network for a tenth of a second, and a run with all there is."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from neurospine import Model, Protocol, load_model, load_protocol, simulate
from neurospine.results.part import start_part
from neurospine.simulation.backends.standalone import StandaloneBackend
from neurospine.simulation.backends.standalone.arguments import write_arguments
from neurospine.simulation.backends.standalone.backend import StandaloneProgram
from neurospine.simulation.plan import Plan
from neurospine.simulation.provenance import run_info
from neurospine.simulation.schedule import recorded
from neurospine.simulation.simulate import prepare


@pytest.fixture
def activity() -> Protocol:
    """A tenth of a second of network activity."""
    return Protocol(
        name="activity", summary="Activity.", model={"circuit": "recurrent_network"},
        step="0.1 ms", record_every="50 ms", phases=({"name": "all", "duration": "0.1 s"},),
    )  # fmt: skip


@pytest.fixture
def small_network() -> Model:
    """The shipped recurrent network at 50 neurons and 10 spines each."""
    return load_model("recurrent_network").with_parameters(n_neurons=50, in_degree=10)


@pytest.fixture
def run_activity(activity: Protocol, small_network: Model) -> Callable[..., Any]:
    """A function that runs the network."""

    def run(**options: Any) -> Any:
        return simulate(small_network, activity, **options)

    return run


CIRCUIT = """
kind    = "circuit"
name    = "busy"
summary = "A recurrent network of living spines, and axons with other delays each."

[populations.neurons]
neuron = "leaky"
size   = 30

[populations.axons]
size = 10

[projections.recurrent]
from         = "neurons"
to           = "neurons"
spine        = "plastic_living_spine"
delay        = "recurrent_delay"
connectivity = { rule = "fixed_in_degree", in_degree = "in_degree" }
effect       = "i_synaptic += weight*spine_current"

[projections.afferent]
from         = "axons"
to           = "neurons"
spine        = "pair_stdp"
delay        = "afferent_delay"
delay_spread = "afferent_spread"
connectivity = { rule = "all_to_all" }
effect       = "i_synaptic += weight*spine_current"

[drives.background]
to     = "neurons"
rate   = "drive_rate"
effect = "i_synaptic += count*drive_current"

[parameters]
in_degree       = { value = 8, unit = "1", source = "assumed", meaning = "Spines" }
recurrent_delay = { value = 3.5, unit = "ms", source = "assumed", meaning = "Delay" }
afferent_delay  = { value = 1.0, unit = "ms", source = "assumed", meaning = "Shortest delay" }
afferent_spread = { value = 4.0, unit = "ms", source = "assumed", meaning = "Spread" }
spine_current   = { value = 60.0, unit = "pA", source = "assumed", meaning = "Of weight 1" }
drive_rate      = { value = 1000.0, unit = "Hz", source = "assumed", meaning = "Events" }
drive_current   = { value = 81.0, unit = "pA", source = "assumed", meaning = "Of one event" }
"""

DAYS = """
schema       = 1
kind         = "protocol"
name         = "days"
summary      = "Wake, sleep and dreams of the day, twice with little and twice with much noise."
step         = "0.1 ms"
spine_step   = "5 ms"
record_every = "10 ms"
repeats      = 2

[model]
circuit = "./busy.toml"

[record]
every_slot = {every_slot}

[conditions.noise]
parameter = "log_drift.noise_slope"
values    = {noise}
unit      = "1/day**0.5"
meaning   = "Size of the fluctuation"

[[phases]]
name     = "wake"
duration = "{wake}"

[[phases.stimuli]]
kind       = "poisson"
population = "axons"
rate       = "40 Hz"

[[phases.stimuli]]
kind       = "spike_list"
population = "axons"
file       = "spikes.csv"

[[phases]]
name         = "sleep"
kind         = "consolidation"
duration     = "{sleep}"
tick         = "10 minute"
record_every = "20 minute"

[[phases]]
name         = "dream"
kind         = "consolidation"
duration     = "4 hour"
tick         = "10 minute"
record_every = "20 minute"
activity     = "wake"

[cycle]
phases = ["wake", "sleep", "dream"]
count  = {count}

[traces.neurons]
variables = ["v", "i_synaptic"]
cells     = [3, 17]
every     = "{every}"
"""

SPIKES = "cell,time [ms]\n0,1.5\n9,2.0\n3,90.0\n"
#: Fast enough that spines are born and die while the network spikes.
TURNOVER = {
    "maturation.birth_rate": "1e5/day",
    "maturation.filopodium_elimination_rate": "3e5/day",
    "maturation.maturation_rate": "1e5/day",
}


@pytest.fixture(scope="session")
def write_busy() -> Callable[..., Protocol]:
    """A function that writes the files of a busy run to a folder; all share one program.

    The run has spiking, consolidation and sampled activity, births and deaths, spikes on
    their way between neurons, traces, a drive, random and given stimuli, and conditions.
    """

    def write(folder: Path, **changed: Any) -> Protocol:
        settings = {
            "count": 4,
            "wake": "0.2 s",
            "sleep": "8 hour",
            "every": "0.5 ms",
            "every_slot": 1,
        }
        settings |= {"noise": "[0.2, 1.0]"} | changed
        text = DAYS
        for name, value in settings.items():
            text = text.replace(f"{{{name}}}", str(value))
        (folder / "busy.toml").write_text(CIRCUIT)
        (folder / "spikes.csv").write_text(SPIKES)
        (folder / "days.toml").write_text(text)
        return load_protocol(folder / "days.toml")

    return write


@dataclass
class Busy:
    """A busy run whose compiled program is started, and stopped, without its command."""

    plan: Plan
    program: StandaloneProgram
    turnover: Mapping[str, str]

    @property
    def model(self) -> Model:
        return self.plan.model

    @property
    def protocol(self) -> Protocol:
        return self.plan.protocol

    def prepare(self, folder: Path, seconds: float = 0.0) -> None:
        """Make the folder of a run; `seconds` lie between two checkpoints."""
        folder.mkdir()
        start_part(folder, run_info(self.plan, "cpp"))
        self.give_arguments(folder, seconds)

    def give_arguments(self, folder: Path, seconds: float = 0.0) -> None:
        path = folder / "arguments.bin"
        write_arguments(path, self.plan.network, self.program.arguments, seconds)

    def start(self, folder: Path, **options: Any) -> subprocess.Popen[str]:
        """Start the program in such a folder."""
        return subprocess.Popen(
            [self.program.main, "--results_dir", f"{folder}/"], cwd=self.program.main.parent,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options,
        )  # fmt: skip

    def cut_off(self, folder: Path, share: float = 0.4) -> None:
        """Start the program in a new folder and kill it when it has come so far."""
        self.prepare(folder)
        path = folder / "spines_afferent.segment"
        record = 40 + 8 * self.plan.network.recordings[0].slots.size
        goal = share * record * recorded(self.plan.network.schedule)
        with self.start(folder) as process:
            limit = time.monotonic() + 60
            while not path.exists() or path.stat().st_size < goal:
                assert time.monotonic() < limit
                time.sleep(0.0005)
            process.kill()


@pytest.fixture
def runner() -> type[Busy]:
    """What starts a compiled program, and stops it."""
    return Busy


@pytest.fixture(scope="session")
def busy(write_busy: Any, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Busy]:
    """A function that plans and builds a busy run, each of them once."""

    @cache
    def make(**changed: Any) -> Busy:
        folder = tmp_path_factory.mktemp("busy")
        protocol = write_busy(folder, **changed)
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            model = protocol.default_model().with_parameters(TURNOVER)
        plan = prepare(model, protocol, seed=3)
        return Busy(plan, StandaloneBackend().build(plan.network), TURNOVER)

    return make
