"""What is known of a run before its first step: where its numbers came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

Attribute = str | int | float | bool


@dataclass(frozen=True)
class Variable:
    """A recorded variable, or one that follows from recorded ones by `expression`."""

    unit: str
    meaning: str
    expression: str = ""
    values: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class SpineInfo:
    """The spines of one projection.

    Attributes
    ----------
    contacts
        One row a slot: pre, post, delay (s), condition, repeat, birth and death (s).
    variables
        Recorded variables first, then derived ones.
    """

    contacts: pd.DataFrame
    variables: Mapping[str, Variable]

    @property
    def recorded(self) -> tuple[str, ...]:
        """The variables that snapshots hold."""
        return tuple(name for name, v in self.variables.items() if not v.expression)


@dataclass(frozen=True)
class RunInfo:
    """Everything about a run but what happened in it.

    Attributes
    ----------
    attributes
        Versions, backend, seed, texts of all files and their hash.
    step
        The time step in seconds.
    phases
        One row a phase: name, kind, start, stop (s), start_tick, stop_tick.
    parameters
        One row a parameter: name, value, unit, meaning, source, where.
    conditions
        One row a condition, a column an axis.
    axes
        Unit and meaning of each axis.
    spines
        By projection.
    populations
        Number of cells, through all copies, by population.
    """

    attributes: Mapping[str, Attribute]
    step: float
    phases: pd.DataFrame
    parameters: pd.DataFrame
    conditions: pd.DataFrame
    axes: Mapping[str, Variable]
    spines: Mapping[str, SpineInfo]
    populations: Mapping[str, int]
