"""Work out the spike times that the stimuli of a protocol mean, in ticks."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from io import StringIO
from typing import Any

import numpy as np
import pandas as pd

from neurospine.description.protocol import Protocol
from neurospine.description.stimuli import (
    Current,
    Dip,
    Pairing,
    Poisson,
    Regular,
    SpikeList,
    Triplet,
    Uncaging,
    Volley,
)
from neurospine.description.units import ON_A_STEP, convert
from neurospine.errors import NeurospineError, ProtocolError, shorten, suggest
from neurospine.simulation.network import Array
from neurospine.simulation.occasion import Occasion, named, to_ticks
from neurospine.simulation.random import generator
from neurospine.simulation.uncaging import Aims

#: Population, cells and ticks of spikes.
Trains = Iterator[tuple[str, Array, Array]]


def _regular(stimulus: Regular, cell: Occasion) -> Trains:
    yield cell.everywhere(stimulus.population, cell.train(stimulus))


def _pairing(stimulus: Pairing, cell: Occasion) -> Trains:
    ticks, interval = cell.train(stimulus), cell.ticks("interval", stimulus.interval)
    first = ticks + max(0, -interval)
    yield cell.everywhere(stimulus.presynaptic, first)
    yield cell.everywhere(stimulus.postsynaptic, first + interval)


def _triplet(stimulus: Triplet, cell: Occasion) -> Trains:
    order = cell.grid.word(stimulus.order, cell.row)
    intervals = np.array(
        [cell.ticks(key, getattr(stimulus, key)) for key in ("first_interval", "second_interval")]
    )
    orders = {"pre_post_pre": 1, "post_pre_post": -1}
    if order not in orders:
        raise ProtocolError(f"order: {order!r}. {suggest(order, orders)}")
    outer = -intervals * orders[order]
    if not outer[0] < 0 < outer[1]:
        raise ProtocolError(f"the intervals do not make a triplet of the order {order}")
    middle = cell.train(stimulus) - outer[0]
    both = np.sort((middle[:, None] + outer).ravel())
    pre, post = (both, middle) if order == "pre_post_pre" else (middle, both)
    yield cell.everywhere(stimulus.presynaptic, pre)
    yield cell.everywhere(stimulus.postsynaptic, post)


def _poisson(stimulus: Poisson, cell: Occasion) -> Trains:
    rate = cell.rate(stimulus.rate)
    if not 0 <= rate * cell.step <= 0.1:
        raise ProtocolError(
            f"rate: {rate:g} Hz is not within 0 and a tenth of the steps ({0.1 / cell.step:g} Hz)"
        )
    start = cell.time(stimulus.start)
    stop = cell.time(stimulus.stop) if stimulus.stop else cell.phase.seconds
    if start < 0 or stop > cell.phase.seconds * (1 + ON_A_STEP):
        raise ProtocolError(
            f"start and stop ({start:g} to {stop:g} s) are outside the phase "
            f"(0 to {cell.phase.seconds:g} s)"
        )
    if stop < start:
        raise ProtocolError(f"stop: {stop:g} s is before start, {start:g} s")
    for number in range(cell.sizes[stimulus.population]):
        names = (stimulus.population, cell.phase.name, str(cell.number), str(cell.repeat))
        random = generator(cell.seed, "poisson", *names, str(number))
        intervals = random.standard_exponential(_enough(rate * (stop - start)))
        times = start + np.cumsum(intervals) / max(rate, 1e-300)
        ticks = np.unique(np.floor(times[times < stop] / cell.step).astype(np.int64))
        yield stimulus.population, np.full(ticks.size, number), ticks


def _enough(mean: float) -> int:
    """Return how many intervals are more than a Poisson process of this mean can need."""
    return int(mean + 12 * np.sqrt(mean) + 50)


def _spike_list(stimulus: SpikeList, cell: Occasion) -> Trains:
    size = cell.sizes[stimulus.population]
    if stimulus.file:
        cells, times = _read_spikes(cell.protocol.input_text(stimulus.file), stimulus.file)
    else:
        if len(stimulus.cells) != len(stimulus.times):
            raise ProtocolError("cells and times must have the same length")
        cells = np.array(stimulus.cells, dtype=np.int64)
        times = np.array(stimulus.times) * convert(1.0, stimulus.unit, "second")
    if cells.size and not (cells.min() >= 0 and cells.max() < size):
        raise ProtocolError(f"cells: must be from 0 to {size - 1} in {stimulus.population!r}")
    yield stimulus.population, cells, to_ticks(times, cell.step)


def _read_spikes(text: str, path: str) -> tuple[Array, Array]:
    try:
        with warnings.catch_warnings(action="error"):  # more fields than names in a line
            table = pd.read_csv(StringIO(text), comment="#", index_col=False)
    except (ValueError, Warning) as error:
        raise ProtocolError(f"{path}: no spike list: {shorten(error)}") from None
    columns = {name.split("[")[0].strip(): name for name in table.columns}
    if not {"cell", "time"} <= set(columns) or "[" not in columns["time"]:
        raise ProtocolError(f"{path}: needs the columns 'cell' and 'time [unit]'")
    unit = columns["time"].split("[")[1].rstrip("] ")
    try:
        cells = table[columns["cell"]].to_numpy(float)
        times = table[columns["time"]].to_numpy(float) * convert(1.0, unit, "second")
    except ValueError as error:
        raise ProtocolError(f"{path}: no spike list: {shorten(error)}") from None
    if not np.all(cells == np.rint(cells)):
        raise ProtocolError(f"{path}: cell: must be whole numbers")
    if not np.all(np.isfinite(times)):
        raise ProtocolError(f"{path}: time: must be finite numbers")
    return cells.astype(np.int64), times


def _volley(stimulus: Volley, cell: Occasion) -> Trains:
    population = cell.grid.word(stimulus.population, cell.row)
    count, size = cell.whole("count", stimulus.count), cell.sizes[population]
    if stimulus.first + count > size:
        raise ProtocolError(
            f"count: {count} cells from cell {stimulus.first} on are more than the {size} of "
            f"{population!r}"
        )
    start, spread = (cell.ticks(key, getattr(stimulus, key)) for key in ("start", "spread"))
    cells = np.arange(count)
    yield population, stimulus.first + cells, start + spread * cells


def _uncaging(stimulus: Uncaging, cell: Occasion) -> Trains:
    population, axons = cell.aimed
    ticks = cell.train(stimulus)
    yield population, np.tile(axons, ticks.size), np.repeat(ticks, axons.size)


_KINDS: dict[type, Callable[[Any, Occasion], Trains]] = {
    Regular: _regular,
    Pairing: _pairing,
    Triplet: _triplet,
    Poisson: _poisson,
    SpikeList: _spike_list,
    Volley: _volley,
    Uncaging: _uncaging,
}


def spikes(
    protocol: Protocol, sizes: Mapping[str, int], seed: int, aims: Aims | None = None
) -> dict[str, tuple[Array, Array]]:
    """Return cells and ticks of every population that a protocol makes spike.

    Parameters
    ----------
    protocol
        A protocol.
    sizes
        Cells in one copy of each population that can be made to spike.
    seed
        Decides the Poisson stimuli.
    aims
        What `uncaging.aims` returned, if glutamate is uncaged.

    Returns
    -------
    dict
        For each population the cell numbers, counted through all copies of the
        circuit (one for each condition and repeat), and the ticks, sorted by tick.

    Raises
    ------
    ProtocolError
        If a stimulus names an unknown population, has spikes outside its phase or
        makes a cell spike twice in a step.
    """
    found: dict[str, list[tuple[Array, Array, Array]]] = {name: [] for name in sizes}
    rows, start = protocol.grid.rows, 0
    for phase in protocol.epochs:
        for number, stimulus in enumerate(phase.stimuli):
            if isinstance(stimulus, Current | Dip):  # no spikes; see `injection`
                continue
            aim = (aims or {}).get((phase.original, number))
            try:
                for copy, row in enumerate(row for row in rows for _ in range(protocol.repeats)):
                    repeat = copy % protocol.repeats
                    aimed = (aim.population, aim.axons[copy]) if aim else None
                    cell = Occasion(protocol, phase, number, row, repeat, seed, sizes, aimed)
                    for name in _populations(stimulus, cell):
                        if name not in sizes:
                            hint = suggest(name, sizes) if sizes else "All cells are neurons here."
                            raise ProtocolError(
                                f"no population {name!r} to force spikes on. {hint}"
                            )
                    for name, cells, ticks in _KINDS[type(stimulus)](stimulus, cell):
                        _check_within(ticks, cell)
                        chance = np.full(ticks.size, isinstance(stimulus, Poisson))
                        found[name].append((cells + copy * sizes[name], ticks + start, chance))
            except NeurospineError as error:
                place = f"{protocol.place}: {named(phase, number, stimulus)}"
                raise ProtocolError(f"{place}: {error}") from None
        if phase.spiking:  # forced spikes are counted in steps of spiking
            start += round(phase.seconds / protocol.step_seconds)
    try:
        return {name: _merge(name, trains) for name, trains in found.items()}
    except ProtocolError as error:
        raise ProtocolError(f"{protocol.place}: {error}") from None


def _populations(stimulus: Any, cell: Occasion) -> tuple[str, ...]:
    if isinstance(stimulus, Pairing | Triplet):
        return stimulus.presynaptic, stimulus.postsynaptic
    if isinstance(stimulus, Volley):
        return (cell.grid.word(stimulus.population, cell.row),)
    if isinstance(stimulus, Uncaging):
        return (cell.aimed[0],)
    return (stimulus.population,)


def _check_within(ticks: Array, cell: Occasion) -> None:
    if ticks.size and (ticks.min() < 0 or ticks.max() >= cell.length):
        worst = ticks.min() if ticks.min() < 0 else ticks.max()
        raise ProtocolError(
            f"a spike at {worst * cell.step:g} s is outside the phase "
            f"(0 to {cell.phase.seconds:g} s)"
        )


def _merge(name: str, trains: list[tuple[Array, Array, Array]]) -> tuple[Array, Array]:
    """Return the spikes of all stimuli in order; by chance two may be one."""
    nothing = np.zeros(0, np.int64)
    cells, ticks, chance = (
        np.concatenate([nothing, *parts])
        for parts in (zip(*trains, strict=True) if trains else [()] * 3)
    )
    order = np.lexsort((chance, cells, ticks))
    cells, ticks, chance = cells[order].astype(np.int32), ticks[order], chance[order].astype(bool)
    again = np.zeros(cells.size, bool)
    again[1:] = (np.diff(ticks) == 0) & (np.diff(cells) == 0)
    if np.any(again & ~chance):
        raise ProtocolError(f"population {name!r}: a cell is made to spike twice in one step")
    return cells[~again], ticks[~again]
