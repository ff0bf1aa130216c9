"""Births, elimination and fluctuation that read neuromodulators, against closed forms."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurospine import Model, Protocol, simulate
from neurospine.description.library import shipped_folder

SITES, DAYS = 4000, 2.0
BIRTH, LOSS, SPREAD = 0.8, 0.5, 0.1
#: A number drawn at random is further off than this once in 150 000 times.
UNLIKELY = 4.5

STAGES = """
kind = "stages"
name = "modulated_stages"
summary = "Births go with dopamine, elimination with serotonin."
needs = ["volume", "dopamine", "serotonin"]
[stages]
absent = { meaning = "no spine" }
spine = { meaning = "a spine" }
[[transitions]]
from = "absent"
to = "spine"
rate = "birth_rate*dopamine"
volume = "birth_volume"
[[transitions]]
from = "spine"
to = "absent"
rate = "loss_rate*serotonin"
[start]
share = "start_share"
stage = "spine"
[parameters]
birth_rate = { value = 0.8, unit = "1/day", source = "assumed", meaning = "Births" }
loss_rate = { value = 0.5, unit = "1/day", source = "assumed", meaning = "Losses" }
birth_volume = { value = 0.1, unit = "um**3", plain = true, source = "assumed", meaning = "Size" }
start_share = { value = 0.0, unit = "1", source = "assumed", meaning = "Share" }
"""
INTRINSIC = """
kind = "intrinsic"
name = "modulated_noise"
summary = "The logarithm of volume wanders, more with dopamine."
needs = ["volume", "dopamine"]
[step]
normals = ["push"]
code = "volume = volume*exp(wander*dopamine*sqrt(interval)*push)"
[parameters]
wander = { value = 0.1, unit = "1/day**0.5", source = "assumed", meaning = "Spread in a day" }
"""
LEVELS = """
[neuromodulators.dopamine]
model = "dopamine"
[neuromodulators.serotonin]
model = "serotonin"
"""


def run(use: list[str], axes: dict[str, Any], **values: float) -> np.ndarray:
    """Return the volumes at the end of two days, by condition."""
    circuit = (shipped_folder() / "models/circuits/dendrite.toml").read_text()
    spine = f"kind = 'spine'\nname = 'tried'\nsummary = 'Tried here.'\nuse = {use}"
    parts = {"modulated_stages": STAGES, "modulated_noise": INTRINSIC, "tried": spine}
    text = circuit.replace("[projections.", f"{LEVELS}\n[projections.", 1)
    model = Model.from_text(text, parts=parts, spine="tried")
    phase = {"name": "all", "kind": "consolidation", "duration": "2 day", "tick": "0.5 hour"}
    protocol = Protocol(
        name="wait", summary="Spines live.", conditions=axes,
        phases=({**phase, "record_every": "2 day"},),
    )  # fmt: skip
    found = simulate(model.with_parameters({"n_sites": SITES, **values}), protocol, backend="numpy")
    return found.spines["spines"]["volume"].isel(time=-1).to_numpy().reshape(-1, SITES)


def axis(name: str, values: list[float]) -> dict[str, Any]:
    level = {"unit": "1", "meaning": "Level", "parameter": f"{name}.tonic_level"}
    return {name: {"values": values, **level}}


def test_occupancy_follows_both_levels() -> None:
    levels = axis("dopamine", [0.5, 2.0]) | axis("serotonin", [0.0, 1.0, 3.0])
    use = ["bounded_volume", "modulated_stages", "volume_weight"]
    found = (run(use, levels) > 0).mean(axis=1)
    for share, (dopamine, serotonin) in zip(
        found, [(d, s) for d in (0.5, 2.0) for s in (0.0, 1.0, 3.0)], strict=True
    ):
        born, lost = BIRTH * dopamine, LOSS * serotonin
        wanted = born / (born + lost) * (1 - np.exp(-(born + lost) * DAYS))
        error = np.sqrt(wanted * (1 - wanted) / SITES)
        assert abs(share - wanted) < UNLIKELY * error


def test_fluctuation_goes_with_the_level() -> None:
    use = ["bounded_volume", "modulated_noise", "volume_weight"]
    found = np.log(run(use, axis("dopamine", [0.5, 1.0, 2.0]))).std(axis=1)
    wanted = SPREAD * np.array([0.5, 1.0, 2.0]) * np.sqrt(DAYS)
    np.testing.assert_allclose(found, wanted, rtol=UNLIKELY / np.sqrt(2 * SITES))
