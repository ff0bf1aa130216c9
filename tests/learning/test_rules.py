"""Each rule against its sum written out, the second phase against a plain loop, gradients."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest

jax = pytest.importorskip("jax")

from neurospine.learning.dendritic.network import Network, load_network  # noqa: E402
from neurospine.learning.dendritic.phases import forward, nudge  # noqa: E402
from neurospine.learning.dendritic.rules import (  # noqa: E402
    RULES,
    Synapses,
    initial_memory,
    learn,
    top_down_contrast,
)
from neurospine.learning.dendritic.training import State, train_sample  # noqa: E402
from neurospine.learning.dendritic.weights import initial_weights, rule_numbers  # noqa: E402

POST, PRE = 3, 4


@pytest.fixture(autouse=True)
def double() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


def synapses(sign: float = 1.0) -> Synapses:
    """Return a projection with rates below 0, between 0 and 1 and above."""
    random = np.random.default_rng(4)

    def rates(size: int) -> np.ndarray:
        return np.maximum(random.normal(0.5, 1.0, size), 0.0)

    return Synapses(
        weights=random.random((POST, PRE)),
        pre=rates(PRE),
        post=rates(POST),
        pre_nudged=rates(PRE),
        post_nudged=rates(POST),
        plateau=np.array([0.7, -0.4, 0.0]),
        dendrite=np.array([0.3, -2.0, 1.5]),
        memory={
            "pre": rates(PRE),
            "plateau": np.array([-0.5, 0.6, 0.2]),
            "threshold": np.array([0.1, 0.4, 0.9]),
        },
        numbers={"discount": 0.03, "largest": 1.2},
        sign=sign,
    )


def unit(value: float) -> float:
    return min(max(value, 0.0), 1.0)


def depression(trace: float) -> float:
    """A sigmoid that starts at 0 and ends at 1, with its middle at 0.01."""
    low, high = (1 / (1 + math.exp(-200 * (x - 0.01))) for x in (0.0, 1.0))
    return (1 / (1 + math.exp(-200 * (unit(trace) - 0.01))) - low) / (high - low)


def btsp(s: Synapses, i: int, j: int) -> float:
    w, g, largest = s.weights[i, j], s.numbers["discount"], s.numbers["largest"]
    now, before = unit(s.pre_nudged[j]), unit(s.memory["pre"][j])
    change = 0.0
    for plateau, trace in (
        (s.plateau[i], now),
        (s.plateau[i], before * g),
        (s.memory["plateau"][i], now * g),
    ):
        change += max(plateau, 0.0) * ((largest - w) * trace - w * depression(trace))
    return change + min(s.plateau[i], 0.0) * now


WRITTEN_OUT = {
    "dendritic_target": lambda s, i, j: s.plateau[i] * unit(s.pre[j]),
    "dendritic_loss": lambda s, i, j: -min(max(s.dendrite[i], -1), 1) * unit(s.pre[j]),
    "hebb": lambda s, i, j: s.sign * s.post[i] * s.pre[j],
    "clipped_hebb": lambda s, i, j: s.sign * unit(s.post_nudged[i]) * unit(s.pre_nudged[j]),
    "contrast": lambda s, i, j: (
        (s.post[i] > 0) * unit(s.post_nudged[i]) * unit(s.pre_nudged[j])
        - unit(s.post[i]) * unit(s.pre[j])
    ),
    "btsp": btsp,
    "bcm": lambda s, i, j: (
        s.post_nudged[i] * (s.post_nudged[i] - s.memory["threshold"][i]) * unit(s.pre_nudged[j])
    ),
}


def test_every_rule_is_written_out_here() -> None:
    assert set(WRITTEN_OUT) == set(RULES)


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_rule_is_its_sum(name: str, sign: float) -> None:
    s = synapses(sign)
    wanted = [[WRITTEN_OUT[name](s, i, j) for j in range(PRE)] for i in range(POST)]
    np.testing.assert_allclose(RULES[name](s), wanted, rtol=1e-9, atol=1e-12)


def test_top_down_weights_learn_what_the_target_changes_above() -> None:
    s = synapses()
    wanted = [
        [unit(s.post[i]) * min(max(s.pre_nudged[j] - s.pre[j], -1), 1) for j in range(PRE)]
        for i in range(POST)
    ]
    np.testing.assert_allclose(top_down_contrast(s), wanted, rtol=1e-9)


SMALL = {"inputs": 8, "H1.E": 6, "H1.SomaI": 3, "H1.DendI": 3, "H2.E": 5, "H2.SomaI": 3,
         "H2.DendI": 3, "Output.E": 4, "Output.SomaI": 3, "steps": 6}  # fmt: skip
INPUTS, TARGET = np.linspace(0.1, 0.9, 8), np.eye(4)[2]


def small(name: str, **more: object) -> tuple[Network, dict[str, dict[str, jax.Array]]]:
    """Return a network whose weights are large enough for most cells to be active."""
    network = load_network(name, SMALL | more)
    weights = initial_weights(network, 2)
    for own in weights.values():
        for name in {"below_to_E", "below_to_SomaI"} & set(own):
            own[name] = own[name] + 0.3
    return network, weights


@pytest.mark.parametrize(
    "settling",
    [["E"], pytest.param(["E", "SomaI"], marks=pytest.mark.slow), ["E", "SomaI", "DendI"]],
)
def test_populations_settle_again_under_the_nudge(settling: list[str]) -> None:
    network, weights = small("learned_top_down", settling=settling)
    first = forward(network, weights, INPUTS)
    found = nudge(network, weights, rule_numbers(network), INPUTS, first, TARGET)

    w = {label: {n: np.asarray(m) for n, m in own.items()} for label, own in weights.items()}
    u = {label: {n: np.asarray(v) for n, v in first[label].state.items()} for label in w}
    a = {label: {n: np.asarray(v) for n, v in first[label].rate.items()} for label in w}
    before = {label: {n: np.asarray(v) for n, v in first[label].before.items()} for label in w}
    active = {label: a[label]["E"] > 0 for label in w}
    plateau: dict[str, np.ndarray] = {}
    layers = list(w)
    for step in range(network.steps):
        for place in (2, 1, 0):
            label = layers[place]
            if step == 0:
                if place == 2:
                    error = TARGET - a[label]["E"]
                else:
                    error = w[label]["above_to_E"] @ a[layers[place + 1]]["E"]
                    error = error + w[label]["DendI_to_E"] @ before[label]["DendI"]
                plateau[label] = np.clip(error, -1, 1) * active[label]
            before[label] = dict(a[label])
            below = a[layers[place - 1]]["E"] if place else INPUTS
            for name in settling:
                if name not in u[label]:
                    continue
                drive = -u[label][name]
                if name != "DendI":
                    drive = drive + w[label][f"below_to_{name}"] @ below
                for origin in {"E": ["SomaI"], "SomaI": ["E", "SomaI"]}.get(name, ["E", "DendI"]):
                    drive = drive + w[label][f"{origin}_to_{name}"] @ before[label][origin]
                u[label][name] = u[label][name] + drive / network.tau
                pushed = u[label][name] + (plateau[label] if name == "E" else 0.0)
                a[label][name] = np.maximum(pushed, 0.0)
    for label in layers:
        assert plateau[label].any()
        np.testing.assert_allclose(found.plateau[label], plateau[label], rtol=1e-9)
        for name in a[label]:
            rates = found.rates[label]
            np.testing.assert_allclose(rates.rate[name], a[label][name], rtol=1e-9)
            np.testing.assert_allclose(rates.before[name], before[label][name], rtol=1e-9)


@pytest.mark.parametrize("name", ["btsp", pytest.param("supervised_bcm", marks=pytest.mark.slow)])
def test_what_a_rule_remembers_is_of_the_last_sample(name: str) -> None:
    network, weights = small(name)
    numbers, memory = rule_numbers(network), initial_memory(network)
    first = forward(network, weights, INPUTS)
    second = nudge(network, weights, numbers, INPUTS, first, TARGET)
    _, after = learn(network, weights, memory, numbers, INPUTS, first, second)
    for label in network.layers:
        rate = second.rates[label].rate["E"]
        if name == "btsp":
            below = network.below(label)
            pre = second.rates[below].rate["E"] if below else INPUTS
            np.testing.assert_array_equal(after[label]["pre"], pre)
            np.testing.assert_array_equal(after[label]["plateau"], second.plateau[label])
        else:
            own = network.layers[label].projections["below_to_E"]
            assert own.threshold
            moved = own.threshold + (rate**2 / own.threshold - own.threshold) / own.tau_threshold
            np.testing.assert_allclose(after[label]["threshold"], moved, rtol=1e-9)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("hebbian", marks=pytest.mark.slow),
        "learned_top_down",
        pytest.param("temporal_contrast", marks=pytest.mark.slow),
    ],
)
def test_what_learns_changes_and_the_rest_does_not(name: str) -> None:
    more = {} if name != "hebbian" else {"H1.DendI": 0, "H2.DendI": 0}
    network, weights = small(name, **more)
    state = State(weights, initial_memory(network))
    after, _ = train_sample(network, rule_numbers(network), state, INPUTS, TARGET)
    changed, learning = set(), set()
    for label, own in weights.items():
        for projection, before in own.items():
            if network.layers[label].projections[projection].rule != "fixed":
                learning.add(projection)
            if (after.weights[label][projection] != before).any():
                changed.add(projection)
    assert changed == learning


@pytest.mark.parametrize("name", ["dendritic_targets", "fixed_top_down"])
def test_without_what_reaches_dendrites_only_outputs_learn(name: str) -> None:
    network, weights = small(name, silenced_in_training=["top_down", "DendI"])
    state = State(weights, initial_memory(network))
    after, _ = train_sample(network, rule_numbers(network), state, INPUTS, TARGET)
    for label, own in weights.items():
        same = (after.weights[label]["below_to_E"] == own["below_to_E"]).all()
        assert same == (label != "Output")


@pytest.mark.parametrize(
    ("back", "tolerance"), [(6, 1e-6), pytest.param(3, None, marks=pytest.mark.slow)]
)
def test_backprop_follows_the_slope_of_the_error(back: int, tolerance: float | None) -> None:
    more = {"H1.DendI": 0, "H2.DendI": 0, "backward_steps": back, "H1.below_to_E.rate": 1e-3}
    network, weights = small("backprop_dale", **more)
    numbers = rule_numbers(network)

    def error(weight: float) -> float:
        own = weights["H1"] | {"below_to_E": weights["H1"]["below_to_E"].at[1, 3].set(weight)}
        rates = forward(network, weights | {"H1": own}, INPUTS)
        return float(np.mean((rates["Output"].rate["E"] - TARGET) ** 2))

    here = float(weights["H1"]["below_to_E"][1, 3])
    slope = (error(here + 1e-5) - error(here - 1e-5)) / 2e-5
    assert abs(slope) > 1e-6
    state = State(weights, initial_memory(network))
    after, _ = train_sample(network, numbers, state, INPUTS, TARGET)
    step = (here - float(after.weights["H1"]["below_to_E"][1, 3])) * 1e3
    if tolerance:
        np.testing.assert_allclose(step, slope, rtol=tolerance)
    else:  # what the last steps have to do with it
        assert 0 < abs(step) < abs(slope)


def test_a_single_layer_learns_by_the_delta_rule() -> None:
    network = load_network("backprop_no_hidden", {"inputs": 8, "Output.E": 4})
    weights = {"Output": {"below_to_E": jax.numpy.full((4, 8), 0.1)}}
    state = State(weights, initial_memory(network))
    after, seen = train_sample(network, rule_numbers(network), state, INPUTS, TARGET)
    output = 0.1 * INPUTS.sum()
    rate = network.layers["Output"].projections["below_to_E"].rate
    assert rate
    wanted = 0.1 - rate * 2 / 4 * np.outer(output - TARGET, INPUTS)
    np.testing.assert_allclose(after.weights["Output"]["below_to_E"], wanted, rtol=1e-9)
    assert not seen.correct


@pytest.mark.parametrize(
    ("name", "silent_learn"),
    [
        ("backprop_dale", True),
        pytest.param("backprop_dale", False, marks=pytest.mark.slow),
        ("dendritic_targets", True),
        ("dendritic_targets", False),
    ],
)
def test_a_silent_output_learns_what_it_is_told_if_it_may(name: str, silent_learn: bool) -> None:
    """The cell of the right class grows; the others are right to be silent."""
    more = {"H1.DendI": 0, "H2.DendI": 0} if name == "backprop_dale" else {}
    network, weights = small(name, **more, **{"Output.silent_learn": silent_learn})
    weights["Output"]["SomaI_to_E"] = weights["Output"]["SomaI_to_E"] - 9.0
    state = State(weights, initial_memory(network))
    after, _ = train_sample(network, rule_numbers(network), state, INPUTS, TARGET)
    change = np.asarray(after.weights["Output"]["below_to_E"] - weights["Output"]["below_to_E"])
    assert (change > 0).any(1).tolist() == [False, False, silent_learn, False]
    assert not (change < 0).any()


def test_a_silent_output_learns_by_the_delta_rule() -> None:
    changes = {"inputs": 8, "Output.E": 4, "Output.silent_learn": True}
    network = load_network("backprop_no_hidden", changes)
    weights = {"Output": {"below_to_E": jax.numpy.full((4, 8), -0.1)}}
    state = State(weights, initial_memory(network))
    after, _ = train_sample(network, rule_numbers(network), state, INPUTS, TARGET)
    rate = network.layers["Output"].projections["below_to_E"].rate
    assert rate
    wanted = -0.1 + rate * 2 / 4 * np.outer(TARGET, INPUTS)
    np.testing.assert_allclose(after.weights["Output"]["below_to_E"], wanted, rtol=1e-9)
