"""Numbers as a page holds them: short, without what JSON has no word for, safe inside HTML."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import numpy as np
from markupsafe import Markup

Array = np.ndarray[Any, np.dtype[Any]]

#: Significant digits of what is drawn.
_DIGITS = 4
#: Characters by which a text could end the element that it stands in, and the two that end lines
#: in scripts.
_UNSAFE = {ord(c): f"\\u{ord(c):04x}" for c in "<>&'\u2028\u2029"}


def short(values: Iterable[Any], digits: int = _DIGITS) -> list[float | int | None]:
    """Return numbers with few digits; None for what is not a finite number."""
    return [_short(float(value), digits) for value in values]


def _short(value: float, digits: int) -> float | int | None:
    if not np.isfinite(value):
        return None
    rounded = float(f"{value:.{digits}g}")
    return int(rounded) if rounded.is_integer() and abs(rounded) < 1e15 else rounded


def spread(size: int, number: int) -> Array:
    """Return at most `number` places in a row of `size`, even, with first and last."""
    return np.unique(np.linspace(0, size - 1, min(size, number)).round().astype(int))


def script_json(data: Any) -> Markup:
    """Return data as JSON that cannot leave the script element it stands in."""
    text = json.dumps(data, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.translate(_UNSAFE))
