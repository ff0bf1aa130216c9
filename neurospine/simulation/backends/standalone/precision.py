"""What models allow to be worked out in single precision, in generated C++.

Twice as many spines then fit into a register. Brian2 knows one precision for all of a statement,
so the call that marks such an expression is found in the generated code.
"""

from __future__ import annotations

import re

_MARK = "neurospine_single("
_DECLARED = re.compile(r"\bdouble (\w+)\b")
_NAME_OR_NUMBER = re.compile(
    r"(?<![\w.])(?:([A-Za-z_]\w*)(?![\w(\[])|(\d+\.\d*(?:[eE][+-]?\d+)?)(?![\w.]))"
)


def single(code: str | list[str], scalar: str | list[str]) -> str:
    """Return generated statements in which what ``neurospine_single`` is called with is of floats.

    Parameters
    ----------
    code, scalar
        Statements for each element, and those before, which declare variables too.
    """
    text, before = (c if isinstance(c, str) else "\n".join(c) for c in (code, scalar))
    doubles = set(_DECLARED.findall(text)) | set(_DECLARED.findall(before))

    def as_float(found: re.Match[str]) -> str:
        name, number = found.groups()
        if number:
            return f"{number}f"
        return f"(float){name}" if name in doubles else str(name)

    made, rest = "", text
    while _MARK in rest:
        head, _, rest = rest.partition(_MARK)
        end = _closing(rest)
        made += f"{head}({_NAME_OR_NUMBER.sub(as_float, rest[:end])})"
        rest = rest[end + 1 :]
    return made + rest


def _closing(text: str) -> int:
    """Return where the parenthesis closes that was open before a text."""
    depth = 1
    for place, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if not depth:
            return place
    raise ValueError(f"unbalanced: {text}")
