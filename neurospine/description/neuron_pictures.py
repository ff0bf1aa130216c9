"""Pictures of neurons: potentials over time, spikes of populations, and dendrites."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from neurospine.description.measure_tables import End
from neurospine.description.picture_tables import Picture
from neurospine.description.schema import Number


class CopyPicture(Picture):
    """A picture of a phase in one copy of the circuit.

    That of the first condition, or of the first that has the values of `only`, and of one
    `repeat`.
    """

    phase: str
    only: dict[str, Number | str] = {}
    repeat: Annotated[int, Field(ge=0)] = 0


class WindowPicture(CopyPicture):
    """A picture of a phase of spiking from `start` to `stop`, which count from its start."""

    start: str = "0 s"
    stop: str | None = None


class Voltage(WindowPicture):
    """Recorded `variables` of a cell over time, with what stimulates it below.

    A line for each variable (all that were recorded in the dimension of `unit` if none is named);
    with `series`, a condition, a line of the one variable for each of its values. With `panels`,
    a condition, these are drawn side by side for each of its values. Strokes at the upper edge
    are spikes of the cell.
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

    Of at most `cells` of each population; rates are of all cells, in stretches of `bin`, by
    default about a fiftieth of the window.
    """

    kind: Literal["raster"]
    populations: tuple[str, ...] = ()
    cells: Annotated[int, Field(ge=1, le=10_000)] = 200
    bin: str | None = None


class Morphology(CopyPicture):
    """The compartments of a neuron to scale, with the spines of one `cell` as dots along them.

    At the start or end of a phase; of all projections onto the population, or of one.
    """

    kind: Literal["morphology"]
    population: str
    at: End = "end"
    cell: Annotated[int, Field(ge=0)] = 0
    projection: str | None = None
