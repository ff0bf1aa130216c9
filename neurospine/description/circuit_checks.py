"""Checks of a circuit: that what it names is there, and that everything is reached."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from brian2 import meter, ohm, second, siemens
from brian2.units.fundamentalunits import DIMENSIONLESS, Dimension

from neurospine.description.checks import at, check_used, known_parameters
from neurospine.description.connectivity import check_connectivity
from neurospine.description.dimensions import check_statements
from neurospine.description.expressions import identifiers, parse_statements
from neurospine.description.names import check_name
from neurospine.description.parts import Drive, Population, Projection
from neurospine.description.places import check_gates, check_places
from neurospine.description.receptors import (
    THROUGH_NECK,
    check_receptors,
    projection_effect,
    spine_segments,
)
from neurospine.errors import ModelError, suggest

if TYPE_CHECKING:
    from neurospine.description.model import Model

Names = Mapping[str, Dimension]
_RATE = DIMENSIONLESS / second.dim
_WANTED = {
    _RATE: "a rate (1/time)", second.dim: "a time", meter.dim: "a length",
    DIMENSIONLESS: "a plain number", siemens.dim: "a conductance",
}  # fmt: skip


class CircuitCheck:
    """One pass over a circuit that remembers what was used and joined."""

    def __init__(self, model: Model, variables: Mapping[str, Names]) -> None:
        self.model, self.circuit, self.variables = model, model.circuit, variables
        self.parameters = known_parameters(model.circuit)
        self.used: set[str] = set()
        self.joined: set[str] = set()

    def run(self, origin: str) -> None:
        """Check the circuit, whose file is `origin`."""
        for name, population in self.circuit.populations.items():
            with at(origin, f"populations.{name}"):
                self._population(name, population)
        for name, projection in self.circuit.projections.items():
            with at(origin, f"projections.{name}"):
                self._projection(name, projection)
        for name, drive in self.circuit.drives.items():
            with at(origin, f"drives.{name}"):
                self._drive(name, drive)
        for modulator in self.circuit.neuromodulators.values():
            self.joined.update(modulator.released_by)
        # Neurons may be alone, with nothing but a current into them.
        for name in sorted(set(self.circuit.populations) - self.joined - set(self.variables)):
            raise ModelError(
                f"{origin}: [populations.{name}]: no projection, drive or neuromodulator has to do "
                "with it"
            )
        check_used(self.circuit, origin, self.used)

    def _population(self, name: str, population: Population) -> None:
        check_name(name)
        if isinstance(population.size, str):
            self._parameter("size", population.size, DIMENSIONLESS)

    def _projection(self, name: str, projection: Projection) -> None:
        check_name(name)
        for key, end in (("from", projection.origin), ("to", projection.target)):
            if end not in self.circuit.populations:
                hint = suggest(end, self.circuit.populations)
                raise ModelError(f"{key}: no population {end!r}. {hint}")
            self.joined.add(end)
        self._parameter("delay", projection.delay, second.dim)
        if projection.delay_spread:
            self._parameter("delay_spread", projection.delay_spread, second.dim)
        check_connectivity(projection.connectivity, self._quantity)
        check_receptors(self.model, name)
        for parameter in projection.receptors.values():
            self._parameter("receptors", parameter, siemens.dim)
        check_places(self.model, name, self._quantity)
        check_gates(self.model, name)
        effect = projection_effect(self.model, name)
        self._effect(effect, projection.target, self._at_spine(name))

    def _at_spine(self, projection: str) -> Names:
        """Return what the effect of an arrival may read of the spine."""
        ports = {"weight": DIMENSIONLESS}
        if len(spine_segments(self.model, projection)) > 1:
            ports["place"] = DIMENSIONLESS
        if self.model.spines[projection].geometry:
            ports["neck_resistance"] = ohm.dim
        return ports

    def _drive(self, name: str, drive: Drive) -> None:
        check_name(name)
        if drive.target not in self.variables:
            hint = suggest(drive.target, self.variables)
            raise ModelError(f"to: {drive.target!r} is no population of neurons. {hint}")
        if drive.rate:
            self._parameter("rate", drive.rate, _RATE)
        port = "count" if drive.rate else "noise"
        self._effect(drive.effect, drive.target, {port: DIMENSIONLESS})
        self.joined.add(drive.target)

    def _quantity(self, key: str, name: str, unit: str) -> None:
        self._parameter(key, name, meter.dim if unit == "meter" else DIMENSIONLESS)

    def _parameter(self, key: str, name: str, dimension: Dimension) -> None:
        if name not in self.parameters:
            raise ModelError(f"{key}: no parameter {name!r}. {suggest(name, self.parameters)}")
        if self.parameters[name] != dimension:
            raise ModelError(f"{key}: {name!r} is not {_WANTED[dimension]}")
        self.used.add(name)

    def _effect(self, text: str, target: str, ports: Names) -> None:
        own = self.variables.get(target, {})
        neuron = self.model.neurons.get(target)
        numbers = known_parameters(neuron) if neuron else {}
        statements = parse_statements(text)
        for statement in statements:
            if statement.name == THROUGH_NECK:
                continue
            if statement.operator != "+" or statement.name not in own:
                raise ModelError(f"effect: must add with += to a variable of {target!r}")
            self.used |= identifiers(statement.expression) & set(self.parameters)
        with at("effect"):
            check_statements(statements, {**numbers, **self.parameters, **own, **ports})
