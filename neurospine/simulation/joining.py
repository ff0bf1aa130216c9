"""Several networks of one structure as one: small runs that together fill a device.

The parts stay apart, as the copies of a circuit do: no synapse leads from one to another. Numbers
that differ (parameters, random keys) become numbers of each element, so every part runs as it
would alone, with the random numbers of its own seed. `parting` takes the
records apart again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from neurospine.errors import BuildError
from neurospine.simulation.network import (
    Alias,
    Array,
    Change,
    Group,
    Network,
    Recording,
    Source,
    Synapses,
    Trace,
)

#: Sides of an alias that name no variable of its owner.
_SIDES = ("pre", "post", "same", "shared")


def kind_of(network: Network) -> str:
    """Return what networks have in common that can be joined."""
    content = network.structure
    for group in (*content["groups"], *content["sources"]):
        del group["size"]
    content["traces"] = [trace[:2] for trace in content["traces"]]
    widths = {synapses.name: synapses.pre.size for synapses in network.synapses}
    content["summarised"] = [widths[r.synapses] // r.copies for r in network.recordings if r.stages]
    # New partners are drawn by the sizes of populations, which all copies have to share.
    content["partners"] = [
        [s.values[name].tolist() for name in ("origin_size", "target_size")]
        for s in network.synapses
        if "candidate" in s.values
    ]
    schedule = [vars(stretch) for stretch in network.schedule]
    changes = [(change.owner, change.variable) for change in network.changes]
    rhythm = [border.steps for border in network.borders]
    times = [network.change_steps.tolist(), [trace.steps for trace in network.traces]]
    return json.dumps([content, schedule, changes, rhythm, times], sort_keys=True)


def differing(networks: Sequence[Network]) -> frozenset[tuple[str, str]]:
    """Return owner and name of what has one value in each network, and not the same in all."""
    return frozenset(
        (owner, variable)
        for owner, variable, values, tables in _shared(networks)
        if any(not np.array_equal(value, values[0]) for value in values)
        or any(not np.array_equal(table, tables[0]) for table in tables)
    )


def join(
    networks: Sequence[Network], widened: Collection[tuple[str, str]] = frozenset()
) -> Network:
    """Return one network that holds others side by side.

    Parameters
    ----------
    networks
        What to join, all of one `kind_of`; sizes and numbers may differ.
    widened
        What becomes a number of each element even if it is the same in all (see `differing`),
        so that the program serves other networks too.

    Raises
    ------
    BuildError
        If they are not of one kind.
    """
    if len({kind_of(network) for network in networks}) > 1:
        raise BuildError("networks that differ in more than numbers cannot be joined")
    return _Joint(networks, differing(networks) | set(widened)).network()


def _shared(
    networks: Sequence[Network],
) -> list[tuple[str, str, list[Array], list[Array]]]:
    """Return owner, name, values and courses of each variable with one value in a network."""
    courses = [{(c.owner, c.variable): c.table for c in n.changes} for n in networks]
    found = []
    for owners in zip(*(network.owners for network in networks), strict=True):
        name, equations = owners[0].name, owners[0].equations
        for variable in owners[0].values:
            if _declaration(variable).search(equations):
                tables = [table[name, variable] for table in courses if (name, variable) in table]
                values = [owner.values[variable] for owner in owners]
                found.append((name, variable, values, tables))
    return found


def _declaration(variable: str) -> re.Pattern[str]:
    """Return what finds the line of a variable that has one value for all elements."""
    name = re.escape(variable)
    return re.compile(rf"^(\s*{name} : [^(\n]*)\(shared(?:, (constant))?\)[ ]*$", re.MULTILINE)


class _Joint:
    def __init__(self, networks: Sequence[Network], widened: Collection[tuple[str, str]]) -> None:
        self.networks, self.first, self.widened = networks, networks[0], widened
        self.widths = {
            owner.name: np.array([_width(n, owner.name) for n in networks])
            for owner in (*self.first.owners, *self.first.sources)
        }
        self.starts = {name: np.cumsum(width) - width for name, width in self.widths.items()}

    def network(self) -> Network:
        each = range(len(self.networks))

        def along(items: str) -> Any:
            return zip(*(getattr(self.networks[k], items) for k in each), strict=True)

        return replace(
            self.first,
            groups=tuple(map(self._group, along("groups"))),
            sources=tuple(map(self._source, along("sources"))),
            synapses=tuple(map(self._synapses, along("synapses"))),
            recordings=tuple(map(self._recording, along("recordings"))),
            traces=tuple(map(self._trace, along("traces"))),
            changes=tuple(map(self._change, along("changes"))),
        )

    def _group(self, groups: Sequence[Group]) -> Group:
        lines, values, aliases = self._described(groups)
        size = int(self.widths[groups[0].name].sum())
        return replace(groups[0], size=size, equations=lines, values=values, aliases=aliases)

    def _source(self, sources: Sequence[Source]) -> Source:
        cells = self._moved(sources[0].name, [source.cells for source in sources])
        ticks = np.concatenate([source.ticks for source in sources])
        order = np.argsort(ticks, kind="stable")
        size = int(self.widths[sources[0].name].sum())
        return replace(sources[0], size=size, cells=cells[order], ticks=ticks[order])

    def _synapses(self, synapses: Sequence[Synapses]) -> Synapses:
        first = synapses[0]
        lines, values, aliases = self._described(synapses)
        return replace(
            first,
            equations=lines,
            values=values,
            aliases=aliases,
            pre=self._moved(first.source, [s.pre for s in synapses]),
            post=self._moved(first.target, [s.post for s in synapses]),
            delay=self._delay([s.delay for s in synapses], first.name),
            late_delay=self._delay([s.late_delay for s in synapses], first.name),
        )

    def _delay(self, delays: Sequence[Array], owner: str) -> Array:
        if all(d.size == 1 and d[0] == delays[0][0] for d in delays):
            return delays[0]
        return np.concatenate(
            [np.broadcast_to(d, w) for d, w in zip(delays, self.widths[owner], strict=True)]
        )

    def _described(
        self, owners: Sequence[Group] | Sequence[Synapses]
    ) -> tuple[str, dict[str, Array], dict[str, Alias]]:
        """Return equations, values and aliases of what stands for several owners of a name."""
        first = owners[0]
        lines, values, aliases = first.equations, {}, dict(first.aliases)
        for variable in first.values:
            given = [owner.values[variable] for owner in owners]
            if not _declaration(variable).search(lines):
                values[variable] = np.concatenate(given)
            elif (first.name, variable) in self.widened:
                lines = _declaration(variable).sub(_of_each, lines)
                number = self.widths[first.name]
                values[variable] = np.repeat(np.concatenate(given), number)
            else:
                values[variable] = given[0]
        for index, group in self._indices(first):
            values[index] = self._moved(group, [owner.values[index] for owner in owners])
        for name, alias in first.aliases.items():
            if alias.side == "shared" and not self._one(alias):
                own = f"own_part_{alias.group}"
                aliases[name] = replace(alias, side=own)
                if own not in values:
                    lines = f"{lines}\n{own} : integer (constant)".strip()
                    where = np.repeat(self.starts[alias.group], self.widths[first.name])
                    values[own] = where.astype(np.int32)
        return lines, values, aliases

    def _indices(self, owner: Group | Synapses) -> set[tuple[str, str]]:
        """Return variables that hold numbers of elements, and the group of these."""
        found = {(a.side, a.group) for a in owner.aliases.values() if a.side not in _SIDES}
        kernels = [b.kernel for b in self.first.borders if b.owner == owner.name and b.kernel]
        return found | {(k.index, k.onto) for k in kernels if k.index}

    def _one(self, alias: Alias) -> bool:
        """Return whether there is still one value for all."""
        group = next(group for group in self.first.groups if group.name == alias.group)
        declared = _declaration(alias.variable).search(group.equations)
        return bool(declared) and (alias.group, alias.variable) not in self.widened

    def _recording(self, recordings: Sequence[Recording]) -> Recording:
        slots = self._moved(recordings[0].synapses, [r.slots for r in recordings])
        return replace(recordings[0], slots=slots, copies=sum(r.copies for r in recordings))

    def _trace(self, traces: Sequence[Trace]) -> Trace:
        return replace(traces[0], cells=self._moved(traces[0].group, [t.cells for t in traces]))

    def _change(self, changes: Sequence[Change]) -> Change:
        first = changes[0]
        key = (first.owner, first.variable)
        owner = next(o for o in self.first.owners if o.name == first.owner)
        if not _declaration(first.variable).search(owner.equations):
            ends = self._moved(first.owner, [change.ends for change in changes])
        elif key in self.widened:
            ends = np.cumsum(self.widths[first.owner])
        else:
            return first
        return replace(first, ends=ends, table=np.hstack([change.table for change in changes]))

    def _moved(self, owner: str, numbers: Sequence[Array]) -> Array:
        """Return numbers of elements as they are among those of all networks."""
        starts = self.starts[owner]
        moved = [n + start for n, start in zip(numbers, starts, strict=True)]
        return np.concatenate(moved).astype(numbers[0].dtype)


def _width(network: Network, name: str) -> int:
    sizes = {group.name: group.size for group in network.groups}
    sizes |= {source.name: source.size for source in network.sources}
    sizes |= {synapses.name: synapses.pre.size for synapses in network.synapses}
    return sizes[name]


def _of_each(line: re.Match[str]) -> str:
    return f"{line[1]}(constant)" if line[2] else line[1].rstrip()


def ends_of(networks: Sequence[Network]) -> Mapping[str, Array]:
    """Return for each owner the number after the last element of each network."""
    return {name: np.cumsum(width) for name, width in _Joint(networks, ()).widths.items()}
