"""The one verb: run a model under a protocol."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from neurospine.description.disorder import Disorder
from neurospine.description.model import Model, load_model
from neurospine.description.protocol import Protocol, load_protocol
from neurospine.errors import BuildError, ResultError, suggest
from neurospine.results.part import held, part_info, part_of
from neurospine.results.trajectory import Trajectory
from neurospine.simulation.backends.backend import Backend, Progress
from neurospine.simulation.backends.cuda.backend import CudaBackend
from neurospine.simulation.backends.runtime import RuntimeBackend
from neurospine.simulation.backends.standalone import StandaloneBackend
from neurospine.simulation.form import FormName
from neurospine.simulation.plan import Plan, make_plan
from neurospine.simulation.resume import check_same_program, plan_again
from neurospine.simulation.running import run_in, run_plan

_log = logging.getLogger(__name__)

Disorders = str | Path | Disorder | Sequence[str | Path | Disorder]
BACKENDS: Mapping[str, Backend] = {
    "cpp": StandaloneBackend(),
    "cuda": CudaBackend(),
    "cython": RuntimeBackend("cython"),
    "numpy": RuntimeBackend("numpy"),
}
#: Those that make programs which are kept.
COMPILED = ("cpp", "cuda")


def simulate(
    model: Model | str | None,
    protocol: Protocol | str,
    *,
    backend: str = "cpp",
    seed: int = 0,
    parameters: str | Mapping[str, Any] | None = None,
    disorder: Disorders = (),
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
        ``"cpp"`` (compiled, cached), ``"cuda"`` (the same on a GPU), ``"cython"`` or
        ``"numpy"`` (needs no compiler).
    seed
        Fixes every random number of the run.
    parameters
        The name of a parameter set (instead of the protocol's own sets), or new
        values by name such as ``{"tau_plus": "20 ms"}``.
    disorder
        A disorder or several in order, as names or objects: what changes the model.
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
        At an interrupt; what was recorded until then is in `output`. If the run came
        to a checkpoint, its folder stays, and `resume` goes on from there.

    Notes
    -----
    Same seed, backend and machine: same bits (``tests/regression/test_reproducible.py``).
    """
    engine = find_backend(backend)
    plan = prepare(model, protocol, seed=seed, parameters=parameters, disorder=disorder, form=form)
    path = None if output is None else Path(output)
    return run_plan(plan, engine, path, force=force, progress=progress)


def resume(output: str | Path, *, progress: Progress | None = None) -> Trajectory:
    """Go on with a run that was cut off, to the same bits as if it had not been.

    Parameters
    ----------
    output
        The file that the run was to write; what it left stands beside it in a folder
        ``….part``. It starts from its last checkpoint, or anew if it came to none.
    progress
        As for `simulate`.

    Raises
    ------
    ResultError
        If there is no such folder, another run is writing to it, or it was begun with
        another version or by a backend that cannot go on.
    """
    path = Path(output)
    folder = part_of(path)
    engine = check_resumable(path)
    with held(folder):
        plan = plan_again(part_info(folder))
        _log.info("going on with the run in %s", folder)
        program = engine.build(plan.network)
        more = f"; 'neurospine run --resume {path}' goes on with it"
        return run_in(program, plan, folder, path, progress, more)


def check_resumable(path: Path) -> Backend:
    """Return the backend that can go on with the run that was to write a file.

    Raises
    ------
    ResultError
        If there is no such run, or it would not go on to the same bits.
    """
    folder = part_of(path)
    if not folder.is_dir():
        whole = f"; {path.name} is there, so it came to its end" if path.exists() else ""
        raise ResultError(f"{path}: nothing to go on with, there is no folder {folder}{whole}")
    info = part_info(folder)
    backend = str(info.attributes["backend"])
    engine = find_backend(backend)
    if not engine.resumes:
        raise ResultError(
            f"{folder}: the backend {backend!r} cannot go on with a run. Keep what there is with "
            "'neurospine recover', or run again with force (--force)"
        )
    check_same_program(info, folder)
    return engine


def prepare(
    model: Model | str | None,
    protocol: Protocol | str,
    *,
    seed: int = 0,
    parameters: str | Mapping[str, Any] | None = None,
    disorder: Disorders = (),
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
    if isinstance(disorder, str | Path | Disorder):
        disorder = [disorder]
    model = model.with_disorder(*disorder)
    _log.debug("model: %r", model)
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
