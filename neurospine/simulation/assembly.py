"""A network as plain data becomes Brian2 objects. Nothing here knows of spines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import brian2
import numpy as np
from brian2 import second
from brian2.core.base import BrianObjectException
from brian2.groups.group import CodeRunner

from neurospine.errors import BuildError
from neurospine.simulation.network import (
    Array,
    Border,
    Group,
    Network,
    Operation,
    Source,
    Synapses,
    Trace,
)
from neurospine.simulation.random import poisson_count_function, slow_functions
from neurospine.simulation.spreading import Spreading

_INDEX = {"pre": "_presynaptic_idx", "post": "_postsynaptic_idx", "shared": "0", "same": "_idx"}


@dataclass(frozen=True)
class Assembly:
    """Brian2 objects of a network, by the names in the network.

    `borders` holds what to run for each border of the network, in the same order;
    they are no part of the Brian2 network, which knows of neither slow clock nor
    settling. `clocks` holds those of the monitors.
    """

    network: brian2.Network
    groups: Mapping[str, Any]
    synapses: Mapping[str, Any]
    monitors: Mapping[str, Any]
    traces: Mapping[str, Any]
    clocks: Mapping[str, Any]
    borders: tuple[Any, ...]

    def owner(self, name: str) -> Any:
        """Return the group or the synapses of a name."""
        return self.groups.get(name) or self.synapses[name]


@contextmanager
def refusals() -> Iterator[None]:
    """Turn what Brian2 has against a network into a `BuildError`."""
    try:
        yield
    except BrianObjectException as error:
        named = str(error).splitlines()[0]
        reason = " ".join(str(error.__cause__ or "").split())
        raise BuildError(f"{named} {reason}") from None


def assemble(network: Network, *, connected: bool = True, deferring: bool = False) -> Assembly:
    """Return Brian2 objects for a network, on the active device.

    Parameters
    ----------
    network
        What to build.
    connected
        Whether to make the connections, delays, forced spikes and intervals.
        Without, one synapse stands for all and intervals are of two steps; the
        compiled program gets the real ones at run time.
    deferring
        Whether postsynaptic pathways get the statements for later, where there are any.

    Returns
    -------
    Assembly
        Objects with fixed names. Values are not set (see `arguments`).
    """
    brian2.defaultclock.dt = network.step * second
    namespace = {"poisson_count": poisson_count_function(), **slow_functions()}
    groups: dict[str, Any] = {}
    for group in network.groups:
        groups[group.name] = _group(group, namespace)
    for group in network.groups:
        _add_aliases(groups[group.name], group, groups)
    for source in network.sources:
        groups[source.name] = _source(source, network.step, connected)
    synapses = {
        s.name: _synapses(_deferring(s) if deferring else s, groups, namespace, connected=connected)
        for s in network.synapses
    }
    monitors = {
        name: brian2.SpikeMonitor(groups[name], name=f"{name}_spikes_out")
        for name in network.spikes
    }
    for owner in network.owners:
        for operation in owner.operations:
            made = groups.get(owner.name) or synapses[owner.name]
            _operation(made, operation, network.step)
    traces = {}
    for trace in network.traces:
        interval = (trace.steps if connected else 2) * network.step
        traces[trace.group] = _trace(trace, groups[trace.group], interval)
    clocks = {f"{name}_traces": monitor.clock for name, monitor in traces.items()}
    owners = {**groups, **synapses}
    borders = tuple(
        Spreading(b, owners) if b.kernel else _border(owners[b.owner], b) for b in network.borders
    )
    objects = (*groups.values(), *synapses.values(), *monitors.values(), *traces.values())
    made = brian2.Network(*objects, name="network")
    return Assembly(made, groups, synapses, monitors, traces, clocks, borders)


def _trace(trace: Trace, group: Any, interval: float) -> Any:
    """Return a monitor that samples after what is due at a border of the same time."""
    return brian2.StateMonitor(
        group,
        trace.variables,
        record=trace.cells,
        dt=interval * second,
        when="start",
        order=11,
        name=f"{trace.group}_traces_out",
    )


def _group(group: Group, namespace: dict[str, Any]) -> Any:
    extra: dict[str, Any] = {}
    if group.threshold:
        extra = {"threshold": group.threshold, "reset": group.reset or None}
        extra["refractory"] = group.refractory
    return brian2.NeuronGroup(
        group.size,
        group.equations,
        method=(lambda *_: group.update) if group.update else group.method,
        namespace=namespace,
        dtype={name: np.dtype(kind) for name, kind in group.types.items()},
        name=group.name,
        **extra,
    )


def _add_aliases(made: Any, described: Group | Synapses, groups: Mapping[str, Any]) -> None:
    for name, alias in described.aliases.items():
        index = _INDEX.get(alias.side, alias.side)
        if index == alias.side:  # elements have one each
            made.variables[index].unique = True
        made.variables.add_reference(name, groups[alias.group], alias.variable, index=index)


def _source(source: Source, step: float, connected: bool) -> Any:
    cells, ticks = (source.cells, source.ticks) if connected else (np.zeros(1, int), np.zeros(1))
    return brian2.SpikeGeneratorGroup(
        source.size, cells, ticks * step * second, sorted=True, name=source.name
    )


def _synapses(
    described: Synapses, groups: Mapping[str, Any], namespace: dict[str, Any], *, connected: bool
) -> Any:
    pathways = {"pre": (described.on_pre, described.delay)}
    if described.on_late:
        pathways["late"] = (described.on_late, described.late_delay)
    delays = {
        name: (float(delay[0]) if connected else 0.0) * second
        for name, (_, delay) in pathways.items()
        if delay.size == 1
    }
    types = {name: np.dtype(kind) for name, kind in described.types.items()}
    if connected:  # Brian2's own arrays know no integers of one byte
        types = {n: np.dtype(np.int32) if t.itemsize == 1 else t for n, t in types.items()}
    synapses = brian2.Synapses(
        groups[described.source],
        groups[described.target],
        described.equations,
        on_pre={name: code for name, (code, _) in pathways.items()},
        on_post=described.on_post or None,
        method="exact",
        namespace=namespace,
        dtype=types,
        name=described.name,
        delay=delays or None,
    )
    _add_aliases(synapses, described, groups)
    for name in pathways:
        getattr(synapses, name).order = described.order
    if described.on_post:
        synapses.post.order = described.order + 2
    if connected:
        synapses.connect(i=described.pre, j=described.post)
        for name, (_, delay) in pathways.items():
            if delay.size > 1:
                getattr(synapses, name).delay = delay * second
    else:
        synapses.connect(i=[0], j=[0])
    return synapses


def _deferring(described: Synapses) -> Synapses:
    """Return synapses at which postsynaptic spikes do what they do later."""
    if not described.deferred:
        return described
    equations = f"{described.equations}\nwaited : second (shared)"
    return replace(described, equations=equations, on_post=described.deferred)


def _operation(owner: Any, operation: Operation, step: float) -> None:
    owner.run_regularly(
        operation.code,
        dt=step * second,
        when=operation.when,
        order=operation.order,
        name=f"{owner.name}_{operation.name}",
    )


def _border(owner: Any, border: Border) -> Any:
    """Return what runs the statements of a border when it is called."""
    return CodeRunner(
        owner,
        "stateupdate",
        code=border.code,
        name=f"{border.owner}_{border.name}_border",
        clock=owner.clock,
        when="start",
        order=0,
    )


def arguments(network: Network) -> Iterator[tuple[str, str, Array]]:
    """Yield every run-time number as object name, variable name and array."""
    for described in network.owners:
        for variable, value in described.values.items():
            yield described.name, variable, value
