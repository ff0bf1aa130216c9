"""The table of a sweep: one row for each run and value that was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from neurospine.description.measures import axes_of
from neurospine.description.protocol import Protocol
from neurospine.errors import ResultError
from neurospine.sweeps.axes import SweptAxis, with_unit
from neurospine.sweeps.grid import Grid, Run
from neurospine.sweeps.job import Outcome

#: Columns of what was measured, in their order.
NUMBERS = ("value", "standard_error", "n", "low", "high")


def sweep_table(grid: Grid, outcomes: Mapping[str, Outcome], folder: str) -> pd.DataFrame:
    """Return what was measured in all runs, in the order of the grid.

    Parameters
    ----------
    grid
        The sweep.
    outcomes
        What came of each run, by its name; runs that are not there are left out.
    folder
        Where the result files are, from where the table is.

    Returns
    -------
    DataFrame
        A column for each axis of the sweep (with its unit) and for the seed, then
        `measure`, the axes of measures, `value`, `standard_error`, `n` repeats within the
        run, `low` and `high`, the `file`, and `why` a run failed, which then has one row.
    """
    runs = [run for run in grid.runs() if run.name in outcomes]
    done = [(k, outcomes[run.name]) for k, run in enumerate(runs)]
    parts = [_measured(grid.protocol, name, done) for name in grid.protocol.measures]
    silent = [k for k, outcome in done if not outcome.measures]
    parts.append(pd.DataFrame({"run": silent, "measure": ""}))
    rows = pd.concat([part for part in parts if len(part)] or parts, ignore_index=True)
    rows = rows.sort_values("run", kind="stable", ignore_index=True)
    number = rows.pop("run").to_numpy(int)
    about = _about(grid, runs, outcomes, folder).iloc[number].reset_index(drop=True)
    ends = about[["file", "why"]]
    own = [name for name in rows if name not in ("measure", *NUMBERS)]
    middle = rows.reindex(columns=["measure", *own, *NUMBERS])
    return pd.concat([about.drop(columns=["file", "why"]), middle, ends], axis=1)


def _about(
    grid: Grid, runs: Sequence[Run], outcomes: Mapping[str, Outcome], folder: str
) -> pd.DataFrame:
    columns: dict[str, list[object]] = {
        axis.column: [run.point.values[axis.name] for run in runs] for axis in grid.axes
    }
    columns["seed"] = [run.seed for run in runs]
    why = [outcomes[run.name].why for run in runs]
    columns["file"] = [
        "" if failed else f"{folder}/{run.name}.h5" for run, failed in zip(runs, why, strict=True)
    ]
    columns["why"] = list(why)
    return pd.DataFrame(columns)


def _measured(protocol: Protocol, name: str, done: Sequence[tuple[int, Outcome]]) -> pd.DataFrame:
    """Return all values of one measure, with the number of the run."""
    tables = [(k, outcome.measures[name]) for k, outcome in done if name in outcome.measures]
    if not tables:
        return pd.DataFrame()
    joined = pd.concat([table for _, table in tables], ignore_index=True)
    units = {axis: described.unit for axis, described in protocol.conditions.items()}
    units |= axes_of(protocol, protocol.measures[name])
    joined = joined.rename(columns={a: with_unit(a, u) for a, u in units.items() if a in joined})
    joined.insert(0, "measure", name)
    joined.insert(0, "run", np.repeat([k for k, _ in tables], [len(t) for _, t in tables]))
    return joined


def check_columns(axes: Sequence[SweptAxis], protocol: Protocol) -> None:
    """Raise a `ResultError` if an axis of a measure has the name of a swept one."""
    for name, measure in protocol.measures.items():
        for own in axes_of(protocol, measure):
            if own in {axis.name for axis in axes}:
                raise ResultError(
                    f"--over {own}: the measure {name} has an axis of that name; write the "
                    "qualified name of the parameter (part.name)"
                )
