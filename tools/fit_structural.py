"""Fit the structural plasticity of single spines and of their neighbours.

Follows spines at every micrometre of a dendrite as the parts `structural` and `competition` do
it, with one pulse of glutamate a second, in ticks. Fits what the tables of eggl2023 mark as
calibration, then the spread of responses to the shares of noguchi2019; prints numbers for the
model files, and all rows with what is held out.

Held out means: not in the sums of squares. The form of the model (that the growth signal comes
from what is transient, and how steeply the lasting share falls with volume) was chosen among
about twenty variants with all rows in view.
"""

from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.linalg import expm
from scipy.optimize import least_squares
from scipy.special import ndtri

REFERENCE = Path(__file__).resolve().parent.parent / "data" / "reference"
PLACES = 100
PULSES = 60
#: Ticks in s while pulses come and afterwards.
PULSE_TICK, TICK = 1.0, 10.0
TIMES = (2, 10, 20, 30, 40)
#: Volume (um**3) of a head taken as a sphere at the mean area of spines in eggl2023, and of others.
SLICE_VOLUME, USUAL_VOLUME = 0.243, 0.1
REFERENCE_VOLUME = 0.1
#: What is not fitted here; see the model files.
FIXED = {
    "lasting_volume": 0.1,
    "lasting_steepness": 4.0,
    "diffusion": 0.2,
    "tau_shrink": 210.0,
    "tau_growth": 1200.0,
    "shrink_threshold": 0.1,
    "receptor_calcium": 0.988,
}
START = {
    "enlargement": 0.035,
    "tau_transient": 430.0,
    "shrink_rate": 0.0078,
    "shrink_limit": 0.45,
    "growth_rate": 0.017,
}
#: An enlargement that counts.
ENLARGED = 0.3
QUANTILES = (np.arange(4000) + 0.5) / 4000


@lru_cache
def _spreading(diffusion: float, interval: float) -> np.ndarray:
    exchange = np.diag(np.ones(PLACES - 1), 1)
    exchange = exchange + exchange.T
    exchange -= np.diag(exchange.sum(axis=1))
    return np.asarray(expm(exchange * diffusion * interval))


def follow(
    p: dict[str, float],
    stimulated: np.ndarray,
    volume: float,
    *,
    response: float = 1.0,
    stimulation: float | None = None,
) -> np.ndarray:
    """Return volumes over those at the start, by time in ``TIMES`` and place.

    Parameters
    ----------
    p
        Parameters of both parts, by name, in s, um and um**3.
    stimulated
        Places that get pulses.
    volume
        Of all spines at the start.
    response
        Of stimulated spines.
    stimulation
        What a pulse calls to shrink with, without enlarging; None for pulses in low magnesium.
    """
    pulsed = np.zeros(PLACES)
    pulsed[stimulated] = response
    call = 1 - p["receptor_calcium"] if stimulation is None else stimulation
    size = p["enlargement"] * REFERENCE_VOLUME if stimulation is None else 0.0
    v = np.full(PLACES, volume)
    transient, shrunk, shrink, growth = np.zeros((4, PLACES))
    found: list[np.ndarray] = []
    now = 0.0
    while len(found) < len(TIMES):
        stimulating = now < PULSES
        interval = PULSE_TICK if stimulating else TICK
        taken = size * pulsed * stimulating
        v = v + taken
        shrink = shrink * np.exp(-interval / p["tau_shrink"]) + call * pulsed * stimulating
        growth = growth * np.exp(-interval / p["tau_growth"])
        growth = growth + transient * interval / p["tau_growth"]
        shrink, growth = (_spreading(p["diffusion"], interval) @ s for s in (shrink, growth))
        settled = np.clip(v - taken - transient, 0, None)
        lasting = 1 / (1 + (settled / p["lasting_volume"]) ** p["lasting_steepness"])
        transient = transient + (1 - lasting) * taken
        excess = np.clip(shrink / p["shrink_threshold"] - 1, 0, None)
        more = (p["shrink_limit"] - shrunk) * -np.expm1(-p["shrink_rate"] * excess * interval)
        loss = v * -np.expm1(-more)
        shrunk = shrunk + more
        transient = np.clip(transient - loss, 0, None)
        v = (v - loss) * np.exp(p["growth_rate"] * growth * interval)
        passed = transient * -np.expm1(-interval / p["tau_transient"])
        transient, v = transient - passed, v - passed
        now += interval
        if now >= PULSES + 60 * TIMES[len(found)] - 1e-6:
            found.append(v / volume)
    return np.array(found)


def cluster(number: int) -> tuple[np.ndarray, np.ndarray]:
    """Return so many places in the middle, and the distance of every place to these."""
    chosen = np.arange(number) + (PLACES - number) // 2
    return chosen, np.abs(np.arange(PLACES)[:, None] - chosen).min(axis=1)


