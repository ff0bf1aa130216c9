"""Where spines come after others were lost, and what becomes of them, against tables by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from neurospine import Protocol, measure
from neurospine.errors import ProtocolError, ResultError

NEVER = np.nan
PHASES = {"first": (0, 1), "second": (1, 2), "third": (2, 3)}

#: Slots at 0, 1, 5, 20 and 21 um of one dendrite, and at 1.5 um of another. In the first phase
#: those at 0 and 20 um are lost. In the second come one at 0 um (again), at 1 um, at 5 um and at
#: 1.5 um of the other dendrite. In the third those at 0 and 5 um go.
CONTACTS = [(0, NEVER, 0.5), (0, 1.5, 2.5), (1, 1.2, NEVER), (2, 1.3, 2.2), (3, NEVER, 0.4),
            (4, NEVER, NEVER), (5, 1.4, NEVER)]  # fmt: skip
VOLUMES = [[0.1, 0, 0, 0.1, 0.1, 0], [0, 0, 0, 0, 0.1, 0], [0.1, 0.1, 0.1, 0, 0.1, 0.1],
           [0, 0.1, 0, 0, 0.1, 0.1]]  # fmt: skip
PLACES = {"position": [0.0, 1.0, 5.0, 20.0, 21.0, 1.5], "post": [0, 0, 0, 0, 0, 1]}


@pytest.fixture
def run(synthetic: Any) -> Any:
    return synthetic.trajectory(VOLUMES, CONTACTS, more=PLACES, phases=PHASES)


def protocol(**facts: Any) -> Protocol:
    phases = [{"name": name, "duration": "1 day"} for name in PHASES]
    return Protocol(name="p", step="1 s", record_every="1 day", phases=phases,
                    measures={"found": {"meaning": "Found", **facts}})  # fmt: skip


def value(run: Any, **facts: Any) -> float:
    table: pd.DataFrame = measure(run, protocol(**facts))["found"]
    (found,) = table["value"]
    return float(found)


@pytest.mark.parametrize(("within", "near"), [("0 um", 1), ("1 um", 2), ("4.9 um", 2), ("5 um", 3)])
def test_formed_spines_are_near_lost_ones_on_the_same_dendrite(
    run: Any, within: str, near: int
) -> None:
    facts = {"kind": "near_lost", "phase": "second", "lost_in": "first", "within": within}
    assert value(run, **facts) == near / 4


def test_chance_is_that_of_the_spines_that_are_there(run: Any) -> None:
    facts = {"kind": "near_lost", "phase": "second", "lost_in": "first", "of": "present"}
    assert value(run, **facts, within="1 um") == 1.0
    assert value(run, **facts, within="0.5 um") == 0.0
    excess = {**facts, "of": "excess"}
    assert value(run, **excess, within="1 um") == 2 / 4 - 1.0
    assert value(run, **excess, within="0 um") == 1 / 4


def test_a_cohort_is_lost_apart_from_the_others(run: Any) -> None:
    facts = {"kind": "cohort_loss", "phase": "third", "formed_in": "second"}
    assert value(run, **facts) == 2 / 4
    assert value(run, **facts, of="others") == 0.0


def test_spines_without_places_are_near_nothing(synthetic: Any) -> None:
    run = synthetic.trajectory(VOLUMES, CONTACTS, phases=PHASES)
    with pytest.raises(ResultError, match="on no dendrite"):
        value(run, kind="near_lost", phase="second", lost_in="first", within="2 um")


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"kind": "near_lost", "lost_in": "frist", "within": "2 um"}, "Did you mean 'first'"),
        ({"kind": "near_lost", "lost_in": "third", "within": "2 um"}, "does not end before"),
        ({"kind": "near_lost", "lost_in": "first", "within": "2 ms"}, "within"),
        ({"kind": "near_lost", "lost_in": "first", "within": "-2 um"}, "not be negative"),
        ({"kind": "cohort_loss", "formed_in": "third"}, "does not end before"),
        ({"kind": "turnover", "every": "1 day", "per": "slots"}, "gained"),
        ({"kind": "density", "bins": ["0.1 um**3", "0 um**3"]}, "does not come after"),
        ({"kind": "density", "bins": ["0 um**3", "1 um"]}, "bins"),
        ({"kind": "density", "bins": ["0 um**3", "1 um**3"], "larger_than": "1 um**3"}, "edges"),
    ],
)
def test_what_does_not_fit_is_refused(facts: dict[str, Any], message: str) -> None:
    with pytest.raises(ProtocolError, match=message):
        protocol(phase="second", **facts)


def test_gains_and_losses_are_counted_by_slot(run: Any) -> None:
    facts = {"kind": "turnover", "every": "1 day", "phase": "second", "per": "slots"}
    assert value(run, **facts, give="gained") == 4 / 6
    assert value(run, **facts, give="lost") == 0.0
    assert value(run, **{**facts, "per": "spines"}, give="gained") == 4.0


def test_density_counts_size_classes_from_both_ends(synthetic: Any) -> None:
    run = synthetic.trajectory([[0.05, 0.1, 0.2, 0.0]] * 4, phases=PHASES)
    facts = {"kind": "density", "phase": "first", "relative_to": "slots"}
    assert value(run, **facts, larger_than="0.1 um**3") == 2 / 4
    assert value(run, **facts, smaller_than="0.1 um**3") == 1 / 4
    assert value(run, **facts, larger_than="0.1 um**3", smaller_than="0.2 um**3") == 1 / 4


def test_size_classes_are_counted_apart(synthetic: Any) -> None:
    volumes = [[0.05, 0.1, 0.2, 0.0], [0.05, 0.05, 0.2, 0.1], [0.0, 0.1, 0.2, 0.2], [0.0] * 4]
    run = synthetic.trajectory(volumes, phases=PHASES)
    found = {"kind": "density", "phase": "first", "bins": ["0 um**3", "0.1 um**3", "0.3 um**3"]}
    table = measure(run, protocol(**found, relative_to="slots"))["found"]
    assert table["size"].tolist() == [0.05, 0.2]
    assert table["value"].tolist() == [2 / 4, 2 / 4]
    table = measure(run, protocol(**found, every="1 day"))["found"]
    assert table[["time", "size", "value"]].to_numpy().tolist() == [
        [0, 0.05, 1], [0, 0.2, 1], [1, 0.05, 2], [1, 0.2, 1],
    ]  # fmt: skip
