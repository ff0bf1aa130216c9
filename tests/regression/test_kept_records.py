"""A run that cannot be finished loses nothing that was recorded."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurospine import NeurospineError, Protocol, Trajectory, recover, resume, simulate
from neurospine.commands import recovery
from neurospine.errors import ResultError
from neurospine.results.part import held

TINY = Protocol(
    name="tiny",
    model={"circuit": "independent_pairs"},
    step="1 ms",
    record_every="10 ms",
    phases=[{"name": "rest", "duration": "50 ms"}],
)
#: One spine: five words of head, one volume.
RECORD = 48


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a run whose file could not be written."""

    def refuse(*_: object, **__: object) -> None:
        raise ResultError("run.h5: cannot be written (No space left on device)")

    with monkeypatch.context() as patch:
        patch.setattr("neurospine.simulation.running.write_part", refuse)
        with pytest.raises(NeurospineError, match=r"No space left.*kept in .*run\.h5\.part"):
            simulate(None, TINY, backend="numpy", output=tmp_path / "run.h5")
    return tmp_path / "run.h5.part"


def snapshots(folder: Path) -> int:
    found = Trajectory.from_hdf5(recover(folder, force=True))
    assert not found.complete
    return found.spines["pair"].sizes["time"]


def test_records_are_kept_where_the_file_cannot_be_written(kept: Path) -> None:
    assert snapshots(kept) == 6
    output = kept.with_suffix("")
    with pytest.raises(ResultError, match="--force"):
        simulate(None, TINY, backend="numpy", output=output)
    output.unlink()
    with pytest.raises(ResultError, match=r"run\.h5\.part.*--force"):
        simulate(None, TINY, backend="numpy", output=output)
    simulate(None, TINY, backend="numpy", output=output, force=True)
    assert sorted(path.name for path in kept.parent.iterdir()) == ["run.h5"]


def test_a_run_that_does_not_begin_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEUROSPINE_CACHE", str(tmp_path / "file" / "cache"))
    (tmp_path / "file").write_text("")
    with pytest.raises(NeurospineError, match="NEUROSPINE_CACHE"):
        simulate(None, TINY, output=tmp_path / "run.h5")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_what_is_readable_ends_at_a_torn_or_damaged_record(kept: Path) -> None:
    segment = kept / "spines_pair.segment"
    whole = segment.read_bytes()
    assert len(whole) == 6 * RECORD
    for size in (0, 1, RECORD - 1, RECORD, 3 * RECORD - 8, 6 * RECORD - 1):
        os.truncate(segment, 0)
        segment.write_bytes(whole[:size])
        assert snapshots(kept) == size // RECORD
    damaged = bytearray(whole)
    damaged[3 * RECORD + 44] ^= 1
    segment.write_bytes(damaged)
    assert snapshots(kept) == 3
    segment.unlink()
    assert snapshots(kept) == 0
    for path in kept.glob("*.segment"):
        path.unlink()
    assert snapshots(kept) == 0


def test_only_the_folder_of_a_run_can_be_recovered(kept: Path, tmp_path: Path) -> None:
    (tmp_path / "other.h5.part").mkdir()
    for name in ("other.h5.part", "other.h5", "no_such.h5", "no_such.h5.part"):
        with pytest.raises(ResultError, match="not the folder of a run"):
            recover(tmp_path / name)
    (kept / "run.h5").write_bytes(b"no HDF5 at all")
    with pytest.raises(ResultError, match="not the folder of a run"):
        recover(kept)
    (kept / "run.h5").unlink()
    with pytest.raises(ResultError, match="not the folder of a run"):
        recover(kept)
    assert not (tmp_path / "run.h5").exists()


def test_a_file_is_replaced_only_by_force(kept: Path) -> None:
    output = kept.with_suffix("")
    output.write_text("mine")
    with pytest.raises(ResultError, match=r"exists already.*--force"):
        recover(kept)
    assert output.read_text() == "mine"
    assert recover(kept, kept.parent / "other.h5").exists()
    recover(kept, force=True)
    assert Trajectory.from_hdf5(output).spines["pair"].sizes["time"] == 6
    assert kept.is_dir()


def test_a_folder_is_found_by_every_name(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That of the file, that of the folder, from within it, and after it was renamed."""
    monkeypatch.chdir(kept)
    for name in (kept, kept.with_suffix(""), "."):
        assert recover(name, force=True) == kept.with_suffix("")
    moved = kept.rename(kept.with_name("saved"))
    with pytest.raises(ResultError, match="name a file"):
        recover(moved)
    assert recover(moved, kept.parent / "saved.h5").exists()


def test_a_run_in_progress_is_left_alone(kept: Path) -> None:
    with held(kept), pytest.raises(ResultError, match="another run is writing to it"):
        recover(kept)
    assert not kept.with_suffix("").exists()


def test_the_command_says_how_far_the_run_came(
    kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recovery.recover(kept)
    assert capsys.readouterr().out == f"{kept.with_suffix('')}: 0.05 of 0.05 s biological\n"
    with pytest.raises(ResultError, match="exists already"):
        recovery.recover(kept)


@pytest.mark.cpp
def test_a_run_that_was_recovered_goes_on_all_the_same(busy: Any, tmp_path: Path) -> None:
    run = busy()
    expected = tmp_path / "whole.h5"
    simulate(run.model, run.protocol, seed=3, output=expected)
    run.cut_off(tmp_path / "run.h5.part")
    path = recover(tmp_path / "run.h5.part")
    found, whole = Trajectory.from_hdf5(path), Trajectory.from_hdf5(expected)
    assert not found.complete
    until = found.spines["recurrent"]["time"].values[-1]
    for name in ("recurrent", "afferent"):
        spines = found.spines[name]
        assert spines.identical(whole.spines[name].isel(time=slice(spines.sizes["time"])))
    spikes = whole.spikes["neurons"]
    early = spikes[spikes["time"] < until - 1e-9]
    assert len(early) > 0
    assert found.spikes["neurons"].equals(spikes[: len(found.spikes["neurons"])])
    assert found.spikes["neurons"][: len(early)].equals(early)
    born = whole.contacts["recurrent"]["birth"].dropna()
    recovered = found.contacts["recurrent"]["birth"].dropna()
    assert np.isin(recovered, born).all()
    assert np.isin(born[born < until - 1e-9], recovered).all()
    with pytest.raises(ResultError, match="exists already"):
        recover(tmp_path / "run.h5.part")
    resume(path)
    assert path.read_bytes() == expected.read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["run.h5", "whole.h5"]


@pytest.mark.cpp
def test_a_run_without_a_checkpoint_starts_anew(busy: Any, tmp_path: Path) -> None:
    run = busy()
    expected = tmp_path / "whole.h5"
    simulate(run.model, run.protocol, seed=3, output=expected)
    run.cut_off(tmp_path / "run.h5.part")
    (tmp_path / "run.h5.part" / "checkpoint.bin").unlink()
    shutil.copytree(tmp_path / "run.h5.part", tmp_path / "other.h5.part")
    for name in ("spikes_axons", "spines_recurrent"):
        (tmp_path / "other.h5.part" / f"{name}.segment").unlink()
    for name in ("run.h5", "other.h5"):
        resume(tmp_path / name)
        assert (tmp_path / name).read_bytes() == expected.read_bytes()
