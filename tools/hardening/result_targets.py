"""Readers of what simulations write: results, and runs that were cut off."""

import hashlib
import shutil
import tempfile
from functools import cache
from pathlib import Path
from random import Random

import numpy as np

from neurospine import Trajectory, measure, recover, simulate
from neurospine.analysis.citations import citations
from neurospine.errors import ResultError
from neurospine.results import segments
from neurospine.results.part import part_info, start_part
from neurospine.simulation.backends.runtime import RuntimeBackend
from neurospine.simulation.plan import make_plan
from neurospine.simulation.provenance import run_info
from neurospine.simulation.resume import plan_again
from neurospine.simulation.simulate import check_resumable
from neurospine.sweeps.compared_runs import read_runs
from neurospine.sweeps.job import finished
from tools.hardening.hdf5_mutation import changed_hdf5
from tools.hardening.mutation import changed_bytes
from tools.hardening.small_runs import NAMES, small_run
from tools.hardening.targets import Seed, Target, placed


@cache
def _result_seeds() -> list[Seed]:
    seeds = []
    with tempfile.TemporaryDirectory() as folder:
        for name in NAMES:
            model, protocol = small_run(name)
            path = Path(folder) / f"{name}.h5"
            made = simulate(model, protocol, backend="numpy")
            made.with_measures(measure(made, protocol)).to_hdf5(path)
            seeds.append(Seed(path.name, path.read_bytes()))
    return seeds


def _read_result(data: bytes, name: str, folder: Path) -> None:
    """All that commands do with a result file that is given to them."""
    path = placed(data, folder / name)
    _, protocol = small_run(Path(name).stem)
    finished(path, protocol)
    problems = []
    for read in (_look, citations, _compare) if _one_in(10, data) else (_look, citations):
        try:
            read([path])
        except ResultError as error:
            problems.append(error)
    if problems:
        raise problems[0]


def _look(paths: list[Path]) -> None:
    trajectory = Trajectory.from_hdf5(paths[0])
    assert repr(trajectory)
    assert isinstance(trajectory.slots, dict)
    for dataset in (*trajectory.spines.values(), *trajectory.traces.values()):
        dataset.load()


def _compare(paths: list[Path]) -> None:
    read_runs(paths, None, lambda done, total: None)


# -- runs in progress ----------------------------------------------------------------------


@cache
def _parts() -> dict[str, dict[str, bytes]]:
    """Return the files in the folders of runs that were cut off at their end, by run."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in NAMES:
            model, protocol = small_run(name)
            plan = make_plan(model, protocol, seed=0)
            part = Path(folder) / f"{name}.h5.part"
            part.mkdir()
            start_part(part, run_info(plan, "cpp"))
            RuntimeBackend("numpy").build(plan.network).run(plan.network, part, lambda s: None)
            found[name] = {path.name: path.read_bytes() for path in part.iterdir()}
    return found


def _part_seeds() -> list[Seed]:
    with tempfile.TemporaryDirectory() as folder:  # modules that this imports make classes of texts
        for name in NAMES:
            Trajectory.from_hdf5(recover(_laid_out(name, Path(folder))))
    return [Seed(f"{name}.h5", files["run.h5"]) for name, files in _parts().items()]


def _laid_out(run: str, folder: Path) -> Path:
    part = folder / f"{run}.h5.part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    for name, data in _parts()[run].items():
        (part / name).write_bytes(data)
    return part


def _read_part(data: bytes, name: str, folder: Path) -> None:
    """Look at a run that was cut off, plan it again, and keep what it has."""
    part = _laid_out(Path(name).stem, folder)
    placed(data, part / "run.h5")
    part_info(part)
    if _one_in(4, data):
        _plan(part)
    elif _one_in(2, data):
        recover(part, force=True)


def _one_in(number: int, data: bytes) -> bool:
    """Return whether an input is one of those that are read by what takes longer."""
    return hashlib.sha256(data).digest()[0] % number == 0


def _plan(part: Path) -> None:
    check_resumable(part.with_suffix(""))
    plan_again(part_info(part))


def _segment_seeds() -> list[Seed]:
    _part_seeds()
    return [
        Seed(f"{run}.{name}", data)
        for run, files in _parts().items()
        for name, data in files.items()
        if name.endswith(".segment") and data
    ]


def _changed_segment(data: bytes, random: Random) -> bytes:
    """Return a stream changed as bytes; often the checksums are made to agree."""
    changed = bytearray(changed_bytes(data, random))
    if random.random() < 0.5:
        place = 0
        while place + 40 <= len(changed):
            _, tick, count, size, _ = np.frombuffer(changed[place : place + 40], "<u8").tolist()
            if size % 8 or place + 40 + size > len(changed):
                break
            payload = np.frombuffer(bytes(changed[place + 40 : place + 40 + size]), "u1")
            total = segments._record_checksum(tick, count, payload)
            changed[place + 32 : place + 40] = total.to_bytes(8, "little")
            place += 40 + size
    return bytes(changed)


def _read_segment(data: bytes, name: str, folder: Path) -> None:
    run, _, file = name.partition(".")
    part = _laid_out(run, folder)
    (part / file).write_bytes(data)
    for record in segments.read(part, file.removesuffix(".segment")):
        assert record.payload.size % 8 == 0
    if _one_in(10, data):
        Trajectory.from_hdf5(recover(part, force=True))


RESULT_TARGETS = [
    Target("results", _result_seeds, changed_hdf5, _read_result),
    Target("runs cut off", _part_seeds, changed_hdf5, _read_part),
    Target("segments", _segment_seeds, _changed_segment, _read_segment),
]
