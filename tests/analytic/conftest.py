"""Many independent pairs in one circuit, a plasticity rule as a plain event loop, and trees."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from neurospine import Model, Protocol, simulate

PAIRS = 24
STEP = 1e-3

CIRCUIT = f"""
kind    = "circuit"
name    = "many_pairs"
summary = "Axons and cells that spike as they are told, joined one to one."

[populations.axons]
size = {PAIRS}

[populations.cells]
size = {PAIRS}

[projections.pair]
from         = "axons"
to           = "cells"
spine        = "triplet_stdp"
delay        = "axonal_delay"
connectivity = {{ rule = "one_to_one" }}

[parameters]
axonal_delay = {{ value = 0.0, unit = "ms", source = "assumed", meaning = "Time to arrival" }}
"""

Trains = Sequence[Sequence[int]]


def _listed(population: str, trains: Trains) -> dict[str, Any]:
    cells = tuple(cell for cell, train in enumerate(trains) for _ in train)
    times = tuple(float(tick) for train in trains for tick in train)
    return {"kind": "spike_list", "population": population, "cells": cells, "times": times,
            "unit": "ms"}  # fmt: skip


@pytest.fixture(scope="session")
def listed_spikes() -> Callable[..., Protocol]:
    """A protocol that makes axons and cells spike at given steps of a millisecond."""

    def make(before: Trains, after: Trains, *, steps: int, record: int, **more: Any) -> Protocol:
        stimuli = (_listed("axons", before), _listed("cells", after))
        phase = {"name": "all", "duration": f"{steps} ms", "stimuli": stimuli}
        return Protocol(
            name="listed_spikes", summary="Spikes at given times.", model={"circuit": "none"},
            step="1 ms", record_every=f"{record} ms", phases=(phase,), **more,
        )  # fmt: skip

    return make


@pytest.fixture(scope="session")
def pairs() -> Callable[..., Model]:
    """The circuit of many pairs with a spine model of the library, or of own parts."""

    def make(spine: str, parts: Mapping[str, str] | None = None) -> Model:
        return Model.from_text(CIRCUIT, spine=spine, parts=parts)

    return make


@pytest.fixture(scope="session")
def volumes() -> Callable[..., np.ndarray]:
    """A function that runs a protocol and returns volume as (snapshot, slot)."""

    def run(model: Model, protocol: Protocol, backend: str, form: str | None) -> np.ndarray:
        trajectory = simulate(model, protocol, backend=backend, form=form)  # type: ignore[arg-type]
        return np.asarray(trajectory.spines["pair"]["volume"].values)

    return run


@pytest.fixture(scope="session")
def event_loop() -> Callable[..., np.ndarray]:
    """The pair and triplet rules event by event, written without any of our code."""
    return _event_loop


def _event_loop(
    before: Sequence[int], after: Sequence[int], delay: int, rule: dict[str, float],
    snapshots: Sequence[int], *, multiplicative: bool = False,
) -> np.ndarray:  # fmt: skip
    """Return volume at the start of each snapshot's step.

    `rule` holds the numbers of the triplet rule in milliseconds (the pair rule is
    the one with a3_plus and a3_minus zero) and the volumes initial, reference,
    lowest and highest.
    """
    r1 = r2 = o1 = o2 = 0.0
    volume, last, seen = rule["initial"], 0, []
    keep = rule["accumulation"]
    for tick, arrives, fires in _events(before, after, delay, snapshots):
        passed = (tick - last) * STEP * 1e3
        last = tick
        r1, r2 = r1 * math.exp(-passed / rule["tau_plus"]), r2 * math.exp(-passed / rule["tau_x"])
        o1, o2 = o1 * math.exp(-passed / rule["tau_minus"]), o2 * math.exp(-passed / rule["tau_y"])
        if arrives is None:
            seen.append(volume)
            continue
        size = volume if multiplicative else rule["reference"]
        if arrives:
            volume -= size * o1 * (rule["a2_minus"] + rule["a3_minus"] * r2)
            volume = min(max(volume, rule["lowest"]), rule["highest"])
            r1, r2 = keep * r1 + 1, keep * r2 + 1
        size = volume if multiplicative else rule["reference"]
        if fires:
            volume += size * r1 * (rule["a2_plus"] + rule["a3_plus"] * o2)
            volume = min(max(volume, rule["lowest"]), rule["highest"])
            o1, o2 = keep * o1 + 1, keep * o2 + 1
    return np.array(seen)


def _events(
    before: Sequence[int], after: Sequence[int], delay: int, snapshots: Sequence[int]
) -> Iterator[tuple[int, bool | None, bool]]:
    """Yield steps at which something happens; a snapshot (None) comes before its step's spikes."""
    arrivals, fired, wanted = {tick + delay for tick in before}, set(after), set(snapshots)
    for tick in sorted(arrivals | fired | wanted):
        if tick in wanted:
            yield tick, None, False
        if tick in arrivals or tick in fired:
            yield tick, tick in arrivals, tick in fired


