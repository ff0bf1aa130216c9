"""Which contacts there are at a time."""

from __future__ import annotations

from dataclasses import dataclass

import h5py
import numpy as np

from neurospine.errors import ResultError
from neurospine.exports.opened import Array, Result, blocks


@dataclass(frozen=True)
class Contacts:
    """The contacts of a projection that a snapshot holds.

    Attributes
    ----------
    time
        Of the snapshot, in seconds.
    slots
        Their slots.
    pre, post
        Cells that they join, counted through all copies of the circuit.
    columns
        Numbers of the snapshot (volume, weight, stage) by name.
    """

    time: float
    slots: Array
    pre: Array
    post: Array
    columns: dict[str, Array]


def contacts_at(result: Result, projection: str, time: float | None) -> Contacts:
    """Return the contacts in the last snapshot that is not after a time.

    Parameters
    ----------
    result
        An open result.
    projection
        Whose contacts.
    time
        In seconds from the start of the run; the last snapshot if None.

    Raises
    ------
    ResultError
        If there is no such snapshot, or it is not known which cells spines join.
    """
    group, table = result.spines(projection), result.slots(projection)
    row = _snapshot(result, projection, time)
    recorded = result.recorded(projection)
    names = [name for name in result.info.spines[projection].variables if name in group]
    columns = {name: group[name][row] for name in names}
    pre = table["pre"][...]
    lives = bool(result.info.spines[projection].stages)
    there = np.ones(recorded.size, bool)
    when = float(group["time"][row])
    if lives:
        born = result.file.get(f"contacts/{projection}")
        if born is None:
            raise ResultError(
                f"{result.path}: spines of {projection!r} are born and die, and the run did not "
                "record their contacts ([record] contacts = false), so their cells are not known"
            )
        living = np.zeros(pre.size, bool)
        for slots, axons in _living(born, when):
            living[slots], pre[slots] = True, axons
        there = living[recorded]
    slots = recorded[there]
    post = table["post"][...][slots]
    return Contacts(when, slots, pre[slots], post, {n: v[there] for n, v in columns.items()})


def _snapshot(result: Result, projection: str, time: float | None) -> int:
    times = result.spines(projection)["time"][...]
    if not times.size:
        raise ResultError(f"{result.path}: has no snapshot of {projection!r}")
    if time is None:
        return int(times.size - 1)
    end = float(result.info.phases["stop"].max())
    if not times[0] <= time <= end:
        raise ResultError(
            f"{result.path}: time: {time:g} s is not within the run ({times[0]:g} to {end:g} s)"
        )
    return int(np.searchsorted(times, time * (1 + 1e-12), side="right")) - 1


def _living(table: h5py.Group, time: float) -> list[tuple[Array, Array]]:
    """Return slots and presynaptic cells of the contacts that are there at a time."""
    found = []
    for rows in blocks(table["slot"].size):
        born, died = table["birth"][rows], table["death"][rows]
        there = ~(born > time) & ~(died <= time)  # not a number: before the start, at the end
        found.append((table["slot"][rows][there], table["pre"][rows][there]))
    return found
