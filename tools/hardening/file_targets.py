"""Readers of files that programs write: results, runs in progress, training, data sets."""

import hashlib
import io
import json
import shutil
import tempfile
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import h5py
import numpy as np
import pandas as pd
import xarray as xr

from neurospine import Model, Protocol, Trajectory, measure, recover, simulate
from neurospine.analysis.citations import citations
from neurospine.errors import ResultError
from neurospine.learning.data.cifar import PIXELS, parse_binary, parse_pickled
from neurospine.learning.data.idx import IMAGES, LABELS, parse_idx, read_bytes
from neurospine.learning.experiments.checkpoint import read_checkpoint, recorded, write_checkpoint
from neurospine.learning.experiments.course import Course
from neurospine.learning.experiments.experiment import load_experiment
from neurospine.learning.experiments.outcome import (
    Learning,
    Outcome,
    load_learning,
    write_learning,
)
from neurospine.results import segments
from neurospine.results.part import part_info, start_part
from neurospine.simulation.backends.runtime import RuntimeBackend
from neurospine.simulation.plan import make_plan
from neurospine.simulation.provenance import run_info
from neurospine.simulation.resume import plan_again
from neurospine.simulation.simulate import check_resumable
from neurospine.sweeps.compared_runs import read_runs
from neurospine.sweeps.job import finished
from neurospine.sweeps.record import read_record
from tools.hardening.hdf5_mutation import changed_hdf5
from tools.hardening.mutation import changed_bytes, changed_words
from tools.hardening.targets import Seed, Target, read_edge_file

PAIRS = """
kind         = "protocol"
name         = "pairs"
summary      = "Two pairs of spikes."
step         = "0.5 ms"
record_every = "10 ms"
repeats      = 2

[model]
circuit = "independent_pairs"

[conditions.interval]
values  = [5, -5]
unit    = "ms"
meaning = "Postsynaptic minus presynaptic spike"

[[phases]]
name     = "pairing"
duration = "50 ms"

[[phases.stimuli]]
kind         = "pairing"
presynaptic  = "presynaptic"
postsynaptic = "postsynaptic"
interval     = "interval"
rate         = "50 Hz"
count        = 2

[measures.change]
kind    = "relative_change"
meaning = "Change of weight"
phase   = "pairing"
"""

LIVES = """
kind    = "protocol"
name    = "lives"
summary = "Four days without activity."
step    = "1 s"

[model]
circuit    = "dendrite"
spine      = "living_spine"
parameters = ["v1_adult"]

[record]
summary = true

[[phases]]
name         = "imaging"
kind         = "consolidation"
duration     = "4 day"
tick         = "12 hour"
record_every = "1 day"

[measures.turnover]
kind    = "turnover"
meaning = "Share of spines that came or went"
phase   = "imaging"
every   = "2 day"
"""


def _pairs() -> tuple[Model, Protocol]:
    protocol = Protocol.from_text(PAIRS)
    return protocol.default_model(), protocol


def _lives() -> tuple[Model, Protocol]:
    protocol = Protocol.from_text(LIVES)
    return protocol.default_model().with_parameters(n_sites=20), protocol


def _traced() -> tuple[Model, Protocol]:
    text = PAIRS.replace("independent_pairs", "recurrent_network").partition("[conditions")[0]
    text += '[[phases]]\nname = "all"\nduration = "20 ms"\n[traces.neurons]\nvariables = ["v"]\n'
    protocol = Protocol.from_text(f'{text}cells = [0]\nevery = "1 ms"\n')
    return protocol.default_model().with_parameters(n_neurons=5, in_degree=2), protocol


RUNS = {"pairs": _pairs, "lives": _lives, "traced": _traced}


# -- results -------------------------------------------------------------------------------


@cache
def _result_seeds() -> list[Seed]:
    seeds = []
    with tempfile.TemporaryDirectory() as folder:
        for name, make in RUNS.items():
            model, protocol = make()
            path = Path(folder) / f"{name}.h5"
            made = simulate(model, protocol, backend="numpy")
            made.with_measures(measure(made, protocol)).to_hdf5(path)
            seeds.append(Seed(path.name, path.read_bytes()))
    return seeds


def _read_result(data: bytes, name: str, folder: Path) -> None:
    """All that commands do with a result file that is given to them."""
    path = folder / name
    path.write_bytes(data)
    _, protocol = RUNS[Path(name).stem]()
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
        for name, make in RUNS.items():
            model, protocol = make()
            plan = make_plan(model, protocol, seed=0)
            part = Path(folder) / f"{name}.h5.part"
            part.mkdir()
            start_part(part, run_info(plan, "cpp"))
            RuntimeBackend("numpy").build(plan.network).run(plan.network, part, lambda s: None)
            found[name] = {path.name: path.read_bytes() for path in part.iterdir()}
    return found


def _part_seeds() -> list[Seed]:
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
    (part / "run.h5").write_bytes(data)
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
    if _one_in(3, data):
        Trajectory.from_hdf5(recover(part, force=True))


# -- training ------------------------------------------------------------------------------


class _Trainer:
    """Takes whatever a checkpoint holds."""

    samples = 20

    def arrays(self) -> dict[str, Any]:
        return {"weights": np.ones((2, 3, 4), np.float32), "step": np.array(7)}

    def restore(self, arrays: dict[str, Any], samples: int) -> None:
        assert isinstance(samples, int)


