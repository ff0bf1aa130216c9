"""The numbers of a model: values, named sets of them, and disorders that change them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from brian2.units.fundamentalunits import Quantity

from neurospine.description.disorder import Disorder
from neurospine.description.disordered import disordered, load_disorder
from neurospine.description.entries import Part, SetEntry
from neurospine.description.parameters import OVERRIDE, Parameters
from neurospine.errors import ModelError, suggest


@dataclass(frozen=True, kw_only=True)
class ModelNumbers(ABC):
    """Every number of a model.

    Attributes
    ----------
    control
        The numbers without disorders, by qualified name such as ``triplet.tau_plus``. Sets
        and values that are given change these.
    chosen_sets
        Names of the parameter sets in use.
    disorders
        What changes the numbers, in order.
    moment
        The time in seconds from when the courses of changes count; None: all are complete.
    """

    control: Parameters = field(default_factory=lambda: Parameters({}))
    chosen_sets: tuple[str, ...] = ()
    disorders: tuple[Disorder, ...] = ()
    moment: float | None = None

    @property
    @abstractmethod
    def name(self) -> str:
        """The name of the model."""

    @property
    @abstractmethod
    def parts(self) -> Mapping[str, Part]:
        """Every part with parameters, by name."""

    @cached_property
    def parameters(self) -> Parameters:
        """Every number, as disorders have changed it."""
        if not self.disorders:
            return self.control
        return disordered(self.control, self.disorders, self.moment)

    @cached_property
    def fitted_to(self) -> frozenset[str]:
        """The data (files of data/reference) that the values in use were fitted to.

        A set counts when all its values are in use; a part with a value that was
        overridden counts as fitted to nothing. What changes of disorders agree with by
        construction counts too.
        """
        entries = self.control.entries
        found = {key for d in self.disorders for change in d.changes for key in change.data}
        for part in self.parts.values():
            if any(entries[f"{part.name}.{n}"].source == OVERRIDE for n in part.parameters):
                continue
            for chosen in self.sets_in_use(part).values():
                found |= set(chosen.fitted_to)
        return frozenset(found)

    def sets_in_use(self, part: Part) -> dict[str, SetEntry]:
        """Return the named sets of a part all whose values are in use."""
        entries = self.parameters.entries
        return {
            label: chosen
            for label, chosen in part.sets.items()
            if all(entries[f"{part.name}.{n}"].value == v for n, v in chosen.values.items())
        }

    def number(self, part: str, name: str) -> float:
        """Return the parameter `name` of a part as the equations see it."""
        return self.parameters.entries[f"{part}.{name}"].number

    def with_parameters(
        self, values: Mapping[str, float | str | Quantity] | None = None, /, **named: Any
    ) -> Self:
        """Return the model with other parameter values.

        Parameters
        ----------
        values, **named
            New values by qualified or unique short name: a number counts the
            parameter's own unit, a text such as ``"20 ms"`` or a quantity its own.

        Raises
        ------
        ModelError
            If a name is unknown or ambiguous, or a value out of range.
        UnitError
            If a value has another dimension than the parameter.
        """
        return self._with_control(self.control.override({**(values or {}), **named}))

    def with_set(self, label: str) -> Self:
        """Return the model with the named parameter set of one of its parts.

        Raises
        ------
        ModelError
            If no part has the set; the message lists those there are.
        """
        owners = [part for part in self.parts.values() if label in part.sets]
        if not owners:
            known = {name for part in self.parts.values() for name in part.sets}
            raise ModelError(
                f"model {self.name!r} has no parameter set {label!r}. {suggest(label, known)}"
            )
        control = self.control
        for part in owners:
            chosen = part.sets[label]
            values = {f"{part.name}.{name}": value for name, value in chosen.values.items()}
            control = control.override(values, chosen.source, chosen.where)
        return replace(self._with_control(control), chosen_sets=(*self.chosen_sets, label))

    def with_disorder(self, *disorders: Disorder | str | Path) -> Self:
        """Return the model under one more disorder, or several in the given order.

        They change the numbers of `control`, also those that sets or values give later.

        Parameters
        ----------
        *disorders
            Disorders, their names in the library, or paths of files.

        Raises
        ------
        ModelError
            If a change finds nothing in the model, or two change the same parameter.
        """
        more = [d if isinstance(d, Disorder) else load_disorder(d) for d in disorders]
        changed = replace(self, disorders=(*self.disorders, *more))
        _ = changed.parameters  # a change that does not fit is an error here
        return changed

    def at(self, moment: float) -> Self:
        """Return the model as it is at a time, in seconds from when courses of changes count."""
        return replace(self, moment=moment)

    def differences(self, other: ModelNumbers) -> str:
        """Return a line for each parameter whose value is not that of another model.

        Examples
        --------
        >>> from neurospine import load_model
        >>> model = load_model("independent_pairs", spine="living_spine")
        >>> print(model.with_disorder("fragile_x").differences(model))
        log_drift.slope_factor: 1 -> 1.1
        """
        before, after = other.parameters.entries, self.parameters.entries
        pairs = {name: (before.get(name), after.get(name)) for name in (*before, *after)}
        return "\n".join(
            f"{name}: {one or 'absent'} -> {two or 'absent'}"
            for name, (one, two) in pairs.items()
            if one is None or two is None or one.value != two.value
        )

    def _with_control(self, control: Parameters) -> Self:
        changed = replace(self, control=control)
        _ = changed.parameters
        return changed
