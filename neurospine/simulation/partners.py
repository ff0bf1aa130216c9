"""New presynaptic cells for empty slots."""

from __future__ import annotations

import numpy as np

from neurospine.simulation.keys import Declarations

STREAMS = ("partner", "finer")


def new_partner(*, same: bool) -> str:
    """Return statements that draw a presynaptic cell as the connectivity rule does.

    `same` says that both sides are one population, where no cell meets itself.
    """
    fine = "(uniform(site, slow_tick, partner_key_low, partner_key_high) + "
    fine += "uniform(site, slow_tick, finer_key_low, finer_key_high)/16777216.0)"
    lines = [f"candidate = int(floor({fine}*(origin_size - {int(same)})))"]
    if same:
        lines.append("candidate = candidate + int(candidate >= j % target_size)")
    lines.append("candidate = candidate + (j // target_size)*origin_size")
    return "\n".join(lines)


def declare_partners(found: Declarations, slots: int, sizes: tuple[int, int]) -> None:
    """Add what these statements need; `sizes` are the cells of a copy on both sides."""
    found.add("candidate : integer", "candidate", np.zeros(slots, np.int32))
    for name, size in zip(("origin_size", "target_size"), sizes, strict=True):
        found.shared(name, "integer", np.array([size], np.int32), constant=True)
