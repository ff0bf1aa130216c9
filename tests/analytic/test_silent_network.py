"""A network that never fires keeps the diversity of its spines: it needs no activity."""

from __future__ import annotations

import numpy as np
import pytest

from neurospine import Protocol, load_model, simulate

#: Relative sampling error of a spread of about 5,000 spines is 1 %; five of them.
SAMPLING = 0.05


@pytest.mark.slow
def test_a_silent_network_keeps_its_size_diversity() -> None:
    model = load_model("recurrent_network", spine="living_pair_stdp").with_set("v1_adult")
    silent = model.with_parameters(drive_rate=0, n_neurons=100)
    protocol = Protocol(
        name="silence",
        step="1 ms",
        record_every="1 s",
        phases=[
            {"name": "sample", "duration": "1 s"},
            {
                "name": "months", "kind": "consolidation", "duration": "200 day",
                "tick": "6 hour", "record_every": "100 day", "activity": "sample",
            },
        ],
    )  # fmt: skip
    run = simulate(silent, protocol, backend="numpy")
    assert run.spikes["neurons"].empty
    volume = run.spines["recurrent"]["volume"].values
    before, after = (np.log(snapshot[snapshot > 0]) for snapshot in volume[[0, -1]])
    assert after.size > 4000
    assert abs(after.std() / before.std() - 1) < SAMPLING
    assert abs(np.exp(after).mean() / np.exp(before).mean() - 1) < SAMPLING
