"""Compiled programs where single precision or conditions could lead astray."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from neurospine import Model, Protocol, simulate
from neurospine.description.library import list_files

pytestmark = [pytest.mark.cpp, pytest.mark.slow]
DAY = 86400.0


def life(spine: str, seconds: int, **more: object) -> Protocol:
    """A consolidation in ticks of a second."""
    phase = {"name": "life", "kind": "consolidation", "duration": f"{seconds} s", "tick": "1 s",
             "record_every": f"{seconds} s"}  # fmt: skip
    model = {"circuit": "dendrite", "spine": spine}
    return Protocol(name="life", model=model, step="1 s", phases=[phase], **more)


@pytest.mark.parametrize("spine", ["absorbed_spine", "living_spine"])
def test_rates_of_1e_8_in_a_tick_are_not_lost(spine: str) -> None:
    protocol, sites, seconds, rate = life(spine, 10_000), 100_000, 10_000, 0.0043
    model = protocol.default_model().with_parameters(
        {"n_sites": sites, "start_share": 0.0, "birth_rate": f"{rate} 1/day"}
    )
    births = len(simulate(model, protocol, seed=1).contacts["spines"])
    wanted = sites * seconds * rate / DAY
    assert births == pytest.approx(wanted, abs=4 * wanted**0.5)


def test_the_drift_is_exact_where_conditions_differ_in_its_time() -> None:
    times = (30.0, 300.0)
    axis = {"values": times, "unit": "day", "meaning": "Drift", "parameter": "tau_drift"}
    protocol, seconds = life("living_spine", 200_000, conditions={"tau": axis}), 200_000
    model = protocol.default_model().with_parameters(
        {"n_sites": 64, "start_share": 1.0, "start_spread": 0.0, "start_volume": "0.5 um**3",
         "birth_rate": 0.0, "elimination_rate": 0.0, "noise_slope": "1e-9 1/day**0.5"}
    )  # fmt: skip
    volume = simulate(model, protocol, seed=1).spines["spines"]["volume"]
    first, last = (np.log(volume.isel(time=row).to_numpy()) for row in (0, -1))
    centre = np.log(model.number("log_drift", "volume_centre"))
    wanted = -np.expm1(-seconds / DAY / volume["tau"].to_numpy()) * (centre - first)
    np.testing.assert_allclose(last - first, wanted, rtol=1e-4)


def test_a_jump_of_the_potential_is_none_while_it_is_refractory() -> None:
    text = Path(list_files("models")["recurrent_network"]).read_text()
    text = re.sub(
        r'"i_synaptic \+= weight\*\(recurrent_current/in_degree\)"', '"v += weight*jump"', text
    )
    text = re.sub(
        r"recurrent_current .*",
        'jump = { value = 5.0, unit = "mV", source = "assumed", meaning = "Jump" }',
        text,
    ).replace('"recurrent_network"', '"jumps"')
    model = Model.from_text(text).with_parameters(
        {"n_neurons": 50, "in_degree": 10, "drive_current": "200 pA", "axonal_delay": "1 ms"}
    )
    protocol = Protocol(
        name="activity", summary="A.", step="0.1 ms", record_every="0.1 s",
        phases=({"name": "all", "duration": "0.5 s"},),
    )  # fmt: skip
    plain, compiled = (simulate(model, protocol, backend=b, seed=3) for b in ("numpy", "cpp"))
    assert len(plain.spikes["neurons"]) > 5000
    assert compiled.spikes["neurons"].equals(plain.spikes["neurons"])
