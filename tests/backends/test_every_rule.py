"""Every rule with every spine model: five seconds of activity in a small network for each rule."""

import numpy as np
import pytest

from neurospine.description.library import list_files
from neurospine.description.model import Model
from neurospine.description.neuromodulator_parts import NEUROMODULATORS
from neurospine.description.parts import parse_part
from neurospine.description.plasticity_parts import PlasticityPart
from neurospine.description.protocol import Protocol
from neurospine.description.spine_parts import SpinePart
from neurospine.simulation.simulate import simulate

PARTS = {name: parse_part(path.read_text(), name) for name, path in list_files("models").items()}
RULES = [name for name, part in PARTS.items() if isinstance(part, PlasticityPart)]
#: What the shipped spine models are made of besides a rule, each combination once.
OTHERS = sorted(
    {
        tuple(used for used in part.use if used not in RULES)
        for part in PARTS.values()
        if isinstance(part, SpinePart)
    }
)
SPINE = """
schema  = 1
kind    = "spine"
name    = "{name}"
summary = "A rule with everything else of a shipped spine model."
use     = [{use}]
"""
CIRCUIT = """
schema  = 1
kind    = "circuit"
name    = "all_spines"
summary = "Spines of many models between a few axons and two cells that fire."

[populations.axons]
size = 12

[populations.fibres]
size = 1

{modulators}
[populations.cells]
neuron = "leaky"
size   = 2

[drives.background]
to     = "cells"
rate   = "drive_rate"
effect = "i_synaptic += count*drive_current"

[parameters]
axonal_delay    = {{ value = 5.0, unit = "ms", source = "assumed", meaning = "Delay" }}
dendrite_length = {{ value = 10.0, unit = "um", source = "assumed", meaning = "Length" }}
drive_rate      = {{ value = 50.0, unit = "Hz", source = "assumed", meaning = "Drive" }}
drive_current   = {{ value = 2000.0, unit = "pA", source = "assumed", meaning = "Drive" }}
{projections}
"""
MODULATOR = """
[neuromodulators.{name}]
model       = "{name}"
released_by = ["fibres"]
"""
PROJECTION = """
[projections.{name}]
from         = "axons"
to           = "cells"
spine        = "{name}"
delay        = "axonal_delay"
length       = "dendrite_length"
connectivity = {{ rule = "all_to_all" }}
"""


def fits(rule: str, others: tuple[str, ...]) -> bool:
    """Return whether the rule sets the ports that no other part does."""
    parts = [PARTS[name] for name in (rule, *others)]
    provided = {port for part in parts for port in part.provides} | {"voltage", "inhibition"}
    provided |= set(NEUROMODULATORS)
    return all(set(part.needs) <= provided for part in parts)


def network(rule: str) -> Model:
    fitting = [others for others in OTHERS if fits(rule, others)]
    names = [f"spines_{number}" for number in range(len(fitting))]
    parts = {
        name: SPINE.format(name=name, use=", ".join(f'"{part}"' for part in (rule, *others)))
        for name, others in zip(names, fitting, strict=True)
    }
    projections = "".join(PROJECTION.format(name=name) for name in names)
    modulators = "".join(MODULATOR.format(name=name) for name in NEUROMODULATORS)
    text = CIRCUIT.format(projections=projections, modulators=modulators)
    return Model.from_text(text, parts=parts)


@pytest.mark.slow
@pytest.mark.parametrize("rule", RULES)
def test_a_rule_works_with_every_spine_model(rule: str) -> None:
    model = network(rule)
    protocol = Protocol(
        name="five_seconds",
        step="5 ms",
        spine_step="0.5 s",
        record_every="1 s",
        phases=[
            {
                "name": "activity",
                "duration": "5 s",
                "stimuli": [
                    {"kind": "poisson", "population": "axons", "rate": "10 Hz"},
                    {"kind": "poisson", "population": "fibres", "rate": "10 Hz", "stop": "2.5 s"},
                    {
                        "kind": "dip",
                        "neuromodulator": "dopamine",
                        "start": "3 s",
                        "duration": "1.5 s",
                    },
                ],
            }
        ],
    )
    trajectory = simulate(model, protocol, backend="numpy", seed=1)
    assert len(trajectory.spikes["cells"]) > 25
    moved: list[str] = []
    for name, dataset in trajectory.spines.items():
        structure = model.spines[name].structure
        low, high = (
            model.number(structure.name, getattr(structure.volume, key))
            for key in ("lowest", "highest")
        )
        volume, weight = dataset["volume"].values, dataset["weight"].values
        there = dataset["stage"].values > 0 if "stage" in dataset else np.ones(volume.shape, bool)
        assert np.isfinite(volume).all()
        assert np.isfinite(weight).all()
        assert (volume[there] >= low).all()
        assert (volume[there] <= high).all()
        assert (volume[~there] == 0).all()
        assert (weight[~there] == 0).all()
        moved += [name] if np.any(volume != volume[0]) or np.any(weight != weight[0]) else []
    still = [[part.name for part in s.parts] for n, s in model.spines.items() if n not in moved]
    # Here the voltage rule only shrinks spines, and these gates let only enlargement through.
    closed = [parts for parts in still if rule == "clopath" and {"d1_gate", "d2_gate"} & {*parts}]
    assert still == closed
    assert len(moved) >= 10
