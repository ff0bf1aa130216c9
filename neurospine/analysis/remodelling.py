"""Where spines come after others were lost, and what becomes of them, by repeat."""

from __future__ import annotations

import numpy as np
import pandas as pd

from neurospine.analysis.repeats import Array, Cells, share
from neurospine.analysis.visits import Imaging, imagings, span
from neurospine.description.remodelling_measures import CohortLoss, NearLost
from neurospine.description.units import convert, parse_quantity
from neurospine.errors import ResultError
from neurospine.results.trajectory import Trajectory


def near_lost(trajectory: Trajectory, measure: NearLost) -> pd.DataFrame:
    """Return the share of spines near a place where one was lost, by repeat.

    Raises
    ------
    ResultError
        If the spines lie on no dendrite.
    """
    cells = Cells.of(trajectory)
    within = convert(*parse_quantity(measure.within), "um")
    lost, formed, present = [], [], []
    for imaging in imagings(trajectory, measure):
        places = _places(imaging)
        gone, _, _ = _changes(imaging, *span(trajectory, measure.lost_in))
        _, new, there = _changes(imaging, *span(trajectory, measure.phase))
        lost.append(places[gone])
        formed.append(places[new])
        present.append(places[there])
    shares = []
    for chosen in (formed, present):
        table = pd.concat(chosen)
        near, owner = _near(table, pd.concat(lost), within), cells.index(table)
        shares.append(share(cells.count(owner, near), cells.count(owner)))
    (value, error), (chance, of_chance) = shares
    if measure.of == "present":
        return cells.values(chance, of_chance)
    if measure.of == "excess":
        return cells.values(value - chance, np.hypot(error, of_chance))
    return cells.values(value, error)


def cohort_loss(trajectory: Trajectory, measure: CohortLoss) -> pd.DataFrame:
    """Return the share of the spines of a cohort that are lost in a phase, by repeat."""
    cells = Cells.of(trajectory)
    gone, there = np.zeros((2, cells.size))
    for imaging in imagings(trajectory, measure):
        times = *span(trajectory, measure.formed_in), *span(trajectory, measure.phase)
        before, then, now, after = map(imaging.visit, times)
        formed = now.same(then) & ~then.same(before)
        cohort = formed if measure.of == "formed" else now.seen & ~formed
        there += cells.count(imaging.cell, cohort)
        gone += cells.count(imaging.cell, cohort & ~after.same(now))
    return cells.values(*share(gone, there))


def _changes(imaging: Imaging, start: float, stop: float) -> tuple[Array, Array, Array]:
    """Return which slots lost a spine between two times, got one, and had one at first."""
    before, after = imaging.visit(start), imaging.visit(stop)
    stayed = after.same(before)
    return before.seen & ~stayed, after.seen & ~stayed, before.seen


def _places(imaging: Imaging) -> pd.DataFrame:
    """Return the dendrite and position (um) of each slot."""
    slots = imaging.slots
    if "position" not in slots:
        raise ResultError("the spines lie on no dendrite in this run, so none is near another")
    dendrite = ["condition", "repeat", "post", "compartment"]
    names = [name for name in dendrite if name in slots]
    return slots[[*names, "position"]].reset_index(drop=True)


def _near(chosen: pd.DataFrame, lost: pd.DataFrame, within: float) -> Array:
    """Return which of some places are near one of others on the same dendrite."""
    names = [name for name in chosen if name != "position"]
    if chosen.empty or lost.empty:
        return np.zeros(len(chosen), bool)
    both = pd.concat([chosen, lost], ignore_index=True)
    dendrite = both.groupby(names).ngroup().to_numpy()
    position = both["position"].to_numpy(float)
    # one line for all dendrites, with gaps between them that nothing reaches over
    line = position + dendrite * (position.max() + 2 * within + 1)
    places = np.sort(line[len(chosen) :])
    own = line[: len(chosen)]
    first = np.searchsorted(places, own - within * (1 + 1e-12))
    reached = np.append(places, np.inf)[first]
    return np.asarray(reached <= own + within * (1 + 1e-12))
