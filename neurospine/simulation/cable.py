"""A step of a neuron of compartments, as statements.

The voltages of a tree are solved together. With the gates held, the current of
every segment is linear in the voltages, and elimination from the tips to the root
and back (Hines 1984) takes a few operations a segment, and no exponential. The
voltages in the middle of the step (Crank-Nicolson) or at its end (backward Euler)
are found; the first is of second order, the second damps every transient.

Gates change by exponential steps and are kept half a step behind the voltages, so
each is linear in its variable while the other stands. What synapses add to would
come half a step too early there: it makes one half step before the voltages and
one after. Of first order all the same are what mechanisms take at the start of a step,
that is currents that are no conductance and conductances that read the potential
themselves (the magnesium block, ``inward_rectifier``), gates that read other gates,
and the times of spikes. ``tests/analytic/test_cable.py`` measures order and closed forms.
"""

from __future__ import annotations

from collections.abc import Iterator

from neurospine.description.cell import Cell
from neurospine.description.expressions import parse_equations
from neurospine.description.gates import exponential_steps
from neurospine.description.morphology import Link


def cable_step(cell: Cell) -> str:
    """Return the statements that take a neuron of compartments through one step."""
    equations = {e.name: e for e in parse_equations(cell.part.equations)}
    gates = [equations[name] for name in cell.gates]
    own = [g for g in gates if g.name not in cell.received]
    received = [g for g in gates if g.name in cell.received]
    half = list(exponential_steps(received, "0.5*dt"))
    lines = [*exponential_steps(own, "dt"), *half, *_voltages(cell), *half]
    return "\n".join(lines)


def _voltages(cell: Cell) -> Iterator[str]:
    tree = cell.tree
    second_order = cell.part.method == "crank_nicolson"
    length = "0.5*dt" if second_order else "dt"
    held = any(e.flag for e in parse_equations(cell.part.equations))
    links = list(_from_root(cell))
    parents = {link.child: link for link in links}
    for node in reversed([tree.root, *parents]):
        # What its branches take of a node; each name is given once, as Brian2 wants it.
        branches = [link for link in links if link.parent == node]
        inwards = [f"_right_{link.child}*_share_{link.child}" for link in branches]
        diagonal = [link for link, _ in tree.neighbours(node)]
        if node not in tree.joints:
            yield f"_inertia_{node} = capacitance_{node}/({length})"
            diagonal = [f"_inertia_{node}", *(g for g, _ in cell.conductances[node]), *diagonal]
            towards = [f"{g}*{e}" for g, e in cell.conductances[node]]
            inwards = [f"_inertia_{node}*v_{node}", *towards, *cell.currents[node], *inwards]
        less = "".join(f" - {link.name}*_share_{link.child}" for link in branches)
        yield f"_diagonal_{node} = {' + '.join(diagonal)}{less}"
        yield f"_right_{node} = {' + '.join(inwards)}"
        if node in parents:
            yield f"_share_{node} = {parents[node].name}/_diagonal_{node}"
    root = tree.root
    solved = f"_right_{root}/_diagonal_{root}"
    if held:
        solved = f"v_{root} + int(not_refractory)*({solved} - v_{root})"
    yield f"_mid_{root} = {solved}"
    for link in links:
        child = link.child
        yield f"_mid_{child} = _right_{child}/_diagonal_{child} + _share_{child}*_mid_{link.parent}"
    for segment in tree.segments:
        name = segment.name
        ahead = f"2*_mid_{name} - v_{name}" if second_order else f"_mid_{name}"
        yield f"v_{name} = {ahead}"


def _from_root(cell: Cell) -> Iterator[Link]:
    """Yield the links of a tree, each after the one that leads to its parent."""
    left, reached = list(cell.tree.links), {cell.tree.root}
    while left:
        ready = [link for link in left if link.parent in reached]
        for link in ready:
            yield link
            reached.add(link.child)
        left = [link for link in left if link not in ready]
