"""Pair and triplet rules in every form and on every backend.

Isolated spikes are held to the formula, dense trains to a plain event loop, and the
forms to each other. One file, because all of it runs on the same few programs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
import pytest

REFERENCE = 0.1
#: Forms and loop round differently; a wrong order of events or a missed settling is 1e-3.
LOOP = 1e-9 * REFERENCE
#: Between two forms only roundings differ: some hundred additions of relative error 1e-16.
FORMS = 1e-12 * REFERENCE

PAIRS, STEPS, RECORD = 24, 1200, 100
SNAPSHOTS = range(0, STEPS + 1, RECORD)
POSSIBLE = {
    "pair": ("textbook", "neuron_traces", "folded"),
    "pair_multiplicative": ("textbook", "neuron_traces"),
    "triplet": ("textbook", "neuron_traces", "folded"),
}
SPINES = {
    "pair": "pair_stdp",
    "pair_multiplicative": "pair_stdp_multiplicative",
    "triplet": "triplet_stdp",
}
KEEPS = {"all_to_all": 1.0, "nearest": 0.0}

#: Amplitudes in the names of the triplet rule, and bounds: free ones are never reached.
STRENGTHS = {
    "free": {"a2_plus": 6e-4, "a3_plus": 5e-4, "a2_minus": 7e-4, "a3_minus": 2e-4,
             "lowest": 0.0, "highest": 10.0},
    "bounded": {"a2_plus": 0.5, "a3_plus": 0.3, "a2_minus": 0.25, "a3_minus": 0.4,
                "lowest": 0.06, "highest": 0.14},
}  # fmt: skip
OTHERS = {"initial": 0.1, "reference": REFERENCE}
OTHERS |= {"tau_plus": 16.8, "tau_minus": 33.7, "tau_x": 101.0, "tau_y": 114.0}
VOLUMES = ("initial", "reference", "lowest", "highest")

#: Compiled programs are built of the triplet rule, which holds the pair rule in it, in all forms,
#: and of the multiplicative rule in one; the others are slow.
BUILT = {("pair_multiplicative", "neuron_traces"), ("triplet", "folded"), ("triplet", "textbook")}
#: At the bounds programs that are built anyway do.
BACKENDS = (
    pytest.param("numpy", marks=pytest.mark.slow),
    pytest.param("cpp", marks=pytest.mark.cpp),
    pytest.param("cython", marks=[pytest.mark.cpp, pytest.mark.slow]),
)
#: No delay and one of several steps, where Python has the second only; all else is slow.
RUNS = [
    pytest.param(
        backend, delay,
        marks=[pytest.mark.cpp] * (backend != "numpy")
        + [pytest.mark.slow] * ((backend, delay) not in (("numpy", 7), ("cpp", 7))),
    )
    for backend in ("numpy", "cpp", "cython")
    for delay in (0, 1, 7)
]  # fmt: skip


def random_trains(seed: int) -> tuple[tuple[int, ...], ...]:
    """Spikes in 1 to 20 of 100 steps, with some in the first, the last and settling steps."""
    random = np.random.default_rng(seed)
    chance = random.permutation(np.geomspace(0.01, 0.2, PAIRS))
    hits = random.random((PAIRS, STEPS)) < chance[:, None]
    hits[:, [0, 100, 500, 1000, STEPS - 1]] |= random.random((PAIRS, 5)) < 0.5
    return tuple(tuple(map(int, np.flatnonzero(row))) for row in hits)


BEFORE, AFTER = random_trains(1), random_trains(2)


def numbers(rule: str, strength: str, keep: float, **changed: float) -> dict[str, float]:
    values = {**STRENGTHS[strength], **OTHERS, "accumulation": keep, **changed}
    return values if rule == "triplet" else {**values, "a3_plus": 0.0, "a3_minus": 0.0}


def parameters(rule: str, delay: int, values: dict[str, float]) -> dict[str, Any]:
    names = {"a2_plus": "a_plus", "a2_minus": "a_minus"} if rule != "triplet" else {}
    wanted = ("a2_plus", "a2_minus", "accumulation", "tau_plus", "tau_minus")
    wanted += ("a3_plus", "a3_minus", "tau_x", "tau_y") if rule == "triplet" else ()
    return {
        "axonal_delay": float(delay),
        **{names.get(name, name): values[name] for name in wanted},
        **{f"volume_{name}": values[name] for name in VOLUMES},
    }


@pytest.fixture(scope="module")
def simulated(pairs: Any, volumes: Any, listed_spikes: Any) -> Callable[..., np.ndarray]:
    """Volume by backend, rule, form, delay, strength and pairing scheme; each is run once."""

    @cache
    def run(
        backend: str, rule: str, form: str | None, delay: int, strength: str, keep: float
    ) -> np.ndarray:
        model = pairs(SPINES[rule])
        model = model.with_parameters(parameters(rule, delay, numbers(rule, strength, keep)))
        protocol = listed_spikes(BEFORE, AFTER, steps=STEPS, record=RECORD)
        return volumes(model, protocol, backend, form)

    return run


@pytest.fixture(scope="module")
def expected(event_loop: Any) -> Callable[..., np.ndarray]:
    """The same by the event loop."""

    @cache
    def run(rule: str, delay: int, strength: str, keep: float) -> np.ndarray:
        values = numbers(rule, strength, keep)
        how = {"multiplicative": rule == "pair_multiplicative"}
        columns = [
            event_loop(b, a, delay, values, SNAPSHOTS, **how)
            for b, a in zip(BEFORE, AFTER, strict=True)
        ]
        return np.array(columns).T

    return run


CASES = [(rule, form) for rule, forms in POSSIBLE.items() for form in forms]


def built(rule: str, form: str | None = None) -> bool:
    """Return whether a form of a rule is compiled, or all its forms are."""
    return all((rule, one) in BUILT for one in ([form] if form else POSSIBLE[rule]))


def cases(*runs: Any, of: Sequence[tuple[str, ...]] = CASES) -> list[Any]:
    """Return runs with each case of a rule; compiled ones that are not `BUILT` are slow."""
    return [
        pytest.param(
            *run.values,
            *case,
            marks=[*run.marks, *[pytest.mark.slow] * (run.values[0] == "cpp" and not built(*case))],
            id="-".join(map(str, (*run.values, *case))),
        )
        for run in runs
        for case in of
    ]


@pytest.mark.parametrize("keep", KEEPS.values(), ids=list(KEEPS))
@pytest.mark.parametrize(("backend", "delay", "rule", "form"), cases(*RUNS))
def test_form_follows_the_event_loop(
    simulated: Any, expected: Any, backend: str, rule: str, form: str, delay: int, keep: float
) -> None:
    loop = expected(rule, delay, "free", keep)
    assert 0 < loop.min() <= loop.max() < 10
    assert np.ptp(loop[-1]) > 0.01 * REFERENCE
    found = simulated(backend, rule, form, delay, "free", keep)
    np.testing.assert_allclose(found, loop, rtol=0, atol=LOOP)


@pytest.mark.parametrize("keep", KEEPS.values(), ids=list(KEEPS))
@pytest.mark.parametrize(("backend", "rule", "form"), cases(*BACKENDS))
def test_form_follows_the_event_loop_at_the_bounds(
    simulated: Any, expected: Any, backend: str, rule: str, form: str, keep: float
) -> None:
    loop = expected(rule, 1, "bounded", keep)
    for bound in ("lowest", "highest"):
        assert np.count_nonzero(loop == STRENGTHS["bounded"][bound]) >= 3
    found = simulated(backend, rule, form, 1, "bounded", keep)
    np.testing.assert_allclose(found, loop, rtol=0, atol=LOOP)


@pytest.mark.parametrize("keep", KEEPS.values(), ids=list(KEEPS))
@pytest.mark.parametrize(
    ("backend", "delay", "rule"), cases(*RUNS, of=[(rule,) for rule in POSSIBLE])
)
def test_forms_agree_with_each_other(
    simulated: Any, backend: str, rule: str, delay: int, keep: float
) -> None:
    first, *others = (
        simulated(backend, rule, form, delay, "free", keep) for form in POSSIBLE[rule]
    )
    for other in others:
        np.testing.assert_allclose(other, first, rtol=0, atol=FORMS)


A_PLUS, A_MINUS, TAU_PLUS, TAU_MINUS = 0.02, 0.03, 16.8, 33.7
INITIAL, SIZE = 0.1, 0.05
INTERVALS = (-90, -40, -20, -10, -5, -2, -1, 0, 1, 2, 5, 10, 20, 40, 70, 90)
#: Steps from the first to the second and from the second to the third spike.
GAPS = ((3, 4), (10, 5), (1, 1), (25, 12))
#: A few additions and exponentials of relative error 1e-16 each.
ROUNDING = 1e-13


def plus(interval: int) -> float:
    return A_PLUS * math.exp(-interval / TAU_PLUS)


def minus(interval: int) -> float:
    return -A_MINUS * math.exp(-interval / TAU_MINUS)


def change(interval: int) -> float:
    """A postsynaptic spike in the step of an arrival comes after it."""
    return plus(interval) if interval >= 0 else minus(-interval)


def spikes(delay: int) -> tuple[list[list[int]], list[list[int]]]:
    """Pairs at all intervals, then pre-pre-post and post-post-pre at all gaps."""
    start = 500
    before, after = [], []
    for interval in INTERVALS:
        before.append([start - delay])
        after.append([start + interval])
    for first, second in GAPS:
        before.append([start - delay, start + first - delay])
        after.append([start + first + second])
    for first, second in GAPS:
        before.append([start + first + second - delay])
        after.append([start, start + first])
    return before, after


def drives(keep: float) -> np.ndarray:
    """The last spike of a triple meets one or both of the others."""
    triples = [
        kernel(second) + keep * kernel(first + second)
        for kernel in (plus, minus)
        for first, second in GAPS
    ]
    return np.array([*map(change, INTERVALS), *triples])


PAIR_CASES = [case for case in CASES if case[0] != "triplet"]


@pytest.mark.parametrize("keep", KEEPS.values(), ids=list(KEEPS))
@pytest.mark.parametrize(("backend", "delay", "rule", "form"), cases(*RUNS, of=PAIR_CASES))
def test_isolated_spikes_change_volume_by_the_formula(
    pairs: Any, listed_spikes: Any, volumes: Any, backend: str, rule: str, form: str,
    keep: float, delay: int,
) -> None:  # fmt: skip
    model = pairs(SPINES[rule]).with_parameters(
        axonal_delay=delay, a_plus=A_PLUS, a_minus=A_MINUS, tau_plus=TAU_PLUS,
        tau_minus=TAU_MINUS, accumulation=keep, volume_initial=INITIAL,
        volume_reference=SIZE,
    )  # fmt: skip
    protocol = listed_spikes(*spikes(delay), steps=600, record=100)
    found = volumes(model, protocol, backend, form)
    size = INITIAL if rule == "pair_multiplicative" else SIZE
    wanted = INITIAL + size * drives(keep)
    np.testing.assert_array_equal(found[0], INITIAL)
    np.testing.assert_allclose(found[-1], wanted, rtol=0, atol=ROUNDING * INITIAL)
