"""What measures have in common, and those that follow from other measures."""

from __future__ import annotations

from typing import Literal

from neurospine.description.schema import Number, Table
from neurospine.description.units import parse_quantity
from neurospine.errors import ProtocolError, suggest

#: The end of a phase at which something is looked at.
End = Literal["start", "end"]


def known(what: str, name: str, names: object) -> None:
    """Raise a `ProtocolError` if `name` is not among `names`."""
    if name not in names:  # type: ignore[operator]
        raise ProtocolError(f"{what}: unknown name {name!r}. {suggest(name, names)}")  # type: ignore[arg-type]


class MeasureTable(Table):
    """What every measure has.

    A measure is a table with a row for each condition. Some have a further axis
    of their own, such as the lag of a survival curve: a row for each of its values.
    """

    meaning: str

    @property
    def own_axes(self) -> dict[str, str]:
        """The unit of each axis beyond the conditions."""
        return {}


class PhaseMeasure(MeasureTable):
    """A measure of one phase, in one projection or (without `projection`) in all together."""

    phase: str
    projection: str | None = None


class SpineMeasure(PhaseMeasure):
    """A measure of the spines that are seen.

    A spine is seen at a visit when it is in one of `stages` (all but absent when none
    is named) and its volume is at least `detection`. A spine is one contact from birth
    to death: another one that appears in its slot is another spine.
    """

    stages: tuple[str, ...] = ()
    detection: str = "0 um**3"


class VisitedMeasure(SpineMeasure):
    """A measure at the start or end of a phase, or (with `every`) at visits through it.

    With `every` there is a row for each visit; the column `time` counts from the
    start of the phase in the unit of `every`.
    """

    at: End = "end"
    every: str | None = None

    @property
    def own_axes(self) -> dict[str, str]:
        """Time, if there are visits through the phase."""
        return {} if self.every is None else {"time": parse_quantity(self.every)[1]}


class RelativeChange(MeasureTable):
    """Change of a spine variable from the start to the end of a phase, as a fraction."""

    kind: Literal["relative_change"]
    phase: str
    variable: Literal["weight", "volume"] = "weight"


class ExponentialFit(MeasureTable):
    """Amplitude or constant of an exponential through another measure along one axis.

    Fitted by least squares to the values on the positive or negative side: one fit
    along a condition, or one for every condition along an own axis such as the lag.
    """

    kind: Literal["exponential_fit"]
    of: str
    axis: str
    side: Literal["positive", "negative"] = "positive"
    give: Literal["amplitude", "constant"]


class Ratio(MeasureTable):
    """Another measure over its value at a reference condition.

    Mean over repeats divided by mean over repeats. Repeat k is paired with repeat k
    of the reference, so that what the two share cancels in the standard error.
    """

    kind: Literal["ratio"]
    of: str
    reference: dict[str, Number | str]


class Effect(MeasureTable):
    """What a condition does to another measure: the difference from a `reference`, or the ratio.

    A row for each value of the condition `axis` but the reference, which it is compared with
    while all other conditions are the same. Repeat k is paired with repeat k, which shares its
    random numbers, and the error is that over the pairs.
    """

    kind: Literal["effect"]
    of: str
    axis: str
    reference: Number | str
    give: Literal["difference", "ratio"] = "difference"


class Summation(MeasureTable):
    """Another measure over what it would be if single responses added up.

    Along an `axis` of numbers, such as how many inputs are active: the value at n over n times
    that at `single`, by repeats as in `Ratio`. Above 1 summation is supralinear.
    """

    kind: Literal["summation"]
    of: str
    axis: str
    single: Number = 1.0

    @property
    def reference(self) -> dict[str, Number | str]:
        """The condition of the single response."""
        return {self.axis: self.single}


#: Measures that are computed from another one by repeats.
RELATIVE = (Ratio, Effect, Summation)
