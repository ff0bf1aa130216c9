"""SONATA files of a result, read back with libsonata and by neurospine itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import libsonata
import numpy as np
import pytest

from neurospine import Model, NeurospineError, Protocol, export_sonata, load_model, simulate
from neurospine.exports.sonata_report import stretches

DAY = 86400.0


@pytest.fixture(scope="module")
def exported(living: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return export_sonata(living, tmp_path_factory.mktemp("sonata") / "run")


def edges(path: Path, name: str) -> Any:
    return libsonata.EdgePopulation(str(path), "", name)


def everything(population: Any) -> Any:
    return libsonata.Selection([(0, len(population))])


def test_files_are_called_after_the_result_and_are_whole_or_not_there(
    living: Path, tmp_path: Path
) -> None:
    own = tmp_path / "run.h5"
    own.write_bytes(living.read_bytes())
    made = export_sonata(own)
    names = {kind: path.name for kind, path in made.items()}
    assert names == {kind: f"run-{kind}.h5" for kind in ("spikes", "report", "edges", "nodes")}
    there = {path.name for path in tmp_path.iterdir()}
    assert there == {"run.h5", *names.values()}
    with pytest.raises(NeurospineError, match=r"run-spikes\.h5: exists already"):
        export_sonata(own)
    with pytest.raises(NeurospineError, match="is not within the run"):
        export_sonata(own, tmp_path / "other", time="1000 day")
    assert {path.name for path in tmp_path.iterdir()} == there


def test_spikes_are_those_of_the_result(exported: dict[str, Path], living: Path, read: Any) -> None:
    reader, run = libsonata.SpikeReader(str(exported["spikes"])), read(living)
    assert set(reader.get_population_names()) == set(run.spikes)
    assert len(run.spikes["axons"]) > 20
    for name, table in run.spikes.items():
        assert reader[name].sorting == "by_time"
        found = np.array(reader[name].get()).reshape(-1, 2)
        np.testing.assert_array_equal(found[:, 0], table["cell"])
        np.testing.assert_allclose(found[:, 1] / 1e3, table["time"], rtol=1e-12)


def test_every_number_of_a_report_is_that_of_the_spine_and_time(
    exported: dict[str, Path], living: Path, read: Any
) -> None:
    reader, spines = libsonata.ElementReportReader(str(exported["report"])), read(living).spines
    assert sorted(reader.get_population_names()) == ["spines_1", "spines_2"]
    volume, post = spines["spines"]["volume"].values, spines["spines"]["post"].values
    times = spines["spines"]["time"].values
    rows = {"spines_1": slice(0, 4), "spines_2": slice(3, 10)}
    assert times[3] == pytest.approx(0.3)
    for name, own in rows.items():
        population = reader[name]
        assert (population.time_units, population.data_units) == ("ms", "um**3")
        found = population.get()
        np.testing.assert_allclose(np.array(found.times) / 1e3, times[own], rtol=1e-9)
        nodes, elements = np.array(found.ids).T
        assert sorted(elements) == list(range(post.size))
        np.testing.assert_array_equal(nodes, post[elements])
        np.testing.assert_array_equal(found.data, volume[own][:, elements].astype(np.float32))
    assert len(reader["spines_1"].get(node_ids=[2]).ids) == 40


@pytest.mark.parametrize("time", [None, "2.5 day", 0.0])
def test_edges_are_the_contacts_at_a_time(
    living: Path, read: Any, tmp_path: Path, time: Any
) -> None:
    run = read(living)
    found = edges(export_sonata(living, tmp_path / "run", time=time)["edges"], "spines")
    assert (found.source, found.target) == ("axons", "cell")
    all_of = everything(found)
    row = {None: 9, "2.5 day": 5, 0.0: 0}[time]
    snapshot = run.spines["spines"].isel(time=row)
    slots = found.get_attribute("slot", all_of)
    np.testing.assert_array_equal(slots, np.flatnonzero(snapshot["stage"].values))
    assert 20 < slots.size < 160
    for ours, theirs in (("volume", "volume"), ("weight", "syn_weight"), ("stage", "stage")):
        np.testing.assert_array_equal(
            found.get_attribute(theirs, all_of), snapshot[ours].values[slots]
        )
    for name in ("condition", "repeat"):
        np.testing.assert_array_equal(found.get_attribute(name, all_of), snapshot[name][slots])
    when = float(snapshot["time"])
    lived = run.contacts["spines"]
    alive = lived[~(lived["birth"] > when) & ~(lived["death"] <= when)].sort_values("slot")
    np.testing.assert_array_equal(found.source_nodes(all_of), alive["pre"])
    np.testing.assert_array_equal(found.target_nodes(all_of), alive["post"])
    np.testing.assert_array_equal(found.get_attribute("delay", all_of), 0.0)


def test_indices_find_the_edges_of_every_cell(neurons: Path, tmp_path: Path) -> None:
    found = edges(export_sonata(neurons, tmp_path / "run")["edges"], "recurrent")
    all_of = everything(found)
    source, target = found.source_nodes(all_of), found.target_nodes(all_of)
    assert len(found) == 2 * 12 * 4
    for cell in range(24):
        for ids, own in (
            (found.efferent_edges(cell), source == cell),
            (found.afferent_edges(cell), target == cell),
        ):
            np.testing.assert_array_equal(ids.flatten(), np.flatnonzero(own))
    np.testing.assert_array_equal(found.get_attribute("delay", all_of), 1.0)


def test_nodes_say_which_copy_of_the_circuit_they_are_in(exported: dict[str, Path]) -> None:
    nodes = libsonata.NodeStorage(str(exported["nodes"])).open_population("axons")
    assert nodes.size == 4 * 40
    everyone = libsonata.Selection([(0, nodes.size)])
    np.testing.assert_array_equal(nodes.get_attribute("cell", everyone), np.tile(range(40), 4))
    np.testing.assert_array_equal(
        nodes.get_attribute("condition", everyone), np.repeat([0, 0, 1, 1], 40)
    )
    np.testing.assert_array_equal(
        nodes.get_attribute("repeat", everyone), np.repeat([0, 1, 0, 1], 40)
    )


ROUND = """
schema  = 1
kind    = "circuit"
name    = "again"
summary = "A circuit from exported edges."

