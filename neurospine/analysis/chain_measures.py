"""What imaging would show of a chain of size classes: sizes, survival, turnover, fluctuation.

All times are in the unit of the chain (seconds in the package), volumes in um**3. A visit sees
what `Chain.seen` says; a death is the model's death, whatever a visit sees of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy

from neurospine.analysis.chain import Chain
from neurospine.analysis.size_classes import Array

#: A step of the density of ln V below this share of its maximum is rounding, not a rise or fall.
_FLAT = 1e-6


@dataclass(frozen=True)
class Sizes:
    """Moments of head volume: mean in um**3, CV, and mean, SD and skew of ln V."""

    mean: float
    cv: float
    log_mean: float
    log_sd: float
    log_skew: float


@dataclass(frozen=True)
class SizeChange:
    """Change of volume over a lag in spines that live on, by volume at its start.

    `mean` and `sd` are in um**3, `share` is that of the stationary population.
    """

    volume: Array
    mean: Array
    sd: Array
    share: Array


def stationary(chain: Chain) -> Array:
    """Return the steady number of spines in each state when one is born per unit of time.

    Shape (states,). Their sum is the mean life of a newborn.
    """
    return np.asarray(np.linalg.solve(-chain.generator, chain.births))


def births_per_spine(chain: Chain) -> float:
    """Return the steady rate of births (and of deaths) per living spine."""
    return float(1.0 / stationary(chain).sum())


def sizes(chain: Chain, law: Array) -> Sizes:
    """Return the moments of the volumes of a population, such as a stationary one that is seen.

    Parameters
    ----------
    chain
        The chain.
    law
        Number of spines in each state, in any unit. Shape (states,).
    """
    share = law / law.sum()
    x = np.log(chain.volume)
    mean = share @ chain.volume
    log_mean = share @ x
    log_sd = np.sqrt(share @ (x - log_mean) ** 2)
    return Sizes(
        mean=float(mean),
        cv=float(np.sqrt(share @ (chain.volume - mean) ** 2) / mean),
        log_mean=float(log_mean),
        log_sd=float(log_sd),
        log_skew=float(share @ (x - log_mean) ** 3 / log_sd**3),
    )


def survival(
    chain: Chain,
    interval: float,
    visits: int,
    *,
    seen: Array | None = None,
    start: Array | None = None,
    every_visit: bool = True,
) -> Array:
    """Return the share of the spines seen at first that are seen again.

    Parameters
    ----------
    chain
        The chain.
    interval
        Time between visits.
    visits
        Number of visits after the first.
    seen
        Share of each state that is seen (`Chain.seen`); None for all.
    start
        Number of spines in each state at the first visit; None for the stationary population,
        ``chain.births`` for newborns.
    every_visit
        Whether a spine must be seen at every visit so far; otherwise at the last one only.

    Returns
    -------
    array
        Shares at visits 0 to `visits`. Shape (visits + 1,).
    """
    visible = np.ones_like(chain.births) if seen is None else seen
    now = visible * (stationary(chain) if start is None else start)
    step = scipy.linalg.expm(chain.generator * interval)
    counts = [now.sum()]
    for _ in range(visits):
        now = step @ now
        counts.append((visible * now).sum())
        if every_visit:
            now = visible * now
    return np.asarray(np.array(counts) / counts[0])


def newcomers(chain: Chain, interval: float, *, seen: Array | None = None) -> Array:
    """Return the spines alive at a visit that were not seen at the one an interval before.

    Shape (states,), in the unit of `stationary`. To count those that the visit sees, multiply by
    `seen`; `survival` with these as `start` does so itself.
    """
    visible = np.ones_like(chain.births) if seen is None else seen
    law = stationary(chain)
    return np.asarray(law - scipy.linalg.expm(chain.generator * interval) @ (visible * law))


def turnover(chain: Chain, interval: float, *, seen: Array | None = None) -> float:
    """Return the turnover ratio: (gained + lost)/(2 present) from one visit to the next."""
    return float(1.0 - survival(chain, interval, 1, seen=seen)[1])


def relaxation_time(chain: Chain) -> float:
    """Return the time constant of the slowest decay to the steady state."""
    return float(1.0 / np.min(-np.linalg.eigvals(chain.generator).real))


def size_change(chain: Chain, lag: float) -> SizeChange:
    """Return how the volume of spines changes over a lag, for those alive and fluctuating after."""
    classes = chain.fluctuates
    step = scipy.linalg.expm(chain.generator * lag)[np.ix_(classes, classes)]
    volume = chain.volume[classes]
    alive = step.sum(axis=0)
    difference = volume[:, None] - volume[None, :]
    mean = (step * difference).sum(axis=0) / alive
    variance = (step * (difference - mean) ** 2).sum(axis=0) / alive
    law = stationary(chain)[classes] * alive
    return SizeChange(volume, mean, np.sqrt(variance), law / law.sum())


def change_exponent(change: SizeChange) -> float:
    """Return the exponent of the SD of change on volume, by the population's own sizes."""
    x, y = np.log(change.volume), np.log(change.sd)
    x, y = x - change.share @ x, y - change.share @ y
    return float((change.share * x) @ y / ((change.share * x) @ x))


def typical_change(change: SizeChange) -> float:
    """Return the root mean square of the SD of change over the population, in um**3."""
    return float(np.sqrt(change.share @ change.sd**2))


def tail_exponent(chain: Chain, law: Array, between: tuple[float, float]) -> float:
    """Return k of a density V**-k of volumes between two volumes (um**3)."""
    inside = chain.fluctuates & (chain.volume >= between[0]) & (chain.volume <= between[1])
    slope = np.polyfit(np.log(chain.volume[inside]), np.log(law[inside]), 1)[0]
    return float(1.0 - slope)


def distance_to_log_normal(chain: Chain, law: Array) -> float:
    """Return the largest distance between the distribution of V and the log-normal fitted to it."""
    order = np.argsort(chain.volume)
    share = (law / law.sum())[order]
    found = sizes(chain, law)
    middle = np.cumsum(share) - share / 2
    fitted = scipy.stats.norm.cdf((np.log(chain.volume[order]) - found.log_mean) / found.log_sd)
    return float(np.abs(middle - fitted).max())


def modes(chain: Chain, law: Array) -> int:
    """Return the number of maxima of the density of ln V over all size classes."""
    _, place = np.unique(chain.volume[chain.fluctuates], return_inverse=True)
    density = np.bincount(place, law[chain.fluctuates])
    steps = np.diff(density)
    rises = steps[np.abs(steps) > _FLAT * density.max()] > 0
    return int(rises.size > 0 and not rises[0]) + int(np.sum(rises[:-1] & ~rises[1:]))
