"""Which spines a spike reaches in the Python backends: those that are there when it arrives.

`pathways.h` does the same in compiled programs. Brian2's queue decides when a spike is sent, so
what is on its way is put together again, from the spikes sent lately, when spines come and go.
"""

from __future__ import annotations

from collections import deque
from functools import cached_property
from typing import Any

import brian2
import numpy as np

from neurospine.simulation.network import Array


class Arrivals:
    """Spikes of one pathway on their way to spines that are born and die.

    Parameters
    ----------
    pathway
        A pathway of Brian2, which gets a queue with one more cell that never spikes: that of
        absent spines.
    """

    def __init__(self, pathway: Any) -> None:
        self.pathway = pathway
        queue = type(pathway.queue)(pathway.source.start, pathway.source.stop + 1)
        pathway.queue = queue
        for name, value in (("_queue", queue), ("_queue_capsule", queue.get_capsule())):
            del pathway.variables._variables[name]
            pathway.variables.add_object(name, value)
        self.sent: deque[Array] = deque()
        self.watcher = brian2.NetworkOperation(self._watch, when="end")

    def _watch(self) -> None:
        space = self.pathway.source.variables["_spikespace"].get_value()
        self.sent.append(np.array(space[: space[-1]]))
        while len(self.sent) > self._delays.max(initial=0):
            self.sent.popleft()

    @cached_property
    def _delays(self) -> Array:
        """The delay of each synapse, or of all, in steps."""
        seconds = np.asarray(self.pathway._delays.get_value())
        steps: Array = (seconds / self.pathway.source.clock.dt_ + 0.5).astype(int)
        return steps

    def keep(self, there: Array) -> None:
        """Let spikes reach the spines that are there and no others, those on their way included."""
        pathway = self.pathway
        cells = np.where(there, pathway.synapse_sources.get_value(), pathway.source.stop)
        seconds = pathway._delays.get_value()
        pathway.queue.prepare(seconds, pathway.source.clock.dt_, cells.astype(np.int32))
        if not any(spikes.size for spikes in self.sent):
            return
        offset, waiting = pathway.queue._full_state()
        waiting = [[] for _ in waiting]
        delays = np.broadcast_to(self._delays, cells.shape)
        order = np.argsort(cells, kind="stable")
        begin = np.searchsorted(cells[order], np.arange(pathway.source.stop + 1))
        for age, spikes in zip(range(len(self.sent), 0, -1), self.sent, strict=True):
            for cell in spikes:
                for synapse in order[begin[cell] : begin[cell + 1]]:
                    if delays[synapse] >= age:
                        at = (offset + delays[synapse] - age) % len(waiting)
                        waiting[at].append(int(synapse))
        pathway.queue._restore_from_full_state((offset, waiting))
