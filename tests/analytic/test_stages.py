"""The stage machine against the matrix exponential, and rates that read what they may read."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.linalg import expm

from neurospine import Model, Protocol, Trajectory, simulate
from neurospine.description.library import shipped_folder

HOUR = 3600.0
#: A number drawn at random is further off than this once in 150 000 times.
UNLIKELY = 4.5
#: What is assigned in several steps of the same arithmetic.
ROUNDING = 1e-12

NUMBER = "source = 'assumed', meaning = 'x'"
START = "[start]\nshare = 'start_share'\nstage = '{stage}'\nvolume = '{volume}'"

#: Rates of a machine in which every stage is left and entered in more than one way, 1/hour.
RATES = {
    ("absent", "filopodium"): 0.8, ("absent", "thin"): 0.15, ("filopodium", "absent"): 0.7,
    ("filopodium", "thin"): 0.4, ("thin", "absent"): 0.2, ("thin", "mushroom"): 0.5,
    ("mushroom", "thin"): 0.3, ("mushroom", "absent"): 0.05,
}  # fmt: skip
STAGES = ("absent", "filopodium", "thin", "mushroom")


def part(stages: Any, transitions: Any, parameters: Any, start: str, more: str = "") -> str:
    """Return a stages part; a transition is (from, to, rate, volume or nothing)."""
    lines = ["kind = 'stages'", "name = 'machine'", "summary = 'A machine.'", "[stages]"]
    lines += [f"{name} = {{ meaning = 'a stage' }}" for name in stages]
    for origin, target, rate, volume in transitions:
        lines += ["[[transitions]]", f"from = '{origin}'", f"to = '{target}'", f"rate = '{rate}'"]
        lines += [f"volume = '{volume}'"] if volume else []
    lines += [start, more, "[parameters]"]
    lines += [
        f"{n} = {{ value = {v}, unit = '{u}', {NUMBER} }}" for n, (v, u) in parameters.items()
    ]
    return "\n".join(lines)


def machine(
    text: str, sites: int, *, intrinsic: str = "", rule: str = "", **values: float
) -> Model:
    """Return sites on a dendrite with a stages part of one's own."""
    used = [
        name for name in (rule, "bounded_volume", intrinsic, "machine", "volume_weight") if name
    ]
    spine = f"kind = 'spine'\nname = 'tried'\nsummary = 'Tried here.'\nuse = {used}"
    circuit = (shipped_folder() / "models/circuits/dendrite.toml").read_text()
    model = Model.from_text(circuit, parts={"machine": text, "tried": spine}, spine="tried")
    return model.with_parameters({"n_sites": sites, **values})


def constant_rates(stage: str = "thin", share: float = 1.0) -> str:
    transitions = [
        (a, b, f"rate_{a}_{b}", "birth_volume*exp(0.3*normal)" if a == "absent" else None)
        for a, b in RATES
    ]
    parameters = {f"rate_{a}_{b}": (r, "1/hour") for (a, b), r in RATES.items()}
    parameters |= {"birth_volume": (0.02, "1"), "start_share": (share, "1")}
    return part(STAGES, transitions, parameters, START.format(stage=stage, volume="0.05"))


def consolidated(duration: str, tick: str, record: str, **more: Any) -> Protocol:
    phase = {"name": "all", "kind": "consolidation", "duration": duration, "tick": tick}
    return Protocol(
        name="wait", summary="Spines live.", step="1 ms",
        phases=({**phase, "record_every": record},), **more,
    )  # fmt: skip


def generator() -> np.ndarray:
    """Return the generator in 1/hour: rate from stage j to stage i in row i and column j."""
    rates = np.zeros((4, 4))
    for (origin, target), rate in RATES.items():
        rates[STAGES.index(target), STAGES.index(origin)] += rate
    return rates - np.diag(rates.sum(axis=0))


def scheme(step: float) -> np.ndarray:
    """Return the matrix of one step as it is defined: a jump, and one more in half of the step."""
    rates = generator()
    leaving = -np.diag(rates)
    chosen = (rates + np.diag(leaving)) / leaving
    stays = np.diag(np.exp(-0.5 * step * leaving))
    again = stays + chosen @ (np.eye(4) - stays)
    return np.diag(np.exp(-step * leaving)) + again @ chosen @ np.diag(-np.expm1(-step * leaving))


