"""What cannot be built says why, what to do, and leaves nothing behind."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurospine import simulate
from neurospine.errors import BuildError
from neurospine.simulation.backends.standalone import StandaloneBackend
from neurospine.simulation.backends.standalone.arguments import (
    Slot,
    argument_arrays,
    write_arguments,
)
from neurospine.simulation.backends.standalone.backend import CHECKPOINT_SECONDS
from neurospine.simulation.network import Network
from neurospine.simulation.simulate import prepare


@pytest.mark.usefixtures("fresh_compiler", "own_cache")
@pytest.mark.parametrize("named", [True, False])
def test_without_a_compiler_the_error_names_the_way_out(
    pair_protocol: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: bool
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    if named:
        monkeypatch.setenv("CXX", "my-compiler")
    else:
        monkeypatch.delenv("CXX", raising=False)
    looked_for = "my-compiler" if named else "g\\+\\+, clang\\+\\+ and c\\+\\+"
    with pytest.raises(BuildError, match=f"no C.. compiler .*{looked_for}.*--backend numpy"):
        simulate(None, pair_protocol(), output=tmp_path / "run.h5")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("fresh_compiler")
def test_a_failing_compiler_is_quoted_and_leaves_nothing(
    pair_protocol: Any, tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "broken-compiler"
    script.write_text("#!/bin/sh\necho 'internal error: segmentation fault' >&2\nexit 1\n")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("CXX", str(script))
    with pytest.raises(BuildError, match=r"compiler failed .*\n.*internal error: segmentation"):
        simulate(None, pair_protocol(), output=tmp_path / "run.h5")
    assert list(own_cache.iterdir()) == []
    assert {path.name for path in tmp_path.iterdir()} == {script.name, own_cache.name}


@pytest.mark.cpp
def test_a_cache_folder_that_cannot_be_made_is_named(
    pair_protocol: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("NEUROSPINE_CACHE", str(tmp_path / "file" / "builds"))
    with pytest.raises(BuildError, match=r"file/builds cannot be written .*NEUROSPINE_CACHE"):
        simulate(None, pair_protocol())


@pytest.fixture
def copied(pair_protocol: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a program in a cache of the test's own, copied from the common one."""
    program = StandaloneBackend().build(prepare(None, pair_protocol()).network)
    folder = tmp_path / "own builds" / program.main.parent.name
    shutil.copytree(program.main.parent, folder)
    monkeypatch.setenv("NEUROSPINE_CACHE", str(folder.parent))
    return folder


@pytest.mark.cpp
def test_a_program_that_dies_is_reported_and_leaves_nothing(
    pair_protocol: Any, tmp_path: Path, copied: Path
) -> None:
    """The cached program is replaced by one that fails, with a sidecar that fits."""
    main = copied / "main"
    main.write_text("#!/bin/sh\necho 'out of luck' >&2\nexit 5\n")
    sidecar = json.loads((copied / "program.json").read_text())
    sidecar["main"] = hashlib.sha256(main.read_bytes()).hexdigest()
    (copied / "program.json").write_text(json.dumps(sidecar))
    with pytest.raises(BuildError, match="did not finish: out of luck"):
        simulate(None, pair_protocol(), output=tmp_path / "run.h5")
    assert [path.name for path in tmp_path.iterdir()] == [copied.parent.name]


@pytest.mark.cpp
def test_a_program_that_may_not_be_run_names_the_folder(
    pair_protocol: Any, tmp_path: Path, copied: Path
) -> None:
    """As in a folder that is mounted so that nothing in it can be executed."""
    (copied / "main").chmod(0o600)
    with pytest.raises(BuildError, match=r"main: .*cannot be started .*NEUROSPINE_CACHE"):
        simulate(None, pair_protocol(), output=tmp_path / "run.h5")
    assert [path.name for path in tmp_path.iterdir()] == [copied.parent.name]


@pytest.fixture
def network(pair_protocol: Any) -> Network:
    return prepare(None, pair_protocol()).network


def expected(network: Network) -> list[Slot]:
    """The slots that a program for this network has, without making one."""
    free = ("_synaptic_pre", "_synaptic_post", "neuron_index", "_timebins", "volume")
    return [
        Slot(name, value.dtype.str, None if name.endswith(free) else value.size)
        for name, value in argument_arrays(network)
    ]


def with_parameter(network: Network) -> Network:
    group = network.groups[0]
    values = {**group.values, next(iter(group.values)): np.zeros(3)}
    groups = (dataclasses.replace(group, values=values), *network.groups[1:])
    return dataclasses.replace(network, groups=groups)


def with_synapses(network: Network, **changed: Any) -> Network:
    first, *others = network.synapses
    return dataclasses.replace(network, synapses=(dataclasses.replace(first, **changed), *others))


def with_volume(network: Network) -> Network:
    values = {**network.synapses[0].values, "volume": np.zeros(3)}
    return with_synapses(network, values=values)


def with_targets(network: Network) -> Network:
    return with_synapses(network, post=network.synapses[0].post[:-1])


def with_delays(network: Network) -> Network:
    return with_synapses(network, delay=np.zeros(3))


def with_spikes(network: Network) -> Network:
    first, *others = network.sources
    shorter = dataclasses.replace(first, ticks=first.ticks[:-1])
    return dataclasses.replace(network, sources=(shorter, *others))


WRONG = (with_parameter, with_volume, with_targets, with_delays, with_spikes)


@pytest.mark.parametrize("change", WRONG, ids=lambda function: function.__name__)
def test_an_argument_of_the_wrong_size_is_an_error(
    network: Network, tmp_path: Path, change: Callable[[Network], Network]
) -> None:
    path, slots = tmp_path / "arguments.bin", expected(network)
    write_arguments(path, network, slots, CHECKPOINT_SECONDS)
    assert path.stat().st_size > 0
    with pytest.raises(BuildError, match=r"argument \S+: \d+ numbers where \d+ are expected"):
        write_arguments(path, change(network), slots, CHECKPOINT_SECONDS)


def test_arguments_of_another_network_are_an_error(network: Network, tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="not for this network"):
        write_arguments(
            tmp_path / "arguments.bin", network, expected(network)[1:], CHECKPOINT_SECONDS
        )


@pytest.mark.cpp
def test_the_program_itself_refuses_arguments_cut_short(
    pair_protocol: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from neurospine.simulation.backends.standalone import backend

    def cut(path: Path, network: Network, slots: list[Slot], checkpoint: float) -> None:
        write_arguments(path, network, slots, checkpoint)
        path.write_bytes(path.read_bytes()[:-40])

    monkeypatch.setattr(backend, "write_arguments", cut)
    with pytest.raises(BuildError, match="the arguments are cut short"):
        simulate(None, pair_protocol(), output=tmp_path / "run.h5")
    assert list(tmp_path.iterdir()) == []
