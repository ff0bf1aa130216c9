"""What plasticity does to a spine and what an arrival delivers: the one place that says so.

A drive is taken up by the volume, within its bounds, and weight follows from volume. Where
the readout has a bound, the drive moves weight instead, between 0 and what the volume
can carry, and the volume follows slowly by the parts of the slow clock (see
``docs/architecture.md``, where a figure shows both).
"""

from __future__ import annotations

from neurospine.description.expressions import Equation
from neurospine.description.spine import Spine

_VOLUME = Equation("volume", "", "1")


def size_of(spine: Spine) -> str:
    """Return what a drive moves: the volume, or the weight below its bound."""
    return "weight" if spine.bounded else "volume"


def state(spine: Spine) -> tuple[Equation, ...]:
    """Return the variables of every spine."""
    if not spine.bounded:
        return (_VOLUME,)
    return (_VOLUME, Equation("weight", "", spine.readout.weight.unit))


def in_proportion(spine: Spine) -> str:
    """Return what an additive drive adds to the size."""
    bound = spine.readout.bound
    return bound.additive if bound else spine.structure.volume.additive


def bounded(spine: Spine, size: str) -> str:
    """Return the expression of a size within its bounds."""
    volume, bound = spine.structure.volume, spine.readout.bound
    if bound:
        return f"clip({size}, 0, {bound.value})"
    return f"clip({size}, {volume.lowest}, {volume.highest})"


def change(spine: Spine) -> str:
    """Return what a drive adds to the size."""
    assert spine.rule
    text: str = getattr(spine.readout.bound or spine.structure.volume, spine.rule.drive)
    return text


def take_up(spine: Spine, statements: str) -> str:
    """Return statements that set a drive, with what it does to the size.

    Nothing where there are no statements.
    """
    if not statements.strip() or "drive" not in written(statements):
        return statements
    size = size_of(spine)
    return f"{statements.rstrip()}\n{size} = {bounded(spine, f'{size} + ({change(spine)})')}"


def deliver(spine: Spine, effect: str) -> str:
    """Return what an arrival does to the postsynaptic cell; nothing where it has no effect."""
    if not effect:
        return ""
    return effect if spine.bounded else f"weight = {spine.readout.weight.value}\n{effect}"


def readings(spine: Spine, names: set[str]) -> list[str]:
    """Return statements that give weight and bound, where a slow part reads them."""
    bound = spine.readout.bound
    lines = [f"bound = {bound.value}"] if bound and "bound" in names else []
    if "weight" in names and not bound:
        lines.append(f"weight = {spine.readout.weight.value}")
    return lines


def renewed(spine: Spine) -> list[str]:
    """Return statements that keep the weight within its bound when the volume has changed."""
    return [f"weight = {bounded(spine, 'weight')}"] if spine.bounded else []


def written(statements: str) -> set[str]:
    """Return the names that statements set."""
    return {line.split("=", 1)[0].strip(" +-*/") for line in statements.splitlines()}