def occupancy(trajectory: Trajectory) -> np.ndarray:
    """Return the share of slots in each stage. Shape (snapshot, stage)."""
    stage = trajectory.spines["spines"]["stage"].values
    return np.stack([(stage == number).mean(axis=1) for number in range(4)], axis=1)


def test_occupancy_follows_the_matrix_exponential() -> None:
    sites = 60_000
    model = machine(constant_rates(), sites)
    found = occupancy(
        simulate(model, consolidated("6 hour", "6 minute", "1 hour"), backend="numpy")
    )
    for hours, shares in enumerate(found):
        wanted = expm(generator() * hours)[:, STAGES.index("thin")]
        # What the step of six minutes does to a share, from the matrix of the step.
        steps = np.linalg.matrix_power(scheme(0.1), 10 * hours)[:, STAGES.index("thin")]
        error = UNLIKELY * np.sqrt(wanted * (1 - wanted) / sites) + np.abs(steps - wanted)
        assert np.abs(steps - wanted).max() < 5e-4
        assert np.all(np.abs(shares - wanted) <= error)


@pytest.mark.parametrize("stage", STAGES)
def test_a_coarse_step_has_the_matrix_that_its_definition_gives(stage: str) -> None:
    """With steps so long that it is far from the exponential."""
    sites = 60_000
    share = 0.0 if stage == "absent" else 1.0
    model = machine(constant_rates("thin" if stage == "absent" else stage, share), sites)
    found = occupancy(simulate(model, consolidated("4 hour", "2 hour", "2 hour"), backend="numpy"))
    for steps in (1, 2):
        wanted = np.linalg.matrix_power(scheme(2.0), steps)[:, STAGES.index(stage)]
        noise = UNLIKELY * np.sqrt(wanted * (1 - wanted) / sites)
        assert np.all(np.abs(found[steps] - wanted) <= noise)


def test_a_step_is_of_second_order() -> None:
    steps = np.array([0.2, 0.1, 0.05, 0.025])
    local = [np.abs(scheme(h) - expm(generator() * h)).max() for h in steps]
    whole = [
        np.abs(np.linalg.matrix_power(scheme(h), round(4 / h)) - expm(generator() * 4)).max()
        for h in steps
    ]
    # Halving divides the error of a step by 8 and that of a time by 4, up to the next order.
    assert np.array(local[:-1]) / local[1:] == pytest.approx(np.full(3, 8.0), rel=0.1)
    assert np.array(whole[:-1]) / whole[1:] == pytest.approx(np.full(3, 4.0), rel=0.1)
    assert scheme(0.2).sum(axis=0) == pytest.approx(np.ones(4), abs=ROUNDING)


@pytest.mark.parametrize("intrinsic", ["", "log_drift", "two_timescales"])
def test_absent_means_no_volume_and_no_weight(intrinsic: str) -> None:
    model = machine(constant_rates(), 2000, intrinsic=intrinsic)
    protocol = consolidated("2 day", "2 hour", "2 hour", repeats=2)
    spines = simulate(model, protocol, backend="numpy").spines["spines"]
    absent = spines["stage"].values == 0
    assert 0.05 < absent.mean() < 0.95
    for name in ("volume", "weight"):
        np.testing.assert_array_equal(spines[name].values == 0, absent)
    assert spines["volume"].values.min() >= 0


def survivors(rate: str, volume: str, **more: Any) -> tuple[np.ndarray, Trajectory]:
    """Return start volumes of 20000 spines and a day of their deaths at a rate."""
    transitions = [("absent", "spine", "0*k", "0.1"), ("spine", "absent", rate, None)]
    parameters = {"k": (1.0, "1/day"), "start_share": (1.0, "1")}
    text = part(
        ("absent", "spine"), transitions, parameters, START.format(stage="spine", volume=volume)
    )
    found = simulate(
        machine(text, 20_000, **more), consolidated("1 day", "1 hour", "6 hour"), backend="numpy"
    )
    return found.spines["spines"]["volume"].values[0], found


