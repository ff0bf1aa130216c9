"""Postsynaptic spikes that wait for the next arrival do what they do at once elsewhere.

The compiled program lets them wait (`simulation/deferring.py`), the one in Python does not.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neurospine import Model, Protocol, Trajectory, load_model, simulate
from neurospine.description.library import find_file
from neurospine.simulation import deferring
from neurospine.simulation.simulate import prepare

#: Roundings only: traces are decayed step by step here, and taken back to the spike there.
TOLERANCE = 1e-10
#: Normal numbers are of single precision; another number at a spike would change 1e-3.
WITH_NOISE = 1e-6

ALONE = 'schema = 1\nkind = "spine"\nname = "alone"\nsummary = "A rule alone."\nuse = [{}]\n'


def network(*parts: str) -> Model:
    """The shipped recurrent network, 50 cells and 10 spines each, with a spine of these parts."""
    used = ", ".join(f'"{part}"' for part in parts)
    circuit = find_file("recurrent_network", "models").read_text()
    model = Model.from_text(circuit, parts={"alone": ALONE.format(used)}, spine="alone")
    return model.with_parameters(n_neurons=50, in_degree=10)


def activity(**changed: Any) -> Protocol:
    phases = [{"name": "activity", "duration": "0.6 s"}]
    return Protocol(**{"name": "activity", "record_every": "0.3 s", "phases": phases} | changed)


def on_both(model: Model, protocol: Protocol) -> tuple[Trajectory, Trajectory]:
    plain, compiled = (simulate(model, protocol, backend=b, seed=3) for b in ("numpy", "cpp"))
    for name, spikes in plain.spikes.items():
        assert spikes.equals(compiled.spikes[name])
    return plain, compiled


@pytest.mark.cpp
@pytest.mark.parametrize(
    ("parts", "most_steps", "tolerance"),
    [
        (("graupner_brunel", "bistable_volume", "volume_weight"), deferring.MOST_STEPS, WITH_NOISE),
        (("structural", "head_volume", "volume_weight"), 256, TOLERANCE),
    ],
)
def test_spikes_that_wait_do_the_same(
    parts: tuple[str, ...], most_steps: int, tolerance: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deferring, "MOST_STEPS", most_steps)
    model = network(*parts)
    (spines,) = prepare(model, activity()).network.synapses[:1]
    assert spines.deferred
    assert spines.deferred_steps == most_steps
    plain, compiled = on_both(model, activity())
    # Some cells spike several times between two arrivals.
    assert len(plain.spikes["neurons"]) > 5 * 50 * 0.6
    wanted, found = (t.spines["recurrent"]["volume"].values for t in (plain, compiled))
    assert np.count_nonzero(wanted[-1] != wanted[0]) > 100
    np.testing.assert_allclose(found, wanted, rtol=tolerance)


@pytest.mark.cpp
def test_spines_that_are_born_and_die_meanwhile_do_the_same() -> None:
    """Births and deaths are a million times as frequent here as in an adult."""
    lives = {"turnover.birth_rate": 2e4, "turnover.elimination_background": 2e4}
    model = load_model("trained_cell").with_parameters({"n_sites": 200, **lives})
    stimuli = [
        {"kind": "poisson", "population": name, "rate": rate}
        for name, rate in (("trained_axons", "8 Hz"), ("other_axons", "2 Hz"), ("cell", "20 Hz"))
    ]
    protocol = activity(
        step="1 ms",
        spine_step="100 ms",
        record_every="0.5 s",
        phases=[
            {"name": "activity", "duration": "2 s", "stimuli": stimuli},
            {"name": "night", "kind": "consolidation", "duration": "1 hour", "tick": "10 s",
             "record_every": "1 hour"},
            {"name": "again", "duration": "1 s", "stimuli": stimuli},
        ],
    )  # fmt: skip
    plain, compiled = on_both(model, protocol)
    for name in ("trained_sites", "other_sites"):
        wanted, found = (t.spines[name] for t in (plain, compiled))
        stage = wanted["stage"].values
        assert np.count_nonzero(np.diff(stage > 0, axis=0)) > 100
        np.testing.assert_array_equal(found["stage"], stage)
        np.testing.assert_allclose(found["volume"], wanted["volume"], rtol=WITH_NOISE)


def deferred(model: Model, form: Any = None) -> bool:
    (spines,) = prepare(model, activity(), form=form).network.synapses[:1]
    return bool(spines.deferred)


def test_what_needs_more_than_its_synapse_is_done_at_once() -> None:
    others = ("head_volume", "volume_weight")
    assert deferred(network("structural", *others))
    assert not deferred(network("structural", *others), "textbook")
    assert not deferred(network("pair", *others), "neuron_traces")  # few variables
    gated = prepare(None, "gaba_gating").network  # GABA is read, which fades meanwhile
    assert not any(spines.deferred for spines in gated.synapses)


def test_nothing_waits_until_a_trace_is_lost() -> None:
    """A trace that has decayed to nothing could not be taken back to what it was."""
    model = network("structural", "head_volume", "volume_weight")
    (slow,) = prepare(model, activity()).network.synapses[:1]
    fast = model.with_parameters({"structural.tau_glutamate": "0.3 ms"})
    (quick,) = prepare(fast, activity()).network.synapses[:1]
    assert slow.deferred_steps == deferring.MOST_STEPS
    assert quick.deferred_steps == 512
    assert quick.deferred_steps * 0.1 / 0.3 < deferring.LONGEST_DECAY


#: A pair rule that hears presynaptic spikes some time after they arrive.
LATE = """
schema  = 1
kind    = "plasticity"
name    = "late_pair"
summary = "Pairs, with a delay of the rule."
drive   = "additive"

