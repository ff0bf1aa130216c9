"""How much two groups of numbers differ, with 95 % confidence intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace

import numpy as np
import scipy

from neurospine.analysis.repeats import CONFIDENCE, Array

_TAIL = (1 - CONFIDENCE) / 2
#: The key of the random numbers of the bootstrap.
_RESAMPLING = 1979
#: Noncentral t is not worked out beyond this.
_LARGEST_T = 1000.0
#: Differences within this share of the numbers are none: of rounding, or of how fits converge.
_ROUNDING = 1e-9
_NONE = (math.nan, math.nan)


@dataclass(frozen=True)
class Effect:
    """How values differ from those of control; what is not known is no number.

    Attributes
    ----------
    n, n_control
        How many there are of each; of pairs both are the same.
    control, value
        The two means.
    difference, low, high
        Value minus control, and the ends of its interval.
    percent, percent_low, percent_high
        The difference in percent of the size of control.
    effect_size, effect_low, effect_high
        The standardised difference, without the bias of small samples: of pairs the mean
        difference over the standard deviation of differences, else Hedges' g.
    """

    n: int
    n_control: int
    control: float
    value: float
    difference: float
    low: float = math.nan
    high: float = math.nan
    percent: float = math.nan
    percent_low: float = math.nan
    percent_high: float = math.nan
    effect_size: float = math.nan
    effect_low: float = math.nan
    effect_high: float = math.nan

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval of the difference has no zero in it, beyond rounding."""
        rounding = _ROUNDING * max(abs(self.control), abs(self.value))
        return abs(self.difference) > rounding and (self.low > 0 or self.high < 0)


#: The columns of a table of effects.
COLUMNS = tuple(field.name for field in fields(Effect))


def paired_effect(control: Array, value: Array, resamples: int = 0) -> Effect:
    """Return the effect in pairs: element k of one goes with element k of the other.

    Parameters
    ----------
    control, value
        Shape (pairs,).
    resamples
        With 0 the interval of the difference is that of Student's t over pairs, the one of the
        percentage that of the ratio of means linearised, and the one of the standardised
        difference that of noncentral t: all exact for normal differences, or nearly. Otherwise
        that many samples of pairs are drawn with a fixed key (bias-corrected and accelerated
        bootstrap), which does not take differences for normal and wants ten pairs or more.
    """
    moved = value - control
    effect = _start(control, value)
    if moved.size < 2:
        return effect
    if resamples:
        return _resampled(effect, control, value, resamples, paired=True)
    n, spread = moved.size, float(moved.std(ddof=1))
    half = float(scipy.stats.t.ppf(1 - _TAIL, n - 1)) * spread / math.sqrt(n)
    effect = replace(effect, low=effect.difference - half, high=effect.difference + half)
    if effect.control:
        linear = (value - effect.value / effect.control * control) / effect.control
        half = 100 * float(scipy.stats.t.ppf(1 - _TAIL, n - 1) * linear.std(ddof=1)) / math.sqrt(n)
        effect = _percent(effect, half)
    if spread > _dust(control, value):
        size = effect.difference / spread
        ends = _noncentral(size * math.sqrt(n), n - 1, math.sqrt(n))
        effect = _standardised(effect, size, ends, n - 1)
    return effect


def unpaired_effect(control: Array, value: Array, resamples: int = 0) -> Effect:
    """Return the effect between two groups that have nothing to do with each other.

    The interval of the difference is Welch's, that of the percentage takes the same degrees of
    freedom; Hedges' g has the pooled standard deviation. `resamples` as in `paired_effect`.
    """
    effect = _start(control, value)
    n, m = value.size, control.size
    if min(n, m) < 2:
        return effect
    if resamples:
        return _resampled(effect, control, value, resamples, paired=False)
    own, theirs = float(value.var(ddof=1)) / n, float(control.var(ddof=1)) / m
    pooled = math.sqrt((own * n * (n - 1) + theirs * m * (m - 1)) / (n + m - 2))
    if pooled <= _dust(control, value):
        return _percent(replace(effect, low=effect.difference, high=effect.difference), 0.0)
    freedom = (own + theirs) ** 2 / (own**2 / (n - 1) + theirs**2 / (m - 1))
    quantile = float(scipy.stats.t.ppf(1 - _TAIL, freedom))
    half = quantile * math.sqrt(own + theirs)
    effect = replace(effect, low=effect.difference - half, high=effect.difference + half)
    if effect.control:
        quotient = effect.value / effect.control
        spread = math.sqrt(own + quotient**2 * theirs) / abs(effect.control)
        effect = _percent(effect, 100 * quantile * spread)
    root = math.sqrt(n * m / (n + m))
    size = effect.difference / pooled
    return _standardised(effect, size, _noncentral(size * root, n + m - 2, root), n + m - 2)


