"""The calcium rule of Graupner and Brunel (2012), written without any of our code.

Four ways to the same rule. `readout` is the closed form of the authors: efficacy relaxes
towards a mean that only depends on how long calcium is above each threshold, its spread
is Gaussian, and who is beyond the middle has switched. `mean_efficacy` takes the linear part
of the rule piece by piece in the order of the train. `exact` does so with the double well, and
without noise; `integrate` goes through the whole rule in short steps of time, double well and
noise included. Times are in seconds.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

Rule = Mapping[str, float]
#: Time (s) and jump of calcium, in the order of time.
Events = Sequence[tuple[float, float]]
Array = np.ndarray

_NAMES = "tau_calcium c_before c_after gamma_d gamma_p sigma tau delay share_down up_over_down"
_VALUES = {
    "hippocampal_slices": (
        *(0.0488373, 1.0, 0.275865, 313.0965, 1645.59),
        *(9.1844, 688.355, 0.0188008, 0.7, 5.28145),
    ),
    "hippocampal_cultures": (
        *(0.0119536, 0.58156, 1.76444, 61.141, 113.6545),
        *(2.5654, 33.7596, 0.01, 0.5, 36.0263),
    ),
    "cortical_slices": (
        *(0.0226936, 0.5617539, 1.23964, 331.909, 725.085),
        *(3.3501, 346.3615, 0.0046098, 0.5, 5.40988),
    ),
    "generic": (0.02, 1.0, 2.0, 200.0, 321.808, 2.8284, 150.0, 0.0137, 0.5, 5.0),
}
RULES: dict[str, Rule] = {
    name: dict(zip(_NAMES.split(), values, strict=True), theta_d=1.0, theta_p=1.3)
    for name, values in _VALUES.items()
}


def motifs(
    rule: Rule, rate: float, count: int, interval: float, after: Sequence[float] = (0.0,)
) -> Events:
    """Return `count` motifs of one presynaptic spike and postsynaptic ones.

    The first postsynaptic spike comes `interval` after the presynaptic one, the others `after`
    the first. Calcium jumps a delay after the presynaptic spike.
    """
    start = max(0.0, -interval)
    found = []
    for number in range(count):
        now = start + number / rate
        found.append((now + rule["delay"], rule["c_before"]))
        found += [(now + interval + more, rule["c_after"]) for more in after]
    return sorted(found)


def stretches(rule: Rule, events: Events) -> Iterator[tuple[float, float, float, float]]:
    """Yield start, duration, time above the lower and time above the higher threshold.

    One stretch goes from an event to the next; the last until calcium is below both.
    """
    low, high = sorted((rule["theta_d"], rule["theta_p"]))
    calcium = 0.0
    for number, (start, jump) in enumerate(events):
        calcium += jump
        following = events[number + 1][0] if number + 1 < len(events) else math.inf
        passed = min(following - start, rule["tau_calcium"] * math.log(max(calcium / low, 1.0)))
        above = min(passed, rule["tau_calcium"] * math.log(max(calcium / high, 1.0)))
        yield start, following - start, passed, above
        if following < math.inf:
            calcium *= math.exp(-(following - start) / rule["tau_calcium"])


def times_above(rule: Rule, events: Events) -> tuple[float, float]:
    """Return for how long calcium is above the thresholds of depression and potentiation."""
    pieces = list(stretches(rule, events))
    low, high = math.fsum(p[2] for p in pieces), math.fsum(p[3] for p in pieces)
    return (low, high) if rule["theta_d"] <= rule["theta_p"] else (high, low)


def periodic_times_above(
    rule: Rule, rate: float, count: int, **motif: object
) -> tuple[float, float]:
    """Return the same for a train that has gone on for ever: `count` periods of it.

    This is what the authors' code takes. Calcium is carried over from twenty time constants.
    """
    before = math.ceil(20 * rule["tau_calcium"] * rate) + 1
    longer = times_above(rule, motifs(rule, rate, before + 1, **motif))  # type: ignore[arg-type]
    shorter = times_above(rule, motifs(rule, rate, before, **motif))  # type: ignore[arg-type]
    return count * (longer[0] - shorter[0]), count * (longer[1] - shorter[1])


def readout(rule: Rule, time_d: float, time_p: float) -> dict[str, float]:
    """Return the change of strength and the chances to switch by the authors' closed form.

    Keys: `up` and `down` (chances to switch from down to up and back), `change` (strength
    after over before, with the share `share_down` of spines down at the start).
    """
    push = rule["gamma_p"] * time_p
    pull = rule["gamma_d"] * time_d
    if push + pull == 0:
        return {"up": 0.0, "down": 0.0, "change": 1.0}
    goal, kept = push / (push + pull), math.exp(-(push + pull) / rule["tau"])
    spread = rule["sigma"] * math.sqrt((time_d + time_p) / (push + pull) / 2 * (1 - kept * kept))
    from_down, from_up = goal * (1 - kept), goal + (1 - goal) * kept
    up = _beyond((from_down - 0.5) / spread)
    down = _beyond((0.5 - from_up) / spread)
    return {"up": up, "down": down, "change": change(rule, up, down)}


def change(rule: Rule, up: float, down: float) -> float:
    """Return strength after over before, from the chances to switch up and down."""
    low, b = rule["share_down"], rule["up_over_down"]
    high = 1 - low
    after = (1 - up) * low + down * high + b * (up * low + (1 - down) * high)
    return after / (low + high * b)


def _beyond(distance: float) -> float:
    return 0.5 * (1 + math.erf(distance / math.sqrt(2)))


def mean_efficacy(rule: Rule, events: Events, start: float) -> tuple[float, float]:
    """Return mean and variance of efficacy after a train, without the double well."""
    mean, variance = start, 0.0
    noise = rule["sigma"] ** 2 / rule["tau"]
    for _, _, passed, above in stretches(rule, events):
        first = {"d": 1.0, "p": 1.0}
        second = {"d": float(rule["theta_d"] <= rule["theta_p"])}
        second["p"] = 1 - second["d"]
        for duration, on in ((above, first), (passed - above, second)):
            rate = (rule["gamma_p"] * on["p"] + rule["gamma_d"] * on["d"]) / rule["tau"]
            goal = rule["gamma_p"] * on["p"] / rule["tau"] / rate
            kept = math.exp(-rate * duration)
            mean = goal + (mean - goal) * kept
            variance *= kept * kept
            variance += noise * (on["d"] + on["p"]) * (1 - kept * kept) / (2 * rate)
    return mean, variance


def exact(rule: Rule, events: Events, start: Array, duration: float) -> Array:
    """Return efficacies after a train without noise, by Runge and Kutta's method in each piece.

    The order of the thresholds is the usual one here, depression below potentiation.
    """
    rho = _relax(rule, np.array(start, float), events[0][0], 0.0, 0.0)
    for when, length, passed, above in stretches(rule, events):
        length = min(length, duration - when)
        rho = _relax(rule, rho, above, rule["gamma_p"], rule["gamma_d"])
        rho = _relax(rule, rho, passed - above, 0.0, rule["gamma_d"])
        rho = _relax(rule, rho, length - passed, 0.0, 0.0)
    return rho


def _relax(rule: Rule, rho: Array, duration: float, push: float, pull: float) -> Array:
    def slope(x: Array) -> Array:
        return (-x * (1 - x) * (0.5 - x) + push * (1 - x) - pull * x) / rule["tau"]

    steps = max(1, math.ceil(duration / rule["tau"] * (100 + 50 * (push + pull))))
    h = duration / steps
    for _ in range(steps if duration > 0 else 0):
        a = slope(rho)
        b = slope(rho + h / 2 * a)
        c = slope(rho + h / 2 * b)
        rho = rho + h / 6 * (a + 2 * b + 2 * c + slope(rho + h * c))
    return rho


def integrate(
    rule: Rule, events: Events, start: Array, duration: float, step: float,
    random: np.random.Generator | None = None,
) -> Array:  # fmt: skip
    """Return efficacies after a train, by short steps of the whole rule.

    All spines see the same train. Calcium decays exactly, an event counts from the first
    step that starts at its time or later; efficacy takes Euler's steps, with noise if there is
    `random`. Both errors shrink in proportion to the step.
    """
    rho = np.array(start, float)
    jumps: dict[int, float] = {}
    for when, jump in events:
        tick = math.ceil(when / step - 1e-9)
        jumps[tick] = jumps.get(tick, 0.0) + jump
    decay, h, calcium = math.exp(-step / rule["tau_calcium"]), step / rule["tau"], 0.0
    for tick in range(round(duration / step)):
        calcium += jumps.get(tick, 0.0)
        on_d, on_p = calcium > rule["theta_d"], calcium > rule["theta_p"]
        change = -rho * (1 - rho) * (0.5 - rho)
        if on_p:
            change += rule["gamma_p"] * (1 - rho)
        if on_d:
            change -= rule["gamma_d"] * rho
        rho += h * change
        if random is not None and (on_d or on_p):
            wide = rule["sigma"] * math.sqrt(h * (int(on_d) + int(on_p)))
            rho += wide * random.standard_normal(rho.shape)
        calcium *= decay
    return rho
