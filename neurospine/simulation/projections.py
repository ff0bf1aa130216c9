"""A projection of a circuit becomes groups of traces, sets of synapses and their borders."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from neurospine.description.expressions import Equation, identifiers, names_read
from neurospine.description.receptors import projection_effect
from neurospine.simulation import slow
from neurospine.simulation.aliases import spine_aliases
from neurospine.simulation.connections import delays, late_delays
from neurospine.simulation.deferring import deferred
from neurospine.simulation.forgetting import forgetting
from neurospine.simulation.form import Form
from neurospine.simulation.gating import Contacts, Gating
from neurospine.simulation.keys import Declarations
from neurospine.simulation.living import Living, living
from neurospine.simulation.modulation import Gates
from neurospine.simulation.network import Array, Border, Group, Operation, Synapses
from neurospine.simulation.numbers import Numbers
from neurospine.simulation.partners import STREAMS, declare_partners, new_partner
from neurospine.simulation.rule_start import start_state
from neurospine.simulation.sampling import Sampling, sampling
from neurospine.simulation.sharing import Shared, Sharing
from neurospine.simulation.sites import on_dendrites
from neurospine.simulation.slots import Slots
from neurospine.simulation.traces import Side

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
    start
        What it joins at the start of a run, and where.
    sizes
        Cells in one copy of each population.
    step
        The time step in seconds.
    seed
        Decides what is drawn at random.
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
        start: Slots,
        sizes: Mapping[str, int],
        step: float,
        *,
        seed: int,
        sampled: bool,
        quiet: bool,
    ) -> None:
        self.numbers, self.name, self.form, self.step = numbers, name, form, step
        self.model, self.quiet, self.seed = numbers.model, quiet, seed
        self.copies = len(numbers.models) * numbers.repeats
        self.projection = self.model.circuit.projections[name]
        self.spine = self.model.spines[name]
        self.sizes = (sizes[self.projection.origin], sizes[self.projection.target])
        ends = (self.projection.origin, self.projection.target)
        labels, blocks = ("axon", "cell"), (form.presynaptic, form.postsynaptic)
        self.gates = Gates(numbers, name, form.settle_steps, step)
        integrals = self.gates.aliases()
        self.sides = tuple(
            Side(f"{name}_{label}", end, size, self.copies, block, self.parameters, integrals)
            for label, end, size, block in zip(labels, ends, self.sizes, blocks, strict=True)
        )
        self.pre, self.post = start.pre, start.post
        self.stage, self.sites = start.stage, start.sites
        self.slots, self.size = self.pre.size, self.pre.size // self.copies
        self.started = start_state(numbers, name, self.spine, start.volume, self.stage, seed)
        self.contacts = Contacts(self.pre, self.post, self._delays()[0], self.sites)
        self.shared = Shared()
        self.sampling: Sampling | None = None
        if sampled and self.spine.rule:
            self.sampling = sampling(self.spine)
        # Traces on synapses start anew with a spine.
        kept = {"volume", "weight", "last_event"}
        kept |= self.spine.rule.traits if self.spine.rule else set()
        cleared = tuple(e.name for e in form.equations if e.name not in kept)
        cleared += ("sampled",) if self.sampling else ()
        cleared += slow.cleared_at_birth(self.spine)
        self.living: Living | None = living(self.spine, cleared) if self.spine.lives else None

    def meet(self, sharing: Sharing, layouts: Mapping[str, Layout], border_steps: int) -> None:
        """Take notice of what other projections do to the same dendrites."""
        self.shared = sharing.of(self.name, self.sites, self.post)
        circuit = self.model.circuit
        gates = {
            name: layouts[name].contacts
            for name, projection in circuit.projections.items()
            if projection.gates == self.name
        }
        self.gating = Gating(self.numbers, self.name, gates, self.contacts, self.step, border_steps)

    def groups(self, starts: Mapping[str, Array]) -> list[Group]:
        """Return the groups that hold the traces of the two sides.

        `starts` are the values of the postsynaptic neurons' variables at the start.
        """
        rule = self.spine.rule
        found = [group for side in self.sides for group in side.group(rule, starts, self.step)]
        return [*found, *self.gates.groups(), *self.gating.groups()]

    def synapses(self) -> list[Synapses]:
        """Return the spines and the pathways that bring spikes to the traces."""
        delay, late = self._delays()
        equations = self._equations()
        everything = (*self.borders(), *self.later_borders())
        own = [border.code for border in everything if border.owner == self.name]
        form, aliases = self.form, spine_aliases(self.numbers, self.name, self.form)
        gated = self.gating.at_spines()
        named = [*gated[0], *self._local_lines()]
        later = deferred(
            self.numbers, self.name, form, equations, named, aliases | gated[2], self.step
        )
        texts = (form.on_pre, form.on_late, form.on_post, form.step, later.code, *own)
        lines, values = self.parameters(self.size, equations, *texts)
        values |= self.started
        values |= {"stage": self.stage} if self.spine.stages else {}
        more, given = on_dendrites(self.model, self.name, self.sites)
        lines += [*more, *self._local_lines()]
        values |= given
        values |= self.shared.places
        lines += [f"{name} : integer (constant)" for name in self.shared.places]
        values |= {e.name: np.zeros(self.slots) for e in equations if e.name not in values}
        found = self._declarations(" ".join((*own, *texts)))
        lines += found.lines
        values |= found.values
        for seen in (gated, self.gates.at_spines(self.size)):
            lines += seen[0]
            values |= seen[1]
            aliases |= seen[2]
        spines = Synapses(
            self.name,
            self.projection.origin,
            self.projection.target,
            self.pre,
            self.post,
            "\n".join((*(e.text for e in equations), *dict.fromkeys(lines))),
            self.form.on_pre or self.form.on_late,
            delay if self.form.on_pre else late,
            values,
            tuple(name for name, value in values.items() if value.size == self.slots != 1),
            self.form.on_post,
            aliases,
            types={name: kind for name, kind in _TYPES.items() if name in values},
            lives=self.spine.stages is not None,
            on_late=self.form.on_late if self.form.on_pre else "",
            late_delay=late,
            deferred=later.code,
            deferred_steps=later.steps,
            operations=self._operations(),
        )
        axon, cell = self.sides
        if late.size > 1:  # one for each axon: copies differ, or traces are not on cells
            late = np.repeat(late.reshape(self.copies, -1)[:, 0], self.sizes[0])
        brought = [axon.bring(late, 1), cell.bring(np.zeros(1), 3)]
        return [spines, *filter(None, brought), *self.gating.pathways()]

    def _equations(self) -> list[Equation]:
        living, sampled = self.living, self.sampling
        found = [*self.form.equations, *(living.equations if living else ())]
        found += sampled.equations if sampled else ()
        return [*found, *slow.slow_variables(self.spine)]

    def _delays(self) -> tuple[Array, Array]:
        """Return the delay of spikes, and that of what the rule makes of them, in seconds."""
        delay = delays(self.numbers, self.name, self.step, self.size, self.copies, self.seed)
        return delay, late_delays(self.numbers, self.name, delay, self.step, self.size)

    def _operations(self) -> tuple[Operation, ...]:
        """Return what is done at every spine in every step, before arrivals."""
        go_on = Operation("go_on", self.form.step, when="synapses", order=-5)
        return (go_on,) if self.form.step else ()

    def _local_lines(self) -> list[str]:
        """Return what spines read of variables that their cell has for each place."""
        form = self.form
        texts = (form.on_pre, form.on_late, form.on_post, form.step, form.settle)
        read = set().union(*map(_names, texts))
        picked = self.form.locals.items()
        return [f"{n} = {expression} : {unit}" for n, (expression, unit) in picked if n in read]

    def borders(self) -> Iterator[Border]:
        """Yield what is done to spines and traces at borders between steps, in order."""
        steps = self.form.settle_steps
        if self.form.settle:
            absent = self.form.absent
            yield Border(self.name, "settle", "settle", self.form.settle, steps, absent=absent)
        for side in self.sides:
            if side.block.settle:
                yield Border(side.name, "settle", "settle", side.block.settle, steps)
        yield from self.gates.borders()
        yield from self.gating.borders(quiet=self.quiet)
        if self.form.rest:
            yield Border(self.name, "rest", "rest", self.form.rest)
        if self.quiet:
            yield from forgetting(self.numbers, self.name, self.form)
        if self.sampling:
            yield Border(self.name, "begin", "begin", self.sampling.begin)
            yield Border(self.name, "measure", "measure", self.sampling.measure)
            yield Border(self.name, "replay", "replay", self.sampling.replay)
        if self.spine.gate and self.spine.gate.step:
            yield Border(self.name, "gate", "live", slow.pass_gate(self.spine))
        if self.spine.slow:
            yield Border(self.name, "release", "live", slow.release(self.spine))
            yield from self.shared.collecting(self.name)

    def later_borders(self) -> Iterator[Border]:
        """Yield what follows in a tick when all that spines share has been brought up to date."""
        yield from self.shared.looking(self.name)
        for part in self.spine.slow:
            yield Border(self.name, part.kind, "live", slow.act(self.spine, part))
        if self.living:
            absent = self.living.absent
            yield Border(self.name, "step", "live", self.living.step, absent=absent)
        if self.living and self.living.jump:
            yield Border(self.name, "jump", "live", self.living.jump, where="turned")
            if self.projection.connectivity.rewires:
                same = self.projection.origin == self.projection.target
                yield Border(self.name, "partners", "rewire", new_partner(same=same))
        if self.spine.slow:
            yield Border(self.name, "noted", "live", slow.keep(self.spine))
        if self.sampling:
            yield Border(self.name, "keep", "keep", self.sampling.keep)

    def _declarations(self, text: str) -> Declarations:
        """Return what statements need besides parameters of the model."""
        found = Declarations()
        streams = list(self.form.streams)
        ticks = bool(self.spine.ticks or self.sampling or self.form.rest)
        streams += list(self.living.streams) if self.living else []
        streams += slow.streams(self.spine)
        if "candidate" in text:
            streams += STREAMS
        if streams or ticks:
            found.sites(self.size, self.copies, self.numbers.repeats)
        if ticks:
            found.ticks(text, sampled=self.sampling is not None)
        if "candidate" in text:
            declare_partners(found, self.slots, self.sizes)
        found.streams(self.seed, self.name, streams)
        return found

    def _intervals(self) -> dict[str, tuple[str, Array]]:
        """Return the numbers that settling needs, with their declarations."""
        steps = self.form.settle_steps
        return {
            "settle_steps": ("integer", np.array([steps], np.int32)),
            "settle_interval": ("second", np.array([steps * self.step])),
        }

    def parameters(
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
