"""Eligibility in closed form: what gates make of drives, paid for at events only.

The neuromodulator acts on all spines of a circuit alike, so the rate `gate` at which eligibility
becomes change is one number, and between two events

    change = sum over components k of  c_k*(I_k(t) - I_k(t0))

with I_k the integral of the gate times an exponential, kept once for each circuit (see
`modulation`), and c_k numbers of the spine that a drive at time s since the last settling
adds to: ``exp(s/tau)`` for an exponential kernel; that and ``-s/tau*exp(s/tau)`` for an alpha
function ``t/tau*exp(1 - t/tau)``; one for each of the two exponentials of a difference. The stored
size is the true one less ``sum(c_k*I_k)``, so that nothing has to be remembered of the last event.
At settlings the integrals start again from 0, the c_k are brought back to small numbers, and the
stored size is the true one. Bounds hold at events and settlings; that is the definition.

``tests/analytic/test_eligibility.py`` compares with step-by-step integration.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from neurospine.description.expressions import Equation
from neurospine.description.neuromodulator_parts import EligibilityTrace
from neurospine.description.spine import Spine
from neurospine.simulation.conversion import bounded, change, size_of
from neurospine.simulation.form import Form, join

#: Time since the last settling at the end of a step, from when on its events have an effect, as
#: have those on dopamine.
SINCE = "((t_in_timesteps % settle_steps + 1)*dt)"


@dataclass(frozen=True)
class Component:
    """One exponential, or exponential times time, of an eligibility trace.

    Attributes
    ----------
    trace
        The table it belongs to.
    eligible, integral
        The variable of a spine, and of the circuit.
    growth
        What a drive of 1 adds to the first.
    span
        Integral of the kernel over a step that begins ``since`` the last settling.
    settled
        What the variable of the spine is after ``settle_interval``.
    """

    trace: EligibilityTrace
    eligible: str
    integral: str
    growth: str
    span: str
    settled: str


def components(spine: Spine) -> tuple[Component, ...]:
    """Return the components of all traces of a spine's gate; none where it has a step."""
    found: list[Component] = []
    for trace in spine.gate.traces.values() if spine.gate else ():
        parts = _parts(trace)
        numbers = range(len(found), len(found) + len(parts))
        own = [f"eligible_{number}" for number in numbers]
        for number, name, (growth, span, settled) in zip(numbers, own, parts, strict=True):
            text = settled.format(*own)
            found.append(Component(trace, name, f"integral_{number}", growth, span, text))
    return tuple(found)


def _parts(trace: EligibilityTrace) -> list[tuple[str, str, str]]:
    """Return growth, span and settling of each component; {0} is its first variable."""
    tau, rise = trace.time_constant, trace.onset
    if trace.kernel == "exponential":
        return [_exponential(tau, "1", "{0}")]
    if trace.kernel == "difference":
        peak = f"({tau}/({tau} - {rise})*log({tau}/{rise}))*{rise}"
        norm = f"(exp(-{peak}/{tau}) - exp(-{peak}/{rise}))"
        return [_exponential(str(tau), f"1/{norm}", "{0}"),
                _exponential(str(rise), f"-1/{norm}", "{1}")]  # fmt: skip
    after = f"exp(-settle_interval/{tau})"
    primitive = f"(({{0}} + {tau})*exp(-({{0}})/{tau}))"
    span = f"({primitive.format('since')} - {primitive.format('since + dt')})*exp(1.0)"
    plain = f"{tau}*(exp(-since/{tau}) - exp(-(since + dt)/{tau}))*exp(1.0)"
    return [
        (f"exp({SINCE}/{tau})", span, f"{{0}}*{after}"),
        (f"(-{SINCE}/{tau}*exp({SINCE}/{tau}))", plain,
         f"({{1}} + settle_interval/{tau}*{{0}})*{after}"),
    ]  # fmt: skip


def _exponential(tau: str, factor: str, own: str) -> tuple[str, str, str]:
    span = f"{factor}*{tau}*(exp(-since/{tau}) - exp(-(since + dt)/{tau}))"
    return f"exp({SINCE}/{tau})", span, f"{own}*exp(-settle_interval/{tau})"


def taken(trace: EligibilityTrace, drive: str = "drive") -> str:
    """Return what of a drive leaves eligibility in a trace."""
    if trace.takes == "all":
        return drive
    sign = ">" if trace.takes == "enlargement" else "<"
    return f"{drive}*int({drive} {sign} 0)"


def leave(spine: Spine) -> Iterator[str]:
    """Yield statements that make eligibility of a drive."""
    for part in components(spine):
        yield f"{part.eligible} = {part.eligible} + {taken(part.trace)}*{part.growth}"


def collect(spine: Spine, more: str = "") -> str:
    """Return statements that turn the stored size into the true one.

    `more` is a further change that waits.
    """
    size = size_of(spine)
    return f"{_waiting(spine, 1, more)}\n{size} = {bounded(spine, f'{size} + ({change(spine)})')}"


def put_back(spine: Spine, more: str = "") -> str:
    """Return statements that turn the true size into the stored one."""
    size = size_of(spine)
    return f"{_waiting(spine, -1, more)}\n{size} = {size} + ({change(spine)})"


def _waiting(spine: Spine, sign: int, more: str) -> str:
    terms = [f"{part.eligible}*{part.integral}" for part in components(spine)]
    waiting = " + ".join([*terms, *([more] if more else [])])
    assert spine.rule
    if spine.rule.drive == "multiplicative":  # growth goes on in proportion to what is there
        return f"drive = exp({'-' * (sign < 0)}({waiting})) - 1"
    return f"drive = {'-' * (sign < 0)}({waiting})"


def settled(spine: Spine) -> str:
    """Return statements that bring eligibility to the time of a settling, in this order."""
    parts = components(spine)
    # One that reads another comes before that one is changed.
    return "\n".join(f"{part.eligible} = {part.settled}" for part in reversed(parts))


def variables(spine: Spine) -> tuple[Equation, ...]:
    """Return the variables that a spine keeps for its gate."""
    return tuple(Equation(part.eligible, "", "1") for part in components(spine))


def gated(form: Form, spine: Spine, settle_steps: int) -> Form:
    """Return a form, written with drives that leave eligibility, with what becomes of this."""
    before, after = collect(spine), put_back(spine)
    there = f"{size_of(spine)} = {size_of(spine)}*int(stage > 0)" if spine.stages else ""

    def wrapped(text: str) -> str:
        return join(before, text, after) if text else ""

    return replace(
        form,
        equations=(*form.equations, *variables(spine)),
        on_pre=wrapped(form.on_pre),
        on_late=wrapped(form.on_late),
        on_post=wrapped(form.on_post),
        step=wrapped(form.step),
        settle=join(before, form.settle, there, settled(spine)),
        settle_steps=settle_steps,
    )
