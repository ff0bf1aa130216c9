"""What cells remember of spikes when a phase without activity has passed."""

from __future__ import annotations

import pytest

from neurospine import Protocol, simulate


def change(form: str, backend: str, *, activity: bool) -> float:
    """Return the change by a spike at the end of a day and one of the other cell after a night."""

    def spikes(population: str, time: float) -> dict[str, object]:
        return {
            "kind": "spike_list",
            "population": population,
            "cells": (0,),
            "times": (time,),
            "unit": "second",
        }

    night = {"name": "night", "kind": "consolidation", "duration": "8 hour"}
    protocol = Protocol(
        name="two_days",
        model={"circuit": "independent_pairs", "spine": "pair_stdp"},
        step="1 ms",
        record_every="1 s",
        phases=[
            {"name": "evening", "duration": "1 s", "stimuli": [spikes("presynaptic", 0.999)]},
            {**night, "record_every": "8 hour", **({"activity": "evening"} if activity else {})},
            {"name": "morning", "duration": "1 s", "stimuli": [spikes("postsynaptic", 0.004)]},
        ],
    )
    run = simulate(None, protocol, backend=backend, form=form)  # type: ignore[arg-type]
    weight = run.spines["pair"]["weight"].values[:, 0]
    return float(weight[-1] - weight[0])


@pytest.mark.parametrize(
    ("form", "backend"),
    [
        ("textbook", "numpy"),
        ("neuron_traces", "numpy"),
        ("folded", "numpy"),
        pytest.param("folded", "cpp", marks=[pytest.mark.cpp, pytest.mark.slow]),
    ],
)
def test_a_night_without_activity_is_not_paired_over(form: str, backend: str) -> None:
    assert change(form, backend, activity=False) == 0


@pytest.mark.parametrize(
    "form",
    [
        pytest.param("textbook", marks=pytest.mark.slow),
        pytest.param("neuron_traces", marks=pytest.mark.slow),
        "folded",
    ],
)
def test_a_sampled_night_goes_on_where_the_sample_was(form: str) -> None:
    assert change(form, "numpy", activity=True) > 0.005
