"""A recurrent network of 1000 cells, with one feature more in each row.

Cells make about ten spikes a second in every row (the drive is set so, and recurrent input is a
small part of it), so rows differ in what is computed and hardly in how much happens. An arrival
is a presynaptic spike at a spine; there is also one pairing with postsynaptic spikes for each
in the rows with a rule, which is not counted.
"""

import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from benchmarks.programs import Program
from benchmarks.report import Report, in_turn, spread
from neurospine import Model, Protocol

CELLS = 1000
SECONDS = 10.0

CIRCUIT = """
schema = 1
kind = "circuit"
name = "network_of_features"
summary = "Cells that excite each other, and a Poisson drive."

[populations.cells]
neuron = "NEURON"
size = "n_cells"
transmitter = "glutamate"

[projections.recurrent]
from = "cells"
to = "cells"
spine = "SPINE"
delay = "axonal_delay"
connectivity = { rule = "fixed_in_degree", in_degree = "in_degree" }
EFFECT

[drives.background]
to = "cells"
rate = "drive_rate"
effect = '''
DRIVE
'''

[parameters]
n_cells = { value = 1000, unit = "1", source = "assumed", meaning = "Cells" }
in_degree = { value = 100, unit = "1", source = "assumed", meaning = "Sites of a cell" }
axonal_delay = { value = 1.0, unit = "ms", source = "assumed", meaning = "Delay of axons" }
drive_rate = { value = 1000.0, unit = "Hz", source = "assumed", meaning = "Events of the drive" }
drive_peak = { value = 1.0, unit = "UNIT", source = "assumed", meaning = "Size of an event" }
recurrent_peak = { value = 1.0, unit = "UNIT", source = "assumed", meaning = "All sites at once" }
"""
RECEPTORS = """
compartments = PLACES
receptors = { ampa = "recurrent_peak", nmda = "recurrent_peak" }
"""
#: Spine models by what they are made of.
STATIC = ("constant_size", "volume_weight")
NECKED = (*STATIC, "spine_geometry")
PLASTIC = ("pair", "bounded_volume", "volume_weight", "spine_geometry")
LIVING = ("pair", "bounded_volume", "log_drift", "turnover", "volume_weight", "spine_geometry")
#: The weak rule of the plastic network, on spines of equal size.
RULE = {"a_plus": 0.005, "a_minus": 0.00525, "tau_plus": 20.0, "tau_minus": 20.0}
#: All sites filled at the start; then as in adult cortex, or one in a thousand comes and goes
#: each second, a hundred thousand times as many.
FULL = {"start_share": 1.0, "start_spread": 0.3, "start_volume": 0.1, "volume_centre": 0.1}
CORTEX = {"elimination_rate": 0.1, "birth_rate": 0.002}
FAST = {"elimination_rate": 0.0, "elimination_background": 86.4, "birth_rate": 86400.0}


@dataclass(frozen=True)
class Case:
    """One row: a neuron, where its spines are, what they are made of, and how often kept."""

    what: str
    neuron: str
    spine: tuple[str, ...]
    places: tuple[str, ...] = ()
    values: Mapping[str, float] = field(default_factory=dict)
    record_every: float = SECONDS


#: Size of an event of the drive, and of all recurrent sites at once, that make ten spikes a second.
INPUT = {"leaky": (81.0, 500.0), "two_compartment": (0.485, 0.3), "ca1_pyramidal": (1.6, 10.0)}
DRIVEN = {"two_compartment": "dendrite", "ca1_pyramidal": "proximal"}


def cases() -> Iterator[Case]:
    """Yield the rows, each with one feature more than the one before."""
    cell, all_over = "ca1_pyramidal", ("basal", "oblique", "medial", "distal")
    yield Case("point neurons, static contacts", "leaky", STATIC)
    yield Case("+ a dendrite with receptors", "two_compartment", STATIC, ("dendrite",))
    yield Case("+ six compartments", cell, STATIC, all_over[:1])
    yield Case("+ spines in four of them", cell, STATIC, all_over)
    yield Case("+ necks", cell, NECKED, all_over)
    yield Case("+ pair STDP", cell, PLASTIC, all_over, RULE)
    living = RULE | FULL | CORTEX
    yield Case("+ living spines (tick 1 s)", cell, LIVING, all_over, living)
    yield Case("+ snapshots every second", cell, LIVING, all_over, living, 1.0)
    yield Case("turnover of 0.1 % a second", cell, LIVING, all_over, living | FAST, 1.0)


def run(report: Report, sites: int, repeats: int) -> None:
    """Print arrivals per processor second, and what each feature adds."""
    programs = {case.what: _program(case, sites // CELLS) for case in cases()}
    used = in_turn(programs, repeats)
    rows: list[dict[str, object]] = []
    last = None
    for name, values in used.items():
        spikes = programs[name].spikes("cells")
        arrivals = spikes * (sites // CELLS)
        median = statistics.median(values)
        rows.append(
            {
                "what": name,
                "CPU s per biological s": spread([s / SECONDS for s in values]),
                "more than above": "" if last is None else f"{(median - last) / SECONDS:+.4f}",
                "rate (Hz)": f"{spikes / CELLS / SECONDS:.2f}",
                "arrivals per CPU s": arrivals / median,
            }
        )
        last = median
        programs[name].clear()
    report.table(f"network of dendritic cells, feature by feature, {sites:.0e} sites", rows)


def _program(case: Case, in_degree: int) -> Program:
    protocol = Protocol(
        name="features",
        step="0.1 ms",
        spine_step="1 s",
        record_every=f"{case.record_every} s",
        phases=({"name": "activity", "duration": f"{SECONDS} s"},),
    )
    parts = ", ".join(f'"{part}"' for part in case.spine)
    spine = f'schema = 1\nkind = "spine"\nname = "of_parts"\nsummary = "A spine."\nuse = [{parts}]'
    unit, effect, drive = "pA", "effect = 'i_synaptic += weight*recurrent_peak'", "i_synaptic"
    if case.places:
        unit, effect = "nS", RECEPTORS.replace("PLACES", str(list(case.places)))
        drive = f"g_ampa_{DRIVEN[case.neuron]}"
    text = CIRCUIT.replace("NEURON", case.neuron).replace("SPINE", "of_parts")
    text = text.replace("EFFECT", effect).replace("DRIVE", f"{drive} += count*drive_peak")
    model = Model.from_text(text.replace("UNIT", unit), parts={"of_parts": spine})
    event, together = INPUT[case.neuron]
    values = {"in_degree": in_degree, "drive_peak": event, "recurrent_peak": together / in_degree}
    return Program(model, protocol, values | dict(case.values))
