"""What a run will be, written down before it starts."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version

import numpy as np
import pandas as pd

from neurospine.description.checks import injected_currents
from neurospine.description.expressions import identifiers, parse_equations
from neurospine.description.spike_files import spikes_name
from neurospine.description.spine import Spine
from neurospine.description.stimuli import SpikeList
from neurospine.results.info import RunInfo, SpineInfo, TraceInfo, Variable
from neurospine.simulation.network import Recording, Trace
from neurospine.simulation.plan import Plan
from neurospine.simulation.sites import in_unit
from neurospine.simulation.uncaging import stimulated, stimulated_distance

_PACKAGES = ("neurospine", "brian2", "numpy", "sympy", "h5py")


def run_info(plan: Plan, backend: str) -> RunInfo:
    """Return everything about a run that is known before its first step."""
    protocol, network = plan.protocol, plan.network
    texts = {f"models/{name}": text for name, text in plan.model.texts.items()}
    texts |= {f"edges/{name}": text for name, text in plan.model.edge_texts.items()}
    texts |= {f"disorders/{name}": disorder.text for name, disorder in plan.disorders.items()}
    texts[f"protocols/{protocol.name}"] = protocol.text
    for phase in protocol.phases:
        for stimulus in phase.stimuli:
            if isinstance(stimulus, SpikeList) and stimulus.file:
                named = stimulus.file, stimulus.spikes
                texts[f"inputs/{spikes_name(*named)}"] = protocol.input_text(*named)
    attributes: dict[str, str | int | float | bool] = {
        "protocol": protocol.name,
        "model": plan.model.name,
        "spine": plan.model.spine_instead or "",
        "parameter_sets": " ".join(plan.model.chosen_sets),
        "disorders": " ".join(disorder.name for disorder in plan.model.disorders),
        "fitted_to": " ".join(sorted(plan.fitted_to)),
        "backend": backend,
        "seed": plan.seed,
        "form": plan.form or "",
        "repeats": protocol.repeats,
        "forms": json.dumps({name: form.name for name, form in plan.forms.items()}),
        "files_sha256": hashlib.sha256(json.dumps(texts, sort_keys=True).encode()).hexdigest(),
        "python": platform.python_version(),
        **same_program(),
    }
    rows = protocol.grid.rows
    conditions = pd.DataFrame({axis: [row[axis] for row in rows] for axis in protocol.conditions})
    return RunInfo(
        attributes,
        texts,
        network.step,
        _phases(plan),
        _parameters(plan),
        conditions,
        {name: Variable(axis.unit, axis.meaning) for name, axis in protocol.conditions.items()},
        {s.name: _spines(plan, s.name) for s in network.synapses if s.name in plan.forms},
        {trace.group: _traces(plan, trace) for trace in network.traces},
        _inputs(plan),
        {name: size * plan.copies for name, size in plan.sizes.items()},
    )


def same_program() -> dict[str, str]:
    """Return what has to be the same for a run to give the same bits."""
    packages = {name: _version(name) for name in _PACKAGES}
    return {"machine": platform.machine(), **packages}


@cache
def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"


def _phases(plan: Plan) -> pd.DataFrame:
    times = plan.protocol.phase_times()
    rows = []
    for phase in plan.protocol.epochs:
        start, stop = times[phase.name]
        ticks = (round(start / plan.network.step), round(stop / plan.network.step))
        rows.append((phase.name, phase.kind, start, stop, *ticks))
    columns = ["name", "kind", "start", "stop", "start_tick", "stop_tick"]
    return pd.DataFrame(rows, columns=columns)


def _parameters(plan: Plan) -> pd.DataFrame:
    fields = ("name", "value", "unit", "meaning", "source", "where")
    entries, control = plan.model.parameters.values(), plan.model.control.values()
    table = pd.DataFrame({f: [getattr(entry, f) for entry in entries] for f in fields})
    if plan.model.disorders:  # what a disorder has changed, as it was before
        for f in ("value", "source", "where"):
            table[f"control_{f}"] = [getattr(entry, f) for entry in control]
    return table


def _spines(plan: Plan, projection: str) -> SpineInfo:
    synapses = next(s for s in plan.network.synapses if s.name == projection)
    slots = synapses.pre.size
    copy = np.repeat(np.arange(plan.copies, dtype=np.int32), slots // plan.copies)
    recording = next(r for r in plan.network.recordings if r.synapses == projection)
    stage = synapses.values.get("stage")
    recorded = np.zeros(slots, bool)
    recorded[recording.slots] = True
    table = pd.DataFrame(
        {
            "slot": np.arange(slots, dtype=np.int32),
            "pre": synapses.pre,
            "post": synapses.post,
            "delay": np.broadcast_to(synapses.delay, slots),
            "condition": copy // plan.protocol.repeats,
            "repeat": copy % plan.protocol.repeats,
            "present": np.ones(slots, bool) if stage is None else stage > 0,
            "recorded": recorded,
        }
    )
    units = {"delay": "second"}
    meanings = {"present": "there is a spine at the start", "recorded": "snapshots hold it",
                "delay": "from a spike of the axon to its effect"}  # fmt: skip
    own, spine = plan.slots[projection], plan.model.spines[projection]
    sites, reached = own.sites, stimulated(plan.aims, projection, own)
    if sites.position.size:
        table["compartment"], table["position"] = sites.compartment, sites.position
        units["position"] = "um"
        meanings["position"] = "distance along the compartment"
        meanings["compartment"] = "compartment of the cell that the spine is on"
    if reached is not None:
        table["stimulated"] = reached
        table["stimulated_distance"] = stimulated_distance(own, reached)
        units["stimulated_distance"] = "um"
        meanings["stimulated"] = "glutamate is uncaged at the spine"
        meanings["stimulated_distance"] = "distance to the nearest stimulated spine"
    for name, values in sites.geometry.items():
        assert spine.geometry
        quantity = spine.geometry.quantities[name]
        table[name] = in_unit(values, quantity.unit)
        units[name] = quantity.unit
        meanings[name] = quantity.meaning
    table.attrs.update(units=units, meanings=meanings)
    stages = tuple(spine.stages.stages) if spine.stages else ()
    return SpineInfo(table, _variables(plan, spine, recording), stages)


def _traces(plan: Plan, trace: Trace) -> TraceInfo:
    copy = trace.cells // plan.sizes[trace.group]
    cells = pd.DataFrame(
        {
            "number": trace.cells,
            "condition": copy // plan.protocol.repeats,
            "repeat": copy % plan.protocol.repeats,
        }
    )
    part = plan.model.neurons[trace.group]
    units = dict.fromkeys(injected_currents(part), "amp")
    units |= {equation.name: equation.unit for equation in parse_equations(part.equations)}
    cell = plan.model.cells.get(trace.group)
    segments = [segment.name for segment in cell.tree.segments] if cell else []
    return TraceInfo(cells, {v: _traced(v, units[v], segments) for v in trace.variables})


def _traced(name: str, unit: str, segments: Sequence[str]) -> Variable:
    """Return what a recorded variable of a neuron is, in words."""
    place = max((s for s in segments if name.endswith(f"_{s}")), key=len, default="")
    what = name.removesuffix(f"_{place}") if place else name
    words = {"v": "potential", "i_injected": "injected current"}.get(what, what.replace("_", " "))
    meaning = f"{words} of {place.replace('_', ' ')}" if place else words
    return Variable(unit, meaning, compartment=place)


def _inputs(plan: Plan) -> pd.DataFrame:
    rows = [
        (phase.name, stimulus.kind, stimulus.model_dump_json(exclude_defaults=True))
        for phase in plan.protocol.phases
        for stimulus in phase.stimuli
    ]
    return pd.DataFrame(rows, columns=["phase", "kind", "settings"], dtype=object)


def _variables(plan: Plan, spine: Spine, recording: Recording) -> dict[str, Variable]:
    types = dict(zip(recording.variables, recording.types, strict=True))
    described: dict[str, Variable] = {
        "volume": Variable(spine.structure.volume.unit, "spine head volume", type=types["volume"]),
        "stage": Variable("1", "stage of the spine, 0 where there is none", type="i1"),
    }
    readout = spine.readout
    for name, meaning, section in (
        ("weight", "synaptic weight", readout.weight),
        ("bound", "the most weight that the volume can carry", readout.bound),
    ):
        if section is None:
            continue
        used = identifiers(section.value) & set(readout.parameters)
        values = {key: plan.model.number(readout.name, key) for key in used}
        own = name in types  # a state of its own, which no expression gives
        known = ("", {}) if own else (section.value, values)
        described[name] = Variable(section.unit, meaning, *known, types["volume"])
    wanted = plan.protocol.record.variables
    derived: dict[str, Variable] = {
        n: v for n, v in described.items() if v.expression and n in wanted
    }
    return {**{name: described[name] for name in types}, **derived}  # recorded ones in their order
