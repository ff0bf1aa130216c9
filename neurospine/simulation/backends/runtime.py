"""Backends inside the Python process: Brian2's numpy and Cython targets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import brian2
from brian2 import second
from brian2.devices.device import reset_device
from brian2.utils.logger import catch_logs

from neurospine.simulation.assembly import Assembly, arguments, assemble, refusals
from neurospine.simulation.backends.backend import Progress
from neurospine.simulation.backends.changes import Changes
from neurospine.simulation.backends.recorder import Recorder
from neurospine.simulation.backends.slow_clock import SlowClock
from neurospine.simulation.exact import solved_once
from neurospine.simulation.network import Network
from neurospine.simulation.schedule import Stretch


class RuntimeProgram:
    """A network whose Brian2 objects are made anew for every run."""

    fresh = True

    def __init__(self, target: str) -> None:
        self.target = target

    def run(self, network: Network, folder: Path, progress: Progress) -> bool:
        """Run the network step by step and append records to the streams in `folder`."""
        with _own_brian(self.target), refusals(), solved_once():
            assembly = assemble(network)
            for name, variable, value in arguments(network):
                target = assembly.owner(name).variables[variable]
                target.set_value(value[0] if target.scalar else value)
            driver = _Driver(network, assembly, Recorder(network, assembly, folder, progress))
            try:
                return driver.run()
            except KeyboardInterrupt:  # Brian2 takes it only while cells spike
                return False


class RuntimeBackend:
    """Brian2's own loop in Python; `numpy` needs no compiler."""

    resumes = False

    def __init__(self, name: str) -> None:
        self.name = name

    def build(self, network: Network) -> RuntimeProgram:
        """Return a program; Brian2 compiles what it has to when it is run."""
        return RuntimeProgram(self.name)


class _Driver:
    """Goes through the stretches of a run; `driver.cpp` does the same in compiled programs.

    Neurons count steps of spiking only. At a border, before a step, volumes are
    settled, the slow clock ticks, and a snapshot is taken, in this order; then parameters
    change, if they do. The border at the end of a stretch belongs to it.
    """

    def __init__(self, network: Network, assembly: Assembly, recorder: Recorder) -> None:
        self.network, self.assembly, self.recorder = network, assembly, recorder
        self.slow = SlowClock(network, assembly, recorder)
        self.changes = Changes(network, assembly)
        self.stretch = network.schedule[0]
        self.began = 0  # biological time at the start of the stretch, in steps
        self.spiked = 0  # steps of spiking before it
        self.handled = -1
        self.first = True

    def run(self) -> bool:
        """Return whether the run came to its end."""
        operation = brian2.NetworkOperation(
            self._at_border,
            dt=self.network.border_steps * self.network.step * second,
            when="start",
            order=10,
        )
        self.assembly.network.add(operation)
        if not any(stretch.spiking for stretch in self.network.schedule):
            self.assembly.network.run(0 * second, namespace={})  # Brian2 warns of unused objects
        self.recorder.record(0, 0)
        for stretch in self.network.schedule:
            self.stretch = stretch
            self.changes.until(self.began)
            self.slow.begin(stretch, first=self.first)
            if stretch.spiking:
                seconds = stretch.steps * self.network.step * second
                self.assembly.network.run(seconds, namespace={})
                if self.assembly.network._stopped or brian2.Network._globally_stopped:
                    return False
                self._border(stretch.steps)
                self.spiked += stretch.steps
            else:
                self._consolidate(stretch)
            self.began += stretch.steps
            self.first = False
        return True

    def _consolidate(self, stretch: Stretch) -> None:
        for step in range(stretch.slow_steps, stretch.steps + 1, stretch.slow_steps):
            self.slow.tick(self.began + step, stretch)
            if step % stretch.record_steps == 0:
                self._snapshot(step, self.spiked)

    def _at_border(self) -> None:
        step = brian2.defaultclock.variables["timestep"].get_value().item()
        self._border(step - self.spiked)

    def _border(self, step: int) -> None:
        """Do what is due before a step of a stretch of spiking."""
        if step == 0:  # what is due belongs to the stretch before
            self.slow.spiking_starts()
            return
        self.slow.settle(self.spiked + step)
        if step % self.stretch.slow_steps == 0:
            self.slow.tick(self.began + step, self.stretch)
        if step % self.stretch.record_steps == 0:
            self._snapshot(step, self.spiked + step)

    def _snapshot(self, step: int, spiked: int) -> None:
        self.recorder.record(self.began + step, spiked)
        self.changes.until(self.began + step)


@contextmanager
def _own_brian(target: str) -> Iterator[None]:
    """Use Brian2 with our settings and leave the user's as they were."""
    before = brian2.prefs.codegen.target
    brian2.set_device("runtime")
    step = brian2.defaultclock.dt
    brian2.prefs.codegen.target = target
    try:
        with catch_logs():  # that statements of one cell depend on their order is meant
            yield
    finally:
        brian2.prefs.codegen.target = before
        brian2.defaultclock.dt = step
        reset_device()
