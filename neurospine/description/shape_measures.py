"""Measures of the shape of spines, and of pairs that share an axon and a dendrite."""

from __future__ import annotations

from typing import Literal

from neurospine.description.measure_tables import SpineMeasure


class Shape(SpineMeasure):
    """A statistic of one size of the spines at the start of a phase.

    `quantity` is one that the spines' geometry has, in its unit; ``low`` and ``high`` are
    the ends of the range that holds 95 % of the spines.
    """

    kind: Literal["shape"]
    quantity: str
    give: Literal["mean", "median", "sd", "low", "high"] = "mean"


class ShapeCorrelation(SpineMeasure):
    """Correlation of two sizes over the spines at the start of a phase.

    Each is the head ``volume`` or a quantity of the spines' geometry; of logarithms, unless
    `log` is false.
    """

    kind: Literal["shape_correlation"]
    first: str
    second: str
    log: bool = True


class PairCorrelation(SpineMeasure):
    """Correlation between spines that share axon and dendrite, at the end of a phase.

    Of ln V, or, with `stage`, of being in that stage (0 or 1); `within` counts only pairs of
    which both are in that stage. Each pair counts in both orders; its partners are those of
    the start of the run.
    """

    kind: Literal["pair_correlation"]
    stage: str | None = None
    within: str | None = None
