"""Rules that keep state at the spine, against a plain event loop; and its start and its end.

The rule under test has calcium that arrivals and spikes add to and a slow efficacy that
rises while calcium is above a threshold, worked out from one event to the next, besides
spike traces. One run holds all delays as conditions.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pytest

from neurospine import Model, Protocol, Trajectory, simulate

#: The loop and the engine sum up elapsed times differently.
LOOP = 1e-9
PAIRS, STEPS, AGAIN, RECORD = 12, 500, 100, 50
DELAYS, LATER = (0, 1, 7), 4
TICK, NIGHT = 60, 1200  # seconds
FORMS = ("textbook", "neuron_traces")

NUMBERS = {"tau_calcium": 22.0, "tau_up": 400.0, "tau_down": 3e6, "tau_before": 15.0,
           "tau_after": 30.0, "theta": 1.2, "c_before": 0.7, "c_after": 1.1, "ratio": 2.0,
           "gain": 0.02, "loss": 0.01}  # fmt: skip
MEMORY = """
drive = "additive"
[presynaptic]
equations = "dbefore_trace/dt = -before_trace/tau_before : 1"
on_spike = "before_trace = before_trace + 1"
delay = "later"
[postsynaptic]
equations = "dafter_trace/dt = -after_trace/tau_after : 1"
on_spike = "after_trace = after_trace + 1"
[synapse]
variables = '''
efficacy : 1
calcium : 1
'''
between = '''
above = clip(tau_calcium*log(calcium/theta), 0*tau_calcium, elapsed)
raised = 1 - (1 - efficacy)*exp(-above/tau_up)
settled = raised*exp(-(elapsed - above)/tau_down)
drive = ratio*(settled - efficacy)
efficacy = settled
calcium = calcium*exp(-elapsed/tau_calcium)
'''
on_pre = '''
calcium = calcium + c_before
drive = -loss*after_trace*(1 + efficacy)
'''
on_post = '''
calcium = calcium + c_after
drive = gain*before_trace
'''
[parameters]
later = LATER ms
tau_calcium = 22.0 ms
tau_up = 400.0 ms
tau_down = 3000.0 s
tau_before = 15.0 ms
tau_after = 30.0 ms
theta = 1.2 1
c_before = 0.7 1
c_after = 1.1 1
ratio = 2.0 1
gain = 0.02 1
loss = 0.01 1
"""
#: A cell that spikes one step after a starter does, and adds up what else it receives.
FORCED = """
equations = '''
received_0 : 1
received_1 : 1
received_7 : 1
kick : 1
'''
threshold = "kick > 0.5"
reset = "kick = kick - 1"
refractory = "pause"
method = "exact"
[parameters]
pause = 0.0 ms
"""
CIRCUIT = f"""
kind = "circuit"
name = "delays"
summary = "s"
[populations.axons]
size = {PAIRS}
[populations.cells]
size = {PAIRS}
"""
PROJECTION = """
[projections.delay_N]
from = "axons"
to = "cells"
spine = "remembering"
delay = "delay_N"
delay_spread = "spread"
connectivity = { rule = "one_to_one" }
"""
STARTERS = f"""
[populations.starters]
size = {PAIRS}
[projections.starting]
from = "starters"
to = "cells"
spine = "fixed_contact"
delay = "delay_0"
connectivity = {{ rule = "one_to_one" }}
effect = "kick += weight"
"""


def circuit(*, effect: bool) -> str:
    """Return a circuit with one projection for each delay, all from the same axons."""
    parts = [CIRCUIT.replace("[populations.cells]", '[populations.cells]\nneuron = "forced"')
             if effect else CIRCUIT]  # fmt: skip
    for delay in DELAYS:
        more = f'effect = "received_{delay} += weight"\n' if effect else ""
        parts.append(PROJECTION.replace("_N", f"_{delay}") + more)
    parts += [STARTERS] if effect else []
    parts.append("[parameters]")
    numbers = {f"delay_{delay}": delay for delay in DELAYS} | {"spread": 0}
    parts += [f'{name} = {{ value = {float(value)}, unit = "ms", source = "assumed", '
              'meaning = "m" }' for name, value in numbers.items()]  # fmt: skip
    return "\n".join(parts)


def trains(seed: int, first: int, last: int) -> list[list[int]]:
    random = np.random.default_rng(seed)
    chance = random.permutation(np.geomspace(0.02, 0.15, PAIRS))
    hits = random.random((PAIRS, last - first)) < chance[:, None]
    hits[:, [0, 50, 98]] |= random.random((PAIRS, 3)) < 0.5
    hits[:, -1] |= random.random(PAIRS) < 0.5
    return [[int(step) + first for step in np.flatnonzero(row)] for row in hits]


#: Steps of spiking; the night lies before step STEPS.
BEFORE = [a + b for a, b in zip(trains(1, 0, STEPS), trains(2, STEPS, STEPS + AGAIN), strict=True)]
AFTER = [
    a + b for a, b in zip(trains(3, 1, STEPS), trains(4, STEPS + 1, STEPS + AGAIN), strict=True)
]


@dataclass
class Spine:
    """The rule event by event, in milliseconds."""

    volume: float = 0.1
    efficacy: float = 0.0
    calcium: float = 0.0
    before: float = 0.0
    after: float = 0.0
    last: float = 0.0

    def advance(self, now: float) -> None:
        n, passed = NUMBERS, now - self.last
        above = 0.0
        if self.calcium > n["theta"]:
            above = min(n["tau_calcium"] * math.log(self.calcium / n["theta"]), passed)
        settled = 1 - (1 - self.efficacy) * math.exp(-above / n["tau_up"])
        settled *= math.exp(-(passed - above) / n["tau_down"])
        self.drive(n["ratio"] * (settled - self.efficacy))
        self.efficacy = settled
        self.calcium *= math.exp(-passed / n["tau_calcium"])
        self.before *= math.exp(-passed / n["tau_before"])
        self.after *= math.exp(-passed / n["tau_after"])
        self.last = now

    def drive(self, drive: float) -> None:
        self.volume = min(max(self.volume + 0.1 * drive, 0.0005), 4.0)

    def arrive(self) -> None:
        self.calcium += NUMBERS["c_before"]
        self.drive(-NUMBERS["loss"] * self.after * (1 + self.efficacy))
        self.before += 1

    def fire(self) -> None:
        self.calcium += NUMBERS["c_after"]
        self.drive(NUMBERS["gain"] * self.before)
        self.after += 1


def loop(
    before: Sequence[int], after: Sequence[int], delay: int
) -> tuple[list[float], dict[int, float]]:
    """Return the volume at each snapshot, and the weight that is delivered at each arrival."""
    arrivals = {step + delay for step in before}
    late, fired = {step + LATER for step in arrivals}, set(after)
    spine, seen, delivered = Spine(), [0.1], {}
    for step in range(STEPS + AGAIN + 1):
        if step and step % RECORD == 0:
            spine.advance(step)
            seen.append(spine.volume)
        if step == STEPS:
            seen += list(_night(spine))
        if step in late:
            spine.advance(step)
            spine.arrive()
        if step in arrivals:
            spine.advance(step)
            delivered[step] = 10 * spine.volume
        if step in fired:
            spine.advance(step)
            spine.fire()
    return seen, delivered


def _night(spine: Spine) -> Iterator[float]:
    """Spike traces are forgotten; state at the spine goes on in ticks."""
    spine.before = spine.after = 0.0
    now = spine.last
    for tick in range(1, NIGHT // TICK + 1):
        spine.advance(now + 1e3 * TICK * tick)
        if tick % 10 == 0:
            yield spine.volume
    spine.last = now


@cache
def expected(delay: int) -> tuple[np.ndarray, list[dict[int, float]]]:
    found = [loop(b, a, delay) for b, a in zip(BEFORE, AFTER, strict=True)]
    return np.array([volumes for volumes, _ in found]).T, [weights for _, weights in found]


def listed(population: str, every: list[list[int]], first: int, last: int, shift: int = 0) -> Any:
    pairs = [(cell, step - first - shift) for cell, train in enumerate(every) for step in train
             if first <= step < last]  # fmt: skip
    cells, times = zip(*pairs, strict=True)
    return {"kind": "spike_list", "population": population, "cells": cells,
            "times": tuple(map(float, times)), "unit": "ms"}  # fmt: skip


def days(*, effect: bool) -> Protocol:
    """Spiking, a night, and spiking again."""
    population, shift = ("starters", 1) if effect else ("cells", 0)
    spiking = [
        {"name": name, "duration": f"{last - first} ms",
         "stimuli": (listed("axons", BEFORE, first, last),
                     listed(population, AFTER, first, last, shift))}
        for name, first, last in (("day", 0, STEPS), ("again", STEPS, STEPS + AGAIN))
    ]  # fmt: skip
    night = {"name": "night", "kind": "consolidation", "duration": f"{NIGHT} s",
             "tick": f"{TICK} s", "record_every": f"{10 * TICK} s"}  # fmt: skip
    variables = tuple(f"received_{delay}" for delay in DELAYS)
    trace = {"variables": variables, "every": "1 ms", "cells": tuple(range(PAIRS))}
    return Protocol(
        name="days", model={"circuit": "delays"}, step="1 ms", record_every=f"{RECORD} ms",
        phases=(spiking[0], night, spiking[1]), traces={"cells": trace} if effect else {},
    )  # fmt: skip


@pytest.fixture(scope="module")
def simulated(trees: Any) -> Any:
    """Runs by form, with an effect on the cell or without, and spread of delays."""
    parts = {
        "memory": trees.part("plasticity", "memory", MEMORY.replace("LATER", str(float(LATER)))),
        "forced": trees.part("neuron", "forced", FORCED),
        "remembering": trees.part(
            "spine", "remembering", 'use = ["memory", "bounded_volume", "volume_weight"]'
        ),
    }

    @cache
    def run(form: str | None, effect: bool, spread: float = 0.0) -> Trajectory:
        model = Model.from_text(circuit(effect=effect), parts=parts).with_parameters(spread=spread)
        return simulate(model, days(effect=effect), backend="numpy", form=form)  # type: ignore[arg-type]

    return run


def volumes(trajectory: Trajectory, delay: int) -> np.ndarray:
    return np.asarray(trajectory.spines[f"delay_{delay}"]["volume"].values)


WITH_AND_WITHOUT = pytest.mark.parametrize("effect", [False, True], ids=["without", "with"])


@pytest.mark.parametrize("delay", DELAYS)
@WITH_AND_WITHOUT
@pytest.mark.parametrize("form", FORMS)
def test_state_at_a_spine_follows_the_event_loop(
    simulated: Any, form: str, effect: bool, delay: int
) -> None:
    """At every snapshot, before, in and after the night."""
    wanted, _ = expected(delay)
    evening, morning = STEPS // RECORD, STEPS // RECORD + NIGHT // TICK // 10
    assert wanted.shape == (1 + morning + AGAIN // RECORD, PAIRS)
    assert np.ptp(wanted[-1]) > 0.02
    assert np.median(wanted[evening] - wanted[morning]) > 0.02
    found = volumes(simulated(form, effect), delay)
    np.testing.assert_allclose(found, wanted, rtol=0, atol=LOOP)


@pytest.mark.parametrize("delay", DELAYS)
@WITH_AND_WITHOUT
def test_both_forms_of_a_rule_with_state_agree(simulated: Any, effect: bool, delay: int) -> None:
    first, second = (volumes(simulated(form, effect), delay) for form in FORMS)
    np.testing.assert_allclose(first, second, rtol=0, atol=1e-12)


def delivered(trajectory: Trajectory, delay: int) -> np.ndarray:
    """Return the weight that each cell receives in each step but the last."""
    received = trajectory.traces["cells"][f"received_{delay}"].values
    assert received.shape == (STEPS + AGAIN, PAIRS)
    return np.diff(received, axis=0)


def written_out(weights: list[dict[int, float]]) -> np.ndarray:
    found = np.zeros((STEPS + AGAIN, PAIRS))
    for cell, own in enumerate(weights):
        for step, weight in own.items():
            if step < STEPS + AGAIN:
                found[step, cell] = weight
    return found[:-1]


@pytest.mark.parametrize("delay", DELAYS)
@pytest.mark.parametrize("form", FORMS)
def test_weight_is_delivered_at_the_delay_and_the_rule_acts_later(
    simulated: Any, form: str, delay: int
) -> None:
    wanted = written_out(expected(delay)[1])
    assert np.all(np.count_nonzero(wanted, axis=0) > 5)
    found = delivered(simulated(form, True), delay)
    np.testing.assert_allclose(found, wanted, rtol=0, atol=100 * LOOP)


def test_spines_with_delays_of_their_own_follow_the_event_loop(simulated: Any) -> None:
    trajectory = simulated(None, True, 6.0)
    delays = np.rint(trajectory.slots["delay_1"]["delay"].to_numpy() * 1e3).astype(int)
    assert 1 <= delays.min() < delays.max() <= 7
    found = [loop(b, a, int(d)) for b, a, d in zip(BEFORE, AFTER, delays, strict=True)]
    wanted = np.array([seen for seen, _ in found]).T
    np.testing.assert_allclose(volumes(trajectory, 1), wanted, rtol=0, atol=LOOP)
    weights = written_out([weights for _, weights in found])
    np.testing.assert_allclose(delivered(trajectory, 1), weights, rtol=0, atol=100 * LOOP)


# -- how state begins, and what a new spine keeps of it ------------------------------------

SITES = 2000
LUCKY = """
drive = "additive"
[synapse]
variables = '''
up : 1
trait : 1
seen : 1
'''
on_pre = '''
drive = trait + much*seen
seen = seen + 1
'''
[start]
uniforms = ["chance"]
normals = ["scatter"]
values = { up = "int(chance > share_down)", trait = "1 + up + spread*scatter" }
drive = "(ratio - 1)*up"
[parameters]
share_down = 0.3 1
spread = 0.1 1
ratio = 5.0 1
much = 10.0 1
"""
REFERENCE = 0.01


LINE = f"""
kind = "circuit"
name = "line"
summary = "s"
[populations.axons]
size = {SITES}
[populations.cell]
size = 1
[projections.spines]
from = "axons"
to = "cell"
spine = "SPINE"
delay = "axonal_delay"
connectivity = {{ rule = "all_to_all" }}
[parameters]
axonal_delay = {{ value = 0.0, unit = "ms", source = "assumed", meaning = "m" }}
"""
#: Within a day every spine is lost, and half of the sites have a new one.
TURNOVER = {"birth_rate": "40/day", "elimination_rate": "0/day",
            "elimination_background": "40/day"}  # fmt: skip


@pytest.fixture(scope="module")
def lucky(trees: Any) -> Any:
    """Spines whose rule starts by chance: an arrival at each, a day, and another arrival."""
    parts = {"lucky": trees.part("plasticity", "lucky", LUCKY)}
    for name, stages in (("staying", ""), ("turning", '"turnover", ')):
        used = f'use = ["lucky", "bounded_volume", {stages}"volume_weight"]'
        parts[name] = trees.part("spine", name, used)
    arrival = {"kind": "regular", "population": "axons", "rate": "1 Hz", "count": 1}
    spiking = {"duration": "20 ms", "stimuli": (arrival,)}
    night = {"kind": "consolidation", "duration": "1 day", "tick": "1 hour",
             "record_every": "1 day"}  # fmt: skip

    @cache
    def run(spine: str, **changed: Any) -> Trajectory:
        protocol = Protocol(
            name="lives", model={"circuit": "line"}, step="1 ms", record_every="20 ms",
            spine_step="20 ms", repeats=2,
            phases=({"name": "before", **spiking}, {"name": "night", **night},
                    {"name": "after", **spiking}),
            conditions={"share": {"parameter": "share_down", "values": (0.3, 0.6), "unit": "1",
                                  "meaning": "m"}},
        )  # fmt: skip
        model = Model.from_text(LINE.replace("SPINE", spine), parts=parts)
        model = model.with_parameters({"volume_reference": REFERENCE, **changed})
        return simulate(model, protocol, backend="numpy", seed=4)

    return run


def by_copy(trajectory: Trajectory, snapshot: int) -> np.ndarray:
    """Return volume as (condition, repeat, site)."""
    spines, slots = trajectory.spines["spines"], trajectory.slots["spines"]
    condition, repeat = (slots[name].to_numpy() for name in ("condition", "repeat"))
    volume = spines["volume"].values[snapshot]
    return np.array([[volume[(condition == c) & (repeat == r)] for r in (0, 1)] for c in (0, 1)])


def test_spines_start_in_a_state_by_chance(lucky: Any) -> None:
    """Shares are right within four standard errors, by common chances in all conditions."""
    start = by_copy(lucky("staying"), 0)
    up = np.isclose(start, 0.1 + 4 * REFERENCE, rtol=1e-12)
    assert np.all(up | (start == 0.1))
    for condition, down in enumerate((0.3, 0.6)):
        error = math.sqrt(down * (1 - down) / SITES)
        np.testing.assert_allclose(up[condition].mean(axis=1), 1 - down, atol=4 * error)
    assert np.all(up[0] | ~up[1])
    assert np.mean(up[0, 0] != up[0, 1]) > 0.3


def test_values_at_the_start_may_read_each_other(lucky: Any) -> None:
    """A trait is 1 for spines that are down and 2 for others, with a tenth of spread."""
    start, after = (by_copy(lucky("staying"), n) for n in (0, 1))
    trait, up = (after - start) / REFERENCE, start > 0.12
    luck = (trait - 1 - up) / 0.1
    np.testing.assert_allclose(luck.mean(axis=2), 0.0, atol=4 / math.sqrt(SITES))
    np.testing.assert_allclose(luck.std(axis=2), 1.0, atol=4 / math.sqrt(2 * SITES))
    np.testing.assert_allclose(luck[0], luck[1], atol=1e-9)
    assert abs(np.corrcoef(luck[0, 0], luck[0, 1])[0, 1]) < 4 / math.sqrt(SITES)


def test_a_spine_that_stays_remembers(lucky: Any) -> None:
    volume = [by_copy(lucky("staying"), n) for n in range(4)]
    np.testing.assert_array_equal(volume[2], volume[1])
    first, second = (volume[1] - volume[0]) / REFERENCE, (volume[3] - volume[2]) / REFERENCE
    np.testing.assert_allclose(second, first + 10, rtol=1e-9)


def test_a_site_keeps_its_traits_and_a_new_spine_nothing_else(lucky: Any) -> None:
    """Its first arrival finds the trait as at the spine before, and no memory of that one's."""
    volume = [by_copy(lucky("turning", start_share=1.0, **TURNOVER), n) for n in range(4)]
    assert np.all(volume[1] > volume[0])
    alive = (volume[2] > 0) & (volume[3] > 0)
    assert 0.4 < alive.mean() < 0.6
    first, second = ((volume[n + 1] - volume[n]) / REFERENCE for n in (0, 2))
    np.testing.assert_allclose(second[alive], first[alive], rtol=1e-9)


def test_sites_without_a_spine_have_traits_as_well(lucky: Any) -> None:
    volume = [by_copy(lucky("turning", start_share=0.2, **TURNOVER), n) for n in range(4)]
    absent = volume[0] == 0
    np.testing.assert_array_equal(volume[1][absent], 0.0)
    for condition, down in enumerate((0.3, 0.6)):
        new = absent & (volume[2] > 0) & (volume[3] > 0)
        trait = (volume[3] - volume[2])[condition][new[condition]] / REFERENCE
        spread = math.sqrt(down * (1 - down) + 0.1**2)
        assert trait.size > 1000
        assert trait.mean() == pytest.approx(2 - down, abs=4 * spread / math.sqrt(trait.size))
        assert trait.min() > 0.5
