"""What a visit to a synapse does there, apart from what it adds to cells.

Synapses are all different, so a compiler may work on several at once; cells are not. The code
that Brian2 generates mixes the two, and is taken apart where it only adds to cells.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_LOAD = re.compile(r"(?:const )?(\w+) (\w+) = (\w+\[(\w+)\]);")
_STORE = re.compile(r"(\w+\[(\w+)\]) = (\w+);")
_SUM = re.compile(r"(\w+) ([+-]=) (.*);")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Sum:
    """A number that each visit adds to an element of an array: `target` is that element in C++."""

    type: str
    target: str
    sign: str
    added: str


def apart(code: str | list[str], source: str) -> tuple[str, str, str, list[Sum] | None]:
    """Return what happens at synapses, where cells are found, and what is added to them.

    Parameters
    ----------
    code
        Statements that Brian2 generated for one visit.
    source
        The C++ array with the cell that sends spikes to each synapse.

    Returns
    -------
    tuple
        C++ that finds the sender of ``_synapses[0]``, the same for all that a spike reaches; C++
        for a visit, which leaves numbers in arrays at ``_k``; C++ that finds other cells; and
        the sums, in order. These are None where something else is done to cells.
    """
    lines = code.splitlines() if isinstance(code, str) else list(code)
    lines = [line.strip() for line in lines if line.strip()]
    if any(line.startswith("if") or not line.endswith(";") for line in lines):
        return "", "", "", None  # what is done on a condition, such as outside refractoriness
    sender = [line for line in lines if line.endswith(f" = {source}[_idx];")]
    lines = [line for line in lines if line not in sender]
    stores = [found for line in lines if (found := _STORE.fullmatch(line)) and found[2] != "_idx"]
    loads = {found[3]: found for line in lines if (found := _LOAD.fullmatch(line))}
    places = {
        found[2]: line for line in lines if (found := _LOAD.fullmatch(line)) if found[4] == "_idx"
    }
    sums: list[Sum] = []
    for store in stores:
        target, index, name = store.groups()
        load = loads.get(target)
        if load is None or load[2] != name or index not in places:
            return "", "", "", None
        rest = []
        for line in lines:
            if line in (store[0], load[0]):
                continue
            found = _SUM.fullmatch(line)
            if found and found[1] == name:
                added = f"_added_{len(sums)}"
                sums.append(Sum(load[1], target, found[2], added))
                line = f"{added}[_k] = {found[3]};"
                rest.append(line)
                if name in _WORD.findall(found[3]):
                    return "", "", "", None
            elif name in _WORD.findall(line) or target in line:
                return "", "", "", None
            else:
                rest.append(line)
        lines = rest
    found_at = dict.fromkeys(places[store[2]] for store in stores)
    first = "\n".join(sender).replace("[_idx]", "[_synapses[0]]")
    return first, "\n".join(lines), "\n".join(found_at), sums


def kept_back(visit: str) -> tuple[str, dict[str, str]]:
    """Return a visit that leaves what it would store at its synapse in arrays at ``_k``.

    Few processors can store vectors to places far apart, and compilers do not vectorise a loop
    that does. The second value is the array for each element that was stored to.
    """
    arrays: dict[str, str] = {}
    lines = []
    for line in visit.splitlines():
        store = _STORE.fullmatch(line)
        if store and store[2] == "_idx":
            array = arrays.setdefault(store[1], f"_kept_{len(arrays)}")
            line = f"{array}[_k] = {store[3]};"
        lines.append(line)
    return "\n".join(lines), arrays
