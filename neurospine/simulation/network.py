"""A network as plain data: what Brian2 will be asked to build, and the numbers it gets.

The structure (texts, names, sizes of cell groups, steps) decides the generated
code; the values (parameters, connections, delays, spike times, keys) are handed
over at run time. `Network.structure` holds the first without the second, so two
networks with equal structure share one compiled program.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from neurospine.simulation.schedule import Stretch, common_steps

Array = np.ndarray[Any, np.dtype[Any]]
Values = Mapping[str, Array]


Role = Literal["settle", "rest", "quiet", "rewire", "begin", "measure", "replay", "live", "keep"]
#: What may be done with slots that have no spine, where not all that is done to the others.
Absent = Literal["", "skipped", "apart"]


@dataclass(frozen=True)
class Kernel:
    """Work along dendrites that is no statement of each element for itself.

    ``collect`` adds `variable` of each element of the owner to `target` of the group
    `onto`, at the place that the owner's `index` names; ``look`` brings a value of that
    group to each element. ``spread`` lets `variable` of the owner diffuse between
    neighbours for a share of the interval; `coupling` is the variable that holds the rate
    between a place and the next (1/s), zero at the end of a dendrite.
    """

    kind: Literal["collect", "look", "spread"]
    variable: str
    onto: str = ""
    target: str = ""
    index: str = ""
    coupling: str = ""
    share: float = 1.0


@dataclass(frozen=True)
class Alias:
    """A name in statements that means a variable of another group.

    Of the cell on one `side` of a synapse, of the only one (shared), of that with the same
    number (same), or of the one whose number a variable holds that `side` names.
    """

    group: str
    variable: str
    side: str


@dataclass(frozen=True)
class Operation:
    """Statements run on every element of a group in every step."""

    name: str
    code: str
    when: str = "start"
    order: int = 0


@dataclass(frozen=True)
class Border:
    """Statements run on all elements of an owner at borders between steps.

    Its role says when: ``settle`` every `steps` steps of a spiking stretch;
    ``quiet`` before a stretch in which nothing spikes; ``rewire`` before a spiking
    stretch that is not the first; ``begin`` before a sampled stretch, where
    ``measure`` and ``keep`` come first and last in every tick of the slow clock;
    ``rest`` first in every tick while neurons stand still; ``replay`` and ``live`` in every
    tick, the first only where a sample is applied. With `where`, elements at which that
    variable is zero may be left out. Where slots have no spine, statements may be ``skipped``, or
    set only ``turned``, so that such slots are worth being done ``apart``. With a `kernel` there
    are no statements.
    """

    owner: str
    name: str
    role: Role
    code: str
    steps: int = 0
    where: str = ""
    absent: Absent = ""
    kernel: Kernel | None = None

    @property
    def structure(self) -> dict[str, Any]:
        """What of it decides the generated code."""
        kernel = vars(self.kernel) if self.kernel else None
        return {**vars(self), "steps": 0, "kernel": kernel}


@dataclass(frozen=True)
class Group:
    """Cells, or the traces that a rule keeps on cells.

    `update` holds the statements of a step where `method` is none of Brian2's; `types` are
    those of variables that are no float64. Names in `aliases` mean variables of other groups.
    """

    name: str
    size: int
    equations: str
    values: Values
    threshold: str = ""
    reset: str = ""
    refractory: str = ""
    method: str = "exact"
    update: str = ""
    operations: tuple[Operation, ...] = ()
    aliases: Mapping[str, Alias] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Source:
    """Cells that spike at given ticks; `ticks` is sorted, `cells` goes with it."""

    name: str
    size: int
    cells: Array
    ticks: Array


@dataclass(frozen=True)
class Synapses:
    """Connections with state of their own (`state`) and what spikes do to it.

    `types` gives the types of variables that are no float64. Those that `live` have
    the variables ``stage`` (0: no spine there, and no spike may reach it) and
    ``turned`` (what happened to it in a tick of the slow clock). With `on_late`, a spike
    comes a second time after `late_delay`. What `on_post` does may be done later, as the statements
    `deferred` say it, but before the next spike of the axon arrives, before the next border and
    after no more than `deferred_steps`. They read `waited`, the time for which variables of the
    presynaptic group have gone on since.
    """

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
    types: Mapping[str, str] = field(default_factory=dict)
    lives: bool = False
    on_late: str = ""
    late_delay: Array = field(default_factory=lambda: np.zeros(1))
    deferred: str = ""
    deferred_steps: int = 0
    operations: tuple[Operation, ...] = ()


@dataclass(frozen=True)
class Recording:
    """The variables of a set of synapses to take snapshots of.

    `types` are those on disk; `slots` are the synapses that are kept. With
    `contacts`, births and deaths are recorded too; `stages`, if not 0, is their number and
    asks for summaries of all synapses in each of the `copies`.
    """

    synapses: str
    variables: tuple[str, ...]
    types: tuple[str, ...]
    slots: Array
    contacts: bool = False
    stages: int = 0
    copies: int = 1


@dataclass(frozen=True)
class Trace:
    """Variables of some cells of a group to be recorded every so many steps."""

    group: str
    variables: tuple[str, ...]
    cells: Array
    steps: int


@dataclass(frozen=True)
class Change:
    """A variable of an owner that gets other values while a run goes on.

    Its elements are in blocks: `ends` are those after the last of each. `table` has a value for
    each row of `Network.change_steps` and each block.
    """

    owner: str
    variable: str
    ends: Array
    table: Array


@dataclass(frozen=True)
class Network:
    """All objects of a run, its time step and the stretches of time it goes through.

    The values of `changes` hold from the border at each of `change_steps` on; their first row
    is what the variables start with.
    """

    step: float
    schedule: tuple[Stretch, ...]
    groups: tuple[Group, ...]
    sources: tuple[Source, ...]
    synapses: tuple[Synapses, ...]
    borders: tuple[Border, ...]
    recordings: tuple[Recording, ...]
    spikes: tuple[str, ...]
    traces: tuple[Trace, ...] = ()
    changes: tuple[Change, ...] = ()
    change_steps: Array = field(default_factory=lambda: np.zeros(1, np.int64))

    def row(self, step: int) -> int:
        """Return which row of `changes` holds from a border on, in biological steps."""
        return int(np.searchsorted(self.change_steps, step, side="right")) - 1

    @property
    def steps(self) -> int:
        """The length of the run."""
        return sum(stretch.steps for stretch in self.schedule)

    @property
    def border_steps(self) -> int:
        """Steps between two borders of a spiking stretch, all roles taken together."""
        ticks = any(border.role != "settle" for border in self.borders)
        settling = [border.steps for border in self.borders if border.steps]
        return math.gcd(common_steps(self.schedule, slow=ticks), *settling)

    @property
    def owners(self) -> tuple[Group | Synapses, ...]:
        """Everything that has values of its own."""
        return self.groups + self.synapses

    @property
    def structure(self) -> dict[str, Any]:
        """Everything that decides the generated code, as JSON-ready data."""
        return {
            "step": self.step,
            "groups": [
                {
                    **_plain(group, "name size equations threshold reset refractory method update"),
                    "operations": [vars(o) for o in group.operations],
                    "aliases": {name: vars(alias) for name, alias in group.aliases.items()},
                    "types": dict(group.types),
                    "values": sorted(group.values),
                }
                for group in self.groups
            ],
            "sources": [_plain(source, "name size") for source in self.sources],
            "synapses": [
                {
                    **_plain(s, "name source target equations on_pre on_post on_late order"),
                    **_plain(s, "state lives deferred deferred_steps"),
                    "operations": [vars(o) for o in s.operations],
                    "types": dict(s.types),
                    "aliases": {name: vars(alias) for name, alias in s.aliases.items()},
                    "values": sorted(s.values),
                    "heterogeneous": [s.delay.size > 1, s.late_delay.size > 1],
                }
                for s in self.synapses
            ],
            "borders": [border.structure for border in self.borders],
            "recordings": [
                _plain(r, "synapses variables types contacts stages") for r in self.recordings
            ],
            "spikes": list(self.spikes),
            "traces": [[t.group, t.variables, t.cells.size] for t in self.traces],
        }


def _plain(item: Any, names: str) -> dict[str, Any]:
    return {name: getattr(item, name) for name in names.split()}
