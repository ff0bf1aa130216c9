"""What a rule keeps on the cells of both sides: groups, and pathways that bring their spikes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from neurospine.description.plasticity_parts import PlasticityPart
from neurospine.description.units import whole_steps
from neurospine.errors import ModelError
from neurospine.simulation.following import steady
from neurospine.simulation.form import CellBlock
from neurospine.simulation.network import Alias, Array, Group, Operation, Synapses

#: Declarations and values of the parameters that equations and statements mention.
Declare = Callable[..., tuple[list[str], dict[str, Array]]]
#: A step of what follows potentials comes after what is due at a border of the same time.
_AFTER_BORDERS = 11


class Side:
    """The traces of a rule on the cells of one side of a projection.

    Parameters
    ----------
    name
        Name of the group.
    population, size, copies
        Whose spikes it hears, their number in a copy, and the copies.
    block
        What is kept.
    declare
        Gives the parameters for a group of so many in each copy.
    integrals
        Names of what is kept once for each copy, and where.
    """

    def __init__(
        self,
        name: str,
        population: str,
        size: int,
        copies: int,
        block: CellBlock,
        declare: Declare,
        integrals: Mapping[str, Alias],
    ) -> None:
        self.name, self.population, self.block, self.declare = name, population, block, declare
        self.size, self.copies, self.integrals = size, copies, integrals

    def group(
        self, rule: PlasticityPart | None, starts: Mapping[str, Array], step: float
    ) -> list[Group]:
        """Return the group of the traces, and those of what it remembers.

        Parameters
        ----------
        rule
            The rule, where the traces follow potentials.
        starts
            Values of the neurons' variables at the start.
        step
            The time step in seconds.
        """
        block = self.block
        if not block.equations:
            return []
        texts = (block.on_spike, block.settle, block.step)
        lines, values = self.declare(self.size, block.equations, *texts)
        lines = [*(e.text for e in block.equations), *lines]
        if not block.potentials:
            return [Group(self.name, self.size * self.copies, "\n".join(lines), values)]
        assert rule
        aliases = {name: Alias(self.population, name, "same") for name in block.potentials}
        values |= self._steady(rule, starts, values)
        operations = [Operation("follow", block.step, order=_AFTER_BORDERS)]
        groups, types = [], {}
        units = {e.name: e.unit for e in block.equations}
        for late, of, by in block.delays:
            steps = self._steps(rule, values, by, step)
            ring, turn, past = f"{self.name}_{late}", f"turn_{late}", f"past_{late}"
            length = max(1, steps)
            kept = np.repeat(values[late], length)
            groups.append(Group(ring, kept.size, f"kept : {units[late]}", {"kept": kept}))
            aliases[past] = Alias(ring, "kept", turn)
            lines.append(f"{turn} : integer")
            types[turn] = "int32"
            values[turn] = np.zeros(self.size * self.copies, np.int32)
            codes = (
                f"{turn} = i*{length} + t_in_timesteps % {length}",
                f"{late} = {past}",
                f"{past} = {of}",
            )
            if steps == 0:
                codes = (f"{turn} = i", f"{late} = {of}", f"{past} = {of}")
            for number, code in enumerate(codes, start=1):
                order = _AFTER_BORDERS + number
                operations.append(Operation(f"{late}_{number}", code, order=order))
        group = Group(
            self.name,
            self.size * self.copies,
            "\n".join(lines),
            values,
            operations=tuple(operations),
            aliases=aliases,
            types=types,
        )
        return [*groups, group]

    def _steady(
        self, rule: PlasticityPart, starts: Mapping[str, Array], values: Mapping[str, Array]
    ) -> dict[str, Array]:
        """Return where what follows potentials starts: where it would stay."""
        found, cells = {}, self.size * self.copies
        parameters = {name: values[name] for name in rule.parameters if name in values}
        several = len(self.block.potentials) > 1
        for potential in self.block.potentials:
            place = potential.removeprefix("v_") if several else ""
            start = np.broadcast_to(starts.get(potential, np.zeros(1)), cells)
            for name, value in steady(rule, start, parameters).items():
                found[f"{name}_{place}" if place else name] = np.array(value)
        names = {e.name for e in self.block.equations}
        rest = {name: np.zeros(cells) for name in names - set(found)}
        return {**{n: v for n, v in found.items() if n in names}, **rest}

    def _steps(
        self, rule: PlasticityPart, values: Mapping[str, Array], by: str, step: float
    ) -> int:
        delay = values[by] if by in values else self.declare(self.size, (), by)[1][by]
        steps = whole_steps(float(delay.flat[0]), step)
        if np.any(delay != delay.flat[0]) or steps is None:
            raise ModelError(
                f"parameter {rule.name}.{by}: must be a multiple of the step of {step:g} s, the "
                "same in all conditions"
            )
        return steps

    def bring(self, delay: Array, order: int) -> Synapses | None:
        """Return the pathway that brings the spikes of each cell to its own traces."""
        block = self.block
        if not block.equations or not block.on_spike.strip():
            return None
        cells = np.arange(self.size * self.copies, dtype=np.int32)
        _, parameters = self.declare(self.size, (), block.on_spike)
        aliases = {e.name: Alias(self.name, e.name, "post") for e in block.equations}
        for name, value in parameters.items():
            aliases[name] = Alias(self.name, name, "shared" if value.size == 1 else "post")
        line, values = "", {}
        if any(name in block.on_spike for name in self.integrals):
            aliases |= self.integrals
            if self.copies > 1:
                line, values = "own_copy : integer (constant)", {"own_copy": cells // self.size}
        return Synapses(
            f"{self.name}_spikes",
            self.population,
            self.name,
            cells,
            cells,
            line,
            block.on_spike,
            delay,
            values,
            aliases=aliases,
            order=order,
        )
