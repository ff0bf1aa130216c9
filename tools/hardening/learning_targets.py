"""Readers of what belongs to networks that learn: training, its results, data sets."""

import json
import tempfile
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

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
from tools.hardening.hdf5_mutation import changed_hdf5
from tools.hardening.mutation import changed_bytes, changed_words
from tools.hardening.targets import Seed, Target, placed


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
    placed(data, part / name)
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
    load_learning(placed(data, folder / name))


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
    path = placed(data, folder / name)
    raw = read_bytes(path)
    if name.endswith(".idx"):
        parse_idx(raw, IMAGES if name == "images.idx" else LABELS, path)
    else:
        (parse_binary if name.endswith(".bin") else parse_pickled)(raw, path)


LEARNING_TARGETS = [
    Target("training cut off", _checkpoint_seeds, _changed_checkpoint, _read_training),
    Target("results of learning", _learning_seeds, changed_hdf5, _read_learning),
    Target("data sets", _data_seeds, _changed_data, _read_data),
]
