"""One network gives the same on every backend."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neurospine import NeurospineError, simulate
from neurospine.errors import BuildError
from neurospine.simulation.backends.backend import Backend
from neurospine.simulation.simulate import BACKENDS, find_backend, prepare

#: The compiler contracts a*b + c into one rounding; per event that is one unit in 1e-16.
VOLUME = 1e-12

COMPILED = (
    pytest.param("cpp", marks=pytest.mark.cpp),
    pytest.param("cython", marks=[pytest.mark.cpp, pytest.mark.slow]),
)


@pytest.mark.parametrize("backend", COMPILED)
def test_pairs_change_alike_on_every_backend(pair_protocol: Any, backend: str) -> None:
    plain, compiled = (
        simulate(None, pair_protocol(), backend=name).spines["pair"] for name in ("numpy", backend)
    )
    assert np.ptp(plain["volume"].values[-1]) > 0.005
    np.testing.assert_array_equal(plain["time"], compiled["time"])
    for name in ("volume", "weight"):
        np.testing.assert_allclose(compiled[name], plain[name], rtol=VOLUME)


@pytest.mark.parametrize("backend", COMPILED)
def test_network_spikes_at_the_same_steps_on_every_backend(
    small_network: Any, activity: Any, backend: str
) -> None:
    """Same random numbers, same sums in the same order: no threshold is crossed differently."""
    model = small_network()
    plain, compiled = (simulate(model, activity, backend=b, seed=3) for b in ("numpy", backend))
    assert 2 < len(plain.spikes["neurons"]) / 50 / 0.25 < 50
    assert plain.spikes["neurons"].equals(compiled.spikes["neurons"])
    volumes = [t.spines["recurrent"]["volume"].values for t in (plain, compiled)]
    assert np.count_nonzero(volumes[0][-1] != volumes[0][0]) > 100
    np.testing.assert_allclose(volumes[1], volumes[0], rtol=0, atol=VOLUME * volumes[0].max())
    traces = [trajectory.traces["neurons"] for trajectory in (plain, compiled)]
    for name in ("v", "i_synaptic"):
        found, wanted = traces[1][name].values, traces[0][name].values
        assert wanted.shape == (500, 2)
        np.testing.assert_allclose(found, wanted, rtol=0, atol=VOLUME * np.abs(wanted).max())


@pytest.mark.cpp
@pytest.mark.slow
def test_a_cuda_program_of_a_network_does_the_same(
    small_network: Any, activity: Any, same_as_cpp: Any
) -> None:
    assert same_as_cpp(prepare(small_network(), activity, seed=3).network) > 5000


@pytest.mark.cpp
@pytest.mark.slow
def test_forms_do_not_change_network_activity(small_network: Any, activity: Any) -> None:
    model = small_network()
    folded, traces = (
        simulate(model, activity, seed=3, form=form) for form in ("folded", "neuron_traces")
    )
    assert folded.spikes["neurons"].equals(traces.spikes["neurons"])
    found, wanted = (t.spines["recurrent"]["volume"].values for t in (folded, traces))
    np.testing.assert_allclose(found, wanted, rtol=0, atol=VOLUME * wanted.max())


@pytest.mark.parametrize("name", BACKENDS)
def test_backend_is_found_by_its_name(name: str) -> None:
    backend: Backend = find_backend(name)
    assert backend.name == name


def test_unknown_backend_names_the_nearest() -> None:
    with pytest.raises(BuildError, match=r"no backend 'numpi'\. Did you mean 'numpy'\?"):
        find_backend("numpi")
    with pytest.raises(NeurospineError, match=r"Known: cpp, cuda, cython, numpy\."):
        simulate(None, "stdp_window", backend="zzzzz")
