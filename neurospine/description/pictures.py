"""How the result of a protocol is drawn: one picture, as a person would draw it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from neurospine.description.imaging_measures import KaplanMeier, Occupancy, Survival
from neurospine.description.library import list_files
from neurospine.description.measure_tables import known
from neurospine.description.measures import axes_of
from neurospine.description.neuron_checks import check_neuron_picture
from neurospine.description.neuron_pictures import Morphology, Raster, Voltage
from neurospine.description.picture_tables import Lines, Picture, check_lines
from neurospine.description.published import load_reference
from neurospine.description.size_measures import Fluctuation
from neurospine.description.trial_pictures import Trials, check_trial_picture
from neurospine.description.units import convert, parse_quantity
from neurospine.errors import ProtocolError, UnitError

if TYPE_CHECKING:
    from neurospine.description.protocol import Protocol


class Curve(Lines):
    """A measure against an axis, broken at a value where the protocol says so."""

    kind: Literal["curve"] = "curve"
    broken_at: float | None = None


class Bars(Lines):
    """A bar for each condition."""

    kind: Literal["bars"]


class SurvivalCurve(Lines):
    """A survival curve in steps, with its 95 % band."""

    kind: Literal["survival"]
    x: str = "lag"


class Series(Lines):
    """A measure over time, with its 95 % band."""

    kind: Literal["series"]
    x: str = "time"


class Stack(Lines):
    """Shares of the stages on top of each other, against a condition or over time.

    Means over all conditions that are not on the axis.
    """

    kind: Literal["stack"]
    x: str = "time"


class Histogram(Picture):
    """Volumes (or weights) of the spines on a logarithmic axis at the start and end of a phase.

    With the log-normal law fitted to those at the end; with `series`, a condition, those
    at the end only. `points` names a file with single spines, whose volumes are in the
    column `points_column`; or, with `points_spread`, with the mean and the standard
    deviation of ln V (V in um**3) in the two columns.
    """

    kind: Literal["histogram"]
    phase: str
    variable: Literal["volume", "weight"] = "volume"
    series: str | None = None
    projection: str | None = None
    detection: str = "0 um**3"
    points_column: str = "volume"
    points_spread: str | None = None


class Trajectories(Picture):
    """The volumes of a few slots through a phase, with births and deaths."""

    kind: Literal["trajectories"]
    phase: str
    projection: str | None = None
    spines: Annotated[int, Field(ge=1, le=40)] = 8


class Scatter(Picture):
    """The spread of change against size (of `measure`), or size after a `lag` against before.

    The first on logarithmic axes with the power law through it; the second for a
    sample of the spines of a `phase`.
    """

    kind: Literal["scatter"]
    measure: str | None = None
    series: str | None = None
    phase: str | None = None
    lag: str = "1 day"
    projection: str | None = None


class Shapes(Picture):
    """Two sizes of the spines against each other at the start of a phase, with their correlation.

    Of ``volume`` and the quantities of a geometry; axes are logarithmic, and so is what is
    correlated, unless `log` is false.
    """

    kind: Literal["shapes"]
    phase: str
    x: str = "volume"
    y: str
    log: bool = True
    projection: str | None = None
    detection: str = "0 um**3"


def _kind(table: Any) -> str:
    """Return the kind of a picture; one without is a curve."""
    kind = table.get("kind", "curve") if isinstance(table, dict) else getattr(table, "kind", "")
    return str(kind)


Plot = Annotated[
    Annotated[Curve, Tag("curve")] | Annotated[Bars, Tag("bars")]
    | Annotated[SurvivalCurve, Tag("survival")] | Annotated[Series, Tag("series")]
    | Annotated[Stack, Tag("stack")] | Annotated[Histogram, Tag("histogram")]
    | Annotated[Trajectories, Tag("trajectories")] | Annotated[Scatter, Tag("scatter")]
    | Annotated[Shapes, Tag("shapes")]
    | Annotated[Voltage, Tag("voltage")] | Annotated[Raster, Tag("raster")]
    | Annotated[Morphology, Tag("morphology")] | Annotated[Trials, Tag("trials")],
    Discriminator(_kind),
]  # fmt: skip

#: What the measure of a picture must be, where it must be one kind.
_WANTED: dict[type[Picture], tuple[tuple[type, ...], str]] = {
    SurvivalCurve: ((Survival, KaplanMeier), "a survival or kaplan_meier with lags"),
    Stack: ((Occupancy,), "an occupancy of all stages"),
    Scatter: ((Fluctuation,), "a fluctuation with give = 'curve'"),
}
_NEEDED: dict[type[Picture], str] = {SurvivalCurve: "lag", Stack: "stage", Scatter: "size"}


def check_plot(protocol: Protocol) -> None:
    """Raise a `ProtocolError` if a picture needs what is not there."""
    plot = protocol.plot
    if plot is None:
        return
    if isinstance(plot, Scatter) and (plot.measure is None) == (plot.phase is None):
        raise ProtocolError("[plot]: a scatter needs either 'measure' or 'phase'")
    if isinstance(plot, Voltage | Raster | Morphology):
        check_neuron_picture(protocol, plot)
    if isinstance(plot, Trials):
        check_trial_picture(protocol, plot)
    facts = plot.model_dump()
    if facts.get("measure"):
        known("[plot]: measure", facts["measure"], protocol.measures)
        _check_measure(protocol, plot, facts["measure"])
    if facts.get("series"):
        known("[plot]: series", facts["series"], protocol.conditions)
    if facts.get("phase") and not isinstance(plot, Trials):  # which names all turns of it
        known("[plot]: phase", facts["phase"], protocol.phase_times())
    for key, unit in (("lag", "second"), ("detection", "um**3")):
        try:
            convert(*parse_quantity(facts.get(key, f"1 {unit}")), unit)
        except UnitError as error:
            raise ProtocolError(f"[plot]: {key}: {error}") from None
    if isinstance(plot, Lines):
        check_lines(plot, places=not isinstance(plot, Bars))
    elif plot.points:
        _check_points(plot, plot.points)


def _check_points(plot: Picture, points: str) -> None:
    known("[plot]: points", points, list_files("data", ".csv"))
    needed: dict[str, str | None] = {}
    if isinstance(plot, Histogram):
        needed = {"points_column": plot.points_column, "points_spread": plot.points_spread}
    columns = list(map(str, load_reference(points).table.columns))
    for key, column in needed.items():
        if column is not None:
            known(f"[plot]: {key} in {points}", column, columns)


def _check_measure(protocol: Protocol, plot: Picture, name: str) -> None:
    measure = protocol.measures[name]
    own = axes_of(protocol, measure)
    if type(plot) in _WANTED:
        kinds, words = _WANTED[type(plot)]
        if not isinstance(measure, kinds) or _NEEDED[type(plot)] not in own:
            raise ProtocolError(f"[plot]: measure: {name!r} must be {words}")
    if isinstance(plot, Lines):
        known("[plot]: x", plot.x, {**protocol.conditions, **own})
        others = [axis for axis in own if axis != plot.x]
        if isinstance(plot, Curve) and others:
            raise ProtocolError(
                f"[plot]: measure: {name!r} has a row for each {others[0]}, and a curve against "
                f"{plot.x} can show one only"
            )
        for axis, value in plot.only.items():
            known("[plot]: only", axis, protocol.conditions)
            if value not in protocol.conditions[axis].values:
                raise ProtocolError(f"[plot]: only: {axis} is never {value!r}")
