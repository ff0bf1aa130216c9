"""Summaries of all spines of a projection, for pools too large to keep every snapshot of.

A record of the stream ``summary_<projection>`` holds, for each copy of the circuit (one
for each condition and repeat), float64 numbers in this order: spines in each stage, sum of
their volumes (um**3), sum of ln(volume) and of its square, births and deaths since the
start, and a histogram of volume. Compiled programs write the same (`runtime.cpp`).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr

from neurospine.results import segments
from neurospine.results.info import RunInfo
from neurospine.results.segments import Array, summary_stream

#: Edges of the histogram: equal on a logarithmic axis. Smaller and larger volumes are in the
#: first and the last bin.
LOWEST, HIGHEST, BINS = 1e-4, 10.0, 60
MOMENTS = ("total_volume", "total_log", "total_square_log", "births", "deaths")


def edges() -> Array:
    """Return the edges of the histogram in um**3."""
    return np.geomspace(LOWEST, HIGHEST, BINS + 1)


def summarise(volume: Array, stage: Array, copies: int, stages: int) -> Array:
    """Return stage counts, moments and histogram of each copy, births and deaths left out.

    Parameters
    ----------
    volume, stage
        Of every slot; the slots of a copy stand together.
    copies
        Copies of the circuit.
    stages
        Number of stages, absent included.

    Returns
    -------
    ndarray
        Shape (copies, stages + 3 + BINS).
    """
    rows = []
    for own, where in zip(np.split(volume, copies), np.split(stage, copies), strict=True):
        logs = np.log(own[where > 0])
        scaled = np.floor((logs - np.log(LOWEST)) * (BINS / np.log(HIGHEST / LOWEST)))
        place = np.clip(scaled, 0, BINS - 1).astype(int)
        moments = [own.sum(), logs.sum(), (logs**2).sum()]
        counts = np.bincount(where, minlength=stages)
        rows.append([*counts, *moments, *np.bincount(place, minlength=BINS)])
    return np.array(rows, float)


def read_summary(folder: Path, projection: str, info: RunInfo) -> xr.Dataset:
    """Return the summaries in the segments of a run.

    Returns
    -------
    Dataset
        With the dimensions time (s), copy, stage and bin (`edge`: lower edges, um**3): spines (by
        stage), mean_volume, mean_log, sd_log, births, deaths, histogram; condition and
        repeat are coordinates of copy.
    """
    stages = info.spines[projection].stages or ("absent", "spine")
    slots = info.spines[projection].slots
    copies = slots.groupby(["condition", "repeat"]).size().reset_index()
    width = len(stages) + len(MOMENTS) + BINS
    ticks, rows = [], []
    for record in segments.read(folder, summary_stream(projection)):
        ticks.append(record.tick)
        rows.append(record.payload.view("<f8").reshape(len(copies), width))
    values = np.array(rows).reshape(len(rows), len(copies), width)
    counts, moments, histogram = np.split(values, [len(stages), width - BINS], axis=2)
    number = counts[..., 1:].sum(axis=2)
    some = np.where(number > 0, number, np.nan)
    mean_log = moments[..., 1] / some
    along = ("time", "copy")
    volume = {"units": "um**3"}
    return xr.Dataset(
        {
            "spines": ((*along, "stage"), counts),
            "mean_volume": (along, moments[..., 0] / some, volume),
            "mean_log": (along, mean_log),
            "sd_log": (along, np.sqrt(np.maximum(moments[..., 2] / some - mean_log**2, 0.0))),
            "births": (along, moments[..., 3]),
            "deaths": (along, moments[..., 4]),
            "histogram": ((*along, "bin"), histogram),
        },
        {
            "time": ("time", np.array(ticks, float) * info.step, {"units": "second"}),
            "stage": ("stage", list(stages)),
            "edge": ("bin", edges()[:-1], volume),
            "condition": ("copy", copies["condition"].to_numpy()),
            "repeat": ("copy", copies["repeat"].to_numpy()),
        },
    )
