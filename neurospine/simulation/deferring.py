"""Postsynaptic events that wait at their cell until a spike of the axon arrives at the synapse.

The synapses of an axon lie side by side in memory, those of a postsynaptic cell far apart. What a
postsynaptic spike does to a synapse can wait for the next arrival of its axon, or for a border,
if it needs to know no more than the synapse, what its cell had at the spike, and presynaptic
traces, which have only decayed since. Same rule, same order of events, same random numbers
(``tests/backends/test_deferred.py``). The compiled program does this, other backends need not.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from neurospine.description.expressions import Equation, parse_expression
from neurospine.simulation.form import Form, join
from neurospine.simulation.network import Alias
from neurospine.simulation.numbers import Numbers
from neurospine.simulation.random import slow_code

#: Fewer variables of a synapse than this are fetched faster than spikes are kept and looked up.
FEWEST = 3
#: A trace has decayed by exp(-300) at the most when it is asked what it was.
LONGEST_DECAY = 300.0
#: Nothing waits for more steps than this, so what is kept does not grow with the run.
MOST_STEPS = 2**14
_ALWAYS = {"t", "t_in_timesteps", "dt", "inf", "site"}
_DEFINED = re.compile(r"(\w+) = (.*) : .*")


@dataclass(frozen=True)
class Deferred:
    """Statements of a postsynaptic event some time later, and how many steps at the most.

    They read `waited`, the time for which presynaptic traces have decayed since.
    """

    code: str = ""
    steps: int = 0


def deferred(
    numbers: Numbers,
    projection: str,
    form: Form,
    own: Iterable[Equation],
    lines: Iterable[str],
    aliases: Mapping[str, Alias],
    step: float,
) -> Deferred:
    """Return what a postsynaptic spike does when it has waited; empty where it must not.

    Parameters
    ----------
    numbers, projection
        The model in each condition, and one of its projections.
    form
        The rule of the projection as it is computed.
    own
        Variables of a synapse.
    lines
        Lines of equations that give expressions a name.
    aliases
        Variables of other groups.
    step
        The time step in seconds.
    """
    spine = numbers.model.spines[projection]
    rule = spine.rule
    if rule is None or form.name != "neuron_traces" or not form.on_pre or not form.on_post:
        return Deferred()
    if form.step or (rule.presynaptic.delay and not form.on_late):
        return Deferred()
    found = filter(None, map(_DEFINED.fullmatch, lines))
    defined = {match[1]: match[2] for match in found}
    read, written = _names(form.on_post)
    within = {name for used in read & set(defined) for name in _names(defined[used])[0]}
    traces = {equation.name: equation for equation in form.presynaptic.equations}
    past, variables = read & set(traces), {equation.name for equation in own}
    known = _ALWAYS | variables | {name for part in spine.parts for name in part.parameters}
    known |= {f"{stream}_key_{half}" for stream in form.streams for half in ("low", "high")}
    known |= {name for name, alias in aliases.items() if alias.side == "post"}
    unknown = ((read - written - set(defined) - past) | within) - known
    if unknown or written & set(aliases):
        return Deferred()
    if len((read | written | within) & variables) < FEWEST:
        return Deferred()
    constants = {name: _time_constant(traces[name]) for name in sorted(past)}
    if "" in constants.values():
        return Deferred()
    steps, text, before = MOST_STEPS, form.on_post, []
    for name, constant in constants.items():
        longest = int(LONGEST_DECAY * numbers.least(rule.name, constant) / step)
        steps = min(steps, 1 << longest.bit_length() >> 1)  # a power of two: few programs
        text = re.sub(rf"\b{name}\b", f"{name}_then", text)
        before.append(f"{name}_then = {name}*exp(waited/{constant})")
    return Deferred(join(slow_code("\n".join(before)), text), steps) if steps else Deferred()


def _time_constant(equation: Equation) -> str:
    """Return the parameter by which a trace decays exponentially; empty where it does not."""
    if equation.differential:
        match parse_expression(equation.expression):
            case ast.BinOp(
                left=ast.UnaryOp(op=ast.USub(), operand=ast.Name(id=name)),
                op=ast.Div(),
                right=ast.Name(id=constant),
            ) if name == equation.name:
                return constant
    return ""


def _names(text: str) -> tuple[set[str], set[str]]:
    """Return the variables that statements or an expression read, and those that they set."""
    read: set[str] = set()
    written: set[str] = set()
    called: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            called.add(node.func.id)
        elif isinstance(node, ast.Name):
            (written if isinstance(node.ctx, ast.Store) else read).add(node.id)
    return read - called, written
