"""The CUDA backend on a GPU: the same spines as in C++. Skipped where there is none."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from neurospine import Model, Protocol, compare, load_protocol, measure, simulate
from neurospine.simulation.backends.cuda import toolkit

pytestmark = pytest.mark.cuda

#: Sums come in an order that varies, and the device has exponentials of its own.
ROUNDING = 1e-7
#: Protocols that take seconds, and what they are for: events at single spines, months of
#: fluctuation, signals along dendrites, cells of compartments.
PROTOCOLS = ("triplets", "v1_imaging", "stimulated_together", "nmda_plateau")


@pytest.fixture(autouse=True)
def device() -> toolkit.Device:
    """The first GPU."""
    devices = toolkit.find_devices()
    if not devices:
        pytest.skip("no GPU")
    return devices[0]


def both(model: Model | None, protocol: Protocol, **more: Any) -> tuple[Any, Any]:
    cuda, cpp = (simulate(model, protocol, backend=name, **more) for name in ("cuda", "cpp"))
    return cuda, cpp


def assert_close(cuda: Any, cpp: Any) -> None:
    for name, wanted in cpp.spines.items():
        for variable in wanted.data_vars:
            found, expected = cuda.spines[name][variable].values, wanted[variable].values
            if expected.dtype.kind == "f":
                scale = float(np.nanmax(np.abs(expected), initial=0.0))
                np.testing.assert_allclose(found, expected, rtol=0, atol=ROUNDING * scale)
            else:
                np.testing.assert_array_equal(found, expected)
    for name, spikes in cpp.spikes.items():
        assert cuda.spikes[name].equals(spikes), name


@pytest.mark.parametrize("form", ["textbook", "neuron_traces", "folded"])
def test_pairs_change_alike(pair_protocol: Callable[..., Protocol], form: Any) -> None:
    cuda, cpp = both(None, pair_protocol(), form=form)
    assert_close(cuda, cpp)
    assert np.ptp(cpp.spines["pair"]["volume"].values[-1]) > 0.005


def test_a_network_spikes_at_the_same_steps(
    small_network: Callable[..., Model], activity: Protocol
) -> None:
    cuda, cpp = both(small_network(), activity, seed=3)
    assert len(cpp.spikes["neurons"]) > 100
    assert_close(cuda, cpp)
    for variable in ("v", "i_synaptic"):
        wanted = cpp.traces["neurons"][variable].values
        found = cuda.traces["neurons"][variable].values
        np.testing.assert_allclose(found, wanted, rtol=0, atol=ROUNDING * np.abs(wanted).max())


def test_two_runs_on_the_device_are_alike(
    small_network: Callable[..., Model], activity: Protocol
) -> None:
    first, second = (simulate(small_network(), activity, backend="cuda", seed=3) for _ in "ab")
    assert_close(first, second)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_scorecards_are_those_of_cpp(name: str) -> None:
    protocol = load_protocol(name)
    cuda, cpp = (compare(t, protocol, measure(t, protocol)) for t in both(None, protocol, seed=1))
    assert len(cuda) == len(cpp) > 0
    for found, wanted in zip(cuda, cpp, strict=True):
        assert (found.phenomenon, found.condition) == (wanted.phenomenon, wanted.condition)
        if math.isnan(wanted.measured):
            assert math.isnan(found.measured)
            continue
        error = max(wanted.measured_error, 1e-6 * abs(wanted.measured))
        assert abs(found.measured - wanted.measured) <= error, wanted.phenomenon
