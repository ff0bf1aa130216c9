"""Model and protocol become a network: copies of the circuit for all conditions at once."""

from __future__ import annotations

from dataclasses import dataclass

from neurospine.description.dale import check_signs
from neurospine.description.disorder import Disorder
from neurospine.description.model import Model
from neurospine.description.neuron_checks import check_populations
from neurospine.description.protocol import Protocol
from neurospine.description.trial_measures import check_trial_model
from neurospine.description.units import whole_steps
from neurospine.errors import ModelError, ProtocolError
from neurospine.simulation.cells import Cells, potentials
from neurospine.simulation.connections import whole_number
from neurospine.simulation.courses import courses
from neurospine.simulation.form import Form, FormName
from neurospine.simulation.form_choice import choose_form
from neurospine.simulation.modulation import Modulation
from neurospine.simulation.network import (
    Border,
    Network,
    Source,
    Synapses,
)
from neurospine.simulation.numbers import Numbers, condition_models
from neurospine.simulation.projections import Layout
from neurospine.simulation.schedule import common_steps, stretches
from neurospine.simulation.sharing import Sharing
from neurospine.simulation.slots import Slots, make_slots
from neurospine.simulation.stimuli import spikes
from neurospine.simulation.uncaging import Aims, aims
from neurospine.simulation.watched import Watched

#: Brian2 numbers cells in 32 bits.
MOST_CELLS = 2**31 - 1


@dataclass(frozen=True)
class Plan:
    """A network with what its parts stand for.

    Attributes
    ----------
    network
        What is built and run.
    forms
        The form of the rule in each projection.
    copies
        Number of copies of the circuit: conditions times repeats.
    sizes
        Cells in one copy of each population.
    form
        The form that was asked for.
    fitted_to
        The data that the values of any condition were fitted to.
    slots
        What each projection joins at the start, and where.
    aims
        The spines that are stimulated one by one.
    disorders
        Those of the model and of any condition, by name.
    """

    model: Model
    protocol: Protocol
    seed: int
    network: Network
    forms: dict[str, Form]
    copies: int
    sizes: dict[str, int]
    form: FormName | None
    fitted_to: frozenset[str]
    slots: dict[str, Slots]
    aims: Aims
    disorders: dict[str, Disorder]

    def __repr__(self) -> str:
        """Return what is run, in how many copies, and how many cells these have."""
        cells = ", ".join(f"{size} {name}" for name, size in self.sizes.items())
        return (
            f"<Plan of {self.protocol.name} with {self.model.name}; copies: {self.copies}; "
            f"cells in each: {cells}>"
        )


def make_plan(
    model: Model, protocol: Protocol, *, seed: int = 0, form: FormName | None = None
) -> Plan:
    """Return the network for a model under a protocol.

    Parameters
    ----------
    model, protocol
        What to run.
    seed
        Decides connections, Poisson input and drive.
    form
        The form in which plasticity rules are computed; by default the cheapest
        that holds.

    Raises
    ------
    ProtocolError
        If the protocol does not fit the model.
    ModelError
        If the form cannot be used, or a delay or rate does not fit the time step.
    """
    if not 0 <= seed < 2**63:
        raise ProtocolError(f"seed {seed}: must be a whole number from 0 to 2**63 - 1")
    try:
        return _Planner(model, protocol, seed, form).plan()
    except ProtocolError as error:
        place = f"{protocol.place}: "
        raise ProtocolError(place + str(error).removeprefix(place)) from None


