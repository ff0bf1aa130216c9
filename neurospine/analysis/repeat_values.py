"""What was measured in each repeat of a run, and what is measured of any run with spines."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from neurospine.analysis.measures import by_repeat, measured, tabulated
from neurospine.analysis.visits import span
from neurospine.description.imaging_measures import Density, Survival, Turnover
from neurospine.description.measures import Measure, axes_of
from neurospine.description.protocol import Protocol
from neurospine.description.size_measures import SizeDistribution
from neurospine.errors import ResultError
from neurospine.results.trajectory import Trajectory

#: An own axis whose values differ from run to run, so that places go by their number.
_OWN_VALUES = "size"


def repeat_values(trajectory: Trajectory, protocol: Protocol) -> dict[str, pd.DataFrame]:
    """Return each measure of a protocol by repeat.

    Those that follow from others (ratios, fits) are worked out for each repeat alone; a repeat
    that gives none, say because nothing fits, is left out.

    Returns
    -------
    dict of DataFrame
        Columns are the condition axes, own axes, `repeat` and `value`. Where places on an own
        axis differ between runs they are numbered, as in ``size bin``.
    """
    base = measured(trajectory, protocol)
    found = {name: [_placed(trajectory, values)] for name, values in base.items()}
    derived = [name for name in protocol.measures if name not in base]
    if derived:
        for name in derived:
            found[name] = []
        for repeat in sorted({int(k) for table in base.values() for k in table["repeat"]}):
            one = {name: table[table["repeat"] == repeat] for name, table in base.items()}
            try:
                tables = tabulated(trajectory, protocol, one)
            except ResultError:
                continue
            for name in derived:
                found[name].append(tables[name].assign(repeat=repeat))
    return {
        name: _numbered(
            pd.concat(found[name], ignore_index=True),
            [*protocol.conditions],
            [*axes_of(protocol, wanted)],
        )
        for name, wanted in protocol.measures.items()
        if found[name]
    }


def standard_values(
    trajectory: Trajectory, phase: str | None = None
) -> dict[str, tuple[Measure, pd.DataFrame]]:
    """Return density, turnover, survival and mean volume of a run whose spines live.

    Parameters
    ----------
    trajectory
        The run.
    phase
        The phase that is measured; by default the last of consolidation, else the last.

    Returns
    -------
    dict
        By name the measure and its values by repeat, as in `repeat_values`; empty where no
        spine is born or dies.
    """
    living = [name for name, spines in trajectory.info.spines.items() if spines.stages]
    if not living or any(name not in trajectory.contacts for name in living):
        return {}
    phases = trajectory.info.phases
    if phase is None:
        quiet = phases[phases["kind"] == "consolidation"]
        phase = str((quiet if len(quiet) else phases)["name"].iloc[-1])
    elif phase not in set(phases["name"]):
        known = ", ".join(phases["name"])
        raise ResultError(f"--phase {phase}: the runs have no such phase, but {known}")
    start, stop = span(trajectory, phase)
    whole = f"{stop - start!r} second"
    conditions = [str(axis) for axis in trajectory.info.conditions]
    found: dict[str, tuple[Measure, pd.DataFrame]] = {}
    several = len(living) > 1
    for projection in living:
        where = {"phase": phase, "projection": projection}
        of = f" of {projection}" * several
        for measure in _standard(where, whole, f" {phase}{of}"):
            values = by_repeat(trajectory, measure)
            name = measure.meaning
            found[name] = (measure, _numbered(_placed(trajectory, values), conditions, []))
    return found


def _standard(where: Mapping[str, str], whole: str, of: str) -> list[Measure]:
    """Return the measures of a phase, named by their meaning."""
    return [
        Density(
            kind="density", meaning=f"density, end of{of}", relative_to="slots", **where
        ),
        Turnover(kind="turnover", meaning=f"turnover over{of}", every=whole, **where),
        Survival(
            kind="survival", meaning=f"survival over{of}", every=whole, lags=(whole,),
            seen="end", **where,
        ),
        SizeDistribution(
            kind="size_distribution", meaning=f"mean volume, end of{of}", give="mean", **where
        ),
    ]  # fmt: skip


def _placed(trajectory: Trajectory, values: pd.DataFrame) -> pd.DataFrame:
    """Return values with the axes of their condition in its place."""
    conditions = trajectory.info.conditions
    if conditions.empty:
        return values.drop(columns="condition")
    axes = conditions.iloc[values["condition"].to_numpy()].reset_index(drop=True)
    return pd.concat([axes, values.drop(columns="condition").reset_index(drop=True)], axis=1)


def _numbered(table: pd.DataFrame, conditions: list[str], own: list[str]) -> pd.DataFrame:
    axes = [axis for axis in [*conditions, *own] if axis in table]
    table = table[[*axes, "repeat", "value"]]
    if _OWN_VALUES not in own:
        return table
    keys = [axis for axis in axes if axis != _OWN_VALUES] + ["repeat"]
    number = table.groupby(keys)[_OWN_VALUES].rank(method="first").astype(int)
    return table.assign(**{_OWN_VALUES: number}).rename(columns={_OWN_VALUES: "size bin"})
