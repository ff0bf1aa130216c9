"""Results that cannot be read or written: an error that names the file, and nothing left behind."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import pytest

from neurospine import Protocol, Trajectory, simulate
from neurospine.errors import NeurospineError, ResultError


def broken(path: Path, whole: Path) -> Iterator[tuple[str, str]]:
    """Make one bad file after the other; give what it is and what the error must say."""
    yield "missing", "no file"
    path.write_bytes(b"")
    yield "empty", "not a readable result file"
    path.write_text("time,slot\n0,1\n")
    yield "text", "not a readable result file"
    for part in (0.001, 0.1, 0.5, 0.9, 0.999):
        path.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * part)])
        yield f"first {part} of it", "not a readable result file"
    with h5py.File(path, "w") as file:
        file["x"] = 1
    yield "another HDF5 file", "not a neurospine result"
    for wrong in (0, 99):
        path.write_bytes(whole.read_bytes())
        with h5py.File(path, "r+") as file:
            file.attrs["schema"] = wrong
        yield f"schema {wrong}", f"result schema {wrong}"
    for gone in ("conditions", "spines/pair", "spikes/presynaptic/node_ids", "slots/pair/pre"):
        path.write_bytes(whole.read_bytes())
        with h5py.File(path, "r+") as file:
            del file[gone]
        yield f"without {gone}", "not a readable result file"
    for odd in ("conditions", "spikes/presynaptic", "slots/pair/variables", "files/models"):
        path.write_bytes(whole.read_bytes())
        with h5py.File(path, "r+") as file:
            del file[odd]
            file[odd] = 1
        yield f"a number for {odd}", "not a readable result file"
    for group, name in (("phases", "columns"), ("slots/pair", "variables"), ("/", "step")):
        path.write_bytes(whole.read_bytes())
        with h5py.File(path, "r+") as file:
            file[group].attrs[name] = h5py.Empty("f8")
        yield f"nothing for {name} of {group}", "not a readable result file"
    path.unlink()
    path.mkdir()
    yield "folder", "no file"


def test_a_file_that_cannot_be_read_is_an_error_that_names_it(
    written: Path, tmp_path: Path
) -> None:
    path = tmp_path / "bad.h5"
    for what, words in broken(path, written):
        with pytest.raises(ResultError) as caught:
            Trajectory.from_hdf5(path)
        assert str(path) in str(caught.value), what
        assert words in str(caught.value), what


def test_a_damaged_file_is_read_or_is_an_error(written: Path, tmp_path: Path) -> None:
    whole, path, choice = written.read_bytes(), tmp_path / "bad.h5", random.Random(1)
    errors: dict[str, Any] = {}
    for _ in range(40):
        damaged = bytearray(whole)
        place = choice.randrange(len(whole))
        damaged[place] ^= 1 << choice.randrange(8)
        path.write_bytes(damaged)
        try:
            Trajectory.from_hdf5(path)
        except ResultError:
            pass
        except Exception as error:
            errors[f"byte {place}"] = error
    assert errors == {}


@pytest.mark.parametrize(
    ("place", "words"),
    [("taken.h5", "exists already"), ("folder", "is a folder"), ("missing/run.h5", "no folder"),
     ("taken.h5/run.h5", "no folder")],
)  # fmt: skip
def test_a_result_is_not_written_where_it_cannot_be(
    trajectory: Trajectory, small: Protocol, tmp_path: Path, place: str, words: str
) -> None:
    (tmp_path / "taken.h5").write_text("mine")
    (tmp_path / "folder").mkdir()
    before = sorted(tmp_path.rglob("*"))
    for write in (
        trajectory.to_hdf5,
        lambda path: simulate(None, small, backend="numpy", output=path),
    ):
        with pytest.raises(ResultError, match=words):
            write(tmp_path / place)  # type: ignore[operator]
    assert sorted(tmp_path.rglob("*")) == before
    assert (tmp_path / "taken.h5").read_text() == "mine"


def test_a_result_may_replace_another_on_demand(trajectory: Trajectory, tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    path.write_text("old")
    trajectory.to_hdf5(path, force=True)
    assert Trajectory.from_hdf5(path).complete


def test_a_folder_that_cannot_be_written_is_an_error_and_left_alone(
    trajectory: Trajectory, small: Protocol, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*words: Any, **more: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("neurospine.results.tables.NewFile", refuse)
    monkeypatch.setattr(Path, "mkdir", refuse)
    for write in (
        trajectory.to_hdf5,
        lambda path: simulate(None, small, backend="numpy", output=path),
    ):
        with pytest.raises(NeurospineError, match=r"run\.h5.*Permission denied"):
            write(tmp_path / "run.h5")  # type: ignore[operator]
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_the_old_file(
    trajectory: Trajectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.h5"
    path.write_text("old")

    def full(*words: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("neurospine.results.hdf5.write_spikes", full)
    with pytest.raises(ResultError, match="No space left"):
        trajectory.to_hdf5(path, force=True)
    assert [p.name for p in tmp_path.iterdir()] == ["run.h5"]
    assert path.read_text() == "old"


def test_data_of_a_run_cut_off_are_not_thrown_away(small: Protocol, tmp_path: Path) -> None:
    (tmp_path / "run.h5.part").mkdir()
    with pytest.raises(ResultError, match=r"run\.h5\.part.*--force"):
        simulate(None, small, backend="numpy", output=tmp_path / "run.h5")
    simulate(None, small, backend="numpy", output=tmp_path / "run.h5", force=True)
    assert [p.name for p in tmp_path.iterdir()] == ["run.h5"]
