"""Axes and seeds as people write them, and the runs that they make."""

from __future__ import annotations

from typing import Any

import pytest

from neurospine import Model, NeurospineError, Protocol
from neurospine.sweeps.axes import read_seeds
from neurospine.sweeps.grid import LONGEST_NAME, Grid, Point, Run
from neurospine.sweeps.sweep import lay_out


def grid(days: Protocol, model: Model, over: dict[str, Any], seeds: Any = 0) -> Grid:
    return lay_out(days, over, model=model, seeds=seeds)


@pytest.mark.parametrize(
    ("text", "seeds"),
    [("0:3", (0, 1, 2)), ("3", (3,)), ("0:10:5,7", (0, 5, 7)), (range(2), (0, 1)), (4, (4,))],
)
def test_seeds(text: Any, seeds: tuple[int, ...]) -> None:
    assert read_seeds(text) == seeds


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0:3,1", "a seed is given twice"),
        ("3:3", "there is no seed"),
        ("a", "write a range"),
        ("1:2:3:4", "write a range"),
        ("-1", "whole numbers from 0"),
        ([1.5j], "write a range"),
    ],
)
def test_wrong_seeds(text: Any, message: str) -> None:
    with pytest.raises(NeurospineError, match=message):
        read_seeds(text)


def test_all_combinations_run_with_every_seed(days: Protocol, dendrite: Model) -> None:
    over = {"slope_factor": "1, 1.5", "disorder": ["control", "fragile_x"]}
    found = grid(days, dendrite, over, "0:2")
    assert found.size == len(found.runs()) == 8
    assert [run.name for run in found.runs()][:3] == [
        "slope_factor=1-disorder=control-seed=0",
        "slope_factor=1-disorder=fragile_x-seed=0",
        "slope_factor=1.5-disorder=control-seed=0",
    ]
    assert len({run.name for run in found.runs()}) == 8


def test_values_reach_the_model(days: Protocol, dendrite: Model) -> None:
    over = {"disorder": ["control", "fragile_x"], "slope_factor": [1.5]}
    control, changed = grid(days, dendrite, over).points()
    assert control.model.control["slope_factor"].value == 1.5
    assert control.model.number("dendrite", "n_sites") == 300
    assert control.model.differences(changed.model)
    assert not control.model.differences(dendrite.with_parameters(slope_factor=1.5))


def test_the_same_value_in_other_words_is_the_same_run(days: Protocol, dendrite: Model) -> None:
    names = {
        grid(days, dendrite, {"tau_drift": [value]}).runs()[0].name
        for value in ("12 day", "12day", "288 hour", 12, 12.0)
    }
    assert names == {"tau_drift=12day-seed=0"}


def test_a_set_comes_before_single_values(days: Protocol, dendrite: Model) -> None:
    over = {"slope_factor": [3.0], "set": ["v1_adult", "cortex_young_adult"]}
    models = [point.model for point in grid(days, dendrite, over).points()]
    assert [model.control["slope_factor"].value for model in models] == [3.0, 3.0]
    assert models[0].differences(models[1])


def test_long_names_are_cut_and_stay_different(dendrite: Model) -> None:
    runs = [
        Run(Point({}, "a" * 200 + end, dendrite), seed) for end in ("b", "c") for seed in (1, 2)
    ]
    assert len({run.name for run in runs}) == 4
    assert max(len(run.name) for run in runs) <= LONGEST_NAME


@pytest.mark.parametrize(
    ("over", "message"),
    [
        ({"slope_factr": [1]}, "--over slope_factr: no parameter 'slope_factr'. Did you mean"),
        ({"slope_factor": [-1]}, "--over slope_factor: .* is outside its range"),
        ({"birth_rate": ["1 ms"]}, "--over birth_rate: .* counted in"),
        ({"slope_factor": [1, 1.0]}, "slope_factor=1 is given twice"),
        ({"slope_factor": []}, "--over slope_factor: no values"),
        ({"slope_factor": [1], "log_drift.slope_factor": [2]}, "is the same parameter as"),
        ({"n_sites": [10, 20]}, "n_sites is swept, so no other value can be given"),
        (
            {"set": ["v1_adlt"]},
            "--over set: .* no parameter set 'v1_adlt'. Did you mean 'v1_adult'",
        ),
        ({"disorder": ["fragile"]}, "--over disorder: no disorder named 'fragile'"),
        ({"lag": [1]}, "--over lag: .*"),
    ],
)
def test_wrong_axes(days: Protocol, dendrite: Model, over: dict[str, Any], message: str) -> None:
    with pytest.raises(NeurospineError, match=message):
        grid(days, dendrite, over).points()


def test_a_set_does_not_undo_a_given_value(days: Protocol) -> None:
    model = days.default_model().with_parameters(tau_drift="12 day")
    with pytest.raises(NeurospineError, match=r"cortex_young_adult changes log_drift\.tau_drift"):
        grid(days, model, {"set": ["cortex_young_adult"]}).points()
