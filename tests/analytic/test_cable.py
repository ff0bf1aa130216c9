"""Trees of compartments against closed forms: cables, Rall's cylinder, order and stability."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

#: Membrane of 10 kOhm cm**2 and 1 uF/cm**2, cytoplasm of 100 ohm cm.
TAU = 10.0  # ms
LEAK = ["leak"]
ROOT = {"length": 20, "diameter": 20, "mechanisms": ["leak", "silent"]}


def space_constant(diameter: float) -> float:
    """Return lambda in um for a diameter in um."""
    return float(np.sqrt(diameter * 1e-4 / 4 * 10000.0 / 100.0)) * 1e4


def leak(length: float, diameter: float) -> float:
    """Return the leak of a cylinder (um) in nS."""
    return float(np.pi * length * diameter * 1e-8 / 10000.0 * 1e9)


def capacity(length: float, diameter: float) -> float:
    """Return the capacitance of a cylinder (um) in pF."""
    return float(np.pi * length * diameter * 1e-2)


def above_rest(run: Any, population: str, variable: str) -> Any:
    """Return a recorded potential in mV above rest, as (time, cell)."""
    return run.traces[population][variable].values * 1e3 + 70.0


def test_one_compartment_charges_with_the_time_constant_of_its_membrane(trees: Any) -> None:
    neurons = {m: trees.tree({"soma": ROOT}, m, m) for m in ("crank_nicolson", "backward_euler")}
    flows = [trees.flow(name, "100 pA", "0 ms", "40 ms") for name in neurons]
    run = trees.run(neurons, duration="40 ms", step="0.05 ms", stimuli=flows, variables=["v_soma"])
    time = np.arange(800) * 0.05
    exact = 100 / leak(20, 20) * (1 - np.exp(-time / TAU))
    for name, error in (("crank_nicolson", 2e-6), ("backward_euler", 2e-3)):
        found = above_rest(run, name, "v_soma")[:, 0]
        assert np.abs(found - exact).max() < error * exact.max()


def test_two_compartments_charge_as_a_sum_of_two_exponentials(trees: Any) -> None:
    dend = {"parent": "soma", "length": 200, "diameter": 2, "coupling": 5.0, "mechanisms": LEAK}
    text = trees.tree({"soma": ROOT, "dend": dend})
    flows = [trees.flow("tree", "50 pA", "0 ms", "40 ms")]
    run = trees.run({"tree": text}, duration="40 ms", step="0.05 ms", stimuli=flows,
                    variables=["v_soma", "v_dend"])  # fmt: skip
    c = np.array([capacity(20, 20), capacity(200, 2)])
    g = np.array([leak(20, 20), leak(200, 2)])
    # dv/dt = -m v + i/c, with the roots of the characteristic polynomial of m
    m = np.array([[(g[0] + 5) / c[0], -5 / c[0]], [-5 / c[1], (g[1] + 5) / c[1]]])
    half, product = np.trace(m) / 2, np.linalg.det(m)
    fast, slow = half + np.sqrt(half**2 - product), half - np.sqrt(half**2 - product)
    time = np.arange(800)[:, None] * 0.05
    steady = np.linalg.solve(m, [50 / c[0], 0])
    slope = np.array([50 / c[0], 0])
    # v = steady + A exp(-fast t) + B exp(-slow t), with v(0) = 0 and v'(0) = slope
    a = (slow * steady - slope) / (fast - slow)
    b = -steady - a
    exact = steady + a * np.exp(-fast * time) + b * np.exp(-slow * time)
    found = np.hstack([above_rest(run, "tree", v) for v in ("v_soma", "v_dend")])
    assert np.abs(found - exact).max() < 1e-5 * steady.max()


# A dendrite of length 1 (in space constants) that branches into unlike daughters which end at the
# same distance, with diameters to the power 3/2 that add up; and the cylinder that it equals.
PIECES, WIDE, THIN = 20, 4.0, 1.5
REST = (WIDE**1.5 - THIN**1.5) ** (2 / 3)
LAST = (REST**1.5 / 2) ** (2 / 3)


def _piece(parent: str, diameter: float, length: float) -> dict[str, Any]:
    """Return a cylinder; its length counts space constants."""
    return {"parent": parent, "diameter": diameter, "length": length * space_constant(diameter),
            "segments": round(PIECES * length), "mechanisms": LEAK}  # fmt: skip


CYLINDER = {"soma": ROOT, "cable": _piece("soma", WIDE, 1.0)}
BRANCHES = {
    "soma": ROOT,
    "trunk": _piece("soma", WIDE, 0.4),
    "left": _piece("trunk", THIN, 0.6),
    "right": _piece("trunk", REST, 0.3),
    "upper": _piece("right", LAST, 0.3),
    "lower": _piece("right", LAST, 0.3),
}
#: Where to look: the segments of both in the middle of each tenth of the cable.
ALONG = [1, 8, 10, 14, 15, 20]
IN_TREE = ["trunk_1", "trunk_8", "left_2", "right_6", "upper_1", "lower_6"]
INFINITE = leak(space_constant(WIDE), WIDE)  # conductance of an endless cable (nS)


@pytest.fixture(scope="module")
def charged(trees: Any) -> Any:
    """A current into the soma of both for 40 ms, in steps that resolve its start."""
    neurons = {"cylinder": trees.tree(CYLINDER, name="cylinder"),
               "branches": trees.tree(BRANCHES, name="branches")}  # fmt: skip
    return trees.run(
        neurons, duration="40 ms", step="0.05 ms",
        stimuli=[trees.flow(name, "100 pA", "0 ms", "40 ms") for name in neurons],
        variables={"cylinder": ["v_soma", *(f"v_cable_{n}" for n in ALONG)],
                   "branches": ["v_soma", *(f"v_{n}" for n in IN_TREE)]},
    )  # fmt: skip


def cable_response(place: float, time: Any) -> Any:
    """Return the answer (mV) of soma and sealed cable of length 1 to 100 pA into the soma.

    In modes cos(a(1 - x)), with tan(a) = -a*(soma over endless cable), as in Rall (1969); `place`
    counts space constants and `time` time constants.
    """
    ratio = leak(20, 20) / INFINITE
    steady = np.cosh(1 - place) / (ratio * np.cosh(1) + np.sinh(1))
    answer = steady + 0 * time
    for number in range(300):
        low, high = (number - 0.5) * np.pi + 1e-9, number * np.pi
        a = brentq(lambda x: np.tan(x) + ratio * x, low, high) if number else 0.0
        norm = 0.5 + np.sin(2 * a) / (4 * a) + ratio * np.cos(a) ** 2 if number else 1 + ratio
        rate = 1 + a**2
        answer = answer - np.cos(a) * np.cos(a * (1 - place)) / (norm * rate) * np.exp(-rate * time)
    return 100 / INFINITE * answer


def test_a_cable_charges_as_the_sum_of_its_modes(charged: Any) -> None:
    time = np.arange(800) * 0.05 / TAU
    soma = above_rest(charged, "cylinder", "v_soma")[:, 0]
    steady = 100 / (leak(20, 20) + INFINITE * np.tanh(1))
    late = time > 0.01  # the modes give the first steps badly
    assert np.abs(soma - cable_response(0.0, time))[late].max() < 2e-3 * steady
    for number in ALONG:
        found = above_rest(charged, "cylinder", f"v_cable_{number}")[:, 0]
        exact = cable_response((number - 0.5) / PIECES, time)
        assert np.abs(found - exact)[late].max() < 2e-3 * steady


def test_a_tree_of_rall_is_its_equivalent_cylinder(charged: Any) -> None:
    for number, name in zip(ALONG, IN_TREE, strict=True):
        cylinder = above_rest(charged, "cylinder", f"v_cable_{number}")
        np.testing.assert_allclose(
            above_rest(charged, "branches", f"v_{name}"), cylinder, rtol=1e-7, atol=1e-7
        )


def test_input_resistance_and_attenuation_of_a_finite_cable(trees: Any) -> None:
    """The steady state, in steps of a millisecond; pieces of 1/20 are within 4e-4."""
    text = trees.tree(CYLINDER, "backward_euler", "cylinder")
    flows = [trees.flow("cylinder", "100 pA", "0 ms", "200 ms")]
    names = ["v_soma", *(f"v_cable_{n}" for n in ALONG)]
    run = trees.run({"cylinder": text}, duration="200 ms", step="1 ms", stimuli=flows,
                    variables=names)  # fmt: skip
    soma, *along = (above_rest(run, "cylinder", name)[-1, 0] for name in names)
    resistance = 1 / (leak(20, 20) + INFINITE * np.tanh(1))
    assert soma / 100 == pytest.approx(resistance, rel=5e-4)
    places = (np.array(ALONG) - 0.5) / PIECES
    np.testing.assert_allclose(np.array(along) / soma, np.cosh(1 - places) / np.cosh(1), rtol=5e-4)


SMALL = {
    "soma": ROOT,
    "stem": {"parent": "soma", "length": 150, "diameter": 3, "segments": 2, "mechanisms": LEAK},
    "one": {"parent": "stem", "length": 200, "diameter": 1, "mechanisms": LEAK},
    "two": {"parent": "stem", "length": 100, "diameter": 2, "mechanisms": LEAK},
    "basal": {"parent": "soma", "length": 120, "diameter": 2, "mechanisms": LEAK},
}
PARTS = {"soma": (20, 20), "stem_1": (75, 3), "stem_2": (75, 3), "one": (200, 1), "two": (100, 2),
         "basal": (120, 2)}  # fmt: skip


def test_transfer_is_the_same_both_ways_and_no_charge_is_lost(trees: Any) -> None:
    places = list(PARTS)
    text = trees.tree(SMALL)
    flows = [trees.flow("tree", "20 pA", "1 ms", "11 ms", compartment=place, cells=(cell,))
             for cell, place in enumerate(places)]  # fmt: skip
    run = trees.run({"tree": text}, duration="30 ms", step="0.1 ms", stimuli=flows, size=6,
                    variables=[f"v_{place}" for place in places])  # fmt: skip
    potential = np.stack([above_rest(run, "tree", f"v_{place}") for place in places])
    # the answer at one place to a current at another, at all times
    np.testing.assert_allclose(potential, potential.transpose(2, 1, 0), rtol=1e-9, atol=1e-10)
    assert potential[3, :, 5].max() > 0.5
    middle = (potential[:, 1:] + potential[:, :-1]) / 2
    leaks = [leak(*size) for size in PARTS.values()]
    stored = [capacity(*size) for size in PARTS.values()]
    lost = 0.1 * np.einsum("p,ptc->c", leaks, middle)
    np.testing.assert_allclose(lost + np.array(stored) @ potential[:, -1], 20 * 10.0, rtol=1e-9)


# -- the order of the step, and large steps --------------------------------------------------------

DRIVEN = {
    "soma": {"length": 20, "diameter": 20, "mechanisms": ["squid"]},
    "dend": {"parent": "soma", "length": 300, "diameter": 3, "mechanisms": LEAK},
}
STEPS = (0.1, 0.05, 0.025)


def squid(time: float, state: Any) -> Any:
    """Return what `DRIVEN` does, in mV and ms, written again from the formulas of 1952."""
    soma, dend, m, h, n = state
    area, out = np.pi * 400, np.pi * 300 * 3
    axial = 1e3 * np.pi * 1.5**2 / 150 / 1.0  # nS, half a dendrite of 100 ohm cm
    sodium, potassium = 1.2 * m**3 * h, 0.36 * n**4  # nS/um**2
    ionic = area * (sodium * (50 - soma) + potassium * (-77 - soma) + 3e-3 * (-54.3 - soma))
    a_m = 0.1 * (soma + 40) / -np.expm1(-(soma + 40) / 10)
    a_n = 0.01 * (soma + 55) / -np.expm1(-(soma + 55) / 10)
    a_h, b_h = 0.07 * np.exp(-(soma + 65) / 20), 1 / (np.exp(-(soma + 35) / 10) + 1)
    b_m, b_n = 4 * np.exp(-(soma + 65) / 18), 0.125 * np.exp(-(soma + 65) / 80)
    return [
        (ionic + axial * (dend - soma)) / (area * 1e-2),
        (leak(300, 3) * (-70 - dend) + axial * (soma - dend) + 60.0) / (out * 1e-2),
        a_m * (1 - m) - b_m * m,
        a_h * (1 - h) - b_h * h,
        a_n * (1 - n) - b_n * n,
    ]


def rest_of_gates(v: float) -> list[float]:
    """Return m, h and n in their steady states, from their rates."""
    rates = np.array([squid(0, [v, v, *gates])[2:] for gates in ((0, 0, 0), (1, 1, 1))])
    return list(rates[0] / (rates[0] - rates[1]))


@pytest.fixture(scope="module")
def exact() -> Any:
    """Potentials of soma and dendrite at every 0.1 ms from -60 mV on."""
    start = [-60.0, -60.0, *rest_of_gates(-60.0)]
    found = solve_ivp(squid, (0, 10), start, "LSODA", np.arange(0, 10, 0.1), rtol=1e-10, atol=1e-10)
    assert found.y[0].max() < -45  # no spike
    assert np.ptp(found.y[0]) > 4
    return found.y[:2]


@pytest.mark.parametrize(
    ("method", "order"),
    [("crank_nicolson", 2), pytest.param("backward_euler", 1, marks=pytest.mark.slow)],
)
def test_the_error_falls_with_the_order_of_the_method(
    trees: Any, exact: Any, method: str, order: int
) -> None:
    errors = []
    for step in STEPS:
        run = trees.run(
            {"tree": trees.tree(DRIVEN, method, start=-60.0)}, duration="10 ms", step=f"{step} ms",
            stimuli=[trees.flow("tree", "60 pA", "0 ms", "10 ms", compartment="dend")],
            variables=["v_soma", "v_dend"],
        )  # fmt: skip
        found = [above_rest(run, "tree", v)[:: round(0.1 / step), 0] - 70 for v in
                 ("v_soma", "v_dend")]  # fmt: skip
        errors.append(np.abs(np.array(found) - exact).max())
    ratios = np.array(errors[:-1]) / errors[1:]
    np.testing.assert_allclose(ratios, 2**order, rtol=0.1)
    assert errors[-1] < {2: 2e-3, 1: 0.1}[order]


def test_a_synaptic_current_is_of_second_order_too(trees: Any) -> None:
    """What an event adds flows from the end of its step on; the exact one starts there."""
    receptors = {
        "soma": ROOT | {"mechanisms": ["leak", "silent", "ampa"]},
        "dend": DRIVEN["dend"] | {"mechanisms": ["leak", "ampa"]},
    }
    axial = 1e3 * np.pi * 1.5**2 / 150

    def slope(time: float, v: Any) -> Any:
        conductance = 2.0 * np.exp(-time / 2)
        return [(leak(20, 20) * -v[0] + axial * (v[1] - v[0])) / capacity(20, 20),
                (leak(300, 3) * -v[1] + axial * (v[0] - v[1]) + conductance * (70 - v[1]))
                / capacity(300, 3)]  # fmt: skip

    times = np.arange(0, 9, 0.1)
    exact = solve_ivp(slope, (0, 9), [0, 0], "LSODA", times, rtol=1e-10, atol=1e-10).y
    errors = []
    for step in STEPS:
        found = trees.events(
            trees.tree(receptors), ["dend"], peak="2 nS", times=[1.0], duration="10.1 ms",
            step=f"{step} ms", variables=["v_soma", "v_dend"],
        ).traces["tree"]  # fmt: skip
        every = round(0.1 / step)
        first = round(1 / step) + 1
        both = np.stack([found[v].values[first::every, 0] * 1e3 + 70 for v in ("v_soma", "v_dend")])
        errors.append(np.abs(both[:, : times.size] - exact).max())
    np.testing.assert_allclose(np.array(errors[:-1]) / errors[1:], 4, rtol=0.1)


@pytest.mark.parametrize("step", [pytest.param("0.1 ms", marks=pytest.mark.slow), "1 ms"])
def test_a_stiff_tree_stays_in_bounds_in_large_steps(trees: Any, step: str) -> None:
    """A head that charges in 1.6 us: backward Euler goes straight to the steady state.

    Crank-Nicolson rings around it, never further off than it was when the current changed.
    """
    stiff = {
        "soma": ROOT | {"mechanisms": ["squid"]},
        "dend": {"parent": "soma", "length": 100, "diameter": 1, "segments": 8,
                 "mechanisms": LEAK},
        "head": {"parent": "dend", "length": 0.5, "diameter": 0.5, "coupling": 5.0,
                 "mechanisms": LEAK},
    }  # fmt: skip
    neurons = {
        m: trees.tree(stiff, m, m, start=-65.0) for m in ("crank_nicolson", "backward_euler")
    }
    flows = [trees.flow(m, "30 pA", "1 ms", "16 ms", compartment="head") for m in neurons]
    run = trees.run(neurons, duration="30 ms", step=step, stimuli=flows,
                    variables=["v_head", "v_dend_8", "v_soma", "squid_m_soma"])  # fmt: skip
    for name in neurons:
        for variable in run.traces[name].data_vars.values():
            assert np.isfinite(variable.values).all()
    head, dend = (above_rest(run, "backward_euler", v)[:, 0] for v in ("v_head", "v_dend_8"))
    across = head - dend
    assert across.min() > -0.1
    assert across.max() == pytest.approx(30 / 5.0, rel=1e-3)
    head, dend = (above_rest(run, "crank_nicolson", v)[:, 0] for v in ("v_head", "v_dend_8"))
    assert (head - dend).min() > -12.5
    assert (head - dend).max() < 12.5
