"""A network as plain data: what Brian2 will be asked to build, and the numbers it gets.

The structure (texts, names, sizes of cell groups, steps) decides the generated
code; the values (parameters, connections, delays, spike times, keys) are handed
over at run time. `Network.structure` holds the first without the second, so two
networks with equal structure share one compiled program.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Values = Mapping[str, Array]


@dataclass(frozen=True)
class Operation:
    """Statements run on every element of a group, every so many steps.

    Whether `steps` is 1 is part of the structure; any other number is a value.
    """

    name: str
    code: str
    steps: int = 1
    when: str = "start"
    order: int = 0

    @property
    def structure(self) -> dict[str, Any]:
        """What of it decides the generated code."""
        return {**vars(self), "steps": min(self.steps, 2)}


@dataclass(frozen=True)
class Group:
    """Cells, or the traces that a rule keeps on cells."""

    name: str
    size: int
    equations: str
    values: Values
    threshold: str = ""
    reset: str = ""
    refractory: str = ""
    method: str = "exact"
    operations: tuple[Operation, ...] = ()


@dataclass(frozen=True)
class Source:
    """Cells that spike at given ticks; `ticks` is sorted, `cells` goes with it."""

    name: str
    size: int
    cells: Array
    ticks: Array


@dataclass(frozen=True)
class Alias:
    """A name in a pathway's statements that means a variable of a cell group."""

    group: str
    variable: str
    side: Literal["pre", "post", "shared"]


@dataclass(frozen=True)
class Synapses:
    """Connections with state of their own (`state`) and what spikes do to it."""

    name: str
    source: str
    target: str
    pre: Array
    post: Array
    equations: str
    on_pre: str
    delay: Array
    values: Values
    state: tuple[str, ...] = ()
    on_post: str = ""
    aliases: Mapping[str, Alias] = field(default_factory=dict)
    order: int = 0
    operations: tuple[Operation, ...] = ()


@dataclass(frozen=True)
class Recording:
    """The variables of a set of synapses to take snapshots of."""

    synapses: str
    variables: tuple[str, ...]


@dataclass(frozen=True)
class Trace:
    """Variables of some cells of a group to be recorded every so many steps."""

    group: str
    variables: tuple[str, ...]
    cells: Array
    steps: int


@dataclass(frozen=True)
class Network:
    """All objects of a run, its time step and the interval between snapshots."""

    step: float
    steps: int
    record_steps: int
    groups: tuple[Group, ...]
    sources: tuple[Source, ...]
    synapses: tuple[Synapses, ...]
    recordings: tuple[Recording, ...]
    spikes: tuple[str, ...]
    traces: tuple[Trace, ...] = ()

    @property
    def seconds(self) -> float:
        """How long to run: a step more, at whose start the last snapshot is taken."""
        return (self.steps + 1) * self.step

    @property
    def owners(self) -> tuple[Group | Synapses, ...]:
        """Everything that has values and operations of its own."""
        return self.groups + self.synapses

    @property
    def structure(self) -> dict[str, Any]:
        """Everything that decides the generated code, as JSON-ready data."""
        return {
            "step": self.step,
            "groups": [
                {
                    **_plain(group, "name size equations threshold reset refractory method"),
                    "operations": [o.structure for o in group.operations],
                    "values": sorted(group.values),
                }
                for group in self.groups
            ],
            "sources": [_plain(source, "name size") for source in self.sources],
            "synapses": [
                {
                    **_plain(s, "name source target equations on_pre on_post order state"),
                    "aliases": {name: vars(alias) for name, alias in s.aliases.items()},
                    "operations": [o.structure for o in s.operations],
                    "values": sorted(s.values),
                    "heterogeneous": s.delay.size > 1,
                }
                for s in self.synapses
            ],
            "recordings": [vars(recording) for recording in self.recordings],
            "spikes": list(self.spikes),
            "traces": [[t.group, t.variables, t.cells.size] for t in self.traces],
        }


def _plain(item: Any, names: str) -> dict[str, Any]:
    return {name: getattr(item, name) for name in names.split()}
