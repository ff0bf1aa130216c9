"""Checks of gates at load."""

from __future__ import annotations

from brian2 import second
from brian2.units.fundamentalunits import DIMENSIONLESS, Dimension

from neurospine.description.checks import at, check_used, known_parameters, names_in, same
from neurospine.description.dimensions import check_statements, dimension_of
from neurospine.description.expressions import identifiers, names_read, parse_statements
from neurospine.description.names import check_name
from neurospine.description.neuromodulator_parts import (
    ENLARGING,
    NEUROMODULATORS,
    SHRINKING,
    EligibilityTrace,
    GatePart,
)
from neurospine.description.plasticity_parts import PlasticityPart
from neurospine.description.spine_parts import ReadoutPart, StructurePart
from neurospine.description.units import dimensions
from neurospine.errors import ModelError, suggest

_RATE = DIMENSIONLESS / second.dim


def check_gate(part: GatePart, origin: str) -> None:
    """Check a gate: closed names, consistent units, neuromodulators that are read."""
    parameters = known_parameters(part)
    with at(origin, "needs"):
        allowed = ("drive", "volume", *NEUROMODULATORS)
        for port in part.needs:
            if port not in allowed:
                raise ModelError(f"a gate cannot read {port!r}. {suggest(port, allowed)}")
        if "drive" not in part.needs:
            raise ModelError("lacks 'drive': a gate holds what a rule asks for")
    if bool(part.traces) == bool(part.step):
        raise ModelError(f"{origin}: a gate has either [traces.…] or a [step]")
    used: set[str] = set()
    for name, trace in part.traces.items():
        with at(origin, f"traces.{name}"):
            check_name(name)
            used |= _check_trace(part, trace, parameters)
    if part.step:
        used |= _check_step(part, origin, parameters)
    for port in (*part.modulators, *({"volume"} & set(part.needs))):
        if port not in used:
            raise ModelError(f"{origin}: needs: {port!r} is not read anywhere")
    check_used(part, origin, used)


def check_gated(
    rule: PlasticityPart, structure: StructurePart, readout: ReadoutPart, origin: str
) -> None:
    """Check that what a drive does can go on bit by bit.

    Raises
    ------
    ModelError
        If a multiplicative drive is no share of the size: in small steps it would come to
        something else.
    """
    section, size = (readout.bound, "weight") if readout.bound else (structure.volume, "volume")
    if rule.drive == "multiplicative" and not same(f"drive*{size}", section.multiplicative):
        raise ModelError(
            f"{origin}: multiplicative: behind a gate it must be 'drive*{size}', found "
            f"{section.multiplicative!r}"
        )


def _check_trace(
    part: GatePart, trace: EligibilityTrace, parameters: dict[str, Dimension]
) -> set[str]:
    if (trace.kernel == "difference") != (trace.onset is not None):
        raise ModelError("onset: goes with kernel = 'difference'")
    used = set()
    for key in ("time_constant", "onset"):
        name = getattr(trace, key)
        if name is None:
            continue
        if name not in parameters:
            raise ModelError(f"{key}: no parameter {name!r}. {suggest(name, parameters)}")
        if parameters[name] != second.dim:
            raise ModelError(f"{key}: {name!r} is not a time")
        used.add(name)
    known = {**parameters, **dict.fromkeys(part.modulators, DIMENSIONLESS)}
    if dimension_of(trace.gate, known) != _RATE:
        raise ModelError(f"gate: {trace.gate!r} is not a rate (1/time)")
    return used | identifiers(trace.gate)


def _check_step(part: GatePart, origin: str, parameters: dict[str, Dimension]) -> set[str]:
    assert part.step
    with at(origin, "step.variables"):
        if any(e.expression or e.flag for e in part.own):
            raise ModelError("must be plain ones, such as 'eligible : 1'")
        own = {e.name: dimensions(e.unit) for e in part.own}
        for name in part.step.normals:
            check_name(name)
        names = [*parameters, *own, *part.step.normals]
        twice = [name for number, name in enumerate(names) if name in names[:number]]
        if twice:
            raise ModelError(f"{twice[0]!r} is a name of two things; rename one")
    with at(origin, "step.code"):
        statements = parse_statements(part.step.code)
        given = {ENLARGING, SHRINKING, "interval", *part.needs, *part.step.normals}
        fixed = ({*parameters} | given) - {"drive"}
        for statement in statements:
            if statement.name in fixed:
                raise ModelError(f"{statement.name!r} cannot be changed here, only read")
            if statement.name not in {*own, "drive"}:
                check_name(statement.name)
        known = {**parameters, **own, **dict.fromkeys(given - {"drive"}, DIMENSIONLESS)}
        known["interval"] = second.dim
        if {"t", "dt"} & names_read(part.step.code):
            raise ModelError("the length of a tick is 'interval'; 't' and 'dt' are of neurons")
        after = check_statements(statements, known)
        if after.get("drive") is not DIMENSIONLESS:
            raise ModelError("must set 'drive', a plain number")
        if not {ENLARGING, SHRINKING} & names_read(part.step.code):
            raise ModelError(f"reads neither {ENLARGING!r} nor {SHRINKING!r}, so drives get lost")
    return names_in((), statements)
