"""The preparations whose spines are fitted: their forms, fixed values, starts and targets.

Read by fit_intrinsic.py. Time is in days, volume in um**3. A target from a file of data/reference
is named after it; `assumed` ones are round or recalled numbers that fix what no target fixes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import least_squares

from neurospine.analysis.chain import Chain, size_chain
from neurospine.analysis.chain_measures import sizes, stationary, survival, turnover

REFERENCE = Path(__file__).resolve().parent.parent / "data" / "reference"

Values = dict[str, float]


def log_drift(p: Mapping[str, float]) -> Chain:
    """Return the chain of the log drift with a size-dependent elimination; filopodia if named."""
    slope, centre = p["noise_slope"], np.log(p["volume_centre"])
    first = None
    if "maturation_rate" in p:
        first = p["filopodium_elimination_rate"], p["maturation_rate"]
    return size_chain(
        lambda v: v * ((centre - np.log(v)) / p["tau_drift"] + slope**2 / 2),
        lambda v: p.get("slope_factor", 1.0) * slope * v,
        lambda v: (
            p["elimination_rate"] / (1 + (v / p["elimination_volume"]) ** 4)
            + p.get("elimination_background", 0.0)
        ),
        p["birth_volume"],
        p["birth_spread"],
        filopodium=first,
    )


def linear_drift(p: Mapping[str, float]) -> Chain:
    """Return the chain of the linear drift with an absorbing minimum."""
    return size_chain(
        lambda v: p["drift_rate"] * (p["volume_centre"] - v),
        lambda v: p["noise_slope"] * v + p["noise_floor"],
        lambda _: 0.0,
        p["birth_volume"],
        p["birth_spread"],
        lowest=p["volume_minimum"],
    )


@dataclass(frozen=True)
class Target:
    """A number to be reached: its value, how much it may miss, where it is from, how to get it."""

    name: str
    value: float
    tolerance: float
    source: str
    measure: Callable[[Chain], float]


@dataclass(frozen=True)
class Preparation:
    """One preparation; `free` values start the fit, `by_member` ones differ between its presets.

    `shared` targets are asked of the first preset only, `targets` of each by its name.
    """

    name: str
    form: Callable[[Mapping[str, float]], Chain]
    fixed: Values
    free: Values
    shared: list[Target]
    targets: dict[str, list[Target]]
    by_member: dict[str, Values] = field(default_factory=dict)


def survives(
    visits: int, interval: float = 1.0, stages: list[str] | None = None
) -> Callable[..., float]:
    """Return a measure: the share of the spines of day 0 seen at each visit up to the last."""
    return lambda c: float(survival(c, interval, visits, seen=c.seen(stages=stages))[-1])


def mature(chain: Chain) -> np.ndarray:
    """Return the steady population without filopodia."""
    return stationary(chain) * chain.seen(stages=["spine"])


def lifetime(chain: Chain) -> tuple[float, float]:
    """Return the time constant of survival over six weeks and the largest miss of the fit."""
    days = np.arange(43)
    share = survival(chain, 1.0, 42)
    rate = least_squares(lambda r: np.exp(-r * days) - share, [0.1]).x[0]
    return float(1 / rate), float(np.abs(np.exp(-rate * days) - share).max())


def size_targets(mean: float = 0.09) -> list[Target]:
    """Return the assumed targets for head volumes: their mean and width."""
    return [
        Target("mean volume", mean, 0.005, "assumed", lambda c: sizes(c, mature(c)).mean),
        Target("CV of volume", 0.90, 0.1, "assumed", lambda c: sizes(c, mature(c)).cv),
        Target("SD of ln volume", 0.78, 0.05, "assumed", lambda c: sizes(c, mature(c)).log_sd),
    ]


def preparations() -> list[Preparation]:
    """Return the preparations with their targets."""
    ages = pd.read_csv(REFERENCE / "holtmaat2005.csv", comment="#")
    bound = pd.read_csv(REFERENCE / "majewska2006.csv", comment="#").iloc[0]
    stable = pd.read_csv(REFERENCE / "grutzendler2002.csv", comment="#").iloc[0]
    lives = pd.read_csv(REFERENCE / "attardo2015.csv", comment="#").iloc[0]
    s1 = {
        str(row["preparation"]): [
            Target("share after 8 d, daily visits", row.iloc[4], 0.01, "holtmaat2005", survives(8))
        ]
        for _, row in ages.iterrows()
    }
    young = list(s1)[1]
    scored = survives(3, 7.0, ["spine"])
    s1[young] += [
        Target("share after 1 d", 0.83, 0.05, "assumed", survives(1)),
        Target("share after 3 d", 0.62, 0.05, "assumed", survives(3)),
        Target("share after 28 d", 0.48, 0.05, "assumed", survives(28)),
    ]
    above = float(bound.iloc[2])
    three_weeks = Target(
        "share after 3 weeks, above 0.80", above + 0.05, 0.02, "majewska2006", scored
    )
    low, high = lives.iloc[:2]
    return [
        Preparation(
            "somatosensory cortex, filopodia, four ages",
            log_drift,
            {
                "noise_slope": 0.2,
                "elimination_rate": 0.4,
                "birth_volume": 0.015,
                "birth_spread": 0.3,
            },
            {
                "tau_drift": 28.0,
                "volume_centre": 0.07,
                "elimination_volume": 0.0146,
                "filopodium_elimination_rate": 0.49,
            },
            [*size_targets(), three_weeks],
            s1,
            {
                n: {"maturation_rate": r}
                for n, r in zip(s1, (0.012, 0.027, 0.05, 0.076), strict=True)
            },
        ),
        Preparation(
            "sensory cortex of young adults, filopodia not scored",
            log_drift,
            {
                "noise_slope": 0.2,
                "elimination_rate": 0.2,
                "birth_volume": 0.012,
                "birth_spread": 0.3,
            },
            {"tau_drift": 29.0, "volume_centre": 0.07, "elimination_volume": 0.015},
            size_targets(),
            {"cortex_young_adult": [three_weeks]},
        ),
        Preparation(
            "visual cortex of adults",
            log_drift,
            {
                "noise_slope": 0.2,
                "elimination_rate": 0.1,
                "birth_volume": 0.012,
                "birth_spread": 0.3,
            },
            {"tau_drift": 30.0, "volume_centre": 0.067, "elimination_volume": 0.0098},
            size_targets(),
            {
                "v1_adult": [
                    Target(
                        "share after 30 d",
                        stable.iloc[2],
                        0.005,
                        "grutzendler2002",
                        survives(1, 30.0),
                    )
                ]
            },
        ),
        Preparation(
            "CA1 in vivo, elimination whatever the size",
            log_drift,
            {
                "noise_slope": 0.2,
                "elimination_rate": 0.0,
                "elimination_volume": 0.01,
                "birth_volume": 0.06,
                "birth_spread": 0.6,
            },
            {"tau_drift": 30.0, "volume_centre": 0.08, "elimination_background": 0.095},
            size_targets(),
            {
                "ca1_in_vivo": [
                    Target(
                        "mean life, d",
                        (low + high) / 2,
                        0.5,
                        "attardo2015",
                        lambda c: lifetime(c)[0],
                    ),
                    Target(
                        "miss of one exponential",
                        0.0,
                        0.01,
                        "attardo2015",
                        lambda c: lifetime(c)[1],
                    ),
                ]
            },
        ),
        Preparation(
            "slice culture, absorbing minimum",
            linear_drift,
            {
                "noise_slope": 0.2,
                "noise_floor": 0.01,
                "volume_minimum": 0.02,
                "birth_volume": 0.04,
                "birth_spread": 0.3,
            },
            {"drift_rate": 0.05, "volume_centre": 0.09},
            [],
            {
                "slice_culture": [
                    Target(
                        "lost from day to day", 0.10, 0.01, "assumed", lambda c: turnover(c, 1.0)
                    ),
                    Target("CV of volume", 0.90, 0.1, "assumed", lambda c: sizes(c, mature(c)).cv),
                ]
            },
        ),
        Preparation(
            "sensory cortex of young adults, absorbing minimum",
            linear_drift,
            {"noise_slope": 0.2, "noise_floor": 0.002, "birth_volume": 0.03, "birth_spread": 0.3},
            {"drift_rate": 0.045, "volume_centre": 0.085, "volume_minimum": 0.0128},
            size_targets()[:2],
            {"cortex_absorbing": [three_weeks]},
        ),
    ]
