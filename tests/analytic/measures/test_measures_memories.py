"""The contrast of a pattern, counted site by site through births and eliminations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neurospine import Protocol, load_model, measure, simulate
from neurospine.errors import ProtocolError, ResultError

SITES, REPEATS, DAY = 40, 2, 86400.0
MEASURE = {
    "kind": "memory_contrast", "meaning": "M", "projection": "trained_sites",
    "against": "other_sites", "phase": "night_1", "last": "night_2",
}  # fmt: skip
PAIRS = {
    "kind": "pairing", "presynaptic": "trained_axons", "postsynaptic": "cell",
    "interval": "10 ms", "rate": "10 Hz", "count": 3,
}  # fmt: skip


def protocol(**changed: Any) -> Protocol:
    measured = {**MEASURE, **changed}
    new = {**measured, "formed_since": "session_1"}
    return Protocol(
        name="p", step="1 ms", spine_step="500 ms", record_every="500 ms", repeats=REPEATS,
        model={"circuit": "trained_cell"},
        phases=[
            {"name": "before", "kind": "consolidation", "duration": "4 day", "tick": "6 hour",
             "record_every": "4 day"},
            {"name": "session", "duration": "500 ms", "stimuli": [PAIRS]},
            {"name": "night", "kind": "consolidation", "duration": "2 day", "tick": "6 hour",
             "record_every": "1 day"},
        ],
        cycle={"phases": ["session", "night"], "count": 2},
        measures={
            "difference": measured, "d_prime": {**measured, "give": "d_prime"},
            "kept": {**measured, "give": "kept"}, "new": new,
            "new_d_prime": {**new, "give": "d_prime"},
        },
    )  # fmt: skip


def simulated(**given: Any) -> Any:
    values = {"n_sites": SITES, "birth_rate": "0.3 / day", "elimination_rate": "1 / day",
              "elimination_volume": 0.1}  # fmt: skip
    model = load_model("trained_cell").with_parameters(values)
    return simulate(model, protocol(), backend="numpy", seed=3, **given)


@pytest.fixture(scope="module")
def run() -> Any:
    return simulated()


def weights(run: Any, projection: str, repeat: int, time: float, since: float) -> list[float]:
    """The weight of every site, from the contacts alive then and born since a time."""
    spines = run.spines[projection]
    at = int(np.argmin(np.abs(spines["time"].values - time)))
    found = np.zeros(SITES)
    for contact in run.contacts[projection].itertuples():
        born = -1.0 if np.isnan(contact.birth) else contact.birth
        died = np.inf if np.isnan(contact.death) else contact.death
        if contact.repeat == repeat and since <= born <= time < died:
            found[contact.slot % SITES] = spines["weight"].values[at, contact.slot]
    return found.tolist()


def test_contrast_is_that_of_mean_weights_of_sites(run: Any) -> None:
    phases = run.info.phases
    times = [phases["start"][2], *phases["stop"][[2, 4]]]
    session = float(phases["start"][1])
    expected: dict[str, list[list[float]]] = {name: [] for name in protocol().measures}
    for repeat in range(REPEATS):
        rows = []
        for time in times:
            trained, others = (
                weights(run, name, repeat, time, -1.0) for name in ("trained_sites", "other_sites")
            )
            new, other_new = (
                weights(run, name, repeat, time, session)
                for name in ("trained_sites", "other_sites")
            )
            rows.append((np.mean(trained) - np.mean(others), np.std(others, ddof=1),
                         np.mean(new) - np.mean(other_new)))  # fmt: skip
        contrast, spread, fresh = np.array(rows).T
        for name, values in (
            ("difference", contrast), ("d_prime", contrast / spread),
            ("kept", contrast / contrast[0]), ("new", fresh), ("new_d_prime", fresh / spread),
        ):  # fmt: skip
            expected[name].append(values)
    tables = measure(run, protocol())
    assert np.abs(expected["new"]).max() > 0
    for name, values in expected.items():
        np.testing.assert_allclose(tables[name]["value"], np.mean(values, axis=0), rtol=1e-9)
        assert tables[name]["time"].round(3).tolist() == [0, 2, 4]


@pytest.mark.parametrize(("disorder", "receptors"), [((), 1.0), ("nmda_hypofunction", 0.6)])
def test_pairs_enlarge_the_spines_of_the_pattern(disorder: Any, receptors: float) -> None:
    """By the same amount each, in proportion to NMDA receptors; glutamate stays for 50 ms."""
    run = simulated(disorder=disorder)
    session = float(run.info.phases["start"][1])
    spines = run.spines["trained_sites"]
    at = int(np.argmin(np.abs(spines["time"].values - session)))
    filled = np.mean(spines["stage"].values[at] != 0)
    pair = 0.0357 * (receptors * np.exp(-10 / 50) + (0.044 * receptors) ** 2)  # of weight 1
    table = measure(run, protocol(phase="session_1", last="session_1"))["difference"]
    before, after = table["value"]
    assert 0.1 < filled < 0.9
    assert after - before == pytest.approx(3 * pair * filled, rel=0.01)  # half a second of noise


def test_wrong_phases_are_refused() -> None:
    for changed, words in (
        ({"last": "night_9"}, "last: unknown name 'night_9'"),
        ({"phase": "night_2", "last": "night_1"}, "last: must be 'night_2' or a later"),
        ({"last": "session_2"}, "last: must be 'night_1' or a later phase of its kind"),
        ({"formed_since": "session_7"}, "formed_since: unknown name 'session_7'"),
        ({"unit": "mV"}, "unit"),
    ):
        with pytest.raises(ProtocolError, match=words):
            protocol(**changed)


def test_a_projection_that_is_not_there_is_refused(run: Any) -> None:
    for key in ("projection", "against"):
        with pytest.raises(ResultError, match=r"no projection 'trained'.*'trained_sites'"):
            measure(run, protocol(**{key: "trained"}))