@pytest.mark.parametrize(
    ("rate", "scale"), [("10*k*volume", 10.0), ("k*weight", 25.0), ("k*(volume/0.2)**4", None)]
)
def test_a_rate_reads_volume_and_weight(rate: str, scale: float | None) -> None:
    volumes, found = survivors(rate, "0.1*exp(0.8*normal)", weight_per_volume=25.0)
    hazard = scale * volumes if scale else (volumes / 0.2) ** 4
    alive = found.spines["spines"]["stage"].values > 0
    for day, here in zip(np.arange(5) / 4, alive, strict=True):
        chance = np.exp(-hazard * day)
        for group in np.array_split(np.argsort(volumes), 8):
            noise = UNLIKELY * np.sqrt((chance * (1 - chance))[group].sum()) + 1e-9
            assert abs(here[group].sum() - chance[group].sum()) <= noise


def test_age_counts_from_birth_also_in_a_slot_that_was_used_before() -> None:
    """Deaths at a rate in proportion to age, births at once."""
    transitions = [("absent", "spine", "b", "0.1"), ("spine", "absent", "k*k*age", None)]
    parameters = {"b": (20.0, "1/day"), "k": (1.0, "1/day"), "start_share": (0.0, "1")}
    text = part(
        ("absent", "spine"), transitions, parameters, START.format(stage="spine", volume="0.1")
    )
    protocol = consolidated("8 day", "1 hour", "4 day")
    found = simulate(machine(text, 4000), protocol, backend="numpy").contacts["spines"]
    day = 24 * HOUR
    birth, death = found["birth"].to_numpy() / day, found["death"].to_numpy() / day
    again = found.groupby("slot").cumcount().to_numpy() > 0
    # Within the step of its birth a spine is born anywhere, and it is listed if it outlives it.
    born_before_end_of_step = (np.arange(100) + 0.5) / 100 / 24
    for chosen in (~again, again):
        seen = chosen & (birth <= 5)
        lives = np.where(np.isnan(death), np.inf, death)[seen] - birth[seen]
        assert seen.sum() > 3000
        for lag in (0.5, 1.0, 1.5, 2.5):
            later, first = (
                np.exp(-((x + born_before_end_of_step) ** 2) / 2).mean() for x in (lag, 0.0)
            )
            wanted = later / first
            noise = UNLIKELY * np.sqrt(wanted * (1 - wanted) / seen.sum())
            assert abs((lives > lag + 1e-9).mean() - wanted) <= noise


def test_births_follow_a_trace_of_the_cell() -> None:
    """The trace is read at every tick of the slow clock."""
    sites, tick, tau = 20_000, 0.02, 0.1
    transitions = [
        ("absent", "spine", "b*activity", "0.1"), ("spine", "absent", "0*b", None)
    ]  # fmt: skip
    parameters = {"b": (2.0, "1/second"), "tau": (tau, "second"), "start_share": (0.0, "1")}
    trace = "[postsynaptic]\nequations = 'dactivity/dt = -activity/tau : 1'\n"
    trace += "on_spike = 'activity = activity + 1'"
    text = part(
        ("absent", "spine"),
        transitions,
        parameters,
        START.format(stage="spine", volume="0.1"),
        trace,
    )
    spikes = [0.105, 0.115, 0.5]
    stimulus = {"kind": "spike_list", "population": "cell", "cells": (0,) * 3,
                "times": tuple(spikes)}  # fmt: skip
    protocol = Protocol(
        name="active", summary="Births with activity.", step="1 ms", spine_step=f"{tick} s",
        record_every="0.1 s", phases=({"name": "all", "duration": "1 s", "stimuli": (stimulus,)},),
    )  # fmt: skip
    alive = simulate(machine(text, sites), protocol, backend="numpy").spines["spines"]["stage"]
    found = (alive.values > 0).mean(axis=1)
    ticks = tick * np.arange(1, 51)
    activity = sum(np.where(ticks > s, np.exp(-(ticks - s) / tau), 0.0) for s in spikes)
    wanted = 1 - np.exp(-2.0 * tick * np.concatenate([[0.0], np.cumsum(activity)[4::5]]))
    assert np.all(found[:2] == 0)
    assert wanted[-1] > 0.3
    noise = UNLIKELY * np.sqrt(wanted * (1 - wanted) / sites)
    assert np.all(np.abs(found - wanted) <= noise)
