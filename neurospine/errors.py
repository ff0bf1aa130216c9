"""Errors a user can act on. Each is one paragraph: where, what was found, what was expected."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

#: Names and characters that a message shows at most.
MOST_NAMES = 12
LONGEST = 80
#: Characters of a whole message about a table or a file.
MESSAGE = 2000
#: Characters without a space between them; names in files can have any length.
LONGEST_WORD = 300
_TOO_LONG = re.compile(rf"\S{{{LONGEST_WORD + 1},}}")


class NeurospineError(Exception):
    """Something in the user's input or surroundings is wrong; the message says what to do.

    Of a word that no sentence has the message keeps both ends.
    """

    def __init__(self, message: object = "") -> None:
        super().__init__(_TOO_LONG.sub(_both_ends, str(message)))


class UnitError(NeurospineError):
    """A text is not a unit, or has another dimension than asked for."""


class LibraryError(NeurospineError):
    """A file is missing, unreadable or not TOML."""


class ModelError(NeurospineError):
    """A model file, or the way its parts are put together, is wrong."""


class ProtocolError(NeurospineError):
    """A protocol file is wrong, or does not fit the model."""


class BuildError(NeurospineError):
    """No binary could be made or run for a network."""


class DataError(NeurospineError):
    """A data set to learn from is missing, damaged or not what it is said to be."""


class LearningError(NeurospineError):
    """A network to train is described wrongly, or does not fit its data."""


class ResultError(NeurospineError):
    """A result file cannot be written or read."""


def _both_ends(found: re.Match[str]) -> str:
    half = LONGEST_WORD // 2
    return f"{found[0][:half]}…{found[0][-half:]}"


def suggest(name: str, candidates: Iterable[str]) -> str:
    """Return a sentence that names the nearest of `candidates`, or lists them."""
    names = sorted(set(candidates))
    if not names:
        return "There is nothing to choose from."
    near = difflib.get_close_matches(name[:LONGEST], names, n=1, cutoff=0.5)
    if near:
        return f"Did you mean {shorten(near[0])!r}?"
    shown = ", ".join(map(shorten, names[:MOST_NAMES]))
    return f"Known: {shown}{' and others' * (len(names) > MOST_NAMES)}."


def shorten(text: object, longest: int = LONGEST) -> str:
    """Return a text short enough for a message, or for a part of one."""
    whole = str(text)
    return whole if len(whole) <= longest else f"{whole[:longest]}…"
