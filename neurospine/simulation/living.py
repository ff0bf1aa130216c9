"""What the slow clock does to spines: intrinsic dynamics, stages, turnover.

Statements are run on all slots at once, without branches. A step of length
`interval` goes like this:

1. the rate at which a spine leaves its stage, at the volume it has;
2. the step of the intrinsic dynamics;
3. the rate at the new volume; the mean of both decides whether the spine leaves;
4. who leaves goes to one of the stages it can reach, by the share of the rates;
5. and may leave that one too, with half an interval at its new volume, which is
   the time that is left on average. So a newborn spine is at risk from birth on.

Steps 4 and 5 concern few spines; a compiled program visits only those (``turned``).
The error falls with the square of the interval where rates are constant, and in
proportion to it with births (a newborn does not fluctuate in its first step) and where
the share of several ways out depends on volume: ``tests/analytic/test_stages.py`` and
``test_turnover.py`` hold it to the matrix exponential and to the Fokker-Planck chain.
"""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Callable
from dataclasses import dataclass

from neurospine.description.expressions import (
    Equation,
    identifiers,
    parse_equations,
    parse_expression,
    parse_statements,
)
from neurospine.description.spine import Spine
from neurospine.description.spine_parts import StagesPart, Transition
from neurospine.results.contacts import BORN, DIED
from neurospine.simulation.conversion import renewed
from neurospine.simulation.network import Absent
from neurospine.simulation.random import slow_code

_WORD = re.compile(r"\w+")
#: These powers of any number between 1e-9 and 1e9 are within the range of single precision.
SMALL_POWERS = tuple("1234")
#: A spine died and another was born in its slot within a step.
REPLACED = DIED | BORN


@dataclass(frozen=True)
class Living:
    """Statements of the slow clock, and the state of a spine that they need.

    Attributes
    ----------
    equations
        Variables of a spine besides its volume.
    step
        Statements 1 to 3: new volume, and whether the spine leaves its stage.
    jump
        Statements 4 and 5; empty without stages.
    streams
        Names of the streams of random numbers.
    absent
        What the step does to slots without a spine.
    """

    equations: tuple[Equation, ...]
    step: str
    jump: str
    streams: tuple[str, ...]
    absent: Absent = ""


def living(spine: Spine, cleared: tuple[str, ...] = ()) -> Living:
    """Return what the slow clock does to a spine model that lives.

    `cleared` names further variables of a spine that are zero at birth.
    """
    stages, intrinsic = spine.stages, spine.intrinsic
    normals = intrinsic.step.normals if intrinsic else ()
    own = parse_equations(intrinsic.step.variables) if intrinsic else ()
    if stages is None:
        return Living(own, slow_code("\n".join(_fluctuate(spine))), "", normals)
    streams = (*(normals or ("luck",)), "first_jump", "second_jump", "second_choice")
    equations = [Equation("stage", "", "integer"), Equation("turned", "", "integer"), *own]
    if _reads(stages, "age"):
        equations.append(Equation("born", "", "second"))
    return Living(
        tuple(equations),
        slow_code("\n".join(_step(spine, stages, streams[0]))),
        slow_code("\n".join(_jump(spine, stages, (*(e.name for e in own), *cleared)))),
        streams,
        "" if own else "apart",
    )


def draw(function: str, stream: str) -> str:
    """Return the call that draws from a stream for each slot and tick of the slow clock."""
    return f"{function}(site, slow_tick, {stream}_key_low, {stream}_key_high)"


def _reads(stages: StagesPart, name: str) -> bool:
    """Return whether a rate of a stage machine reads a name."""
    return any(name in identifiers(t.rate) for t in stages.transitions)


def _moderate(rate: str) -> bool:
    """Return whether nothing in a rate can be beyond the range of single precision."""
    tree = parse_expression(rate)
    small = all(
        ast.unparse(node.right) in SMALL_POWERS
        for node in ast.walk(tree)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow)
    )
    return small and "age" not in identifiers(rate)