# -- trees of compartments ---------------------------------------------------------------------

Number = tuple[float, str]

#: What membrane may do in trees under test: nothing but leak, fast receptors, Hodgkin and Huxley's
#: axon, and a threshold so high that nothing spikes.
MECHANISMS = {
    "leak": """
conductance = "area/membrane_resistivity"
reversal = "e_leak"
[parameters]
membrane_resistivity = 10000.0 ohm*cm**2
e_leak = -70.0 mV
""",
    "silent": """
threshold = "v > v_threshold"
refractory = "refractory_period"
[parameters]
v_threshold = 1.0 volt
refractory_period = 2.0 ms
""",
    "ampa": """
equations = "dampa_open/dt = -ampa_open/tau_ampa : siemens"
conductance = "ampa_open"
reversal = "e_ampa"
receives = "ampa_open += conductance"
[parameters]
tau_ampa = 2.0 ms
e_ampa = 0.0 mV
""",
    "squid": """
equations = '''
dsquid_m/dt = a_m*(1 - squid_m) - b_m*squid_m : 1
dsquid_h/dt = a_h*(1 - squid_h) - b_h*squid_h : 1
dsquid_n/dt = a_n*(1 - squid_n) - b_n*squid_n : 1
a_m = rate_unit/exprel(-(v - v_m)/ten) : hertz
b_m = 4*rate_unit*exp(-(v - v_rest)/(1.8*ten)) : hertz
a_h = 0.07*rate_unit*exp(-(v - v_rest)/(2*ten)) : hertz
b_h = rate_unit/(exp(-(v - v_h)/ten) + 1) : hertz
a_n = 0.1*rate_unit/exprel(-(v - v_n)/ten) : hertz
b_n = 0.125*rate_unit*exp(-(v - v_rest)/(8*ten)) : hertz
open_sodium = area*density_sodium*squid_m**3*squid_h : siemens
open_potassium = area*density_potassium*squid_n**4 : siemens
squid_leak = area*density_leak : siemens
squid_open = open_sodium + open_potassium + squid_leak : siemens
towards_rest = open_potassium*e_potassium + squid_leak*e_squid : amp
'''
conductance = "squid_open"
reversal = "(open_sodium*e_sodium + towards_rest)/squid_open"
threshold = "v > v_threshold"
refractory = "refractory_period"
[parameters]
rate_unit = 1.0 1/ms
ten = 10.0 mV
v_rest = -65.0 mV
v_m = -40.0 mV
v_n = -55.0 mV
v_h = -35.0 mV
density_sodium = 0.12 siemens/cm**2
density_potassium = 0.036 siemens/cm**2
density_leak = 0.0003 siemens/cm**2
e_sodium = 50.0 mV
e_potassium = -77.0 mV
e_squid = -54.3 mV
v_threshold = -20.0 mV
refractory_period = 3.0 ms
""",
}  # fmt: skip


def _part(kind: str, name: str, body: str) -> str:
    """Return a file; its parameters are written as ``name = value unit``."""
    head, _, numbers = body.partition("[parameters]\n")
    lines = [f'kind = "{kind}"', f'name = "{name}"', 'summary = "s"', head.strip()]
    lines += ["[parameters]"] * bool(numbers)
    for line in numbers.strip().splitlines():
        key, value, unit = line.replace(" = ", " ").split(" ", 2)
        facts = f'value = {value}, unit = "{unit}", source = "assumed", meaning = "m"'
        lines.append(f"{key} = {{ {facts} }}")
    return "\n".join(lines)


def tree(
    compartments: Mapping[str, Mapping[str, Any]], method: str = "crank_nicolson",
    name: str = "tree", start: float = -70.0, values: Mapping[str, Number] | None = None,
) -> str:  # fmt: skip
    """Return a neuron with 1 uF/cm**2 and 100 ohm cm.

    Each compartment has `length` and `diameter` in um, `mechanisms`, and what else it needs.
    """
    lines = [f'method = "{method}"', "[membrane]", 'capacitance = "specific_capacitance"',
             'potential = "v_start"']  # fmt: skip
    numbers = ["specific_capacitance = 1.0 uF/cm**2", f"v_start = {start} mV"]
    if any("parent" in facts and "coupling" not in facts for facts in compartments.values()):
        lines.insert(2, 'axial_resistivity = "resistivity"')
        numbers.append("resistivity = 100.0 ohm*cm")
    for label, facts in compartments.items():
        lines.append(f"[compartments.{label}]")
        for key, value in facts.items():
            if key in ("length", "diameter", "coupling"):
                unit = "nS" if key == "coupling" else "um"
                lines.append(f'{key} = "{key}_{label}"')
                numbers.append(f"{key}_{label} = {float(value)!r} {unit}")
            else:
                lines.append(f"{key} = {json.dumps(value)}")
    if values:
        lines.append("[values]")
        lines += [f'{n} = {{ value = {v!r}, unit = "{u}", source = "assumed" }}'
                  for n, (v, u) in values.items()]  # fmt: skip
    return _part("neuron", name, "\n".join([*lines, "[parameters]", *numbers]))


