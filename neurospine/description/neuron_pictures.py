"""Pictures of neurons: potentials over time, and spikes of populations."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from neurospine.description.picture_tables import Picture
from neurospine.description.schema import Number


class WindowPicture(Picture):
    """A picture of a phase from `start` to `stop`, which count from its start.

    Of the first condition, or of the first that has the values of `only`; of one `repeat`.
    """

    phase: str
    start: str = "0 s"
    stop: str | None = None
    only: dict[str, Number | str] = {}
    repeat: Annotated[int, Field(ge=0)] = 0


class Voltage(WindowPicture):
    """Recorded `variables` of a cell over time, with what stimulates it below.

    A line for each variable (all that were recorded in the dimension of `unit` if none is named);
    with `series`, a condition, a line of the one variable for each of its values. With `panels`,
    a condition, these are drawn side by side for each of its values.
    """

    kind: Literal["voltage"]
    population: str
    variables: tuple[str, ...] = ()
    unit: str = "mV"
    cell: int | None = None
    series: str | None = None
    panels: str | None = None


class Raster(WindowPicture):
    """Spikes of populations (all if none is named), and below the rate of each.

    Of at most `cells` of each population; rates are of all cells, in stretches of `bin`.
    """

    kind: Literal["raster"]
    populations: tuple[str, ...] = ()
    cells: Annotated[int, Field(ge=1, le=10_000)] = 200
    bin: str = "10 ms"
