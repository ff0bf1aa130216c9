"""Checks of intrinsic dynamics and of stage machines at load."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from brian2 import second
from brian2.units.fundamentalunits import DIMENSIONLESS, Dimension

from neurospine.description.checks import (
    at,
    check_cell,
    check_used,
    known_parameters,
)
from neurospine.description.dimensions import check_statements, dimension_of
from neurospine.description.evaluate import evaluate
from neurospine.description.expressions import identifiers, parse_equations, parse_statements
from neurospine.description.names import check_name
from neurospine.description.neuromodulator_parts import NEUROMODULATORS
from neurospine.description.spine_parts import IntrinsicPart, StagesPart, Transition
from neurospine.description.units import dimensions
from neurospine.errors import ModelError, suggest

ABSENT = "absent"
#: Head volumes at which rates are tried, in um**3, and ages, in seconds.
_VOLUMES = np.geomspace(1e-3, 5.0, 40)
_AGES = np.array([[0.0], [3600.0], [30 * 86400.0]])
#: Levels of neuromodulators.
_LEVELS = np.array([0.0, 0.5, 1.0, 2.0, 10.0])[:, None, None]
_RATE = DIMENSIONLESS / second.dim
Names = Mapping[str, Dimension]


def check_intrinsic(part: IntrinsicPart, origin: str) -> None:
    """Check intrinsic dynamics: closed names, consistent units."""
    parameters = known_parameters(part)
    used: set[str] = set()
    if part.process:
        with at(origin, "process"):
            known = {**parameters, "volume": DIMENSIONLESS}
            wanted = {"drift": _RATE, "noise": second.dim**-0.5}
            for key, dimension in wanted.items():
                expression = getattr(part.process, key)
                if dimension_of(expression, known) != dimension:
                    unit = "um**3 a second" if key == "drift" else "um**3 a square root of a second"
                    raise ModelError(f"{key}: {expression!r} is not in {unit}")
                used |= identifiers(expression)
            if part.process.lowest is not None:
                if part.process.lowest not in parameters:
                    hint = suggest(part.process.lowest, parameters)
                    raise ModelError(f"lowest: no parameter {part.process.lowest!r}. {hint}")
                used.add(part.process.lowest)
    with at(origin, "step"):
        for name in part.step.normals:
            check_name(name)
        variables = {e.name: dimensions(e.unit) for e in parse_equations(part.step.variables)}
        if any(e.expression for e in parse_equations(part.step.variables)):
            raise ModelError("variables: must be plain ones, such as 'slow : 1'")
        statements = parse_statements(part.step.code)
        modulators = _modulators(part.needs)
        fixed = {*parameters, *part.step.normals, *modulators, "interval"}
        for statement in statements:
            if statement.name in fixed:
                raise ModelError(f"code: {statement.name!r} cannot be changed here, only read")
        known = {**parameters, **variables, **dict.fromkeys(part.step.normals, DIMENSIONLESS)}
        known |= {**modulators, "volume": DIMENSIONLESS, "interval": second.dim}
        after = check_statements(statements, known)
        written = {s.name for s in statements}
        read = set().union(*(identifiers(s.expression) for s in statements))
        if {"t", "dt"} & (read - written):
            raise ModelError(
                "code: the length of a step is 'interval'; 't' and 'dt' are of neurons"
            )
        for name in sorted(written - {*known, "survival"}):
            check_name(name)
        if "volume" not in written:
            raise ModelError("code: does not change 'volume'")
        if after.get("survival", DIMENSIONLESS) is not DIMENSIONLESS:
            raise ModelError("code: 'survival' is not a plain number")
        absorbs = part.process is not None and part.process.lowest is not None
        if absorbs != ("survival" in written):
            raise ModelError("code: 'survival' goes with a lowest volume in [process]")
        used |= read
    _check_read(modulators, used, origin)
    check_used(part, origin, used)


def check_stages(part: StagesPart, origin: str) -> None:
    """Check a stage machine: known stages, rates that are rates, every stage within reach."""
    parameters = known_parameters(part)
    names = list(part.stages)
    with at(origin, "stages"):
        if not names or names[0] != ABSENT or len(names) < 2:
            raise ModelError(f"the first of two or more stages must be {ABSENT!r}")
        for name in names:
            check_name(name)
    with at(origin, "postsynaptic"):
        traces, used = check_cell(part.postsynaptic, parameters)
    known = {**parameters, **traces, "volume": DIMENSIONLESS, "weight": DIMENSIONLESS}
    known |= {"age": second.dim, **_modulators(part.needs)}
    for number, transition in enumerate(part.transitions):
        place = f"transitions.{number + 1} ({transition.origin} to {transition.target})"
        with at(origin, place):
            used |= _check_transition(part, transition, known, parameters)
            _check_rate(part, transition, traces)
    with at(origin, "start"):
        if part.start.stage not in names[1:]:
            raise ModelError(f"stage {part.start.stage!r}. {suggest(part.start.stage, names[1:])}")
        if parameters.get(part.start.share) is not DIMENSIONLESS:
            hint = suggest(part.start.share, parameters)
            raise ModelError(f"share: {part.start.share!r} is no plain parameter. {hint}")
        used.add(part.start.share)
        if part.start.volume:
            _check_volume(part.start.volume, parameters)
            used |= identifiers(part.start.volume)
    with at(origin, "transitions"):
        _check_reach(part)
    _check_read(_modulators(part.needs), used, origin)
    check_used(part, origin, used)


def _modulators(needs: Iterable[str]) -> dict[str, Dimension]:
    """Return the neuromodulators that a part reads."""
    return dict.fromkeys((port for port in needs if port in NEUROMODULATORS), DIMENSIONLESS)


def _check_read(names: Iterable[str], used: set[str], origin: str) -> None:
    for name in names:
        if name not in used:
            raise ModelError(f"{origin}: needs: {name!r} is not read anywhere")


def _check_transition(
    part: StagesPart, transition: Transition, known: Names, parameters: Names
) -> set[str]:
    for key, stage in (("from", transition.origin), ("to", transition.target)):
        if stage not in part.stages:
            raise ModelError(f"{key}: no stage {stage!r}. {suggest(stage, part.stages)}")
    if transition.origin == transition.target:
        raise ModelError("leads from a stage to itself")
    if dimension_of(transition.rate, known) != _RATE:
        raise ModelError(f"rate: {transition.rate!r} is not a rate (1/time)")
    used = identifiers(transition.rate)
    born = transition.origin == ABSENT
    if born and used & {"volume", "weight", "age"}:
        raise ModelError("rate: a spine that is absent has no volume, weight or age")
    if born and not transition.volume:
        raise ModelError("volume: a spine is born with a volume, which is missing")
    if transition.volume:
        if transition.target == ABSENT:
            raise ModelError("volume: an absent spine has none")
        _check_volume(transition.volume, {**parameters, "volume": DIMENSIONLESS})
        used |= identifiers(transition.volume)
    return used


def _check_volume(expression: str, known: Names) -> None:
    if dimension_of(expression, {**known, "normal": DIMENSIONLESS}) is not DIMENSIONLESS:
        raise ModelError(f"volume: {expression!r} must be a plain number, counted in um**3")


def _check_rate(part: StagesPart, transition: Transition, traces: Names) -> None:
    """Raise a `ModelError` if a rate is negative or no number at some size or age."""
    values = {n: e.parameter(n).number for n, e in part.parameters.items()}
    values |= dict.fromkeys(traces, 0.0)
    tried = {"volume": _VOLUMES, "weight": _VOLUMES, "age": _AGES}
    tried |= {name: _LEVELS for name in _modulators(part.needs)}
    with np.errstate(all="ignore"):
        rate = np.asarray(evaluate(transition.rate, {**values, **tried}), float)
    if not np.all(np.isfinite(rate)) or np.any(rate < 0):
        raise ModelError(f"rate: {transition.rate!r} is negative or no number at some volume")


def _check_reach(part: StagesPart) -> None:
    """Raise a `ModelError` if a stage can never be entered."""
    reached = {ABSENT, part.start.stage}
    while True:
        more = {t.target for t in part.transitions if t.origin in reached} - reached
        if not more:
            break
        reached |= more
    for name in part.stages:
        if name not in reached:
            raise ModelError(f"no way leads to the stage {name!r}")
    if all(t.target != ABSENT for t in part.transitions):
        raise ModelError("no way leads to 'absent', so no spine could be eliminated")
