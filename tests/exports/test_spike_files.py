"""Spikes of SONATA files as stimuli."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from neurospine import NeurospineError, Protocol
from neurospine.description.spike_files import parse_spikes, read_spikes
from neurospine.simulation.provenance import run_info
from neurospine.simulation.resume import plan_again
from neurospine.simulation.simulate import prepare
from neurospine.simulation.stimuli import spikes

LISTED = {"kind": "spike_list", "population": "presynaptic", "file": "spikes.h5"}


@pytest.fixture
def protocol(tmp_path: Path) -> Callable[..., Protocol]:
    """Return a protocol of 100 steps of 1 ms, in the folder of the test, that lists spikes."""

    def make(**keys: str) -> Protocol:
        listed = "\n".join(f'{key} = "{value}"' for key, value in {**LISTED, **keys}.items())
        text = f"""
kind = "protocol"
name = "listed"
step = "1 ms"
record_every = "10 ms"
[model]
circuit = "independent_pairs"
[[phases]]
name = "a"
duration = "100 ms"
[[phases.stimuli]]
{listed}
"""
        return Protocol.from_text(text, folder=tmp_path, origin="listed.toml")

    return make


def sonata(
    path: Path, cells: Any = (0, 0), times: Any = (7.0, 3.0), unit: Any = "ms", name: str = "a"
) -> None:
    with h5py.File(path, "a") as file:
        group = file.create_group(f"spikes/{name}")
        group["node_ids"] = np.array(cells, np.uint64)
        group["timestamps"] = np.array(times)
        if unit is not None:
            group["timestamps"].attrs["units"] = unit


@pytest.mark.parametrize(
    ("times", "unit"), [((7.0, 3.0), "ms"), ((7.0, 3.0), None), ((7e-3, 3e-3), b"s")]
)
def test_spikes_come_from_a_sonata_file_in_any_order(
    protocol: Callable[..., Protocol], tmp_path: Path, times: Any, unit: Any
) -> None:
    sonata(tmp_path / "spikes.h5", times=times, unit=unit)
    cells, ticks = spikes(protocol(), {"presynaptic": 1, "postsynaptic": 1}, 0)["presynaptic"]
    assert (cells.tolist(), ticks.tolist()) == ([0, 0], [3, 7])


def test_one_of_several_populations_is_named(
    protocol: Callable[..., Protocol], tmp_path: Path
) -> None:
    sonata(tmp_path / "spikes.h5", name="thalamus")
    sonata(tmp_path / "spikes.h5", times=(1.0, 2.0), name="cortex")
    found = spikes(protocol(spikes="cortex"), {"presynaptic": 1, "postsynaptic": 1}, 0)
    assert found["presynaptic"][1].tolist() == [1, 2]
    wrong = {
        None: r"2 populations of spikes \(cortex, thalamus\)",
        "corte": "Did you mean 'cortex'",
    }
    for name, words in wrong.items():
        keys = {"spikes": name} if name else {}
        with pytest.raises(NeurospineError, match=words):
            prepare(None, protocol(**keys))


def test_a_run_keeps_its_spikes_when_the_file_is_gone(
    protocol: Callable[..., Protocol], tmp_path: Path
) -> None:
    sonata(tmp_path / "spikes.h5", times=(7.123456789e0, 3.0), name="x")
    plan = prepare(None, protocol(spikes="x"))
    info = run_info(plan, "numpy")
    (tmp_path / "spikes.h5").unlink()
    kept = info.files["inputs/spikes.h5%23x"]
    cells, times = parse_spikes(kept, "spikes.h5")
    np.testing.assert_array_equal(times, np.array([7.123456789e0, 3.0]) * 1e-3)
    assert cells.tolist() == [0, 0]
    again = plan_again(info)
    assert run_info(again, "numpy").files == info.files
    with pytest.raises(NeurospineError, match=r"spikes\.h5: cannot be read"):
        prepare(None, protocol(spikes="x"))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"cells": (0, 1)}, ("cells: must be from 0 to 0 in 'presynaptic'",)),
        ({"times": (3.0, 100.0)}, ("a spike at 0.1 s is outside the phase (0 to 0.1 s)",)),
        ({"times": (-1.0, 3.0)}, ("outside the phase",)),
        ({"times": (3.0, 3.4)}, ("twice in one step",)),
        ({"times": (3.0, np.nan)}, ("time: must be finite",)),
        ({"times": (3.0,)}, ("has 2 node_ids and 1 timestamps",)),
        ({"unit": "mV"}, ("mV",)),
        ({"cells": np.zeros((2, 2))}, ("has no list of numbers 'node_ids'",)),
    ],
)
def test_a_wrong_file_is_refused(
    protocol: Callable[..., Protocol], tmp_path: Path, content: Any, words: tuple[str, ...]
) -> None:
    sonata(tmp_path / "spikes.h5", **content)
    with pytest.raises(NeurospineError) as caught:
        prepare(None, protocol())
    message = str(caught.value)
    wanted = [*words, "listed.toml", *(["spikes.h5"] * ("twice" not in words[0]))]
    wanted = [w for w in wanted if w != "spikes.h5" or "outside" not in words[0]]
    assert [word for word in wanted if word not in message] == []


def test_what_is_no_sonata_file_is_refused(
    protocol: Callable[..., Protocol], tmp_path: Path
) -> None:
    path = tmp_path / "spikes.h5"
    path.write_text("cell,time [ms]\n0,1\n")
    with pytest.raises(NeurospineError, match=r"spikes\.h5: cannot be read"):
        prepare(None, protocol())
    path.unlink()
    with h5py.File(path, "w") as file:
        file["x"] = 1
    with pytest.raises(NeurospineError, match=r"has no group /spikes"):
        prepare(None, protocol())
    (tmp_path / "spikes.csv").write_text("cell,time [ms]\n0,1\n")
    with pytest.raises(NeurospineError, match=r"spikes: goes with an HDF5 file"):
        prepare(None, protocol(file="spikes.csv", spikes="x"))


def test_numbers_in_other_files_are_not_followed(tmp_path: Path) -> None:
    sonata(tmp_path / "other.h5")
    with h5py.File(tmp_path / "spikes.h5", "w") as file:
        group = file.create_group("spikes/a")
        group["node_ids"] = h5py.ExternalLink("other.h5", "spikes/a/node_ids")
        group["timestamps"] = np.zeros(2)
    with pytest.raises(NeurospineError, match="lies in another file"):
        read_spikes(tmp_path / "spikes.h5", None)


def test_check_sees_a_wrong_spike_file(
    command: Any, protocol: Callable[..., Protocol], tmp_path: Path
) -> None:
    (Path() / "listed.toml").write_text(protocol().text)
    sonata(Path("spikes.h5"), cells=(0, 5))
    done = command("check", "listed.toml")
    assert done.status == 2
    assert "spikes.h5: cells: must be from 0 to 0" in done.out + done.err
    with h5py.File("spikes.h5", "r+") as file:
        file["spikes/a/node_ids"][...] = 0
    assert command("check", "listed.toml").status == 0
