"""What the names in statements at spines mean on the cells of both sides."""

from __future__ import annotations

from neurospine.description.expressions import names_read, parse_equations, parse_statements
from neurospine.description.receptors import local_ports, projection_effect
from neurospine.simulation.form import Form
from neurospine.simulation.network import Alias
from neurospine.simulation.numbers import Numbers


def spine_aliases(numbers: Numbers, projection: str, form: Form) -> dict[str, Alias]:
    """Return the variables of cells that the spines of a projection read or change, by name."""
    model = numbers.model
    target = model.circuit.projections[projection].target
    axon, cell = form.presynaptic, form.postsynaptic
    aliases = {e.name: Alias(f"{projection}_axon", e.name, "pre") for e in axon.equations}
    aliases |= {e.name: Alias(f"{projection}_cell", e.name, "post") for e in cell.equations}
    neuron = model.neurons.get(target)
    for names in local_ports(model, projection).values():
        aliases |= {name: Alias(target, name, "post") for name in names}
    effect = projection_effect(model, projection)
    if neuron and effect:
        touched = {s.name for s in parse_statements(effect)} | names_read(effect)
        for equation in parse_equations(neuron.equations):
            if equation.name in touched:
                aliases[equation.name] = Alias(target, equation.name, "post")
        for name in sorted(touched & set(neuron.parameters)):
            one = numbers.alike(neuron.name, name)
            aliases[name] = Alias(target, name, "shared" if one else "post")
    return aliases
