"""Checks of parts that work in ticks of the slow clock: consolidation and neighbours."""

from __future__ import annotations

from brian2 import meter, second
from brian2.units.fundamentalunits import DIMENSIONLESS, Dimension

from neurospine.description.checks import at, check_used, known_parameters, names_in
from neurospine.description.dimensions import check_statements, dimension_of
from neurospine.description.expressions import identifiers, names_read, parse_statements
from neurospine.description.names import check_name
from neurospine.description.plasticity_parts import INHIBITION, LOCAL_PORTS
from neurospine.description.slow_parts import Signal, SlowPart
from neurospine.description.units import dimensions
from neurospine.errors import ModelError, suggest

_DIFFUSION = meter.dim**2 / second.dim
#: Ports of a spine that are there whether or not a part needs them.
_ALWAYS = {"volume", "taken", "interval"}


def check_slow(part: SlowPart, origin: str) -> None:
    """Check a slow part: closed names, consistent units, signals that are renewed."""
    parameters = known_parameters(part)
    with at(origin, "step.variables"):
        if any(e.expression or e.flag for e in part.own):
            raise ModelError("must be plain ones, such as 'early : 1'")
        own = {e.name: dimensions(e.unit) for e in part.own}
        for name in (*own, *part.step.normals, *part.signals):
            if name not in own:
                check_name(name)
        names = [*parameters, *own, *part.step.normals, *part.signals]
        twice = [name for number, name in enumerate(names) if name in names[:number]]
        if twice:
            raise ModelError(f"{twice[0]!r} is a name of two things; rename one")
    for port in part.needs:
        if port in (*LOCAL_PORTS, INHIBITION, "drive", "neck_resistance"):
            raise ModelError(
                f"{origin}: needs: {port!r} changes from step to step, which the slow clock does "
                "not see; let a rule provide a port of its own"
            )
    known = {**parameters, **own, "volume": DIMENSIONLESS, "interval": second.dim}
    known |= {port: DIMENSIONLESS for port in part.needs}
    signals = dict.fromkeys(part.signals, DIMENSIONLESS)
    used: set[str] = set()
    for name, signal in part.signals.items():
        with at(origin, f"signals.{name}"):
            used |= _check_signal(name, signal, parameters, known, signals)
    with at(origin, "step.code"):
        statements = parse_statements(part.step.code)
        fixed = {*parameters, *part.step.normals, *signals, "interval", "taken"}
        fixed |= set(part.needs) - {"volume", "weight"}
        for statement in statements:
            if statement.name in fixed:
                raise ModelError(f"{statement.name!r} cannot be changed here, only read")
            if statement.name not in known:
                check_name(statement.name)
        inside = {**known, **signals, "taken": DIMENSIONLESS}
        inside |= dict.fromkeys(part.step.normals, DIMENSIONLESS)
        if {"t", "dt"} & names_read(part.step.code):
            raise ModelError("the length of a tick is 'interval'; 't' and 'dt' are of neurons")
        check_statements(statements, inside)
        if not {s.name for s in statements} & {"volume", "weight", *own}:
            raise ModelError("changes neither volume nor weight nor a variable of its own")
        used |= names_in((), statements)
    for name in sorted((set(part.signals) | set(part.step.normals)) - used):
        raise ModelError(f"{origin}: {name!r} is not read anywhere")
    for port in part.needs:
        if port not in used | _ALWAYS:
            raise ModelError(f"{origin}: needs: {port!r} is not read anywhere")
    check_used(part, origin, used)


def _check_signal(
    name: str,
    signal: Signal,
    parameters: dict[str, Dimension],
    known: dict[str, Dimension],
    signals: dict[str, Dimension],
) -> set[str]:
    if dimension_of(signal.release, known) is not DIMENSIONLESS:
        raise ModelError(f"release: {signal.release!r} must be a plain number")
    used = identifiers(signal.release)
    if signal.diffusion is not None:
        if signal.extent != "dendrite":
            raise ModelError("diffusion: goes with extent = 'dendrite'")
        if signal.diffusion not in parameters:
            hint = suggest(signal.diffusion, parameters)
            raise ModelError(f"diffusion: no parameter {signal.diffusion!r}. {hint}")
        if parameters[signal.diffusion] != _DIFFUSION:
            raise ModelError(f"diffusion: {signal.diffusion!r} is not in um**2/second")
        used.add(signal.diffusion)
    statements = parse_statements(signal.step)
    inside = {**parameters, **signals, "interval": second.dim, "released": DIMENSIONLESS}
    check_statements(statements, inside)
    written = {s.name for s in statements}
    for other in sorted(written & (set(inside) - {name})):
        raise ModelError(f"step: {other!r} cannot be changed here, only read")
    if name not in written:
        raise ModelError(f"step: does not say what becomes of {name!r}")
    for other in sorted(written - {name}):
        check_name(other)
        if other.startswith("released_"):
            raise ModelError(f"step: {other!r} is a name that neurospine uses itself; rename it")
    if "released" not in names_read(signal.step):
        raise ModelError("step: does not read 'released', so what spines release would be lost")
    return used | (names_read(signal.step) - {name})
