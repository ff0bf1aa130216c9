"""Neuromodulators of a circuit: what releases them, and what spines see of them.

The pool of a neuromodulator is a group with one element for each copy of the circuit. Each spike of
a releasing neuron adds its share of a release. What the slow clock reads is the mean over the
tick; what eligibility needs is kept for each gate in a group beside it (see `eligibility`): the
gate is taken as straight from the start to the end of a step, before the step's releases.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from neurospine.description.expressions import identifiers, names_read, parse_statements
from neurospine.description.neuromodulator_parts import CONCENTRATION
from neurospine.simulation.eligibility import components
from neurospine.simulation.network import Alias, Array, Border, Group, Operation, Synapses
from neurospine.simulation.numbers import Numbers

#: After what is due at a border of the same time.
_AFTER_BORDERS = 11


class Modulation:
    """The neuromodulators of all copies of a circuit.

    Parameters
    ----------
    numbers
        The model in each condition.
    sizes
        Cells in one copy of each population.
    """

    def __init__(self, numbers: Numbers, sizes: Mapping[str, int]) -> None:
        self.numbers, self.model, self.sizes = numbers, numbers.model, sizes
        self.copies = len(numbers.models) * numbers.repeats
        ticking = {n for s in self.model.spines.values() if s.ticks for n in s.modulators}
        self.averaged = [name for name in self.model.neuromodulators if name in ticking]

    def groups(self) -> list[Group]:
        """Return what the slow clock reads: the mean concentration over a tick."""
        found = []
        for name in self.averaged:
            start = self.numbers.at_start(*self._start(name))
            values = {"mean": start, "total": np.zeros(self.copies), "first": start.copy()}
            lines = ["mean : 1", "total : second", "first : 1", "interval : second (shared)"]
            operations = (
                Operation("begin", f"first = {CONCENTRATION}", order=_AFTER_BORDERS),
                Operation(
                    "add", f"total = total + 0.5*dt*(first + {CONCENTRATION})", "groups", order=10
                ),
            )
            found.append(
                Group(
                    f"{name}_mean",
                    self.copies,
                    "\n".join(lines),
                    {**values, "interval": np.zeros(1)},
                    operations=operations,
                    aliases={CONCENTRATION: Alias(name, CONCENTRATION, "same")},
                )
            )
        return found

    def _start(self, name: str) -> tuple[str, str]:
        part = self.model.neuromodulators[name]
        return part.name, part.initial[CONCENTRATION]

    def borders(self) -> Iterator[Border]:
        """Yield what brings the means up to date, before spines read them."""
        for name in self.averaged:
            still = f"total = {CONCENTRATION}*interval"  # neurons stand still, and release too
            yield Border(f"{name}_mean", "rest", "rest", still)
            yield Border(f"{name}_mean", "mean", "live", "mean = total/interval\ntotal = 0*total")

    def pathways(self) -> Iterator[Synapses]:
        """Yield what brings spikes to the pools."""
        for name, entry in self.model.circuit.neuromodulators.items():
            part = self.model.neuromodulators[name]
            for population in entry.released_by:
                size = self.sizes[population]
                cells = np.arange(size * self.copies, dtype=np.int32)
                share = [
                    f"{s.name} {s.operator}= ({s.expression})/releasing"
                    for s in parse_statements(part.release)
                ]
                touched = [s.name for s in parse_statements(part.release)]
                used = [n for n in part.parameters if n in names_read(part.release)]
                yield Synapses(
                    f"{population}_{name}_release",
                    population,
                    name,
                    cells,
                    cells // size,
                    "releasing : 1 (shared, constant)",
                    "\n".join(share),
                    np.zeros(1),
                    {"releasing": np.array([float(size)])},
                    aliases={n: self._alias(name, n) for n in (*touched, *used)},
                )

    def _alias(self, pool: str, name: str) -> Alias:
        part = self.model.neuromodulators[pool]
        if name in part.parameters:
            alike = self.numbers.alike(part.name, name)
            return Alias(pool, name, "shared" if alike else "post")
        return Alias(pool, name, "post")


class Gates:
    """The gate of the spines of one projection, for all copies of the circuit.

    Parameters
    ----------
    numbers
        The model in each condition.
    projection
        Its name.
    settle_steps, step
        Steps between two settlings, and their length in seconds.
    """

    def __init__(self, numbers: Numbers, projection: str, settle_steps: int, step: float) -> None:
        self.numbers, self.spine = numbers, numbers.model.spines[projection]
        self.copies = len(numbers.models) * numbers.repeats
        self.settle_steps, self.step = settle_steps, step
        self.name = f"{projection}_eligibility"
        self.components = components(self.spine)
        self.traces = dict.fromkeys(part.trace.gate for part in self.components)

    def groups(self) -> list[Group]:
        """Return the integrals of the gates; none where spines have no eligibility traces."""
        if not self.components:
            return []
        gate = self.spine.gate
        assert gate
        number = {text: index for index, text in enumerate(self.traces)}
        opened = [f"opened_{i} = {text}" for text, i in number.items()]
        sums = ["since = (t_in_timesteps % settle_steps)*dt"]
        sums += [f"mean_{i} = 0.5*(opened_{i} + {text})" for text, i in number.items()]
        for part in self.components:
            mean = f"mean_{number[part.trace.gate]}"
            sums.append(f"{part.integral} = {part.integral} + {mean}*({part.span})")
        operations = (
            Operation("open", "\n".join(opened), order=_AFTER_BORDERS),
            Operation("add", "\n".join(sums), "groups", order=10),
        )
        read = set().union(*(identifiers(line.split("=", 1)[1]) for line in (*opened, *sums)))
        used = [name for name in gate.parameters if name in read]
        lines, values = self.numbers.declare(gate, used, 1)
        for part in self.components:
            lines.append(f"{part.integral} : 1")
            values[part.integral] = np.zeros(self.copies)
        for i in number.values():
            lines.append(f"opened_{i} : hertz")
            values[f"opened_{i}"] = np.zeros(self.copies)
        lines.append("settle_steps : integer (shared, constant)")
        values["settle_steps"] = np.array([self.settle_steps], np.int32)
        aliases = {name: Alias(name, CONCENTRATION, "same") for name in gate.modulators}
        return [
            Group(
                self.name,
                self.copies,
                "\n".join(lines),
                values,
                operations=operations,
                aliases=aliases,
            )
        ]

    def borders(self) -> Iterator[Border]:
        """Yield what starts the integrals again when sizes have been settled."""
        if self.components:
            code = "\n".join(f"{part.integral} = 0" for part in self.components)
            yield Border(self.name, "settle", "settle", code, self.settle_steps)

    def at_spines(self, size: int) -> tuple[list[str], dict[str, Array], dict[str, Alias]]:
        """Return what spines see, `size` in each copy: means over ticks, integrals of gates."""
        side = "shared" if self.copies == 1 else "own_copy"
        read = self.spine.modulators if self.spine.ticks else ()
        aliases = {n: Alias(f"{n}_mean", "mean", side) for n in read} | self.aliases()
        if self.copies == 1 or not aliases:
            return [], {}, aliases
        copies = np.repeat(np.arange(self.copies, dtype=np.int32), size)
        return ["own_copy : integer (constant)"], {"own_copy": copies}, aliases

    def aliases(self) -> dict[str, Alias]:
        """Return the integrals as elements see them that have the number of their copy."""
        side = "shared" if self.copies == 1 else "own_copy"
        return {part.integral: Alias(self.name, part.integral, side) for part in self.components}
