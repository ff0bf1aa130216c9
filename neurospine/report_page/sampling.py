"""Which spines of a pool a page shows.

Of each condition they are those that changed most, some that were born or lost, and others by
chance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from neurospine.report_page.figures_data import Array, spread

#: The key of the random choice, so that a page of the same file shows the same spines.
_KEY = 20260101
CHANGED, TURNED_OVER, CHANCE, ALL = "largest change", "born or lost", "by chance", "all shown"


@dataclass(frozen=True)
class Sample:
    """Slots to be shown.

    Attributes
    ----------
    rows
        Their places among the recorded slots, in order, shape (shown,).
    why
        The reason for each, shape (shown,).
    ever
        How many recorded slots ever held a spine.
    """

    rows: Array
    why: list[str]
    ever: int


def choose(first: Array, last: Array, condition: Array, turned: Array, number: int) -> Sample:
    """Return about `number` slots that ever held a spine, even over conditions.

    Parameters
    ----------
    first, last
        Volumes at the first and last snapshot, 0 where there is no spine, shape (slots,).
    condition
        Shape (slots,).
    turned
        Whether a spine was born or lost in the slot, shape (slots,).
    number
        How many; a condition has one at least, as long as there are no more conditions.
    """
    ever = (first > 0) | (last > 0) | turned
    kinds = np.unique(condition[ever])
    if kinds.size:
        kinds = kinds[spread(kinds.size, number)]
    both = (first > 0) & (last > 0)
    change = np.zeros(first.size)
    change[both] = np.abs(np.log(last[both] / first[both]))
    generator = np.random.default_rng(_KEY)
    why: dict[int, str] = {}
    for kind in kinds:
        own = np.flatnonzero(ever & (condition == kind))
        quota = max(1, number // kinds.size)
        why |= _of_condition(own, change, turned, quota, generator)
    rows = np.array(sorted(why), int)
    return Sample(rows, [why[row] for row in rows.tolist()], int(ever.sum()))


def _of_condition(
    own: Array, change: Array, turned: Array, quota: int, generator: Any
) -> dict[int, str]:
    if own.size <= quota:
        return dict.fromkeys(own.tolist(), ALL)
    share = -(-quota // 3)
    most = own[np.argsort(-change[own], kind="stable")][:share]
    found = dict.fromkeys(most[change[most] > 0].tolist(), CHANGED)
    for rows, reason, size in (
        (own[turned[own]], TURNED_OVER, share),
        (own, CHANCE, quota),
    ):
        rest = np.setdiff1d(rows, list(found))
        taken = min(rest.size, size, quota - len(found))
        found |= dict.fromkeys(generator.choice(rest, taken, replace=False).tolist(), reason)
    return found
