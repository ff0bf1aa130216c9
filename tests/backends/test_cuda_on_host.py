"""The first moments of shipped protocols: CUDA programs on the processor beside those in C++."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from neurospine.simulation.simulate import prepare

#: One for each kind of circuit, rule and slow part whose program is compiled in seconds.
PROTOCOLS = (
    "stdp_window", "fast_weight", "tagging", "dual_pairs", "activity_block", "fear_learning",
    "v1_imaging", "dopamine_pulse", "modulated_window", "monoamine_traces", "gaba_gating",
    "stimulated_together", "spines_on_dendrites", "clopath_voltage", "clopath_frequency",
    "calcium_slices", "nmda_plateau", "spine_neck", "network_days",
)  # fmt: skip


@pytest.mark.cpp
@pytest.mark.slow
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_shipped_protocol_begins_alike(
    on_host: Any, same_as_cpp: Callable[..., int], protocol: str
) -> None:
    network = on_host.shortened(prepare(None, protocol, seed=3), spiking=2000, ticks=6)
    assert same_as_cpp(network, 1e-6) > 50