def run_trees(
    neurons: Mapping[str, str], *, duration: str, step: str, stimuli: Sequence[Mapping[str, Any]],
    variables: Sequence[str] | Mapping[str, Sequence[str]], size: int = 1, circuit: str = "",
    parts: Mapping[str, str] | None = None, **more: Any,
) -> Any:  # fmt: skip
    """Simulate populations of trees, each named as its neuron; return the trajectory."""
    known = {n: _part("mechanism", n, body) for n, body in MECHANISMS.items()}
    text = 'kind = "circuit"\nname = "alone"\nsummary = "s"\n' + "".join(
        f'[populations.{name}]\nneuron = "{name}"\nsize = {size}\n' for name in neurons
    )
    model = Model.from_text(text + circuit, parts={**known, **neurons, **(parts or {})})
    if not isinstance(variables, Mapping):
        variables = dict.fromkeys(neurons, variables)
    traces = {name: {"variables": tuple(own), "every": step, "cells": tuple(range(size))}
              for name, own in variables.items()}  # fmt: skip
    protocol = Protocol(
        name="steps", model={"circuit": "alone"}, step=step, record_every=duration, traces=traces,
        phases=({"name": "all", "duration": duration, "stimuli": tuple(stimuli)},), **more,
    )  # fmt: skip
    return simulate(model, protocol, backend="numpy")


def flow(population: str, amplitude: str, start: str, stop: str, **more: Any) -> dict[str, Any]:
    """Return a stimulus that injects a current."""
    return {"kind": "current", "population": population, "amplitude": amplitude, "start": start,
            "stop": stop, **more}  # fmt: skip


#: Spines that stay as they are, with or without a neck.
SPINE = {
    "still": ("spine", 'use = ["still_head", "plain_weight"]'),
    "necked": ("spine", 'use = ["still_head", "plain_weight", "neck"]'),
    "still_head": ("structure", '''
[volume]
unit = "um**3"
initial = "volume_initial"
lowest = "volume_lowest"
highest = "volume_highest"
additive = "drive"
multiplicative = "drive*volume"
[parameters]
volume_initial = 1.0 um**3
volume_lowest = 0.0 um**3
volume_highest = 2.0 um**3
'''),
    "plain_weight": ("readout", '''
[weight]
unit = "1"
value = "volume*weight_per_volume"
[parameters]
weight_per_volume = 1.0 1/um**3
'''),
    "neck": ("geometry", '''
[quantities.neck_resistance]
unit = "ohm"
value = "resistance_of_neck"
meaning = "m"
[parameters]
resistance_of_neck = 100.0 Mohm
'''),
}  # fmt: skip
CONTACT = """
[populations.axons]
size = 1
[projections.contacts]
from = "axons"
to = "tree"
spine = "SPINE"
delay = "axonal_delay"
connectivity = { rule = "all_to_all" }
compartments = COMPARTMENTS
receptors = { ampa = "peak" }
[parameters]
axonal_delay = { value = 0.0, unit = "ms", source = "assumed", meaning = "m" }
peak = { value = PEAK, unit = "UNIT", source = "assumed", meaning = "m" }
"""


def run_events(
    neuron: str, compartments: Sequence[str], *, peak: str, times: Sequence[float],
    spine: str = "still", stimuli: Sequence[Mapping[str, Any]] = (), **more: Any,
) -> Any:  # fmt: skip
    """Simulate one tree with one synapse, where events of a `peak` come at `times` (ms)."""
    parts = {}
    for name, (kind, body) in SPINE.items():
        text = _part(kind, name, body)
        parts[name] = (
            text.replace("source =", "plain = true, source =") if "um**3" in text else text
        )
    value, unit = peak.split()
    circuit = CONTACT.replace("SPINE", spine).replace("COMPARTMENTS", json.dumps(compartments))
    circuit = circuit.replace("PEAK", repr(float(value))).replace("UNIT", unit)
    train = {"kind": "spike_list", "population": "axons", "cells": (0,) * len(times),
             "times": tuple(times), "unit": "ms"}  # fmt: skip
    return run_trees(
        {"tree": neuron}, stimuli=[train, *stimuli], circuit=circuit, parts=parts, **more
    )


@pytest.fixture(scope="session")
def trees() -> SimpleNamespace:
    """What makes trees of compartments and runs them."""
    return SimpleNamespace(tree=tree, run=run_trees, events=run_events, flow=flow, part=_part)
