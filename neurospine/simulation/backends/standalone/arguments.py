"""The numbers a compiled program gets at the start of a run, and where it puts them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from neurospine.errors import BuildError
from neurospine.results.segments import spine_stream, summary_stream
from neurospine.simulation.assembly import Assembly, arguments
from neurospine.simulation.network import Array, Network

BORDERS = "borders"
RECORDED = "recorded slots"
COPIES = "copies of the circuit"
MAGIC = int.from_bytes(b"NSPARGS3", "little")


@dataclass(frozen=True)
class Slot:
    """One array of a program: its name, type and size (None when a run may choose it)."""

    name: str
    dtype: str
    size: int | None
    place: str = ""

    @property
    def width(self) -> int:
        """Bytes of one element."""
        return np.dtype(self.dtype).itemsize


def argument_arrays(network: Network) -> Iterator[tuple[str, Array]]:
    """Yield all run-time arrays of a network by name, in the order of a program's slots."""
    for name, variable, value in arguments(network):
        yield f"{name}.{variable}", value
    for synapses in network.synapses:
        yield f"{synapses.name}._synaptic_pre", synapses.pre
        yield f"{synapses.name}._synaptic_post", synapses.post
        yield f"{synapses.name}.delay", synapses.delay
        if synapses.on_late:
            yield f"{synapses.name}.late_delay", synapses.late_delay
    for recording in network.recordings:
        yield f"{recording.synapses}.{RECORDED}", recording.slots
        if recording.stages:
            yield f"{recording.synapses}.{COPIES}", np.array([recording.copies], np.int32)
    for trace in network.traces:
        yield f"{trace.group}_traces.dt", np.array([trace.steps * network.step])
        yield f"{trace.group}_traces_out._indices", trace.cells
    yield f"{BORDERS}.dt", np.array([network.border_steps * network.step])
    for source in network.sources:
        yield f"{source.name}.neuron_index", source.cells
        yield f"{source.name}._timebins", source.ticks


def slots(
    network: Network, assembly: Assembly, clock: Any, name_of: Callable[[Any], str]
) -> list[Slot]:
    """Return where a generated program holds each of the arrays of `argument_arrays`.

    `clock` is that of the borders; `name_of` says how the program names the array of a
    variable. The expressions in `place` are C++ and name variables of the program.
    """
    monitors = {monitor.name: monitor for monitor in assembly.traces.values()}
    owners = {**assembly.groups, **assembly.synapses, **assembly.clocks, **monitors}
    owners[BORDERS] = clock
    found = []
    for name, value in argument_arrays(network):
        owner_name, variable_name = name.split(".")
        if variable_name == RECORDED:
            place = f"sized({spine_stream(owner_name)}_slots, count)"
            found.append(Slot(name, "<i4", None, place))
            continue
        if variable_name == COPIES:
            found.append(Slot(name, "<i4", None, f"{summary_stream(owner_name)}_place(count)"))
            continue
        owner = owners[owner_name]
        holders = {"delay": "pre", "late_delay": "late"}
        holder = getattr(owner, holders[variable_name]) if variable_name in holders else owner
        variable = holder.variables["delay" if variable_name in holders else variable_name]
        array = name_of(variable)
        if hasattr(variable, "resize"):
            size, place = None, f"sized({array}, count)"
            if variable_name == "_synaptic_pre":
                place = f"(spines_{owner_name}(count), {place})"
        else:
            size = int(variable.size)
            place = f"count == {size} ? (void*){array} : nullptr"
        found.append(Slot(name, np.dtype(variable.dtype).str, size, place))
        if size is not None and value.size != size:
            raise BuildError(f"{name}: {value.size} numbers for an array of {size}")
    return found


def write_arguments(
    path: Path, network: Network, expected: list[Slot], checkpoint_seconds: float
) -> None:
    """Write the arguments of one run.

    Raises
    ------
    BuildError
        If an array has not the size or name that the program expects.
    """
    given = list(argument_arrays(network))
    if [name for name, _ in given] != [slot.name for slot in expected]:
        raise BuildError("the program in the build cache is not for this network")
    sizes = {f"{s.name}.{v}": s.pre.size for s in network.synapses for v in s.state}
    sizes |= {f"{s.name}._synaptic_post": s.pre.size for s in network.synapses}
    sizes |= {f"{s.name}._timebins": s.cells.size for s in network.sources}
    with path.open("wb") as file:
        sizes_of = (len(given), len(network.schedule), len(network.borders))
        file.write(np.array([MAGIC, *sizes_of], "<u8").tobytes())
        file.write(np.array([network.step, checkpoint_seconds], "<f8").tobytes())
        stretches = [astuple(stretch) for stretch in network.schedule]
        file.write(np.array(stretches, "<i8").tobytes())
        file.write(np.array([border.steps for border in network.borders], "<i8").tobytes())
        for (name, value), slot in zip(given, expected, strict=True):
            size = sizes.get(name, slot.size)
            if size is not None and value.size != size:
                raise BuildError(f"argument {name}: {value.size} numbers where {size} are expected")
            data = np.ascontiguousarray(value, dtype=slot.dtype).tobytes()
            file.write(np.array([value.size], "<u8").tobytes())
            file.write(data + bytes(-len(data) % 8))
        _write_changes(file, network, [name for name, _ in given])


def _write_changes(file: BinaryIO, network: Network, names: list[str]) -> None:
    """Write what changes while the run goes on: when, and each variable with its table."""
    steps = network.change_steps
    file.write(np.array([steps.size, len(network.changes)], "<u8").tobytes())
    file.write(steps.astype("<i8").tobytes())
    for change in network.changes:
        argument = names.index(f"{change.owner}.{change.variable}")
        file.write(np.array([argument, change.ends.size], "<u8").tobytes())
        file.write(change.ends.astype("<i8").tobytes())
        file.write(np.ascontiguousarray(change.table, "<f8").tobytes())
