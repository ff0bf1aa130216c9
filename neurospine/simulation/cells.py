"""Populations of neurons become groups of cells, with what drives them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from neurospine.description.cell_checks import check_sizes
from neurospine.description.checks import at
from neurospine.description.evaluate import evaluate
from neurospine.description.expressions import Equation, identifiers, names_read, parse_equations
from neurospine.description.model import Model
from neurospine.description.parts import Drive
from neurospine.description.protocol import Protocol
from neurospine.description.steady import start_values
from neurospine.errors import ModelError
from neurospine.simulation.cable import cable_step
from neurospine.simulation.injection import injection, supply
from neurospine.simulation.network import Array, Group, Operation
from neurospine.simulation.numbers import Numbers
from neurospine.simulation.random import LARGEST_MEAN, slow_code, stream_key


class Cells:
    """One population laid out over all copies of the circuit.

    Parameters
    ----------
    protocol
        Says what currents are injected.
    numbers
        The model in each condition.
    population
        Its name.
    size
        Cells in one copy.
    seed
        Decides its drive.
    """

    def __init__(
        self, protocol: Protocol, numbers: Numbers, population: str, size: int, seed: int
    ) -> None:
        self.protocol, self.numbers, self.model = protocol, numbers, numbers.model
        self.population, self.size, self.seed = population, size, seed
        self.step = protocol.step_seconds
        self.copies = len(numbers.models) * numbers.repeats

    def group(self) -> Group:
        """Return the cells with their equations and numbers."""
        part, cell = self.model.neurons[self.population], self.model.cells.get(self.population)
        lines, values = self.numbers.declare(part, part.parameters, self.size)
        values |= self._start()
        operations = []
        for name, drive in self.model.circuit.drives.items():
            if drive.target == self.population:
                operations.append(self._drive(name, drive, values, lines))
        if operations:
            lines.append("noise_slot : integer (constant)")
            repeats = np.arange(self.copies) % self.numbers.repeats
            slots = repeats[:, None] * self.size + np.arange(self.size)
            values["noise_slot"] = slots.ravel().astype(np.int32)
        segments = [segment.name for segment in cell.tree.segments] if cell else None
        if self.population in self.model.neuromodulators:
            more, given = supply(self.protocol, self.population)
        else:
            more, given = injection(self.protocol, part, self.population, self.size, segments)
        lines, values = [*lines, *more], {**values, **given}
        own = _fast(parse_equations(part.equations)) if cell else part.equations
        text = [line.strip() for block in (own, *lines) for line in block.strip().splitlines()]
        return Group(
            self.population,
            self.size * self.copies,
            "\n".join(dict.fromkeys(text)),  # two drives may share a parameter
            values,
            threshold=part.threshold,
            reset=part.reset.strip(),
            refractory=part.refractory,
            method=part.method or "exact",
            update=slow_code(cable_step(cell)) if cell else "",
            operations=tuple(operations),
        )

    def _start(self) -> dict[str, Array]:
        """Return where the variables start."""
        part, cell = self.model.neurons[self.population], self.model.cells.get(self.population)
        if cell is None:
            return {
                variable: np.repeat(self.numbers.at_start(part.name, name), self.size)
                for variable, name in part.initial.items()
            }
        found: dict[tuple[float, ...], dict[str, float]] = {}
        each = []
        for model in self.numbers.models:
            numbers = {name: model.number(part.name, name) for name in part.parameters}
            key = tuple(numbers.values())
            if key not in found:
                with at(f"neuron {part.name!r}"):
                    check_sizes(part, numbers)
                    found[key] = start_values(cell, numbers)
            each.append(found[key])
        length = self.numbers.repeats * self.size
        return {name: np.repeat([start[name] for start in each], length) for name in each[0]}

    def _drive(
        self, name: str, drive: Drive, values: dict[str, Array], lines: list[str]
    ) -> Operation:
        circuit = self.model.circuit
        keys = (f"{name}_key_low", f"{name}_key_high")
        random = f"noise = normal(noise_slot, t_in_timesteps, {', '.join(keys)})"
        if drive.rate:
            mean = self.numbers.single(circuit.name, drive.rate) * self.step
            if not 0 <= mean <= LARGEST_MEAN:
                raise ModelError(
                    f"parameter {circuit.name}.{drive.rate}: {mean:g} events a step; "
                    f"must be at most {LARGEST_MEAN}: use a shorter step"
                )
            means = f"{drive.rate}*dt, {', '.join(keys)}"
            random = f"count = poisson_count(noise_slot, t_in_timesteps, {means})"
        used = [n for n in circuit.parameters if n in {drive.rate} | names_read(drive.effect)]
        more, given = self.numbers.declare(circuit, used, self.size)
        lines += more
        values |= given
        for key, word in zip(keys, stream_key(self.seed, drive.target, name), strict=True):
            values[key] = np.array([word], np.int32)
            lines.append(f"{key} : integer (shared, constant)")
        code = f"{random}\n{drive.effect.strip()}"
        return Operation(name, code, when="synapses", order=-10)


def _fast(equations: Iterable[Equation]) -> str:
    """Return equations with exponentials of ours, and whole powers as products."""
    written = (replace(e, expression=slow_code(e.expression)) for e in equations)
    return "\n".join(equation.text for equation in written)


def potentials(model: Model, group: Group) -> dict[str, Array]:
    """Return the values at the start of what a rule may follow as voltage, by variable."""
    found = dict(group.values)
    for equation in parse_equations(model.neurons[group.name].equations):
        if equation.name == "voltage" and equation.expression:
            read = identifiers(equation.expression)
            names = {name: found.get(name, np.zeros(1)) for name in read}
            found["voltage"] = np.asarray(evaluate(equation.expression, names), float)
    return found
