"""Weights that live as spines: against closed forms, the chain of size classes, and signs."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

jax = pytest.importorskip("jax")

from neurospine import load_model  # noqa: E402
from neurospine.analysis.chain import chain_of  # noqa: E402
from neurospine.analysis.chain_course import filled, later  # noqa: E402
from neurospine.errors import LearningError  # noqa: E402
from neurospine.learning.data.sets import DataSet, load_data  # noqa: E402
from neurospine.learning.dendritic.living import DAY, Spines, spine_numbers, spine_rules  # noqa: E402
from neurospine.learning.dendritic.network import LivingSpines, load_network  # noqa: E402
from neurospine.learning.dendritic.training import Training  # noqa: E402
from neurospine.learning.trainer import Replicate  # noqa: E402

RULES = spine_rules("living_spine")
CORTEX: dict[str, Any] = {"model": "living_spine", "sets": ("cortex_young_adult",)}
SITES = 40_000
SMALL = {"H1.E": 20, "H2.E": 20, "steps": 3, "structural.every": 5}


def lived(numbers: Any, spines: Spines, days: float, step: float) -> Spines:
    """Return spines after some days in steps of so many."""

    def one(spines: Spines, key: Any) -> tuple[Spines, None]:
        return RULES.step(numbers, key, spines, step * DAY), None

    keys = jax.random.split(jax.random.PRNGKey(7), round(days / step))
    return jax.jit(lambda s: jax.lax.scan(one, s, keys)[0])(spines)  # type: ignore[no-any-return]


def test_size_alone_follows_the_closed_form_of_its_logarithm() -> None:
    """Ornstein-Uhlenbeck: the steps are exact, whatever their length."""
    still = {"elimination_rate": 0.0, "elimination_background": 0.0, "birth_rate": 0.0}
    numbers = spine_numbers(LivingSpines(**CORTEX, values=still, samples_per_day=1.0))
    start = Spines(jax.numpy.full(SITES, 0.2), jax.numpy.ones(SITES, bool))
    after = lived(numbers, start, 30.0, 10.0)
    assert after.present.all()
    found, tau, slope, centre = np.log(np.asarray(after.volume)), 25.2, 0.2, 0.0738
    decay = np.exp(-30.0 / tau)
    spread = slope * np.sqrt(tau * (1 - decay**2) / 2)
    mean = np.log(centre) + (np.log(0.2) - np.log(centre)) * decay
    assert found.mean() == pytest.approx(mean, abs=4 * spread / SITES**0.5)
    assert found.std() == pytest.approx(spread, rel=4 / (2 * SITES) ** 0.5)


@pytest.mark.parametrize("disorders", [(), ("schizophrenia_density",)])
def test_births_and_eliminations_are_those_of_the_chain(disorders: tuple[str, ...]) -> None:
    spines = LivingSpines(**CORTEX, disorders=disorders, samples_per_day=1.0)
    numbers = spine_numbers(spines)
    start = RULES.start(numbers, jax.random.PRNGKey(1), (SITES,))
    days = 40.0
    found = lived(numbers, start, days, 0.5)

    model = load_model("dendrite", spine="living_spine").with_set("cortex_young_adult")

    def chain(names: tuple[str, ...]) -> tuple[Any, float]:
        own = model.with_disorder(*names) if names else model
        values = {n: own.number(p.name, n) for p in RULES.model for n in p.parameters}
        process = RULES.model.intrinsic.process
        assert process
        stages = {name: table.model_dump() for name, table in RULES.model.stages.stages.items()}
        ways = [
            {"from": t.origin, "to": t.target, "rate": t.rate, "volume": t.volume}
            for t in RULES.model.stages.transitions
        ]
        return chain_of(process.model_dump(), stages, ways, values), values["birth_rate"]

    at_rest = filled(*chain(()))
    changed, births = chain(disorders)
    expected = later(changed, births, at_rest, days * DAY)
    share = expected.sum()
    # The sampling error of so many sites, and one in a hundred for numbers given to three digits.
    assert np.asarray(found.present).mean() == pytest.approx(
        share, abs=4 * (share * (1 - share) / SITES) ** 0.5 + 0.01 * share
    )
    volume = float(np.asarray(found.volume).sum() / np.asarray(found.present).sum())
    mean = float(expected @ changed.volume / share)
    assert volume == pytest.approx(mean, rel=0.04)


@cache
def digits() -> DataSet:
    return load_data("digits")


def test_no_weight_without_a_spine() -> None:
    training = Training([Replicate(load_network("living_targets_digits", SMALL), 2, 3)], digits())
    before = training.weights()["H1.below_to_E"]
    training.run(20)
    training.run(20)
    weights = training.weights()["H1.below_to_E"]
    present = np.asarray(training.state.structure.present["H1.below_to_E"])
    assert ((weights > 0) <= present).all()
    assert (before > 0).mean() == pytest.approx(0.5, abs=0.05)
    assert ((before > 0) != present).any()


def test_the_mean_weight_at_the_start_is_that_without_spines() -> None:
    plain = load_network("dendritic_targets_digits")
    living = load_network("living_targets_digits")
    first, second = (
        Training([Replicate(n, 1, 1)], digits()).weights()["H1.below_to_E"] for n in (living, plain)
    )
    assert first.mean() == pytest.approx(second.mean(), rel=0.05)


def test_bounds_hold_at_each_check_and_only_from_above() -> None:
    values = {**SMALL, "structural.bounds.start": 0.2}
    network = load_network("bounded_targets_digits", values)
    training = Training([Replicate(network, 1, 1)], digits())
    training.run(50)
    bounds = training.state.structure.bounds["H1.below_to_E"]
    weights = training.weights()["H1.below_to_E"]
    assert (weights <= np.asarray(bounds.upper)).all()
    assert (weights == np.asarray(bounds.upper)).any()
    assert not np.asarray(bounds.lower).any()
    assert len(np.unique(np.asarray(bounds.upper))) > 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"structural.projections": ["H1.below_to_e"]}, "no 'H1.below_to_e'. Did you mean 'H1.be"),
        ({"structural.every": 0}, "every: .*greater than 0"),
        ({"structural.spines.model": "cortical_spine"}, "models with one living stage"),
        ({"structural.spines.model": "living_spin"}, "no .*'living_spin'. Did you mean"),
        ({"structural.spines.sets": ["cortex"]}, "no parameter set 'cortex'"),
        ({"structural.spines.values.slope": 2.0}, "no parameter 'slope'"),
        ({"structural.spines.disorders": ["fragile"]}, "no disorder named 'fragile'. Did you"),
        ({"structural.spines.disorders": ["sapap3"]}, "no parameter of the model has the role"),
        ({"dale": False}, "weights of spines have signs"),
    ],
)
def test_mistakes_are_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(LearningError, match=message):
        load_network("living_targets_digits", change)
