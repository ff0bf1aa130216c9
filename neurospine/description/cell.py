"""A neuron of compartments becomes one set of equations: every name gets its place as suffix."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from brian2.utils.stringtools import word_substitute

from neurospine.description.cell_parts import Compartment, MechanismPart, side_by_side
from neurospine.description.entries import ParameterEntry
from neurospine.description.expressions import parse_equations, parse_statements
from neurospine.description.morphology import Segment, Tree, make_tree
from neurospine.description.parts import NeuronPart
from neurospine.errors import ModelError, suggest


@dataclass(frozen=True)
class Cell:
    """A neuron of compartments, taken apart for those who solve, drive and draw it.

    Attributes
    ----------
    part
        The neuron with the equations of all compartments, as if it were a point.
    tree
        Its segments and what links them.
    places
        Length and diameter of each compartment, as names of parameters.
    conductances
        Conductance and reversal potential of the mechanisms in each segment.
    currents
        The other currents of each segment.
    gates
        Variables of mechanisms that change by themselves.
    received
        What events add to, of the variables in `gates`.
    receptors
        Statements of each segment's mechanisms when an event of peak ``conductance`` comes.
    """

    part: NeuronPart
    tree: Tree
    places: Mapping[str, tuple[str, str]]
    conductances: Mapping[str, tuple[tuple[str, str], ...]]
    currents: Mapping[str, tuple[str, ...]]
    gates: tuple[str, ...]
    received: frozenset[str]
    receptors: Mapping[str, Mapping[str, str]]

    def __repr__(self) -> str:
        """Return name and compartments."""
        return f"<Cell {self.part.name}: {', '.join(self.compartments)}>"

    @property
    def compartments(self) -> tuple[str, ...]:
        """The compartments from the root outwards."""
        return tuple(dict.fromkeys(s.compartment for s in self.tree.segments))

    @property
    def ports(self) -> tuple[str, ...]:
        """The currents that a protocol may inject, one for each segment."""
        return tuple(f"i_injected_{s.name}" for s in self.tree.segments)

    def segments(self, place: str) -> tuple[str, ...]:
        """Return the segments of a compartment, or the one segment of that name."""
        known = {s.name for s in self.tree.segments}
        return tuple(s.name for s in self.tree.of(place)) or ((place,) if place in known else ())


def compose_cell(part: NeuronPart, mechanisms: Mapping[str, MechanismPart]) -> Cell:
    """Return a neuron with the equations of all its compartments.

    Parameters
    ----------
    part
        A neuron with compartments.
    mechanisms
        The mechanisms that they name.

    Raises
    ------
    ModelError
        If the tree is none, a value belongs to nothing, or names clash.
    """
    return _Composer(part, mechanisms, make_tree(part.compartments)).cell()


@dataclass
class _Composer:
    part: NeuronPart
    mechanisms: Mapping[str, MechanismPart]
    tree: Tree
    lines: list[str] = field(default_factory=list)
    parameters: dict[str, ParameterEntry] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    gates: list[str] = field(default_factory=list)
    initial: dict[str, str] = field(default_factory=dict)
    on_spike: list[str] = field(default_factory=list)
    spiking: dict[str, str] = field(default_factory=dict)

    def cell(self) -> Cell:
        for name, entry in self.part.parameters.items():
            self._own(name, entry, "the neuron")
        self._check_values()
        conductances, currents, receptors = {}, {}, {}
        received: set[str] = set()
        for segment in self.tree.segments:
            named = self._compartment(segment).mechanisms
            used = side_by_side(self.mechanisms[m] for m in named)
            self._check_ports(segment, used)
            conductances[segment.name], currents[segment.name] = self._segment(segment, used)
            texts = {m.name: self._receiving(m, segment) for m in used if m.receives}
            receptors[segment.name] = texts
            received |= {s.name for text in texts.values() for s in parse_statements(text)}
        if not self.spiking:
            raise ModelError(
                f"[compartments.{self.tree.root}]: mechanisms: none has a threshold, so the cell "
                "cannot spike"
            )
        assert self.part.membrane
        potentials = {f"v_{s.name}": self.part.membrane.potential for s in self.tree.segments}
        flat = self.part.model_copy(
            update={
                "equations": "\n".join([*self._cable(), *self.lines]),
                "parameters": self.parameters,
                "initial": potentials | self.initial,
                "reset": "\n".join(self.on_spike),
                **self.spiking,
            }
        )
        places = {n: (c.length, c.diameter) for n, c in self.part.compartments.items()}
        return Cell(
            flat, self.tree, places, conductances, currents, tuple(self.gates),
            frozenset(received), receptors,
        )  # fmt: skip

    def _compartment(self, segment: Segment) -> Compartment:
        return self.part.compartments[segment.compartment]

    def _own(self, name: str, entry: ParameterEntry, owner: str) -> None:
        first = self.owners.setdefault(name, owner)
        if first != owner:
            raise ModelError(f"[parameters.{name}]: {first} and {owner} both have it; rename one")
        self.parameters[name] = entry

    def _check_values(self) -> None:
        known: set[str] = set()
        for place, compartment in self.part.compartments.items():
            for mechanism in compartment.mechanisms:
                own = self.mechanisms[mechanism].parameters
                known |= {*own, *(f"{name}_{place}" for name in own)}
        for name in self.part.values:
            if name not in known:
                raise ModelError(
                    f"[values.{name}]: no mechanism has such a parameter. {suggest(name, known)}"
                )

    def _parameter(self, mechanism: MechanismPart, name: str, place: str) -> str:
        """Return what a mechanism's parameter is called in a compartment."""
        local = f"{name}_{place}"
        full = local if local in self.part.values else name
        owner = f"the mechanism {mechanism.name!r}"
        if self.owners.get(full) != owner:
            entry = mechanism.parameters[name]
            for label in (name, local):
                if label in self.part.values and label in (name, full):
                    entry = entry.with_value(self.part.values[label], label)
            self._own(full, entry, owner)
        return full

    def _names(self, mechanism: MechanismPart, segment: Segment) -> dict[str, str]:
        """Return what every name in a mechanism's texts is called in a segment."""
        names = {port: f"{port}_{segment.name}" for port in ("v", "area", *mechanism.needs)}
        for equation in parse_equations(mechanism.equations):
            names[equation.name] = f"{equation.name}_{segment.name}"
        place = segment.compartment
        return names | {n: self._parameter(mechanism, n, place) for n in mechanism.parameters}

    def _segment(
        self, segment: Segment, used: list[MechanismPart]
    ) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
        conductances, currents, calcium = [], [f"i_injected_{segment.name}"], []
        total = [f"i_injected_{segment.name}"]
        for mechanism in used:
            names = self._names(mechanism, segment)
            self._mechanism(mechanism, segment, names)
            current = f"i_{mechanism.name}_{segment.name}"
            if mechanism.conductance:
                conductance = f"conductance_{mechanism.name}_{segment.name}"
                value = word_substitute(mechanism.conductance, names)
                reversal = word_substitute(mechanism.reversal, names)
                self.lines.append(f"{conductance} = {value} : siemens")
                if not reversal.isidentifier():
                    reversal = f"({reversal})"
                self.lines.append(
                    f"{current} = {conductance}*({reversal} - v_{segment.name}) : amp"
                )
                conductances.append((conductance, reversal))
            elif mechanism.current:
                value = word_substitute(mechanism.current, names)
                self.lines.append(f"{current} = {value} : amp")
                currents.append(current)
            else:
                continue
            total.append(current)
            for share in mechanism.carries.values():
                calcium.append(f"{names[share]}*{current}")
        if any("i_calcium" in mechanism.needs for mechanism in used):
            if not calcium:
                raise ModelError(
                    f"[compartments.{segment.compartment}]: mechanisms: one needs the port "
                    "'i_calcium', and none carries calcium"
                )
            self.lines.append(f"i_calcium_{segment.name} = {' + '.join(calcium)} : amp")
        self.lines += self._membrane(segment, total)
        return tuple(conductances), tuple(currents)

    def _mechanism(
        self, mechanism: MechanismPart, segment: Segment, names: Mapping[str, str]
    ) -> None:
        for equation in parse_equations(mechanism.equations):
            name = names[equation.name]
            left = f"d{name}/dt" if equation.differential else name
            value = word_substitute(equation.expression, dict(names))
            self.lines.append(f"{left}{' = ' * bool(value)}{value} : {equation.unit}")
            if equation.differential:
                self.gates.append(name)
        for variable, parameter in mechanism.initial.items():
            self.initial[names[variable]] = names[parameter]
        for statement in parse_statements(mechanism.on_spike):
            value = word_substitute(statement.expression, dict(names))
            left = names.get(statement.name, statement.name)
            self.on_spike.append(f"{left} {statement.operator}= {value}")
        if mechanism.threshold:
            if segment.name != self.tree.root or self.spiking:
                raise ModelError(
                    f"[compartments.{segment.compartment}]: mechanisms: {mechanism.name!r} makes "
                    f"spikes; one mechanism of the root, {self.tree.root!r}, does"
                )
            for key in ("threshold", "refractory"):
                self.spiking[key] = word_substitute(getattr(mechanism, key), dict(names))

    def _receiving(self, mechanism: MechanismPart, segment: Segment) -> str:
        names = self._names(mechanism, segment)
        return "\n".join(
            f"{names[s.name]} {s.operator}= {word_substitute(s.expression, names)}"
            for s in parse_statements(mechanism.receives)
        )

    def _membrane(self, segment: Segment, total: list[str]) -> Iterator[str]:
        name, compartment = segment.name, self._compartment(segment)
        assert self.part.membrane
        per_area = compartment.capacitance or self.part.membrane.capacitance
        pieces = f"/{segment.pieces}" * (segment.pieces > 1)
        area = f"pi*{compartment.length}*{compartment.diameter}{pieces}"
        # A potential that spikes reset stays there in the refractory period.
        reset = any(line.startswith(f"v_{name} ") for line in self.on_spike)
        held = " (unless refractory)" * (reset and name == self.tree.root)
        axial = [f"i_axial_{name}"] * bool(self.tree.neighbours(name))
        yield f"area_{name} = {area} : meter**2"
        yield f"capacitance_{name} = area_{name}*{per_area} : farad"
        yield f"dv_{name}/dt = ({' + '.join([*total, *axial])})/capacitance_{name} : volt{held}"

    def _cable(self) -> Iterator[str]:
        """Yield the conductances of the cytoplasm and the currents through them."""
        assert self.part.membrane
        resistivity = self.part.membrane.axial_resistivity
        linked = " ".join(link.conductance for link in self.tree.links)
        for name, compartment in self.part.compartments.items():
            if f"half_resistance_{name}" in linked:
                if not resistivity:
                    raise ModelError(
                        "[membrane]: axial_resistivity: missing; compartments without 'coupling' "
                        "need it"
                    )
                value = f"2*{resistivity}*{compartment.length}/(pi*{compartment.diameter}**2)"
                pieces = f"/{compartment.segments}" * (compartment.segments > 1)
                yield f"half_resistance_{name} = {value}{pieces} : ohm"
        for link in self.tree.links:
            yield f"{link.name} = {link.conductance} : siemens"
        for joint in self.tree.joints:
            near = self.tree.neighbours(joint)
            weighted = " + ".join(f"{link}*v_{node}" for link, node in near)
            yield f"v_{joint} = ({weighted})/({' + '.join(link for link, _ in near)}) : volt"
        for segment in self.tree.segments:
            near = self.tree.neighbours(segment.name)
            flows = [f"{link}*(v_{node} - v_{segment.name})" for link, node in near]
            if flows:
                yield f"i_axial_{segment.name} = {' + '.join(flows)} : amp"

    def _check_ports(self, segment: Segment, used: list[MechanismPart]) -> None:
        offered = {"i_calcium", *(port for m in used for port in m.provides)}
        for mechanism in used:
            for port in mechanism.needs:
                if port not in offered:
                    raise ModelError(
                        f"[compartments.{segment.compartment}]: mechanisms: {mechanism.name!r} "
                        f"needs the port {port!r}, which no mechanism here provides"
                    )
