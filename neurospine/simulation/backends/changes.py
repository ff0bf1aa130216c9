"""Values that change while a run goes on, in Python; `driver.cpp` does the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from neurospine.simulation.assembly import Assembly
from neurospine.simulation.network import Network


class Changes:
    """Brings the variables that change up to date."""

    def __init__(self, network: Network, assembly: Assembly) -> None:
        self.network, self.assembly = network, assembly
        self.row = 0

    def until(self, step: int) -> None:
        """Give variables the values that hold from a border on, in biological steps."""
        row = self.network.row(step)
        if row == self.row:
            return
        self.row = row
        constants: dict[int, Any] = {}
        for change in self.network.changes:
            variable = self.assembly.owner(change.owner).variables[change.variable]
            value = np.repeat(change.table[row], np.diff(change.ends, prepend=0))
            variable.set_value(value[0] if variable.scalar else value)
            if variable.scalar:
                constants[id(variable)] = value[0]
        # Code has single constants in its namespace.
        for code in self._code():
            for name, variable in code.variables.items():
                if id(variable) in constants and name in code.namespace:
                    code.namespace[name] = constants[id(variable)]

    def _code(self) -> Iterator[Any]:
        for item in self.assembly.network.sorted_objects:
            yield from item.code_objects
        for runner in self.assembly.borders:
            yield from getattr(runner, "code_objects", ())
