"""Keep Brian2's report of uncaught errors away.

Brian2 asks users to report every uncaught error to its developers; an error about a model or a
protocol is not theirs to mend. What was there for uncaught errors is remembered when the package
is imported, which is before it imports Brian2, and put back after that (`description.units`).
"""

from __future__ import annotations

import sys

_before = sys.excepthook


def put_back() -> None:
    """Let uncaught errors go where they went before Brian2 was imported."""
    sys.excepthook = _before
