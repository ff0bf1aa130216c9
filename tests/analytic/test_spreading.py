"""Diffusion along dendrites, against Green's function with its images at the ends.

First `spread` by itself, then the same through a whole run, where spines release into
their dendrite and look at it.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from neurospine import Model, Protocol, Trajectory, simulate
from neurospine.simulation.spreading import LARGEST_DIVISION, MOST_DIVISIONS, spread

#: um**2/s, um.
DIFFUSION, LENGTH = 0.5, 120.0
#: Places of 1 um differ from Green's function by 1/24 of (place length)**2/(diffusion*time).
PEAK = 0.01
#: Sums of some hundred numbers, some thousand times.
ROUNDING = 1e-12


def greens(position: np.ndarray, source: float, time: float, length: float) -> np.ndarray:
    """Return the density of one unit, released at `source`, that both ends reflect."""
    images = [source + 2 * n * length for n in range(-3, 4)]
    images += [2 * n * length - source for n in range(-3, 4)]
    wide = 4 * DIFFUSION * time
    parts = [np.exp(-((position - image) ** 2) / wide) for image in images]
    return np.asarray(sum(parts) / math.sqrt(math.pi * wide))


def released(
    source: float, time: float, tick: float, place: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """Return places (um) and density after a time in ticks, one unit released at `source`."""
    count = round(LENGTH / place)
    middles = (np.arange(count) + 0.5) * place
    density = np.zeros(count)
    density[int(source / place)] = 1 / place
    coupling = np.full(count, DIFFUSION / place**2)
    coupling[-1] = 0.0
    for _ in range(round(time / tick)):
        density = spread(density, coupling, tick)
    return middles, density


@pytest.mark.parametrize("tick", [0.5, 1.0, 20.0, 60.0])
@pytest.mark.parametrize("time", [60.0, 120.0, 600.0])
def test_a_signal_spreads_as_greens_function_says(time: float, tick: float) -> None:
    position, density = released(60.5, time, tick)
    wanted = greens(position, 60.5, time, LENGTH)
    np.testing.assert_allclose(density, wanted, rtol=0, atol=PEAK * wanted.max())


@pytest.mark.parametrize("source", [0.5, 4.5, 113.5])
def test_ends_of_a_dendrite_reflect(source: float) -> None:
    """A wall of glass or a leak there would be off by half of what is near."""
    position, density = released(source, 60.0, 1.0)
    wanted = greens(position, source, 60.0, LENGTH)
    alone = np.exp(-((position - source) ** 2) / (4 * DIFFUSION * 60.0))
    alone /= math.sqrt(4 * math.pi * DIFFUSION * 60.0)
    assert np.max(np.abs(alone - wanted)) > 0.2 * wanted.max()
    np.testing.assert_allclose(density, wanted, rtol=0, atol=PEAK * wanted.max())


@pytest.mark.parametrize("tick", [0.2, 1.0, 60.0, 3600.0])
def test_nothing_is_lost_or_gained_by_spreading(tick: float) -> None:
    random = np.random.default_rng(1)
    density = random.random(200)
    coupling = np.full(200, DIFFUSION)
    coupling[[40, 41, 130, 199]] = 0.0
    rows = np.split(np.arange(200), [41, 42, 131])
    before = [density[row].sum() for row in rows]
    start = density
    for _ in range(20):
        density = spread(density, coupling, tick)
    assert np.max(np.abs(density - start)) > 0.1
    for row, amount in zip(rows, before, strict=True):
        assert density[row].sum() == pytest.approx(amount, rel=ROUNDING)


def test_halving_tick_and_place_changes_the_result_by_less_than_one_percent() -> None:
    """Where there is at least a tenth of the peak, a minute after the release."""
    position, coarse = released(60.5, 60.0, 2.0)
    _, quick = released(60.5, 60.0, 1.0)
    _, fine = released(60.5 - 0.25, 60.0, 2.0, place=0.5)
    _, shifted = released(60.5 + 0.25, 60.0, 2.0, place=0.5)
    halves = (fine + shifted) / 2
    matters = coarse > 0.1 * coarse.max()
    assert 15 < np.count_nonzero(matters) < position.size
    for other in (quick, halves.reshape(-1, 2).mean(axis=1)):
        assert np.any(other != coarse)
        np.testing.assert_allclose(other[matters], coarse[matters], rtol=0.01)


def test_the_error_falls_with_the_square_of_the_tick() -> None:
    """Below the division of ticks, against the matrix exponential."""
    count = 40
    coupling = np.full(count, DIFFUSION)
    coupling[-1] = 0.0
    matrix = np.diag(coupling[:-1], 1) + np.diag(coupling[:-1], -1)
    values, vectors = np.linalg.eigh(matrix - np.diag(matrix.sum(axis=1)))
    start = np.exp(-((np.arange(count) - 15.0) ** 2) / 8)
    wanted = vectors @ (np.exp(values * 16.0) * (vectors.T @ start))
    errors = []
    for tick in (4.0, 2.0, 1.0, 0.5):
        assert DIFFUSION * tick <= LARGEST_DIVISION
        density = start
        for _ in range(round(16 / tick)):
            density = spread(density, coupling, tick)
        errors.append(np.max(np.abs(density - wanted)))
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    np.testing.assert_allclose(orders[-2:], 2.0, atol=0.15)


def test_dendrites_exchange_nothing() -> None:
    density = np.zeros(60)
    density[19] = 1.0
    coupling = np.full(60, DIFFUSION)
    coupling[[19, 39, 59]] = 0.0
    for _ in range(100):
        density = spread(density, coupling, 10.0)
    np.testing.assert_array_equal(density[20:], 0.0)
    np.testing.assert_allclose(density[:20], 1 / 20, rtol=1e-3)


@pytest.mark.parametrize("exchange", [0.01, 1.0, 2.0, 50.0, 2.0 * MOST_DIVISIONS, 1e3, 1e5])
def test_a_release_at_one_place_leaves_nothing_negative(exchange: float) -> None:
    """However long a tick: a scheme that only averages would swing about zero."""
    density = np.zeros(101)
    density[50] = 1.0
    coupling = np.full(101, exchange)
    coupling[-1] = 0.0
    for _ in range(3):
        density = spread(density, coupling, 1.0)
        assert density.min() >= -1e-12
        np.testing.assert_allclose(density, density[::-1], rtol=0, atol=1e-12)
        assert density.max() < 1.0


def test_what_does_not_spread_stays() -> None:
    start = np.array([0.0, 2.0, 1.0])
    np.testing.assert_array_equal(spread(start, np.zeros(3), 10.0), start)
    np.testing.assert_array_equal(spread(start, np.array([1.0, 1.0, 0.0]), 0.0), start)
    assert spread(start, np.array([1.0, 1.0, 0.0]), 10.0) == pytest.approx(1.0, abs=1e-3)


# -- the same through a whole run ----------------------------------------------------------

SPINES, SPAN = 41, 40.3  # 41 places, each a little shorter than 1 um
SOURCE, AMOUNT, DECAY, SECONDS = 12, 3.0, 90.0, 120
#: Volume shows what a spine sees: BASE without a signal.
BASE = 1.0

CIRCUIT = f"""
kind    = "circuit"
name    = "line"
summary = "Spines at equal distances along one dendrite."
[populations.axons]
size = {SPINES}
[populations.cell]
size = 1
[projections.spines]
from         = "axons"
to           = "cell"
spine        = "seeing"
delay        = "axonal_delay"
connectivity = {{ rule = "all_to_all" }}
length       = "span"
placement    = "even"
[parameters]
axonal_delay = {{ value = 0.0, unit = "ms", source = "assumed", meaning = "m" }}
span         = {{ value = {SPAN}, unit = "um", source = "assumed", meaning = "m" }}
"""
PULSES = """
drive = "additive"
provides = ["drive", "stimulation"]
[synapse]
variables = "stimulation : 1"
on_pre = "stimulation = stimulation + 1"
"""
SIGNAL = """
needs = ["volume", "stimulation"]
[signals.mark]
meaning = "m"
release = "amount*stimulation"
diffusion = "diffusion"
step = "mark = mark*exp(-interval/decay) + released"
[step]
code = "volume = base + mark"
[parameters]
amount = AMOUNT 1
diffusion = DIFFUSION um**2/s
decay = DECAY s
base = BASE 1
"""


@pytest.fixture(scope="module")
def line(trees: Any) -> Trajectory:
    """One spine releases twice in the first second; then nothing spikes for two minutes."""
    signal = SIGNAL
    for name, value in (("AMOUNT", AMOUNT), ("DIFFUSION", DIFFUSION), ("DECAY", DECAY),
                        ("BASE", BASE)):  # fmt: skip
        signal = signal.replace(name, str(value))
    used = '["pulses", "bounded_volume", "signal", "volume_weight"]'
    parts = {
        "pulses": trees.part("plasticity", "pulses", PULSES),
        "signal": trees.part("neighbours", "signal", signal),
        "seeing": trees.part("spine", "seeing", f"use = {used}"),
    }
    model = Model.from_text(CIRCUIT, parts=parts).with_parameters(volume_highest=10.0)
    pulses = {"kind": "spike_list", "population": "axons", "cells": (SOURCE, SOURCE),
              "times": (0.1, 0.8)}  # fmt: skip
    protocol = Protocol(
        name="pulses", model={"circuit": "line"}, step="20 ms", record_every="1 s",
        phases=(
            {"name": "pulses", "duration": "1 s", "stimuli": (pulses,)},
            {"name": "later", "kind": "consolidation", "duration": f"{SECONDS} s", "tick": "1 s"},
        ),
    )  # fmt: skip
    return simulate(model, protocol, backend="numpy")


def seen(line: Trajectory) -> np.ndarray:
    """Return what each spine sees, from the tick of the release on, at every tick (per um)."""
    return np.asarray(line.spines["spines"]["volume"].values)[1:] - BASE


def test_spines_release_an_amount_for_each_um(line: Trajectory) -> None:
    """Both pulses at the end of the tick, and half a tick to spread before spines look."""
    first = seen(line)[0]
    assert first.sum() * SPAN / SPINES == pytest.approx(2 * AMOUNT, rel=ROUNDING)
    assert np.argmax(first) == SOURCE
    assert 0.5 < first[SOURCE] / (2 * AMOUNT) < 1.0


def test_what_is_on_a_dendrite_decays_exactly_while_it_spreads(line: Trajectory) -> None:
    found = seen(line).sum(axis=1) * SPAN / SPINES
    wanted = 2 * AMOUNT * np.exp(-np.arange(SECONDS + 1) / DECAY)
    np.testing.assert_allclose(found, wanted, rtol=ROUNDING)


def test_spines_see_what_others_released_as_greens_function_says(line: Trajectory) -> None:
    position = line.slots["spines"]["position"].to_numpy()
    np.testing.assert_allclose(position, (np.arange(SPINES) + 0.5) * SPAN / SPINES, rtol=1e-9)
    for ticks in (20, 60, 120):
        wanted = greens(position, position[SOURCE], ticks + 0.5, SPAN)
        wanted = 2 * AMOUNT * math.exp(-ticks / DECAY) * wanted
        np.testing.assert_allclose(seen(line)[ticks], wanted, rtol=0, atol=PEAK * wanted.max())


def test_nothing_is_seen_before_the_tick_that_takes_the_release(line: Trajectory) -> None:
    volume = line.spines["spines"]["volume"].values[0]
    np.testing.assert_array_equal(volume, volume[0])
    assert np.all(np.diff(seen(line).sum(axis=1)) < 0)
