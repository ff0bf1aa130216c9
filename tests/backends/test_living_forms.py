"""Spines that come and go under a plasticity rule: the same in all forms and on all backends."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurospine import Model, Protocol, Trajectory, simulate

#: Forms and compilers round differently; a wrong order of events is 1e-3.
ROUNDING = 1e-9
#: Normal numbers are of single precision, and volumes at birth are exponentials of them.
NORMALS = 1e-6
PAIRS, LOWEST = 100, 0.001
VALID = Path(__file__).parents[1] / "unit" / "valid"
STAGES, STEP = "known_stage", "drift_dimension"
CIRCUIT = f"""
kind    = "circuit"
name    = "many_pairs"
summary = "Axons and cells that spike as they are told, joined one to one."

[populations.axons]
size = {PAIRS}

[populations.cells]
size = {PAIRS}

[projections.pair]
from         = "axons"
to           = "cells"
spine        = "own"
delay        = "axonal_delay"
connectivity = {{ rule = "one_to_one" }}

[parameters]
axonal_delay = {{ value = 0.0, unit = "ms", source = "assumed", meaning = "Time to arrival" }}
"""
BACKENDS = ("numpy", pytest.param("cpp", marks=pytest.mark.cpp))


def spine(*use: str) -> Model:
    names = ", ".join(f'"{part}"' for part in use)
    parts = {name: (VALID / f"{name}.toml").read_text() for name in (STAGES, STEP) if name in use}
    parts["own"] = f'kind = "spine"\nname = "own"\nsummary = "A spine."\nuse = [{names}]\n'
    return Model.from_text(CIRCUIT, parts=parts).with_parameters(volume_lowest=LOWEST)


@cache
def run(backend: str, form: str, spine_step: str) -> Trajectory:
    """Ten seconds in which the rule is at work and most of the spines change."""
    noise = [
        {"kind": "poisson", "population": name, "rate": "10 Hz"} for name in ("axons", "cells")
    ]
    protocol = Protocol(
        name="turnover", model={"circuit": "many_pairs"}, step="2 ms", record_every="1 s",
        spine_step=spine_step, phases=[{"name": "all", "duration": "10 s", "stimuli": noise}],
    )  # fmt: skip
    model = spine("pair", "head_volume", STAGES, "volume_weight")
    model = model.with_parameters(birth_rate="15000 1/day", loss_rate="30000 1/day", a_plus=0.1)
    return simulate(model, protocol, backend=backend, form=form)  # type: ignore[arg-type]


#: Programs of this form are built; others are compiled in `analytic/test_rule_forms.py`.
COMPILED = ("folded",)


@pytest.mark.parametrize(
    ("backend", "form", "spine_step"),
    [
        pytest.param(
            backend, form, spine_step,
            marks=[pytest.mark.cpp] * (backend == "cpp")
            + [pytest.mark.slow]
            * (spine_step == "5 s" or (backend == "cpp" and form not in COMPILED)),
        )
        for backend in ("numpy", "cpp")
        for form in ("folded", "neuron_traces", "textbook")
        for spine_step in ("1 s", "5 s")
    ],
)  # fmt: skip
def test_a_slot_without_a_spine_is_empty(backend: str, form: str, spine_step: str) -> None:
    """Also between the ticks of the slow clock: snapshots are taken more often than it ticks."""
    found = run(backend, form, spine_step).spines["pair"]
    absent = found["stage"].values == 0
    assert PAIRS < absent.sum() < absent.size - PAIRS
    for name in ("volume", "weight"):
        np.testing.assert_array_equal(found[name].values[absent], 0.0)
    assert found["volume"].values[~absent].min() >= LOWEST


@pytest.mark.parametrize("backend", BACKENDS)
def test_forms_agree_where_spines_come_and_go(backend: str) -> None:
    folded, traces = (run(backend, form, "1 s") for form in ("folded", "neuron_traces"))
    assert folded.contacts["pair"]["birth"].notna().sum() > PAIRS / 2
    assert folded.contacts["pair"].equals(traces.contacts["pair"])
    volumes = [t.spines["pair"]["volume"].values for t in (folded, traces)]
    np.testing.assert_allclose(volumes[0], volumes[1], rtol=0, atol=ROUNDING)


@pytest.mark.cpp
@pytest.mark.parametrize("form", [*COMPILED, pytest.param("textbook", marks=pytest.mark.slow)])
def test_backends_agree_where_spines_come_and_go(form: str) -> None:
    plain, compiled = (run(backend, form, "1 s") for backend in ("numpy", "cpp"))
    assert plain.contacts["pair"].equals(compiled.contacts["pair"])
    for name in ("volume", "stage", "weight"):
        np.testing.assert_allclose(
            compiled.spines["pair"][name], plain.spines["pair"][name], rtol=NORMALS, atol=0
        )


@pytest.mark.parametrize("backend", BACKENDS)
def test_spines_that_only_fluctuate_do_so_between_snapshots(backend: str) -> None:
    """A snapshot every ten ticks of the slow clock changes nothing but what is seen."""
    model = spine("head_volume", STEP, "volume_weight").with_parameters(volume_highest=10.0)
    model = model.with_parameters(volume_initial=5.0, centre=5.0)
    found: dict[str, Any] = {}
    for every in ("1 s", "10 s"):
        protocol = Protocol(
            name="fluctuation", model={"circuit": "many_pairs"}, step="5 ms", record_every=every,
            phases=[{"name": "all", "duration": "10 s"}],
        )  # fmt: skip
        found[every] = simulate(model, protocol, backend=backend).spines["pair"]["volume"].values
    assert np.ptp(found["1 s"][-1]) > 0
    np.testing.assert_array_equal(found["10 s"][-1], found["1 s"][-1])


def test_variables_of_a_step_may_have_units() -> None:
    """They are zero at birth, in a unit of their own."""
    text = (VALID / f"{STEP}.toml").read_text()
    text = text.replace(
        'code    = "', 'variables = "lived : second"\ncode = "lived = lived + interval\\n'
    )
    use = f'["head_volume", "{STEP}", "{STAGES}", "volume_weight"]'
    parts = {STEP: text, STAGES: (VALID / f"{STAGES}.toml").read_text()}
    parts["own"] = f'kind = "spine"\nname = "own"\nsummary = "A spine."\nuse = {use}\n'
    model = Model.from_text(CIRCUIT, parts=parts).with_parameters(volume_lowest=LOWEST)
    phase = {"name": "all", "kind": "consolidation", "duration": "3 day", "tick": "1 hour"}
    protocol = Protocol(name="units", step="1 s", record_every="1 day", phases=[phase])
    found = simulate(model, protocol, backend="numpy").contacts["pair"]
    assert found["birth"].notna().any()
