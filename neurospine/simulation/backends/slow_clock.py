"""The slow clock in Python: what happens to spines at borders between steps."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurospine.simulation.assembly import Assembly
from neurospine.simulation.backends.arrivals import Arrivals
from neurospine.simulation.backends.recorder import Recorder
from neurospine.simulation.network import Group, Network, Role, Synapses
from neurospine.simulation.schedule import Stretch


class SlowClock:
    """Runs the borders of a network and keeps spikes away from spines that are not there."""

    def __init__(self, network: Network, assembly: Assembly, recorder: Recorder) -> None:
        self.network, self.assembly, self.recorder = network, assembly, recorder
        self.living = [s for s in network.synapses if s.lives]
        self.ticking = [owner for owner in network.owners if "interval" in owner.values]
        self.ticks = 0
        self.arrivals = {
            synapses.name: [Arrivals(p) for p in assembly.synapses[synapses.name]._pathways]
            for synapses in self.living
        }
        for arrivals in self.arrivals.values():
            assembly.network.add(*(pathway.watcher for pathway in arrivals))
        self.ready = False

    def begin(self, stretch: Stretch, *, first: bool) -> None:
        """Prepare for a stretch of time."""
        if not self.ready:  # the code objects need a network that knows its namespace
            for runner in self.assembly.borders:
                runner.before_run({})
            self.ready = True
        for owner in self.ticking:
            self._set(owner, "interval", stretch.slow_steps * self.network.step)
            if stretch.sample_steps and "sample_length" in owner.values:
                self._set(owner, "sample_length", stretch.sample_steps * self.network.step)
        if stretch.spiking and not first:
            self._run("rewire")
            for synapses in self.living:
                _take_partners(self.assembly.synapses[synapses.name], synapses)
        if stretch.quiet:
            self._run("quiet")
        if stretch.sampled:
            self._run("begin")

    def spiking_starts(self) -> None:
        """Leave out the spines that are not there, after Brian2 has sorted all anew."""
        for synapses in self.living:
            self._sort(synapses)

    def settle(self, step: int) -> None:
        """Bring folded volumes up to date where it is due after so many steps of spiking."""
        for border, runner in zip(self.network.borders, self.assembly.borders, strict=True):
            if border.role == "settle" and step % border.steps == 0:
                runner.run()

    def tick(self, step: int, stretch: Stretch) -> None:
        """Let spines live until a biological time, in steps."""
        if not self.ticking:
            return
        self.ticks += 1
        for owner in self.ticking:
            if "slow_tick" in owner.values:
                self._set(owner, "slow_tick", self.ticks)
            if "slow_time" in owner.values:
                self._set(owner, "slow_time", step * self.network.step)
        if not stretch.spiking:
            self._run("rest")
        if stretch.sampled:
            self._run("measure")
        if stretch.sample_steps:
            self._run("replay")
        self._run("live")
        if stretch.sampled:
            self._run("keep")
        for synapses in self.living:
            owner = self.assembly.synapses[synapses.name]
            turned = np.flatnonzero(owner.variables["turned"].get_value())
            if turned.size:
                self.recorder.note(step, synapses.name, turned)
                if stretch.spiking:
                    self._sort(synapses)

    def _run(self, role: Role) -> None:
        for border, runner in zip(self.network.borders, self.assembly.borders, strict=True):
            if border.role == role:
                runner.run()

    def _set(self, owner: Group | Synapses, name: str, value: float) -> None:
        self.assembly.owner(owner.name).variables[name].set_value(value)

    def _sort(self, synapses: Synapses) -> None:
        owner = self.assembly.synapses[synapses.name]
        there = np.asarray(owner.variables["stage"].get_value()) > 0
        for arrivals in self.arrivals[synapses.name]:
            arrivals.keep(there)


def _take_partners(owner: Any, synapses: Synapses) -> None:
    """Give the empty slots the presynaptic cells that were drawn for them."""
    if "candidate" in synapses.values:
        empty = np.asarray(owner.variables["stage"].get_value()) == 0
        pre = owner.variables["_synaptic_pre"].get_value()
        pre[empty] = owner.variables["candidate"].get_value()[empty]
