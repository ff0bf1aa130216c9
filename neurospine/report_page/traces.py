"""Recorded variables that a page draws: neuromodulators, and neurons."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from neurospine.analysis.neuron_drawing import thinned
from neurospine.report_page.figures_data import Array, short, spread
from neurospine.report_page.reported import ReportedRun

#: Lines of a population, and points of a line, that are shown at most.
LINES, POINTS = 12, 2000
#: Values that are read at once.
_BLOCK = 4_000_000


def traces(run: ReportedRun, *, modulators: bool) -> list[dict[str, Any]]:
    """Return recorded variables of neuromodulators or of neurons, by population."""
    found = []
    for name, dataset in run.trajectory.traces.items():
        if (name in run.modulators) == modulators and dataset.sizes["time"]:
            found.append(_population(run, name, dataset))
    return found


def _population(run: ReportedRun, name: str, dataset: xr.Dataset) -> dict[str, Any]:
    described = run.trajectory.info.traces[name].variables
    cells = dataset.sizes["cell"]
    variables = list(described)[:LINES]
    columns = spread(cells, max(1, LINES // len(variables)))
    values = {variable: _read(dataset, variable, columns) for variable in variables}
    times = dataset["time"].values
    lines = []
    for k, column in enumerate(columns.tolist()):
        for variable in variables:
            line = values[variable][:, k]
            kept = thinned(line, POINTS)
            lines.append(
                {
                    "variable": variable,
                    "cell": int(dataset["number"].values[column]),
                    "condition": int(dataset["condition"].values[column]),
                    "repeat": int(dataset["repeat"].values[column]),
                    "time": short(times[kept], 10),
                    "value": short(line[kept], 5),
                }
            )
    return {
        "population": name,
        "samples": times.size,
        "all": cells * len(described),
        "variables": [
            {
                "name": variable,
                "unit": described[variable].unit,
                "meaning": described[variable].meaning,
            }
            for variable in variables
        ],
        "lines": lines,
    }


def _read(dataset: xr.Dataset, variable: str, columns: Array) -> Array:
    """Return a variable of some cells, read in pieces, shape (times, cells)."""
    number, cells = dataset.sizes["time"], dataset.sizes["cell"]
    rows = max(1, _BLOCK // cells)
    pieces = [
        np.asarray(dataset[variable].isel(time=slice(start, start + rows)).values)[:, columns]
        for start in range(0, number, rows)
    ]
    return np.concatenate(pieces)
