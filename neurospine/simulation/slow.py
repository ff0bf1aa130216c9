"""Statements of the parts that work in ticks of the slow clock before spines fluctuate.

In each tick, for all spines of a projection: what spines release goes to the dendrite
(`release`), the dendrite is brought up to date (see `dendrites`), spines look at it
and change (`act`). At the end of the tick it is noted how large they are (`keep`), so that
the next can tell what plasticity has done meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator

from neurospine.description.expressions import Equation, identifiers, names_read, parse_statements
from neurospine.description.slow_parts import SlowPart
from neurospine.description.spine import Spine
from neurospine.simulation.asking import waiting
from neurospine.simulation.conversion import readings, renewed, size_of, take_up
from neurospine.simulation.living import draw
from neurospine.simulation.random import slow_code


def released(signal: str) -> str:
    """Return the name of what a spine puts into a signal, and of what arrives at a place."""
    return f"released_{signal}"


def place_of(part: SlowPart, extent: str) -> str:
    """Return the name of the variable with the place of a spine among those of an extent."""
    return f"{part.kind}_{extent}"


def slow_variables(spine: Spine) -> tuple[Equation, ...]:
    """Return the variables that slow parts keep at every spine."""
    gate = [*spine.gate.own, *waiting(spine)] if spine.gate else []
    if not spine.slow:
        return tuple(gate)
    found = [*gate, Equation("taken", "", "1"), Equation("kept_volume", "", "1")]
    for part in spine.slow:
        found += part.own
        for name in part.signals:
            found += [Equation(name, "", "1"), Equation(released(name), "", "1")]
    return tuple(found)


def cleared_at_birth(spine: Spine) -> tuple[str, ...]:
    """Return which of them are zero at birth."""
    gate = [*spine.gate.own, *waiting(spine)] if spine.gate else []
    return tuple(e.name for own in (gate, *(part.own for part in spine.slow)) for e in own)


def streams(spine: Spine) -> tuple[str, ...]:
    """Return the names of their random numbers."""
    steps = [spine.gate.step] if spine.gate and spine.gate.step else []
    steps += [part.step for part in spine.slow]
    return tuple(name for step in steps for name in step.normals)


def pass_gate(spine: Spine) -> str:
    """Return what the step of a gate does with the drives since the last tick."""
    assert spine.gate
    assert spine.gate.step
    step, own, size = spine.gate.step, [e.name for e in spine.gate.own], size_of(spine)
    lines = [f"{name} = {draw('normal', name)}" for name in step.normals]
    if spine.stages:
        lines += [f"kept_{name} = {name}" for name in own]
        lines += [f"present = {size}", "volume = select(stage > 0, volume, 1.0)"]
        if spine.bounded:
            lines[-1] = "room = volume"
    lines += [_plain(s.name, s.operator, s.expression) for s in parse_statements(step.code)]
    lines = take_up(spine, "\n".join(lines)).splitlines()
    if spine.stages:
        lines.append(f"{size} = select(stage > 0, {size}, present)")
        lines += [f"{name} = select(stage > 0, {name}, kept_{name})" for name in own]
    lines += [f"{equation.name} = 0.0" for equation in waiting(spine)]
    return slow_code("\n".join(lines))


def release(spine: Spine) -> str:
    """Return what spines put into signals, and what plasticity did to them in the tick."""
    lines = ["taken = volume - kept_volume"]
    for part in spine.slow:
        texts = {name: signal.release for name, signal in part.signals.items()}
        read = set().union(*map(identifiers, texts.values()), set())
        lines += readings(spine, read) if read else []
        lines += [
            f"{released(name)} = {_there(spine, text, '0.0')}" for name, text in texts.items()
        ]
    return slow_code("\n".join(dict.fromkeys(lines)))


def act(spine: Spine, part: SlowPart) -> str:
    """Return what a part does to spines in a tick."""
    own = [e.name for e in part.own]
    read = names_read(part.step.code)
    changed = {s.name for s in parse_statements(part.step.code)}
    lines = [f"{name} = {draw('normal', name)}" for name in part.step.normals]
    if spine.stages:
        lines += [f"kept_{name} = {name}" for name in own]
        lines += ["present = volume", "volume = select(stage > 0, volume, 1.0)"]
    lines += readings(spine, read)
    lines += [_plain(s.name, s.operator, s.expression) for s in parse_statements(part.step.code)]
    if "volume" in changed:
        section = spine.structure.volume
        lines.append(f"volume = clip(volume, {section.lowest}, {section.highest})")
    if spine.stages:
        lines.append("volume = select(stage > 0, volume, present)")
        lines += [f"{name} = select(stage > 0, {name}, kept_{name})" for name in own]
    if {"weight", "volume"} & changed:
        lines += renewed(spine)
    return slow_code("\n".join(lines))


def keep(spine: Spine) -> str:
    """Return what is noted at the end of a tick."""
    ports = spine.rule.ports if spine.rule else ()
    return "\n".join(["kept_volume = volume", *(f"{port} = 0" for port in ports)])


def _there(spine: Spine, value: str, otherwise: str) -> str:
    return f"select(stage > 0, {value}, {otherwise})" if spine.stages else value


def _plain(name: str, operator: str, expression: str) -> str:
    return f"{name} = {name} {operator} ({expression})" if operator else f"{name} = {expression}"


def texts_of(spine: Spine) -> Iterator[str]:
    """Yield the texts of slow parts at spines that name parameters."""
    for part in spine.slow:
        yield part.step.code
        yield from (signal.release for signal in part.signals.values())
