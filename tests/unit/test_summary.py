"""Summaries of all spines stand in for snapshots of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from neurospine import Protocol, Trajectory, simulate
from neurospine.results.summary import BINS, edges, summarise

BACKENDS = ("numpy", pytest.param("cpp", marks=pytest.mark.cpp))
#: Values of the two backends differ by the single precision of their normal numbers.
NORMALS = 1e-6

PROTOCOL = Protocol(
    name="summed_up",
    model={"circuit": "dendrite", "spine": "cortical_spine"},
    conditions={
        "age": {"values": ["s1_p16", "s1_p175"], "sets": True, "meaning": "age"},
    },
    repeats=2,
    step="1 s",
    record_every="2 day",
    record={"summary": True},
    phases=[
        {"name": "weeks", "kind": "consolidation", "duration": "10 day", "tick": "6 hour"},
    ],
)


@pytest.fixture(scope="module", params=BACKENDS)
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Trajectory:
    path = tmp_path_factory.mktemp("summary") / "run.h5"
    return simulate(None, PROTOCOL, backend=request.param, output=path)


def test_summaries_say_what_snapshots_and_contacts_say(run: Trajectory) -> None:
    summary, spines, contacts = (
        run.summaries["spines"],
        run.spines["spines"],
        run.contacts["spines"],
    )
    copy = spines["condition"].values * 2 + spines["repeat"].values
    for number in range(summary.sizes["copy"]):
        own = copy == number
        volume, stage = spines["volume"].values[:, own], spines["stage"].values[:, own]
        counts = [(stage == k).sum(axis=1) for k in range(3)]
        assert np.array_equal(summary["spines"].values[:, number], np.transpose(counts))
        logs = [np.log(v[s > 0]) for v, s in zip(volume, stage, strict=True)]
        wanted = {
            "mean_volume": [v[s > 0].mean() for v, s in zip(volume, stage, strict=True)],
            "mean_log": [one.mean() for one in logs],
            "sd_log": [one.std() for one in logs],
        }
        for name, values in wanted.items():
            np.testing.assert_allclose(summary[name].values[:, number], values, rtol=1e-9)
        seen = [np.histogram(np.exp(one), edges())[0] for one in logs]
        assert np.array_equal(summary["histogram"].values[:, number], seen)
        mine = (contacts["condition"] * 2 + contacts["repeat"]) == number
        for name, event in (("births", "birth"), ("deaths", "death")):
            times = contacts[event][mine].dropna().to_numpy()
            known = [(times <= time).sum() for time in summary["time"].values]
            assert np.array_equal(summary[name].values[:, number], known)


def test_a_summary_opens_in_xarray_from_the_file(run: Trajectory, tmp_path: Path) -> None:
    path = run.to_hdf5(tmp_path / "again.h5")
    with xr.open_dataset(path, group="summary/spines", engine="h5netcdf") as opened:
        assert opened["spines"].dims == ("time", "copy", "stage")
        assert list(opened["stage"].values) == ["absent", "filopodium", "spine"]
    again = Trajectory.from_hdf5(path).summaries["spines"]
    assert again.equals(run.summaries["spines"])


def test_sizes_beyond_the_edges_are_in_the_outer_bins() -> None:
    volume = np.array([1e-9, 0.5, 1e3, 0.0])
    found = summarise(volume, np.array([1, 1, 1, 0]), 1, 2)[0]
    assert list(found[:2]) == [1, 3]
    histogram = found[-BINS:]
    assert histogram[0] == histogram[-1] == 1
    assert histogram.sum() == 3