class _Planner:
    def __init__(self, model: Model, protocol: Protocol, seed: int, form: FormName | None) -> None:
        self.model, self.protocol, self.seed, self.form = model, protocol, seed, form
        self.step = protocol.step_seconds
        self.schedule = stretches(protocol)
        try:
            self.models = condition_models(model, protocol)
            self.courses = courses(self.models, protocol, self.schedule)
            self.numbers = Numbers(self.courses, protocol.repeats)
        except ProtocolError as error:
            raise ProtocolError(f"{protocol.place}: {error}") from None
        for changed in (*self.models, *self.courses.models):
            check_signs(changed)
        self.copies = len(self.models) * protocol.repeats
        self.sizes = {name: self._size(name) for name in model.circuit.populations}
        for name, size in self.sizes.items():
            if size * self.copies > MOST_CELLS:
                raise ModelError(
                    f"circuit {model.name!r}: [populations.{name}]: {size} cells in {self.copies} "
                    f"copies are more than {MOST_CELLS}"
                )
        self._check_slow_clock()

    def plan(self) -> Plan:
        circuit = self.model.circuit
        check_populations(self.protocol, self.model)
        check_trial_model(self.protocol, self.model)
        forced = {n: s for n, s in self.sizes.items() if n not in self.model.neurons}
        slots = {
            name: make_slots(self.numbers, name, self.sizes, self.seed)
            for name in circuit.projections
        }
        aimed = aims(self.protocol, self.model, slots, self.sizes, self.seed)
        trains = spikes(self.protocol, forced, self.seed, aimed)
        groups = [
            Cells(self.protocol, self.numbers, name, self.sizes[name], self.seed).group()
            for name in self.model.neurons
        ]
        sources = [Source(n, size * self.copies, *trains[n]) for n, size in forced.items()]
        between = common_steps(self.schedule, slow=self._ticks())
        written = {
            name: choose_form(self._throughout(name), name, self.step, between, self.form)
            for name in circuit.projections
        }
        sampled = any(stretch.sampled for stretch in self.schedule)
        quiet = any(stretch.quiet for stretch in self.schedule)
        synapses: list[Synapses] = []
        borders: list[Border] = []
        layouts = {
            name: Layout(
                self.numbers, name, form, slots[name], self.sizes, self.step,
                seed=self.seed, sampled=sampled, quiet=quiet,
            )
            for name, form in written.items()
        }  # fmt: skip
        starts = {group.name: potentials(self.model, group) for group in groups}
        modulation = Modulation(self.numbers, self.sizes)
        groups += modulation.groups()
        borders += modulation.borders()
        synapses += modulation.pathways()
        sharing = Sharing(self.numbers, self.sizes)
        for layout in layouts.values():
            layout.meet(sharing, layouts, between)
            groups += layout.groups(starts.get(layout.projection.target, {}))
            synapses += layout.synapses()
            borders += layout.borders()
        groups += sharing.groups()
        borders += sharing.borders()
        for layout in layouts.values():
            borders += layout.later_borders()
        watched = Watched(self.protocol, self.model, self.sizes, self.copies, self.schedule)
        network = Network(
            self.step,
            self.schedule,
            tuple(groups),
            tuple(sources),
            tuple(synapses),
            tuple(borders),
            tuple(watched.spines(s) for s in synapses if s.name in written),
            tuple(n for n in self.sizes if n not in self.model.neuromodulators),
            tuple(map(watched.cells, self.protocol.traces)),
            tuple(self.numbers.changes((*groups, *synapses))),
            self.courses.steps,
        )
        fitted = frozenset[str]().union(*(model.fitted_to for model in self.models))
        return Plan(
            self.model,
            self.protocol,
            self.seed,
            network,
            written,
            self.copies,
            self.sizes,
            self.form,
            fitted,
            slots,
            aimed,
            self._disorders(),
        )

    def _throughout(self, projection: str) -> tuple[Model, ...]:
        """Return models with all numbers that decide how a rule is computed, at any time."""
        spine = self.model.spines[projection]
        parts = [part.name for part in (spine.rule, spine.gate) if part is not None]
        return self.courses.everywhere(*parts)

    def _disorders(self) -> dict[str, Disorder]:
        """Return all disorders, of which no two may have one name."""
        found: dict[str, Disorder] = {}
        for disorder in (d for model in self.models for d in model.disorders):
            if found.setdefault(disorder.name, disorder).text != disorder.text:
                raise ProtocolError(f"there are two disorders of the name {disorder.name!r}")
        return found

    def _ticks(self) -> bool:
        """Return whether the slow clock does anything."""
        sampled = any(stretch.sampled for stretch in self.schedule)
        return sampled or any(spine.ticks for spine in self.model.spines.values())

    def _check_slow_clock(self) -> None:
        """Raise a `ProtocolError` if ticks of the slow clock do not fill the phases of spiking."""
        if not self._ticks():
            return
        fits = whole_steps(self.protocol.spine_seconds, self.step) is not None
        for phase, stretch in zip(self.protocol.epochs, self.schedule, strict=True):
            if stretch.spiking and not fits:
                raise ProtocolError(
                    f"{self.protocol.place}: spine_step: {self.protocol.spine_step} is no multiple "
                    f"of the step of {self.step:g} s"
                )
            if stretch.spiking and stretch.steps % stretch.slow_steps:
                raise ProtocolError(
                    f"{self.protocol.place}: [[phases]] {phase.name!r}: duration: {phase.duration} "
                    f"is no multiple of spine_step = {self.protocol.spine_step}, in which spines "
                    "live by themselves"
                )

    def _size(self, population: str) -> int:
        size = self.model.circuit.populations[population].size
        place = f"{self.model.origins.get(self.model.name)}: [populations.{population}]: size"
        return whole_number(self.numbers, size, place) if isinstance(size, str) else size
