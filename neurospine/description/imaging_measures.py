"""Measures of which spines are there: density, turnover, survival, lifetimes, stages, ages."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field

from neurospine.description.measure_tables import End, PhaseMeasure, SpineMeasure, VisitedMeasure
from neurospine.description.units import convert, parse_quantity


class Density(VisitedMeasure):
    """Number of spines seen, relative to the start of the phase or per slot.

    `smaller_than` leaves out larger spines and those as large, `larger_than` smaller ones.
    With `bins`, edges of volumes, each size class is counted apart: a row for each, in the
    column `size` (its middle, um**3).
    """

    kind: Literal["density"]
    relative_to: Literal["start", "slots"] = "start"
    smaller_than: str | None = None
    larger_than: str | None = None
    bins: Annotated[tuple[str, ...], Field(min_length=2)] | None = None

    @property
    def own_axes(self) -> dict[str, str]:
        """Time, if there are visits through the phase, and size, if there are bins."""
        size = {} if self.bins is None else {"size": "um**3"}
        return {**super().own_axes, **size}

    @property
    def edges(self) -> list[tuple[float, float]]:
        """Where each class of volumes begins (included) and ends (excluded), in um**3."""
        if self.bins is not None:
            return list(pairwise(convert(*parse_quantity(text), "um**3") for text in self.bins))
        low, high = (
            edge if text is None else convert(*parse_quantity(text), "um**3")
            for text, edge in ((self.larger_than, 0.0), (self.smaller_than, float("inf")))
        )
        return [(low, high)]


class Turnover(SpineMeasure):
    """Spines that came and went between successive visits, averaged over the phase.

    ``turnover`` is (gained + lost)/(seen before + seen after); ``gained`` and ``lost``
    are shares of the spines seen before, or `per` slot, which is per length of dendrite. With
    `over_time` there is a row for each interval, by the `time` of its end.
    """

    kind: Literal["turnover"]
    every: str
    give: Literal["turnover", "gained", "lost"] = "turnover"
    per: Literal["spines", "slots"] = "spines"
    over_time: bool = False

    @property
    def own_axes(self) -> dict[str, str]:
        """Time, if each interval has its row."""
        return {"time": parse_quantity(self.every)[1]} if self.over_time else {}


class Survival(SpineMeasure):
    """Share of spines that are still seen a lag later.

    Of those ``present`` at the start of the phase, or of all ``new`` ones: first seen
    at a later visit, early enough that the longest lag ends within the phase. Seen at
    ``every_visit`` up to the lag, or at its ``end`` whatever was seen between.
    Without `lags`, they are all multiples of `every` (for ``new``: up to half the phase).
    """

    kind: Literal["survival"]
    every: str
    lags: tuple[str, ...] = ()
    seen: Literal["every_visit", "end"] = "every_visit"
    of: Literal["present", "new"] = "present"

    @property
    def own_axes(self) -> dict[str, str]:
        """The lag."""
        return {"lag": parse_quantity((*self.lags, self.every)[0])[1]}


class PersistentFraction(SpineMeasure):
    """Share of spines that are seen at every visit for as long as `lasting`.

    Of those present at the start of the phase this is their remaining life, not their
    whole one; see `Survival` for ``new``.
    """

    kind: Literal["persistent_fraction"]
    every: str = "1 day"
    lasting: str = "8 day"
    of: Literal["present", "new"] = "present"

    @property
    def survival(self) -> Survival:
        """The same as a survival with one lag."""
        shared = self.model_dump(exclude={"kind", "lasting"})
        return Survival(kind="survival", lags=(self.lasting,), **shared)


class LifetimeMeasure(PhaseMeasure):
    """A measure of true lifetimes: from birth to death as simulated, whatever is seen.

    Of ``new`` contacts, born in the phase; of ``all``, by age, where those present at
    its start come in late, at the age they have then (left truncation; who was there
    before the run is of unknown age and is left out); or of those ``present`` at its
    start, by the time since then. Lives that go on at its end are right-censored.
    """

    of: Literal["new", "all", "present"] = "new"


class KaplanMeier(LifetimeMeasure):
    """The product-limit estimator of survival, with Greenwood's standard error.

    ``curve`` at the `lags`; ``median``, the first time with half or fewer alive; or
    ``mean``, the area under the curve up to the length of the phase (restricted mean).
    Times count the unit of the first lag, or `unit`.
    """

    kind: Literal["kaplan_meier"]
    give: Literal["curve", "median", "mean"] = "curve"
    lags: tuple[str, ...] = ()
    unit: str = "day"

    @property
    def own_axes(self) -> dict[str, str]:
        """The lag of a curve."""
        if self.give != "curve":
            return {}
        return {"lag": parse_quantity(self.lags[0])[1] if self.lags else self.unit}


class Lifetime(LifetimeMeasure):
    """Lifetimes as one exponential: its ``mean``, and whether one exponential will do.

    ``mean`` is time lived over deaths. ``shape`` is that of a Weibull law fitted by
    maximum likelihood: 1 for one exponential, less where the risk falls with age.
    ``one_exponential_p`` is the p value of the likelihood ratio of the two.
    """

    kind: Literal["lifetime"]
    give: Literal["mean", "shape", "one_exponential_p"] = "mean"
    unit: str = "day"


class Occupancy(PhaseMeasure):
    """Share of slots, or of spines (then without absent ones), in each stage.

    A row for each stage, in the column `stage`, unless one `stage` is named.
    """

    kind: Literal["occupancy"]
    of: Literal["slots", "spines"] = "slots"
    stage: str | None = None
    at: End = "end"
    every: str | None = None

    @property
    def own_axes(self) -> dict[str, str]:
        """Time, if there are visits through the phase, and stage."""
        time = {} if self.every is None else {"time": parse_quantity(self.every)[1]}
        return time if self.stage else {**time, "stage": "1"}


class Ages(VisitedMeasure):
    """Ages of the spines seen: ``mean``, ``median``, or the share ``older`` than a time.

    A spine that was there before the run counts as old as the run.
    """

    kind: Literal["ages"]
    give: Literal["mean", "median", "older"]
    older_than: str = "8 day"
    unit: str = "day"