[presynaptic]
delay     = "later"
equations = "dpre_trace/dt = -pre_trace/tau : 1"
on_spike  = "pre_trace = pre_trace + 1"

[postsynaptic]
equations = "dpost_trace/dt = -post_trace/tau : 1"
on_spike  = "post_trace = post_trace + 1"

[synapse]
variables = "tag : 1"
on_pre    = "tag = tag + 1\\ndrive = -0.01*post_trace"
on_post   = "tag = 0.5*tag\\ndrive = 0.01*pre_trace*(1 + tag)"

[parameters]
later = { value = 1.0, unit = "ms", range = [0.0, 100.0], source = "assumed", meaning = "Delay" }
tau   = { value = 20.0, unit = "ms", range = [0.1, 1000.0], source = "assumed", meaning = "Decay" }
"""


@pytest.mark.parametrize("backend", [pytest.param("cpp", marks=pytest.mark.cpp), "numpy"])
def test_conditions_may_have_delays_of_the_rule_of_their_own(
    backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each does what it does in a run of its own."""
    monkeypatch.setattr(deferring, "FEWEST", 2)
    parts = {
        "late_pair": LATE,
        "alone": ALONE.format('"late_pair", "head_volume", "volume_weight"'),
    }
    circuit = find_file("recurrent_network", "models").read_text()
    model = Model.from_text(circuit, parts=parts, spine="alone")
    model = model.with_parameters(n_neurons=20, in_degree=8)
    own = {"parameter": "late_pair.later", "values": [0.0, 6.0], "unit": "ms", "meaning": "Delay"}
    conditions = {"delay": own}
    (spines,) = prepare(model, activity(conditions=conditions)).network.synapses[:1]
    assert spines.deferred

    def volumes(model: Model, protocol: Protocol) -> np.ndarray[Any, Any]:
        trajectory = simulate(model, protocol, backend=backend, seed=3)
        volume: np.ndarray[Any, Any] = trajectory.spines["recurrent"]["volume"].values
        return volume

    joint = np.split(volumes(model, activity(conditions=conditions)), 2, axis=1)
    assert np.abs(joint[0][-1] - joint[1][-1]).max() > 1e-3
    for later, found in zip(("0 ms", "6 ms"), joint, strict=True):
        alone = volumes(model.with_parameters(later=later), activity())
        np.testing.assert_allclose(found, alone, rtol=TOLERANCE)