def _weight(spine: Spine, stages: StagesPart) -> list[str]:
    """Return the statement that brings the weight up to date, where a rate reads it."""
    follows = _reads(stages, "weight") and not spine.bounded
    return [f"weight = {spine.readout.weight.value}"] if follows else []


def _bounded(spine: Spine, volume: str) -> str:
    section = spine.structure.volume
    return f"clip({volume}, {section.lowest}, {section.highest})"


def _fluctuate(spine: Spine) -> list[str]:
    """Return the statements of the intrinsic dynamics on spines that all live."""
    assert spine.intrinsic
    step = spine.intrinsic.step
    lines = [f"{name} = {draw('normal', name)}" for name in step.normals]
    lines += [*_statements(step.code), f"volume = {_bounded(spine, 'volume')}"]
    return [*lines, *renewed(spine)]


def _step(spine: Spine, stages: StagesPart, luck: str) -> list[str]:
    weight = _weight(spine, stages)
    age = ["age = slow_time - born"] if _reads(stages, "age") else []
    # The rate of births is the same for all slots, where parameters are: it is worked out once.
    leaving, birth = _leaving(stages, living=True), _rate(stages, next(iter(stages.stages)))
    if not {"stage", "volume", "weight", "age"} & set(_WORD.findall(leaving)):
        leaving = f"select(stage > 0, {leaving}, 0.0/second)"  # a number for each slot even so
    precision = "single" if all(_moderate(t.rate) for t in stages.transitions) else ""
    lines = ["present = volume", "volume = select(stage > 0, volume, 1.0)"]
    lines += [*weight, *age, f"leaving = {precision}({leaving})"]
    survival = False
    if spine.intrinsic:
        step = spine.intrinsic.step
        lines += [f"{name} = {draw('normal', name)}" for name in step.normals]
        lines += _statements(step.code)
        moves = _any_of(stages, lambda name: stages.stages[name].fluctuates)
        if moves != "stage > 0":  # what does not fluctuate keeps its own variables too
            own = [e.name for e in parse_equations(step.variables)]
            lines[:0] = [f"kept_{name} = {name}" for name in own]
            lines += [f"{name} = select({moves}, {name}, kept_{name})" for name in own]
        lines.append(f"volume = select({moves}, {_bounded(spine, 'volume')}, present)")
        if "survival" in {s.name for s in parse_statements(step.code)}:
            lines.append(f"survival = select({moves}, survival, 1.0)")
            survival = True
    else:
        lines.append("volume = present")
    lines += [*renewed(spine), *weight, f"leaving = {precision}(0.5*(leaving + {leaving}))"]
    lines.append(f"luck = {draw('uniform', luck)}")
    if not precision:
        lines.append(f"begins = select(stage > 0, 0.0/second, {birth})")
        birth = "begins"
    dies, begins = (f"single(-expm1(-({rate})*interval))" for rate in ("leaving", birth))
    lines.append(f"leaves = select(stage > 0, {dies}, {begins})")
    if survival:  # a difference to 1 is small, so it is of doubles
        lines += [
            "crossed = 1.0 - survival",
            "turned = int(luck < crossed) + int(luck < crossed + survival*leaves)",
        ]
    else:
        lines.append("turned = int(luck < leaves)")
    return lines


