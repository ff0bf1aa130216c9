"""Checks of mechanisms and of neurons made of compartments, and how these are loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from brian2 import amp, farad, meter, mmolar, ohm, second, siemens, volt
from brian2.units.fundamentalunits import DIMENSIONLESS, Dimension

from neurospine.description.cell import Cell, compose_cell
from neurospine.description.cell_parts import MechanismPart, Membrane, Transmitter
from neurospine.description.checks import at, check_part, check_used, known_parameters
from neurospine.description.dimensions import check_equations, check_statements, dimension_of
from neurospine.description.evaluate import evaluate
from neurospine.description.expressions import identifiers, parse_equations, parse_statements
from neurospine.description.gates import check_own_rate, linear_rate
from neurospine.description.names import check_name
from neurospine.description.parts import NeuronPart, PartSource
from neurospine.description.steady import in_order
from neurospine.description.units import dimensions
from neurospine.errors import ModelError, suggest

#: What every compartment gives to its mechanisms.
GIVEN: Mapping[str, Dimension] = {"v": volt.dim, "area": (meter**2).dim}
#: What a mechanism may need from the others of its compartment.
PORTS: Mapping[str, Dimension] = {"i_calcium": amp.dim, "calcium": mmolar.dim}
_TEXTS = {
    "conductance": siemens.dim,
    "reversal": volt.dim,
    "current": amp.dim,
    "threshold": DIMENSIONLESS,
    "refractory": second.dim,
}
_NAMES = {siemens.dim: "a conductance", volt.dim: "a potential", amp.dim: "a current",
          second.dim: "a time", DIMENSIONLESS: "a comparison"}  # fmt: skip
#: What compartments and membrane are made of: dimension, and what it is called in errors.
_SIZES: Mapping[str, tuple[Dimension, str]] = {
    "length": (meter.dim, "a length"),
    "diameter": (meter.dim, "a length"),
    "coupling": (siemens.dim, "a conductance"),
    "capacitance": (farad.dim / meter.dim**2, "a capacitance of an area"),
    "axial_resistivity": (ohm.dim * meter.dim, "a resistivity"),
    "potential": (volt.dim, "a potential"),
}


def load_cell(part: NeuronPart, origin: str, source: PartSource, origins: dict[str, str]) -> Cell:
    """Return a neuron of compartments with its mechanisms.

    Raises
    ------
    ModelError
        If a mechanism is unknown or wrong, or the neuron cannot be put together.
    """
    for key in ("equations", "threshold", "reset", "refractory", "initial"):
        if getattr(part, key):
            raise ModelError(
                f"{origin}: [{key}]: a neuron has either equations or compartments; what a "
                "compartment does is said by its mechanisms"
            )
    if part.membrane is None:
        raise ModelError(f"{origin}: [membrane]: missing; compartments need it")
    if part.method not in ("backward_euler", "crank_nicolson"):
        raise ModelError(
            f"{origin}: method: compartments need 'backward_euler' or 'crank_nicolson', "
            f"found {part.method!r}"
        )
    with at(origin, "membrane"):
        _check_membrane(part, part.membrane)
    mechanisms: dict[str, MechanismPart] = {}
    for name, compartment in part.compartments.items():
        with at(origin, f"compartments.{name}"):
            _check_geometry(part, name)
            for used in compartment.mechanisms:
                if used not in mechanisms:
                    with at("mechanisms"):
                        mechanisms[used], origins[used] = source.load(used, "mechanism")
    for name, mechanism in mechanisms.items():
        check_part(mechanism, origins[name])
        check_mechanism(mechanism, origins[name])
    known = {n: m.transmitter for n, m in mechanisms.items() if m.transmitter}
    part = part.model_copy(update={"transmitters": {**known, **part.transmitters}})
    for name, compartment in part.compartments.items():
        with at(origin, f"compartments.{name}"):
            _check_names(name, [mechanisms[used] for used in compartment.mechanisms])
    with at(origin):
        cell = _with_signs(compose_cell(part, mechanisms), known)
        equations = parse_equations(cell.part.equations)
        for gate in cell.gates:
            check_own_rate(gate, equations)
    read = set(cell.part.initial.values()).union(*(identifiers(e.expression) for e in equations))
    check_used(part, origin, read)
    return cell


def _with_signs(cell: Cell, known: Mapping[str, Transmitter]) -> Cell:
    """Return a cell whose variables answer to the transmitter of the receptor they belong to."""
    variables = {
        statement.name: known[receptor]
        for texts in cell.receptors.values()
        for receptor, text in texts.items()
        for statement in parse_statements(text)
        if receptor in known
    }
    transmitters = {**variables, **cell.part.transmitters}
    return replace(cell, part=cell.part.model_copy(update={"transmitters": transmitters}))


def _check_names(compartment: str, mechanisms: list[MechanismPart]) -> None:
    """Raise a `ModelError` if two mechanisms would give one name to different things."""
    check_name(f"v_{compartment}")
    owners: dict[str, str] = {}
    for mechanism in mechanisms:
        variables = [e.name for e in parse_equations(mechanism.equations)]
        for name in (*mechanism.parameters, *variables):
            other = owners.setdefault(name, mechanism.name)
            if other != mechanism.name:
                raise ModelError(
                    f"mechanisms: {other!r} and {mechanism.name!r} both have a parameter or "
                    f"variable {name!r}; rename one"
                )


def _check_geometry(part: NeuronPart, name: str) -> None:
    """Raise a `ModelError` if a compartment or the membrane names no positive parameter."""
    compartment = part.compartments[name]
    for used in compartment.mechanisms:
        if compartment.mechanisms.count(used) > 1:
            raise ModelError(f"mechanisms: {used!r} is given twice")
    for key in ("length", "diameter", "coupling", "capacitance"):
        given = getattr(compartment, key)
        if key == "coupling" and given and given not in part.parameters:
            if dimension_of(given, known_parameters(part)) != siemens.dim:
                raise ModelError(f"coupling: {given!r} is not a conductance")
        elif given:
            _check_size(part, key, given)


def check_sizes(part: NeuronPart, numbers: Mapping[str, float]) -> None:
    """Raise a `ModelError` if a size of a neuron of compartments is not positive in a run."""
    assert part.membrane
    for key in set(_SIZES) - {"potential"}:
        for table in (part.membrane, *part.compartments.values()):
            given = getattr(table, key, None)
            try:
                wrong = given is not None and not evaluate(given, numbers) > 0
            except ArithmeticError:
                wrong = True
            if wrong:
                raise ModelError(f"{key}: {given!r} must be positive")


def _check_membrane(part: NeuronPart, membrane: Membrane) -> None:
    """Raise a `ModelError` if a parameter of the membrane is not there or not what it should be."""
    for key in ("capacitance", "axial_resistivity", "potential"):
        if getattr(membrane, key):
            _check_size(part, key, getattr(membrane, key))


def _check_size(part: NeuronPart, key: str, parameter: str) -> None:
    """Raise a `ModelError` if a key names no parameter of its kind, or one that is not positive."""
    if parameter not in part.parameters:
        raise ModelError(
            f"{key}: no parameter {parameter!r}. {suggest(parameter, part.parameters)}"
        )
    entry, (wanted, described) = part.parameters[parameter], _SIZES[key]
    if dimensions(entry.unit) != wanted:
        raise ModelError(f"{key}: the parameter {parameter!r} (in {entry.unit}) is not {described}")
    if entry.value <= 0 and key != "potential":
        raise ModelError(
            f"{key}: the parameter {parameter!r} = {entry.value:g} {entry.unit} must be positive"
        )


def check_mechanism(part: MechanismPart, origin: str) -> None:
    """Check a mechanism by itself: closed names, consistent units, rates linear in their own."""
    parameters = known_parameters(part)
    for port in part.needs:
        if port not in PORTS:
            raise ModelError(f"{origin}: needs: no port {port!r}. {suggest(port, PORTS)}")
    ports = {**GIVEN, **{port: PORTS[port] for port in part.needs}}
    with at(origin, "equations"):
        equations = parse_equations(part.equations)
        variables = {e.name: dimensions(e.unit) for e in equations}
        for name in sorted({*variables, *parameters} & {*GIVEN, *PORTS, "conductance"}):
            if name not in part.provides:
                raise ModelError(f"{name!r} is given by the compartment; choose another name")
        for equation in equations:
            if not equation.expression or equation.flag:
                raise ModelError(f"{equation.text!r}: a mechanism has equations without flags")
        check_equations(equations, {**parameters, **ports})
        in_order(e for e in equations if not e.differential)
        for equation in equations:
            if equation.differential:
                check_own_rate(equation.name, equations)
                linear_rate(equation)
    used = set().union(*(identifiers(e.expression) for e in equations), set())
    known = {**parameters, **ports, **variables}
    used |= _check_texts(part, origin, known)
    moving = {e.name for e in equations if e.differential}
    for key, block in (("on_spike", part.on_spike), ("receives", part.receives)):
        with at(origin, key):
            given = {"conductance": siemens.dim} if key == "receives" else {}
            statements = parse_statements(block)
            for s in statements:
                spared = {"v"} if key == "on_spike" and part.threshold else set()
                if s.name not in moving | spared:
                    raise ModelError(
                        f"'{s.name} {s.operator}= …': not a variable of this mechanism that "
                        f"changes with time. {suggest(s.name, moving)}"
                    )
                if key == "receives" and s.operator != "+":
                    raise ModelError(f"'{s.name} {s.operator}= …': an event adds, with +=")
                used |= identifiers(s.expression)
            check_statements(statements, {**known, **given})
    for name, parameter in part.initial.items():
        with at(origin, f"initial.{name}"):
            if name not in moving:
                raise ModelError(f"no variable {name!r}. {suggest(name, moving)}")
            if parameters.get(parameter) != variables[name]:
                raise ModelError(f"{parameter!r} is not a parameter with the unit of {name!r}")
            used.add(parameter)
    for port in part.provides:
        if port not in variables or port not in PORTS or variables[port] != PORTS[port]:
            raise ModelError(f"{origin}: provides: {port!r} is no variable with the port's unit")
    check_used(part, origin, used)


def _check_texts(part: MechanismPart, origin: str, known: Mapping[str, Dimension]) -> set[str]:
    """Check the expressions of a mechanism that are no equations; return the names they read."""
    if bool(part.conductance) != bool(part.reversal) or (part.conductance and part.current):
        raise ModelError(
            f"{origin}: conductance: goes with reversal; otherwise the mechanism has a current"
        )
    if bool(part.threshold) != bool(part.refractory):
        raise ModelError(f"{origin}: threshold: goes with refractory")
    used: set[str] = set()
    for key, wanted in _TEXTS.items():
        text = getattr(part, key)
        if text:
            with at(origin, key):
                if dimension_of(text, known) != wanted:
                    raise ModelError(f"{text!r} is not {_NAMES[wanted]}")
            used |= identifiers(text)
    for port, share in part.carries.items():
        with at(origin, f"carries.{port}"):
            if known.get(share) is not DIMENSIONLESS or share not in part.parameters:
                raise ModelError(f"{share!r} is not a parameter that is a plain number")
            if not (part.conductance or part.current):
                raise ModelError("the mechanism has no current")
        used.add(share)
    return used
