"""What statements do to slots without a spine, in generated C++."""

from __future__ import annotations

import re

_STORED = re.compile(r"(\w+)\[_idx\] = ")


def without_spine(code: str, stage: str, turned: str) -> str:
    """Return the statements of a step as they are where there is no spine.

    There it has to be known whether one is born, and nothing else changes. What only spines need
    is left out by the compiler.

    Parameters
    ----------
    code
        Statements that Brian2 generated.
    stage, turned
        The arrays of both in C++.

    Raises
    ------
    AssertionError
        If the statements do not read the stage once, or set it.
    """
    pattern = re.compile(rf"= {re.escape(stage)}\[_idx\];")
    assert len(pattern.findall(code)) == code.count(f"{stage}[") == 1, code
    lines = (pattern.sub("= 0;", line.strip()) for line in code.splitlines())
    return "\n".join(line for line in lines if _target(line) in ("", turned))


def _target(line: str) -> str:
    """Return the array whose element of the slot a statement sets; empty where it sets none."""
    stored = _STORED.match(line)
    return stored[1] if stored else ""
