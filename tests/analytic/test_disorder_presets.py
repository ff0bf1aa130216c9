"""Presets of disorders against the chain of size classes, with the numbers of the model files."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from neurospine import Model, load_model, load_protocol, measure, simulate
from neurospine.analysis.chain import Chain, chain_of
from neurospine.analysis.chain_course import filled, later
from neurospine.analysis.chain_measures import size_change, sizes, turnover, typical_change
from neurospine.description.library import shipped_folder

DAY = 86400.0
REFERENCE = shipped_folder() / "data" / "reference"
#: Calibrated numbers have three digits, and rates two.
DIGITS = 0.01
#: A number drawn at random is further off than this once in 15 000 times.
UNLIKELY = 4.0


def model(spine: str, sets: Sequence[str], disorders: Sequence[str] = (), **values: Any) -> Model:
    found = load_model("dendrite", spine=spine)
    for label in sets:
        found = found.with_set(label)
    found = found.with_parameters(values)
    return found.with_disorder(*disorders) if disorders else found


def chain(found: Model) -> tuple[Chain, float]:
    """Return the chain of the spines of a model, and the births at an empty site (1/s)."""
    spine = found.spines["spines"]
    assert spine.intrinsic
    assert spine.stages
    values = {
        name: found.number(part.name, name)
        for part in (spine.intrinsic, spine.stages)
        for name in part.parameters
    }
    process = spine.intrinsic.process.model_dump()
    stages = {name: table.model_dump() for name, table in spine.stages.stages.items()}
    transitions = [
        {"from": t.origin, "to": t.target, "rate": t.rate, "volume": t.volume}
        for t in spine.stages.transitions
    ]
    return chain_of(process, stages, transitions, values), values["birth_rate"]


CORTEX = ("cortex_young_adult", "sparse_sites")


@cache
def at_rest(*disorders: str) -> tuple[Chain, Any]:
    spines, births = chain(model("living_spine", CORTEX, disorders))
    return spines, filled(spines, births)


def published(name: str) -> pd.DataFrame:
    return pd.read_csv(REFERENCE / f"{name}.csv", comment="#")


def test_schizophrenia_has_as_many_spines_as_published_and_keeps_the_large_ones() -> None:
    (control, before), (_, after) = at_rest(), at_rest("schizophrenia_density")
    (density,) = published("glantz2000")["relative_density"]
    assert after.sum() / before.sum() == pytest.approx(density, abs=DIGITS)
    large, small = control.volume >= 0.12, control.volume < 0.03
    assert after[large].sum() / before[large].sum() == pytest.approx(1, abs=2 * DIGITS)
    assert after[small].sum() / before[small].sum() < density - 0.1


def test_plaques_take_as_many_spines_as_published() -> None:
    control, births = chain(model("spine_near_plaque", CORTEX[:1]))
    before = filled(control, births).sum()

    def density(distance: float) -> float:
        found = model("spine_near_plaque", CORTEX[:1], ["alzheimer"], plaque_distance=distance)
        return float(filled(*chain(found)).sum() / before)

    near, far = published("spires2005")["relative_density"]
    assert np.mean([density(d) for d in np.linspace(0, 20, 5)]) == pytest.approx(near, abs=DIGITS)
    assert density(100.0) == pytest.approx(far, abs=DIGITS)


def test_fragile_x_is_one_factor_with_three_effects() -> None:
    before, _ = chain(model("living_spine", ["v1_adult"]))
    after, _ = chain(model("living_spine", ["v1_adult"], ["fragile_x"]))
    assert turnover(after, 4 * DAY) / turnover(before, 4 * DAY) > 1.3
    change = [typical_change(size_change(c, DAY)) for c in (before, after)]
    assert change[1] / change[0] > 1.05
    mean = [sizes(c, filled(c, 1e-12)).mean for c in (before, after)]
    assert 0.85 < mean[1] / mean[0] < 0.97


def test_calcineurin_loss_hardly_changes_how_many_spines_there_are() -> None:
    (control, before), (_, after) = at_rest(), at_rest("calcineurin_loss")
    assert after.sum() / before.sum() == pytest.approx(1, abs=0.06)
    small, large = control.volume < 0.03, control.volume >= 0.12
    assert after[small].sum() / before[small].sum() < 0.85
    assert after[large].sum() / before[large].sum() > 1.2


@pytest.mark.slow
def test_elimination_after_ketamine_is_that_of_control() -> None:
    lost = []
    for disorders in ((), ("ketamine",)):
        found = model("living_spine", CORTEX, disorders)
        _, present = at_rest()
        shares = []
        for visit in range(7):
            seen, kept = present.sum(), present
            for day in (2 * visit, 2 * visit + 1):
                moment = (21 + day + 0.5) * DAY
                spines, births = chain(found.at(moment) if disorders else found)
                present = later(spines, births, present, DAY)
                kept = later(spines, 0.0, kept, DAY)
            shares.append(1 - kept.sum() / seen)
        lost.append(np.mean(shares))
    assert lost[1] / lost[0] == pytest.approx(1, abs=DIGITS)


@pytest.mark.slow
def test_a_run_with_a_course_follows_the_chain() -> None:
    """Four weeks of cocaine, then none, in cells with and without D1 receptors."""
    found = load_protocol("cocaine_withdrawal")
    run = simulate(found.default_model(), found, seed=2)
    table = measure(run, found)["density"]
    table = table[table["disorder"] == "cocaine"]
    for cells, own in table.groupby("receptors"):
        under = model("striatal_spine", ["ca1_in_vivo", "sparse_sites", str(cells)], ["cocaine"])
        present = np.zeros(chain(under)[0].births.size)
        spines, births = chain(model("striatal_spine", ["ca1_in_vivo", "sparse_sites"]))
        present, density = filled(spines, births), {}
        for day in range(58):
            present = later(*chain(under.at((day + 0.5) * DAY)), present, DAY)
            density[day + 1] = present.sum()
        for _, row in own[own["time"] > 0].iterrows():
            expected = density[28 + round(row["time"])]
            assert abs(row["value"] - expected) < UNLIKELY * row["standard_error"] + 5e-4
