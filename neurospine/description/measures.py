"""What a protocol may measure, and the checks of what it says.

Published numbers of spine imaging depend on definitions (which spines count, how often
they are looked at, what a lag of silence means), so each of them is a key of a measure.
Durations and volumes are texts with a unit, such as "8 day" or "0.02 um**3".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from neurospine.description.change_measures import SizeChange, check_size_change
from neurospine.description.imaging_measures import (
    Ages,
    Density,
    KaplanMeier,
    Lifetime,
    Occupancy,
    PersistentFraction,
    Survival,
    Turnover,
)
from neurospine.description.measure_tables import (
    RELATIVE,
    Effect,
    ExponentialFit,
    MeasureTable,
    PhaseMeasure,
    Ratio,
    RelativeChange,
    Summation,
    known,
)
from neurospine.description.network_measures import (
    AssemblyStrength,
    MemoryContrast,
    PhasesMeasure,
    check_phases,
)
from neurospine.description.neuron_checks import check_neuron_measure
from neurospine.description.neuron_measures import (
    Attenuation,
    FiringRate,
    FirstSpikeLatency,
    InputResistance,
    IsiVariation,
    NeuronMeasure,
    PeakDeflection,
    RestingPotential,
    Sag,
    SpikeCount,
    TimeConstant,
    TraceDurationAbove,
)
from neurospine.description.remodelling_measures import CohortLoss, NearLost, check_remodelling
from neurospine.description.shape_measures import PairCorrelation, Shape, ShapeCorrelation
from neurospine.description.size_measures import (
    Autocorrelation,
    Fluctuation,
    Kesten,
    SizeDistribution,
    TailExponent,
)
from neurospine.description.trial_measures import (
    TrialMeasure,
    TrialResponse,
    TrialSize,
    check_trials,
)
from neurospine.description.units import convert, parse_quantity, seconds, whole_steps
from neurospine.errors import ProtocolError, UnitError

if TYPE_CHECKING:
    from neurospine.description.protocol import Protocol

Measure = Annotated[
    RelativeChange | ExponentialFit | Ratio | Effect | Density | Turnover | Survival
    | PersistentFraction | KaplanMeier | Lifetime | SizeDistribution | TailExponent
    | Fluctuation | Kesten | Autocorrelation | Occupancy | Ages | Summation | FiringRate
    | SpikeCount | IsiVariation | FirstSpikeLatency | RestingPotential | PeakDeflection
    | Attenuation | TraceDurationAbove | InputResistance | Sag | TimeConstant | Shape
    | ShapeCorrelation | PairCorrelation | AssemblyStrength | MemoryContrast | SizeChange
    | NearLost | CohortLoss | TrialResponse | TrialSize,
    Field(discriminator="kind"),
]  # fmt: skip

#: Keys that hold a duration (or several), and those that hold a volume.
_DURATIONS = ("every", "lag", "lags", "lasting", "older_than")
_VOLUMES = ("detection", "smaller_than", "larger_than", "smallest", "largest")


def check_measures(protocol: Protocol) -> None:
    """Raise a `ProtocolError` if a measure names what is not there or has a wrong quantity."""
    for name, measure in protocol.measures.items():
        place = f"[measures.{name}]"
        if isinstance(measure, PhaseMeasure | RelativeChange):
            known(f"{place}: phase", measure.phase, protocol.phase_times())
        if isinstance(measure, PhaseMeasure):
            _check_quantities(protocol, measure, place)
        if isinstance(measure, NeuronMeasure):
            check_neuron_measure(protocol, measure, place)
        if isinstance(measure, PhasesMeasure):
            check_phases(protocol, measure, place)
        if isinstance(measure, SizeChange):
            check_size_change(protocol, measure, place)
        if isinstance(measure, TrialMeasure):
            check_trials(protocol, measure, place)
        if isinstance(measure, NearLost | CohortLoss):
            check_remodelling(protocol, measure, place)
        if isinstance(measure, Density):
            _check_classes(protocol, measure, place)
        if isinstance(measure, Turnover) and measure.per == "slots" and measure.give == "turnover":
            raise ProtocolError(f"{place}: per: 'slots' goes with give = 'gained' or 'lost'")
    for name, measure in protocol.measures.items():
        if isinstance(measure, RELATIVE):
            _check_relative(protocol, measure, f"[measures.{name}]")
    for name, measure in protocol.measures.items():
        if isinstance(measure, ExponentialFit):
            _check_fit(protocol, measure, f"[measures.{name}]")


def axes_of(protocol: Protocol, measure: MeasureTable) -> dict[str, str]:
    """Return the unit of each own axis of a measure; a relative one has those of the other."""
    if isinstance(measure, RELATIVE):
        return protocol.measures[measure.of].own_axes
    return measure.own_axes


def _check_fit(protocol: Protocol, measure: ExponentialFit, place: str) -> None:
    known(f"{place}: of", measure.of, protocol.measures)
    of = protocol.measures[measure.of]
    if isinstance(of, ExponentialFit):
        raise ProtocolError(f"{place}: of: must be a measure by condition")
    own = axes_of(protocol, of)
    known(f"{place}: axis", measure.axis, {**protocol.conditions, **own})
    words = measure.axis == "stage" or (
        measure.axis in protocol.conditions
        and isinstance(protocol.conditions[measure.axis].values[0], str)
    )
    if words:
        raise ProtocolError(f"{place}: axis: {measure.axis!r} holds words, no numbers")


def _check_relative(protocol: Protocol, measure: Ratio | Effect | Summation, place: str) -> None:
    known(f"{place}: of", measure.of, protocol.measures)
    if isinstance(protocol.measures[measure.of], (ExponentialFit, *RELATIVE)):
        raise ProtocolError(f"{place}: of: must be a measure by condition, no ratio or fit")
    if isinstance(measure, Effect):
        known(f"{place}: axis", measure.axis, protocol.conditions)
        _check_reference(protocol, {measure.axis: measure.reference}, place)
        if len(set(protocol.conditions[measure.axis].values)) < 2:
            raise ProtocolError(f"{place}: axis: {measure.axis} has no value but the reference")
        return
    if isinstance(measure, Summation):
        known(f"{place}: axis", measure.axis, protocol.conditions)
        if isinstance(protocol.conditions[measure.axis].values[0], str):
            raise ProtocolError(f"{place}: axis: {measure.axis!r} holds words, no numbers")
    _check_reference(protocol, measure.reference, place)


def _check_reference(protocol: Protocol, reference: Mapping[str, float | str], place: str) -> None:
    if not reference:
        raise ProtocolError(f"{place}: reference: names no condition")
    for axis, value in reference.items():
        known(f"{place}: reference", axis, protocol.conditions)
        values = protocol.conditions[axis].values
        if value not in values:
            shown = ", ".join(f"{v:g}" if isinstance(v, float) else v for v in values)
            raise ProtocolError(f"{place}: reference: {axis} is never {value!r}, but {shown}")


def _check_quantities(protocol: Protocol, measure: PhaseMeasure, place: str) -> None:
    start, stop = protocol.phase_times()[measure.phase]
    facts = measure.model_dump()
    for key in _DURATIONS:
        value = facts.get(key)
        for text in (value,) if isinstance(value, str) else value or ():
            length = _quantity(f"{place}: {key}", text, "second")
            if length < 0 or (length == 0 and key != "lags"):
                raise ProtocolError(f"{place}: {key}: must be positive, found {text}")
            if length > (stop - start) * (1 + 1e-9) and key != "older_than":
                raise ProtocolError(
                    f"{place}: {key}: {text} is longer than the phase {measure.phase!r}"
                )
    for key in _VOLUMES:
        text = facts.get(key)
        if text is not None and _quantity(f"{place}: {key}", text, "um**3") < 0:
            raise ProtocolError(f"{place}: {key}: must not be negative, found {text}")
    if "unit" in facts:
        _quantity(f"{place}: unit", f"1 {facts['unit']}", "second")
    if not isinstance(measure, KaplanMeier):  # which reads births and deaths, no snapshots
        _check_visits(protocol, measure, place)


def _check_classes(protocol: Protocol, measure: Density, place: str) -> None:
    if measure.bins is None:
        return
    if "size" in protocol.conditions:
        raise ProtocolError(f"{place}: has a column 'size' of its own: call no condition so")
    if measure.smaller_than or measure.larger_than:
        raise ProtocolError(f"{place}: bins: have edges, so no 'smaller_than' or 'larger_than'")
    for text in measure.bins:
        if _quantity(f"{place}: bins", text, "um**3") < 0:
            raise ProtocolError(f"{place}: bins: must not be negative, found {text}")
    for low, high in measure.edges:
        if not low < high:
            raise ProtocolError(f"{place}: bins: {high:g} um**3 does not come after {low:g} um**3")


def _check_visits(protocol: Protocol, measure: PhaseMeasure, place: str) -> None:
    """Raise a `ProtocolError` if there will be no snapshot to look at."""
    facts = measure.model_dump()
    every, lags = facts.get("every"), [*(facts.get("lags") or ()), facts.get("lasting")]
    for lag in filter(None, lags):
        if every is not None and whole_steps(seconds(lag), seconds(every)) is None:
            raise ProtocolError(f"{place}: lag {lag} is no multiple of every = {every}")
    (phase,) = (p for p in protocol.epochs if p.name == measure.phase)
    snapshot = protocol.recorded_every(phase)
    for text in filter(None, (every, facts.get("lag"), *lags)):
        if whole_steps(seconds(text), snapshot) is None:
            raise ProtocolError(
                f"{place}: {text} is no multiple of the interval between snapshots of the phase "
                f"{measure.phase!r}, {snapshot:g} s"
            )


def _quantity(place: str, text: str, unit: str) -> float:
    try:
        return convert(*parse_quantity(text), unit)
    except UnitError as error:
        raise ProtocolError(f"{place}: {error}") from None
