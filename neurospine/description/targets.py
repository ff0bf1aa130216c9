"""What a protocol measures, what it compares with, and how it is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from neurospine.description.library import list_files
from neurospine.description.published import load_reference
from neurospine.description.references import check_source
from neurospine.description.schema import Table
from neurospine.description.units import convert, parse_quantity
from neurospine.errors import ModelError, ProtocolError, UnitError, suggest

if TYPE_CHECKING:
    from neurospine.description.protocol import Protocol


class RelativeChange(Table):
    """Change of a spine variable from the start to the end of a phase, as a fraction."""

    kind: Literal["relative_change"]
    meaning: str
    phase: str
    variable: Literal["weight", "volume"] = "weight"


class ExponentialFit(Table):
    """Amplitude or constant of an exponential through another measure along one axis.

    Fitted by least squares to the values on the positive or negative side.
    """

    kind: Literal["exponential_fit"]
    meaning: str
    of: str
    axis: str
    side: Literal["positive", "negative"] = "positive"
    give: Literal["amplitude", "constant"]


Measure = Annotated[RelativeChange | ExponentialFit, Field(discriminator="kind")]


class Target(Table):
    """A published value, or a bound, that a measure is compared with.

    Either `data` names a file of data/reference, with `column` for the value and
    `error` for its standard error, or `below` / `above` give a bound that must
    hold at every condition within `at`; then `why` says where the bound is from.
    """

    phenomenon: str
    measure: str
    source: str
    data: str | None = None
    column: str = "relative_change"
    error: str = "standard_error"
    at: dict[str, tuple[str, str]] = {}
    below: float | None = None
    above: float | None = None
    why: str = ""
    held_out: bool = False


class Plot(Table):
    """How a person would draw the result: a measure against an axis, a line per series."""

    title: str
    kind: Literal["curve", "bars"] = "curve"
    measure: str
    x: str
    broken_at: float | None = None
    series: str | None = None
    points: str | None = None
    points_column: str = "relative_change"


def _known(what: str, name: str, known: Any) -> None:
    if name not in known:
        raise ProtocolError(f"{what}: unknown name {name!r}. {suggest(name, known)}")


def check_measures(protocol: Protocol) -> None:
    """Raise a `ProtocolError` if a measure names a phase, axis or measure that is not there."""
    phases = [phase.name for phase in protocol.phases]
    for name, measure in protocol.measures.items():
        place = f"[measures.{name}]"
        if isinstance(measure, RelativeChange):
            _known(f"{place}: phase", measure.phase, phases)
        else:
            _known(f"{place}: of", measure.of, protocol.measures)
            _known(f"{place}: axis", measure.axis, protocol.conditions)
            if isinstance(protocol.conditions[measure.axis].values[0], str):
                raise ProtocolError(f"{place}: axis: {measure.axis!r} holds words, no numbers")
            if not isinstance(protocol.measures[measure.of], RelativeChange):
                raise ProtocolError(f"{place}: of: must be a measure by condition")


def check_targets(protocol: Protocol) -> None:
    """Raise a `ProtocolError` if a target has no data and no bound, or names what is not there."""
    for target in protocol.targets:
        place = f"[[targets]] {target.phenomenon!r}"
        try:
            check_source(target.source)
        except ModelError as error:
            raise ProtocolError(f"{place}: {error}") from None
        _known(f"{place}: measure", target.measure, protocol.measures)
        for axis, ends in target.at.items():
            _known(f"{place}: at", axis, protocol.conditions)
            for end in ends:
                try:
                    convert(*parse_quantity(end), protocol.conditions[axis].unit)
                except UnitError as error:
                    raise ProtocolError(f"{place}: at: {axis}: {error}") from None
        bounded = target.below is not None or target.above is not None
        if bounded == bool(target.data):
            raise ProtocolError(f"{place}: give either 'data' or a bound ('below', 'above')")
        if bounded and not target.why:
            raise ProtocolError(f"{place}: a bound needs 'why'")
        if target.data:
            _known(f"{place}: data", target.data, list_files("data", ".csv"))
            columns = load_reference(target.data).table.columns
            for key, column in (("column", target.column), ("error", target.error)):
                if column not in columns:
                    hint = suggest(column, map(str, columns))
                    raise ProtocolError(
                        f"{place}: {key}: no column {column!r} in {target.data}. {hint}"
                    )


def check_plot(protocol: Protocol) -> None:
    """Raise a `ProtocolError` if a picture needs what is not there."""
    plot = protocol.plot
    if plot is None:
        return
    _known("[plot]: measure", plot.measure, protocol.measures)
    for axis in filter(None, (plot.x, plot.series)):
        _known("[plot]", axis, protocol.conditions)
    if plot.points:
        _known("[plot]: points", plot.points, list_files("data", ".csv"))
