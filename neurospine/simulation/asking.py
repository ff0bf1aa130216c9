"""What becomes of a drive at once: the spine takes it up, or a gate holds it back."""

from __future__ import annotations

from neurospine.description.expressions import Equation
from neurospine.description.neuromodulator_parts import ENLARGING, SHRINKING
from neurospine.description.spine import Spine
from neurospine.simulation.conversion import take_up, written
from neurospine.simulation.eligibility import leave
from neurospine.simulation.form import join


def ask(spine: Spine, statements: str) -> str:
    """Return statements of a rule with what their drive does; nothing where there are none.

    Without a gate the spine takes the drive up. With one it leaves eligibility, or is added to
    what the step of the gate will find at the next tick of the slow clock.
    """
    if spine.gate is None:
        return take_up(spine, statements)
    if "drive" not in written(statements):
        return statements
    return join(statements, *(held(spine) if spine.gate.step else leave(spine)))


def held(spine: Spine) -> list[str]:
    """Return statements that add a drive to what waits for the next tick."""
    return [
        f"{equation.name} = {equation.name} + drive*int(drive {sign} 0)"
        for equation, sign in zip(waiting(spine), "><", strict=True)
    ]


def waiting(spine: Spine) -> tuple[Equation, ...]:
    """Return the variables of a spine with what waits for the next tick."""
    if spine.gate is None or spine.gate.step is None:
        return ()
    return (Equation(ENLARGING, "", "1"), Equation(SHRINKING, "", "1"))
