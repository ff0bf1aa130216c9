"""Slots without a spine, which compiled programs pass over where they lie side by side."""

from __future__ import annotations

import numpy as np
import pytest

from neurospine import Model, Protocol, load_model, simulate
from neurospine.simulation.backends.standalone.slots import without_spine

#: Normal numbers are of single precision, and compilers contract a*b + c into one rounding.
VOLUME = 1e-6

PROTOCOL = Protocol(
    name="births",
    spine_step="50 ms",
    record_every="0.25 s",
    phases=[{"name": "activity", "duration": "0.5 s"}],
)


def network() -> Model:
    """40 cells with 64 sites each, of which a tenth has a spine at the start."""
    model = load_model("recurrent_network", spine="living_pair_stdp")
    sizes = {"n_neurons": 40, "in_degree": 64, "start_share": 0.1}
    return model.with_parameters({**sizes, "birth_rate": 4e3, "elimination_background": 8e3})


@pytest.mark.cpp
def test_births_among_empty_slots_are_the_same() -> None:
    plain, compiled = (simulate(network(), PROTOCOL, backend=b, seed=2) for b in ("numpy", "cpp"))
    wanted, found = (t.spines["recurrent"] for t in (plain, compiled))
    stage = wanted["stage"].values
    # Spines come first; 256 slots and more without any follow, where some are born.
    assert np.all(stage[0, 500:] == 0)
    assert 10 < np.count_nonzero(stage[-1, 500:]) < 200
    assert np.any(stage[0, :300] > stage[-1, :300])
    np.testing.assert_array_equal(found["stage"], stage)
    assert plain.spikes["neurons"].equals(compiled.spikes["neurons"])
    np.testing.assert_allclose(found["volume"], wanted["volume"], rtol=VOLUME)


def test_what_only_spines_need_is_left_out() -> None:
    code = """
    const int8_t stage = _stage[_idx];
    double volume = _volume[_idx];
    volume = select(stage > 0, 2.0*volume, 0.0);
    int8_t turned = int_(stage == 0);
    _volume[_idx] = volume;
    _turned[_idx] = turned;
    """
    lines = without_spine(code, "_stage", "_turned").splitlines()
    assert "const int8_t stage = 0;" in lines
    assert "_turned[_idx] = turned;" in lines
    assert not any(line.startswith("_volume[") for line in lines)
    with pytest.raises(AssertionError):
        without_spine(code + "_stage[_idx] = stage;", "_stage", "_turned")
    with pytest.raises(AssertionError):
        without_spine("_turned[_idx] = 0;", "_stage", "_turned")
