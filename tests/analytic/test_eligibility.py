"""Eligibility in closed form against step-by-step integration of the same equations.

The loop below knows nothing of growing exponentials, settling or folding: in each step
the gate turns eligibility into change, which decays, and then spikes leave more of it.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

import neurospine

STEP, AXONS, CELLS, FIBRES = 1e-3, 3, 2, 2
TAU_PLUS, TAU_MINUS, A_PLUS, A_MINUS = 0.0165, 0.0337, 0.0131, 0.00465
CLEARANCE, RELEASE, GAIN = 0.2, 1.0, 0.7
SLOW, FAST = 0.9, 0.25
PHASES = (("first", 1500, True), ("rest", 3600000, False), ("second", 1000, True))
DIP = (300, 700)

CIRCUIT = """
schema = 1
kind = "circuit"
name = "gated"
summary = "Axons onto cells behind a gate."
populations.presynaptic.size = 3
populations.postsynaptic.size = 2
populations.fibres.size = 2
neuromodulators.dopamine = { model = "dopamine", released_by = ["fibres"] }
[projections.spines]
from = "presynaptic"
to = "postsynaptic"
spine = "gated_spine"
delay = "axonal_delay"
connectivity = { rule = "all_to_all" }
[parameters]
axonal_delay = { value = 3.0, unit = "ms", source = "assumed", meaning = "Delay" }
"""
SPINE = """
schema = 1
kind = "spine"
name = "gated_spine"
summary = "A rule behind a gate."
use = ["RULE", "test_gate", "head_volume", "volume_weight"]
"""
GATE = """
schema = 1
kind = "gate"
name = "test_gate"
summary = "A gate."
needs = ["drive", "dopamine"]
TRACES
[parameters]
gain = { value = 0.7, unit = "1/second", source = "assumed", meaning = "Speed" }
slow = { value = 0.9, unit = "second", source = "assumed", meaning = "Time constant" }
"""
RISE = 'rise = { value = 0.25, unit = "second", source = "assumed", meaning = "Onset" }\n'
TRACE = """
[traces.NAME]
meaning = "Eligibility"
takes = "TAKES"
kernel = "KERNEL"
time_constant = "slow"
gate = "EXPRESSION"
"""
PROTOCOL = """
schema = 1
kind = "protocol"
name = "gated"
step = "1 ms"
record_every = "100 ms"
repeats = 1
[conditions.rate]
values = [8, 20]
unit = "Hz"
meaning = "Rate of axons"
"""
STIMULI = """
[[phases.stimuli]]
kind = "poisson"
population = "presynaptic"
rate = "rate"
[[phases.stimuli]]
kind = "poisson"
population = "postsynaptic"
rate = "15 Hz"
[[phases.stimuli]]
kind = "poisson"
population = "fibres"
rate = "6 Hz"
[[phases.stimuli]]
kind = "dip"
neuromodulator = "dopamine"
start = "300 ms"
duration = "400 ms"
depth = "0.75"
"""
#: kernel, what each trace takes, and its gate as the file and as the loop have it.
GATES: dict[str, list[tuple[str, str, str, Any]]] = {
    "exponential": [("exponential", "all", "gain*(dopamine - 1)", lambda d: GAIN * (d - 1))],
    "alpha": [("alpha", "all", "gain*(dopamine - 1)", lambda d: GAIN * (d - 1))],
    "difference": [("difference", "all", "gain*(dopamine - 1)", lambda d: GAIN * (d - 1))],
    "two": [
        ("exponential", "enlargement", "gain*dopamine**2", lambda d: GAIN * d**2),
        ("alpha", "shrinkage", "gain/(1 + dopamine)", lambda d: GAIN / (1 + d)),
    ],
}
FORMS = {"pair": ("textbook", "neuron_traces", "folded"),
         "pair_multiplicative": ("textbook", "neuron_traces")}  # fmt: skip


def gate_text(kind: str) -> str:
    traces = []
    for number, (kernel, takes, expression, _) in enumerate(GATES[kind]):
        text = TRACE.replace("NAME", f"kept_{number}").replace("TAKES", takes)
        text = text.replace("KERNEL", kernel).replace("EXPRESSION", expression)
        traces.append(text + 'onset = "rise"\n' * (kernel == "difference"))
    rise = RISE * any(kernel == "difference" for kernel, *_ in GATES[kind])
    return GATE.replace("TRACES", "".join(traces)) + rise


@cache
def model(rule: str, kind: str) -> neurospine.Model:
    parts = {"gated_spine": SPINE.replace("RULE", rule), "test_gate": gate_text(kind)}
    made = neurospine.Model.from_text(CIRCUIT, parts=parts)
    return made.with_parameters({
        f"{rule}.a_plus": A_PLUS, f"{rule}.a_minus": A_MINUS, f"{rule}.tau_plus": "16.5 ms",
        f"{rule}.tau_minus": "33.7 ms", "volume_highest": 10.0,
    })  # fmt: skip


@cache
def protocol() -> neurospine.Protocol:
    text = PROTOCOL
    for name, steps, spiking in PHASES:
        text += f'[[phases]]\nname = "{name}"\n'
        text += f'duration = "{steps} ms"\n' if spiking else (
            'duration = "1 hour"\nkind = "consolidation"\ntick = "10 minute"\n'
            'record_every = "1 hour"\n')  # fmt: skip
        text += STIMULI if spiking else ""
    return neurospine.Protocol.from_text(text)


class Trace:
    """One eligibility trace at all spines, as a pair of differential equations."""

    def __init__(self, kernel: str, takes: str) -> None:
        self.kernel, self.takes = kernel, takes
        self.state = np.zeros((2, AXONS * CELLS))
        peak = SLOW * FAST / (SLOW - FAST) * np.log(SLOW / FAST)
        self.norm = np.exp(-peak / SLOW) - np.exp(-peak / FAST)

    def leave(self, drive: np.ndarray) -> None:
        low, high = {"all": (-9, 9), "enlargement": (0, 9), "shrinkage": (-9, 0)}[self.takes]
        left = np.clip(drive, low, high)
        self.state[0] += left
        if self.kernel == "difference":
            self.state[1] += left

    def pass_step(self) -> np.ndarray:
        """Go on by a step; return the integral of eligibility over it."""
        decay, fast = np.exp(-STEP / SLOW), np.exp(-STEP / FAST)
        first, second = self.state
        if self.kernel == "exponential":
            integral = first * SLOW * (1 - decay)
            self.state = np.array([first * decay, second])
        elif self.kernel == "difference":
            integral = (first * SLOW * (1 - decay) - second * FAST * (1 - fast)) / self.norm
            self.state = np.array([first * decay, second * fast])
        else:  # the second rises from the first
            rise = np.e * (SLOW - (SLOW + STEP) * decay)
            integral = second * SLOW * (1 - decay) + first * rise
            second = (second + first * np.e * STEP / SLOW) * decay
            self.state = np.array([first * decay, second])
        return integral


def loop(found: neurospine.Trajectory, copy: int, kind: str, *, grows: bool) -> np.ndarray:
    """Return the volume of the spines of a copy at the end of each spiking phase."""
    trains = {}
    for name, size in (("presynaptic", AXONS), ("postsynaptic", CELLS), ("fibres", FIBRES)):
        table = found.spikes[name]
        own = table["node"].to_numpy() if "node" in table else table["cell"].to_numpy()
        ticks = np.rint(table["time"].to_numpy() / STEP).astype(int)
        here = own // size == copy
        trains[name] = (own[here] % size, ticks[here])
    before, after = np.zeros(AXONS), np.zeros(CELLS)
    volume, dopamine = np.full(AXONS * CELLS, 0.1), 1.0
    traces = [Trace(kernel, takes) for kernel, takes, _, _ in GATES[kind]]
    origin, target = np.divmod(np.arange(AXONS * CELLS), CELLS)
    ends, offset = [], 0
    sent = np.zeros((AXONS, 4000 + 8), int)
    clock = 0  # steps of spiking
    for _, steps, spiking in PHASES:
        if not spiking:
            before[:], after[:] = 0, 0
            for trace in traces:
                trace.state[:] = 0
            offset += steps
            continue
        for step in range(steps):

            def cells(name: str, step: int = step, offset: int = offset) -> np.ndarray:
                own, ticks = trains[name]
                return own[ticks == offset + step]

            supply = 0.25 if DIP[0] <= step < DIP[1] else 1.0
            passed = supply + (dopamine - supply) * np.exp(-STEP / CLEARANCE)
            for trace, (*_, gate) in zip(traces, GATES[kind], strict=True):
                change = 0.5 * (gate(dopamine) + gate(passed)) * trace.pass_step()
                volume = volume * np.exp(change) if grows else volume + 0.1 * change
            before *= np.exp(-STEP / TAU_PLUS)
            after *= np.exp(-STEP / TAU_MINUS)
            np.add.at(sent, (cells("presynaptic"), clock + 3), 1)
            arrived, fired = sent[:, clock] > 0, np.zeros(CELLS, bool)
            fired[cells("postsynaptic")] = True
            for trace in traces:
                trace.leave(np.where(arrived[origin], -A_MINUS * after[target], 0.0))
            before += arrived
            for trace in traces:
                trace.leave(np.where(fired[target], A_PLUS * before[origin], 0.0))
            after += fired
            dopamine = passed + RELEASE * cells("fibres").size / FIBRES
            clock += 1
        offset += steps
        ends.append(volume)
    return np.array(ends)


def check(rule: str, kind: str, form: str, backend: str) -> None:
    found = neurospine.simulate(model(rule, kind), protocol(), form=form, backend=backend, seed=4)
    volume = found.spines["spines"]["volume"].transpose("time", ...).to_numpy()
    times = found.spines["spines"]["time"].to_numpy()
    rows = [int(np.argmin(np.abs(times - end))) for end in (1.5, 1.5 + 3600 + 1.0)]
    copies = 2
    assert volume.shape[1] == copies * AXONS * CELLS
    moved = np.abs(volume[rows[-1]] - 0.1)
    assert moved.max() > 1e-3
    for copy in range(copies):
        own = slice(copy * AXONS * CELLS, (copy + 1) * AXONS * CELLS)
        wanted = loop(found, copy, kind, grows=rule == "pair_multiplicative")
        assert np.abs(volume[rows, own] - wanted).max() < 1e-9 * 0.1


def quick(rule: str, form: str, kind: str) -> bool:
    """Choose one gate in the folded form, and two gates in every form of either rule."""
    if kind == "two":
        return rule == "pair" or form == "textbook"
    return (form, kind) == ("folded", "alpha")


CASES = [
    pytest.param(rule, form, kind, marks=[pytest.mark.slow] * (not quick(rule, form, kind)))
    for rule, forms in FORMS.items()
    for form in forms
    for kind in GATES
]


@pytest.mark.parametrize(("rule", "form", "kind"), CASES)
def test_equals_integration_in_steps(rule: str, form: str, kind: str) -> None:
    check(rule, kind, form, "numpy")


@pytest.mark.cpp
@pytest.mark.parametrize("form", ["folded", pytest.param("neuron_traces", marks=pytest.mark.slow)])
def test_equals_it_in_compiled_programs(form: str) -> None:
    check("pair", "two", form, "cpp")
