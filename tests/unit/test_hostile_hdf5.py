"""An HDF5 file from a stranger is read or refused, whatever it promises."""

from __future__ import annotations

import base64
import json
import shutil
import zlib
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from neurospine import Trajectory
from neurospine.description.connectivity import Connectivity
from neurospine.description.edge_lists import parse_edges, read_edges
from neurospine.description.hdf5_files import opened
from neurospine.errors import ModelError, ResultError


def promise(file: h5py.File) -> None:
    del file["phases/start"]
    file.create_dataset("phases/start", (2**40,), "f8", chunks=(1000,))


def promise_one_value(file: h5py.File) -> None:
    file.create_dataset("phases/text", (), "S2000000000")


def lead_away(file: h5py.File) -> None:
    del file["phases/start"]
    file["phases/start"] = h5py.ExternalLink("other.h5", "/x")


def lie_elsewhere(file: h5py.File) -> None:
    del file["phases/start"]
    file.create_dataset("phases/start", (2,), "f8", external=[("/etc/passwd", 0, 16)])


def go_in_a_circle(file: h5py.File) -> None:
    del file["phases/start"]
    file["phases/start"] = h5py.SoftLink("/phases/start")


def lose_its_protocol(file: h5py.File) -> None:
    del file.attrs["protocol"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (promise, "it promises 8796093"),
        (promise_one_value, "it promises 20000"),
        (lead_away, "'phases/start' leads to another place"),
        (lie_elsewhere, "'phases/start' lies in another file"),
        (go_in_a_circle, "leads to another place"),
        (lose_its_protocol, "not a readable result file"),
    ],
)
def test_a_result_that_is_not_what_it_seems_is_refused(
    written: Path, tmp_path: Path, change: Callable[[h5py.File], None], words: str
) -> None:
    path = tmp_path / "run.h5"
    shutil.copy(written, path)
    with h5py.File(path, "r+") as file:
        change(file)
    with pytest.raises(ResultError, match=words) as caught:
        Trajectory.from_hdf5(path)
    assert str(path) in str(caught.value)


def test_a_file_may_hold_what_compresses_well(tmp_path: Path) -> None:
    path = tmp_path / "zeros.h5"
    with h5py.File(path, "w") as file:
        zeros = np.zeros(10_000_000, "u1")
        file.create_dataset("x", data=zeros, compression="gzip", compression_opts=9)
    assert path.stat().st_size < 50_000
    with opened(path, ResultError) as file:
        assert not file["x"][...].any()


@pytest.mark.parametrize("column", ["pre", "post"])
def test_edges_that_a_run_keeps_are_checked_like_those_of_a_file(column: str) -> None:
    packed = base64.b64encode(zlib.compress(np.arange(3, dtype=np.int32).tobytes())).decode()
    text = '{"neurospine": "edges", ' + json.dumps({"columns": {column: packed}})[1:]
    missing = {"pre": "post", "post": "pre"}[column]
    with pytest.raises(ModelError, match=f"edges.csv: has no column '{missing}'"):
        parse_edges(text, Connectivity(rule="edge_list", file="edges.csv"))


def test_edges_in_a_circle_are_refused(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "edges.h5", "w") as file:
        file["edges"] = h5py.SoftLink("/edges")
    with pytest.raises(ModelError, match=r"edges\.h5: cannot be read"):
        read_edges(Connectivity(rule="edge_list", file="edges.h5"), tmp_path)
