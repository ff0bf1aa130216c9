"""Strength of assemblies, counted pair by pair through births and eliminations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neurospine import Protocol, load_model, measure, simulate
from neurospine.errors import ProtocolError, ResultError

CELLS, SIZE = 12, 4
MEASURE = {
    "kind": "assembly_strength", "meaning": "M", "projection": "recurrent",
    "population": "neurons", "size": SIZE, "phase": "days_1", "last": "days_3",
}  # fmt: skip


def protocol(**changed: Any) -> Protocol:
    measured = {**MEASURE, **changed}
    return Protocol(
        name="p", step="1 ms", spine_step="10 ms", record_every="10 ms",
        conditions={"slope": {"values": [1.0, 2.0], "meaning": "m",
                              "parameter": "log_drift.slope_factor"}},
        repeats=2,
        phases=[
            {"name": "sample", "duration": "10 ms"},
            {"name": "days", "kind": "consolidation", "duration": "2 day", "tick": "6 hour",
             "record_every": "1 day"},
        ],
        cycle={"phases": ["sample", "days"], "count": 3},
        measures={"ratio": measured, "kept": {**measured, "give": "kept"}},
    )  # fmt: skip


@pytest.fixture(scope="module")
def run() -> Any:
    values: dict[str, Any] = {
        "n_neurons": CELLS, "in_degree": 10, "birth_rate": "0.5 / day",
        "elimination_rate": "1 / day", "elimination_volume": 0.1, "drive_rate": "0 Hz",
    }  # fmt: skip
    model = load_model("recurrent_network", spine="living_spine").with_parameters(values)
    return simulate(model, protocol(), backend="numpy", seed=2)


def counted(run: Any, number: int, time: float) -> float:
    """The ratio in one copy of the circuit, by a sum over all pairs of cells."""
    weight = np.zeros((CELLS, CELLS))
    spines = run.spines["recurrent"]
    at = int(np.argmin(np.abs(spines["time"].values - time)))
    for contact in run.contacts["recurrent"].itertuples():
        born = -1.0 if np.isnan(contact.birth) else contact.birth
        died = np.inf if np.isnan(contact.death) else contact.death
        if contact.pre // CELLS == number and born <= time < died:
            size = float(spines["weight"].values[at, contact.slot])
            weight[contact.pre % CELLS, contact.post % CELLS] += size
    inside: list[float] = []
    outside: list[float] = []
    for a in range(CELLS):
        for b in range(CELLS):
            if a != b:
                (inside if a // SIZE == b // SIZE else outside).append(weight[a, b])
    return float(np.mean(inside) / np.mean(outside))


def test_the_ratio_is_that_of_mean_strengths_of_pairs(run: Any) -> None:
    assert run.contacts["recurrent"]["birth"].notna().sum() > 100
    tables = measure(run, protocol())
    phases = run.info.phases
    times = [phases["start"][1], *phases["stop"][[1, 3, 5]]]
    expected = np.array([[counted(run, copy, time) for time in times] for copy in range(4)])
    table = tables["ratio"]
    assert table["time"].round(3).tolist() == [0, 2, 4, 6] * 2
    assert table["slope"].tolist() == [1.0] * 4 + [2.0] * 4
    means = expected.reshape(2, 2, -1).mean(axis=1).ravel()
    np.testing.assert_allclose(table["value"], means, rtol=1e-12)
    kept = (expected - 1) / (expected[:, :1] - 1)
    means = kept.reshape(2, 2, -1).mean(axis=1).ravel()
    np.testing.assert_allclose(tables["kept"]["value"], means, rtol=1e-9)


def test_wrong_phases_and_units_are_refused() -> None:
    for changed, words in (
        ({"last": "days_9"}, "last: unknown name 'days_9'"),
        ({"phase": "days_2", "last": "days_1"}, "last: must be 'days_2' or a later"),
        ({"last": "sample_3"}, "last: must be 'days_1' or a later phase of its kind"),
        ({"unit": "mV"}, "unit"),
    ):
        with pytest.raises(ProtocolError, match=words):
            protocol(**changed)


def test_what_is_not_in_the_run_is_refused(run: Any) -> None:
    for changed, words in (
        ({"projection": "recurrents"}, "no projection 'recurrents'.*'recurrent'"),
        ({"population": "neuron"}, "no population 'neuron'.*'neurons'"),
        ({"size": 5}, "12 cells of 'neurons' are no assemblies of 5"),
        ({"size": 12}, "no assemblies of 12"),
    ):
        with pytest.raises(ResultError, match=words):
            measure(run, protocol(**changed))
