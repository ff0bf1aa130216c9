"""What a postsynaptic spike does to a synapse, when it is done some time later.

Brian2 generates it as if it were done at once. What it reads of the time and of the postsynaptic
cell is then kept with the spike (`deferred.h`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from neurospine.simulation.backends.standalone.visits import kept_back

_DECLARED = re.compile(r"(?:const )?\w+ (\w+) = (.*);")
_FROM_CELL = re.compile(r"const (\w+) (\w+) = (\w+)\[_postsynaptic_idx\];")
_STORED = re.compile(r"\w+\[(\w+)\] = ")
_AT_SYNAPSE = re.compile(r"\w+\[_idx\]")
_WORD = re.compile(r"\w+")
#: What differs from spike to spike, and where it is found.
_TIMES = {
    "t": "const double t = _times[_note];",
    "t_in_timesteps": "const int64_t t_in_timesteps = _steps[_note];",
    "waited": "const double waited = (double)(int32_t)(_until - _steps[_note])*_step;",
}


@dataclass(frozen=True)
class Later:
    """C++ for spikes that wait.

    Attributes
    ----------
    once
        What is the same for all of them.
    visit
        What one of them does to its synapse, with its number as ``_note``; it leaves what is to be
        stored in arrays at ``_k``.
    kept
        The array for each element that is stored to.
    noted
        Type, name and array of what is kept of the postsynaptic cell.
    read
        Elements that a visit reads or stores at its synapse.
    """

    once: str
    visit: str
    kept: dict[str, str]
    noted: list[tuple[str, str, str]]
    read: list[str]


def later(scalar_code: str | list[str], vector_code: str | list[str]) -> Later:
    """Return generated statements as they are done later.

    Raises
    ------
    AssertionError
        If Brian2 wrote what cannot be done later.
    """
    once, each, moved = [], [], set(_TIMES)
    for line in _lines(scalar_code):
        found = _DECLARED.fullmatch(line)
        assert found, line
        name, value = found.groups()
        if name in _TIMES:
            each.append(_TIMES[name])
        elif moved & set(_WORD.findall(value)):
            moved.add(name)
            each.append(line)
        else:
            once.append(line)
    noted: list[tuple[str, str, str]] = []
    for line in _lines(vector_code):
        if line.startswith("const int32_t _postsynaptic_idx = "):
            continue
        if found := _FROM_CELL.fullmatch(line):
            kind, name, array = found.groups()
            line = f"const {kind} {name} = _noted_{len(noted)}[_note];"
            noted.append((kind, f"_noted_{len(noted)}", array))
        stored = _STORED.match(line)
        assert line.endswith(";"), line
        assert "_postsynaptic_idx" not in line, line
        assert not stored or stored[1] == "_idx", line
        each.append(line)
    visit, kept = kept_back("\n".join(each))
    read = sorted(set(_AT_SYNAPSE.findall(visit)) | set(kept))
    return Later("\n".join(once), visit, kept, noted, read)


def _lines(code: str | list[str]) -> list[str]:
    lines = code.splitlines() if isinstance(code, str) else list(code)
    return [line.strip() for line in lines if line.strip()]
