"""A memory along the slope of intrinsic noise, run for disorders_and_learning.py."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from fit_disorders import CORTEX, log_drift
from learning_runs import MEMORY, Column, at_place, changed, effect, interval, measured, tables

from neurospine import load_protocol
from neurospine.analysis.chain_measures import sizes, stationary

#: Factors on the slope of intrinsic noise; 1 is the healthy preset.
FACTORS = (0.25, 0.35, 0.5, 0.71, 1.0, 1.41, 2.0, 2.83, 4.0)
FIXED = "noise alone, births as they are"
MATCHED = "noise alone, births that keep the density"
BOTH = "noise with its drift, births that keep the density"
SERIES = (FIXED, MATCHED, BOTH)
REPEATS = 24
#: Parameters that vary along the slope, with the units of their values.
UNITS = {
    "log_drift.slope_factor": "1",
    "log_drift.noise_slope": "1/day**0.5",
    "log_drift.tau_drift": "day",
    "turnover.birth_rate": "1/day",
    "turnover.start_share": "1",
    "turnover.start_volume": "um**3",
    "turnover.start_spread": "1",
}
#: Columns besides those of a memory.
ALONG_NOISE = (
    Column("memory: sum over 8 weeks", "area", "", 0.0),
    Column("density", "density", "", 0.0),
)


def along_noise(folder: Path) -> pd.DataFrame:
    """Return memory along the slope of noise: values, and effects relative to the healthy one."""
    slopes = list(parameters_of_slopes())
    rows = list({tuple(parameters.values()): parameters for *_, parameters in slopes}.values())
    conditions = {
        name.rpartition(".")[2]: {
            "values": [row[name] for row in rows], "unit": unit, "meaning": name,
            "parameter": name,
        }
        for name, unit in UNITS.items()
    }  # fmt: skip
    protocol = load_protocol("memory_retention")
    measures = {
        name: table for name, table in tables(protocol)["measures"].items()
        if table["kind"] not in ("effect", "exponential_fit")
    }  # fmt: skip
    protocol = changed(
        protocol, name="memory_and_noise", arrangement="rows", conditions=conditions,
        repeats=REPEATS, disorder_from=None, measures=measures, targets=(), plot=None,
    )  # fmt: skip
    values = measured(protocol, folder / "noise.h5")
    values["area"] = _area(values["memory"])
    values["kept"] = _kept(values["contrast"])
    healthy = rows.index(next(p for _, factor, p in slopes if factor == 1))
    found = []
    for column in (*MEMORY, *ALONG_NOISE):
        table = at_place(values[column.measure], column)
        number = table.groupby([*conditions], sort=False).ngroup()  # in the order of the rows
        for series, factor, parameters in slopes:
            mine = number == rows.index(parameters)
            found.append({"row": f"{factor:g}", "column": column.name, "series": series,
                          "model": "young adult cortex", **interval(table.loc[mine, "value"]),
                          **effect(table, number == healthy, mine)})  # fmt: skip
    return pd.DataFrame(found)


def parameters_of_slopes() -> Iterator[tuple[str, float, dict[str, float]]]:
    """Yield series, factor and parameters, with the steady sizes as start."""
    healthy = stationary(log_drift(CORTEX)).sum()
    noise, drift = CORTEX["noise_slope"], CORTEX["tau_drift"]
    for series in SERIES:
        for factor in FACTORS:
            moved = {"slope_factor": factor, "noise_slope": noise, "tau_drift": drift}
            if series == BOTH:
                moved = {"slope_factor": 1.0, "noise_slope": noise * factor,
                         "tau_drift": drift / factor**2}  # fmt: skip
            chain = log_drift({**CORTEX, **moved})
            law = stationary(chain)
            births = CORTEX["birth_rate"] * (healthy / law.sum() if series != FIXED else 1.0)
            size, filled = sizes(chain, law), births * law.sum()
            start = (filled / (1 + filled), np.exp(size.log_mean), size.log_sd)
            numbers = (*moved.values(), births, *start)
            yield series, factor, dict(zip(UNITS, map(float, numbers), strict=True))


def _area(memory: pd.DataFrame) -> pd.DataFrame:
    """Return the sum of d' over the weeks after training (d' times days), by repeat."""
    keys = [name for name in memory if name not in ("time", "value")]
    sums = memory.groupby(keys, sort=False)[["time", "value"]].apply(
        lambda part: np.trapezoid(part["value"], part["time"])
    )
    return sums.rename("value").reset_index()


def _kept(contrast: pd.DataFrame) -> pd.DataFrame:
    """Return the share of the contrast that is left, by repeat, moved as its ratio of means.

    A mean of ratios would be that of the few repeats in which hardly anything was learnt.
    """
    first = contrast["time"].min()
    own = [name for name in contrast if name not in ("time", "value", "repeat")]
    learnt = contrast[contrast["time"] == first].rename(columns={"value": "learnt"})
    both = contrast.merge(learnt[[*own, "repeat", "learnt"]], on=[*own, "repeat"])
    mean = both.groupby([*own, "time"], sort=False)[["value", "learnt"]].transform("mean")
    share = mean["value"] / mean["learnt"]
    moved = (both["value"] - share * both["learnt"]) / mean["learnt"]
    return both.assign(value=share + moved)
