"""Single spines that enlarge, shrink, compete and are tagged, against independent integration."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurospine import load_model

pytestmark = pytest.mark.cpp

#: Changes of area: the tool spreads signals over whole ticks by another scheme.
SCHEME = 0.01
#: Relative, of volumes, when ticks are halved.
HALVED = 0.01
#: Of changes of volume over hours, with ticks of 10 and 30 s against 1 s.
TAGGED = 0.01


@pytest.fixture
def tool(shipped: Path) -> Any:
    spec = importlib.util.spec_from_file_location("tool", shipped / "tools" / "fit_structural.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def numbers() -> dict[str, float]:
    """What the files say, in s, um and um**3."""
    model = load_model("dendritic_line").with_set("ca1_slice")
    parts = {part.name: part for part in model.spines["spines"].parts}
    found = {}
    for name in ("structural", "competition"):
        for label, parameter in parts[name].parameters.items():
            factor = {"minute": 60.0}.get(parameter.unit, 1.0)
            found[label] = parameter.value * factor
    return found


def test_the_tool_fits_with_the_numbers_of_the_files(tool: Any, numbers: dict[str, float]) -> None:
    for name, value in tool.FIXED.items():
        assert numbers[name] == pytest.approx(value), name


def test_the_numbers_of_the_files_are_those_of_the_fit(
    tool: Any, numbers: dict[str, float]
) -> None:
    table = tool.rows({name: numbers[name] for name in (*tool.FIXED, *tool.START)})
    fitted = table[table["role"] == "calibration"]
    assert len(fitted) == 8
    assert (fitted["z"] ** 2).sum() < 1.5


def test_half_the_tick_gives_the_same(
    tool: Any, numbers: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    places, _ = tool.cluster(15)
    whole = tool.follow(numbers, places, tool.SLICE_VOLUME)
    monkeypatch.setattr(tool, "TICK", tool.TICK / 2)
    monkeypatch.setattr(tool, "PULSE_TICK", tool.PULSE_TICK / 2)
    monkeypatch.setitem(numbers, "enlargement", numbers["enlargement"] / 2)
    monkeypatch.setitem(numbers, "receptor_calcium", (1 + numbers["receptor_calcium"]) / 2)
    half = tool.follow(numbers, places, tool.SLICE_VOLUME)
    np.testing.assert_allclose(half, whole, rtol=HALVED)


@pytest.mark.parametrize("number", [1, 3, 15])
def test_spines_change_as_in_a_plain_integration(
    outcome: Any, tool: Any, numbers: dict[str, float], number: int
) -> None:
    measures = outcome("stimulated_together").measures
    places, distance = tool.cluster(number)
    area = tool.follow(numbers, places, tool.SLICE_VOLUME) ** (2 / 3) - 1
    table = measures["stimulated"]
    found = table[table["stimulated_spines"] == number].sort_values("time")["value"]
    np.testing.assert_allclose(found, area[:, places].mean(axis=1), atol=SCHEME)
    table = measures["neighbours"]
    found = table[table["stimulated_spines"] == number].sort_values("distance")["value"]
    edges = ((0.5, 2), (2, 5), (5, 10), (10, 15))
    expected = [area[-1][(distance >= a) & (distance < b)].mean() for a, b in edges]
    np.testing.assert_allclose(found, expected, atol=SCHEME)


@pytest.mark.slow
def test_only_the_share_of_responders_differs_between_adult_and_young(outcome: Any) -> None:
    table = outcome("uncaging_in_vivo").measures["enlargement"].set_index("preparation")
    error = np.hypot(*table["standard_error"])
    assert abs(table["value"].diff().iloc[1]) < 4 * error


@pytest.mark.slow
def test_gaba_opens_shrinkage_near_the_spine_and_just_before_spikes(outcome: Any) -> None:
    table = outcome("gaba_gating").measures["stimulated"]
    shrunk = table[table["value"] < -0.1]
    assert set(shrunk["gaba_start"]) == {15.0}
    assert set(shrunk["gaba_position"]) == {50.5, 55.5}


def tagged(interval: float, synthesis: float) -> tuple[float, float]:
    """Return the changes of volume after 13 hours by a weak and a strong stimulus, ticks of 1 s."""
    model = load_model("two_inputs")
    parts = {part.name: part for part in model.spines["weak_input"].parts}
    p = {n: v.value for n, v in parts["tag_and_capture"].parameters.items()}
    size = parts["structural"].parameters["enlargement"].value * 0.1
    early, late, protein, seconds = np.zeros(2), np.zeros(2), 0.0, 1.0
    until = np.array([[0.0, 12.0], [interval * 60, interval * 60 + 60]])
    for now in np.arange(0.0, 13 * 3600, seconds):
        early = early + size * ((until[:, 0] <= now) & (now < until[:, 1]))
        making = synthesis * (np.abs(early).sum() > p["protein_threshold"])
        protein += (making - protein) * seconds / (60 * p["tau_protein"])
        captured = protein * (p["late_most"] - late) * seconds / (60 * p["tau_late"])
        early = early - early * seconds / (3600 * p["tau_early"])
        late = late + captured * (early >= p["tag_threshold"])
    weak, strong = (early + late) / 0.1
    return weak, strong


@pytest.mark.parametrize(("interval", "synthesis"), [(0, 1), (30, 1), (60, 1), (240, 1), (0, 0)])
def test_tags_capture_as_in_a_plain_integration(
    outcome: Any, interval: float, synthesis: float
) -> None:
    measures = outcome("tagging").measures
    expected = tagged(interval, synthesis)
    for name, value in zip(("weak", "strong"), expected, strict=True):
        table = measures[name]
        here = (table["interval"] == interval) & (table["synthesis"] == synthesis)
        (found,) = table[here & (table["strong"] == 1)]["value"]
        assert found == pytest.approx(value, abs=TAGGED)