def rows(p: dict[str, float]) -> pd.DataFrame:
    """Return all rows of eggl2023 with what the model reaches."""
    stimulated = _table("eggl2023_stimulated.csv").query("stimulated_spines > 0")
    neighbours = _table("eggl2023_neighbours.csv").query("side == 'outside'")
    areas = {}
    for number in (1, 3, 15):
        places, distance = cluster(number)
        areas[number] = follow(p, places, SLICE_VOLUME) ** (2 / 3) - 1, places, distance
    found = []
    for _, row in stimulated.iterrows():
        area, places, _ = areas[row["stimulated_spines"]]
        found.append(("stimulated", row, area[TIMES.index(row["time"])][places].mean()))
    for _, row in neighbours.iterrows():
        area, _, distance = areas[row["stimulated_spines"]]
        inside = (distance >= max(row["from"], 0.5)) & (distance < row["to"])
        found.append(("neighbours", row, area[-1][inside].mean()))
    table = pd.DataFrame([row for _, row, _ in found])
    table.insert(0, "what", [what for what, _, _ in found])
    table["reached"] = [value for _, _, value in found]
    table["z"] = (table["reached"] - table["change"]) / table["standard_error"]
    return table


def fit_slices() -> dict[str, float]:
    """Return all parameters, fitted to the rows of eggl2023 that calibrate; print the fit."""
    names = list(START)

    def parameters(logs: np.ndarray) -> dict[str, float]:
        return FIXED | dict(zip(names, map(float, np.exp(logs)), strict=True))

    def miss(logs: np.ndarray) -> np.ndarray:
        table = rows(parameters(logs))
        return table.loc[table["role"] == "calibration", "z"].to_numpy()

    fit = least_squares(miss, np.log(list(START.values())), diff_step=0.01)
    errors = np.sqrt(np.diag(np.linalg.inv(fit.jac.T @ fit.jac)))
    print("\n# slices: eggl2023, rows that calibrate")
    for name, value, error in zip(names, np.exp(fit.x), errors, strict=True):
        print(f"{name} = {value:.3g} +- {100 * error:.0f} %")
    print(f"chi**2 {2 * fit.cost:.1f} of {fit.fun.size} rows, {len(names)} parameters")
    return parameters(fit.x)


def fit_responses(p: dict[str, float]) -> None:
    """Fit the spread of responses and the share of adult spines that respond; print both."""
    table = _table("noguchi2019.csv").set_index(["preparation", "quantity"])["value"]
    places, _ = cluster(1)
    strengths = np.geomspace(0.001, 100, 120)
    changes = np.array(
        [follow(p, places, USUAL_VOLUME, response=x)[2, places[0]] - 1 for x in strengths]
    )
    needed = np.interp(ENLARGED, changes, strengths)
    spread = np.log(needed) / ndtri(1 - table["young_slice", "share"])
    reached = np.interp(np.exp(spread * ndtri(QUANTILES)), strengths, changes)
    reached = reached[reached > ENLARGED]
    share = table["adult_cortex", "share"] / table["young_slice", "share"]
    print("\n# noguchi2019: both shares fitted, and nothing else")
    print(f"response_spread = {spread:.3g}, responder_share = {share:.3g} (adult), 1 (young)")
    print(f"of those with more than {ENLARGED}: mean {reached.mean():.2f}, lower quartile, median")
    print(f"and upper quartile {np.round(np.quantile(reached, [0.25, 0.5, 0.75]), 2)}")


def _table(name: str) -> pd.DataFrame:
    table = pd.read_csv(REFERENCE / name, comment="#")
    table.columns = pd.Index([c.partition(" [")[0] for c in table.columns])
    return table


def main() -> None:
    """Fit and print."""
    p = fit_slices()
    columns = [
        "what",
        "stimulated_spines",
        "time",
        "from",
        "to",
        "role",
        "change",
        "standard_error",
    ]
    print(rows(p)[[*columns, "reached", "z"]].round(3).to_string(index=False, na_rep=""))
    print("\n# neighbours at 1 um by number stimulated, change of volume at 40 min")
    for number in (1, 2, 3, 5, 7, 15):
        places, distance = cluster(number)
        change = follow(p, places, SLICE_VOLUME)[-1][distance == 1].mean() - 1
        print(f"{number}: {change:+.3f}", end="  ")
    print("\n# pairing under GABA at one spine, change of volume at 40 min by distance")
    places, distance = cluster(1)
    for call in (0.3, 0.38, 0.48):
        change = follow(p, places, USUAL_VOLUME, stimulation=call)[-1] - 1
        bins = ((0, 1), (1, 3), (3, 10), (10, 15), (15, 40))
        found = [change[(distance >= a) & (distance < b)].mean() for a, b in bins]
        print(f"call {call}: {np.round(found, 3)}")
    fit_responses(p)


if __name__ == "__main__":
    main()
