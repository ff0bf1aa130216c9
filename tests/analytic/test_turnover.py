"""Density, survival, turnover and sizes of shipped presets against the chain of size classes.

A run does not begin in the steady state, so the chain goes through the same time as the run,
with one more state for the empty sites.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
import pytest
from scipy.linalg import expm

from neurospine import Model, Protocol, Trajectory, load_model, simulate
from neurospine.analysis.chain import Chain, chain_of
from neurospine.analysis.size_classes import NORMAL, WEIGHT, Array, Classes

DAY = 86400.0
#: A number drawn at random is further off than this once in 15 000 times.
UNLIKELY = 4.0
#: What a tick of an hour and the classes of the chain do to any of the measures.
STEP_ERROR = 0.02
CLASSES = 240
#: Days between visits.
VISIT = 4
PRESETS = {
    "v1_adult": "living_spine", "s1_p35": "cortical_spine", "slice_culture": "absorbed_spine",
}  # fmt: skip


def preset(name: str, sites: int = 1000) -> Model:
    return load_model("dendrite", spine=PRESETS[name]).with_set(name).with_parameters(n_sites=sites)


@dataclass(frozen=True)
class Population:
    """Sites of a model as a chain: absent first, then the states of the chain of spines."""

    chain: Chain
    generator: Array
    start: Array

    @cached_property
    def _sites(self) -> Array:
        return np.asarray(expm(self.generator * VISIT * DAY))

    @cached_property
    def _spines(self) -> Array:
        return np.asarray(expm(self.chain.generator * VISIT * DAY))

    def after(self, days: int) -> Array:
        """Return the share of the sites in each state of spines."""
        return np.asarray(np.linalg.matrix_power(self._sites, days // VISIT) @ self.start)[1:]

    def share(self, law: Array, days: int) -> float:
        """Return the share of spines that outlive a time."""
        later = np.linalg.matrix_power(self._spines, days // VISIT) @ law
        return float(later.sum() / law.sum())


@cache
def population(name: str) -> Population:
    spine = preset(name).spines["spines"]
    assert spine.intrinsic
    assert spine.intrinsic.process
    assert spine.stages
    model = preset(name)
    values = {n: model.number(p.name, n) for p in spine.parts for n in p.parameters}
    process = vars(spine.intrinsic.process)
    stages = {n: {"fluctuates": s.fluctuates} for n, s in spine.stages.stages.items()}
    transitions = [t.model_dump(by_alias=True) for t in spine.stages.transitions]
    chain = chain_of(process, stages, transitions, values, classes=CLASSES)
    births = values["birth_rate"] * chain.births
    size = births.size + 1
    generator = np.zeros((size, size))
    generator[1:, 1:] = chain.generator
    generator[0, 1:] = -chain.generator.sum(axis=0)
    generator[1:, 0], generator[0, 0] = births, -births.sum()
    floor = values[process["lowest"]] if process.get("lowest") else 0.0
    kept = chain.fluctuates
    lowest = np.log(chain.volume[kept][0]) - chain.width / 2
    classes = Classes(float(np.exp(lowest)), 4.0, CLASSES, absorbing=floor > 0)
    volume = values["start_volume"] * np.exp(values["start_spread"] * NORMAL)
    # Who starts below a lowest volume is gone in the first step; the others are as they are.
    start = np.zeros(size)
    start[1:][kept] = values["start_share"] * classes.share(volume, WEIGHT)
    start[0] = 1 - start.sum()
    return Population(chain, generator, start)


def waited(days: int, tick: str, record: str) -> Protocol:
    phase = {"name": "all", "kind": "consolidation", "duration": f"{days} day", "tick": tick}
    return Protocol(
        name="wait",
        summary="Spines live.",
        step="1 ms",
        phases=({**phase, "record_every": record},),
    )


def alive(found: Trajectory, born_before: float, still_at: float) -> int:
    """Return how many of the spines that are there at a day are there at another."""
    contacts = found.contacts["spines"]
    birth, death = contacts["birth"].fillna(-1.0), contacts["death"].fillna(np.inf)
    there = (birth <= born_before * DAY + 1) & (death > born_before * DAY + 1)
    return int((there & (death > still_at * DAY + 1)).sum())


def compare(name: str, backend: str, sites: int, days: int, tick: str = "1 hour") -> None:
    """Compare a run with the chain; all numbers are binomial or have a finite variance."""
    chain = population(name)
    found = simulate(preset(name, sites), waited(days, tick, "4 day"), backend=backend, seed=11)
    spines = found.spines["spines"]
    for day in range(4, days + 1, 4):
        law = chain.after(day)
        here = spines.sel(time=day * DAY, method="nearest")
        lives = here["stage"].values > 0
        density = law.sum()
        noise = UNLIKELY * np.sqrt(density * (1 - density) / sites)
        assert lives.mean() == pytest.approx(density, abs=noise + STEP_ERROR * density / 4)
        number = lives.sum()
        x, y, p = np.log(here["volume"].values[lives]), np.log(chain.chain.volume), law / density
        # Stages without dynamics have the spread of newborns, which the chain does not hold.
        sized = chain.chain.fluctuates
        if not sized.all():
            mature = here["stage"].values[lives] == 2
            x, y, p = x[mature], y[sized], p[sized] / p[sized].sum()
            assert mature.mean() == pytest.approx(
                law[sized].sum() / density, abs=UNLIKELY * 0.5 / number**0.5
            )
        mean, spread = p @ y, np.sqrt(p @ y**2 - (p @ y) ** 2)
        fourth = p @ ((y - mean) / spread) ** 4
        error = UNLIKELY * spread / len(x) ** 0.5
        assert x.mean() == pytest.approx(mean, abs=error + STEP_ERROR / 2)
        error *= np.sqrt((fourth - 1) / 4)
        assert x.std() == pytest.approx(spread, abs=error + STEP_ERROR / 2)
        size, square = p @ np.exp(y), p @ np.exp(2 * y)
        error = UNLIKELY * np.sqrt((square - size**2) / len(x))
        assert np.exp(x).mean() == pytest.approx(size, abs=error + STEP_ERROR * size)
    # Survival from half of the time on, and turnover from visit to visit.
    first = days // 8 * 4
    law, began = chain.after(first), alive(found, first, first)
    for later in range(4, days - first + 1, 4):
        share = chain.share(law, later)
        lost = began - alive(found, first, first + later)
        error = UNLIKELY * np.sqrt(share * (1 - share) * began)
        assert lost == pytest.approx(
            began * (1 - share), abs=error + STEP_ERROR * began * (1 - share)
        )
    lost = wanted = 0.0
    for day in range(4, days - 3, 4):
        law = chain.after(day)
        wanted += law.sum() * sites * (1 - chain.share(law, 4))
        lost += alive(found, day, day) - alive(found, day, day + 4)
    assert lost == pytest.approx(wanted, abs=UNLIKELY * wanted**0.5 + STEP_ERROR * wanted)


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[pytest.mark.slow] * (n != "slice_culture")) for n in PRESETS]
)
def test_a_population_follows_its_chain(name: str) -> None:
    compare(name, "numpy", 8_000, 16)


@pytest.mark.cpp
@pytest.mark.slow
@pytest.mark.parametrize("name", PRESETS)
def test_a_large_population_follows_its_chain_for_months(name: str) -> None:
    compare(name, "cpp", 100_000, 80)


def stepped(name: str, hours: float) -> tuple[Array, Array, Population]:
    """Return the matrix of one slow step on a grid of ln V as its definition has it.

    The normal number of a step is worked out as an integral on the grid, so nothing is left to
    chance. The first matrix is that of spines, the second what is born in a step.
    """
    model, chain = preset(name), population(name)
    spine = model.spines["spines"]
    assert spine.intrinsic
    assert spine.intrinsic.process
    assert spine.stages
    number = {n: model.number(p.name, n) for p in spine.parts for n in p.parameters}
    step = hours * 3600
    x = np.linspace(np.log(1.5e-3), np.log(2.5), 540)
    width = x[1] - x[0]
    decay = np.exp(-step / number["tau_drift"])
    centre = np.log(number["volume_centre"])
    spread = number["noise_slope"] * np.sqrt(number["tau_drift"] * (1 - decay**2) / 2)
    moved = np.exp(-(((x[:, None] - centre - (x - centre) * decay) / spread) ** 2) / 2)
    moved /= moved.sum(axis=0)
    ratio = (np.exp(x) / number["elimination_volume"]) ** 4
    risk = number["elimination_rate"] / (1 + ratio) + number["elimination_background"]
    stays = moved * np.exp(-step * (risk[:, None] + risk) / 2)
    born = np.exp(-(((x - np.log(number["birth_volume"])) / number["birth_spread"]) ** 2) / 2)
    born /= born.sum()
    if name == "v1_adult":
        return stays, born * np.exp(-step / 2 * risk), chain
    dies, grows = number["filopodium_elimination_rate"], number["maturation_rate"]
    size = x.size
    both = np.zeros((2 * size, 2 * size))  # filopodia first; they keep the volume of their birth
    leaves = -np.expm1(-step * (dies + grows))
    both[:size, :size] = np.eye(size) * (1 - leaves)
    both[size:, :size] = np.diag(leaves * grows / (dies + grows) * np.exp(-step / 2 * risk))
    both[size:, size:] = stays
    half = -np.expm1(-step / 2 * (dies + grows))
    new = np.concatenate([born * (1 - half), born * half * grows / (dies + grows)])
    assert width < spread / 1.5
    return both, new, chain


def steady_turnover(name: str, hours: float) -> float:
    """Return the 4-day turnover of the steady state of the scheme itself."""
    matrix, born, _ = stepped(name, hours)
    law = np.linalg.solve(np.eye(len(born)) - matrix, born)
    later = np.linalg.matrix_power(matrix, round(96 / hours)) @ law
    return float(1 - later.sum() / law.sum())


@pytest.mark.parametrize("name", ["v1_adult", "s1_p35"])
def test_halving_the_tick_changes_turnover_by_less_than_two_per_cent(name: str) -> None:
    coarse, fine = (steady_turnover(name, hours) for hours in (1.0, 0.5))
    assert coarse == pytest.approx(fine, rel=0.02)
    chain = population(name).chain
    law = np.linalg.solve(-chain.generator, chain.births)
    exact = 1 - (expm(chain.generator * 4 * DAY) @ law).sum() / law.sum()
    assert fine == pytest.approx(exact, rel=0.02)


@pytest.mark.cpp
@pytest.mark.slow
@pytest.mark.parametrize("name", PRESETS)
def test_halving_the_tick_of_a_run_changes_turnover_by_less_than_two_per_cent(name: str) -> None:
    sites, days = 150_000, {"v1_adult": 160, "s1_p35": 80, "slice_culture": 40}[name]
    lost, seen = [], []
    for tick in ("1 hour", "30 minute"):
        found = simulate(preset(name, sites), waited(days, tick, "4 day"), seed=3)
        visits = range(0, days - 3, 4)
        lost.append(sum(alive(found, d, d) - alive(found, d, d + 4) for d in visits))
        seen.append(sum(alive(found, d, d) for d in visits))
    turnover = np.array(lost) / seen
    noise = UNLIKELY * np.hypot(*(1 / np.sqrt(lost)))
    assert turnover[0] == pytest.approx(turnover[1], rel=0.02 + noise)


def test_contacts_are_those_that_the_stages_show() -> None:
    """With conditions and repeats, and a snapshot of every second site."""
    protocol = Protocol(
        name="wait", summary="Spines live.", step="1 ms", repeats=2,
        record={"every_slot": 2},
        conditions={"births": {"values": (0.1, 1.0), "unit": "1/day", "meaning": "Births",
                               "parameter": "birth_rate"}},
        phases=({"name": "all", "kind": "consolidation", "duration": "4 day", "tick": "2 hour",
                 "record_every": "2 hour"},),
    )  # fmt: skip
    found = simulate(preset("s1_p35", 801), protocol, backend="numpy")
    spines, contacts = found.spines["spines"], found.contacts["spines"]
    check: Callable[..., Any] = np.testing.assert_array_equal
    assert spines.sizes["slot"] == 4 * 401
    # In the table slots count all sites; those that were recorded are every second one of a copy.
    slots = np.concatenate([copy * 801 + np.arange(0, 801, 2) for copy in range(4)])
    birth, death = contacts["birth"].fillna(-1.0).to_numpy(), contacts["death"].fillna(np.inf)
    place = np.searchsorted(slots, contacts["slot"])
    known = (place < slots.size) & (slots[np.minimum(place, slots.size - 1)] == contacts["slot"])
    for row, time in enumerate(spines["time"].values):
        here = (known & (birth <= time + 1) & (death > time + 1)).to_numpy()
        filled = np.bincount(place[here], minlength=slots.size)
        check(filled, (spines["stage"].values[row] > 0).astype(int))
    check(contacts["condition"], contacts["slot"] // 1602)
    check(contacts["repeat"], contacts["slot"] // 801 % 2)
    assert contacts.equals(contacts.sort_values(["slot", "birth"], na_position="first"))
    again = contacts.groupby("slot").size()
    assert again.max() > 2
