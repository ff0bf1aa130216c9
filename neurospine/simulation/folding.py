"""The folded form: synapses are visited at presynaptic arrivals only.

Between two arrivals i and i' the postsynaptic drive is the sum over spikes s of
``r(s)*gain(s)``, and the trace r only decays meanwhile: ``r(s) = grown*exp(-s/tau)``
with `grown` constant. The sum is ``grown*pending``, with
``pending = sum(gain(s)*exp(-s/tau))`` kept once per postsynaptic cell. The stored size (volume,
or weight below a bound) is the true one less that product, so a synapse is visited at arrivals
only. `grown` and `pending` are taken back to small numbers (settled) every few time
constants; at those moments what is stored is the true size. Exact, also at the bounds, because
size moves one way only between arrivals when the gain is not negative.

A drive that goes on between events folds as well: the sum is one over steps.

Behind a gate (see `eligibility`) the sum is kept for each component, and the stored size is the
true one less all that waits: eligibility of the spine, and that of postsynaptic spikes since its
last arrival.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator, Mapping

from neurospine.description.expressions import (
    Equation,
    Statement,
    identifiers,
    parse_expression,
    parse_statements,
)
from neurospine.description.plasticity_parts import FoldedSection
from neurospine.description.spine import Spine
from neurospine.simulation.asking import ask
from neurospine.simulation.conversion import deliver, size_of, state
from neurospine.simulation.eligibility import variables
from neurospine.simulation.following import following
from neurospine.simulation.form import CellBlock, Form, join
from neurospine.simulation.pending import behind_gate, folds_behind, pending
from neurospine.simulation.signs import factors

#: Volume of an additive spine is settled at least every so many trace time constants:
#: exp(12) costs five of the sixteen digits of a single drive.
LONGEST_SETTLING = 12.0


def folding(spine: Spine) -> FoldedSection | None:
    """Return the table of a rule that says how it folds, if it has one."""
    return (spine.rule.folded or spine.rule.continuous) if spine.rule else None


def folded(
    spine: Spine, effect: str, settle_steps: int, potentials: Mapping[str, str] | None = None
) -> Form:
    """Return the form without a postsynaptic pathway.

    Parameters
    ----------
    spine
        A spine whose rule folds.
    effect
        What the delivered weight does to the postsynaptic cell.
    settle_steps
        Steps between two settlings.
    potentials
        For each place that spines sit on the potential that the rule follows there.
    """
    rule, fold = spine.rule, folding(spine)
    assert rule
    assert fold
    trace, tau = fold.trace, fold.time_constant
    growth = f"growth = exp((t_in_timesteps % settle_steps)*dt/{tau})"
    equations, statements = rule.presynaptic.parsed()
    found = _jump(spine)
    assert found is not None
    keep, jump = found
    regrown = f"{keep}*grown + {jump}*growth"
    others = [f"{s.name} {s.operator}= {s.expression}" for s in statements if s.name != trace]
    sums = (behind_gate if spine.gate else pending)(spine, fold.gain)
    size = size_of(spine)
    absent = f"{size} = {size}*int(stage > 0)" if spine.stages else ""  # settling visits all slots
    after, _ = rule.postsynaptic.parsed()
    on_spike = join(growth, sums.summed, rule.postsynaptic.on_spike)
    cell = CellBlock((*after, *sums.equations), on_spike, sums.cleared)
    locals_: Mapping[str, tuple[str, str]] = {}
    if potentials:
        (total,) = sums.equations
        summed = f"pending += dt*({fold.gain})/growth"
        cell, locals_ = following(
            rule, potentials, total, summed, before=growth, settle=sums.cleared
        )
    return Form(
        "folded",
        CellBlock(
            (*(e for e in equations if e.name != trace), Equation("grown", "", "1")),
            join(growth, f"grown = {regrown}", *others),
            f"grown = grown*exp(-settle_interval/{tau})",
        ),
        cell,
        (*state(spine), *rule.own, *variables(spine)),
        join(
            sums.taken,
            deliver(spine, effect),
            ask(spine, rule.synapse.on_pre),
            growth,
            f"regrown = {regrown}",
            sums.put_back,
        ),
        "",
        join(sums.settled, absent),
        settle_steps,
        # Without a gate nothing but size is settled, and that of no spine is and stays zero.
        absent="skipped" if spine.stages and not spine.gate else "",
        locals=locals_,
    )


def _affine(expression: str, name: str) -> tuple[str, str] | None:
    """Return factor and rest of a sum in which `name` is a factor of some terms, else None."""
    keep: list[str] = []
    rest: list[str] = []
    for sign, term in _terms(parse_expression(expression), ""):
        parts = factors(term)
        own = [factor for factor in parts if isinstance(factor, ast.Name) and factor.id == name]
        others = [_written(factor) for factor in parts if factor not in own]
        text = f"{sign}{'*'.join(others) or '1'}"
        if len(own) > 1 or name in identifiers(" * ".join(others) or "1"):
            return None
        (keep if own else rest).append(text)
    return _sum(keep), _sum(rest)


def _written(factor: ast.expr) -> str:
    text = ast.unparse(factor)
    return text if isinstance(factor, ast.Name | ast.Constant) else f"({text})"


def _sum(terms: list[str]) -> str:
    text = " + ".join(terms) or "0"
    return text if text.isidentifier() or text.isdecimal() else f"({text})"


def _terms(node: ast.expr, sign: str) -> Iterator[tuple[str, ast.expr]]:
    match node:
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            yield from _terms(left, sign)
            yield from _terms(right, sign)
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            yield from _terms(left, sign)
            yield from _terms(right, "" if sign else "-")
        case _:
            yield sign, node


def _jump(spine: Spine) -> tuple[str, str] | None:
    """Return what an arrival keeps of the folded trace and what it adds, or None."""
    rule = spine.rule
    fold = folding(spine)
    assert rule
    assert fold
    trace = fold.trace
    _, statements = rule.presynaptic.parsed()
    match [s for s in statements if s.name == trace]:
        case [Statement(operator="", expression=expression)]:
            found = _affine(expression, trace)
        case [Statement(operator="+", expression=expression)]:
            found = _affine(f"{trace} + ({expression})", trace)
        case _:
            return None
    # A factor that an arrival itself changes would be read at the wrong moment.
    if found is None or (identifiers(found[0]) | identifiers(found[1])) - set(rule.parameters):
        return None
    return found


def foldable(spine: Spine) -> bool:
    """Return whether the rule of a spine has a folded form that the builder can use."""
    rule, fold = spine.rule, folding(spine)
    if rule is None or fold is None or rule.presynaptic.delay:
        return False
    if spine.gate and (rule.follows or not folds_behind(spine)):
        return False
    trace = fold.trace
    equations, statements = rule.presynaptic.parsed()
    if _jump(spine) is None:
        return False
    readers = [e.expression for e in equations if e.name != trace]
    readers += [s.expression for s in statements if s.name != trace]
    readers += [s.expression for s in parse_statements(rule.synapse.on_pre)]
    return not any(trace in identifiers(text) for text in readers if text)


def settling_steps(tau: float, step: float, border_steps: int) -> int | None:
    """Return how many steps may pass between two settlings, or None if there is no way.

    The result divides `border_steps`, the steps between snapshots or ticks of the
    slow clock, which read the true volume.
    """
    longest = int(LONGEST_SETTLING * tau / step)
    if longest >= border_steps:
        return border_steps
    found = [k for k in range(1, math.isqrt(border_steps) + 1) if border_steps % k == 0]
    found += [border_steps // k for k in found]
    return max((steps for steps in found if steps <= longest), default=None)
