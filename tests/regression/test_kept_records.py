"""A run that cannot be finished loses nothing that was recorded."""

from __future__ import annotations

from pathlib import Path

import pytest

from neurospine import NeurospineError, Protocol, Trajectory, simulate
from neurospine.errors import ResultError

TINY = Protocol(
    name="tiny",
    model={"circuit": "independent_pairs"},
    step="1 ms",
    record_every="10 ms",
    phases=[{"name": "rest", "duration": "50 ms"}],
)


def test_records_are_kept_where_the_file_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ResultError("run.h5: cannot be written (No space left on device)")

    with monkeypatch.context() as patch:
        patch.setattr(Trajectory, "to_hdf5", refuse)
        with pytest.raises(NeurospineError, match=r"No space left.*kept in .*run\.h5\.part"):
            simulate(None, TINY, backend="numpy", output=tmp_path / "run.h5")
    kept = Trajectory.from_part(tmp_path / "run.h5.part")
    assert kept.spines["pair"].sizes["time"] == 6
    with pytest.raises(ResultError, match="--force"):
        simulate(None, TINY, backend="numpy", output=tmp_path / "run.h5")
    simulate(None, TINY, backend="numpy", output=tmp_path / "run.h5", force=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.h5"]


def test_a_run_that_does_not_begin_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEUROSPINE_CACHE", str(tmp_path / "file" / "cache"))
    (tmp_path / "file").write_text("")
    with pytest.raises(NeurospineError, match="NEUROSPINE_CACHE"):
        simulate(None, TINY, output=tmp_path / "run.h5")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
