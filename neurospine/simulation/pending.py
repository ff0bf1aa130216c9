"""What postsynaptic spikes owe to spines that are visited at arrivals only (see `folding`)."""

from __future__ import annotations

from dataclasses import dataclass

from neurospine.description.expressions import Equation
from neurospine.description.spine import Spine
from neurospine.simulation.conversion import in_proportion, size_of, take_up
from neurospine.simulation.eligibility import Component, collect, components, put_back, settled
from neurospine.simulation.form import join


@dataclass(frozen=True)
class Pending:
    """Sums over postsynaptic spikes, and what a spine does with them.

    Attributes
    ----------
    equations
        The sums, kept on postsynaptic cells.
    summed
        What a spike adds to them.
    cleared
        What becomes of them at settlings.
    taken
        Statements at a spine that turn the stored size into the true one.
    put_back
        Those that turn it back, with the presynaptic trace after the arrival.
    settled
        What a spine does at settlings.
    """

    equations: tuple[Equation, ...]
    summed: str
    cleared: str
    taken: str
    put_back: str
    settled: str


def pending(spine: Spine, gain: str) -> Pending:
    """Return the sum of a rule whose drives are taken up at once."""
    size = size_of(spine)
    taken = take_up(spine, "drive = grown*pending")
    put_back = f"drive = regrown*pending\n{size} = {size} - ({in_proportion(spine)})"
    total = Equation("pending", "", "1")
    summed = f"pending += ({gain})/growth"
    return Pending((total,), summed, "pending = 0", taken, put_back, taken)


def folds_behind(spine: Spine) -> bool:
    """Return whether postsynaptic drives of a rule leave eligibility that can be summed up."""
    return bool(_owed(spine))


def behind_gate(spine: Spine, gain: str) -> Pending:
    """Return the sums of a rule whose drives leave eligibility.

    With I the integrals of the gate, a spike at s owes ``gain/growth*G_k(s)`` to each component
    k, of which ``I_k(t) - I_k(s)`` has been turned into change at t. So the sum of the
    first is kept for each component, and one sum of the products with ``I_k(s)``.
    """
    owed = _owed(spine)
    names = [_sum(part) for part in owed]
    gated = " + ".join(f"{part.growth}*{part.integral}" for part in owed)
    summed = join(
        f"owed = ({gain})/growth",
        *(f"{name} += owed*{part.growth}" for name, part in zip(names, owed, strict=True)),
        f"pending_gated += owed*({gated})",
    )
    waiting = " + ".join(f"{n}*{part.integral}" for n, part in zip(names, owed, strict=True))
    taken = collect(spine, f"grown*({waiting} - pending_gated)")
    moved = [
        f"{part.eligible} = {part.eligible} + (grown - regrown)*{name}"
        for name, part in zip(names, owed, strict=True)
    ]
    whole = [
        f"{part.eligible} = {part.eligible} + grown*{name}"
        for name, part in zip(names, owed, strict=True)
    ]
    return Pending(
        tuple(Equation(name, "", "1") for name in (*names, "pending_gated")),
        summed,
        "\n".join(f"{name} = 0" for name in (*names, "pending_gated")),
        taken,
        join(*moved, put_back(spine, f"regrown*({waiting} - pending_gated)")),
        join(taken, *whole, settled(spine)),
    )


def _owed(spine: Spine) -> list[Component]:
    """Return the components that drives of postsynaptic spikes go to, which enlarge."""
    return [part for part in components(spine) if part.trace.takes != "shrinkage"]


def _sum(part: Component) -> str:
    return f"pending_{part.eligible}"
