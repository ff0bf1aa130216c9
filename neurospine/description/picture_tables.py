"""What pictures have in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from neurospine.description.library import list_files
from neurospine.description.measure_tables import known
from neurospine.description.published import Published, load_reference
from neurospine.description.schema import Number, Table
from neurospine.errors import ProtocolError

Place = tuple[Number, Number]


class Points(Table):
    """Published values to be drawn: of the file `data`, as a target names them.

    `rows` takes only rows with these values, `x` is the column of the places on the axis if
    it is not called as the axis, and `label` says in the legend what they are.
    """

    data: str
    column: str = "relative_change"
    error: str = "standard_error"
    rows: dict[str, Number | str] = {}
    x: str | None = None
    label: str = "published"

    def published(self) -> Published:
        """Return the rows of the file that are drawn."""
        return load_reference(self.data).only(self.rows)


class ReferenceLine(Table):
    """A straight line: at a `level` all along, or `from` one place `to` another (x, y)."""

    label: str
    level: Number | None = None
    start: Annotated[Place | None, Field(alias="from")] = None
    stop: Annotated[Place | None, Field(alias="to")] = None


class Picture(Table):
    """What every picture has: its title, and the published values drawn into it.

    `points` names a file of data/reference, with the values in `points_column` and
    their standard errors (if there are any) in `points_error`.
    """

    title: str
    points: str | None = None
    points_column: str = "relative_change"
    points_error: str = "standard_error"


class Lines(Picture):
    """A measure against an axis, a line for each value of `series`.

    `only` leaves out all conditions but those with these values of their axes;
    `points_x` is the column of `points` with the places on the axis, if not named as it, and
    `points_rows` takes of it only rows with these values. More of these are in `published`;
    `lines` are drawn across.
    """

    measure: str
    x: str
    series: str | None = None
    only: dict[str, Number | str] = {}
    points_x: str | None = None
    points_rows: dict[str, Number | str] = {}
    published: tuple[Points, ...] = ()
    lines: tuple[ReferenceLine, ...] = ()

    @property
    def all_points(self) -> tuple[Points, ...]:
        """All published values that are drawn, `points` first."""
        if self.points is None:
            return self.published
        own = Points(
            data=self.points, column=self.points_column, error=self.points_error,
            rows=self.points_rows, x=self.points_x,
        )  # fmt: skip
        return (own, *self.published)


def check_lines(plot: Lines, *, places: bool) -> None:
    """Raise a `ProtocolError` if published values or lines name what is not there.

    With `places` the published values need a column for the axis.
    """
    for number, points in enumerate(plot.all_points):
        first = plot.points is not None and number == 0
        place = "[plot]: " if first else "[[plot.published]]: "
        keys = {"data": "points", "column": "points_column", "x": "points_x", "rows": "points_rows"}
        words = keys if first else {key: key for key in keys}
        known(f"{place}{words['data']}", points.data, list_files("data", ".csv"))
        columns = list(map(str, load_reference(points.data).table.columns))
        wanted = [("column", points.column), *(("rows", column) for column in points.rows)]
        wanted += [("x", points.x or plot.x)] if places else []
        for key, column in wanted:
            known(f"{place}{words[key]} in {points.data}", column, columns)
        if points.published().table.empty:
            raise ProtocolError(
                f"{place}{words['rows']}: {points.data} has no row with these values"
            )
    for line in plot.lines:
        if (line.level is None) == (line.start is None) or (line.start is None) != (
            line.stop is None
        ):
            raise ProtocolError(
                f"[[plot.lines]] {line.label!r}: give either 'level' or both 'from' and 'to'"
            )
