"""Neurons that were made with Dendrify become neuron files.

Only the equations and parameters of a model are read, so Dendrify itself is not needed
here. ``tests/validation/test_dendrify.py`` holds a converted neuron to the original.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Protocol

from brian2.core.namespace import DEFAULT_UNITS
from brian2.units.fundamentalunits import get_dimensions, get_unit
from brian2.utils.stringtools import get_identifiers, word_substitute

from neurospine.description.units import parse_quantity
from neurospine.errors import ModelError

_WHERE = "value of a Dendrify model"


class NeuronModel(Protocol):
    """What is read of a ``dendrify.NeuronModel``."""

    equations: str
    parameters: Mapping[str, Any]
    events: Mapping[str, str]


def from_dendrify(
    model: NeuronModel,
    name: str,
    *,
    threshold: str,
    reset: str,
    refractory: str,
    method: str = "exponential_euler",
) -> str:
    """Return the text of a neuron file that has the equations of a Dendrify model.

    Parameters
    ----------
    model
        A ``dendrify.NeuronModel``.
    name
        What the neuron is called; circuits name it so.
    threshold, reset
        When the cell spikes and what happens then, as for `make_neurongroup`.
    refractory
        A time such as ``"2 ms"``.
    method
        How the equations are solved: ``exponential_euler``, ``euler``, ``rk2`` or ``rk4``.

    Returns
    -------
    str
        Give it to ``Model.from_text(circuit, parts={name: text})``, or write it to
        ``models/<name>.toml``. Currents of a protocol go into the first compartment; synapses
        add to variables such as ``s_AMPA_x_dend``.

    Raises
    ------
    ModelError
        If the model has dendritic spikes or noise, which are no equations there.

    Examples
    --------
    >>> text = from_dendrify(cell, "my_cell", threshold="V_soma > -50*mV",
    ...                      reset="V_soma = -60*mV", refractory="2 ms")  # doctest: +SKIP
    """
    if model.events:
        raise ModelError(
            f"neuron {name!r}: its dendritic spikes ({', '.join(model.events)}) are custom events; "
            "leave them out, or build the cell from compartments with the mechanism "
            "'dendritic_sodium'"
        )
    equations = "\n".join(line.strip() for line in model.equations.splitlines() if line.strip())
    if "randn" in get_identifiers(equations):
        raise ModelError(f"neuron {name!r}: its equations have noise; use a drive of the circuit")
    first = re.search(r"^I_ext_(\w+)\s*:\s*amp$", equations, flags=re.MULTILINE)
    if first:
        equations = equations.replace(first[0], f"I_ext_{first[1]} = i_injected : amp", 1)
    sides, declared = zip(*(line.rsplit(":", 1) for line in equations.splitlines()), strict=True)
    parameters = {n: v for n, v in model.parameters.items() if v is not None}
    texts = ("\n".join(sides), threshold, reset)
    read = set().union(*map(get_identifiers, texts))
    units = {unit: f"one_{unit}" for unit in sorted(read) if unit in DEFAULT_UNITS}
    parameters |= {own: DEFAULT_UNITS[unit] for unit, own in units.items()}
    sides = word_substitute("\n".join(sides), units).split("\n")
    block = "\n".join(f"{s.strip()} : {u.strip()}" for s, u in zip(sides, declared, strict=True))
    used = read | set(units.values())
    pause = parse_quantity(refractory)
    lines = [
        "schema = 1",
        'kind = "neuron"',
        f"name = {json.dumps(name)}",
        'summary = "Neuron from a Dendrify model."',
        f"equations = '''\n{block}\n'''",
        f"threshold = {json.dumps(word_substitute(threshold, units))}",
        f"reset = {json.dumps(word_substitute(reset, units))}",
        'refractory = "refractory_period"',
        f"method = {json.dumps(method)}",
        "[initial]",
        *(
            f'V_{compartment} = "EL_{compartment}"'
            for compartment in re.findall(r"^dV_(\w+)/dt", block, flags=re.MULTILINE)
        ),
        "[parameters]",
        *(_parameter(n, value) for n, value in parameters.items() if n in used),
        _entry("refractory_period", *pause, "Time without spikes after a spike"),
    ]
    return "\n".join(lines) + "\n"


def _parameter(name: str, value: Any) -> str:
    unit = get_unit(get_dimensions(value))
    text = "1" if get_dimensions(value).is_dimensionless else repr(unit).replace(" ", "")
    return _entry(name, float(value), text, f"{name} of the model")


def _entry(name: str, value: float, unit: str, meaning: str) -> str:
    return (
        f'{name} = {{ value = {value!r}, unit = {json.dumps(unit)}, source = "assumed", '
        f"where = {json.dumps(_WHERE)}, meaning = {json.dumps(meaning)} }}"
    )
