"""Counter-based random numbers: published answers, lawful counts, independent streams."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from neurospine.simulation.random import (
    LARGEST_COUNT,
    LARGEST_MEAN,
    ROUNDS,
    generator,
    poisson_count,
    poisson_thresholds,
    stream_key,
    threefry,
)

#: A test of a right generator fails one time in a million.
RARE = 1e-6
#: A word has 32 bits, so a probability is right to half of 2**-32.
WORD = 2.0**-32
FULL = 0xFFFFFFFF


ANSWERS = [
    (13, (0, 0), (0, 0), (0x9D1C5EC6, 0x8BD50731)),
    (13, (FULL, FULL), (FULL, FULL), (0xFD36D048, 0x2D17272C)),
    (13, (0x243F6A88, 0x85A308D3), (0x13198A2E, 0x03707344), (0xBA3E4725, 0xF27D669E)),
    (20, (0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
    (20, (FULL, FULL), (FULL, FULL), (0x1CB996FC, 0xBB002BE7)),
    (20, (0x243F6A88, 0x85A308D3), (0x13198A2E, 0x03707344), (0xC4923A9C, 0x483DF7A0)),
]


@pytest.mark.parametrize(("rounds", "counter", "key", "answer"), ANSWERS)
def test_threefry_gives_the_published_answers(
    rounds: int, counter: tuple[int, int], key: tuple[int, int], answer: tuple[int, int]
) -> None:
    # The kat_vectors of Random123 (salmon2011) for threefry2x32.
    assert tuple(int(word) for word in threefry(counter, key, rounds)) == answer
    many = threefry((np.full(3, counter[0]), counter[1]), key, rounds)
    assert [word.tolist() for word in many] == [[word] * 3 for word in answer]


def test_the_number_of_rounds_is_a_published_one() -> None:
    assert ROUNDS in {rounds for rounds, *_ in ANSWERS}
    assert [int(w) for w in threefry((0, 0), (0, 0))] == [
        int(w) for w in threefry((0, 0), (0, 0), ROUNDS)
    ]


def test_keys_may_be_signed_as_the_programs_hold_them() -> None:
    signed = (np.int32(-1), np.int32(-1))
    assert tuple(int(word) for word in threefry((FULL, FULL), signed, 20)) == ANSWERS[4][-1]


def poisson(slots: np.ndarray, tick: int, mean: float, key: tuple[int, int]) -> np.ndarray:
    return np.asarray(poisson_count(slots, tick, mean, *key)).astype(int)


@pytest.mark.parametrize("mean", [0.001, 0.01, 0.1, 0.3, LARGEST_MEAN])
def test_thresholds_are_the_poisson_distribution(mean: float) -> None:
    wanted = stats.poisson.cdf(np.arange(LARGEST_COUNT), mean)
    assert np.allclose(poisson_thresholds(mean) / 2.0**32, wanted, rtol=0, atol=1.5 * WORD)
    assert stats.poisson.sf(LARGEST_COUNT, LARGEST_MEAN) < 1e-8


@pytest.mark.parametrize("mean", [0.0, 0.001, 0.1, LARGEST_MEAN])
def test_the_largest_word_gives_the_last_count_that_is_likely(
    mean: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = np.full(1, FULL, np.uint32)
    monkeypatch.setattr("neurospine.simulation.random.words.threefry", lambda *_: (words, words))
    assert poisson(np.zeros(1, int), 0, mean, (1, 2)) <= stats.poisson.isf(WORD / 2, mean)


@pytest.mark.parametrize("mean", [0.01, 0.1, 0.5])
def test_counts_follow_the_poisson_distribution(mean: float) -> None:
    slots, ticks = 4000, 100
    found = np.concatenate([poisson(np.arange(slots), t, mean, (11, 12)) for t in range(ticks)])
    n = found.size
    z = stats.norm.isf(RARE / 2)
    assert abs(found.mean() - mean) < z * (mean / n) ** 0.5
    # The variance of a sample variance of a Poisson law is (mean + 2 mean**2)/n.
    assert abs(found.var() - mean) < z * ((mean + 2 * mean**2) / n) ** 0.5
    classes = int(stats.poisson.isf(20 / n, mean))
    seen = np.bincount(np.minimum(found, classes), minlength=classes + 1)
    law = stats.poisson.pmf(np.arange(classes), mean)
    assert stats.chisquare(seen, n * np.append(law, 1 - law.sum())).pvalue > RARE


@pytest.mark.parametrize(("slot", "tick"), [(1, 0), (0, 1), (1, 1), (0, 2**16), (0, 2**32)])
def test_slots_and_ticks_are_independent(slot: int, tick: int) -> None:
    n, mean = 200_000, 0.5
    here = poisson(np.arange(n), 3, mean, (5, 6))
    there = poisson(np.arange(n) + slot, 3 + tick, mean, (5, 6))
    table = np.zeros((3, 3))
    np.add.at(table, (np.minimum(here, 2), np.minimum(there, 2)), 1)
    assert stats.chi2_contingency(table).pvalue > RARE


def test_ticks_count_in_64_bits() -> None:
    slots = np.arange(1000)
    low, high = (poisson(slots, tick, 0.5, (5, 6)) for tick in (9, 9 + 2**32))
    assert not np.array_equal(low, high)


def test_words_of_neighbouring_counters_do_not_correlate() -> None:
    words = threefry((np.arange(100_000), 0), (1, 2))[0]
    values = (words + 0.5) / 2.0**32
    bound = stats.norm.isf(RARE / 2) / values.size**0.5
    for lag in (1, 2, 64, 4096):
        assert abs(np.corrcoef(values[:-lag], values[lag:])[0, 1]) < bound
    assert stats.kstest(values, "uniform").pvalue > RARE


def test_streams_have_keys_of_their_own() -> None:
    names = [
        ("cells", "noise"),
        ("cells", "drive"),
        ("cell", "snoise"),
        ("noise", "cells"),
        ("cells",),
    ]
    keys = {stream_key(seed, *name) for seed in range(200) for name in names}
    assert len(keys) == 200 * len(names)
    assert all(-(2**31) <= word < 2**31 for key in keys for word in key)


def test_a_key_stays_what_it_was() -> None:
    # Runs of an older version can be repeated only while this does not change.
    assert stream_key(0, "cells", "noise") == (84098228, 1788693719)


def test_a_generator_follows_seed_and_names() -> None:
    drawn = [generator(*of).integers(0, 2**62) for of in ((1, "a"), (1, "a"), (2, "a"), (1, "b"))]
    assert drawn[0] == drawn[1]
    assert len(set(drawn)) == 3
