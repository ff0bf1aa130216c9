"""The table of every contact that ever lived, from the births and deaths of a run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from neurospine.results import segments
from neurospine.results.info import RunInfo

#: What happened to a slot in a tick of the slow clock; both may.
DIED, BORN = 1, 2
#: Where a slot is on the dendrite, if its cell has one: compartment, position along it (um).
ON_DENDRITE = ("compartment", "position")
_UNITS = {"birth": "second", "death": "second"}
_MEANINGS = {
    "birth": "when the contact was made; before the start if it is not a number",
    "death": "when it was lost; alive at the end if it is not a number",
}
_COLUMNS = ["slot", "pre", "post", "condition", "repeat", "birth", "death"]


def contact_table(info: RunInfo, projection: str, events: tuple[np.ndarray, ...]) -> pd.DataFrame:
    """Return one row for every contact that ever lived, by slot and time of birth.

    Parameters
    ----------
    info
        What is known of the run.
    projection
        Which projection.
    events
        Ticks, slots, presynaptic cells and what happened (1 died, 2 born, 3 died and
        born), in the order of time.

    Returns
    -------
    DataFrame
        contact, slot, pre, post, condition, repeat, birth (s, NaN: before the start),
        death (s, NaN: alive at the end), and compartment and position (um) on dendrites.
    """
    slots = info.spines[projection].slots
    tick, slot, pre, what = events
    there = np.flatnonzero(slots["present"].to_numpy())
    born, died = np.flatnonzero(what & BORN), np.flatnonzero(what & DIED)
    table = pd.DataFrame(
        {
            "slot": np.concatenate([there, slot[born]]),
            "pre": np.concatenate([slots["pre"].to_numpy()[there], pre[born]]),
            "birth": np.concatenate([np.full(there.size, np.nan), tick[born] * info.step]),
        }
    )
    # In each slot contacts follow each other, so the n-th death is that of the n-th contact.
    table = table.iloc[np.lexsort((table["birth"].fillna(-np.inf), table["slot"]))]
    table = table.reset_index(drop=True)
    order = np.argsort(slot[died], kind="stable")
    deaths, gone = (tick[died] * info.step)[order], slot[died][order]
    lived = table["slot"].to_numpy()
    number = np.arange(lived.size) - np.searchsorted(lived, lived)
    first, last = np.searchsorted(gone, lived), np.searchsorted(gone, lived, side="right")
    ended = first + number < last
    death = np.full(lived.size, np.nan)
    death[ended] = deaths[(first + number)[ended]]
    table["death"] = death
    carried = ["post", "condition", "repeat", *(c for c in ON_DENDRITE if c in slots)]
    for name in carried:
        table[name] = slots[name].to_numpy()[lived]
    table = table[[*_COLUMNS, *carried[3:]]]
    table.insert(0, "contact", np.arange(len(table)))
    for key, own in (("units", _UNITS), ("meanings", _MEANINGS)):
        facts = {**slots.attrs.get(key, {}), **own}
        table.attrs[key] = {name: facts[name] for name in table if name in facts}
    return table


def read_events(folder: Path, projection: str) -> tuple[np.ndarray, ...]:
    """Return the births and deaths in the segments of a run, as `contact_table` takes them."""
    columns: list[list[np.ndarray]] = [[np.zeros(0, kind)] for kind in segments.CONTACTS]
    for record in segments.read(folder, segments.contact_stream(projection)):
        for column, values in zip(columns, record.arrays(segments.CONTACTS), strict=True):
            column.append(np.array(values))
    return tuple(np.concatenate(column) for column in columns)
