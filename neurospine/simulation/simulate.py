"""The one verb: run a model under a protocol."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from neurospine.description.model import Model, load_model
from neurospine.description.protocol import Protocol, load_protocol
from neurospine.errors import BuildError, NeurospineError, ResultError, suggest
from neurospine.results.trajectory import Trajectory, check_output, start_part
from neurospine.simulation.backends.backend import Backend, Progress
from neurospine.simulation.backends.runtime import RuntimeBackend
from neurospine.simulation.backends.standalone import StandaloneBackend
from neurospine.simulation.forms import FormName
from neurospine.simulation.plan import Plan, make_plan
from neurospine.simulation.provenance import run_info

BACKENDS: Mapping[str, Backend] = {
    "cpp": StandaloneBackend(),
    "cython": RuntimeBackend("cython"),
    "numpy": RuntimeBackend("numpy"),
}


def simulate(
    model: Model | str | None,
    protocol: Protocol | str,
    *,
    backend: str = "cpp",
    seed: int = 0,
    parameters: str | Mapping[str, Any] | None = None,
    form: FormName | None = None,
    output: str | Path | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> Trajectory:
    """Run a model under a protocol and return every spine's trajectory.

    Parameters
    ----------
    model
        A model, the name of a circuit, or None for the model that the protocol
        was written for.
    protocol
        A protocol or its name.
    backend
        ``"cpp"`` (compiled, cached), ``"cython"`` or ``"numpy"`` (needs no compiler).
    seed
        Fixes every random number of the run.
    parameters
        The name of a parameter set (instead of the protocol's own sets), or new
        values by name such as ``{"tau_plus": "20 ms"}``.
    form
        The form in which plasticity rules are computed (``"textbook"``,
        ``"neuron_traces"`` or ``"folded"``); by default the cheapest exact one.
    output
        An HDF5 file to write. While the run goes on its data stand beside it in a
        folder ``….part``.
    force
        Replace a file that is there.
    progress
        Called now and then with the biological time that has passed, in seconds.

    Returns
    -------
    Trajectory
        Spines as (time, slot) with condition and repeat as coordinates; spikes.

    Raises
    ------
    NeurospineError
        If something is wrong with model, protocol, parameters, output or compiler;
        nothing is left behind. Where a run has begun, its records stay in ``….part``.
    KeyboardInterrupt
        At an interrupt; what was recorded until then is in `output`.

    Notes
    -----
    Same seed, backend and machine: same bits (``tests/regression/test_reproducible.py``).
    """
    engine = find_backend(backend)
    plan = prepare(model, protocol, seed=seed, parameters=parameters, form=form)
    path = Path(output) if output is not None else None
    if path:
        check_output(path, force=force)
    folder = _part_folder(path, force)
    keep = False
    try:
        program = engine.build(plan.network)
        start_part(folder, run_info(plan, backend))
        ended = program.run(plan.network, folder, progress or _silent)
        trajectory = Trajectory.from_part(folder, complete=ended)
        if ended:
            _check_whole(trajectory, plan)
        if path:
            trajectory.to_hdf5(path, force=force)
        if not ended:
            raise KeyboardInterrupt
        return trajectory
    except NeurospineError as error:
        keep = path is not None and any(folder.glob("*.segment"))
        if keep:
            raise ResultError(f"{error}. What was recorded is kept in {folder}") from None
        raise
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


def prepare(
    model: Model | str | None,
    protocol: Protocol | str,
    *,
    seed: int = 0,
    parameters: str | Mapping[str, Any] | None = None,
    form: FormName | None = None,
) -> Plan:
    """Return the network that `simulate` would run for the same arguments."""
    if isinstance(protocol, str):
        protocol = load_protocol(protocol)
    if model is None:
        own_set = [parameters] if isinstance(parameters, str) else None
        model = protocol.default_model(sets=own_set)
        parameters = None if own_set else parameters
    elif isinstance(model, str):
        model = load_model(model)
    if isinstance(parameters, str):
        model = model.with_set(parameters)
    elif parameters:
        model = model.with_parameters(parameters)
    return make_plan(model, protocol, seed=seed, form=form)


def find_backend(name: str) -> Backend:
    """Return a backend by name.

    Raises
    ------
    BuildError
        If there is none of that name.
    """
    if name not in BACKENDS:
        raise BuildError(f"no backend {name!r}. {suggest(name, BACKENDS)}")
    return BACKENDS[name]


def _silent(seconds: float) -> None:
    """Take no notice of progress."""


def _check_whole(trajectory: Trajectory, plan: Plan) -> None:
    """Raise a `ResultError` if a snapshot of the spines was lost on its way."""
    network = plan.network
    for name, dataset in trajectory.spines.items():
        if dataset.sizes["time"] != network.steps // network.record_steps + 1:
            raise ResultError(f"the records of {name!r} are damaged: a snapshot is missing")


def _part_folder(path: Path | None, force: bool) -> Path:
    """Make the folder for the segments of a run."""
    if path is None:
        return Path(tempfile.mkdtemp(prefix="neurospine-"))
    folder = path.with_name(f"{path.name}.part")
    try:
        if folder.exists() and force:
            shutil.rmtree(folder)
        folder.mkdir()
    except FileExistsError:
        raise ResultError(
            f"{folder}: another run is writing {path.name}, or one was cut off; use force "
            "(--force) to throw its data away"
        ) from None
    except OSError as error:
        raise ResultError(f"{folder}: cannot be written ({error.strerror})") from None
    return folder
