"""The command `export`, and files that are no results of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import pytest

from neurospine import NeurospineError, export_nwb, export_sonata
from neurospine.results.part import start_part
from neurospine.results.trajectory import Trajectory


def test_the_command_writes_both_formats_and_says_what(command: Any, dopamine: Path) -> None:
    Path("run.h5").write_bytes(dopamine.read_bytes())
    said = command("export", "run.h5", "--to", "nwb")
    assert (said.status, said.out.split()) == (0, ["run.nwb"])
    said = command("export", "run.h5", "--to", "sonata", "-o", "other", "--variable", "weight")
    assert said.out.split() == [
        f"other-{kind}.h5" for kind in ("spikes", "report", "edges", "nodes")
    ]
    with h5py.File("other-report.h5") as file:
        assert file["report/pair/data"].attrs["variable"] == "weight"
    again = command("export", "run.h5", "--to", "nwb")
    assert (again.status, "--force" in again.err) == (2, True)
    words = ("--to", "sonata", "-o", "other", "--force", "--quiet")
    assert command("export", "run.h5", *words).out == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--to", "nwb", "--time", "1 s"), "--time: goes with --to sonata"),
        (("--to", "nwb", "--projection", "pair"), "--projection: goes with --to sonata"),
        (("--to", "sonata", "--species", "Mus musculus"), "--species: goes with --to nwb"),
        (("--to", "nwb", "-o", "run.h5"), "exists already"),
        (("--to", "nwb", "-o", "run"), "must end in .nwb"),
    ],
)
def test_options_of_the_other_format_are_refused(
    command: Any, dopamine: Path, words: tuple[str, ...], said: str
) -> None:
    Path("run.h5").write_bytes(dopamine.read_bytes())
    done = command("export", "run.h5", *words)
    assert (done.status, said in done.err) == (2, True)
    assert [path.name for path in Path().iterdir()] == ["run.h5"]


@pytest.mark.parametrize("export", [export_nwb, export_sonata])
def test_what_is_no_result_of_a_run_is_refused(export: Any, living: Path, tmp_path: Path) -> None:
    def refused(path: Path, words: str) -> None:
        with pytest.raises(NeurospineError) as caught:
            export(path)
        assert words in str(caught.value)

    refused(tmp_path / "none.h5", "no such file")
    refused(tmp_path, "is a folder")
    (tmp_path / "text.h5").write_text("no")
    refused(tmp_path / "text.h5", "not a readable result file")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = 1
    refused(tmp_path / "other.h5", "not a neurospine result")
    with h5py.File(tmp_path / "learned.h5", "w") as file:
        file.create_group("networks")
    refused(tmp_path / "learned.h5", "is a result of 'learn'")
    part = tmp_path / "cut.h5.part"
    part.mkdir()
    start_part(part, Trajectory.from_hdf5(living).info)
    for path in (tmp_path / "cut.h5", part):
        refused(path, "'neurospine recover")
    damaged = tmp_path / "damaged.h5"
    damaged.write_bytes(living.read_bytes())
    with h5py.File(damaged, "r+") as file:
        del file["phases"]
    refused(damaged, "not a readable result file")
    assert not list(tmp_path.glob("*.nwb"))
