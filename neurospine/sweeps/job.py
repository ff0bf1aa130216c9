"""One run of a sweep, in whatever process it is done: simulate, measure, move into place."""

from __future__ import annotations

import os
import resource
import shutil
import threading
import traceback
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import h5py
import pandas as pd

from neurospine.analysis.measures import Measures, measure
from neurospine.description.hdf5_files import opened
from neurospine.description.model import Model
from neurospine.description.protocol import Protocol
from neurospine.errors import BuildError, NeurospineError, ResultError
from neurospine.results.hdf5 import read_measures, write_measures
from neurospine.results.trajectory import Trajectory
from neurospine.simulation.form import FormName
from neurospine.simulation.plan import make_plan
from neurospine.simulation.provenance import same_program
from neurospine.simulation.running import RESULT_FILE, run_aside
from neurospine.simulation.simulate import COMPILED, find_backend

#: Folders of runs that go on begin like this.
ASIDE = ".run-"
#: Brian2 makes its objects in one thread of a process at a time.
MAKING = threading.Lock()


@dataclass(frozen=True)
class Job:
    """What a process has to know for one run; `folder` is where all results lie."""

    name: str
    model: Model
    protocol: Protocol
    seed: int
    backend: str
    form: FormName | None
    folder: str
    program: Mapping[str, str]

    @property
    def path(self) -> Path:
        """The result file."""
        return result_path(Path(self.folder), self.name)


@dataclass(frozen=True)
class Outcome:
    """What came of a run.

    Attributes
    ----------
    name
        That of the run.
    measures
        Its tables; empty where it failed.
    why
        Why it failed.
    found
        Whether it had been done before.
    compiled
        Whether a program had to be compiled for it.
    program_cpu
        Processor seconds of the compiled program.
    """

    name: str
    measures: Measures = field(default_factory=dict)
    why: str = ""
    found: bool = False
    compiled: bool = False
    program_cpu: float = 0.0


def result_path(folder: Path, name: str) -> Path:
    """Return the result file of a run."""
    return folder / f"{name}.h5"


def do(job: Job) -> Outcome:
    """Do a run, unless its result is there; what goes wrong is in the outcome."""
    try:
        found = finished(job.path, job.protocol)
        return Outcome(job.name, found, found=True) if found is not None else _run(job)
    except Exception as error:
        return Outcome(job.name, why=why(error))


def why(error: Exception) -> str:
    """Return what to say of a run that failed; what comes of the others is worth having."""
    if isinstance(error, NeurospineError):
        return str(error)
    return "".join(traceback.format_exception(error)).strip()  # a fault of ours


def finished(path: Path, protocol: Protocol) -> dict[str, pd.DataFrame] | None:
    """Return what was measured in a run that is done, or None if it has to be done."""
    try:
        with opened(path, ResultError) as file:
            if not file.attrs["complete"]:
                return None
            measures = read_measures(file)
    except ResultError:
        return None
    if set(measures) != set(protocol.measures):
        return None
    return {name: measures[name] for name in protocol.measures}


def _run(job: Job) -> Outcome:
    check(job)
    engine = find_backend(job.backend)
    compiles = job.backend in COMPILED
    with aside(Path(job.folder)) as folder:
        with MAKING:
            plan = make_plan(job.model, job.protocol, seed=job.seed, form=job.form)
            compiled = engine.build(plan.network).fresh and compiles
        before = children_cpu()
        with nullcontext() if compiles else MAKING:
            trajectory = run_aside(plan, engine, folder)
        used = children_cpu() - before
        measures = keep(trajectory, job, folder)
    return Outcome(job.name, measures, compiled=compiled, program_cpu=used)


def keep(trajectory: Trajectory, job: Job, folder: Path) -> Measures:
    """Measure a run, and move its file into place."""
    measures = measure(trajectory, job.protocol)
    path = folder / RESULT_FILE
    with h5py.File(path, "r+") as file:
        write_measures(file, measures)
    path.replace(job.path)
    return measures


def check(job: Job) -> None:
    """Raise an error if a process elsewhere would not do the same run."""
    if not Path(job.folder).is_dir():
        raise ResultError(
            f"{job.folder}: there is no such folder on {os.uname().nodename}; all machines of a "
            "sweep must see the same one"
        )
    for name, version in same_program().items():
        if version != job.program.get(name):
            raise BuildError(
                f"{os.uname().nodename} has {name} {version}, the sweep was started with "
                f"{job.program.get(name)}; results would not be the same"
            )


@contextmanager
def aside(folder: Path) -> Iterator[Path]:
    """Give a folder of its own beside the results, which goes when the run is over."""
    own = folder / f"{ASIDE}{uuid.uuid4().hex[:12]}"
    try:
        own.mkdir()
        yield own
    except OSError as error:
        raise ResultError(f"{folder}: cannot be written ({error.strerror or error})") from None
    finally:
        shutil.rmtree(own, ignore_errors=True)


def children_cpu() -> float:
    """Return the processor seconds of all children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
