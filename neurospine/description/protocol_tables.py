"""Tables of a protocol file that need no more than themselves: model, traces, record."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from neurospine.description.schema import Table


class ModelChoice(Table):
    """The model that a protocol was written for."""

    circuit: str
    spine: str | None = None
    parameters: tuple[str, ...] = ()


class Traces(Table):
    """Variables of some cells of a population to be recorded at an interval.

    `cells` count from 0 within each copy of the circuit.
    """

    variables: tuple[str, ...]
    cells: tuple[int, ...] = (0,)
    every: str = "1 ms"


class Record(Table):
    """What is kept of the spines.

    `variables` of every snapshot; `precision` is that of the file; `every_slot`
    keeps one slot in so many (from the first of each copy of the circuit);
    `contacts` is the table of every contact that ever lived; `summary` adds counts by
    stage, moments and a histogram of volume over all slots.
    """

    variables: tuple[Literal["volume", "weight", "bound", "stage"], ...] = (
        "volume", "weight", "bound", "stage",
    )  # fmt: skip
    precision: Literal["double", "single"] = "double"
    every_slot: Annotated[int, Field(gt=0)] = 1
    contacts: bool = True
    summary: bool = False
