"""Measures of how large spines are and how their sizes change."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from neurospine.description.measure_tables import SpineMeasure, VisitedMeasure
from neurospine.description.units import parse_quantity

Many = Annotated[int, Field(ge=1, le=1_000_000)]
Bins = Annotated[int, Field(ge=3, le=200)]


class SizeDistribution(VisitedMeasure):
    """A statistic of the volumes of the spines seen.

    ``median`` is that of the volumes; ``mean_log`` and ``sd_log`` are the log-normal
    fit (of ln V, V in um**3), ``skew_log`` the skewness of ln V. ``modes`` counts the maxima
    of a kernel density of ln V (Silverman's bandwidth) that stand out by 2 % of the highest:
    two modes may well have no skew. ``ks_p`` is the p value
    of Kolmogorov and Smirnov of ln V against the normal law fitted to it, averaged over
    `samples` random samples of `sample_size` spines, and ``ks_share`` the share of
    the samples with p > 0.05. (Fitting makes p larger than that of a law known before.)
    """

    kind: Literal["size_distribution"]
    give: Literal[
        "mean", "median", "cv", "mean_log", "sd_log", "skew_log", "modes", "ks_p", "ks_share"
    ]  # fmt: skip
    sample_size: Annotated[int, Field(ge=8)] = 500
    samples: Many = 20


class TailExponent(VisitedMeasure):
    """The exponent g of a density V^-g in the tail above `smallest`.

    ``hill`` is the maximum-likelihood estimator for all spines above; ``regression``
    fits a line to the log density of `bins` logarithmic bins up to `largest` (default:
    the largest spine).
    """

    kind: Literal["tail_exponent"]
    smallest: str
    largest: str | None = None
    method: Literal["hill", "regression"] = "hill"
    bins: Bins = 12


class PairMeasure(SpineMeasure):
    """A measure of size and its change over `lag`, at every lag of the phase in turn.

    Of spines seen at both visits, pooled over the phase. Spines are sorted by size at
    the first visit into `bins` with as many spines in each at the phase's start.
    """

    lag: str = "1 day"
    bins: Bins = 10


class Fluctuation(PairMeasure):
    """How the change of size depends on size.

    ``curve``: standard deviation of the change for each bin, against its `size` (the root
    of its mean square: where the two are proportional, so are those of a wide bin);
    ``exponent``: slope of the curve on logarithmic axes, unweighted; ``slope``: on linear
    ones; ``correlation`` of |change| with size over all spines; ``sd`` of all changes.
    Head area is that of the disc of a sphere with the head's volume: V = 4/3 A^1.5/sqrt(pi).
    """

    kind: Literal["fluctuation"]
    give: Literal["curve", "exponent", "slope", "correlation", "sd"]
    size: Literal["volume", "area"] = "volume"

    @property
    def own_axes(self) -> dict[str, str]:
        """The size of a curve."""
        unit = "um**3" if self.size == "volume" else "um**2"
        return {"size": unit} if self.give == "curve" else {}


class Kesten(PairMeasure):
    """Successive volumes as a Kesten process, x' = factor*x + addition.

    ``factor`` and ``addition``: slope and intercept of x' on x; ``factor_sd`` and
    ``addition_sd``: from a line through the variance of x' about them against x**2, over
    bins, each with the relative weight of a sample variance.
    """

    kind: Literal["kesten"]
    give: Literal["factor", "factor_sd", "addition", "addition_sd"]


class Autocorrelation(SpineMeasure):
    """Correlation of size at the start of a phase and at later lags.

    Of spines seen at the start and at the longest lag, so that it is the same ones at
    every lag; of ln V, or of V when `log` is false.
    """

    kind: Literal["autocorrelation"]
    lags: Annotated[tuple[str, ...], Field(min_length=1)]
    log: bool = True

    @property
    def own_axes(self) -> dict[str, str]:
        """The lag."""
        return {"lag": parse_quantity(self.lags[0])[1]}
