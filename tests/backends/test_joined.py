"""Networks that run as one give what each gives alone: to the bit, or to the last bits where
parameters differ, as a product is then rounded in another order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from neurospine import Protocol, Trajectory, load_model
from neurospine.errors import BuildError
from neurospine.simulation.backends.standalone import build_cache
from neurospine.simulation.joining import differing, join, kind_of
from neurospine.simulation.plan import Plan
from neurospine.simulation.running import RESULT_FILE, run_aside, run_together
from neurospine.simulation.simulate import find_backend, prepare

#: A tenth of a second of network ACTIVITY, with the potential of two cells.
ACTIVITY = Protocol(
    name="activity",
    model={"circuit": "recurrent_network"},
    step="0.5 ms",
    record_every="50 ms",
    traces={"neurons": {"variables": ("v",), "cells": (3, 49), "every": "1 ms"}},
    phases=({"name": "all", "duration": "0.1 s"},),
)
BACKENDS = ("numpy", pytest.param("cpp", marks=[pytest.mark.cpp, pytest.mark.slow]))


@pytest.fixture
def unfused(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Compile without fused products and sums, which the compiler chooses as it likes."""
    flags = (*build_cache.FLAGS, "-ffp-contract=off")
    monkeypatch.setattr(build_cache, "FLAGS", flags)
    build_cache._surroundings.cache_clear()
    yield
    build_cache._surroundings.cache_clear()


def differences(
    plans: list[Plan], backend: str, folder: Path, rounding: float = 0.0
) -> tuple[int, list[str]]:
    """Return how many arrays two ways to run plans left, and those that are not the same."""
    engine = find_backend(backend)
    together = [folder / f"together-{k}" for k in range(len(plans))]
    alone = [folder / f"alone-{k}" for k in range(len(plans))]
    for own in (*together, *alone):
        own.mkdir()
    joint = join([plan.network for plan in plans])
    run_together(plans, backend, engine.build(joint), joint, together)
    seen, differ = 0, []
    for plan, one, other in zip(plans, alone, together, strict=True):
        run_aside(plan, engine, one)
        with h5py.File(one / RESULT_FILE) as a, h5py.File(other / RESULT_FILE) as b:
            names: list[str] = []
            a.visititems(lambda name, item: names.append(name))  # noqa: B023
            for name in (n for n in names if isinstance(a[n], h5py.Dataset)):
                wanted, found = np.asarray(a[name]), np.asarray(b[name])
                seen += 1
                if wanted.dtype.kind == "f":
                    scale = np.nanmax(np.abs(wanted), initial=0.0)
                    same = np.allclose(found, wanted, 0.0, rounding * scale, equal_nan=True)
                else:
                    same = np.array_equal(wanted, found)
                if wanted.dtype != found.dtype or not same:
                    differ.append(f"{one.name}: {name}")
    return seen, differ


@pytest.mark.parametrize("backend", BACKENDS)
def test_networks_of_other_sizes_and_seeds(
    small_network: Any, tmp_path: Path, backend: str
) -> None:
    plans = [
        prepare(small_network(), ACTIVITY, seed=3),
        prepare(small_network(n_neurons=61), ACTIVITY, seed=4),
    ]
    seen, differ = differences(plans, backend, tmp_path)
    assert (seen > 40, differ) == (True, [])


@pytest.mark.parametrize("backend", BACKENDS)
def test_networks_of_other_parameters(small_network: Any, tmp_path: Path, backend: str) -> None:
    plans = [
        prepare(small_network(), ACTIVITY, seed=3),
        prepare(small_network(drive_rate="900 Hz", a_plus=0.01), ACTIVITY, seed=3),
    ]
    assert {("neurons", "drive_rate"), ("recurrent_cell", "a_plus")} <= differing(
        [plan.network for plan in plans]
    )
    _, differ = differences(plans, backend, tmp_path, rounding=1e-14)
    assert differ == []


@pytest.mark.usefixtures("unfused")
@pytest.mark.parametrize("backend", BACKENDS)
def test_spines_that_live_and_die(tmp_path: Path, backend: str) -> None:
    phase = {"name": "weeks", "kind": "consolidation", "duration": "20 day", "tick": "1 day"}
    protocol = Protocol(
        name="weeks",
        model={"circuit": "dendrite", "spine": "living_spine", "parameters": ("v1_adult",)},
        step="1 s",
        repeats=2,
        phases=(phase | {"record_every": "5 day"},),
    )
    model = protocol.default_model().with_parameters(n_sites=200)
    plans = [
        prepare(model, protocol, seed=1),
        prepare(model.with_parameters(slope_factor=1.5), protocol, seed=1),
    ]
    _, differ = differences(plans, backend, tmp_path)
    assert differ == []
    contacts = Trajectory.from_hdf5(tmp_path / "alone-1" / RESULT_FILE).contacts["spines"]
    assert contacts["death"].notna().sum() > 5


@pytest.mark.cpp
@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    "dopamine_pulse uncaging_size gaba_gating clopath_frequency fast_weight overactive_d2".split(),
)
def test_shipped_protocols(name: str, tmp_path: Path) -> None:
    """Dopamine, signals along dendrites, GABA, potentials that rules follow, courses."""
    plans = [prepare(None, name, seed=seed) for seed in (3, 4)]
    _, differ = differences(plans, "cpp", tmp_path)
    assert differ == []


def test_what_differs_in_more_than_numbers_is_not_joined() -> None:
    plans = [
        prepare(load_model("recurrent_network"), ACTIVITY, form=form)
        for form in ("folded", "neuron_traces")
    ]
    assert len({kind_of(plan.network) for plan in plans}) == 2
    with pytest.raises(BuildError, match="cannot be joined"):
        join([plan.network for plan in plans])


def test_numbers_that_all_share_stay_one(small_network: Any) -> None:
    networks = [prepare(small_network(), ACTIVITY, seed=seed).network for seed in (3, 4)]
    joint = join(networks)
    axon = next(group for group in joint.groups if group.name == "recurrent_axon")
    assert axon.values["tau_plus"].size == 1
    widened = join(networks, {("recurrent_axon", "tau_plus")})
    axon = next(group for group in widened.groups if group.name == "recurrent_axon")
    assert axon.values["tau_plus"].size == axon.size == 100


def test_populations_of_two_sizes_are_not_joined_where_partners_are_drawn() -> None:
    model = load_model("recurrent_network", spine="living_pair_stdp")
    sizes = (40, 40, 61)
    protocol = Protocol(name="a", spine_step="0.1 s", record_every="0.1 s", phases=ACTIVITY.phases)
    plans = [prepare(model.with_parameters(n_neurons=n, in_degree=8), protocol) for n in sizes]
    kinds = [kind_of(plan.network) for plan in plans]
    assert kinds[0] == kinds[1] != kinds[2]
