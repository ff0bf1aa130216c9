"""What statements at spines need besides parameters: random streams, ticks and intervals."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from neurospine.simulation.network import Array
from neurospine.simulation.random import stream_key


class Declarations:
    """Lines of Brian2 and values that go with them, collected."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.values: dict[str, Array] = {}

    def add(self, line: str, name: str, value: Array) -> None:
        """Add a variable."""
        self.lines.append(line)
        self.values[name] = value

    def shared(self, name: str, unit: str, value: Array, *, constant: bool = False) -> None:
        """Add a variable with one value for all spines."""
        self.add(f"{name} : {unit} (shared{', constant' * constant})", name, value)

    def streams(self, seed: int, projection: str, names: Iterable[str]) -> None:
        """Add the keys of random streams."""
        for stream in names:
            key = stream_key(seed, projection, "dynamics", stream)
            for half, word in zip(("low", "high"), key, strict=True):
                word_array = np.array([word], np.int32)
                self.shared(f"{stream}_key_{half}", "integer", word_array, constant=True)

    def sites(self, size: int, copies: int, repeats: int) -> None:
        """Add the number of every slot, by which its random numbers are drawn."""
        repeat = np.arange(copies) % repeats
        sites = (repeat[:, None] * size + np.arange(size)).ravel().astype(np.int32)
        self.add("site : integer (constant)", "site", sites)

    def ticks(self, text: str, *, sampled: bool) -> None:
        """Add what the slow clock tells statements: numbers of ticks and lengths of time."""
        self.shared("slow_tick", "integer", np.zeros(1, np.int64))
        self.shared("interval", "second", np.zeros(1))
        if "slow_time" in text:
            self.shared("slow_time", "second", np.zeros(1))
        if sampled:
            self.shared("sample_length", "second", np.ones(1))
