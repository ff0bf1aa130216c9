"""The calcium rule: its text against integrations, the engine against its text."""

from __future__ import annotations

import importlib.util
import math
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest

from neurospine import Model, Protocol, simulate
from neurospine.description.evaluate import evaluate
from neurospine.description.expressions import parse_statements


def _helper(name: str) -> ModuleType:
    path = Path(__file__).with_name(f"{name}.py")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


gb = _helper("graupner_brunel")
ROOT = Path(__file__).parents[2]
FILE = tomllib.loads((ROOT / "models/plasticity/graupner_brunel.toml").read_text())
STARTS = np.array([0.0, 0.2, 0.45, 0.55, 0.8, 1.0])
#: What linear pieces and wells one after the other, not together, leave out: at most 5e-6 here.
SPLITTING = 1e-5


def by_text(
    rule: Mapping[str, float], events: Any, start: Any, duration: float,
    random: np.random.Generator | None = None,
) -> np.ndarray:  # fmt: skip
    """Efficacies after a train by the statements of the file."""
    statements = parse_statements(FILE["synapse"]["between"])
    state: dict[str, Any] = {"efficacy": np.array(start, float), "calcium": 0.0}
    last = 0.0
    for when, jump in [*events, (duration, 0.0)]:
        names = {**rule, **state, "elapsed": when - last, "efficacy_noise": 0.0}
        if random is not None:
            names["efficacy_noise"] = random.standard_normal(np.shape(start))
        for statement in statements:
            names[statement.name] = evaluate(statement.expression, names)
        state = {"efficacy": names["efficacy"], "calcium": names["calcium"] + jump}
        last = when
    return np.asarray(state["efficacy"])


def random_train(rule: Mapping[str, float], seed: int, density: float, length: float) -> Any:
    random, events = np.random.default_rng(seed), []
    for rate, jump in ((8, rule["c_before"]), (12, rule["c_after"])):
        times = np.round(random.random(random.poisson(rate * density * length)) * length, 3)
        events += [(float(time), jump) for time in times]
    return sorted(events)


@pytest.mark.parametrize("name", list(gb.RULES))
def test_sets_are_those_of_the_authors(name: str) -> None:
    values = {k: p["value"] for k, p in FILE["parameters"].items()} | FILE["sets"][name]["values"]
    in_seconds = {"tau_calcium": 1e-3, "calcium_delay": 1e-3}
    for key, value in gb.RULES[name].items():
        own = {"delay": "calcium_delay"}.get(key, key)
        assert values[own] * in_seconds.get(own, 1.0) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize("density", [0.2, 1.0, 4.0])
@pytest.mark.parametrize("name", list(gb.RULES))
def test_text_follows_the_rule_without_noise(name: str, density: float) -> None:
    rule = gb.RULES[name]
    events = random_train(rule, 1, density, 10.0)
    found = by_text(rule, events, STARTS, 60.0)
    assert np.abs(found - STARTS).max() > 0.01
    np.testing.assert_allclose(found, gb.exact(rule, events, STARTS, 60.0), rtol=0, atol=SPLITTING)


def test_text_holds_where_potentiation_has_the_lower_threshold() -> None:
    rule = {**gb.RULES["generic"], "theta_p": 1.0, "theta_d": 1.3, "sigma": 0.0}
    events = random_train(rule, 2, 1.0, 5.0)
    mean, _ = gb.mean_efficacy(rule, events, 0.3)
    found = by_text({**rule, "sigma": 0.0}, events, np.array([0.3]), 5.5)
    assert abs(found[0] - mean) < 0.05 * 5.5 / rule["tau"]  # the double well
    assert abs(mean - 0.3) > 0.1


def test_short_steps_of_the_whole_rule_approach_the_text() -> None:
    """First order: half the step, half the distance, within the jitter of crossings."""
    rule = gb.RULES["cortical_slices"]
    events = random_train(rule, 1, 1.0, 2.0)
    found = by_text(rule, events, STARTS, 2.2)
    far, near = (
        np.abs(gb.integrate(rule, events, STARTS, 2.2, step) - found).max() for step in (4e-4, 5e-5)
    )
    assert near < 1e-3
    assert near < far / 4


