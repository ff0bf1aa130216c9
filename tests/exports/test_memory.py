"""Exports of large files take no more memory than those of small ones."""

from __future__ import annotations

import sys

import pytest

from benchmarks.export_memory import measure

#: Megabytes that blocks, the tables of a larger file and the allocator may take.
GROWTH = 150


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is counted by Linux")
def test_memory_does_not_grow_with_the_file() -> None:
    small, large = measure(0.02), measure(0.4)
    assert large["result"]["GB"] > 15 * small["result"]["GB"]
    for name in ("nwb", "sonata"):
        assert large[name]["peak MB"] < small[name]["peak MB"] + GROWTH
        assert large[name]["peak MB"] < 500
