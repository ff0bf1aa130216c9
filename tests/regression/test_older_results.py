"""Result files of older layouts open, and say the same as those of now.

`reference/layout1.h5` was written by the last version with layout 1, by the protocol that is in it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from neurospine import Protocol, Trajectory, measure, simulate
from neurospine.results.migration import MIGRATIONS, SCHEMA

OLD = Path(__file__).parent / "reference" / "layout1.h5"


@pytest.fixture(scope="module")
def old() -> Trajectory:
    return Trajectory.from_hdf5(OLD)


@pytest.fixture(scope="module")
def protocol(old: Trajectory) -> Protocol:
    (text,) = (t for name, t in old.info.files.items() if name.startswith("protocols/"))
    return Protocol.from_text(text)


def test_there_is_a_way_from_every_layout_to_the_present_one() -> None:
    assert set(MIGRATIONS) == set(range(1, SCHEMA))


def test_an_old_file_holds_what_a_run_of_now_gives(old: Trajectory, protocol: Protocol) -> None:
    now = simulate(None, protocol, backend="numpy")
    for name in ("volume", "weight"):
        assert np.array_equal(old.spines["pair"][name], now.spines["pair"][name])
    assert set(old.spines["pair"].coords) == set(now.spines["pair"].coords)
    assert old.slots["pair"].equals(now.slots["pair"])
    assert old.spikes["presynaptic"].equals(now.spikes["presynaptic"])
    assert old.measures["change"].equals(
        measure(now, protocol)["change"][[*old.measures["change"]]]
    )


def test_an_old_file_can_be_measured_and_written_again(
    old: Trajectory, protocol: Protocol, tmp_path: Path
) -> None:
    before = OLD.read_bytes()
    again = Trajectory.from_hdf5(old.to_hdf5(tmp_path / "again.h5"))
    assert measure(again, protocol)["change"].equals(measure(old, protocol)["change"])
    assert OLD.read_bytes() == before
