"""Checks of a whole model: each part, and the circuit that joins them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from brian2.units.fundamentalunits import Dimension

from neurospine.description.cell_checks import check_mechanism
from neurospine.description.cell_parts import MechanismPart
from neurospine.description.checks import (
    check_neuron,
    check_part,
    check_readout,
    check_structure,
)
from neurospine.description.circuit_checks import CircuitCheck
from neurospine.description.dale import check_signs
from neurospine.description.dynamics_checks import check_intrinsic, check_stages
from neurospine.description.entries import LibraryFile, Part
from neurospine.description.evaluate import evaluate
from neurospine.description.expressions import identifiers, parse_equations, parse_statements
from neurospine.description.gate_checks import check_gate, check_gated
from neurospine.description.geometry_checks import check_geometry
from neurospine.description.neuromodulator_parts import GatePart, NeuromodulatorPart
from neurospine.description.neuromodulators import check_neuromodulator
from neurospine.description.parts import (
    NeuronPart,
)
from neurospine.description.plasticity_checks import check_plasticity
from neurospine.description.plasticity_parts import PlasticityPart
from neurospine.description.receptors import projection_effect
from neurospine.description.slow_checks import check_slow
from neurospine.description.slow_parts import EXTENTS, SlowPart
from neurospine.description.spine import Spine
from neurospine.description.spine_parts import (
    GeometryPart,
    IntrinsicPart,
    ReadoutPart,
    StagesPart,
    StructurePart,
)
from neurospine.errors import ModelError

if TYPE_CHECKING:
    from neurospine.description.model import Model

Names = Mapping[str, Dimension]
#: Objects that every network has.
_OWN_OBJECTS = ("network", "recorder", "defaultclock")
_OWN_ENDINGS = (
    *("_spikes", "_out", "_settle", "_traces", "_gaba_level", "_gates"),
    *("_eligibility", "_mean", "_release"),
    *(f"_{kind}_{extent}" for kind in ("consolidation", "neighbours") for extent in EXTENTS),
)


def check_model(model: Model) -> None:
    """Check every part of a model and the circuit that joins them.

    Raises
    ------
    ModelError
        One paragraph that names file, table and key.
    """
    variables: dict[str, dict[str, Dimension]] = {}
    for part in model.parts.values():
        check_part(part, model.origins[part.name])
    for spine in model.spines.values():
        for part in spine.parts:
            check_kind(part, model.origins[part.name])
        _check_spine(spine, model)
    _check_object_names(model)
    for population, neuron in model.neurons.items():
        place = model.origins[neuron.name]
        if population in model.neuromodulators:
            modulator = model.neuromodulators[population]
            variables[population] = check_neuromodulator(modulator, place)
        else:
            variables[population] = check_neuron(neuron, place)
    CircuitCheck(model, variables).run(model.origins[model.circuit.name])
    _check_effect_names(model, variables)
    check_signs(model)


def check_alone(part: LibraryFile, origin: str) -> None:
    """Check one model file by itself, as far as its kind allows."""
    composed = isinstance(part, NeuronPart) and part.compartments  # checked with its mechanisms
    if isinstance(part, Part) and not composed:
        check_part(part, origin)
        check_kind(part, origin)


def check_kind(part: Part, origin: str) -> None:
    """Check what only a part of this kind has; a circuit is checked as a model."""
    match part:
        case PlasticityPart():
            check_plasticity(part, origin)
        case GatePart():
            check_gate(part, origin)
        case NeuromodulatorPart():
            check_neuromodulator(part, origin)
        case StructurePart():
            check_structure(part, origin)
        case IntrinsicPart():
            check_intrinsic(part, origin)
        case SlowPart():
            check_slow(part, origin)
        case StagesPart():
            check_stages(part, origin)
        case ReadoutPart():
            check_readout(part, origin)
        case GeometryPart():
            check_geometry(part, origin)
        case NeuronPart() if not part.compartments:
            check_neuron(part, origin)
        case MechanismPart():
            check_mechanism(part, origin)


def _check_spine(spine: Spine, model: Model) -> None:
    """Check that the parts of a spine do not clash, and that an absent spine is nothing."""
    owners: dict[str, str] = {}
    for part in spine.parts:
        for name in (*part.parameters, *_variables(part)):
            if owners.get(name) == part.name:
                raise ModelError(
                    f"{model.origins[part.name]}: {name!r} is a name of two things; rename one"
                )
            if name in owners:
                raise ModelError(
                    f"{model.origins[part.name]}: [parameters.{name}]: {owners[name]!r} in the "
                    "same spine has a parameter or variable of that name; rename one"
                )
            owners[name] = part.name
    for part in spine.slow:
        written = {s.name for s in parse_statements(part.step.code)}
        if "weight" in written and not spine.bounded:
            raise ModelError(
                f"{model.origins[part.name]}: [step]: code: weight follows from volume in this "
                "spine; it can be changed where the readout has a [bound]"
            )
    if spine.gate and spine.rule:
        check_gated(spine.rule, spine.structure, spine.readout, model.origins[spine.gate.name])
    for name in spine.modulators:
        if name not in model.neuromodulators:
            raise ModelError(
                f"spine {spine.name!r}: it reads {name!r}, so the circuit needs a table "
                f"[neuromodulators.{name}]; it has: {', '.join(model.neuromodulators) or 'none'}"
            )
    process = spine.intrinsic.process if spine.intrinsic else None
    if process and process.lowest and not spine.stages:
        raise ModelError(
            f"spine {spine.name!r}: its intrinsic dynamics eliminate spines, so 'use' needs a part "
            "of kind stages"
        )
    if spine.stages:
        own = {n: e.parameter(n).number for n, e in spine.readout.parameters.items()}
        for table in ("weight", "bound"):
            section = getattr(spine.readout, table)
            if section and evaluate(section.value, {**own, "volume": 0.0}) != 0:
                raise ModelError(
                    f"{model.origins[spine.readout.name]}: [{table}]: a spine without volume must "
                    f"have {table} 0"
                )


def _variables(part: Part) -> list[str]:
    """Return the names of the variables that a part of a spine keeps on cells and spines."""
    sections: list[str] = []
    more: tuple[str, ...] = ()
    match part:
        case PlasticityPart():
            sections = [part.presynaptic.equations, part.postsynaptic.equations]
            sections.append(part.synapse.variables)
            more = (*part.synapse.normals, *part.postsynaptic.delayed)
        case SlowPart():
            sections, more = [part.step.variables], (*part.signals, *part.step.normals)
        case GatePart():
            sections, more = [part.step.variables if part.step else ""], (*part.traces,)
        case StagesPart():
            sections = [part.postsynaptic.equations]
        case IntrinsicPart():
            sections, more = [part.step.variables], part.step.normals
    return [*(e.name for text in sections for e in parse_equations(text)), *more]


def _check_object_names(model: Model) -> None:
    """Raise a `ModelError` if two objects of a network would have one name."""
    origin, circuit = model.origins[model.circuit.name], model.circuit
    owners = {name: "neurospine" for name in _OWN_OBJECTS}
    made = [(f"populations.{name}", [name]) for name in circuit.populations]
    for name in circuit.projections:
        made.append((f"projections.{name}", [name, f"{name}_axon", f"{name}_cell"]))
    for table, names in made:
        for name in names:
            if name.endswith(_OWN_ENDINGS):
                raise ModelError(
                    f"{origin}: [{table}]: the ending of {name!r} is used by neurospine; rename it"
                )
            if name in owners:
                raise ModelError(
                    f"{origin}: [{table}]: the name {name!r} is used by {owners[name]} already"
                )
            owners[name] = f"[{table}]"


def _check_effect_names(model: Model, variables: Mapping[str, Names]) -> None:
    """Raise a `ModelError` if one name in an effect would mean two things."""
    origin = model.origins[model.circuit.name]
    for name, projection in model.circuit.projections.items():
        spine, target = model.spines[name], variables.get(projection.target, {})
        for end in (projection.origin, projection.target):
            _check_cell_names(model, spine, end, variables)
        inside = {n for part in spine.parts for n in part.parameters}
        inside |= {variable for part in spine.parts for variable in _variables(part)}
        statements = parse_statements(projection_effect(model, name))
        used = {s.name for s in statements}.union(*(identifiers(s.expression) for s in statements))
        for both in sorted(inside & (used & (set(model.circuit.parameters) | set(target)))):
            raise ModelError(
                f"{origin}: [projections.{name}]: effect: {both!r} is also a name in the spine "
                f"model {spine.name!r}; rename one"
            )
        neuron = model.neurons.get(projection.target)
        own = set(neuron.parameters) if neuron else set()
        for both in sorted(own & used & set(model.circuit.parameters)):
            raise ModelError(
                f"{origin}: [projections.{name}]: effect: {both!r} is a parameter of the circuit "
                f"and of the neurons of {projection.target!r}; rename one"
            )
    for name, drive in model.circuit.drives.items():
        own = set(model.neurons[drive.target].parameters)
        read = {i for s in parse_statements(drive.effect) for i in identifiers(s.expression)}
        for both in sorted(own & {drive.rate or "", *read} & set(model.circuit.parameters)):
            raise ModelError(
                f"{origin}: [drives.{name}]: {both!r} is also a parameter of the neuron; rename one"
            )


def _check_cell_names(
    model: Model, spine: Spine, population: str, variables: Mapping[str, Names]
) -> None:
    """Raise a `ModelError` if a name in a spine is also one of a cell it touches."""
    if population not in model.neurons:
        return
    neuron = model.neurons[population]
    taken = {*neuron.parameters, *variables[population]}
    for part in spine.parts:
        for name in (*part.parameters, *_variables(part)):
            if name in taken:
                raise ModelError(
                    f"{model.origins[part.name]}: [parameters.{name}]: the neuron {neuron.name!r} "
                    "has a parameter or variable of that name; rename one"
                )
