"""Inhibition at spines against its closed form: place, time, sums and bounds."""

import numpy as np
import pytest

from neurospine.description.model import Model
from neurospine.description.protocol import Protocol
from neurospine.errors import ModelError
from neurospine.simulation.simulate import simulate

RANGE, DECAY = 5.0, 20.0  # um, ms
LISTENER = """
schema = 1
kind = "plasticity"
name = "listener"
summary = "A rule whose drive is the inhibition at the moment of an arrival."
drive = "additive"
needs = ["inhibition"]

[synapse]
on_pre = "drive = inhibition"

[inhibition]
range = "gaba_range"
decay = "gaba_decay_time"

[parameters]
gaba_range      = { value = 5.0, unit = "um", source = "assumed", meaning = "Range" }
gaba_decay_time = { value = 20.0, unit = "ms", source = "assumed", meaning = "Decay" }
"""
SPINE = """
schema = 1
kind = "spine"
name = "listening_spine"
summary = "A spine that listens."
use = ["listener", "bounded_volume", "volume_weight"]
"""
CIRCUIT = """
schema = 1
kind = "circuit"
name = "gated"
summary = "Ten spines on each of two cells, and GABA on their dendrites."

[populations.axons]
size = 10

[populations.gaba]
size = 2

[populations.cells]
size = 2

[projections.spines]
from = "axons"
to = "cells"
spine = "listening_spine"
delay = "no_delay"
connectivity = { rule = "all_to_all" }
length = "dendrite_length"
placement = "even"

[projections.gaba_contacts]
from = "gaba"
to = "cells"
spine = "fixed_contact"
delay = "gaba_delay"
connectivity = { rule = "one_to_one" }
length = "dendrite_length"
position = "gaba_position"
gates = "spines"

[parameters]
no_delay = { value = 0.0, unit = "ms", source = "assumed", meaning = "Delay" }
gaba_delay = { value = 2.0, unit = "ms", source = "assumed", meaning = "Delay of GABA" }
dendrite_length = { value = 20.0, unit = "um", source = "assumed", meaning = "Length" }
gaba_position = { value = 5.0, unit = "um", source = "assumed", meaning = "Place of GABA" }
"""
#: Spikes of GABA on the first cell and of all axons, in ms; sizes are settled every 200 ms.
GABA, ARRIVALS = (10.0, 199.0, 230.0), (11.0, 12.0, 15.0, 40.0, 202.0, 233.0)


def model(circuit: str = CIRCUIT, **parts: str) -> Model:
    return Model.from_text(circuit, parts={"listener": LISTENER, "listening_spine": SPINE, **parts})


def run() -> np.ndarray:
    """Return the change of volume over the reference at each slot: cells, then places."""
    spikes = [{"kind": "spike_list", "population": "gaba", "unit": "ms",
               "cells": [0] * len(GABA), "times": GABA},
              {"kind": "spike_list", "population": "axons", "unit": "ms",
               "cells": [cell for _ in ARRIVALS for cell in range(10)],
               "times": [time for time in ARRIVALS for _ in range(10)]}]  # fmt: skip
    protocol = Protocol(
        name="p", step="1 ms", record_every="1 s",
        phases=[{"name": "a", "duration": "1 s", "stimuli": spikes}],
    )  # fmt: skip
    trajectory = simulate(model(), protocol, backend="numpy")
    volume = trajectory.spines["spines"]["volume"].values
    post = trajectory.slots["spines"]["post"].to_numpy()
    change = (volume[-1] - volume[0]) / 0.1
    place = trajectory.slots["spines"]["position"].to_numpy()
    return np.array([change[post == cell][np.argsort(place[post == cell])] for cell in (0, 1)])


def test_inhibition_falls_with_distance_and_time_and_adds_up_to_one() -> None:
    place = (np.arange(10) + 0.5) * 2.0
    share = np.exp(-np.abs(place - 5.0) / RANGE)
    heard = np.zeros(10)
    for arrival in ARRIVALS:
        # GABA that arrives in the same step counts.
        passed = np.array([arrival - g - 2.0 for g in GABA if g + 2.0 <= arrival])
        heard += np.clip(share * np.exp(-passed / DECAY).sum(), 0, 1)
    np.testing.assert_allclose(run()[0], heard, rtol=1e-9)


def test_gaba_is_not_heard_on_another_cell() -> None:
    np.testing.assert_array_equal(run()[1], 0.0)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('gates = "spines"', 'gates = "spins"', "no projection 'spins'.*'spines'"),
        ('spine = "listening_spine"', 'spine = "pair_stdp"', "does not read the port 'inhibition'"),
        ('length = "dendrite_length"\nposition = "gaba_position"', "", "where contacts lie"),
    ],
)
def test_what_gates_must_be_near_and_heard(old: str, new: str, words: str) -> None:
    assert old in CIRCUIT
    with pytest.raises(ModelError, match=rf"\[projections\.gaba_contacts\]: .*{words}"):
        model(CIRCUIT.replace(old, new))
