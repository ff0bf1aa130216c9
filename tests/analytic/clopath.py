"""The voltage rule of Clopath et al. (2010) and its neuron, written without any of our code.

One step of length `dt` goes like this. From the potential at its start comes the gain of
potentiation, with the filtered potential of some time ago; then filters advance as for a
potential that stays; the trace of presynaptic spikes decays, and times gain and step it adds
to the change. Arrivals come last: they depress by the other filtered potential, as it was some
time before the end of the filters' step, and then raise the trace by 1/tau_x. Units are ms, mV,
pA, pF and nS throughout.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

Array = np.ndarray
Numbers = Mapping[str, float]

RULE: Numbers = {
    "theta_minus": -70.6, "theta_plus": -45.3, "a_ltd": 14e-5, "a_ltp": 8e-5,
    "tau_minus": 10.0, "tau_plus": 7.0, "tau_x": 15.0, "delay": 5.0,
    "tau_mean": 1000.0, "reference": 60.0, "homeostasis": 0.0, "rest": -70.6,
}  # fmt: skip
NEURON: Numbers = {
    "capacitance": 281.0, "g_leak": 30.0, "e_leak": -70.6, "slope": 2.0,
    "threshold_rest": -50.4, "threshold_spike": -30.4, "tau_threshold": 50.0,
    "a": 4.0, "b": 0.0805, "tau_adaptation": 144.0,
    "after": 400.0, "tau_after": 40.0, "peak": 33.0, "clamp": 2.0, "reset": -49.5,
}  # fmt: skip


def _above(x: float) -> float:
    return max(x, 0.0)


@dataclass
class Course:
    """The change of weight (a plain number) after each step, and the filtered potentials."""

    change: Array
    u_minus: Array
    u_plus: Array
    mean: Array


def follow(rule: Numbers, potential: Sequence[float], arrivals: Sequence[int], dt: float) -> Course:
    """Return what the rule makes of a potential at the start of each step, and of arrivals."""
    late = round(rule["delay"] / dt)
    count = len(potential)
    due = np.bincount(np.asarray(arrivals, int), minlength=count)
    start = potential[0]
    minus, plus = np.full(count + 1, start), np.full(count + 1, start)
    mean, changes = np.full(count + 1, start - rule["rest"]), np.zeros(count)
    keep = {name: math.exp(-dt / rule[f"tau_{name}"]) for name in ("minus", "plus", "x", "mean")}
    trace = total = 0.0
    for n, v in enumerate(potential):
        before = plus[max(n - late, 0)]
        gain = rule["a_ltp"] * _above(v - rule["theta_plus"]) * _above(before - rule["theta_minus"])
        minus[n + 1] = v + (minus[n] - v) * keep["minus"]
        plus[n + 1] = v + (plus[n] - v) * keep["plus"]
        above = v - rule["rest"]
        mean[n + 1] = above + (mean[n] - above) * keep["mean"]
        trace *= keep["x"]
        total += dt * trace * gain
        for _ in range(due[n]):
            share = mean[n + 1] ** 2 / rule["reference"] if rule["homeostasis"] else 1.0
            earlier = minus[max(n + 1 - late, 0)]
            total -= rule["a_ltd"] * share * _above(earlier - rule["theta_minus"])
            trace += 1.0 / rule["tau_x"]
        changes[n] = total
    return Course(changes, minus, plus, mean)


def neuron(
    current: Callable[[float], float], duration: float, dt: float, values: Numbers = NEURON
) -> tuple[Array, list[int]]:
    """Return the potential at the start of each step and the steps with a spike, by Euler's method.

    After a spike the potential is held at its peak, and goes on from the reset. Adaptation
    stands still meanwhile; the threshold and the current after a spike do not.
    """
    p = dict(values)
    count, held = round(duration / dt), round(p["clamp"] / dt)
    v, w, z, threshold = p["e_leak"], 0.0, 0.0, p["threshold_rest"]
    seen, spikes, free = np.zeros(count), [], 0
    for n in range(count):
        clamped = n < free
        seen[n] = p["peak"] if clamped else v
        dz = -z / p["tau_after"]
        dt_threshold = (p["threshold_rest"] - threshold) / p["tau_threshold"]
        if not clamped:
            upswing = p["g_leak"] * p["slope"] * math.exp((v - threshold) / p["slope"])
            flow = p["g_leak"] * (p["e_leak"] - v) + upswing - w + z + current(n * dt)
            dw = (p["a"] * (v - p["e_leak"]) - w) / p["tau_adaptation"]
            v += dt * flow / p["capacitance"]
            w += dt * dw
        z += dt * dz
        threshold += dt * dt_threshold
        if not clamped and v > p["peak"]:
            spikes.append(n)
            v, w, z, threshold = p["reset"], w + p["b"], p["after"], p["threshold_spike"]
            free = n + 1 + held
    return seen, spikes


def pulses(amplitude: float, length: float, starts: Sequence[float]) -> Callable[[float], float]:
    """Return a current that flows for a while from each of some times on."""
    edges = np.asarray(starts, float)

    def current(now: float) -> float:
        last = int(np.searchsorted(edges, now + 1e-9, side="right")) - 1
        return amplitude if last >= 0 and now < edges[last] + length - 1e-9 else 0.0

    return current
