"""Same seed, same file; and what is not ours stays as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import brian2
import numpy as np
import pytest

from neurospine import Trajectory
from neurospine.simulation.backends.standalone import StandaloneBackend
from neurospine.simulation.simulate import prepare

BACKENDS = ("numpy", pytest.param("cpp", marks=pytest.mark.cpp))


@pytest.mark.parametrize("backend", BACKENDS)
def test_same_seed_gives_the_same_file_and_another_seed_another(
    run_activity: Callable[..., Any], tmp_path: Path, backend: str
) -> None:
    files = [tmp_path / f"{name}.h5" for name in ("first", "second", "other")]
    for path, seed in zip(files, (4, 4, 5), strict=True):
        run_activity(backend=backend, seed=seed, output=path)
    assert files[0].read_bytes() == files[1].read_bytes()
    first, other = (Trajectory.from_hdf5(path) for path in files[::2])
    for name in ("pre", "volume"):
        assert not np.array_equal(first.spines["recurrent"][name], other.spines["recurrent"][name])
    assert not first.spikes["neurons"].equals(other.spikes["neurons"])


@pytest.mark.parametrize("backend", BACKENDS)
def test_file_holds_what_was_returned(
    run_activity: Callable[..., Any], tmp_path: Path, backend: str
) -> None:
    returned = run_activity(backend=backend, output=tmp_path / "run.h5")
    read = Trajectory.from_hdf5(tmp_path / "run.h5")
    assert returned.complete
    assert read.complete
    assert read.spines["recurrent"].equals(returned.spines["recurrent"])
    assert np.abs(read.spikes["neurons"] - returned.spikes["neurons"]).max().max() < 1e-12
    assert list(tmp_path.iterdir()) == [tmp_path / "run.h5"]


@pytest.mark.cpp
def test_second_run_in_one_process_builds_nothing(
    run_activity: Callable[..., Any], activity: Any, small_network: Any
) -> None:
    run_activity(seed=1)
    changed = small_network.with_parameters({"tau_plus": "30 ms", "drive_current": 90.0})
    assert StandaloneBackend().build(prepare(changed, activity, seed=2).network).fresh is False


@pytest.fixture
def user_brian(tmp_path: Path) -> Iterator[Any]:
    """A function that chooses a Brian2 device and settings as a user would."""
    before = brian2.prefs.codegen.target

    def choose(device: str) -> None:
        options = {} if device == "runtime" else {"build_on_run": False, "directory": str(tmp_path)}
        brian2.set_device(device, **options)
        brian2.prefs.codegen.target = "cython" if device == "runtime" else "auto"
        brian2.defaultclock.dt = 0.25 * brian2.ms

    yield choose
    brian2.device.reinit()
    brian2.set_device("runtime")
    brian2.defaultclock.dt = 0.1 * brian2.ms
    brian2.prefs.codegen.target = before


@pytest.mark.parametrize(
    ("backend", "device"),
    [
        ("numpy", "cpp_standalone"),
        pytest.param("numpy", "runtime", marks=pytest.mark.slow),
        pytest.param("cpp", "runtime", marks=[pytest.mark.cpp, pytest.mark.slow]),
        pytest.param("cpp", "cpp_standalone", marks=[pytest.mark.cpp, pytest.mark.slow]),
    ],
)
def test_users_own_brian_is_left_alone(
    user_brian: Any, run_activity: Callable[..., Any], backend: str, device: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("NEUROSPINE_CACHE", str(tmp_path / "builds"))  # so that it builds
    user_brian(device)
    group = brian2.NeuronGroup(3, "dx/dt = 1/second : 1", name="mine", method="euler")
    group.x = 0.5
    chosen, options = brian2.get_device(), dict(brian2.get_device().build_options)
    waiting = list(getattr(chosen, "main_queue", ()))
    target, folder = brian2.prefs.codegen.target, Path.cwd()
    handlers = brian2.prefs.core.stop_on_keyboard_interrupt
    np.random.seed(1)  # noqa: NPY002  (Brian2 draws from it)
    expected = np.random.get_state()[1].copy()  # noqa: NPY002
    run_activity(backend=backend)
    assert brian2.get_device() is chosen
    assert brian2.get_device().build_options == options
    assert brian2.prefs.codegen.target == target
    assert brian2.prefs.core.stop_on_keyboard_interrupt == handlers
    assert float(brian2.defaultclock.dt) == 0.25e-3
    assert Path.cwd() == folder
    np.testing.assert_array_equal(np.random.get_state()[1], expected)  # noqa: NPY002
    mine = brian2.Network(group)
    mine.run(2.5 * brian2.ms)
    if device == "runtime":
        np.testing.assert_allclose(group.x[:], 0.5025)
    else:
        assert waiting
        assert chosen.main_queue[: len(waiting)] == waiting
