"""Neuromodulators: what neurons release into the tissue, and how its concentration goes on."""

from __future__ import annotations

from typing import Literal

from brian2.units.fundamentalunits import DIMENSIONLESS, Dimension

from neurospine.description.checks import (
    at,
    check_cell,
    check_start,
    check_used,
    known_parameters,
)
from neurospine.description.neuromodulator_parts import (
    CONCENTRATION,
    NEUROMODULATORS,
    SUPPLIED,
    NeuromodulatorPart,
)
from neurospine.description.parts import CircuitPart, NeuronPart, PartSource, Population
from neurospine.description.plasticity_parts import CellSection
from neurospine.errors import ModelError, suggest


def check_neuromodulator(part: NeuromodulatorPart, origin: str) -> dict[str, Dimension]:
    """Check a neuromodulator and return the dimensions of its variables."""
    parameters = known_parameters(part)
    known = {**parameters, SUPPLIED: DIMENSIONLESS}
    with at(origin, "equations"):
        variables, used = check_cell(CellSection(equations=part.equations), known)
        if variables.get(CONCENTRATION) is not DIMENSIONLESS:
            raise ModelError(f"must have the variable {CONCENTRATION!r}, a plain number")
    with at(origin, "release"):
        section = CellSection(equations=part.equations, on_spike=part.release)
        used |= check_cell(section, known)[1]
        statements = section.parsed()[1]
        if CONCENTRATION not in {s.name for s in statements}:
            raise ModelError(f"must add to {CONCENTRATION!r}")
        if any(s.operator != "+" for s in statements):
            raise ModelError("must add with +=, as every neuron adds its share")
    if CONCENTRATION not in part.initial:
        raise ModelError(f"{origin}: [initial]: lacks {CONCENTRATION!r}")
    used |= check_start(part.initial, variables, parameters, origin)
    check_used(part, origin, used)
    return variables


def load_neuromodulators(
    circuit: CircuitPart, origin: str, source: PartSource, origins: dict[str, str]
) -> tuple[CircuitPart, dict[str, NeuromodulatorPart], dict[str, NeuronPart]]:
    """Return the neuromodulators of a circuit, which has a pool of each as a population.

    A pool is one cell that never spikes, whose equations are those of the concentration.

    Returns
    -------
    CircuitPart
        The circuit with the pools.
    dict
        The neuromodulators by name.
    dict
        What the pools are as neurons.
    """
    found: dict[str, NeuromodulatorPart] = {}
    pools: dict[str, NeuronPart] = {}
    for name, entry in circuit.neuromodulators.items():
        with at(origin, f"neuromodulators.{name}"):
            if name not in NEUROMODULATORS:
                raise ModelError(f"no neuromodulator. {suggest(name, NEUROMODULATORS)}")
            if name in circuit.populations:
                raise ModelError("is also the name of a population; rename that")
            for population in entry.released_by:
                if population not in circuit.populations:
                    hint = suggest(population, circuit.populations)
                    raise ModelError(f"released_by: no population {population!r}. {hint}")
            part, place = source.load(entry.model, "neuromodulator")
        origins[part.name] = place
        found[name], pools[name] = part, _pool(part)
    populations = {n: Population(size=1, neuron=p.name) for n, p in found.items()}
    grown = circuit.model_copy(update={"populations": {**circuit.populations, **populations}})
    return grown, found, pools


def _pool(part: NeuromodulatorPart) -> NeuronPart:
    kept = {
        key: getattr(part, key)
        for key in ("name", "summary", "references", "equations", "initial", "parameters", "sets")
    }
    kind: Literal["neuron"] = "neuron"
    return NeuronPart.model_construct(**kept, kind=kind, method=part.method)
