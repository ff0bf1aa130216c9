"""What `show` prints of a circuit: its populations, projections and drives."""

from __future__ import annotations

from collections.abc import Iterator

from neurospine.description.connectivity import Connectivity
from neurospine.description.model import Model
from neurospine.description.parts import Projection
from neurospine.listing_tables import Listing


def describe_circuit(model: Model) -> Iterator[Listing]:
    """Yield what a circuit is made of, with the numbers in use."""
    table = Listing("\nPopulations", "name", "neuron", "size", "transmitter", lead=4)
    for name, population in model.circuit.populations.items():
        if name in model.neuromodulators:
            continue
        neuron = population.neuron or "spikes of the protocol"
        size = _named(model, str(population.size))
        table.add(name, neuron, size, population.transmitter or "")
    yield table
    table = Listing(
        "\nProjections", "name", "from -> to", "spine", "connectivity", "delay", "onto", "arrival",
        lead=2,
    )  # fmt: skip
    for name, projection in model.circuit.projections.items():
        spread = projection.delay_spread
        delay = _number(model, projection.delay)
        table.add(
            name,
            f"{projection.origin} -> {projection.target}",
            model.spines[name].name,
            _joined(model, projection.connectivity),
            f"{delay} to {spread} more" if spread else delay,
            _onto(model, projection),
            _arrival(model, projection),
        )
    if table.rows:
        yield table
    table = Listing("\nNeuromodulators", "name", "model", "released by", lead=1)
    for name, entry in model.circuit.neuromodulators.items():
        released = ", ".join(entry.released_by) or "nothing in the circuit"
        table.add(name, model.neuromodulators[name].name, released)
    if table.rows:
        yield table
    table = Listing("\nDrives", "name", "to", "rate", "effect", lead=2)
    for name, drive in model.circuit.drives.items():
        rate = _named(model, drive.rate) if drive.rate else "noise in each step"
        table.add(name, drive.target, rate, drive.effect.strip())
    if table.rows:
        yield table


def _number(model: Model, name: str) -> str:
    """Return the value of a parameter of the circuit with its unit."""
    return str(model.parameters[f"{model.name}.{name}"])


def _named(model: Model, name: str) -> str:
    """Return a number as it is, or a parameter's value with its name."""
    return name if name.isdecimal() else f"{_number(model, name)} ({name})"


def _joined(model: Model, connectivity: Connectivity) -> str:
    """Return a rule of connectivity with its numbers."""
    read = {key: name for key, name, _ in connectivity.parameters()}
    facts = [
        f"{key} = {_named(model, value) if key in read else value}"
        for key, value in connectivity.model_dump(exclude={"rule"}, exclude_none=True).items()
    ]
    return ", ".join([connectivity.rule, *facts])


def _onto(model: Model, projection: Projection) -> str:
    """Return the dendrites that spines lie on, and where on them if they are not at random."""
    where = list(projection.compartments)
    if projection.length:
        where.append(f"{_number(model, projection.length)} of dendrite")
    if projection.placement == "even":
        where.append("at even distances")
    if projection.position:
        where.append(f"at {_number(model, projection.position)}")
    return ", ".join(where)


def _arrival(model: Model, projection: Projection) -> str:
    """Return what an arrival does: the receptors with their peaks, or the effect."""
    if projection.receptors:
        peaks = projection.receptors.items()
        return ", ".join(f"{name} {_number(model, peak)}" for name, peak in peaks)
    return projection.effect.strip()
