"""The forms in which a plasticity rule can be computed: same rule, other cost.

textbook
    Traces on synapses, brought up to date at each event. Always possible, also
    where the delays of one axon differ. Two exponentials and the state of both
    traces for each event.
neuron_traces
    Traces on cells, once per axon and once per postsynaptic cell. A synapse is
    visited at presynaptic arrivals and at postsynaptic spikes, and where a drive
    goes on between events, in every step.
folded
    The postsynaptic pathway is left out (see `folding`).
static
    Without a rule: an arrival delivers the weight, no more.

State that a rule keeps at the spine is brought up to date at each event, from the time
since the last, and at borders. A newborn spine has traces that start at zero (textbook) or
reads what its cells remember. Event loops in ``tests/analytic/test_rule_forms.py`` and
``backends/test_living_spines.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from neurospine.description.expressions import Equation
from neurospine.description.plasticity_parts import CellSection, PlasticityPart
from neurospine.description.spine import Spine
from neurospine.simulation.asking import ask
from neurospine.simulation.conversion import deliver, size_of, state
from neurospine.simulation.following import following
from neurospine.simulation.form import CellBlock, Form, join
from neurospine.simulation.random import slow_code


def static(spine: Spine, effect: str) -> Form:
    """Return the form of a spine without a rule."""
    nothing = CellBlock((), "")
    weight = f"weight = {spine.readout.weight.value}"
    delivered = deliver(spine, effect) or ("delivered = weight" if spine.bounded else weight)
    return Form("static", nothing, nothing, state(spine), delivered, "")


def with_traces(form: Form, section: CellSection) -> Form:
    """Return a form with further traces on the postsynaptic cells."""
    equations, _ = section.parsed()
    cell = form.postsynaptic
    joined = replace(
        cell,
        equations=(*cell.equations, *equations),
        on_spike=join(cell.on_spike, section.on_spike),
    )
    return replace(form, postsynaptic=joined)


def textbook(spine: Spine, effect: str) -> Form:
    """Return the form with traces on synapses."""
    rule = spine.rule
    assert rule
    (before, _), (after, _) = rule.presynaptic.parsed(), rule.postsynaptic.parsed()
    traces = [replace(e, flag="event-driven" * e.differential) for e in (*before, *after)]
    arrive = join(rule.presynaptic.on_spike)
    form = Form(
        "textbook",
        CellBlock((), ""),
        CellBlock((), ""),
        (*state(spine), *rule.own, *traces),
        join(deliver(spine, effect), ask(spine, rule.synapse.on_pre), arrive),
        join(ask(spine, rule.synapse.on_post), rule.postsynaptic.on_spike),
    )
    return _with_time(form, spine, effect, arrive)


def neuron_traces(spine: Spine, effect: str, potentials: Mapping[str, str] | None = None) -> Form:
    """Return the form with traces on cells, which may follow potentials by place."""
    rule = spine.rule
    assert rule
    cell, step = _cell_block(rule.postsynaptic), ""
    picked: Mapping[str, tuple[str, str]] = {}
    if rule.continuous:
        step = ask(spine, f"drive = {rule.continuous.trace}*ongoing*dt")
    if potentials:
        gain = rule.continuous.gain if rule.continuous else ""
        ongoing = Equation("ongoing", "", "hertz")
        cell, picked = following(rule, potentials, ongoing, f"ongoing = {gain}")
    form = Form(
        "neuron_traces",
        _cell_block(rule.presynaptic),
        cell,
        (*state(spine), *rule.own),
        join(deliver(spine, effect), ask(spine, rule.synapse.on_pre)),
        ask(spine, rule.synapse.on_post),
        step=step,
        locals=picked,
    )
    return _with_time(form, spine, effect, "")


def _cell_block(section: CellSection) -> CellBlock:
    equations, _ = section.parsed()
    return CellBlock(equations, join(section.on_spike))


def _with_time(form: Form, spine: Spine, effect: str, arrive: str) -> Form:
    """Return a form in which the state of a spine is brought up to date before each event.

    With a delay of the rule, what an arrival does to its state (and to traces on the
    synapse, `arrive`) comes that much later than the weight is delivered.
    """
    rule = spine.rule
    assert rule
    on_pre, on_late = form.on_pre, ""
    if rule.presynaptic.delay:
        on_late = join(ask(spine, rule.synapse.on_pre), arrive)
        on_pre = deliver(spine, effect)
    if not rule.synapse.between:
        return replace(form, on_pre=on_pre, on_late=on_late)
    there = f"{size_of(spine)} = {size_of(spine)}*int(stage > 0)" if spine.stages else ""

    def advance(event: str) -> str:
        text = _drawn(rule, event, "t_in_timesteps")
        text = ask(spine, join(text, rule.synapse.between))
        return slow_code(join("elapsed = t - last_event", text, "last_event = t"))

    rest = ask(spine, join(_drawn(rule, "rest", "slow_tick"), rule.synapse.between))
    events = ("pre", "late", "post", "settle", "rest")
    return replace(
        form,
        equations=(*form.equations, Equation("last_event", "", "second")),
        on_pre=join(advance("pre"), on_pre) if on_pre else "",
        on_late=join(advance("late"), on_late) if on_late else "",
        on_post=join(advance("post"), form.on_post) if form.on_post else "",
        settle=join(advance("settle"), there),
        rest=slow_code(join("elapsed = interval", rest, there)),
        streams=tuple(f"{name}_{event}" for name in rule.synapse.normals for event in events),
    )


def _drawn(rule: PlasticityPart, event: str, tick: str) -> str:
    """Return statements that draw the normal numbers of a rule for an event."""
    keys = "{0}_key_low, {0}_key_high"
    return "\n".join(
        f"{name} = normal(site, {tick}, {keys.format(f'{name}_{event}')})"
        for name in rule.synapse.normals
    )
