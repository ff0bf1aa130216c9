"""What a page draws of a pool of spines: lines of some, sizes and stages of all, over time.

A pool is read once, snapshot by snapshot, so that memory does not grow with its length.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from neurospine.analysis.visits import Contacts
from neurospine.report_page.figures_data import Array, short, spread
from neurospine.report_page.reported import ReportedRun
from neurospine.report_page.sampling import choose
from neurospine.report_page.size_histogram import SizeHistogram

#: Spines of a run, and snapshots of a pool, that are shown at most; snapshots of large pools that
#: are read, counted in volumes.
SPINES, SNAPSHOTS, VOLUMES = 200, 200, 60_000_000
#: Snapshots at least, where there are so many.
_FEWEST = 12
#: Of more conditions sizes and stages are added up.
_GROUPS = 40
#: Variables of single spines that are shown, if they were recorded.
_SHOWN = ("volume", "weight", "bound")


def pools(run: ReportedRun) -> list[dict[str, Any]]:
    """Return what is drawn of each projection with snapshots, and how much there is of it."""
    names = [n for n, d in run.trajectory.spines.items() if d.sizes["slot"] and d.sizes["time"]]
    return [_pool(run, name, max(1, SPINES // len(names))) for name in names]


def _pool(run: ReportedRun, name: str, number: int) -> dict[str, Any]:
    info = run.trajectory.info.spines[name]
    dataset = run.trajectory.spines[name]
    condition = dataset["condition"].values
    size, times = dataset.sizes["slot"], dataset["time"].values
    places = spread(times.size, min(SNAPSHOTS, max(_FEWEST, VOLUMES // size)))
    slots = info.kept["slot"].to_numpy()
    contacts = run.trajectory.contacts.get(name)
    turned = np.zeros(size, bool)
    if contacts is not None:
        moved = contacts["birth"].notna() | contacts["death"].notna()
        turned = np.isin(slots, contacts["slot"][moved])
    first, last = (_volume(dataset, places[k])[0] for k in (0, -1))
    sample = choose(first, last, condition, turned, number)
    variables = [v for v in _SHOWN if v in dataset]
    lines = {v: np.full((places.size, sample.rows.size), np.nan) for v in variables}
    groups, group = len(run.conditions), condition
    if groups > _GROUPS:
        groups, group = 1, np.zeros_like(condition)
    histogram = SizeHistogram(groups, places.size)
    stages = list(info.stages) if "stage" in dataset else []
    counts = np.zeros((places.size, groups, len(stages)), int)
    seen: list[Array] = []
    for k, place in enumerate(places.tolist()):
        volume, stage = _volume(dataset, place)
        histogram.add(k, volume, group)
        there = volume[sample.rows] > 0
        for v in variables:
            values = volume[sample.rows] if v == "volume" else _some(dataset, v, place, sample.rows)
            lines[v][k] = np.where(there, values, np.nan)
        if stages and stage is not None:
            counted = np.bincount(group * len(stages) + stage, minlength=groups * len(stages))
            counts[k] = counted.reshape(groups, len(stages))
            if k in (0, places.size - 1):
                seen.append(stage)
    shown = times[places]
    summary = run.trajectory.summaries.get(name)
    return {
        "name": name,
        "slots": len(info.slots),
        "recorded": size,
        "ever": sample.ever,
        "snapshots": times.size,
        "times": short(shown, 10),
        "variables": [
            {"name": v, "unit": info.variables[v].unit, "meaning": info.variables[v].meaning}
            for v in variables
        ],
        "spines": _described(dataset, slots, sample.rows, sample.why, contacts, lines, seen),
        "stages": stages,
        "sizes": histogram.data(shown) if summary is None else _summed_sizes(summary, groups),
        "flow": _flow(shown, counts, stages, summary, groups),
        "moves": _moves(seen, group, groups, stages, contacts, slots, shown),
    }


def _volume(dataset: xr.Dataset, place: int) -> tuple[Array, Array | None]:
    """Return volumes, 0 where there is no spine, and stages if they were recorded."""
    volume = np.asarray(dataset["volume"].isel(time=place).values, float)
    if "stage" not in dataset:
        return volume, None
    stage = np.asarray(dataset["stage"].isel(time=place).values, np.int64)
    return np.where(stage > 0, volume, 0.0), stage


def _some(dataset: xr.Dataset, variable: str, place: int, rows: Array) -> Array:
    return np.asarray(dataset[variable].isel(time=place).values)[rows]


def _described(
    dataset: xr.Dataset,
    slots: Array,
    rows: Array,
    why: list[str],
    contacts: pd.DataFrame | None,
    lines: dict[str, Array],
    seen: list[Array],
) -> list[dict[str, Any]]:
    """Return what is known of each spine that is shown, with its values over time."""
    lives: dict[int, list[Any]] = {}
    if contacts is not None:
        own = contacts[contacts["slot"].isin(slots[rows])]
        for slot, birth, death in zip(own["slot"], own["birth"], own["death"], strict=True):
            lives.setdefault(int(slot), []).append(short([birth, death], 10))
    columns = {name: dataset[name].values for name in ("condition", "repeat", "pre", "post")}
    found = []
    for k, (row, reason) in enumerate(zip(rows.tolist(), why, strict=True)):
        slot = int(slots[row])
        found.append(
            {
                "slot": slot,
                **{name: int(column[row]) for name, column in columns.items()},
                "why": reason,
                "lives": lives.get(slot, [[None, None]]),
                "end": int(seen[-1][row]) if seen else None,
                **{name: short(values[:, k]) for name, values in lines.items()},
            }
        )
    return found


def _flow(
    times: Array, counts: Array, stages: list[str], summary: xr.Dataset | None, groups: int
) -> dict[str, Any] | None:
    """Return how many slots are in each stage over time, by condition."""
    if summary is not None:
        place = spread(summary.sizes["time"], SNAPSHOTS)
        times = summary["time"].values[place]
        stages = [str(name) for name in summary["stage"].values]
        counts = _by_condition(summary["spines"].values[place], summary, groups)
    if not stages:
        return None
    return {"times": short(times, 10), "stages": stages, "counts": counts.tolist()}


def _summed_sizes(summary: xr.Dataset, groups: int) -> dict[str, Any]:
    """Return the histogram of all spines that a run kept, by condition."""
    place = spread(summary.sizes["time"], SNAPSHOTS)
    counts = _by_condition(summary["histogram"].values[place], summary, groups)
    edges = summary["edge"].values
    filled = np.flatnonzero(counts.any(axis=(0, 1)))
    first, last = (filled[0], filled[-1]) if filled.size else (0, 0)
    edges = np.append(edges, edges[-1] ** 2 / edges[-2])[first : last + 2]
    return {
        "times": short(summary["time"].values[place], 10),
        "edges": short(edges),
        "counts": counts[..., first : last + 1].tolist(),
    }


def _by_condition(values: Array, summary: xr.Dataset, groups: int) -> Array:
    """Return numbers by (time, copy, ...) added up over the repeats of each condition."""
    total = np.zeros((values.shape[0], groups, *values.shape[2:]), int)
    for copy, condition in enumerate(summary["condition"].values):
        total[:, condition if groups > 1 else 0] += values[:, copy].astype(int)
    return total


def _moves(
    seen: list[Array],
    group: Array,
    groups: int,
    stages: list[str],
    contacts: pd.DataFrame | None,
    slots: Array,
    times: Array,
) -> dict[str, Any] | None:
    """Return how many slots went from each stage to each, from the first to the last snapshot."""
    if len(seen) < 2:
        return None
    number = len(stages)
    first, last = seen
    place = (group * number + first) * number + last
    counts = np.bincount(place, minlength=groups * number**2).reshape(groups, number, number)
    replaced = None
    if contacts is not None:
        lived = Contacts(contacts, slots)
        before, after = (lived.latest(float(times[k])).copy() for k in (0, -1))
        other = (before != after) & (first > 0) & (last > 0)
        replaced = np.bincount(group[other], minlength=groups).tolist()
    return {"counts": counts.tolist(), "replaced": replaced, "times": short(times[[0, -1]], 10)}