@pytest.mark.parametrize("quiet", [0.5, 30.0, 1e6])
def test_wells_are_reached_by_their_closed_form(quiet: float) -> None:
    rule = gb.RULES["hippocampal_cultures"]
    found = by_text(rule, [], STARTS, quiet)
    if quiet < 1e5:
        wanted = gb._relax(rule, STARTS, quiet, 0.0, 0.0)
        np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-9)
    else:
        np.testing.assert_allclose(found, STARTS > 0.5, rtol=0, atol=1e-12)


def test_noise_has_the_mean_and_spread_of_short_steps() -> None:
    rule = gb.RULES["hippocampal_cultures"]
    events = gb.motifs(rule, 20.0, 20, 0.01)
    spines, random = 20_000, np.random.default_rng(5)
    text = by_text(rule, events, np.zeros(spines), 1.2, random)
    steps = gb.integrate(rule, events, np.zeros(spines), 1.2, 1e-4, random)
    error = math.hypot(text.std(), steps.std()) / math.sqrt(spines)
    assert text.std() > 0.1
    assert abs(text.mean() - steps.mean()) < 4 * error + 1e-3  # the second is the error of steps
    assert abs(text.std() / steps.std() - 1) < 4 / math.sqrt(spines) + 5e-3
    mean, variance = gb.mean_efficacy(rule, events, 0.0)
    assert abs(text.std() / math.sqrt(variance) - 1) < 4 / math.sqrt(2 * spines) + 0.02
    assert abs(text.mean() - mean) < 0.01


def test_reference_file_is_the_closed_form() -> None:
    table = pd.read_csv(ROOT / "data/reference/graupner2012_readout.csv", comment="#")
    assert len(table) == 38
    for row in table.to_dict("records"):
        rule = gb.RULES[row["parameters"]]
        after = (0.0, 0.0115)[: row["postsynaptic_spikes"]]
        times = gb.periodic_times_above(
            rule, row["rate [Hz]"], row["count"], interval=row["interval [ms]"] / 1e3, after=after
        )
        found = gb.readout(rule, *times)
        for key, own in (("up", "up"), ("down", "down"), ("after_over_before", "change")):
            assert row[key] == pytest.approx(found[own], abs=5.1e-4)


def test_closed_form_is_that_of_the_plan() -> None:
    """Values of the authors' closed form that were worked out before, to two decimals."""
    rule = gb.RULES["hippocampal_slices"]
    for interval, wanted in ((-40, 0.88), (-20, 0.82), (0, 0.76), (20, 0.70), (40, 1.00)):
        times = gb.periodic_times_above(rule, 5.0, 200, interval=interval / 1e3)
        assert gb.readout(rule, *times)["change"] == pytest.approx(wanted, abs=0.006)


BACKENDS = ("numpy", pytest.param("cpp", marks=[pytest.mark.cpp, pytest.mark.slow]))


@pytest.mark.parametrize("backend", BACKENDS)
def test_engine_follows_the_text(
    pairs: Callable[[str], Model], listed_spikes: Callable[..., Protocol], backend: str
) -> None:
    """Without noise, with borders and a delay: a weak spine's volume times 1 + (b - 1) rho."""
    random = np.random.default_rng(7)
    before, after = (
        [tuple(map(int, np.flatnonzero(random.random(2000) < 0.02))) for _ in range(24)]
        for _ in range(2)
    )
    model = pairs("bistable_spine").with_parameters(sigma=0.0, calcium_delay=5.0, tau=20.0)
    protocol = listed_spikes(before, after, steps=3000, record=100)
    run = simulate(model, protocol, backend=backend)  # type: ignore[arg-type]
    volume = run.spines["pair"]["volume"].values
    rule = {**gb.RULES["cortical_slices"], "sigma": 0.0, "tau": 20.0, "calcium_outside": 1.0}
    b, low = rule["up_over_down"], 0.05
    up = volume[0] > 2 * low
    assert 0 < up.sum() < 24
    for slot, (early, late) in enumerate(zip(before, after, strict=True)):
        events = [((t + 5) / 1e3, rule["c_before"]) for t in early]
        events += [(t / 1e3, rule["c_after"]) for t in late]
        rho = by_text(rule, sorted(events), np.array([float(up[slot])]), 3.0)
        wanted = low * (1 + (b - 1) * np.clip(rho[0], 0, 1))
        # borders split the time between events once more
        assert volume[-1, slot] == pytest.approx(wanted, abs=3e-4 * low)
