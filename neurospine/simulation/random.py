"""Counter-based random numbers: a value depends on what it is for, not on what came before.

The generator is Threefry-2x32 with 13 rounds, the fewest with which it passes the
Crush tests (Salmon et al. 2011, key salmon2011). Its counter is the slot (which
cell) and the tick (which step), its 64-bit key comes from the seed and the name
of the stream, so that results do not depend on the order of evaluation, the
number of threads or the backend.
``tests/unit/test_random.py`` holds it to the published known answers.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from brian2 import Function

Words = np.ndarray[Any, np.dtype[np.uint32]]

ROUNDS = 13
_ROTATIONS = (13, 15, 26, 6, 17, 29, 16, 24)
_PARITY = 0x1BD11BDA
#: Largest mean of a Poisson count in one step; beyond it counts above `LARGEST_COUNT` matter.
LARGEST_MEAN = 0.5
LARGEST_COUNT = 8


def stream_key(seed: int, *names: str) -> tuple[int, int]:
    """Return the two key words of a named stream, as signed 32-bit integers."""
    text = "/".join((str(seed), *names)).encode()
    words = np.frombuffer(hashlib.blake2b(text, digest_size=8).digest(), "<i4")
    return int(words[0]), int(words[1])


def generator(seed: int, *names: str) -> np.random.Generator:
    """Return a numpy generator (Philox) for a named stream, for what is drawn before a run."""
    low, high = (word & 0xFFFFFFFF for word in stream_key(seed, *names))
    return np.random.Generator(np.random.Philox(key=high << 32 | low))


def threefry(
    counter: tuple[Any, Any], key: tuple[Any, Any], rounds: int = ROUNDS
) -> tuple[Words, Words]:
    """Return the two random words for each counter.

    Parameters
    ----------
    counter, key
        Two words each; arrays broadcast against each other.
    rounds
        Rounds of mixing.
    """
    x0, x1 = (np.asarray(word).astype(np.uint32) for word in np.broadcast_arrays(*counter))
    k0, k1 = (np.asarray(word).astype(np.uint32) for word in key)
    keys = (k0, k1, k0 ^ k1 ^ np.uint32(_PARITY))
    with np.errstate(over="ignore"):
        x0, x1 = x0 + keys[0], x1 + keys[1]
        for number in range(rounds):
            rotation = _ROTATIONS[number % 8]
            x0 = x0 + x1
            x1 = (x1 << np.uint32(rotation)) | (x1 >> np.uint32(32 - rotation))
            x1 = x1 ^ x0
            if number % 4 == 3:
                block = number // 4 + 1
                x0 = x0 + keys[block % 3]
                x1 = x1 + keys[(block + 1) % 3] + np.uint32(block)
    return x0, x1


def poisson_thresholds(mean: float) -> Words:
    """Return the words above which a Poisson count goes up by one."""
    k = np.arange(LARGEST_COUNT)
    terms = np.exp(-mean) * np.cumprod(np.concatenate(([1.0], mean / (k[:-1] + 1.0))))
    words = np.minimum(np.ceil(np.cumsum(terms) * 2.0**32) - 1, 2.0**32 - 1)
    return np.asarray(words).astype(np.uint32)


def _poisson_count(slot: Any, tick: Any, mean: Any, key0: Any, key1: Any) -> Any:
    tick = np.int64(np.asarray(tick).flat[0])
    high = np.uint32((int(tick) >> 32) & 0xFFFFFFFF)
    key = (np.asarray(key0).astype(np.uint32) ^ high, np.asarray(key1))
    word, _ = threefry((slot, int(tick) & 0xFFFFFFFF), key)
    thresholds = poisson_thresholds(float(np.asarray(mean).flat[0]))
    return (word[..., None] > thresholds).sum(axis=-1).astype(float)


def _c_source() -> str:
    lines = []
    for number in range(ROUNDS):
        rotation = _ROTATIONS[number % 8]
        lines.append(f"x0 += x1; x1 = (x1 << {rotation}) | (x1 >> {32 - rotation}); x1 ^= x0;")
        if number % 4 == 3:
            block = number // 4 + 1
            lines.append(f"x0 += k{block % 3}; x1 += k{(block + 1) % 3} + {block}u;")
    rounds = "\n    ".join(lines)
    count = " + ".join(f"(x0 > limit[{k}])" for k in range(LARGEST_COUNT))
    return f"""
static inline double neurospine_poisson_count(
    int32_t slot, int64_t tick, double mean, int32_t key0, int32_t key1)
{{
    uint32_t limit[{LARGEST_COUNT}];
    double term = exp(-mean), sum = 0.0;
    for (int k = 0; k < {LARGEST_COUNT}; k++) {{
        sum += term;
        term *= mean / (k + 1.0);
        const double word = ceil(sum * 4294967296.0) - 1.0;
        limit[k] = word < 4294967295.0 ? (uint32_t)word : 4294967295u;
    }}
    const uint32_t k0 = (uint32_t)key0 ^ (uint32_t)(tick >> 32), k1 = (uint32_t)key1;
    const uint32_t k2 = k0 ^ k1 ^ {_PARITY}u;
    uint32_t x0 = (uint32_t)slot + k0, x1 = (uint32_t)tick + k1;
    {rounds}
    return {count};
}}
"""


def _cython_source() -> str:
    return f'''
cdef extern from *:
    """
    #include <stdint.h>
    #include <math.h>
    {_c_source()}
    """
    double neurospine_poisson_count(int slot, long long tick, double mean, int key0, int key1) nogil

cdef double poisson_count(int slot, long long tick, double mean, int key0, int key1):
    return neurospine_poisson_count(slot, tick, mean, key0, key1)
'''


def poisson_count_function() -> Function:
    """Return ``poisson_count(slot, tick, mean, key0, key1)`` for Brian2 on every target."""
    function = Function(
        _poisson_count,
        arg_units=[1] * 5,
        return_unit=1,
        arg_types=["integer", "integer", "float", "integer", "integer"],
        return_type="float",
        stateless=True,
    )
    function.implementations.add_implementation("numpy", _poisson_count)
    function.implementations.add_implementation("cython", _cython_source(), name="poisson_count")
    function.implementations.add_implementation("cpp", _c_source(), name="neurospine_poisson_count")
    return function
