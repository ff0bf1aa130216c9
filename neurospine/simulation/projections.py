"""A projection of a circuit becomes groups of traces, sets of synapses and their borders."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from neurospine.description.expressions import (
    Equation,
    identifiers,
    names_read,
    parse_equations,
    parse_statements,
)
from neurospine.description.receptors import local_ports, projection_effect
from neurospine.simulation.connections import delays
from neurospine.simulation.forgetting import forgetting
from neurospine.simulation.forms import CellBlock, Form
from neurospine.simulation.living import Living, living
from neurospine.simulation.network import Alias, Array, Border, Group, Synapses
from neurospine.simulation.numbers import Numbers
from neurospine.simulation.random import stream_key
from neurospine.simulation.sampling import Sampling, sampling
from neurospine.simulation.sites import on_dendrites
from neurospine.simulation.slots import Slots

_NAME = re.compile(r"[A-Za-z_]\w*")
#: Stages are few, and the slow clock reads them all: a byte each.
_TYPES = {"stage": "int8", "turned": "int8", "slow_tick": "int64"}


class Layout:
    """One projection laid out over all copies of the circuit.

    Parameters
    ----------
    numbers
        The model in each condition.
    name
        The projection.
    form
        How its rule is computed.
    slots
        What it joins at the start, and where.
    sizes
        Cells in one copy of each population.
    step
        The time step in seconds.
    sampled
        Whether the protocol applies the drive of samples.
    quiet
        Whether it has consolidation phases without activity.
    """

    def __init__(
        self,
        numbers: Numbers,
        name: str,
        form: Form,
        slots: Slots,
        sizes: Mapping[str, int],
        step: float,
        *,
        sampled: bool,
        quiet: bool,
    ) -> None:
        self.numbers, self.name, self.form, self.step = numbers, name, form, step
        self.slots = slots
        self.model, self.quiet = numbers.model, quiet
        self.copies = len(numbers.models) * numbers.repeats
        self.projection = self.model.circuit.projections[name]
        self.spine = self.model.spines[name]
        self.sizes = (sizes[self.projection.origin], sizes[self.projection.target])
        self.sides = (
            ("axon", self.projection.origin, self.sizes[0], form.presynaptic),
            ("cell", self.projection.target, self.sizes[1], form.postsynaptic),
        )
        self.sampling: Sampling | None = None
        if sampled and self.spine.rule:
            self.sampling = sampling(self.spine)
        # Traces on synapses start anew with a spine.
        cleared = tuple(e.name for e in form.equations if e.name != "volume")
        cleared += ("sampled",) if self.sampling else ()
        self.living: Living | None = living(self.spine, cleared) if self.spine.lives else None

    def groups(self) -> list[Group]:
        """Return the groups that hold the traces of the two sides."""
        groups = []
        for label, _, size, block in self.sides:
            if block.equations:
                texts = (block.on_spike, block.settle)
                lines, values = self._parameters(size, block.equations, *texts)
                groups.append(
                    Group(
                        f"{self.name}_{label}",
                        size * self.copies,
                        "\n".join((*(e.text for e in block.equations), *lines)),
                        values,
                    )
                )
        return groups

    def synapses(self, seed: int) -> list[Synapses]:
        """Return the spines and the pathways that bring spikes to the traces."""
        pre, post, sites = self.slots.pre, self.slots.post, self.slots.sites
        size = pre.size // self.copies
        delay = delays(self.numbers, self.name, self.step, size, self.copies, seed)
        equations = [*self.form.equations, *(self.living.equations if self.living else ())]
        equations += self.sampling.equations if self.sampling else ()
        own = [border for border in self.borders() if border.owner == self.name]
        texts = (self.form.on_pre, self.form.on_post, *(border.code for border in own))
        lines, values = self._parameters(size, equations, *texts)
        values["volume"] = self.slots.volume
        values |= {"stage": self.slots.stage} if self.spine.stages else {}
        more, given = on_dendrites(self.model, self.name, sites)
        lines += more
        values |= given
        values |= {e.name: np.zeros(pre.size) for e in equations if e.name not in values}
        if self.living or self.sampling:
            more, given = self._slow_numbers(seed, size, " ".join(border.code for border in own))
            lines += more
            values |= given
        spines = Synapses(
            self.name,
            self.projection.origin,
            self.projection.target,
            pre,
            post,
            "\n".join((*(e.text for e in equations), *lines)),
            self.form.on_pre,
            delay,
            values,
            tuple(name for name, value in values.items() if value.size == pre.size != 1),
            self.form.on_post,
            self._aliases(),
            types={name: kind for name, kind in _TYPES.items() if name in values},
            lives=self.spine.stages is not None,
        )
        pathways = [
            self._bring(label, population, size, block, wait, order)
            for (label, population, size, block), wait, order in zip(
                self.sides, (delay, np.zeros(1)), (1, 3), strict=True
            )
            if block.equations
        ]
        return [spines, *pathways]

    def borders(self) -> Iterator[Border]:
        """Yield what is done to spines and traces at borders between steps, in order."""
        steps = self.form.settle_steps
        if self.form.settle:
            yield Border(self.name, "settle", "settle", self.form.settle, steps)
        for label, _, _, block in self.sides:
            if block.settle:
                yield Border(f"{self.name}_{label}", "settle", "settle", block.settle, steps)
        if self.quiet:
            yield from forgetting(self.model, self.name, self.form)
        if self.sampling:
            yield Border(self.name, "begin", "begin", self.sampling.begin)
            yield Border(self.name, "measure", "measure", self.sampling.measure)
            yield Border(self.name, "replay", "replay", self.sampling.replay)
        if self.living:
            yield Border(self.name, "step", "live", self.living.step)
        if self.living and self.living.jump:
            yield Border(self.name, "jump", "live", self.living.jump, where="turned")
            if self.projection.connectivity.rewires:
                yield Border(self.name, "partners", "rewire", self._new_partner())
        if self.sampling:
            yield Border(self.name, "keep", "keep", self.sampling.keep)

    def _new_partner(self) -> str:
        """Return statements that draw a presynaptic cell as the connectivity rule does."""
        same = self.projection.origin == self.projection.target
        fine = "(uniform(site, slow_tick, partner_key_low, partner_key_high) + "
        fine += "uniform(site, slow_tick, finer_key_low, finer_key_high)/16777216.0)"
        lines = [f"candidate = int(floor({fine}*(origin_size - {int(same)})))"]
        if same:
            lines.append("candidate = candidate + int(candidate >= j % target_size)")
        lines.append("candidate = candidate + (j // target_size)*origin_size")
        return "\n".join(lines)

    def _slow_numbers(self, seed: int, size: int, text: str) -> tuple[list[str], dict[str, Array]]:
        """Return what statements of the slow clock need besides parameters of the model."""
        lines = ["site : integer (constant)", "slow_tick : integer (shared)"]
        lines += ["interval : second (shared)"]
        slots = np.arange(size)
        repeats = np.arange(self.copies) % self.numbers.repeats
        values: dict[str, Array] = {
            "site": (repeats[:, None] * size + slots).ravel().astype(np.int32),
            "slow_tick": np.zeros(1, np.int64),
            "interval": np.zeros(1),
        }
        if "slow_time" in text:
            lines.append("slow_time : second (shared)")
            values["slow_time"] = np.zeros(1)
        if self.sampling:
            lines.append("sample_length : second (shared)")
            values["sample_length"] = np.ones(1)
        streams = list(self.living.streams) if self.living else []
        if "candidate" in text:
            streams += ["partner", "finer"]
            lines += ["candidate : integer", "origin_size : integer (shared, constant)"]
            lines += ["target_size : integer (shared, constant)"]
            values["candidate"] = np.zeros(size * self.copies, np.int32)
            values["origin_size"] = np.array([self.sizes[0]], np.int32)
            values["target_size"] = np.array([self.sizes[1]], np.int32)
        for stream in streams:
            key = stream_key(seed, self.name, "dynamics", stream)
            for half, word in zip(("low", "high"), key, strict=True):
                lines.append(f"{stream}_key_{half} : integer (shared, constant)")
                values[f"{stream}_key_{half}"] = np.array([word], np.int32)
        return lines, values

    def _bring(
        self, label: str, population: str, size: int, block: CellBlock, delay: Array, order: int
    ) -> Synapses:
        """Return the pathway that brings the spikes of each cell to its own traces."""
        group = f"{self.name}_{label}"
        cells = np.arange(size * self.copies, dtype=np.int32)
        _, parameters = self._parameters(size, (), block.on_spike)
        aliases = {e.name: Alias(group, e.name, "post") for e in block.equations}
        for name, value in parameters.items():
            aliases[name] = Alias(group, name, "shared" if value.size == 1 else "post")
        return Synapses(
            f"{group}_spikes",
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
        for names in local_ports(self.model, self.name).values():
            aliases |= {name: Alias(self.projection.target, name, "post") for name in names}
        effect = projection_effect(self.model, self.name)
        if neuron and effect:
            touched = {s.name for s in parse_statements(effect)} | names_read(effect)
            for equation in parse_equations(neuron.equations):
                if equation.name in touched:
                    aliases[equation.name] = Alias(self.projection.target, equation.name, "post")
            for name in sorted(touched & set(neuron.parameters)):
                each = self.numbers.each(neuron.name, name)
                one = np.all(each == each[0])
                aliases[name] = Alias(self.projection.target, name, "shared" if one else "post")
        return aliases

    def _intervals(self) -> dict[str, tuple[str, Array]]:
        """Return the numbers that settling needs, with their declarations."""
        steps = self.form.settle_steps
        return {
            "settle_steps": ("integer", np.array([steps], np.int32)),
            "settle_interval": ("second", np.array([steps * self.step])),
        }

    def _parameters(
        self, size: int, equations: Iterable[Equation], *statements: str
    ) -> tuple[list[str], dict[str, Array]]:
        """Return declarations and values of the parameters that texts mention."""
        read = set().union(*map(_names, statements), set())
        for equation in equations:
            read |= identifiers(equation.expression) if equation.expression else set()
        lines: list[str] = []
        values: dict[str, Array] = {}
        for name, (declared, value) in self._intervals().items():
            if name in read:
                lines.append(f"{name} : {declared} (shared, constant)")
                values[name] = value
        circuit = names_read(projection_effect(self.model, self.name))
        for part in (*self.spine.parts, self.model.circuit):
            known = circuit if part is self.model.circuit else read
            used = [name for name in part.parameters if name in read & known]
            more, given = self.numbers.declare(part, used, size)
            lines += more
            values |= given
        return lines, values


def _names(statements: str) -> set[str]:
    """Return every name in statements, those of functions included."""
    return set(_NAME.findall(statements))
