"""Fit the intrinsic dynamics of spines to what imaging has shown, one preset a preparation.

Prints each preset as values for the parameter files, with every target and what was reached. The
solver is the deterministic chain of neurospine.analysis.chain and the fits start from fixed
values, so the same numbers come out each time. Time is in days here, volume in um**3.

Targets (preparations.py) are published (holtmaat2005, majewska2006, grutzendler2002, attardo2015)
or assumed. What is only a direction or a shape is printed and not fitted: log-normal sizes and
changes in proportion to size (loewenstein2011, statman2014), larger and equally diverse spines
without activity (hazan2020, rossler2023), fragile X by one slope factor (ishii2018). The form with
an absorbing minimum is that of yasumatsu2008; its numbers are assumed.
"""

import argparse
from collections.abc import Mapping

import numpy as np
from preparations import Preparation, Values, log_drift, mature, preparations
from scipy.optimize import least_squares

from neurospine.analysis.chain import Chain
from neurospine.analysis.chain_measures import (
    births_per_spine,
    change_exponent,
    distance_to_log_normal,
    modes,
    relaxation_time,
    size_change,
    sizes,
    turnover,
    typical_change,
)

#: Largest change per step that the slow steps of the simulation should make.
LARGEST_RISK = 0.05
LARGEST_FLUCTUATION = 0.1
#: Kolmogorov-Smirnov distance that 500 spines cannot tell from a log-normal at the 5 % level.
LOG_NORMAL = 1.36 / 500**0.5
#: Digits to which values are rounded; what is printed was reached by the rounded ones.
DIGITS = 3


def fit(preparation: Preparation) -> dict[str, Values]:
    """Return the fitted parameters of each preset of a preparation."""
    members = list(preparation.targets)
    start = [
        *preparation.free.values(),
        *(v for m in preparation.by_member.values() for v in m.values()),
    ]

    def presets(logs: np.ndarray) -> dict[str, Values]:
        numbers = iter(np.exp(logs))
        common = preparation.fixed | {key: float(next(numbers)) for key in preparation.free}
        return {
            member: common
            | {k: float(next(numbers)) for k in preparation.by_member.get(member, {})}
            for member in members
        }

    def misses(logs: np.ndarray) -> list[float]:
        found = []
        for index, (member, values) in enumerate(presets(logs).items()):
            chain = preparation.form(values)
            for target in preparation.targets[member] + (preparation.shared if index == 0 else []):
                found.append((target.measure(chain) - target.value) / target.tolerance)
        return found

    rounded = np.log([float(f"{v:.3g}") for v in np.exp(least_squares(misses, np.log(start)).x)])
    return {m: {k: float(f"{v:.3g}") for k, v in p.items()} for m, p in presets(rounded).items()}


def describe(chain: Chain, p: Mapping[str, float]) -> str:
    """Return what follows from a preset besides its targets."""
    law = mature(chain)
    found, change = sizes(chain, law), size_change(chain, 1.0)
    fastest = max(-np.diag(chain.generator)[~chain.fluctuates], default=0.0)
    fastest = max(fastest, p.get("elimination_rate", 0.0) + p.get("elimination_background", 0.0))
    step = (LARGEST_FLUCTUATION / p["noise_slope"]) ** 2
    step = min(step, LARGEST_RISK / fastest) if fastest else step
    distance = distance_to_log_normal(chain, law)
    return (
        f"  sizes: mean {found.mean:.4f}, CV {found.cv:.3f}, ln V {found.log_mean:.3f} +- "
        f"{found.log_sd:.3f}, skew {found.log_skew:+.2f}, modes {modes(chain, law)}, distance to "
        f"log-normal {distance:.3f} (limit {LOG_NORMAL:.3f})\n"
        f"  exponent of SD of 1-day change {change_exponent(change):.3f}; births per spine and day "
        f"{births_per_spine(chain):.4f}; 4-day turnover {turnover(chain, 4.0):.4f}; relaxation "
        f"{relaxation_time(chain):.0f} d; longest slow step {24 * step:.2f} h"
    )


def compare(name: str, base: Mapping[str, float], changed: Mapping[str, float]) -> str:
    """Return what a change of parameters does to a log-drift preset."""
    before, after = log_drift(base), log_drift({**base, **changed})
    ratio = [
        turnover(after, 4.0) / turnover(before, 4.0),
        typical_change(size_change(after, 1.0)) / typical_change(size_change(before, 1.0)),
        births_per_spine(before) / births_per_spine(after),
    ]
    old, new = (sizes(c, mature(c)) for c in (before, after))
    return (
        f"  {name}: 4-day turnover x{ratio[0]:.2f}, SD of change x{ratio[1]:.2f} (over mean "
        f"x{ratio[1] * old.mean / new.mean:.2f}), mean volume x{new.mean / old.mean:.3f}, CV "
        f"{old.cv:.3f} -> {new.cv:.3f}, SD ln V {old.log_sd:.3f} -> {new.log_sd:.3f}, density at "
        f"the same births x{ratio[2]:.2f}"
    )


def main() -> None:
    """Fit every preparation and print it."""
    parser = argparse.ArgumentParser(description="Fit the presets of intrinsic spine dynamics.")
    parser.add_argument("--only", default="", help="fit the preparations whose name holds this")
    options = parser.parse_args()
    for preparation in preparations():
        if options.only not in preparation.name:
            continue
        print(f"\n# {preparation.name}")
        for index, (name, values) in enumerate(fit(preparation).items()):
            chain = preparation.form(values)
            print(f"[sets.{name}]  # day, um**3")
            print("values = { " + ", ".join(f"{k} = {v:g}" for k, v in values.items()) + " }")
            for t in preparation.targets[name] + (preparation.shared if index == 0 else []):
                print(f"  {t.name}: {t.value:g} ({t.source}), reached {t.measure(chain):.4f}")
            print(describe(chain, values))
            if name in ("v1_adult", "cortex_young_adult"):
                for factor in (1.1, 1.2, 1.5):
                    print(compare(f"slope_factor {factor}", values, {"slope_factor": factor}))
                silent = {
                    "noise_slope": values["noise_slope"] * 0.7**0.5,
                    "tau_drift": values["tau_drift"] * 1.5,
                    "volume_centre": values["volume_centre"] * float(np.exp(0.25)),
                }
                print(compare(f"silenced {silent}", values, silent))


if __name__ == "__main__":
    main()
