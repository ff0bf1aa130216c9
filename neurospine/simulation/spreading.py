"""What goes along dendrites: sums of what spines release, diffusion, and what is at a spine.

A dendrite is a row of places. Diffusion is solved by an implicit scheme of second order
that damps everything (singly diagonal, two solutions of a tridiagonal system; Alexander
1977), so it is stable whatever the step, and nothing is lost or gained by it. A long
interval is divided, so that what has just been released stays positive.
``tests/analytic/test_spreading.py`` compares with Green's function.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.linalg import solve_banded

from neurospine.simulation.network import Array, Border

#: Share of a step that each of the two stages solves implicitly.
IMPLICIT = 1 - math.sqrt(0.5)
#: Exchanges between neighbours in one division of an interval, and divisions, at the most.
LARGEST_DIVISION, MOST_DIVISIONS = 2.0, 64


def spread(values: Array, coupling: Array, interval: float) -> Array:
    """Return the amounts at all places after they have diffused.

    Parameters
    ----------
    values
        An amount for each place.
    coupling
        Rate of exchange between a place and the next in 1/s: diffusion over the square
        of their distance, zero where a dendrite ends.
    interval
        Time in seconds.
    """
    fastest = float(coupling.max(initial=0.0)) * interval
    if fastest == 0.0:
        return values
    divisions = min(MOST_DIVISIONS, max(1, math.ceil(fastest / LARGEST_DIVISION)))
    forth = coupling * (interval / divisions)
    back = np.concatenate([[0.0], forth[:-1]])
    matrix = np.zeros((3, values.size))
    matrix[0, 1:] = -IMPLICIT * forth[:-1]
    matrix[1] = 1.0 + IMPLICIT * (forth + back)
    matrix[2, :-1] = -IMPLICIT * forth[:-1]
    for _ in range(divisions):
        flow = forth[:-1] * np.diff(values)
        moved = np.zeros(values.size)
        moved[:-1] += flow
        moved[1:] -= flow
        values = solve_banded((1, 1), matrix, values + (1 - 2 * IMPLICIT) * moved)
        values = solve_banded((1, 1), matrix, values)
    return values


class Spreading:
    """A kernel of a border on Brian2 objects, run as its statements would be."""

    def __init__(self, border: Border, owners: Mapping[str, Any]) -> None:
        assert border.kernel
        self.kernel, self.owner = border.kernel, owners[border.owner]
        self.onto = owners.get(self.kernel.onto)

    def variables(self) -> dict[str, Any]:
        """Return the variables that it reads and changes, by their role."""
        kernel, own = self.kernel, self.owner.variables
        if kernel.kind == "spread":
            names = {
                "variable": kernel.variable,
                "coupling": kernel.coupling,
                "interval": "interval",
            }
            return {role: own[name] for role, name in names.items()}
        assert self.onto is not None
        return {
            "variable": own[kernel.variable],
            "index": own[kernel.index],
            "target": self.onto.variables[kernel.target],
        }

    def before_run(self, namespace: Mapping[str, Any]) -> None:
        """Do nothing: there is no code to prepare."""

    def run(self) -> None:
        """Do the work in Python."""
        found = self.variables()
        values = {role: np.asarray(v.get_value()) for role, v in found.items()}
        match self.kernel.kind:
            case "spread":
                interval = self.kernel.share * values["interval"].item()
                done = spread(values["variable"], values["coupling"], interval)
                found["variable"].set_value(done)
            case "collect":
                size = values["target"].size
                added = np.bincount(values["index"], values["variable"], minlength=size)
                found["target"].set_value(values["target"] + added)
            case "look":
                found["variable"].set_value(values["target"][values["index"]])
