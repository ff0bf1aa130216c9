"""The kinds of stimulus a protocol may name. A text value is a quantity or an axis.

The spike times they mean are worked out in `neurospine.simulation.stimuli`, the currents in
`neurospine.simulation.injection`, and so are dips.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from neurospine.description.schema import Number, Table

#: How often a stimulus is repeated; more than this is a mistake.
Count = Annotated[int, Field(gt=0, le=10_000_000)]
#: How many cells take part.
CellCount = Annotated[int, Field(ge=0, lt=2**31, strict=True)]
#: A cell of a population.
CellNumber = Annotated[int, Field(ge=-(2**31), lt=2**31)]


class Regular(Table):
    """A train of evenly spaced spikes, the same in every cell of a population.

    It begins at `start`, or `delay` later (earlier, if negative).
    """

    kind: Literal["regular"]
    population: str
    rate: str
    count: Count
    start: str = "0 s"
    delay: str = "0 s"


class Poisson(Table):
    """Independent Poisson spikes in every cell of a population."""

    kind: Literal["poisson"]
    population: str
    rate: str
    start: str = "0 s"
    stop: str | None = None


class Pairing(Table):
    """Repeated pairs in all cells; `interval` is postsynaptic minus presynaptic spike time.

    At a `rate` of 0 there are none.
    """

    kind: Literal["pairing"]
    presynaptic: str
    postsynaptic: str
    interval: str
    rate: str
    count: Count
    start: str = "0 s"


class Triplet(Table):
    """Repeated triplets, ``pre_post_pre`` or ``post_pre_post``.

    `first_interval` and `second_interval` are postsynaptic minus presynaptic
    time of the first and of the second pair of neighbours.
    """

    kind: Literal["triplet"]
    presynaptic: str
    postsynaptic: str
    order: str
    first_interval: str
    second_interval: str
    rate: str
    count: Count
    start: str = "0 s"


class SpikeList(Table):
    """Spikes at given times: `times` with `cells`, or a file (see `spike_files`).

    Cells count from 0 within the population. `spikes` names one of several populations of
    spikes in a SONATA file.
    """

    kind: Literal["spike_list"]
    population: str
    cells: tuple[CellNumber, ...] = ()
    times: tuple[Number, ...] = ()
    unit: str = "s"
    file: str | None = None
    spikes: str | None = None


class Volley(Table):
    """One spike in each of the first `count` cells of a population, from the cell `first` on.

    All together, or one after the other with `spread` between neighbours. `count` is a
    number or an axis; with 0 none spikes. `population` may be an axis of words.
    """

    kind: Literal["volley"]
    population: str
    count: CellCount | str
    start: str
    spread: str = "0 s"
    first: CellCount = 0


class Uncaging(Table):
    """Glutamate onto chosen spines of a projection: `count` spikes of the axons that end there.

    On each cell with spines of the projection it is the `number` of them (a number or an
    axis; 0 is none) that lie nearest to the place `around`, by default the middle, along the
    dendrite, or along the first compartment that the projection names. Or it is the `spines`
    of these slots, counted from 0 in each copy of the circuit.
    """

    kind: Literal["uncaging"]
    projection: str
    number: CellCount | str | None = None
    around: str | None = None
    spines: Annotated[tuple[CellNumber, ...], Field(min_length=1)] | None = None
    rate: str
    count: Count
    start: str = "0 s"


class Current(Table):
    """A constant current into neurons, from `start` (included) to `stop` (excluded).

    Into `cells` (all when none is named) of a population, and there into `compartment`, by
    default the root of a neuron that has compartments. Positive is depolarising. With a
    `rate` and a `count` it comes again: so many pulses at that rate, of which `start` and
    `stop` are those of the first.
    """

    kind: Literal["current"]
    population: str
    amplitude: str
    start: str
    stop: str
    compartment: str | None = None
    cells: tuple[CellNumber, ...] = ()
    rate: str | None = None
    count: Count = 1


class Dip(Table):
    """A stretch in which the tonic supply of a neuromodulator falls by `depth`, a share of it."""

    kind: Literal["dip"]
    neuromodulator: str
    start: str
    duration: str
    depth: str = "1"


Stimulus = Annotated[
    Regular | Poisson | Pairing | Triplet | SpikeList | Volley | Uncaging | Current | Dip,
    Field(discriminator="kind"),
]
