"""A histogram of volumes over time whose bins need not be known before."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurospine.report_page.figures_data import Array, short, spread

#: Fine bins: equal on a logarithmic axis from `_LOWEST` to `_HIGHEST` (um**3). What is beyond is
#: in the first or the last.
_LOWEST, _HIGHEST, _FINE = 1e-6, 1e3, 900
#: Bins that are shown, about; and times, all groups together.
_BINS, _TIMES = 36, 2400


class SizeHistogram:
    """Counts volumes in fine bins, and joins them when all were seen."""

    def __init__(self, groups: int, times: int) -> None:
        self._counts = np.zeros((times, groups, _FINE), np.int32)

    def add(self, time: int, volume: Array, group: Array) -> None:
        """Count the volumes of a snapshot; those of 0 are no spines."""
        there = volume > 0
        scaled = np.log(volume[there] / _LOWEST) * (_FINE / np.log(_HIGHEST / _LOWEST))
        place = group[there] * _FINE + np.clip(scaled, 0, _FINE - 1).astype(np.int64)
        self._counts[time] = np.bincount(place, minlength=self._counts[time].size).reshape(
            self._counts.shape[1:]
        )

    def data(self, times: Array) -> dict[str, Any]:
        """Return times (s), edges (um**3) and counts by (time, group, bin) of the filled range."""
        groups = self._counts.shape[1]
        shown = spread(times.size, max(_TIMES // groups, 12))
        filled = np.flatnonzero(self._counts.any(axis=(0, 1)))
        first, last = (int(filled[0]), int(filled[-1])) if filled.size else (0, 0)
        together = -(-(last - first + 1) // _BINS)
        number = -(-(last - first + 1) // together)
        width = number * together
        first = min(first, _FINE - width)
        counts = self._counts[shown, :, first : first + width]
        joined = counts.reshape(*counts.shape[:2], number, together).sum(axis=3)
        edges = np.geomspace(_LOWEST, _HIGHEST, _FINE + 1)[first : first + width + 1 : together]
        return {"times": short(times[shown], 10), "edges": short(edges), "counts": joined.tolist()}
