"""What a protocol compares its measures with: published values or bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from neurospine.description.library import list_files
from neurospine.description.measure_tables import ExponentialFit, known
from neurospine.description.measures import Measure, axes_of, check_measures
from neurospine.description.pictures import Plot, check_plot
from neurospine.description.published import Published, load_reference
from neurospine.description.references import check_source
from neurospine.description.schema import Number, Table
from neurospine.description.units import convert, parse_quantity
from neurospine.errors import ModelError, ProtocolError, UnitError, suggest

if TYPE_CHECKING:
    from neurospine.description.protocol import Protocol

__all__ = ["Measure", "Plot", "Target", "check_measures", "check_plot", "check_targets"]


#: One value or two ends of an axis of numbers, or words that an axis may take.
Place = dict[str, Annotated[tuple[str, ...], Field(min_length=1)]]


class Target(Table):
    """A published value, or a bound, that a measure is compared with.

    Either `data` names a file of data/reference, with `column` for the value and
    `error` for its standard error, or `below` / `above` give a bound that must
    hold at every condition within `at`; then `why` says where the bound is from.
    `rows` takes of the data only rows with these values, in the file's own units;
    `columns` names the column of an axis where it is not called as the axis.
    `at` gives one value or two ends for an axis of numbers, or words that it may take;
    with `data` it leaves out all other rows.

    `excludes` is a value that the 95 % interval of the measure (Student's t over repeats) must
    not hold: all of it has to be on one `side`, at every condition within `at`.

    With `relative_to` a bound is one of the share of the largest value, in size, that the
    measure has at any condition within `among` (by default at all); a share is positive where
    the sign is that of the largest. A `prediction` is a bound of one's own, of what nobody has
    published. A target that is not `scored` is shown only; it may do without data and bound.
    """

    phenomenon: str
    measure: str
    source: str
    data: str | None = None
    column: str = "relative_change"
    error: str = "standard_error"
    rows: dict[str, Number | str] = {}
    columns: dict[str, str] = {}
    at: Place = {}
    below: float | None = None
    above: float | None = None
    excludes: Number | None = None
    side: Literal["above", "below"] | None = None
    relative_to: Literal["largest"] | None = None
    among: Place = {}
    why: str = ""
    held_out: bool = False
    prediction: bool = False
    scored: bool = True

    def published(self) -> Published:
        """Return the values of `data` to compare with."""
        assert self.data
        return load_reference(self.data).only(self.rows)

    @property
    def bounded(self) -> bool:
        """Whether there is a bound."""
        return self.below is not None or self.above is not None

    @property
    def criteria(self) -> int:
        """How many of data, bound and interval it has."""
        return bool(self.data) + self.bounded + (self.excludes is not None)


def check_targets(protocol: Protocol) -> None:
    """Raise a `ProtocolError` if a target has no data and no bound, or names what is not there."""
    for target in protocol.targets:
        place = f"[[targets]] {target.phenomenon!r}"
        try:
            check_source(target.source)
        except ModelError as error:
            raise ProtocolError(f"{place}: {error}") from None
        known(f"{place}: measure", target.measure, protocol.measures)
        _check_place(protocol, target, target.at, f"{place}: at")
        _check_place(protocol, target, target.among, f"{place}: among")
        _check_criterion(target, place)
        _check_interval(protocol, target, place)
        if target.data:
            _check_data(protocol, target, place)


def _check_criterion(target: Target, place: str) -> None:
    if target.prediction and (
        target.data or not target.criteria or not target.scored or target.held_out
    ):
        raise ProtocolError(
            f"{place}: prediction: what is predicted is a bound ('below', 'above') or 'excludes', "
            "which is scored; nothing that was published, so 'data' and 'held_out' do not go with "
            "it"
        )
    if target.criteria > 1 or (not target.criteria and target.scored):
        raise ProtocolError(
            f"{place}: give either 'data' or a bound ('below', 'above') or 'excludes'"
        )
    if target.criteria and not target.data and not target.why:
        raise ProtocolError(f"{place}: a bound needs 'why'")
    if not target.scored and not target.why:
        raise ProtocolError(f"{place}: scored: say in 'why' what keeps it from being scored")
    if target.among and not target.relative_to:
        raise ProtocolError(f"{place}: among: goes with 'relative_to'")
    if target.relative_to:
        if not target.bounded:
            raise ProtocolError(f"{place}: relative_to: goes with a bound ('below', 'above')")
        _check_share(target, place)


def _check_interval(protocol: Protocol, target: Target, place: str) -> None:
    """Raise a `ProtocolError` if there will be no interval over repeats, or no side of it."""
    if (target.excludes is None) != (target.side is None):
        raise ProtocolError(f"{place}: give both 'excludes' and 'side' ('above' or 'below')")
    if target.excludes is None:
        return
    if isinstance(protocol.measures[target.measure], ExponentialFit):
        raise ProtocolError(f"{place}: excludes: the interval of a fit is not one over repeats")
    if protocol.repeats < 2:
        raise ProtocolError(f"{place}: excludes: an interval over repeats needs two of them")


def _check_share(target: Target, place: str) -> None:
    """Raise a `ProtocolError` for a share that no value can have, or all have."""
    if target.among:  # there may be larger ones outside
        return
    for key, bound in (("above", target.above), ("below", target.below)):
        if bound is not None and not -1 < bound < 1:
            raise ProtocolError(
                f"{place}: {key}: a share of the largest value is between -1 and 1, found {bound:g}"
            )


def _check_data(protocol: Protocol, target: Target, place: str) -> None:
    assert target.data
    known(f"{place}: data", target.data, list_files("data", ".csv"))
    columns = load_reference(target.data).table.columns
    own = axes_of(protocol, protocol.measures[target.measure])
    for axis in target.columns:
        known(f"{place}: columns", axis, {**protocol.conditions, **own})
    wanted = [("column", target.column)]
    # what is not scored needs no error, unless the file names one
    if target.scored or "error" in target.model_fields_set:
        wanted.append(("error", target.error))
    wanted += [("columns", column) for column in target.columns.values()]
    wanted += [("rows", column) for column in target.rows]
    for key, column in wanted:
        if column not in columns:
            hint = suggest(column, map(str, columns))
            raise ProtocolError(f"{place}: {key}: no column {column!r} in {target.data}. {hint}")
    if target.published().table.empty:
        raise ProtocolError(f"{place}: rows: {target.data} has no row with these values")


def _check_place(protocol: Protocol, target: Target, where: Place, place: str) -> None:
    own = axes_of(protocol, protocol.measures[target.measure])
    for axis, ends in where.items():
        known(place, axis, {**protocol.conditions, **own})
        if holds_words(protocol, axis):
            if axis in protocol.conditions:
                for word in ends:
                    known(f"{place}: {axis}", word, protocol.conditions[axis].values)
            continue
        if len(ends) > 2:
            raise ProtocolError(f"{place}: {axis}: give one value or two ends")
        for end in ends:
            try:
                unit = own[axis] if axis in own else protocol.conditions[axis].unit
                value, own_unit = parse_quantity(end)
                if own_unit == "1" != unit:
                    raise UnitError(f"{end!r} has no unit: write '{end.strip()} {unit}'")
                convert(value, own_unit, unit)
            except UnitError as error:
                raise ProtocolError(f"{place}: {axis}: {error}") from None


def holds_words(protocol: Protocol, axis: str) -> bool:
    """Whether the values of an axis are words: of a condition of words, or stages."""
    if axis in protocol.conditions:
        return isinstance(protocol.conditions[axis].values[0], str)
    return axis == "stage"
