"""Threefry-2x32 with 13 rounds, in numpy, and the keys of its streams."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

Words = np.ndarray[Any, np.dtype[np.uint32]]

ROUNDS = 13
_ROTATIONS = (13, 15, 26, 6, 17, 29, 16, 24)
_PARITY = 0x1BD11BDA


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


def words(slot: Any, tick: Any, key0: Any, key1: Any) -> tuple[Words, Words]:
    """Return the two words that belong to each slot at a tick of a stream.

    Parameters
    ----------
    slot
        Integers, of which the low 32 bits count.
    tick
        One 64-bit integer. Its upper half goes into the key.
    key0, key1
        The words of `stream_key`.
    """
    step = int(np.asarray(tick).flat[0])
    high = np.uint32((step >> 32) & 0xFFFFFFFF)
    key = (np.asarray(key0).astype(np.uint32) ^ high, np.asarray(key1))
    return threefry((slot, step & 0xFFFFFFFF), key)
