"""A small pair protocol, a small recurrent network, and a build cache of a test's own."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from neurospine import Model, Protocol, load_model
from neurospine.simulation.backends.cuda import toolkit
from neurospine.simulation.backends.standalone import build_cache
from neurospine.simulation.network import Network
from neurospine.simulation.simulate import find_backend


@pytest.fixture
def pair_protocol() -> Callable[..., Protocol]:
    """Pairs at two intervals; everything but the number of conditions may change."""

    def make(count: int = 5, record: str = "0.1 s", duration: str = "1 s") -> Protocol:
        stimulus = {"kind": "pairing", "presynaptic": "presynaptic",
                    "postsynaptic": "postsynaptic", "interval": "interval",
                    "rate": "10 Hz", "count": count}  # fmt: skip
        return Protocol(
            name="few_pairs", summary="A few pairs.", step="1 ms", record_every=record,
            model={"circuit": "independent_pairs", "spine": "pair_stdp"},
            conditions={"interval": {"values": (10.0, -10.0), "unit": "ms", "meaning": "Interval"}},
            phases=({"name": "all", "duration": duration, "stimuli": (stimulus,)},),
        )  # fmt: skip

    return make


@pytest.fixture
def activity() -> Protocol:
    """A quarter of a second of network activity, with the potential of two cells."""
    traces = {"neurons": {"variables": ("v", "i_synaptic"), "cells": (3, 49), "every": "0.5 ms"}}
    return Protocol(
        name="activity", summary="Activity.", model={"circuit": "recurrent_network"},
        step="0.1 ms", record_every="50 ms", phases=({"name": "all", "duration": "0.25 s"},),
        traces=traces,
    )  # fmt: skip


@pytest.fixture
def small_network() -> Callable[..., Model]:
    """The shipped recurrent network at 50 neurons and 10 spines each."""

    def make(**changed: Any) -> Model:
        return load_model("recurrent_network").with_parameters(
            {"n_neurons": 50, "in_degree": 10, **changed}
        )

    return make


@pytest.fixture
def fresh_compiler() -> Iterator[None]:
    """Look for the compiler anew, in this test and after it."""
    remembered = (build_cache.compiler, build_cache._surroundings)
    for function in remembered:
        function.cache_clear()
    yield
    for function in remembered:
        function.cache_clear()


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty build cache."""
    folder = tmp_path / "own builds"
    monkeypatch.setenv("NEUROSPINE_CACHE", str(folder))
    return folder


@pytest.fixture(scope="session")
def on_host() -> Any:
    """The module that runs CUDA programs on the processor."""
    pytest.importorskip("brian2cuda")
    path = Path(__file__).with_name("on_host.py")
    spec = importlib.util.spec_from_file_location("on_host", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def same_as_cpp(on_host: Any, tmp_path: Path) -> Callable[..., int]:
    """Compare what the CUDA program of a network records with what that in C++ does."""

    def compare(network: Network, tolerance: float = 1e-9, *, device: bool = False) -> int:
        if device and not toolkit.find_devices():
            pytest.skip("no GPU")
        (tmp_path / "programs").mkdir()
        engine = find_backend("cuda") if device else on_host.OnHost(tmp_path / "programs")
        cuda = on_host.records(engine, network, tmp_path / "cuda")
        cpp = on_host.records(find_backend("cpp"), network, tmp_path / "cpp")
        return int(on_host.assert_same(cuda, cpp, tolerance))

    return compare
