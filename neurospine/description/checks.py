"""Checks of a model at load, so that a mistake is found before a long compile.

One function for each kind of part; `check_model` in `model.py` calls them all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

import numpy as np
from brian2 import amp, second
from brian2.units.fundamentalunits import DIMENSIONLESS, Dimension

from neurospine.description.dimensions import check_equations, check_statements, dimension_of
from neurospine.description.entries import Part
from neurospine.description.evaluate import evaluate
from neurospine.description.expressions import Equation, Statement, identifiers, parse_equations
from neurospine.description.library import list_files
from neurospine.description.names import check_name
from neurospine.description.parts import NeuronPart
from neurospine.description.plasticity_parts import CellSection
from neurospine.description.references import check_publication, check_source, references
from neurospine.description.spine_parts import ReadoutPart, StructurePart
from neurospine.description.units import dimensions, parse_unit
from neurospine.errors import ModelError, NeurospineError, suggest

Names = Mapping[str, Dimension]


@contextmanager
def at(origin: str, table: str = "") -> Iterator[None]:
    """Put file and table in front of any error raised inside."""
    try:
        yield
    except NeurospineError as error:
        place = f"[{table}]: " if table else ""
        raise ModelError(f"{origin}: {place}{error}") from None


def check_part(part: Part, origin: str) -> None:
    """Check what every part has: names, parameters, sets and their sources."""
    for key in part.references:
        with at(origin, "references"):
            check_publication(key)
    for name, entry in part.parameters.items():
        with at(origin, f"parameters.{name}"):
            check_name(name)
            entry.parameter(name).check()
    for label, chosen in part.sets.items():
        with at(origin, f"sets.{label}"):
            check_source(chosen.source)
            for fitted in chosen.fitted_to:
                if fitted not in references() and fitted not in list_files("data", ".csv"):
                    known = {**list_files("data", ".csv"), **references()}
                    raise ModelError(
                        f"fitted_to: no data/reference/{fitted}.csv and no publication of that "
                        f"key. {suggest(fitted, known)}"
                    )
            for name, value in chosen.values.items():
                if name not in part.parameters:
                    raise ModelError(f"no parameter {name!r}. {suggest(name, part.parameters)}")
                part.parameters[name].parameter(name).with_value(value, chosen.source, chosen.where)


def known_parameters(part: Part) -> dict[str, Dimension]:
    """Return the dimensions of a part's parameters by short name."""
    return {n: entry.parameter(n).dimension for n, entry in part.parameters.items()}


def check_used(part: Part, origin: str, used: Iterable[str]) -> None:
    """Raise a `ModelError` if a parameter appears nowhere: it would be a lie about the model."""
    dead = sorted(set(part.parameters) - set(used))
    if dead:
        raise ModelError(f"{origin}: [parameters.{dead[0]}]: the parameter is not used anywhere")


def names_in(equations: Iterable[Equation], statements: Iterable[Statement]) -> set[str]:
    """Return the names that equations and statements read."""
    texts = [e.expression for e in equations if e.expression]
    return set().union(*map(identifiers, [*texts, *(s.expression for s in statements)]), set())


def check_cell(section: CellSection, parameters: Names) -> tuple[dict[str, Dimension], set[str]]:
    """Check what is kept on a cell; return its variables and the names that it reads."""
    equations, statements = section.parsed()
    check_equations(equations, parameters)
    variables = {e.name: dimensions(e.unit) for e in equations}
    only_variables(statements, variables)
    check_statements(statements, {**parameters, **variables})
    return variables, names_in(equations, statements)


def only_variables(statements: Iterable[Statement], variables: Names) -> None:
    """Raise a `ModelError` if statements change what is no variable."""
    for statement in statements:
        if statement.name not in variables:
            raise ModelError(
                f"'{statement.name} {statement.operator}= …': not a variable of this table. "
                f"{suggest(statement.name, variables)}"
            )


def same(
    first: str, other: str, *, second: Mapping[str, float] | None = None, ratio: float = 1.0
) -> bool:
    """Return whether `other` is `ratio` times `first` wherever they are tried.

    `second` multiplies names in `other`. Expressions that agree at a dozen random
    points, to rounding, are the same; trying costs no more for a hostile one.
    """
    random = np.random.default_rng(0)
    for _ in range(12):
        values = {
            name: random.uniform(0.5, 2.0) for name in identifiers(first) | identifiers(other)
        }
        scaled = {name: value * (second or {}).get(name, 1.0) for name, value in values.items()}
        with np.errstate(all="ignore"):
            try:
                wanted, found = evaluate(first, values) * ratio, evaluate(other, scaled)
            except (ArithmeticError, ValueError, TypeError):
                return False
        if not np.isclose(found, wanted, rtol=1e-9, atol=1e-12):
            return False
    return True


