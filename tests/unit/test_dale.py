"""Dale's law: what a model must say, and what plasticity and turnover leave as it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from neurospine import Model, Protocol, load_model, simulate
from neurospine.description.dale import projection_sign
from neurospine.errors import ModelError
from neurospine.simulation.plan import make_plan

CIRCUIT = """
kind    = "circuit"
name    = "two_targets"
summary = "One population onto itself and another."

[populations.cells]
size   = 2
neuron = "{neuron}"
{transmitter}

[populations.others]
size   = 2
neuron = "{neuron}"

[projections.first]
from         = "cells"
to           = "cells"
spine        = "{spine}"
delay        = "d"
connectivity = {{ rule = "all_to_all" }}
effect       = "{first}"

[projections.later]
from         = "cells"
to           = "others"
spine        = "{spine}"
delay        = "d"
connectivity = {{ rule = "all_to_all" }}
effect       = "{second}"

[parameters]
d    = {{ value = 1, unit = "ms", meaning = "Delay", source = "assumed" }}
size = {{ value = 5, unit = "{unit}", meaning = "Size of an effect", source = "assumed" }}
"""
UP, DOWN = "i_synaptic += weight*size", "i_synaptic += -weight*size"
EXCITE, INHIBIT = "g_excitatory += weight*size", "g_inhibitory += weight*size"
TO_SIZE = "v += 0.001*weight*(size - v)"


@pytest.fixture
def made() -> Callable[..., Model]:
    """A function from two effects of one population to a model."""

    def make(
        first: str, second: str, transmitter: str = "", parts: dict[str, str] | None = None,
        spine: str = "fixed_contact",
    ) -> Model:  # fmt: skip
        neuron, unit = ("conductance_leaky", "nS") if "g_" in first else ("leaky", "pA")
        unit = "mV" if "- v" in first else unit
        said = f'transmitter = "{transmitter}"' if transmitter else ""
        text = CIRCUIT.format(
            neuron=neuron, unit=unit, transmitter=said, first=first, second=second, spine=spine
        )
        return Model.from_text(text, parts=parts)

    return make


@pytest.mark.parametrize(
    ("first", "second", "sign"),
    [(UP, UP, 1), (DOWN, DOWN, -1), (EXCITE, EXCITE, 1), (INHIBIT, INHIBIT, -1), (UP, "", 1)],
)
def test_projections_of_one_sign_are_fine(
    made: Callable[..., Model], first: str, second: str, sign: int
) -> None:
    for transmitter in ("", "glutamate" if sign > 0 else "gaba"):
        assert projection_sign(made(first, second, transmitter), "first") == sign


@pytest.mark.parametrize(
    ("first", "second", "transmitter", "words"),
    [
        (UP, DOWN, "", ("[projections.later]", "inhibits", "[projections.first]", "excites")),
        (EXCITE, INHIBIT, "", ("[projections.later]", "inhibits", "'cells'")),
        (UP, UP, "gaba", ("[projections.first]", "'gaba' of [populations.cells]")),
        (f"{EXCITE}; {INHIBIT}", EXCITE, "", ("[projections.first]", "g_inhibitory")),
        ("g_excitatory += -weight*size", EXCITE, "", ("takes from 'g_excitatory'",)),
        ("i_synaptic += (weight - 1)*size", UP, "", ("changes its sign with the weight",)),
        (TO_SIZE, TO_SIZE, "glutamate", ("depends on 'v'", "[transmitters]")),
    ],
)
def test_two_signs_are_refused(
    made: Callable[..., Model], first: str, second: str, transmitter: str, words: tuple[str, ...]
) -> None:
    with pytest.raises(ModelError) as caught:
        made(first.replace("; ", "\\n"), second, transmitter)
    assert [word for word in words if word not in str(caught.value)] == []


DENDRITE = """
kind    = "circuit"
name    = "dendrite_signs"
summary = "Axons onto the dendrite of a cell."

[populations.axons]
size        = 2
transmitter = "{transmitter}"

[populations.cell]
size   = 2
neuron = "layer23_pyramidal"

