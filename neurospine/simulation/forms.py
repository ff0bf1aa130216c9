"""The forms in which a plasticity rule can be computed: same rule, other cost.

textbook
    Traces on synapses, brought up to date at each event. Always possible, also
    where the delays of one axon differ. Two exponentials and the state of both
    traces for each event.
neuron_traces
    Traces on cells, once per axon and once per postsynaptic cell. A synapse is
    visited at presynaptic arrivals and at postsynaptic spikes.
folded
    The postsynaptic pathway is left out. Between two arrivals i and i' the
    postsynaptic drive is the sum over spikes s of ``r(s)*gain(s)``, and the trace
    r only decays meanwhile: ``r(s) = grown*exp(-s/tau)`` with `grown` constant.
    The sum is ``grown*pending``, with ``pending = sum(gain(s)*exp(-s/tau))`` kept
    once per postsynaptic cell. The stored volume is the true one less that
    product, so a synapse is visited at arrivals only. `grown` and `pending` are
    taken back to small numbers (settled) every few time constants; at those
    moments the stored volume is the true one. Exact, also at the bounds, because
    volume moves one way only between arrivals when the gain is not negative.

static
    Without a rule: an arrival delivers the weight, no more.

A newborn spine has traces that start at zero (textbook) or reads what its cells remember.
Event loops in ``tests/analytic/test_rule_forms.py`` and ``backends/test_living_spines.py``.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from neurospine.description.expressions import (
    Equation,
    Statement,
    identifiers,
    parse_expression,
    parse_statements,
)
from neurospine.description.spine import Spine
from neurospine.description.spine_parts import CellSection

_VOLUME = Equation("volume", "", "1")
FormName = Literal["textbook", "neuron_traces", "folded", "static"]

#: Volume of an additive spine is settled at least every so many trace time constants:
#: exp(10) costs five of the sixteen digits of a single drive.
LONGEST_SETTLING = 10.0


@dataclass(frozen=True)
class CellBlock:
    """What a rule keeps on the cells of one side."""

    equations: tuple[Equation, ...]
    on_spike: str
    settle: str = ""


@dataclass(frozen=True)
class Form:
    """A rule, structure and readout written out as Brian2 text.

    `settle` is the statement that turns the stored volume into the true one;
    it is empty where the stored volume always is.
    """

    name: FormName
    presynaptic: CellBlock
    postsynaptic: CellBlock
    equations: tuple[Equation, ...]
    on_pre: str
    on_post: str
    settle: str = ""
    settle_steps: int = 0


def _join(*blocks: str) -> str:
    lines = (line.strip() for block in blocks for line in block.splitlines())
    return "\n".join(line for line in lines if line)


def static(spine: Spine, effect: str) -> Form:
    """Return the form of a spine without a rule."""
    nothing = CellBlock((), "")
    deliver = _join(f"weight = {spine.readout.weight.value}", effect)
    return Form("static", nothing, nothing, (_VOLUME,), deliver, "")


def with_traces(form: Form, section: CellSection) -> Form:
    """Return a form with further traces on the postsynaptic cells."""
    equations, _ = section.parsed()
    cell = form.postsynaptic
    joined = CellBlock(
        (*cell.equations, *equations), _join(cell.on_spike, section.on_spike), cell.settle
    )
    return replace(form, postsynaptic=joined)


def _changed(spine: Spine, statements: str) -> str:
    """Return statements of a rule with what their drive does; nothing where there are none."""
    assert spine.rule
    volume = spine.structure.volume
    change = getattr(volume, spine.rule.drive)
    take_up = f"volume = clip(volume + ({change}), {volume.lowest}, {volume.highest})"
    return _join(statements, take_up) if statements.strip() else ""


def _deliver(spine: Spine, effect: str) -> str:
    return _join(f"weight = {spine.readout.weight.value}", effect) if effect else ""


def textbook(spine: Spine, effect: str) -> Form:
    """Return the form with traces on synapses."""
    rule = spine.rule
    assert rule
    (before, _), (after, _) = rule.presynaptic.parsed(), rule.postsynaptic.parsed()
    traces = [replace(e, flag="event-driven" * e.differential) for e in (*before, *after)]
    return Form(
        "textbook",
        CellBlock((), ""),
        CellBlock((), ""),
        (_VOLUME, *traces),
        _join(
            _deliver(spine, effect), _changed(spine, rule.synapse.on_pre), rule.presynaptic.on_spike
        ),
        _join(_changed(spine, rule.synapse.on_post), rule.postsynaptic.on_spike),
    )


def neuron_traces(spine: Spine, effect: str) -> Form:
    """Return the form with traces on cells."""
    rule = spine.rule
    assert rule
    return Form(
        "neuron_traces",
        _cell_block(rule.presynaptic),
        _cell_block(rule.postsynaptic),
        (_VOLUME,),
        _join(_deliver(spine, effect), _changed(spine, rule.synapse.on_pre)),
        _changed(spine, rule.synapse.on_post),
    )


def _cell_block(section: CellSection) -> CellBlock:
    equations, _ = section.parsed()
    return CellBlock(equations, _join(section.on_spike))


def folded(spine: Spine, effect: str, settle_steps: int) -> Form:
    """Return the form without a postsynaptic pathway.

    Parameters
    ----------
    spine
        A spine whose rule has a ``[folded]`` table.
    effect
        What the delivered weight does to the postsynaptic cell.
    settle_steps
        Steps between two settlings.
    """
    rule = spine.rule
    assert rule
    assert rule.folded
    trace, tau = rule.folded.trace, rule.folded.time_constant
    growth = f"growth = exp((t_in_timesteps % settle_steps)*dt/{tau})"
    equations, statements = rule.presynaptic.parsed()
    found = _jump(spine)
    assert found is not None
    keep, jump = found
    arrive = f"grown = {keep}*grown + {jump}*growth"
    others = [f"{s.name} {s.operator}= {s.expression}" for s in statements if s.name != trace]
    after, _ = rule.postsynaptic.parsed()
    settle = _changed(spine, "drive = grown*pending")
    absent = "volume = volume*int(stage > 0)" if spine.stages else ""  # settling visits all slots
    change = spine.structure.volume.additive
    return Form(
        "folded",
        CellBlock(
            (*(e for e in equations if e.name != trace), Equation("grown", "", "1")),
            _join(growth, arrive, *others),
            f"grown = grown*exp(-settle_interval/{tau})",
        ),
        CellBlock(
            (*after, Equation("pending", "", "1")),
            _join(growth, f"pending += ({rule.folded.gain})/growth", rule.postsynaptic.on_spike),
            "pending = 0",
        ),
        (_VOLUME,),
        _join(
            settle,
            _deliver(spine, effect),
            _changed(spine, rule.synapse.on_pre),
            growth,
            f"drive = ({keep}*grown + {jump}*growth)*pending",
            f"volume = volume - ({change})",
        ),
        "",
        _join(settle, absent),
        settle_steps,
    )


def _affine(expression: str, name: str) -> tuple[str, str] | None:
    """Return factor and rest of a sum in which `name` is a factor of some terms, else None."""
    keep: list[str] = []
    rest: list[str] = []
    for sign, term in _terms(parse_expression(expression), ""):
        factors = _factors(term)
        own = [factor for factor in factors if isinstance(factor, ast.Name) and factor.id == name]
        others = [_written(factor) for factor in factors if factor not in own]
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


def _factors(node: ast.expr) -> list[ast.expr]:
    match node:
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return [*_factors(left), *_factors(right)]
    return [node]


def _jump(spine: Spine) -> tuple[str, str] | None:
    """Return what an arrival keeps of the folded trace and what it adds, or None."""
    rule = spine.rule
    assert rule
    assert rule.folded
    trace = rule.folded.trace
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
    rule = spine.rule
    if rule is None or rule.folded is None:
        return False
    trace = rule.folded.trace
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
    unit = 1
    while unit <= border_steps:
        for divisor in (unit, 2 * unit, 5 * unit):
            if border_steps % divisor == 0 and border_steps // divisor <= longest:
                return border_steps // divisor
        unit *= 10
    return None