def check_structure(part: StructurePart, origin: str) -> None:
    """Check what a drive does to volume."""
    parameters = known_parameters(part)
    volume = part.volume
    with at(origin, "volume"):
        parse_unit(volume.unit)
        known = {**parameters, "drive": DIMENSIONLESS, "volume": DIMENSIONLESS}
        used: set[str] = set()
        for key in ("initial", "lowest", "highest"):
            name = getattr(volume, key)
            if name not in parameters:
                raise ModelError(f"{key}: no parameter {name!r}. {suggest(name, parameters)}")
            used.add(name)
        for expression in (volume.additive, volume.multiplicative):
            if dimension_of(expression, known) is not DIMENSIONLESS:
                raise ModelError(f"{expression!r} must be a plain number, counted in {volume.unit}")
            used |= identifiers(expression)
        doubled = same(volume.additive, volume.additive, second={"drive": 2.0}, ratio=2.0)
        if "volume" in identifiers(volume.additive) or not doubled:
            raise ModelError("additive: must be proportional to drive and free of volume")
    check_used(part, origin, used)


def check_readout(part: ReadoutPart, origin: str) -> None:
    """Check the expressions for weight and for what it is bound by."""
    known = {**known_parameters(part), "volume": DIMENSIONLESS}
    used: set[str] = set()
    for table, section in (("weight", part.weight), ("bound", part.bound)):
        if section is None:
            continue
        with at(origin, table):
            if section.unit != part.weight.unit:
                raise ModelError(f"unit: must be that of weight, {part.weight.unit}")
            if dimension_of(section.value, known) != dimensions(section.unit):
                raise ModelError(f"value {section.value!r} is not in {section.unit}")
            used |= identifiers(section.value)
    with at(origin, "bound"):
        if (part.bound is None) != ("bound" not in part.provides):
            raise ModelError("goes with provides = ['weight', 'bound']")
        known |= {"drive": DIMENSIONLESS, "weight": dimensions(part.weight.unit)}
        for expression in (part.bound.additive, part.bound.multiplicative) if part.bound else ():
            if dimension_of(expression, known) != dimensions(part.weight.unit):
                raise ModelError(f"{expression!r} is not in {part.weight.unit}")
            used |= identifiers(expression)
    check_used(part, origin, used)


def injected_currents(part: NeuronPart) -> tuple[str, ...]:
    """Return the ports through which a protocol may inject current, in their order."""
    names = (n for e in parse_equations(part.equations) if e.expression
             for n in identifiers(e.expression))  # fmt: skip
    ports = (n for n in names if n == "i_injected" or n.startswith("i_injected_"))
    return tuple(sorted(dict.fromkeys(ports)))


def check_start(
    initial: Mapping[str, str], variables: Names, parameters: Names, origin: str
) -> set[str]:
    """Check where variables start; return the parameters that say so."""
    for name, value in initial.items():
        with at(origin, f"initial.{name}"):
            if name not in variables:
                raise ModelError(f"no variable {name!r}. {suggest(name, variables)}")
            if value not in parameters or parameters[value] != variables[name]:
                raise ModelError(f"{value!r} is not a parameter with the unit of {name!r}")
    return set(initial.values())


def check_neuron(part: NeuronPart, origin: str) -> dict[str, Dimension]:
    """Check a neuron and return the dimensions of its variables."""
    parameters = known_parameters(part)
    with at(origin):
        for key in ("equations", "threshold", "reset", "refractory"):
            if not getattr(part, key) and not (key == "reset" and part.membrane):
                raise ModelError(f"{key}: missing; a neuron has it, or compartments")
    with at(origin, "equations"):
        section = CellSection(equations=part.equations, on_spike=part.reset)
        injected = {n: amp.dim for n in injected_currents(part)}
        variables, used = check_cell(section, {**parameters, **injected})
    known = {**parameters, **variables}
    with at(origin, "threshold"):
        if dimension_of(part.threshold, known) is not DIMENSIONLESS:
            raise ModelError(f"{part.threshold!r} is not a comparison")
    with at(origin, "refractory"):
        if dimension_of(part.refractory, known) != second.dim:
            raise ModelError(f"{part.refractory!r} is not a time")
    used |= identifiers(part.threshold) | identifiers(part.refractory)
    used |= check_start(part.initial, variables, parameters, origin)
    if not part.membrane:  # what mechanisms use is checked with them
        check_used(part, origin, used)
    return variables
