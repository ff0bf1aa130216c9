"""A projection of a circuit becomes groups of traces and sets of synapses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from neurospine.description.expressions import (
    Equation,
    identifiers,
    parse_equations,
    parse_statements,
)
from neurospine.description.model import Model
from neurospine.description.parts import Part
from neurospine.description.units import whole_steps
from neurospine.errors import ModelError
from neurospine.simulation.form_choice import delay_spread
from neurospine.simulation.forms import CellBlock, Form
from neurospine.simulation.network import Alias, Array, Group, Operation, Synapses
from neurospine.simulation.random import generator


def values_of(model: Model, part: Part, names: Iterable[str]) -> dict[str, Array]:
    """Return parameters of a part as arrays, as the equations see them."""
    return {name: np.array([model.number(part.name, name)]) for name in names}


def declarations(model: Model, part: Part, names: Iterable[str]) -> list[str]:
    """Return the lines that declare parameters of a part as run-time numbers."""
    entries = model.parameters.entries
    return [
        f"{name} : {entries[f'{part.name}.{name}'].declaration} (shared, constant)"
        for name in names
    ]


def names_read(statements: str) -> set[str]:
    """Return the names that a block of statements reads."""
    return set().union(*(identifiers(s.expression) for s in parse_statements(statements)), set())


def whole_number(model: Model, name: str) -> int:
    """Return a parameter of the circuit that counts something.

    Raises
    ------
    ModelError
        If it is no whole number from 1.
    """
    value = model.number(model.circuit.name, name)
    if value != round(value) or value < 1:
        raise ModelError(
            f"parameter {model.circuit.name}.{name}: must be a whole number from 1, found {value:g}"
        )
    return round(value)


class Layout:
    """One projection laid out over all copies of the circuit."""

    def __init__(
        self,
        model: Model,
        name: str,
        form: Form,
        sizes: Mapping[str, int],
        copies: int,
        step: float,
    ) -> None:
        self.model, self.name, self.form = model, name, form
        self.sizes, self.copies, self.step = sizes, copies, step
        self.projection = model.circuit.projections[name]
        self.spine = model.spines[name]
        self.sides = (
            ("axon", self.projection.origin, form.presynaptic),
            ("cell", self.projection.target, form.postsynaptic),
        )

    def groups(self) -> list[Group]:
        """Return the groups that hold the traces of the two sides."""
        groups = []
        for label, population, block in self.sides:
            if block.equations:
                lines, values = self._parameters(block.equations, block.on_spike, block.settle)
                groups.append(
                    Group(
                        f"{self.name}_{label}",
                        self.sizes[population] * self.copies,
                        "\n".join((*(e.text for e in block.equations), *lines)),
                        values,
                        operations=self._settle(block.settle, order=-2),
                    )
                )
        return groups

    def synapses(self, seed: int, repeats: int) -> list[Synapses]:
        """Return the spines and the pathways that bring spikes to the traces."""
        pre, post = self._connections(seed, repeats)
        delay = self._delay(seed, repeats, pre.size // self.copies)
        texts = (self.form.on_pre, self.form.on_post, self.form.settle)
        lines, values = self._parameters(self.form.equations, *texts)
        volume = self.spine.structure.volume
        start, low, high = (
            self.model.number(self.spine.structure.name, name)
            for name in (volume.initial, volume.lowest, volume.highest)
        )
        if not low <= start <= high:
            raise ModelError(
                f"parameter {self.spine.structure.name}.{volume.initial}: {start:g} {volume.unit} "
                f"is outside the bounds of the volume, {low:g} to {high:g}"
            )
        spines = Synapses(
            self.name,
            self.projection.origin,
            self.projection.target,
            pre,
            post,
            "\n".join((*(e.text for e in self.form.equations), *lines)),
            self.form.on_pre,
            delay,
            {**values, "volume": np.full(pre.size, start)},
            ("volume",),
            self.form.on_post,
            self._aliases(),
            operations=self._settle(self.form.settle, order=-3),
        )
        pathways = [
            self._bring(label, population, block, wait, order)
            for (label, population, block), wait, order in zip(
                self.sides, (delay, np.zeros(1)), (1, 3), strict=True
            )
            if block.equations
        ]
        return [spines, *pathways]

    def _bring(
        self, label: str, population: str, block: CellBlock, delay: Array, order: int
    ) -> Synapses:
        """Return the pathway that brings the spikes of each cell to its own traces."""
        group = f"{self.name}_{label}"
        cells = np.arange(self.sizes[population] * self.copies, dtype=np.int32)
        _, parameters = self._parameters((), block.on_spike)
        aliases = {e.name: Alias(group, e.name, "post") for e in block.equations}
        aliases |= {name: Alias(group, name, "shared") for name in parameters}
        name = f"{group}_spikes"
        return Synapses(
            name,
            population,
            group,
            cells,
            cells,
            "",
            block.on_spike,
            delay,
            {},
            aliases=aliases,
            order=order,
        )

    def _aliases(self) -> dict[str, Alias]:
        """Return what the names in the spines' statements mean on either cell."""
        axon, cell = self.form.presynaptic, self.form.postsynaptic
        aliases = {e.name: Alias(f"{self.name}_axon", e.name, "pre") for e in axon.equations}
        aliases |= {e.name: Alias(f"{self.name}_cell", e.name, "post") for e in cell.equations}
        neuron = self.model.neurons.get(self.projection.target)
        if neuron and self.projection.effect:
            effect = parse_statements(self.projection.effect)
            touched = {s.name for s in effect} | names_read(self.projection.effect)
            for equation in parse_equations(neuron.equations):
                if equation.name in touched:
                    aliases[equation.name] = Alias(self.projection.target, equation.name, "post")
        return aliases

    def _settle(self, code: str, order: int) -> tuple[Operation, ...]:
        if not code:
            return ()
        return (Operation("settle", code, self.form.settle_steps, order=order),)

    def _intervals(self) -> dict[str, tuple[str, Array]]:
        """Return the numbers that settling needs, with their declarations."""
        steps = self.form.settle_steps
        return {
            "settle_steps": ("integer", np.array([steps], np.int32)),
            "settle_interval": ("second", np.array([steps * self.step])),
        }

    def _parameters(
        self, equations: Iterable[Equation], *statements: str
    ) -> tuple[list[str], dict[str, Array]]:
        """Return declarations and values of the parameters that texts mention."""
        read = set().union(*map(names_read, statements), set())
        for equation in equations:
            read |= identifiers(equation.expression) if equation.expression else set()
        lines: list[str] = []
        values: dict[str, Array] = {}
        for name, (declared, value) in self._intervals().items():
            if name in read:
                lines.append(f"{name} : {declared} (shared, constant)")
                values[name] = value
        for part in (*self.spine.parts, self.model.circuit):
            used = [name for name in part.parameters if name in read]
            lines += declarations(self.model, part, used)
            values |= values_of(self.model, part, used)
        return lines, values

    def _connections(self, seed: int, repeats: int) -> tuple[Array, Array]:
        """Return cells on both sides of every spine, sorted by the presynaptic one.

        All conditions of one repeat share their connections.
        """
        sizes = (self.sizes[self.projection.origin], self.sizes[self.projection.target])
        drawn = [self._draw(sizes, seed, repeat) for repeat in range(repeats)]
        pre, post = [], []
        for copy in range(self.copies):
            one = drawn[copy % repeats]
            pre.append(one // sizes[1] + copy * sizes[0])
            post.append(one % sizes[1] + copy * sizes[1])
        return np.concatenate(pre).astype(np.int32), np.concatenate(post).astype(np.int32)

    def _draw(self, sizes: tuple[int, int], seed: int, repeat: int) -> Array:
        """Return one copy's spines as sorted numbers ``pre*size + post``."""
        rule = self.projection.connectivity
        if rule.rule == "one_to_one":
            if sizes[0] != sizes[1]:
                raise ModelError(f"projection {self.name!r}: one_to_one needs equal sizes {sizes}")
            return np.arange(sizes[0]) * (sizes[1] + 1)
        if rule.rule == "all_to_all":
            return np.arange(sizes[0] * sizes[1])
        assert rule.in_degree is not None
        degree = whole_number(self.model, rule.in_degree)
        random = generator(seed, self.name, "connections", str(repeat))
        post = np.repeat(np.arange(sizes[1]), degree)
        recurrent = self.projection.origin == self.projection.target
        if recurrent and sizes[0] < 2:
            raise ModelError(f"projection {self.name!r}: a cell alone has no partner")
        pre = random.integers(0, sizes[0] - recurrent, post.size)
        pre += recurrent & (pre >= post)  # no cell onto itself
        return np.sort(pre * sizes[1] + post)

    def _delay(self, seed: int, repeats: int, size: int) -> Array:
        """Return the delay of all spines, or of each where they differ, in seconds.

        All conditions of one repeat share their delays.
        """
        circuit = self.model.circuit
        delay = self.model.number(circuit.name, self.projection.delay)
        spread = delay_spread(self.model, self.name)
        if delay < 0 or spread < 0:
            raise ModelError(
                f"parameter {circuit.name}.{self.projection.delay}: a delay or spread is negative"
            )
        if whole_steps(delay, self.step) is None:
            raise ModelError(
                f"parameter {circuit.name}.{self.projection.delay}: {delay:g} s is no multiple "
                f"of the step of {self.step:g} s"
            )
        if spread == 0:
            return np.array([delay])
        longest = round(spread / self.step) + 1
        drawn = [
            generator(seed, self.name, "delays", str(repeat)).integers(0, longest, size)
            for repeat in range(repeats)
        ]
        steps = np.concatenate([drawn[copy % repeats] for copy in range(self.copies)])
        return delay + steps * self.step
