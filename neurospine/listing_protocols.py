"""What `show` prints of a protocol."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from neurospine.description.expressions import Equation
from neurospine.description.protocol import Protocol
from neurospine.description.references import references
from neurospine.description.stimuli_in_words import in_words, listed
from neurospine.description.targets import Place, Target
from neurospine.listing_tables import Listing
from neurospine.simulation.form import Form
from neurospine.simulation.plan import Plan


def describe_protocol(protocol: Protocol) -> Iterator[RenderableType]:
    """Yield what a protocol does, measures and compares."""
    yield Text(f"{protocol.name} (protocol): {protocol.summary}", style="bold")
    yield from map(Text, (str(references()[key]) for key in protocol.references))
    if protocol.model:
        spine = f", spine {protocol.model.spine}" if protocol.model.spine else ""
        sets = f", parameter sets {', '.join(protocol.model.parameters)}"
        yield Text(
            f"\ncircuit {protocol.model.circuit}{spine}{sets * bool(protocol.model.parameters)}"
        )
    yield Text(
        f"step {protocol.step}, recorded every {protocol.record_every}, repeats: {protocol.repeats}"
    )
    if protocol.long:
        yield Text("long: 'neurospine validate --quick' leaves it out")
    if protocol.conditions:
        table = Listing(f"\nConditions ({protocol.arrangement})", "name", "values", "meaning")
        for name, axis in protocol.conditions.items():
            unit = "" if axis.unit == "1" else f" {axis.unit}"
            values = ", ".join(v if isinstance(v, str) else f"{v:g}" for v in axis.values)
            table.add(name, values + unit, axis.meaning)
        yield table
    table = Listing("\nPhases", "name", "duration", "stimuli", lead=2)
    for phase in protocol.phases:
        without = "" if phase.spiking else f"only spines live, in steps of {phase.tick_seconds:g} s"
        words = [in_words(stimulus, protocol.conditions) for stimulus in phase.stimuli]
        table.add(phase.name, phase.duration, "\n".join(words) or without)
    yield table
    if protocol.cycle:
        phases = ", ".join(protocol.cycle.phases)
        yield Text(f"\ncycle: {phases}, {protocol.cycle.count} times")
    if protocol.traces:
        table = Listing("\nTraces", "population", "variables", "cells", "every")
        for name, trace in protocol.traces.items():
            table.add(name, ", ".join(trace.variables), listed(trace.cells), trace.every)
        yield table
    if protocol.measures:
        table = Listing("\nMeasures", "name", "kind", "meaning", lead=2)
        for name, measure in protocol.measures.items():
            table.add(name, measure.kind, measure.meaning)
        yield table
    if protocol.targets:
        table = Listing("\nTargets", "phenomenon", "measure", "criterion", "source", "why")
        for target in protocol.targets:
            why = Text(target.why, "dim")
            table.add(target.phenomenon, target.measure, criterion(target), target.source, why)
        yield table


def criterion(target: Target) -> str:
    """Return what a target asks for: its bounds or its data, where, and how it counts."""
    if target.data:
        asked = f"data/reference/{target.data}.csv"
    elif target.above is not None and target.below is not None:
        asked = f"{target.above:g} to {target.below:g}"
    elif target.above is not None:
        asked = f"> {target.above:g}"
    elif target.excludes is not None:
        asked = f"95 % interval {target.side} {target.excludes:g}"
    elif target.below is not None:
        asked = f"< {target.below:g}"
    else:
        asked = "none"
    if target.relative_to:
        among = f" among {_places(target.among)}" * bool(target.among)
        asked += f" of the {target.relative_to} value{among}"
    asked += f" at {_places(target.at)}" * bool(target.at)
    flags = (
        ("held out", target.held_out),
        ("prediction", target.prediction),
        ("shown, not scored", not target.scored),
    )
    return asked + "".join(f" ({words})" for words, holds in flags if holds)


def _places(where: Place) -> str:
    places = []
    for axis, ends in where.items():
        between = " to " if ends[0][0] in "+-.0123456789" else " or "
        places.append(f"{axis} {between.join(ends)}")
    return ", ".join(places)


def form_equations(form: Form) -> Group:
    """Return the equations of a rule as Brian2 gets them."""
    blocks = (
        ("on each axon", _lines(form.presynaptic.equations)),
        ("when a spike has arrived", form.presynaptic.on_spike),
        ("on each postsynaptic cell", _lines(form.postsynaptic.equations)),
        ("on each postsynaptic cell, in every step", form.postsynaptic.step),
        ("when the cell has fired", form.postsynaptic.on_spike),
        ("on each spine", _lines(form.equations)),
        ("at a spine when a spike arrives", form.on_pre),
        ("at a spine, the delay of the rule later", form.on_late),
        ("at a spine when its cell fires", form.on_post),
        ("at a spine, in every step", form.step),
        ("at a spine when settled", form.settle),
        ("at a spine, in a tick in which neurons stand still", form.rest),
    )
    return Group(*(Text(f"# {title}\n{text}\n") for title, text in blocks if text))


def slow_clock(plan: Plan, projection: str) -> Group:
    """Return what happens to the spines of a projection between steps."""
    titles = {
        "live": "on each spine, in a tick of the slow clock",
        "rewire": "on each empty slot, before a phase of spiking that is not the first",
        "begin": "on each spine, when a sample of activity begins",
        "measure": "on each spine, first in a tick of a sample",
        "keep": "on each spine, last in a tick of a sample",
        "replay": "on each spine, first in a tick in which a sample is applied",
        "quiet": "on each spine, before a phase in which nothing spikes",
    }
    own = [b for b in plan.network.borders if b.owner == projection and b.role in titles]
    return Group(*(Text(f"# {titles[b.role]} ({b.name})\n{b.code}\n") for b in own))


def gate_integrals(plan: Plan, projection: str) -> Group:
    """Return what is kept once for a circuit of the eligibility of a projection's spines."""
    found = [g for g in plan.network.groups if g.name == f"{projection}_eligibility"]
    steps = [o for group in found for o in group.operations]
    return Group(
        *(Text(f"# once for a circuit, in every step ({o.name})\n{o.code}\n") for o in steps)
    )


def _lines(equations: Iterable[Equation]) -> str:
    return "\n".join(equation.text for equation in equations)
