"""NWB files of a result, read back with pynwb and looked at by nwbinspector."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hdmf.common import DynamicTable
from nwbinspector import Importance, inspect_nwbfile
from pynwb import NWBHDF5IO, TimeSeries, validate

from neurospine import NeurospineError, export_nwb
from neurospine.analysis.citations import citations
from neurospine.exports import nwb_series, spike_trains
from neurospine.exports.nwb_series import Column, Filling, Source, even_step, over_time
from neurospine.exports.opened import opened

#: What the inspector may suggest; docs/exports.md says why.
SUGGESTED = {
    "check_experimenter_exists",
    "check_institution",
    "check_processing_module_name",
    "check_single_row",
    "check_column_binary_capability",
    "check_col_not_nan",
}
Made = Callable[[str], Path]


@pytest.fixture(scope="module")
def made(living: Path, neurons: Path, dopamine: Path, tmp_path_factory: Any) -> Made:
    folder = tmp_path_factory.mktemp("nwb")
    results = {"living": living, "neurons": neurons, "dopamine": dopamine}
    files = {n: export_nwb(path, folder / f"{n}.nwb") for n, path in results.items()}
    return files.__getitem__


@contextmanager
def content(path: Path) -> Iterator[Any]:
    with NWBHDF5IO(path, "r") as io:
        yield io.read()


@pytest.mark.parametrize("name", ["living", "neurons", "dopamine"])
@pytest.mark.filterwarnings("ignore")  # those of the inspector are its own
def test_the_inspector_has_nothing_against_it(made: Made, name: str) -> None:
    assert not validate(path=str(made(name)))
    found = list(inspect_nwbfile(nwbfile_path=str(made(name)), skip_validate=True))
    bad = [m for m in found if m.importance != Importance.BEST_PRACTICE_SUGGESTION]
    assert [(m.check_function_name, m.message) for m in bad] == []
    assert {m.check_function_name for m in found} <= SUGGESTED


def test_snapshots_slots_and_contacts_are_those_of_the_result(
    made: Made, living: Path, read: Any
) -> None:
    run = read(living)
    with content(made("living")) as file:
        spines = file.processing["spines"]
        table = spines["spines_snapshots"]
        assert isinstance(table, DynamicTable)  # there are more spines than times
        snapshots = run.spines["spines"]
        np.testing.assert_array_equal(table["timestamp"].data[:], snapshots["time"])
        for name in ("volume", "weight", "stage"):
            np.testing.assert_array_equal(table[name].data[:], snapshots[name])
        assert "um^3" in table["volume"].description
        assert "1 spine" in table["stage"].description
        for name, ours, key in (
            ("spines_slots", run.slots["spines"], "slot"),
            ("spines_contacts", run.contacts["spines"], "contact"),
        ):
            found = spines[name].to_dataframe()
            assert found.index.tolist() == ours[key].tolist()
            assert list(found) == [c for c in ours if c != key]
            for column in found:
                np.testing.assert_array_equal(found[column], ours[column])
        assert run.contacts["spines"]["birth"].notna().any()
        assert "second" in spines["spines_contacts"]["birth"].description


def test_spikes_of_every_cell_are_a_unit(made: Made, neurons: Path, read: Any) -> None:
    spikes = read(neurons).spikes["neurons"]
    assert len(spikes) > 10
    with content(made("neurons")) as file:
        units = file.units
        assert units.resolution == 1e-4
        assert len(units) == 24
        for row in range(24):
            own = spikes["time"][spikes["cell"] == row]
            np.testing.assert_array_equal(units["spike_times"][row], own)
        assert not np.any(units["is_forced"].data[:])
        np.testing.assert_array_equal(units["cell"].data[:], np.tile(range(12), 2))
        np.testing.assert_array_equal(units["condition"].data[:], np.repeat([0, 1], 12))


def test_units_are_the_same_where_few_spikes_fit_into_memory(
    neurons: Path, read: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spike_trains, "TOGETHER", 7)
    monkeypatch.setattr("neurospine.exports.opened.BLOCK", 5)
    spikes = read(neurons).spikes["neurons"]
    with content(export_nwb(neurons, tmp_path / "run.nwb")) as file:
        for row in range(24):
            own = spikes["time"][spikes["cell"] == row]
            np.testing.assert_array_equal(file.units["spike_times"][row], own)


def test_currents_potentials_and_phases_are_there(made: Made, neurons: Path, read: Any) -> None:
    run = read(neurons)
    with content(made("neurons")) as file:
        current = file.stimulus["current_neurons"]
        assert current.unit == "ampere"
        np.testing.assert_allclose(current.timestamps[:], [0, 0.015, 0.02, 0.035, 0.04])
        steps = np.outer([0, 1, 0, 1, 0], [0.3e-9, 2e-9])
        np.testing.assert_allclose(current.data[:], steps, atol=1e-24)
        trace, ours = file.processing["neurons"]["neurons_v"], run.traces["neurons"]
        assert trace.unit == "volt"
        np.testing.assert_array_equal(trace.data[:], ours["v"])
        when = trace.starting_time + np.arange(len(trace.data)) / trace.rate
        np.testing.assert_allclose(when, ours["time"])
        epochs = file.epochs.to_dataframe()
        assert epochs["phase"].tolist() == ["rest", "test"]
        np.testing.assert_allclose(epochs["stop_time"], [0.01, 0.05])
        stimuli = file.stimulus["stimuli"].to_dataframe()
        assert stimuli[["phase", "kind", "amplitude", "rate"]].to_numpy().tolist() == [
            ["test", "current", "current", "50 Hz"]
        ]
        conditions = file.processing["run"]["conditions"]
        np.testing.assert_array_equal(conditions["current"].data[:], [0.3, 2.0])


def test_dopamine_its_dips_and_forced_spikes_are_series(
    made: Made, dopamine: Path, read: Any
) -> None:
    run = read(dopamine)
    with content(made("dopamine")) as file:
        found = file.processing["neuromodulators"]["dopamine_concentration"]
        np.testing.assert_array_equal(found.data[:], run.traces["dopamine"]["concentration"])
        assert np.ptp(found.data[:]) > 0
        dip = file.stimulus["dip_dopamine"]
        np.testing.assert_allclose(dip.timestamps[:], [0, 0.3, 0.4])
        np.testing.assert_allclose(dip.data[:, 0], [0, 1, 0])
        volume = file.processing["spines"]["pair_volume"]
        assert isinstance(volume, TimeSeries)  # one spine, at several times
        np.testing.assert_array_equal(volume.data[:], run.spines["pair"]["volume"])
        forced = file.stimulus["postsynaptic_spikes"]
        np.testing.assert_allclose(
            forced.starting_time + np.arange(3) / forced.rate, [0.01, 0.11, 0.21]
        )
        units = file.units.to_dataframe()
        assert dict(zip(units["population"], units["is_forced"], strict=True)) == {
            "presynaptic": True,
            "postsynaptic": True,
        }


def test_a_file_says_where_everything_came_from(made: Made, living: Path, read: Any) -> None:
    info = read(living).info
    with content(made("living")) as file:
        texts = {name: item.data for name, item in file.scratch.items()}
        assert texts == {name.replace("/", "."): text for name, text in info.files.items()}
        assert file.protocol == info.files["protocols/living"]
        parameters = file.processing["run"]["parameters"].to_dataframe()
        assert parameters["parameter"].tolist() == info.parameters["name"].tolist()
        for name in ("value", "unit", "meaning", "source", "where"):
            assert parameters[name].tolist() == info.parameters[name].tolist()
        assert "seed: 2" in file.notes
        assert ["neurospine", info.attributes["neurospine"]] in file.was_generated_by[:].tolist()
        assert set(file.related_publications) == {
            f"doi:{reference.doi}" for reference in citations([living]) if reference.doi
        }
        written = datetime.fromtimestamp(living.stat().st_mtime, UTC)
        assert file.session_start_time == written
        assert file.experimenter is None


def test_who_and_where_are_as_given_and_the_run_is_the_same(
    made: Made, dopamine: Path, tmp_path: Path
) -> None:
    who = {"experimenter": "Family, Given", "institution": "Institute", "species": "Mus musculus"}
    again = export_nwb(dopamine, tmp_path / "run.nwb", **who)
    with content(again) as file, content(made("dopamine")) as first:
        assert file.experimenter == ("Family, Given",)
        assert (file.institution, file.subject.species) == ("Institute", "Mus musculus")
        assert file.identifier == first.identifier
    with content(made("living")) as other:
        assert other.identifier != file.identifier


@pytest.mark.parametrize(
    ("times", "width", "table"),
    [
        (np.array([0.0, 1, 2, 3]), 4, False),
        (np.array([0.0, 1, 2, 3]), 5, True),
        (np.array([0.0, 100, 200]), 1, False),
        (np.array([0.0, 101, 202]), 1, True),
        (np.array([0.0, 101, 203]), 1, False),
        (np.array([0.0, 1, 3.2e7]), 1, True),
    ],
)
def test_what_would_be_taken_for_a_mistake_is_a_table(
    times: np.ndarray, width: int, table: bool
) -> None:
    column = Column("x", "all_x", Source(np.zeros((times.size, width))), "1", "X.")
    (found,) = over_time("all", "All.", Source(times), [column], Filling())
    assert isinstance(found, DynamicTable) == table
    assert found.name == ("all" if table else "all_x")


def test_even_times_are_seen_across_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neurospine.exports.opened.BLOCK", 3)
    assert even_step(Source(np.arange(10) * 0.5)) == 0.5
    assert even_step(Source(np.array([0, 1, 2, 4.0, 5, 6]))) is None
    assert even_step(Source(np.arange(2.0))) is None
    assert even_step(Source(np.zeros(5))) is None


def test_forced_spikes_at_whole_seconds_are_stimuli_only(
    living: Path, tmp_path: Path, read: Any
) -> None:
    """Readers would take them for numbers of samples."""
    import h5py

    path = tmp_path / "run.h5"
    path.write_bytes(living.read_bytes())
    with h5py.File(path, "r+") as file:
        stamps = file["spikes/axons/timestamps"]
        stamps[...] = np.arange(stamps.size) * 1000.0
    with content(export_nwb(path)) as file:
        assert file.units is None
        assert len(file.stimulus["axons_spikes"].data) == len(read(living).spikes["axons"])


def test_pynwb_is_named_where_it_is_missing(
    living: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pynwb", None)
    with pytest.raises(NeurospineError, match=r"pip install 'neurospine\[nwb\]'"):
        export_nwb(living, tmp_path / "run.nwb")


def test_nothing_is_left_where_it_fails(
    living: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(nwb_series.Filling, "fill", fail)
    with pytest.raises(NeurospineError, match="No space left"):
        export_nwb(living, tmp_path / "run.nwb")
    assert list(tmp_path.iterdir()) == []


def test_chunks_are_copied_as_they_are(made: Made, living: Path) -> None:
    with opened(living) as result, content(made("living")) as file:
        source = result.spines("spines")["volume"]
        target = file.processing["spines"]["spines_snapshots"]["volume"].data
        assert source.chunks == target.chunks
        assert source.id.get_storage_size() == target.id.get_storage_size()
