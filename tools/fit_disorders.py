"""Fit the disorders that have a published size, and print what the others do.

Young adult cortex (the set cortex_young_adult) with few of its potential sites filled
(sparse_sites), as a chain of size classes: deterministic, so the same numbers come out each time.
Time is in days, volume in um**3; densities are relative to control.

Fitted: the loss of small spines in schizophrenia (glantz2000, and as macdonald2017 that large
spines are not lost), the loss near and far from plaques (spires2005), and that elimination is
unchanged after ketamine (phoumthipphavong2016). Of what is known by direction only the sizes are
assumed; here stands what they lead to.
"""

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from preparations import Values, log_drift
from scipy.optimize import brentq, fsolve

from neurospine.analysis.chain import Chain
from neurospine.analysis.chain_course import filled, later
from neurospine.analysis.chain_measures import births_per_spine, size_change, sizes, turnover
from neurospine.analysis.chain_measures import typical_change as fluctuation

ROOT = Path(__file__).resolve().parent.parent
#: Share of the potential sites with a spine, so small that formation hardly depends on it.
FILLED = 0.1
#: Edges of size classes (um**3) that are counted apart.
EDGES = (0.0, 0.03, 0.06, 0.12, 0.25, np.inf)
#: Above this volume (um**3) schizophrenia leaves the number of spines as it is (assumed).
LARGE = 0.12
#: Elimination by a plaque falls by half at this distance (um, assumed).
RANGE = 30.0
#: Days after ketamine in which elimination is that of control, and the factor on births (assumed).
TREATED = 14
KETAMINE = 2.0
#: The distances (um) within which the published loss near plaques holds.
NEAR = np.linspace(0.0, 20.0, 41)


def preset(name: str) -> Values:
    """Return the values of a set of the parts log_drift and turnover."""
    values: Values = {}
    for part in ("log_drift", "turnover"):
        text = (ROOT / "models" / "spines" / f"{part}.toml").read_text()
        values |= tomllib.loads(text)["sets"][name]["values"]
    return values


CORTEX = preset("cortex_young_adult")
BIRTHS = births_per_spine(log_drift(CORTEX)) * FILLED / (1 - FILLED)
CONTROL = filled(log_drift(CORTEX), BIRTHS)


def rest(changes: Mapping[str, float], births: float = 1.0) -> np.ndarray:
    """Return the steady numbers of spines with other values and a factor on births."""
    return filled(log_drift({**CORTEX, **changes}), births * BIRTHS)


def by_size(law: np.ndarray, control: np.ndarray = CONTROL) -> np.ndarray:
    """Return the density of each size class relative to control."""
    volume = log_drift(CORTEX).volume
    found = [np.histogram(volume, EDGES, weights=n)[0] for n in (law, control)]
    return np.asarray(found[0] / found[1])


def describe(name: str, law: np.ndarray) -> None:
    """Print the density of a disorder, in all and by size, and the mean volume."""
    chain = log_drift(CORTEX)
    mean = sizes(chain, law).mean / sizes(chain, CONTROL).mean
    classes = " ".join(f"{x:.2f}" for x in by_size(law))
    density = law.sum() / CONTROL.sum()
    print(f"  {name}: density x{density:.3f}, by size {classes}, mean volume x{mean:.3f}")


def schizophrenia(density: float) -> tuple[float, float]:
    """Return factors on births and on the set point for a density; large spines stay."""
    large = log_drift(CORTEX).volume >= LARGE

    def misses(logs: np.ndarray) -> list[float]:
        births, centre = np.exp(logs)
        law = rest({"volume_centre": CORTEX["volume_centre"] * centre}, births)
        return [law.sum() / CONTROL.sum() - density, law[large].sum() / CONTROL[large].sum() - 1]

    births, centre = np.exp(fsolve(misses, np.log([0.45, 1.25])))
    return float(births), float(centre)


def amyloid(far: float, near: float) -> tuple[float, float]:
    """Return rates of elimination (1/day) everywhere and at the edge of a plaque."""

    def loss(rate: float) -> float:
        return float(rest({"elimination_background": rate}).sum() / CONTROL.sum())

    everywhere = brentq(lambda rate: loss(rate) - far, 1e-6, 0.1)

    def mean(edge: float) -> float:
        rates = everywhere + edge / (1 + (NEAR / RANGE) ** 4)
        return float(np.mean([loss(rate) for rate in rates]))

    return everywhere, brentq(lambda edge: mean(edge) - near, 1e-6, 0.1)


def degree(day: float, onset: float, until: float, washout: float, rise: float = 0.0) -> float:
    """Return how much of a change there is on a day, from 0 to 1."""
    if day < onset:
        return 0.0
    full = -np.expm1(-(min(day, until) - onset) / rise) if rise else 1.0
    return float(full * np.exp(-max(day - until, 0.0) / washout))