def _start(control: Array, value: Array) -> Effect:
    ours, theirs = (float(v.mean()) if v.size else math.nan for v in (value, control))
    percent = 100 * (ours - theirs) / abs(theirs) if theirs else math.nan
    return Effect(value.size, control.size, theirs, ours, ours - theirs, percent=percent)


def _percent(effect: Effect, half: float) -> Effect:
    return replace(effect, percent_low=effect.percent - half, percent_high=effect.percent + half)


def _standardised(effect: Effect, size: float, ends: tuple[float, float], freedom: int) -> Effect:
    """Return an effect with its standardised difference, as Hedges corrected it."""
    factor = math.exp(
        math.lgamma(freedom / 2) - math.lgamma((freedom - 1) / 2) - math.log(freedom / 2) / 2
    ) if freedom > 1 else math.nan  # fmt: skip
    low, high = (end * factor for end in ends)
    return replace(effect, effect_size=size * factor, effect_low=low, effect_high=high)


def _noncentral(t: float, freedom: int, root: float) -> tuple[float, float]:
    """Return the interval of a standardised difference whose t is known, uncorrected."""
    if abs(t) > _LARGEST_T:
        return _NONE
    if t < 0:  # where the function of the library is not accurate
        low, high = _noncentral(-t, freedom, root)
        return -high, -low

    # With t at 0 or above no end is below -1.96.
    def end(probability: float) -> float:
        def beyond(shift: float) -> float:
            return float(scipy.stats.nct.cdf(t, freedom, shift)) - probability

        reach = t + 10.0 + 5 * t / math.sqrt(freedom)
        try:
            return float(scipy.optimize.brentq(beyond, -2.5, reach)) / root
        except ValueError:
            return math.nan

    return end(1 - _TAIL), end(_TAIL)


def _dust(control: Array, value: Array) -> float:
    """Return what differences come to by rounding alone."""
    return _ROUNDING * float(max(np.abs(control).max(), np.abs(value).max()))


def _resampled(
    effect: Effect, control: Array, value: Array, resamples: int, *, paired: bool
) -> Effect:
    """Return an effect with intervals of the bootstrap."""
    n, m = value.size, control.size
    freedom = n - 1 if paired else n + m - 2

    def difference(a: Array, b: Array, axis: int) -> Array:
        return np.asarray(b.mean(axis) - a.mean(axis))

    def percent(a: Array, b: Array, axis: int) -> Array:
        return np.asarray(100 * difference(a, b, axis) / np.abs(a.mean(axis)))

    def standardised(a: Array, b: Array, axis: int) -> Array:
        if paired:
            spread = (b - a).std(axis, ddof=1)
        else:
            squares = a.var(axis, ddof=1) * (m - 1) + b.var(axis, ddof=1) * (n - 1)
            spread = np.sqrt(squares / freedom)
        return np.asarray(difference(a, b, axis) / spread)

    def ends(statistic: object) -> tuple[float, float]:
        found = scipy.stats.bootstrap(
            (control, value), statistic, paired=paired, vectorized=True, n_resamples=resamples,
            confidence_level=CONFIDENCE, method="BCa", rng=np.random.default_rng(_RESAMPLING),
        ).confidence_interval  # fmt: skip
        return float(found.low), float(found.high)

    spreads = [(value - control).std()] if paired else [control.std(), value.std()]
    if max(spreads) <= _dust(control, value):
        return replace(effect, low=effect.difference, high=effect.difference)
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = ends(difference)
        effect = replace(effect, low=low, high=high)
        if effect.control:
            low, high = ends(percent)
            effect = replace(effect, percent_low=low, percent_high=high)
        size = float(standardised(control, value, 0))
        return _standardised(effect, size, ends(standardised), freedom)
