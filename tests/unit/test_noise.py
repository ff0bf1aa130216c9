"""Normal and uniform noise: lawful, independent, and the same in numpy and in compiled code."""

from __future__ import annotations

import subprocess
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from brian2 import Network, NeuronGroup, defaultclock, prefs
from scipy import special, stats

from neurospine.simulation.backends.standalone.build_cache import FLAGS, compiler
from neurospine.simulation.random import normal, slow_code, slow_functions, uniform

#: A test of a right generator fails one time in a million.
RARE = 1e-6
Z = float(stats.norm.isf(RARE / 2))
#: Compiled normals are made in single precision, of numbers up to 6.
SINGLE = 1e-6
#: A few roundings of doubles.
DOUBLE = 2e-15
KEY = (-77, 2**31 - 1)


def draws(slots: int, ticks: int, start: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Return normals and uniforms, a row for each tick."""
    steps = range(start, start + ticks)
    pairs = [(normal(np.arange(slots), t, *KEY), uniform(np.arange(slots), t, *KEY)) for t in steps]
    normals, uniforms = zip(*pairs, strict=True)
    return np.array(normals), np.array(uniforms)


@pytest.mark.parametrize(
    ("slots", "ticks"), [(100_000, 10), pytest.param(4_000_000, 25, marks=pytest.mark.slow)]
)
def test_noise_follows_its_law(slots: int, ticks: int) -> None:
    sums, n = np.zeros((2, 4)), slots * ticks
    for tick in range(ticks):
        for row, values in enumerate(draws(slots, 1, tick)):
            x = values[0] if row == 0 else (values[0] - 0.5) * 12**0.5
            sums[row] += [np.sum(x**power) for power in (1, 2, 3, 4)]
    # E x**2k of a normal number is (2k - 1)!!, of a uniform one of variance 1 3**k/(2k + 1).
    for row, even in ((0, [1, 3, 15, 105]), (1, [3**k / (2 * k + 1) for k in (1, 2, 3, 4)])):
        means = np.array([0, even[0], 0, even[1]])
        spread = np.sqrt(np.array(even) - means**2)
        assert np.all(np.abs(sums[row] / n - means) < Z * spread / n**0.5)


def test_noise_has_the_distribution_it_says() -> None:
    normals, uniforms = draws(500_000, 2)
    assert stats.kstest(normals.ravel(), "norm").pvalue > RARE
    assert stats.kstest(uniforms.ravel(), "uniform").pvalue > RARE
    for sigma in (3.0, 4.0):
        tail = 2 * stats.norm.sf(sigma)
        seen = int(np.sum(np.abs(normals) > sigma))
        assert stats.binomtest(seen, normals.size, tail).pvalue > RARE


@pytest.mark.parametrize("probability", [1e-3, 1e-5])
def test_rare_events_happen_as_often_as_they_should(probability: float) -> None:
    _, uniforms = draws(1_000_000, 5)
    for rare in (uniforms < probability, uniforms > 1 - probability):
        assert stats.binomtest(int(rare.sum()), rare.size, probability).pvalue > RARE


@pytest.mark.parametrize(
    "size", [(50_000, 12), pytest.param((2_000_000, 12), marks=pytest.mark.slow)]
)
def test_noise_is_independent_of_all_other_noise(size: tuple[int, int]) -> None:
    normals, uniforms = draws(*size)
    squares = (normals**2 - 1) / 2**0.5
    flat = (uniforms - 0.5) * 12**0.5
    curved = (flat**2 - 1) / 0.8**0.5
    other = np.array([normal(np.arange(size[0]), t, KEY[0], KEY[1] - 1) for t in range(5, 17)])
    pairs = [(normals, flat), (normals, curved), (squares, flat), (squares, curved)]
    pairs += [(normals, other), (squares, (other**2 - 1) / 2**0.5)]
    for lag in (1, 2, 64):
        pairs += [(x[:, :-lag], x[:, lag:]) for x in (normals, squares, flat)]
        pairs += [(normals[:, :-lag], flat[:, lag:])]
    for lag in (1, 2, 11):
        pairs += [(x[:-lag], x[lag:]) for x in (normals, squares, flat)]
        pairs += [(normals[:-lag], flat[lag:]), (normals[lag:], flat[:-lag])]
    for x, y in pairs:
        assert abs(np.mean(x * y)) < Z / x.size**0.5 * 1.01  # the product has variance 1


def test_noise_stays_what_it_was() -> None:
    # Runs of an older version can be repeated only while this does not change.
    assert uniform(np.array([7]), 2**33 + 1, *KEY)[0] == 0.5317683814791963
    assert normal(np.array([7]), 2**33 + 1, *KEY)[0] == pytest.approx(
        -0.3495141827317182, abs=1e-12
    )


PROGRAM = """
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <vector>
%s
%s
int main()
{
    const int n = %d;
    std::vector<double> x(n), out(6 * n);
    std::vector<int32_t> slot(n), k0(n), k1(n);
    std::vector<int64_t> tick(n);
    fread(x.data(), 8, n, stdin), fread(tick.data(), 8, n, stdin);
    fread(slot.data(), 4, n, stdin), fread(k0.data(), 4, n, stdin), fread(k1.data(), 4, n, stdin);
    for (int i = 0; i < n; i++) {
        out[i] = neurospine_normal(slot[i], tick[i], k0[i], k1[i]);
        out[n + i] = neurospine_uniform(slot[i], tick[i], k0[i], k1[i]);
        out[2 * n + i] = neurospine_exp(x[i]);
        out[3 * n + i] = neurospine_log(x[i]);
        out[4 * n + i] = neurospine_select(x[i] > 1.0, x[i], 7);
        out[5 * n + i] = neurospine_exprel(x[i]);
    }
    fwrite(out.data(), 8, out.size(), stdout);
}
"""


@pytest.mark.cpp
@pytest.mark.parametrize("flags", [FLAGS, ("-w", "-O2"), ("-w", "-O3", "-ffast-math")])
def test_compiled_functions_agree_with_numpy(flags: tuple[str, ...], tmp_path: Path) -> None:
    n, random = 400_000, np.random.default_rng(3)
    x = np.concatenate([random.uniform(-30, 30, n // 2), np.exp(random.uniform(-40, 40, n // 2))])
    x[:5] = (0.0, -1e300, 1e300, 1.0, 0.5)
    ticks = np.sort(random.choice([0, 1, 2**31, 2**32 - 1, 2**32, 2**40 + 7, 2**62], n))
    words = [random.integers(-(2**31), 2**31, n).astype(np.int32)]
    words += [np.full(n, 2**31 - 1, np.int32), np.full(n, -(2**31), np.int32)]
    sources = [files("neurospine.simulation.random").joinpath(f).read_text() for f in HEADERS]
    (tmp_path / "program.cpp").write_text(PROGRAM % (*sources, n))
    command = [compiler(), *flags, "program.cpp", "-o", "program"]
    subprocess.run(command, cwd=tmp_path, check=True)
    given = b"".join(array.tobytes() for array in (x, ticks, *words))
    done = subprocess.run([tmp_path / "program"], input=given, capture_output=True, check=True)
    found = np.frombuffer(done.stdout).reshape(6, n)
    functions = {name: f.pyfunc for name, f in slow_functions().items()}
    for row, (name, tolerance) in enumerate((("normal", SINGLE), ("uniform", 0.0))):
        for tick in np.unique(ticks):
            at = ticks == tick
            wanted = functions[name](words[0][at], tick, words[1][0], words[2][0])
            assert np.max(np.abs(found[row, at] - wanted)) <= tolerance
    assert np.all(np.isfinite(found[2:4]))
    near = np.abs(x) < 30
    assert np.allclose(found[2, near], np.exp(x[near]), rtol=30 * 1.2e-16, atol=0)
    assert np.allclose(found[2], functions["slow_exp"](x), rtol=709 * 1.2e-16, atol=0)
    assert np.allclose(found[3], functions["slow_log"](x), rtol=DOUBLE, atol=1e-16)
    assert np.array_equal(found[4], functions["select"](x > 1, x, 7))
    small = np.abs(x) < 700
    assert np.allclose(found[5, near], special.exprel(x[near]), rtol=60 * 1.2e-16, atol=0)
    assert np.allclose(found[5, small], functions["slow_exprel"](x[small]), rtol=1e-13, atol=0)
    assert found[5, 0] == 1
    assert np.all(np.isfinite(found[5]))


HEADERS = ("draws.h", "arithmetic.h")
STATEMENTS = """
here = select(stage > 0, volume, 1.0)
leave = select(stage == 0, 0.2, 0.1/(1 + (here/0.3)**4))
volume = exp(-1 + (log(here) + 1)*0.9 + 0.1*normal(slot, tick, key0, key1))
volume = select(stage > 0, clip(volume, 0, 5), 0)
turned = int(uniform(slot, tick, key0, key1) > exp(-leave))
volume = select(turned > 0, select(stage == 0, 0.1, 0), volume)
stage = select(turned > 0, select(stage == 0, 1, 0), stage)
"""
EQUATIONS = """
volume : 1
stage : integer
turned : integer
slot : integer (constant)
tick : integer (shared)
key0 : integer (shared, constant)
key1 : integer (shared, constant)
"""


def run_slow(target: str) -> tuple[np.ndarray, np.ndarray]:
    """Return volume and stage after some slow steps on a target of Brian2."""
    before, step = prefs.codegen.target, defaultclock.dt
    prefs.codegen.target = target
    try:
        group = NeuronGroup(3000, EQUATIONS, dtype={"tick": np.int64}, namespace=slow_functions())
        group.slot, group.stage = np.arange(3000) - 1500, np.arange(3000) % 2
        group.volume = group.stage[:] * 0.3
        group.tick, group.key0, group.key1 = 2**35, *KEY
        group.run_regularly(slow_code(STATEMENTS))
        group.run_regularly("tick += 1", when="end")
        Network(group).run(10 * defaultclock.dt)
        return np.array(group.volume[:]), np.array(group.stage[:])
    finally:
        prefs.codegen.target = before
        defaultclock.dt = step


@pytest.mark.cpp
@pytest.mark.slow
def test_slow_statements_mean_the_same_on_every_target() -> None:
    here, there = run_slow("numpy"), run_slow("cython")
    assert np.array_equal(here[1], there[1])
    assert np.allclose(here[0], there[0], rtol=10 * SINGLE, atol=0)
    assert 0.2 < np.mean(here[1]) < 0.9


def test_slow_code_replaces_what_compilers_do_not_like() -> None:
    assert slow_code("a = exp(-b)\nc += log(d)*e**3/exprel(f)") == (
        "a = slow_exp(-b)\nc += slow_log(d) * (e * e * e) / slow_exprel(f)"
    )
    same = "a = expected ** 0.5 + b ** c + d ** 17 + f ** (-2)"
    assert slow_code(same) == same