@cache
def _checkpoint_seeds() -> list[Seed]:
    rows = [{"validation_accuracy": np.array([0.1, 0.2])} for _ in range(2)]
    course = Course([0, 20], rows, {"layer": ["H1", "output"]})
    with tempfile.TemporaryDirectory() as folder:
        write_checkpoint(Path(folder), "network", _Trainer(), course)  # type: ignore[arg-type]
        checkpoint = (Path(folder) / "network.h5").read_bytes()
    table = load_experiment("dendritic_targets_spirals").table()
    text = json.dumps({"experiment": table, "facts": {"data": "x"}}, indent=1)
    return [Seed("network.h5", checkpoint), Seed("experiment.json", text.encode())]


def _changed_checkpoint(data: bytes, random: Random) -> bytes:
    is_table = data[:1] == b"{"
    return changed_words(data, random) if is_table else changed_hdf5(data, random)


def _read_training(data: bytes, name: str, folder: Path) -> None:
    part = folder / "out.h5.part"
    part.mkdir(exist_ok=True)
    (part / name).write_bytes(data)
    if name.endswith(".json"):
        recorded(folder / "out.h5")
    else:
        read_checkpoint(part, "network", _Trainer())  # type: ignore[arg-type]


@cache
def _learning_seeds() -> list[Seed]:
    one = xr.Dataset({"accuracy": ("seed", [0.5, 0.6])}, {"seed": ("seed", [0, 1])})
    outcome = Outcome("kind = 'network'", one, one, xr.Dataset())
    table = pd.DataFrame({"network": ["a", "b"], "mean": [0.5, 0.6]})
    learning = Learning({"data": "spirals", "order": ["a"]}, {"a": outcome}, table)
    with tempfile.TemporaryDirectory() as folder:
        write_learning(Path(folder) / "learning.h5", learning, Path(folder))
        return [Seed("learning.h5", (Path(folder) / "learning.h5").read_bytes())]


def _read_learning(data: bytes, name: str, folder: Path) -> None:
    (folder / name).write_bytes(data)
    load_learning(folder / name)


# -- sweeps, edges, data sets --------------------------------------------------------------


def _record_seeds() -> list[Seed]:
    record = {"schema": 1, "protocol": "days", "axes": ["slope"], "backend": "cpp", "form": "",
              "program": {"neurospine": "0.1.0"}, "seeds": [0, 1],
              "values": {"slope=1": {"files": {"a": "0"}, "parameters": "1"}}}  # fmt: skip
    return [Seed("sweep.json", json.dumps(record, indent=1).encode())]


def _read_record(data: bytes, name: str, folder: Path) -> None:
    (folder / name).write_bytes(data)
    read_record(folder)


def _sonata_seeds() -> list[Seed]:
    made = io.BytesIO()
    with h5py.File(made, "w") as file:
        for name in ("a_to_b", "b_to_a"):
            group = file.create_group(f"edges/{name}")
            group["source_node_id"] = np.arange(6, dtype="u8")
            group["target_node_id"] = np.arange(6, dtype="u8")[::-1].copy()
            group["edge_group_id"] = np.zeros(6, "u4")
            group["edge_group_index"] = np.arange(6, dtype="u8")
            group["0/delay"], group["0/volume"] = np.full(6, 1.5), np.full(6, 0.1)
        del file["edges/b_to_a"]
    return [Seed("edges.h5", made.getvalue())]


def _data_seeds() -> list[Seed]:
    import pickle

    images = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    head = np.array([IMAGES, 2, 3, 4], ">u4").tobytes()
    labels = np.array([LABELS, 2], ">u4").tobytes() + b"\x01\x02"
    batch = {b"data": np.zeros((2, PIXELS), np.uint8)[:, :PIXELS], b"labels": [1, 2]}
    return [
        Seed("images.idx", head + images.tobytes()),
        Seed("labels.idx", labels),
        Seed("batch.bin", bytes(2 * (1 + PIXELS))),
        Seed("batch.pickle", pickle.dumps(batch, protocol=2)),
    ]


def _changed_data(data: bytes, random: Random) -> bytes:
    if random.random() < 0.5:  # the beginning says what follows
        return changed_bytes(data[:256], random) + data[256:]
    return changed_bytes(data, random)


def _read_data(data: bytes, name: str, folder: Path) -> None:
    path = folder / name
    path.write_bytes(data)
    raw = read_bytes(path)
    if name.endswith(".idx"):
        parse_idx(raw, IMAGES if name == "images.idx" else LABELS, path)
    else:
        (parse_binary if name.endswith(".bin") else parse_pickled)(raw, path)


FILE_TARGETS = [
    Target("edges, SONATA", _sonata_seeds, changed_hdf5, read_edge_file),
    Target("results", _result_seeds, changed_hdf5, _read_result),
    Target("runs cut off", _part_seeds, changed_hdf5, _read_part),
    Target("segments", _segment_seeds, _changed_segment, _read_segment),
    Target("training cut off", _checkpoint_seeds, _changed_checkpoint, _read_training),
    Target("results of learning", _learning_seeds, changed_hdf5, _read_learning),
    Target("records of sweeps", _record_seeds, changed_words, _read_record),
    Target("data sets", _data_seeds, _changed_data, _read_data),
]
