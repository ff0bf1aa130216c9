"""Work out what a protocol measures from the trajectory of a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from neurospine.analysis import (
    assemblies,
    changes,
    current_measures,
    fluctuations,
    imaging,
    lifetimes,
    memories,
    remodelling,
    shapes,
    sizes,
    spike_measures,
    trace_measures,
    trials,
)
from neurospine.analysis.derived import exponential_fit, relative
from neurospine.analysis.repeats import Cells, tabulate
from neurospine.analysis.visits import snapshot, span
from neurospine.description.imaging_measures import PersistentFraction
from neurospine.description.measure_tables import (
    RELATIVE,
    ExponentialFit,
    RelativeChange,
)
from neurospine.description.measures import axes_of
from neurospine.description.protocol import Protocol
from neurospine.errors import ResultError
from neurospine.results.trajectory import Trajectory

Measures = dict[str, pd.DataFrame]


def measure(trajectory: Trajectory, protocol: Protocol) -> Measures:
    """Return a table for each measure of a protocol.

    Parameters
    ----------
    trajectory
        A complete run of the protocol.
    protocol
        The protocol.

    Returns
    -------
    dict of DataFrame
        One row a condition (one in all for a fit along a condition), and for each value
        of an axis of the measure's own, such as the lag of a survival curve. A column for
        each axis, then `value`, `standard_error`, `n` repeats, and the ends `low` and
        `high` of the 95 % confidence interval over repeats (see `repeats.tabulate`).

    Raises
    ------
    ResultError
        If the trajectory does not reach the end of a phase that is measured, or the
        run has not what a measure needs.
    """
    return tabulated(trajectory, protocol, measured(trajectory, protocol))


def measured(trajectory: Trajectory, protocol: Protocol) -> dict[str, pd.DataFrame]:
    """Return each measure that does not follow from others, by repeat (see `by_repeat`)."""
    return {
        name: by_repeat(trajectory, wanted)
        for name, wanted in protocol.measures.items()
        if not isinstance(wanted, (ExponentialFit, *RELATIVE))
    }


def tabulated(
    trajectory: Trajectory, protocol: Protocol, repeats: Mapping[str, pd.DataFrame]
) -> Measures:
    """Return the tables of all measures of a protocol from what was `measured`."""
    tables: Measures = {}
    for name, values in repeats.items():
        own = list(protocol.measures[name].own_axes)
        tables[name] = tabulate(trajectory, values, own)
    for name, wanted in protocol.measures.items():
        if isinstance(wanted, RELATIVE):
            own = list(axes_of(protocol, wanted))
            tables[name] = relative(trajectory, repeats[wanted.of], wanted, own)
    for name, wanted in protocol.measures.items():
        if isinstance(wanted, ExponentialFit):
            own = list(axes_of(protocol, protocol.measures[wanted.of]))
            others = [axis for axis in [*protocol.conditions, *own] if axis != wanted.axis]
            along = others if wanted.axis in own else []
            tables[name] = exponential_fit(tables[wanted.of], wanted, along)
    return {name: tables[name] for name in protocol.measures}


def by_repeat(trajectory: Trajectory, wanted: Any) -> pd.DataFrame:
    """Return a measure for each repeat: condition, repeat, own axes, `value` and `error`."""
    if isinstance(wanted, PersistentFraction):
        return by_repeat(trajectory, wanted.survival)
    return _BY_KIND[wanted.kind](trajectory, wanted)


def _relative_change(trajectory: Trajectory, wanted: RelativeChange) -> pd.DataFrame:
    cells = Cells.of(trajectory)
    sums = np.zeros((2, cells.size))
    for dataset in trajectory.spines.values():
        cell = cells.index(dataset)
        for total, time in zip(sums, span(trajectory, wanted.phase), strict=True):
            values = snapshot(dataset, wanted.variable, time)
            total += np.bincount(cell, values, minlength=cells.size)
    before, after = sums
    if (before == 0).any():
        raise ResultError(
            f"phase {wanted.phase!r} begins with a {wanted.variable} of 0, of which there is no "
            "relative change"
        )
    return cells.values(after / before - 1.0, np.zeros(cells.size))


_BY_KIND: dict[str, Callable[[Trajectory, Any], pd.DataFrame]] = {
    "relative_change": _relative_change,
    "density": imaging.density,
    "turnover": imaging.turnover,
    "survival": imaging.survival,
    "occupancy": imaging.occupancy,
    "ages": imaging.ages,
    "near_lost": remodelling.near_lost,
    "cohort_loss": remodelling.cohort_loss,
    "kaplan_meier": lifetimes.kaplan_meier,
    "lifetime": lifetimes.lifetime,
    "size_distribution": sizes.size_distribution,
    "tail_exponent": sizes.tail_exponent,
    "autocorrelation": sizes.autocorrelation,
    "fluctuation": fluctuations.fluctuation,
    "kesten": fluctuations.kesten,
    "size_change": changes.size_change,
    "shape": shapes.shape,
    "shape_correlation": shapes.shape_correlation,
    "pair_correlation": shapes.pair_correlation,
    "firing_rate": spike_measures.firing_rate,
    "spike_count": spike_measures.spike_count,
    "isi_variation": spike_measures.isi_variation,
    "first_spike_latency": spike_measures.first_spike_latency,
    "resting_potential": trace_measures.resting_potential,
    "peak_deflection": trace_measures.peak_deflection,
    "attenuation": trace_measures.attenuation,
    "trace_duration_above": trace_measures.trace_duration_above,
    "input_resistance": current_measures.input_resistance,
    "sag": current_measures.sag,
    "time_constant": current_measures.time_constant,
    "assembly_strength": assemblies.assembly_strength,
    "memory_contrast": memories.memory_contrast,
    "trial_response": trials.trial_response,
    "trial_size": trials.trial_size,
}
