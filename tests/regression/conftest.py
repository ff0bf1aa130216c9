"""A small recurrent network for half a second."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from neurospine import Model, Protocol, load_model, simulate


@pytest.fixture
def activity() -> Protocol:
    """A third of a second of network activity."""
    return Protocol(
        name="activity", summary="Activity.", model={"circuit": "recurrent_network"},
        step="0.1 ms", record_every="0.1 s", phases=({"name": "all", "duration": "0.3 s"},),
    )  # fmt: skip


@pytest.fixture
def small_network() -> Model:
    """The shipped recurrent network at 50 neurons and 10 spines each."""
    return load_model("recurrent_network").with_parameters(n_neurons=50, in_degree=10)


@pytest.fixture
def run_activity(activity: Protocol, small_network: Model) -> Callable[..., Any]:
    """A function that runs the network."""

    def run(**options: Any) -> Any:
        return simulate(small_network, activity, **options)

    return run
