"""Result files: what was written is read back, by us and by others."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import libsonata
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from neurospine import Protocol, Trajectory, simulate
from neurospine.errors import ResultError
from neurospine.results.hdf5 import add_measures
from neurospine.results.part import INFO_FILE, part_info, start_part, write_part
from neurospine.results.segments import append, segment_path, spine_stream


def test_a_trajectory_comes_back_identical(trajectory: Trajectory, written: Path) -> None:
    again = Trajectory.from_hdf5(written)
    xr.testing.assert_identical(again.spines["pair"], trajectory.spines["pair"])
    for name, spikes in trajectory.spikes.items():
        assert not spikes.empty
        pd.testing.assert_frame_equal(again.spikes[name], spikes, check_exact=True)
    pd.testing.assert_frame_equal(again.measures["change"], trajectory.measures["change"])
    for name in ("phases", "parameters", "conditions", "inputs"):
        pd.testing.assert_frame_equal(getattr(again.info, name), getattr(trajectory.info, name))
    for name in ("attributes", "files", "step", "axes", "populations"):
        assert getattr(again.info, name) == getattr(trajectory.info, name)
    slots = [t.info.spines["pair"].slots for t in (again, trajectory)]
    pd.testing.assert_frame_equal(*slots)
    assert again.info.spines["pair"].variables == trajectory.info.spines["pair"].variables
    assert again.complete


def test_what_is_read_may_be_written_again(written: Path, tmp_path: Path) -> None:
    again = Trajectory.from_hdf5(written).to_hdf5(tmp_path / "again.h5")
    with h5py.File(written) as one, h5py.File(again) as other:
        names: list[str] = []
        one.visit(names.append)
        for name in names:
            assert dict(one[name].attrs).keys() == dict(other[name].attrs).keys()
            if isinstance(one[name], h5py.Dataset):
                assert one[name].dtype == other[name].dtype
                assert one[name][...].tobytes() == other[name][...].tobytes() or (
                    one[name].dtype.kind == "O" and np.array_equal(one[name][...], other[name][...])
                )


def test_xarray_opens_the_spines_as_they_are(written: Path) -> None:
    with xr.open_dataset(written, group="spines/pair", engine="h5netcdf") as spines:
        assert spines["weight"].dims == ("time", "slot")
        assert spines["volume"].attrs["units"] == "um**3"
        assert spines.sizes == {"time": 11, "slot": 8}
        assert spines["time"].values.tolist() == pytest.approx(np.arange(11) * 0.01)
        word = spines["weight"].sel(slot=spines["word"] == "b")
        assert word.sizes["slot"] == 4
        assert spines["interval"].values.tolist() == [5, 5, 5, 5, -5, -5, -5, -5]
        assert spines["repeat"].values.tolist() == [0, 1] * 4
        assert spines["interval"].attrs == {"units": "ms", "long_name": "Post minus pre"}


def test_libsonata_reads_the_same_spikes(trajectory: Trajectory, written: Path) -> None:
    reader = libsonata.SpikeReader(str(written))
    assert reader.get_population_names() == ["postsynaptic", "presynaptic"]
    for name, table in trajectory.spikes.items():
        population = reader[name]
        found = population.get_dict()
        assert population.sorting == "by_time"
        assert population.time_units == "ms"
        assert found["node_ids"].tolist() == table["cell"].tolist()
        assert np.allclose(found["timestamps"], table["time"] * 1e3, rtol=1e-15, atol=0)


def test_a_file_can_explain_and_repeat_itself(trajectory: Trajectory, written: Path) -> None:
    with h5py.File(written) as file:
        attributes = dict(file.attrs)
        text = file["files/protocols/small"].asstr()[()]
        names = {f"{folder}/{n}" for folder, inside in file["files"].items() for n in inside}
    assert attributes["schema"] == 2
    assert {"neurospine", "brian2", "backend", "seed", "files_sha256", "fitted_to"} <= set(
        attributes
    )
    assert names == {
        f"models/{n}"
        for n in ("independent_pairs", "triplet_stdp", "triplet", "head_volume", "volume_weight")
    } | {"protocols/small"}
    tables = json.loads(text)
    again = simulate(
        None, Protocol(**tables), backend="numpy", seed=3, parameters={"axonal_delay": "1 ms"}
    )
    xr.testing.assert_identical(again.spines["pair"], trajectory.spines["pair"])
    parameters = trajectory.info.parameters.set_index("name")
    delay = parameters.loc["independent_pairs.axonal_delay"]
    assert (delay["value"], delay["unit"], delay["source"]) == (1.0, "ms", "override")


def test_measures_are_added_to_a_file_by_way_of_a_copy(
    trajectory: Trajectory, tmp_path: Path
) -> None:
    path = trajectory.with_measures({}).to_hdf5(tmp_path / "run.h5")
    assert Trajectory.from_hdf5(path).measures == {}
    for _ in range(2):
        add_measures(path, trajectory.measures)
        found = Trajectory.from_hdf5(path)
        pd.testing.assert_frame_equal(found.measures["change"], trajectory.measures["change"])
    xr.testing.assert_identical(found.spines["pair"], trajectory.spines["pair"])
    assert [p.name for p in tmp_path.iterdir()] == ["run.h5"]


def test_a_run_cut_off_is_read_up_to_its_last_snapshot(
    trajectory: Trajectory, tmp_path: Path
) -> None:
    start_part(tmp_path, trajectory.info)
    for tick in (0, 100):
        append(tmp_path, spine_stream("pair"), tick, 8, np.full(8, 0.1 + tick))
    path = segment_path(tmp_path, spine_stream("pair"))
    path.write_bytes(path.read_bytes() + b"NSSPSEG1")
    path = tmp_path / "result.h5"
    write_part(tmp_path, path, complete=False)
    found = Trajectory.from_hdf5(path)
    assert not found.complete
    assert found.spines["pair"]["time"].values.tolist() == pytest.approx([0.0, 0.01])
    assert found.spines["pair"]["weight"].values[0].tolist() == pytest.approx([1.0] * 8)
    assert all(table.empty for table in found.spikes.values())
    (tmp_path / INFO_FILE).unlink()
    with pytest.raises(ResultError, match="not the folder of a run"):
        part_info(tmp_path)
