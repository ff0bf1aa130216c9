"""Which cells are joined: by distance, by lists of edges, with several spines a pair."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from neurospine import Model, Protocol
from neurospine.description import edge_lists
from neurospine.errors import ModelError
from neurospine.simulation.distances import distances, places
from neurospine.simulation.network import Synapses
from neurospine.simulation.plan import make_plan
from neurospine.simulation.provenance import run_info
from neurospine.simulation.resume import plan_again

CIRCUIT = """
kind    = "circuit"
name    = "joined"
summary = "Axons and cells, joined."

[populations.axons]
size = {axons}

[populations.cells]
size = {cells}

[projections.inputs]
from         = "{origin}"
to           = "cells"
spine        = "{spine}"
delay        = "axonal_delay"
connectivity = {{ {rule} }}

[projections.others]
from         = "axons"
to           = "cells"
spine        = "fixed_contact"
delay        = "axonal_delay"
connectivity = {{ rule = "all_to_all" }}

[parameters]
axonal_delay = {{ value = 1, unit = "ms", meaning = "Delay", source = "assumed" }}
{parameters}
"""
NUMBERS = {
    "degree": '6, unit = "1"', "twice": '2, unit = "1"', "side": '100, unit = "um"',
    "reach": '20, unit = "um"', "peak": '0.8, unit = "1"',
}  # fmt: skip
NEAR = 'rule = "distance_dependent", extent = "side", length = "reach", peak = "peak"'

Join = Callable[..., Synapses]


@pytest.fixture
def model(tmp_path: Path) -> Callable[..., Model]:
    """A function from a table of connectivity to a model."""

    def make(
        rule: str, *, axons: int = 10, cells: int = 10, origin: str = "axons",
        spine: str = "fixed_contact", numbers: dict[str, str] | None = None, edges: Any = None,
    ) -> Model:  # fmt: skip
        values = NUMBERS | (numbers or {})
        lines = [
            f'{name} = {{ value = {values[name]}, meaning = "M", source = "assumed" }}'
            for name in values
            if f'"{name}"' in rule
        ]
        text = CIRCUIT.format(
            rule=rule, axons=axons, cells=cells, origin=origin, spine=spine,
            parameters="\n".join(lines),
        )  # fmt: skip
        return Model.from_text(text, folder=tmp_path, edges=edges)

    return make


def planned(made: Model, **more: Any) -> Any:
    phases = [{"name": "a", "duration": "10 ms"}]
    facts = {"step": "1 ms", "spine_step": "10 ms", "record_every": "10 ms", "phases": phases}
    return make_plan(made, Protocol(name="p", **{**facts, **more}), seed=3)


@pytest.fixture
def join(model: Callable[..., Model]) -> Join:
    """A function from a table of connectivity to the spines of a plan."""

    def make(rule: str, repeats: int = 1, **more: Any) -> Synapses:
        plan = planned(model(rule, **more), repeats=repeats)
        (spines,) = (s for s in plan.network.synapses if s.name == "inputs")
        return spines

    return make


# -- by distance ----------------------------------------------------------------------------


def test_cells_fill_a_line_and_a_square_evenly() -> None:
    assert places(4, "line", 8.0).ravel().tolist() == [1, 3, 5, 7]
    assert places(4, "torus", 2.0).tolist() == [[0.5, 0.5], [1.5, 0.5], [0.5, 1.5], [1.5, 1.5]]
    assert places(5, "square", 6.0)[-1].tolist() == [3, 4.5]  # three columns, two rows


def test_a_ring_is_measured_the_short_way_round() -> None:
    others = np.array([[0.5], [4.5], [9.5]])
    assert distances(np.array([0.5]), others, None).tolist() == [0, 4, 9]
    assert distances(np.array([0.5]), others, 10.0).tolist() == [0, 4, 1]


@pytest.mark.parametrize("profile", ["gaussian", "exponential"])
@pytest.mark.parametrize("shape", ["line", "ring"])
def test_pairs_are_as_frequent_as_the_law_says(join: Join, shape: str, profile: str) -> None:
    size = 400
    rule = f'{NEAR}, shape = "{shape}", profile = "{profile}"'
    spines = join(rule, axons=size, cells=size)
    apart = np.abs(spines.pre - spines.post) * 100 / size
    across = np.abs(np.subtract.outer(np.arange(size), np.arange(size))) * 100 / size
    if shape == "ring":
        apart, across = np.minimum(apart, 100 - apart), np.minimum(across, 100 - across)
    law = np.exp(-across / 20) if profile == "exponential" else np.exp(-((across / 20) ** 2) / 2)
    for low, high in ((0, 10), (10, 30), (30, 101)):
        there, inside = (apart >= low) & (apart < high), (across >= low) & (across < high)
        expected = 0.8 * law[inside]
        spread = np.sqrt(np.sum(expected * (1 - expected)))
        assert abs(there.sum() - expected.sum()) < 4 * spread
    assert not (np.diff(spines.pre * size + spines.post) <= 0).any()


def test_a_cell_is_not_near_itself(join: Join) -> None:
    spines = join(f'{NEAR}, shape = "torus"', origin="cells", cells=100, repeats=2)
    assert not (spines.pre == spines.post).any()
    copies = [spines.pre[spines.pre // 100 == c] % 100 for c in (0, 1)]
    assert copies[0].tolist() != copies[1].tolist()


# -- several spines a pair --------------------------------------------------------------------


def test_contacts_are_spines_of_every_pair(join: Join) -> None:
    once, twice = (join(f'rule = "one_to_one"{c}') for c in ("", ', contacts = "twice"'))
    assert twice.pre.tolist() == np.repeat(once.pre, 2).tolist()
    degree = join('rule = "fixed_in_degree", in_degree = "degree", contacts = "twice"')
    assert np.bincount(degree.post).tolist() == [6] * 10
    _, shared = np.unique(degree.pre * 10 + degree.post, return_counts=True)
    assert set(shared) == {2}


def test_all_partners_can_be_used_up(join: Join) -> None:
    rule = 'rule = "fixed_in_degree", in_degree = "degree", contacts = "one"'
    numbers = {"degree": '9, unit = "1"', "one": '1, unit = "1"'}
    spines = join(rule, origin="cells", numbers=numbers)
    assert set(zip(spines.pre, spines.post, strict=True)) == {
        (a, b) for a in range(10) for b in range(10) if a != b
    }


def test_only_a_drawn_in_degree_draws_new_partners(model: Callable[..., Model]) -> None:
    rules = {
        'rule = "fixed_in_degree", in_degree = "degree"': True,
        'rule = "fixed_in_degree", in_degree = "degree", contacts = "twice"': False,
        'rule = "all_to_all"': False,
        NEAR: False,
    }
    for rule, expected in rules.items():
        roles = {b.role for b in planned(model(rule, spine="living_spine")).network.borders}
        assert ("rewire" in roles) == expected


@pytest.mark.parametrize(
    ("rule", "numbers", "words"),
    [
        ('rule = "fixed_in_degree", in_degree = "degree", contacts = "twice"',
         {"degree": '22, unit = "1"'}, ("in_degree", "11 different partners", "10 in 'axons'")),
        ('rule = "fixed_in_degree", in_degree = "degree", contacts = "twice"',
         {"degree": '5, unit = "1"'}, ("in_degree", "no multiple of twice = 2")),
        ('rule = "fixed_in_degree"', {}, ("[projections.inputs]", "in_degree", "give it")),
        ('rule = "all_to_all", in_degree = "degree"', {},
         ("[projections.inputs]", "in_degree goes with the rule fixed_in_degree")),
        (NEAR.replace('"side"', '"sid"'), {}, ("extent", "no parameter 'sid'")),
        (NEAR, {"side": '100, unit = "ms"'}, ("extent", "'side' is not a length")),
        (NEAR, {"reach": '0, unit = "um"'}, ("joined.reach", "positive")),
        (NEAR, {"peak": '1.5, unit = "1"'}, ("joined.peak", "at most 1")),
        (f'{NEAR}, shape = "sphere"', {}, ("shape", "'line'")),
        ('rule = "distance"', {}, ("rule", "'distance_dependent'")),
        ('rule = "edge_list"', {}, ("connectivity: file", "give it")),
        ('rule = "edge_list", file = "none.csv"', {}, ("file", "none.csv", "No such file")),
        ('rule = "edge_list", file = "none.h5"', {}, ("file", "none.h5", "no such file")),
    ],
)  # fmt: skip
def test_a_wrong_table_is_refused(
    join: Join, rule: str, numbers: dict[str, str], words: tuple[str, ...]
) -> None:
    with pytest.raises(ModelError) as caught:
        join(rule, numbers=numbers)
    assert [word for word in words if word not in str(caught.value)] == []


# -- lists of edges ---------------------------------------------------------------------------

LISTED = 'rule = "edge_list", file = "edges.csv"'
EDGES = """# any order
post,pre,delay [ms],volume [um**3]
2,1,3,0.2
0,1,1,0.1
0,1,5,0.3
2,0,2,0.4
"""


def test_a_list_says_who_is_joined_how_late_and_how_large(join: Join, tmp_path: Path) -> None:
    (tmp_path / "edges.csv").write_text(EDGES)
    spines = join(LISTED, repeats=2, spine="pair_stdp")
    assert spines.pre.tolist() == [0, 1, 1, 1, 10, 11, 11, 11]
    assert spines.post.tolist() == [2, 0, 0, 2, 12, 10, 10, 12]
    np.testing.assert_allclose(spines.delay, np.tile([2e-3, 1e-3, 5e-3, 3e-3], 2))
    assert spines.values["volume"].tolist() == [0.4, 0.1, 0.3, 0.2] * 2


def test_weights_become_volumes(join: Join, tmp_path: Path) -> None:
    (tmp_path / "edges.csv").write_text("pre,post,weight\n0,0,2.5\n1,1,0\n")
    spines = join(LISTED, spine="living_spine")
    np.testing.assert_allclose(spines.values["volume"], [0.25, 0.0])
    assert spines.values["stage"].tolist() == [1, 0]
    assert spines.delay.tolist() == [1e-3]


def sonata(path: Path, **more: Any) -> None:
    with h5py.File(path, "w") as file:
        group = file.create_group("edges/axons_cells")
        group["source_node_id"] = np.array([2, 0, 1], np.uint64)
        group["target_node_id"] = np.array([0, 9, 1], np.uint64)
        group["0/delay"] = np.array([1.0, 2.0, 3.0])
        for name, values in more.items():
            group[name] = values


@pytest.mark.parametrize("named", ["", ', edges = "axons_cells"'])
def test_edges_of_a_sonata_file(join: Join, tmp_path: Path, named: str) -> None:
    sonata(tmp_path / "edges.h5")
    spines = join(f'rule = "edge_list", file = "edges.h5"{named}')
    assert spines.pre.tolist() == [0, 1, 2]
    assert spines.post.tolist() == [9, 1, 0]
    np.testing.assert_allclose(spines.delay, [2e-3, 3e-3, 1e-3])


def test_rows_of_a_sonata_group_are_those_that_the_edges_name(join: Join, tmp_path: Path) -> None:
    sonata(tmp_path / "edges.h5", edge_group_index=[2, 0, 1], edge_group_id=[0, 0, 0])
    spines = join('rule = "edge_list", file = "edges.h5"')
    assert spines.pre.tolist() == [0, 1, 2]
    np.testing.assert_allclose(spines.delay, [1e-3, 2e-3, 3e-3])


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"edge_group_index": [0, 1, 3]}, "'edge_group_index' is outside group 0"),
        ({"edge_group_id": [0, 1, 0]}, "some edges are not of group 0"),
    ],
)
def test_sonata_rows_that_are_not_there_are_refused(
    join: Join, tmp_path: Path, more: dict[str, Any], words: str
) -> None:
    sonata(tmp_path / "edges.h5", **more)
    with pytest.raises(ModelError, match=rf"edges\.h5: edges: /edges/axons_cells: {words}"):
        join('rule = "edge_list", file = "edges.h5"')


@pytest.mark.parametrize("kind", ["small", "large", "sonata"])
def test_a_run_keeps_its_edges_when_the_file_is_gone(
    model: Callable[..., Model], tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / ("edges.h5" if kind == "sonata" else "edges.csv")
    if kind == "sonata":
        sonata(path)
    else:
        path.write_text(EDGES)
    if kind == "large":
        monkeypatch.setattr(edge_lists, "LARGEST_TEXT", 10)
    plan = planned(model(f'rule = "edge_list", file = "{path.name}"'))
    path.unlink()
    info = run_info(plan, "numpy")
    kept = info.files[f"edges/{path.name}"]
    assert (kept == EDGES) == (kind == "small")
    again = plan_again(info)
    for old, new in zip(plan.network.synapses, again.network.synapses, strict=True):
        for name in ("pre", "post", "delay"):
            assert np.array_equal(getattr(old, name), getattr(new, name))
        assert np.array_equal(old.values["volume"], new.values["volume"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("pre,pos\n0,0\n", ("column 'pos'", "Did you mean 'post'?")),
        ("pre\n0\n", ("no column 'post'",)),
        ("pre,post\n", ("has no edges",)),
        ("pre,post\n0,0.5\n", ("edge 1", "'post'", "whole numbers")),
        ("pre,post\n0,0\n0,x\n", ("edge 2", "'post'")),
        ("pre,post\n-1,0\n", ("'pre'", "from 0")),
        ("pre,post,delay\n0,0,1\n", ("'delay'", "'delay [ms]'")),
        ("pre,post,delay [mV]\n0,0,1\n", ("mV",)),
        ("pre,post,weight [nS]\n0,0,1\n", ("'weight [nS]'", "no unit")),
        ("pre,post,weight,volume [um**3]\n0,0,1,1\n", ("both 'volume' and 'weight'",)),
        ("pre,post\n0,0,0\n", ("no list of edges",)),
        ("pre,post\n10,0\n", ("'pre'", "no cell 10 in 'axons'", "10")),
        ("pre,post\n0,11\n", ("'post'", "no cell 11 in 'cells'")),
        ("pre,post,delay [ms]\n0,0,1.5\n", ("'delay'", "no multiple of the step")),
        ("pre,post,volume [um**3]\n0,0,9\n", ("a volume of 9", "from 0 to 0", "bounds")),
    ],
)
def test_a_wrong_list_is_refused(
    join: Join, tmp_path: Path, text: str, words: tuple[str, ...]
) -> None:
    (tmp_path / "edges.csv").write_text(text)
    with pytest.raises(ModelError) as caught:
        join(LISTED)
    message = str(caught.value)
    assert [word for word in ("edges.csv", "inputs", *words) if word not in message] == []


def test_a_wrong_population_of_edges_is_refused(join: Join, tmp_path: Path) -> None:
    sonata(tmp_path / "edges.h5")
    with pytest.raises(ModelError, match=r"edges.h5: edges: no population 'axon_cell'. Did you"):
        join('rule = "edge_list", file = "edges.h5", edges = "axon_cell"')


def test_a_file_that_is_no_hdf5_is_refused(join: Join, tmp_path: Path) -> None:
    (tmp_path / "edges.h5").write_bytes(b"no HDF5")
    with pytest.raises(ModelError, match=r"edges.h5: cannot be read"):
        join('rule = "edge_list", file = "edges.h5"')


def test_datasets_of_another_length_are_refused(join: Join, tmp_path: Path) -> None:
    sonata(tmp_path / "edges.h5", **{"0/volume": np.ones(2)})
    with pytest.raises(ModelError, match="one length"):
        join('rule = "edge_list", file = "edges.h5"')


def test_datasets_in_other_files_are_refused(join: Join, tmp_path: Path) -> None:
    """A file from a stranger must not carry anything else of this machine into a result."""
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["ids"] = np.arange(3)
    layout = h5py.VirtualLayout((3,), int)
    layout[:] = h5py.VirtualSource(tmp_path / "other.h5", "ids", (3,))
    sonata(tmp_path / "elsewhere.h5")
    for kind in ("group", "link", "virtual", "external"):
        sonata(tmp_path / "edges.h5")
        with h5py.File(tmp_path / "edges.h5", "a") as file:
            group = file["edges/axons_cells"]
            del group["source_node_id"]
            if kind == "group":
                del file["edges"]
                file["edges"] = h5py.ExternalLink("elsewhere.h5", "edges")
            elif kind == "link":
                group["source_node_id"] = h5py.ExternalLink("other.h5", "ids")
            elif kind == "virtual":
                group.create_virtual_dataset("source_node_id", layout)
            else:
                outside = [(str(tmp_path / "other.h5"), 0, 24)]
                group.create_dataset("source_node_id", (3,), int, external=outside)
        with pytest.raises(ModelError, match="in another file"):
            join('rule = "edge_list", file = "edges.h5"')
