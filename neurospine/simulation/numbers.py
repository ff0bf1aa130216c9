"""The numbers of a model in every condition, as the equations get them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from neurospine.description.entries import Part
from neurospine.description.model import Model
from neurospine.description.parameters import OVERRIDE
from neurospine.description.protocol import Protocol
from neurospine.description.spine_parts import ReadoutPart
from neurospine.errors import NeurospineError, ProtocolError
from neurospine.simulation.network import Array


def condition_models(model: Model, protocol: Protocol) -> tuple[Model, ...]:
    """Return the model of each condition: parameters, sets and disorders as its axes say.

    Raises
    ------
    ProtocolError
        If an axis names no parameter, set or disorder that goes with the model, or changes a
        value that was given for this run.
    """
    given = {n: e.value for n, e in model.control.entries.items() if e.source == OVERRIDE}
    grid, models = protocol.grid, []
    for row in grid.rows:
        changed = model
        for name, axis in grid.axes.items():
            try:
                if axis.disorders:
                    changed = changed.with_disorder(*map(protocol.disorder, axis.names(row[name])))
                elif axis.sets:
                    changed = changed.with_set(str(row[name]))
                elif axis.parameter:
                    text = f"{float(row[name])!r} {axis.unit}"
                    changed = changed.with_parameters({axis.parameter: text})
            except NeurospineError as error:
                raise ProtocolError(f"[conditions.{name}]: {error}") from None
            for full, value in given.items():
                if changed.control.entries[full].value != value:
                    raise ProtocolError(
                        f"[conditions.{name}]: changes parameter {full}, so no other value can be "
                        "given for it"
                    )
        models.append(changed)
    return tuple(models)


class Numbers:
    """Parameters of a model, the same for all copies of its circuit or one for each.

    Parameters
    ----------
    models
        The model in each condition.
    repeats
        Copies of the circuit for each condition.
    """

    def __init__(self, models: Sequence[Model], repeats: int) -> None:
        self.models, self.repeats = models, repeats
        self.model = models[0]
        for part in self.model.parts.values():
            if isinstance(part, ReadoutPart):
                for name in part.parameters:
                    self.single(part.name, name)

    def each(self, part: str, name: str) -> Array:
        """Return a parameter in each condition."""
        return np.array([model.number(part, name) for model in self.models])

    def single(self, part: str, name: str) -> float:
        """Return a parameter that has to be the same in all conditions.

        Raises
        ------
        ProtocolError
            If it is not.
        """
        values = self.each(part, name)
        if np.any(values != values[0]):
            raise ProtocolError(
                f"parameter {part}.{name}: has to be the same in all conditions of a run"
            )
        return float(values[0])

    def copies(self, part: str, name: str) -> Array:
        """Return a parameter in each copy of the circuit."""
        return np.repeat(self.each(part, name), self.repeats)

    def declare(
        self, part: Part, names: Iterable[str], size: int
    ) -> tuple[list[str], dict[str, Array]]:
        """Return declarations and values of parameters for objects of `size` in each copy."""
        lines, values = [], {}
        for name in names:
            unit = self.model.parameters.entries[f"{part.name}.{name}"].declaration
            found = self.each(part.name, name)
            if np.all(found == found[0]):
                lines.append(f"{name} : {unit} (shared, constant)")
                values[name] = found[:1]
            else:
                lines.append(f"{name} : {unit} (constant)")
                values[name] = np.repeat(found, self.repeats * size)
        return lines, values
