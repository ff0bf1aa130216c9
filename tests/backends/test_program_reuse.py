"""Whatever is not structure reaches a compiled program at run time."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurospine import simulate
from neurospine.simulation.backends.standalone import StandaloneBackend
from neurospine.simulation.backends.standalone.source import generate
from neurospine.simulation.network import Network
from neurospine.simulation.simulate import prepare

pytestmark = pytest.mark.cpp

#: As in test_same_results.py.
VOLUME = 1e-12


def written(network: Network, folder: Path) -> dict[str, bytes]:
    """Every file of a generated program; static arrays are placeholders.

    Brian2 sets its clocks back in any order: the lines of main.cpp are sorted.
    """
    gc.collect()  # names are numbered while others of the same name are alive
    folder.mkdir()
    generate(network, folder)
    files = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "static_arrays" not in path.parts
    }
    files["main.cpp"] = b"\n".join(sorted(files["main.cpp"].splitlines()))
    return files


def same_code(networks: list[Network], folder: Path) -> None:
    texts = [written(network, folder / str(n)) for n, network in enumerate(networks)]
    assert len(texts[0]) > 10
    for other in texts[1:]:
        assert other.keys() == texts[0].keys()
        assert [name for name in other if other[name] != texts[0][name]] == []


def test_equal_structure_means_equal_code_for_pairs(pair_protocol: Any, tmp_path: Path) -> None:
    changes: list[Any] = [
        {},
        {"tau_plus": "20 ms", "a_minus": 0.001, "axonal_delay": "7 ms", "volume_initial": 0.2},
        {"tau_plus": "1.5 ms"},
    ]
    protocols = [pair_protocol(), pair_protocol(count=9), pair_protocol(2, "0.25 s", "2 s")]
    same_code(
        [
            prepare(None, protocol, parameters=change, seed=seed).network
            for seed, (protocol, change) in enumerate(zip(protocols, changes, strict=True))
        ],
        tmp_path,
    )


def test_equal_structure_means_equal_code_for_a_network(
    small_network: Any, activity: Any, tmp_path: Path
) -> None:
    models = [small_network(), small_network(in_degree=7, drive_rate="900 Hz", axonal_delay="2 ms")]
    same_code([prepare(m, activity, seed=seed).network for seed, m in enumerate(models)], tmp_path)


def test_second_network_of_equal_structure_is_not_built_again(pair_protocol: Any) -> None:
    backend = StandaloneBackend()
    changed = {"tau_plus": "25 ms", "a_minus": 0.002, "axonal_delay": "3 ms"}
    first, second = pair_protocol(), pair_protocol(count=9, record="0.5 s", duration="2 s")
    backend.build(prepare(None, first).network)
    assert not backend.build(prepare(None, second, parameters=changed, seed=9).network).fresh
    compiled, plain = (
        simulate(None, second, parameters=changed, backend=name).spines["pair"]
        for name in ("cpp", "numpy")
    )
    np.testing.assert_array_equal(compiled["time"], plain["time"])
    assert compiled["volume"].values[-1, 0] > compiled["volume"].values[0, 0]
    np.testing.assert_allclose(compiled["volume"], plain["volume"], rtol=VOLUME)


@pytest.mark.slow
def test_other_connections_and_seed_reach_a_built_network(
    small_network: Any, activity: Any
) -> None:
    simulate(small_network(), activity, seed=0)
    changed = small_network(in_degree=7, drive_rate="900 Hz", axonal_delay="2 ms")
    assert not StandaloneBackend().build(prepare(changed, activity, seed=5).network).fresh
    compiled, plain = (simulate(changed, activity, backend=b, seed=5) for b in ("cpp", "numpy"))
    assert compiled.spines["recurrent"].sizes["slot"] == 350
    assert compiled.spikes["neurons"].equals(plain.spikes["neurons"])


@pytest.mark.parametrize(
    "change",
    [{"form": "textbook"}, {"parameters": "bi_poo_nearest"}, {"parameters": {"a_plus": 0}}],
)
def test_only_structure_decides_the_key(pair_protocol: Any, change: Any) -> None:
    structures = [prepare(None, pair_protocol(), **kw).network.structure for kw in ({}, change)]
    assert (structures[0] == structures[1]) == ("form" not in change)
