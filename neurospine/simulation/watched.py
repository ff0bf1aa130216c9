"""What of a network is recorded: snapshots of spines and traces of cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from neurospine.description.checks import injected_currents
from neurospine.description.expressions import parse_equations
from neurospine.description.model import Model
from neurospine.description.morphology import suggest_segment
from neurospine.description.protocol import Protocol
from neurospine.description.units import seconds, whole_steps
from neurospine.errors import ProtocolError, UnitError, suggest
from neurospine.simulation.network import Recording, Synapses, Trace
from neurospine.simulation.schedule import Stretch


class Watched:
    """What a protocol wants recorded, in all copies of the circuit."""

    def __init__(
        self,
        protocol: Protocol,
        model: Model,
        sizes: Mapping[str, int],
        copies: int,
        schedule: Sequence[Stretch],
    ) -> None:
        self.protocol, self.model, self.sizes = protocol, model, sizes
        self.copies, self.schedule = copies, schedule

    def spines(self, synapses: Synapses) -> Recording:
        """Return what snapshots hold of the spines of a projection."""
        record = self.protocol.record
        size = synapses.pre.size // self.copies
        kept = np.arange(0, size, record.every_slot, dtype=np.int32)
        slots = (np.arange(self.copies, dtype=np.int32)[:, None] * size + kept).ravel()
        precise = "<f8" if record.precision == "double" else "<f4"
        variables, types = ["volume"], [precise]
        if self.model.spines[synapses.name].bounded and {"weight", "bound"} & {*record.variables}:
            variables, types = [*variables, "weight"], [*types, precise]
        if synapses.lives and "stage" in record.variables:
            variables, types = [*variables, "stage"], [*types, "i1"]
        contacts = record.contacts and synapses.lives
        machine = self.model.spines[synapses.name].stages
        stages = len(machine.stages) if record.summary and machine else 0
        return Recording(
            synapses.name, tuple(variables), tuple(types), slots, contacts, stages, self.copies
        )

    def cells(self, population: str) -> Trace:
        """Return what is sampled of a population."""
        wanted = self.protocol.traces[population]
        place = f"{self.protocol.place}: [traces.{population}]"
        if population not in self.model.neurons:
            hint = suggest(population, self.model.neurons)
            raise ProtocolError(f"{place}: no population of neurons of that name. {hint}")
        part = self.model.neurons[population]
        known = {e.name for e in parse_equations(part.equations)} | {*injected_currents(part)}
        for key in ("variables", "cells"):
            given = getattr(wanted, key)
            if not given or len(set(given)) != len(given):
                raise ProtocolError(f"{place}: {key}: none is given, or one is given twice")
        for variable in wanted.variables:
            if variable not in known:
                hint = suggest_segment(variable, known)
                raise ProtocolError(f"{place}: variables: no {variable!r}. {hint}")
        size = self.sizes[population]
        if min(wanted.cells) < 0 or max(wanted.cells) >= size:
            raise ProtocolError(f"{place}: cells: must be from 0 to {size - 1}")
        try:
            steps = whole_steps(seconds(wanted.every), self.protocol.step_seconds)
        except UnitError as error:
            raise ProtocolError(f"{place}: every: {error}") from None
        between = [s.record_steps for s in self.schedule if s.spiking]
        if not steps or steps < 0 or any(length % steps for length in between):
            raise ProtocolError(
                f"{place}: every: record_every = {self.protocol.record_every} must be a multiple "
                f"of {wanted.every}"
            )
        cells = np.array(wanted.cells, np.int32)
        copies = np.arange(self.copies, dtype=np.int32)[:, None] * size
        return Trace(population, wanted.variables, (copies + cells).ravel(), steps)