def _jump(spine: Spine, stages: StagesPart, cleared: tuple[str, ...]) -> list[str]:
    weight = _weight(spine, stages)
    age = []
    lines = ["present = int(stage > 0)"]
    if _reads(stages, "age"):
        lines.append("age = select(stage > 0, slow_time - born, 0.0*second)")
        age = ["age = select(int(stage > 0)*present > 0, age, 0.0*second)"]
    lines += [
        *weight,
        f"entry = {draw('normal', 'first_jump')}",
        f"picked = {draw('uniform', 'first_jump')}*({_leaving(stages)})",
        # A spine that has crossed the lowest volume is gone, whatever the rates.
        f"target = select(turned > 1, 0, select(turned > 0, {_target(stages)}, stage))",
        f"volume = select(turned > 0, {_entered(stages)}, volume)",
        "stage = target",
        f"volume = select(stage > 0, {_bounded(spine, 'volume')}, 0.0)",
        "between = int(stage > 0)",
        *age,
        *weight,
        f"luck = {draw('uniform', 'second_jump')}",
        f"again = int(turned > 0)*int(luck > exp(-0.5*interval*({_leaving(stages)})))",
        f"entry = {draw('normal', 'second_jump')}",
        f"picked = {draw('uniform', 'second_choice')}*({_leaving(stages)})",
        f"target = select(again > 0, {_target(stages)}, stage)",
        f"volume = select(again > 0, {_entered(stages)}, volume)",
        "stage = target",
        f"volume = select(stage > 0, {_bounded(spine, 'volume')}, 0.0)",
        "alive = int(stage > 0)",
        f"changed = {DIED}*present*(1 - alive) + {BORN}*(1 - present)*alive",
        f"changed = changed + {REPLACED}*present*(1 - between)*alive",
        "turned = select(turned > 0, changed, 0)",
    ]
    lines += [f"{name} = select(turned >= {BORN}, 0*{name}, {name})" for name in cleared]
    if _reads(stages, "age"):
        lines.append(f"born = select(turned >= {BORN}, slow_time, born)")
    if spine.bounded:
        lines.append(f"weight = select(turned >= {BORN}, {spine.readout.weight.value}, weight)")
    return [*lines, *renewed(spine)]


def _any_of(stages: StagesPart, holds: Callable[[str], bool]) -> str:
    """Return the condition that a spine is in one of the living stages that hold."""
    living_stages = list(stages.stages)[1:]
    if all(map(holds, living_stages)):
        return "stage > 0"
    chosen = [stages.numbers[name] for name in living_stages if holds(name)]
    return " or ".join(f"stage == {number}" for number in chosen) or "stage < 0"


def _by_stage(stages: StagesPart, value: Callable[[str], str], *, living: bool = False) -> str:
    """Return the expression that has another value in each stage, or in each of the living."""
    *names, last = list(stages.stages)[living:]
    text = value(last)
    for name in reversed(names):
        text = f"select(stage == {stages.numbers[name]}, {value(name)}, {text})"
    return text


def _from(stages: StagesPart, name: str) -> list[Transition]:
    return [t for t in stages.transitions if t.origin == name]


def _leaving(stages: StagesPart, *, living: bool = False) -> str:
    """Return the rate at which a spine leaves the stage that it is in."""
    return _by_stage(stages, lambda name: _rate(stages, name), living=living)


def _rate(stages: StagesPart, name: str) -> str:
    """Return the rate at which a spine leaves a stage."""
    return " + ".join(f"({t.rate})" for t in _from(stages, name)) or "0.0/second"


def _by_choice(stages: StagesPart, value: Callable[[Transition], str], stay: str) -> str:
    """Return the expression that has another value for each transition that was picked."""

    def chosen(name: str) -> str:
        ways = _from(stages, name)
        if not ways:
            return stay
        text = value(ways[-1])
        for number in range(len(ways) - 1, 0, -1):
            below = " + ".join(f"({t.rate})" for t in ways[:number])
            text = f"select(picked < {below}, {value(ways[number - 1])}, {text})"
        return text

    return _by_stage(stages, chosen)


def _target(stages: StagesPart) -> str:
    return _by_choice(stages, lambda t: str(stages.numbers[t.target]), "stage")


def _entered(stages: StagesPart) -> str:
    def volume(transition: Transition) -> str:
        if stages.numbers[transition.target] == 0:
            return "0.0"
        return f"({_renamed(transition.volume)})" if transition.volume else "volume"

    return _by_choice(stages, volume, "volume")


def _renamed(expression: str) -> str:
    tree = copy.deepcopy(parse_expression(expression))
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == "normal":
            node.id = "entry"
    return ast.unparse(tree)


def _statements(code: str) -> list[str]:
    return [
        f"{s.name} = {s.name} {s.operator} ({s.expression})"
        if s.operator
        else f"{s.name} = {s.expression}"
        for s in parse_statements(code)
    ]
