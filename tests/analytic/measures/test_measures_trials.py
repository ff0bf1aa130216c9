"""Measures by trial, on spikes and sizes that are put where they are known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neurospine import Model, Protocol, measure, simulate
from neurospine.errors import ProtocolError
from neurospine.simulation.plan import make_plan

CIRCUIT = """
kind    = "circuit"
name    = "trained"
summary = "Axons onto cells whose spines learn from pairs."
populations.axons.size = 3
populations.cells.size = 2
[projections.spines]
from         = "axons"
to           = "cells"
spine        = "pair_stdp"
delay        = "axonal_delay"
connectivity = { rule = "all_to_all" }
[parameters]
axonal_delay = { value = 0.0, unit = "ms", source = "assumed", meaning = "Delay" }
"""
TRIALS = 4
#: One spike of each axon at 100 ms, and so many of each cell at 60 ms, or at 300 ms, in a trial.
AXONS = {"kind": "volley", "population": "axons", "count": 3, "start": "late"}
BEFORE = {"kind": "regular", "population": "cells", "rate": "100 Hz", "count": 1, "start": "60 ms"}
AFTER = {"kind": "regular", "population": "cells", "rate": "100 Hz", "count": 5, "start": "300 ms"}
RESPONSE = {"kind": "trial_response", "population": "cells", "phase": "go"}
SIZE = {"kind": "trial_size", "projection": "spines", "phase": "go"}
MEASURES: dict[str, dict[str, Any]] = {
    "rate": {**RESPONSE, "start": "300 ms", "stop": "400 ms"},
    "over": {**RESPONSE, "start": "300 ms", "stop": "400 ms", "baseline": ("50 ms", "100 ms")},
    "more": {**RESPONSE, "minus": "stay"},
    "axis": {**RESPONSE, "population": "axons", "start": "late", "stop": "300 ms"},
    "pairs": {**RESPONSE, "together": 2, "cells": (1,)},
    "once": {**RESPONSE, "phase": "rest"},
    "size": SIZE,
    "first": {**SIZE, "population": "axons", "axons": (0, 1), "variable": "weight"},
    "blocks": {**SIZE, "together": 2},
}  # fmt: skip


def make(**changes: dict[str, Any]) -> Protocol:
    measures = {name: {"meaning": name, **facts} for name, facts in changes.items()}
    go = {"name": "go", "duration": "500 ms", "stimuli": (AXONS, BEFORE, AFTER)}
    stay = {"name": "stay", "duration": "500 ms", "stimuli": (BEFORE,)}
    return Protocol(
        name="trials", step="1 ms", record_every="500 ms", repeats=2, measures=measures,
        conditions={"late": {"values": (100, 280), "unit": "ms", "meaning": "When axons fire"}},
        phases=({"name": "rest", "duration": "500 ms"}, go, stay),
        cycle={"phases": ("go", "stay"), "count": TRIALS},
    )  # fmt: skip


@pytest.fixture(scope="module")
def found() -> Any:
    protocol = make(**MEASURES)
    return measure(simulate(Model.from_text(CIRCUIT), protocol, backend="numpy"), protocol)


def values(table: Any, late: float = 100) -> list[float]:
    return table[table["late"] == late]["value"].tolist()


def test_responses_are_rates_in_a_window_of_each_trial(found: Any) -> None:
    assert found["rate"]["trial"].tolist() == [1, 2, 3, 4] * 2
    assert values(found["rate"]) == pytest.approx([50] * TRIALS)  # 5 spikes in 100 ms
    assert values(found["over"]) == pytest.approx([50 - 20] * TRIALS)  # one in 50 ms is taken off
    assert values(found["more"]) == pytest.approx([(6 - 1) / 0.5] * TRIALS)
    for late in (100, 280):  # the start, which is included, may be a condition
        length = 0.3 - late * 1e-3
        assert values(found["axis"], late) == pytest.approx([1 / length] * TRIALS)


def test_trials_are_taken_together_and_one_phase_is_one_trial(found: Any) -> None:
    pairs = found["pairs"]
    assert pairs["trial"].tolist() == [1.5, 3.5] * 2
    assert values(pairs) == pytest.approx([6 / 0.5] * 2)
    assert found["once"]["trial"].tolist() == [1, 1]
    assert values(found["once"]) == [0]


def test_sizes_are_those_at_the_end_of_each_trial(found: Any) -> None:
    # pairs of -40 ms shrink, and those of 20 ms and more enlarge: as much in every trial but for
    # what traces of the trial before leave
    changes = {late: np.diff([0.1, *values(found["size"], late)]) for late in (100, 280)}
    assert (changes[100] < 0).all()
    assert (changes[280] > 0).all()
    assert values(found["first"]) == pytest.approx(10 * np.array(values(found["size"])))
    assert values(found["blocks"]) == values(found["size"])[1::2]
    assert found["blocks"]["trial"].tolist() == [1.5, 3.5] * 2


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({**RESPONSE, "phase": "went"}, "phase: unknown name 'went'. Did you mean 'rest'?"),
        ({**RESPONSE, "together": 3}, "together: 3 is no divisor of the 4 trials"),
        ({**RESPONSE, "stop": "1 s"}, "start and stop .0 to 1 s. are no window"),
        ({**RESPONSE, "baseline": ("2 ms", "1 ms")}, "baseline .0.002 to 0.001 s. are no window"),
        ({**RESPONSE, "minus": "rest"}, "minus: 1 trials of 'rest', but 4 of 'go'"),
        ({**SIZE, "axons": (0, 1)}, "axons and population go together"),
        ({**SIZE, "axons": (1, 1), "population": "axons"}, "axons: .1, 1. are none"),
    ],
)  # fmt: skip
def test_measures_of_trials_that_are_not_there_are_refused(facts: Any, message: str) -> None:
    with pytest.raises(ProtocolError, match=rf"\[measures.wrong\]: {message}"):
        make(wrong=facts)


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({**RESPONSE, "population": "cell"}, "population: unknown name 'cell'"),
        ({**SIZE, "projection": "spine"}, "projection: unknown name 'spine'"),
        ({**SIZE, "axons": (0, 1), "population": "cells"}, "population: 'spines' comes from 'axon"),
    ],
)
def test_measures_of_what_the_model_lacks_are_refused(facts: Any, message: str) -> None:
    protocol = make(wrong=facts)
    with pytest.raises(ProtocolError, match=rf"\[measures.wrong\]: {message}"):
        make_plan(Model.from_text(CIRCUIT), protocol)