[projections.inputs]
from         = "axons"
to           = "cell"
spine        = "fixed_contact"
delay        = "d"
connectivity = {{ rule = "all_to_all" }}
{acts}

[parameters]
d    = {{ value = 1, unit = "ms", meaning = "Delay", source = "assumed" }}
size = {{ value = {size}, unit = "nS", meaning = "Size of an effect", source = "assumed" }}
"""
RECEPTOR = 'compartments = ["distal"]\nreceptors = {{ {} = "size" }}'
CASES = [
    ('effect = "g_ampa_distal += weight*size"', 1, "glutamate", ""),
    ('effect = "g_gaba_a_distal += weight*size"', 1, "gaba", ""),
    ('effect = "g_gaba_a_distal += weight*size"', 1, "glutamate", "effect: inhibits"),
    (RECEPTOR.format("gaba_a"), 1, "gaba", ""),
    (RECEPTOR.format("gaba_a"), 1, "glutamate", "receptors: inhibits"),
    (RECEPTOR.format("ampa"), -1, "glutamate", "receptors: the peak conductance 'size' of 'ampa'"),
]


@pytest.mark.parametrize(("acts", "size", "transmitter", "words"), CASES)
def test_receptors_of_dendrites_have_the_sign_of_their_transmitter(
    acts: str, size: int, transmitter: str, words: str
) -> None:
    """Also where an effect adds to their variables by name."""
    text = DENDRITE.format(acts=acts, size=size, transmitter=transmitter)
    if not words:
        sign = projection_sign(Model.from_text(text), "inputs")
        assert sign == (1 if transmitter == "glutamate" else -1)
        return
    with pytest.raises(ModelError, match=words):
        Model.from_text(text)


def test_a_weight_that_may_be_negative_is_refused(made: Callable[..., Model]) -> None:
    readout = """
kind    = "readout"
name    = "shifted"
summary = "A weight with a threshold."

[weight]
unit  = "1"
value = "volume*slope - 1"

[parameters]
slope = { value = 20.0, unit = "1/um**3", plain = true, source = "assumed", meaning = "Slope" }
"""
    spine = 'kind = "spine"\nname = "crossing"\nsummary = "S."\nuse = ["head_volume", "shifted"]'
    with pytest.raises(ModelError, match=r"<shifted>: \[weight\].*-1 at a volume of 0 um"):
        made(UP, UP, parts={"shifted": readout, "crossing": spine}, spine="crossing")


def test_a_value_given_later_is_held_to_the_law_too(made: Callable[..., Model]) -> None:
    protocol = Protocol(
        name="p", step="1 ms", record_every="10 ms", phases=[{"name": "a", "duration": "10 ms"}]
    )
    model = made(UP, DOWN.replace("-", ""), "glutamate").with_parameters(size="-5 pA")
    with pytest.raises(ModelError, match="transmitter 'glutamate'"):
        make_plan(model, protocol)


def test_plasticity_and_turnover_keep_sign_and_number_of_sites() -> None:
    """Half of the spines die in a run in which rules push weights against their bounds."""
    values: dict[str, Any] = {
        "n_neurons": 30, "in_degree": 10, "drive_rate": "900 Hz", "pair.a_minus": 0.5,
        "elimination_rate": "1 / s", "elimination_volume": 0.1, "birth_rate": "1 / s",
    }  # fmt: skip
    model = load_model("recurrent_network", spine="living_pair_stdp").with_parameters(values)
    protocol = Protocol(
        name="p", step="0.5 ms", spine_step="50 ms", record_every="100 ms",
        phases=[{"name": "a", "duration": "1 s"}],
    )  # fmt: skip
    run = simulate(model, protocol, backend="numpy", seed=1)
    spines, contacts = run.spines["recurrent"], run.contacts["recurrent"]
    assert contacts["birth"].notna().sum() > 30
    assert (contacts["pre"] != contacts["post"]).all()
    assert contacts["pre"].between(0, 29).all()
    assert len(run.spikes["neurons"]) > 100
    assert float(spines["weight"].min()) >= 0
    assert np.bincount(spines["post"].values).tolist() == [10] * 30
    assert set(contacts.groupby("slot")["post"].nunique()) == {1}
