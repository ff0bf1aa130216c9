"""Spikes that a page draws: rasters of some cells in a window, and rates through the run."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurospine.analysis.repeats import Cells
from neurospine.analysis.windows import cells_of
from neurospine.report_page.figures_data import Array, short, spread
from neurospine.report_page.reported import ReportedRun

#: Spikes in a window, cells of a population and conditions that are shown at most.
SPIKES, CELLS, CONDITIONS = 3000, 40, 6
#: Stretches in which rates are counted, about, and how long one may be (s).
_BINS = 150
_ROUND = (1e-3, 2e-3, 5e-3, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 60.0, 120.0,
          300.0, 600.0, 1800.0, 3600.0, 7200.0, 21600.0, 43200.0, 86400.0)  # fmt: skip
#: Digits of times: a step of 0.1 ms in a run of a year.
_DIGITS = 12

#: Times and cells of spikes.
Spikes = tuple[Array, Array]


def spikes(run: ReportedRun) -> dict[str, Any] | None:
    """Return rasters and rates by condition, of the first repeat; None without spikes."""
    tables = run.trajectory.spikes
    total = sum(len(table) for table in tables.values())
    if not total:
        return None
    cells = Cells.of(run.trajectory)
    sizes = {name: cells_of(run.trajectory, name) for name in tables}
    sizes = {n: size for n, size in sizes.items() if size and n not in run.modulators}
    copies = {name: tables[name]["cell"].to_numpy() // size for name, size in sizes.items()}
    spiking = np.unique(np.concatenate([np.unique(copy) for copy in copies.values()]))
    firsts = spiking[spiking % cells.repeats == 0]
    shown = {name: spread(size, CELLS) for name, size in sizes.items()}
    spans = _spiking_spans(run)
    bins = _bins(spans)
    conditions = []
    for copy in firsts[spread(firsts.size, CONDITIONS)].tolist() if firsts.size else ():
        own = {
            name: _of_copy(run, name, copies[name] == copy, size) for name, size in sizes.items()
        }
        rates = {
            name: short(_counted(own[name][0], bins) / (bins[:, 1] - bins[:, 0]) / sizes[name])
            for name in own
        }
        conditions.append(
            {
                "condition": copy // cells.repeats,
                "rates": rates,
                "windows": _windows(own, shown, spans),
            }
        )
    if not conditions:
        return None
    return {
        "total": total,
        "repeats": cells.repeats,
        "conditions_of_run": cells.conditions,
        "bins": [short(pair, _DIGITS) for pair in bins],
        "populations": [
            {"name": name, "size": sizes[name], "cells": rows.tolist()}
            for name, rows in shown.items()
        ],
        "conditions": conditions,
    }


def _spiking_spans(run: ReportedRun) -> Array:
    """Return start and stop of the stretches in which neurons run, shape (stretches, 2)."""
    phases = run.trajectory.info.phases
    found: list[list[float]] = []
    inside = phases[phases["kind"] == "spiking"]
    for start, stop in zip(inside["start"], inside["stop"], strict=True):
        if found and found[-1][1] == start:
            found[-1][1] = float(stop)
        else:
            found.append([float(start), float(stop)])
    return np.array(found).reshape(-1, 2)


def _bins(spans: Array) -> Array:
    """Return start and stop of the stretches in which rates are counted, shape (bins, 2)."""
    spans = spans[spread(len(spans), _BINS)]
    lengths = spans[:, 1] - spans[:, 0]
    wanted = lengths.sum() / _BINS
    width = next((size for size in _ROUND if size >= wanted), wanted)
    found = []
    for start, stop in spans:
        edges = np.append(np.arange(start, stop - width * 1e-6, width), stop)
        found.append(np.column_stack([edges[:-1], edges[1:]]))
    return np.concatenate(found)


def _counted(time: Array, bins: Array) -> Array:
    """Return how many times are in each of some stretches."""
    order = np.sort(time)
    return np.diff(np.searchsorted(order, bins, side="left"), axis=1)[:, 0]


def _of_copy(run: ReportedRun, name: str, inside: Array, size: int) -> Spikes:
    """Return times and cells of the spikes in one copy of the circuit."""
    table = run.trajectory.spikes[name]
    return table["time"].to_numpy()[inside], table["cell"].to_numpy()[inside] % size


def _windows(own: dict[str, Spikes], shown: dict[str, Array], spans: Array) -> list[dict[str, Any]]:
    """Return what is drawn: all spikes of the shown cells, or the first and the last ones."""
    marked = {}
    for name, (time, cell) in own.items():
        row = np.searchsorted(shown[name], cell)
        there = shown[name][np.minimum(row, shown[name].size - 1)] == cell
        marked[name] = (time[there], row[there])
    every = np.sort(np.concatenate([time for time, _ in marked.values()]))
    if not every.size:
        return []
    parts = {"all spikes": (spans[0, 0], spans[-1, 1])}
    if every.size > SPIKES or len(spans) > 1:
        # A stretch in which neurons run is not left.
        first, last = (int(np.searchsorted(spans[:, 1], every[k])) for k in (0, -1))
        start, end = every[: SPIKES + 1], every[-SPIKES - 1 :]
        parts = {
            "from the first spike": (start[0], min(start[-1], spans[first, 1])),
            "up to the last spike": (max(end[0], spans[last, 0]), end[-1]),
        }
    return [_window(name, marked, *map(float, ends)) for name, ends in parts.items()]


def _window(name: str, marked: dict[str, Spikes], start: float, stop: float) -> dict[str, Any]:
    lines = {}
    for population, (time, row) in marked.items():
        inside = (time >= start) & (time <= stop)
        lines[population] = {"time": short(time[inside], _DIGITS), "row": row[inside].tolist()}
    return {"name": name, "start": start, "stop": stop, "spikes": lines}
