"""What pictures have in common."""

from __future__ import annotations

from neurospine.description.schema import Number, Table


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
    `points_x` is the column of `points` with the places on the axis, if not named as it.
    """

    measure: str
    x: str
    series: str | None = None
    only: dict[str, Number | str] = {}
    points_x: str | None = None
