"""How many spines there are in each state at potential sites: at rest, and over time.

Spines are born at empty sites only, so how fast they come depends on how many there are. Numbers
are counted for each site, times in the unit of the chain.
"""

from __future__ import annotations

import numpy as np
import scipy

from neurospine.analysis.chain import Chain
from neurospine.analysis.chain_measures import stationary
from neurospine.analysis.size_classes import Array


def filled(chain: Chain, birth_rate: float) -> Array:
    """Return the steady number of spines in each state for each site, shape (states,).

    Parameters
    ----------
    chain
        The chain.
    birth_rate
        Births at an empty site, per time.
    """
    law = birth_rate * stationary(chain)
    return np.asarray(law / (1.0 + law.sum()))


def later(chain: Chain, birth_rate: float, present: Array, duration: float) -> Array:
    """Return the number of spines in each state for each site some time later, shape (states,).

    Parameters
    ----------
    chain, birth_rate
        As they are throughout the time.
    present
        The number at first. Shape (states,).
    duration
        How much later.
    """
    generator = chain.generator - birth_rate * chain.births[:, None]
    steps = np.zeros((present.size + 1, present.size + 1))
    steps[:-1, :-1] = generator
    steps[:-1, -1] = birth_rate * chain.births
    return np.asarray((scipy.linalg.expm(steps * duration) @ np.append(present, 1.0))[:-1])