[populations.neurons]
size = "n_neurons"

[projections.recurrent]
from         = "neurons"
to           = "neurons"
spine        = "pair_stdp"
delay        = "axonal_delay"
connectivity = { rule = "edge_list", file = "run-edges.h5" }

[parameters]
n_neurons    = { value = 24, unit = "1", source = "assumed", meaning = "m" }
axonal_delay = { value = 5.0, unit = "ms", source = "assumed", meaning = "m" }
"""


def test_a_circuit_and_its_spikes_come_back_from_what_was_exported(
    neurons: Path, read: Any, tmp_path: Path
) -> None:
    export_sonata(neurons, tmp_path / "run")
    model = Model.from_text(ROUND, folder=tmp_path)
    run = read(neurons)
    assert len(run.spikes["neurons"]) > 10
    text = """
kind = "protocol"
name = "again"
step = "0.1 ms"
record_every = "10 ms"
[[phases]]
name = "again"
duration = "50 ms"
[[phases.stimuli]]
kind = "spike_list"
population = "neurons"
file = "run-spikes.h5"
"""
    protocol = Protocol.from_text(text, folder=tmp_path)
    again = simulate(model, protocol, backend="numpy")
    for name in ("pre", "post", "delay"):
        np.testing.assert_array_equal(again.slots["recurrent"][name], run.slots["recurrent"][name])
    start = again.spines["recurrent"]["volume"].isel(time=0).values
    np.testing.assert_array_equal(start, run.spines["recurrent"]["volume"].isel(time=-1).values)
    for column in ("time", "cell"):
        np.testing.assert_array_equal(
            again.spikes["neurons"][column], run.spikes["neurons"][column]
        )
    assert "inputs/run-spikes.h5" in again.info.files


def test_stretches_are_even_and_share_an_end() -> None:
    assert stretches(np.array([0.0])) == [slice(0, 1)]
    assert stretches(np.arange(5.0)) == [slice(0, 5)]
    assert stretches(np.array([0.0, 1, 2, 12, 22, 23])) == [slice(0, 3), slice(2, 5), slice(4, 6)]
    assert stretches(np.arange(100) * 0.1) == [slice(0, 100)]


def test_words_of_slots_are_a_list_with_numbers(shipped: Path, tmp_path: Path) -> None:
    protocol = Protocol(
        name="places",
        step="1 ms",
        spine_step="10 ms",
        record_every="10 ms",
        phases=[{"name": "a", "duration": "10 ms"}],
    )
    model = load_model("dendritic_line")
    run = simulate(model, protocol, backend="numpy", output=tmp_path / "run.h5")
    found = edges(export_sonata(tmp_path / "run.h5")["edges"], "spines")
    slots, all_of = run.slots["spines"], everything(found)
    assert "compartment" in found.enumeration_names
    words = found.enumeration_values("compartment")
    numbers = found.get_enumeration("compartment", all_of)
    assert [words[number] for number in numbers] == slots["compartment"].tolist()
    np.testing.assert_array_equal(
        found.get_attribute("position", all_of), slots["position"].to_numpy()
    )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"variable": "volum"}, "no recorded variable 'volum'. Did you mean 'volume'?"),
        ({"projections": ["spine"]}, "no projection 'spine'. Did you mean 'spines'?"),
        ({"time": "-1 s"}, "-1 s is not within the run"),
        ({"time": "1 mV"}, "time"),
        ({"time": "soon"}, "time"),
    ],
)
def test_what_is_not_there_is_refused(
    living: Path, tmp_path: Path, options: Any, words: str
) -> None:
    with pytest.raises(NeurospineError) as caught:
        export_sonata(living, tmp_path / "run", **options)
    assert words in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_edges_need_recorded_contacts_where_spines_live(living: Path, tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    path.write_bytes(living.read_bytes())
    with h5py.File(path, "r+") as file:
        del file["contacts"]
    with pytest.raises(NeurospineError, match=r"did not record their contacts"):
        export_sonata(path)


def test_the_result_is_not_written_over(living: Path, tmp_path: Path) -> None:
    path = tmp_path / "run-spikes.h5"
    path.write_bytes(living.read_bytes())
    with pytest.raises(NeurospineError, match="is the result itself"):
        export_sonata(path, tmp_path / "run", force=True)