def course(
    changed: Callable[[float], tuple[Chain, float]], days: int, present: np.ndarray = CONTROL
) -> np.ndarray:
    """Return the density at the end of each day, relative to control.

    `changed` gives the chain and the births at an empty site on a day (of its middle).
    """
    found = []
    for day in range(days):
        present = later(*changed(day + 0.5), present, 1.0)
        found.append(present.sum() / CONTROL.sum())
    return np.array(found)


def eliminated(births: float, volume: float) -> float:
    """Return the mean share of spines lost from one second day to the next after ketamine.

    Parameters
    ----------
    births, volume
        Factors on births and on the volume at birth while ketamine acts.
    """
    present, lost = CONTROL, []
    for visit in range(TREATED // 2):
        seen, kept = present.sum(), present
        for day in (2 * visit + 0.5, 2 * visit + 1.5):
            chain, rate = treated(day, births, volume)
            present = later(chain, rate, present, 1.0)
            kept = later(chain, 0.0, kept, 1.0)
        lost.append(1 - kept.sum() / seen)
    return float(np.mean(lost))


def treated(
    day: float, births: float, volume: float, elimination: float = 1.0
) -> tuple[Chain, float]:
    """Return the chain and the births at an empty site so many days after ketamine."""
    share = degree(day, 0, 3, 5)
    changed = {
        "birth_volume": CORTEX["birth_volume"] * volume**share,
        "elimination_rate": CORTEX["elimination_rate"] * elimination,
    }
    return log_drift({**CORTEX, **changed}), BIRTHS * births**share


def ketamine(births: float) -> float:
    """Return the factor on the volume at birth with which elimination is unchanged."""
    control = eliminated(1.0, 1.0)
    return float(brentq(lambda volume: eliminated(births, volume) - control, 1.0, 4.0))


def stress_and_ketamine(elimination: float, births: float, volume: float) -> None:
    """Print densities with stress for 21 days and ketamine on day 21, alone and together."""
    for name, stressed, given in (
        ("chronic_stress", 1, 0), ("ketamine", 0, 1), ("chronic_stress + ketamine", 1, 1),
    ):  # fmt: skip

        def changed(day: float, s: int = stressed, g: int = given) -> tuple[Chain, float]:
            rate = elimination ** (s * degree(day, 0, 21, 7))
            return treated(day - 21, births**g, volume**g, rate)

        found = course(changed, 49)
        shown = ", ".join(f"day {d} x{found[d - 1]:.3f}" for d in (21, 24, 28, 35, 49))
        print(f"  {name}: {shown}")


def main() -> None:
    """Print fitted and assumed disorders."""
    table = {
        name: pd.read_csv(ROOT / "data" / "reference" / f"{name}.csv", comment="#")
        for name in ("glantz2000", "spires2005")
    }
    print(f"[sets.sparse_sites] birth_rate = {BIRTHS:.4g}, start_share = {FILLED}")
    print("\n# fitted")
    (density,) = table["glantz2000"]["relative_density"]
    births, centre = (float(f"{x:.3g}") for x in schizophrenia(density))
    print(f"schizophrenia_density: birth_rate x{births:g}, set_point x{centre:g}")
    describe("reached", rest({"volume_centre": CORTEX["volume_centre"] * centre}, births))
    near, far = table["spires2005"]["relative_density"]
    rates = [float(f"{x:.3g}") for x in amyloid(far, near)]
    print(f"alzheimer: amyloid_elimination {rates[0]:g}/day, plaque_elimination {rates[1]:g}/day")
    for distance in (0, 10, 20, 40, 80, 200):
        rate = rates[0] + rates[1] / (1 + (distance / RANGE) ** 4)
        describe(f"at {distance} um", rest({"elimination_background": rate}))

    volume = float(f"{ketamine(KETAMINE):.3g}")
    change = eliminated(KETAMINE, volume) / eliminated(1.0, 1.0)
    print(f"ketamine, births x{KETAMINE:g}: birth_volume x{volume:g}, elimination x{change:.3f}")

    print("\n# assumed sizes of known directions")
    adult = preset("v1_adult")
    for factor in (1.05, 1.1, 1.2):
        before, after = log_drift(adult), log_drift({**adult, "slope_factor": factor})
        found = [
            turnover(after, 4.0) / turnover(before, 4.0),
            fluctuation(size_change(after, 1.0)) / fluctuation(size_change(before, 1.0)),
            births_per_spine(before) / births_per_spine(after),
        ]
        mean = [sizes(c, filled(c, 1e-6)).mean for c in (before, after)]
        print(
            f"  fragile_x, adult V1, x{factor}: turnover x{found[0]:.2f}, fluctuation "
            f"x{found[1]:.2f}, mean volume x{mean[1] / mean[0]:.3f}, density x{found[2]:.2f}"
        )
    describe(
        "calcineurin_loss", rest({"volume_centre": CORTEX["volume_centre"] * np.exp(0.12)}, 0.8)
    )
    describe("setd1a", rest({"tau_drift": CORTEX["tau_drift"] * 1.5}))
    describe("df16a", rest({}, 0.7))
    describe("rett", rest({}, 0.6))
    stress_and_ketamine(3.0, KETAMINE, volume)


if __name__ == "__main__":
    main()
