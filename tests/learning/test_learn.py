"""`learn`: what it leaves, going on where it was cut off, and what it says of mistakes."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import xarray as xr

pytest.importorskip("jax")
pytest.importorskip("sklearn")

import neurospine
from neurospine.errors import LearningError, ResultError
from neurospine.learning.data.checksums import CHECKSUMS
from neurospine.learning.data.sets import load_data, load_test
from neurospine.learning.experiments.experiment import Experiment, load_experiment
from neurospine.learning.experiments.learn import learn, resume
from neurospine.learning.experiments.outcome import load_learning
from neurospine.learning.kinds import load_learner, make_trainer, parse_learner
from neurospine.learning.trainer import Replicate

Command = Callable[..., Any]
NAME = "dendritic_targets_digits"
TINY = """
kind    = "network"
name    = "tiny"
summary = "A hidden layer with dendrites that is compiled quickly."
source  = "assumed"
data    = "digits"
samples = 250
inputs  = 64
steps   = 3

[layers.H1]
E     = 10
DendI = 2

[layers.H1.projections]
below_to_E     = { rule = "dendritic_target", rate = 0.01, spread = 1.0 }
above_to_E     = { rule = "transpose", scale = 1.0 }
DendI_to_E     = { rule = "dendritic_loss", rate = 0.1, spread = 1.0 }
E_to_DendI     = { rule = "hebb", rate = 0.02, total = 10.0 }

[layers.Output]
E = 10

[layers.Output.projections]
below_to_E = { rule = "dendritic_target", rate = 0.02, spread = 2.0 }
"""


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a network that is compiled quickly."""
    path = tmp_path_factory.mktemp("network") / "tiny.toml"
    path.write_text(TINY)
    return path


def experiment(tiny: str | Path) -> Experiment:
    return load_experiment(tiny, {"H1.below_to_E.rate": 0.02}, seeds=(0, 3), every=100)


def contents(path: Path) -> dict[str, Any]:
    """Return all datasets and attributes of a file, numbers as bytes."""
    found: dict[str, Any] = {}

    def plain(value: Any) -> Any:
        array = np.asarray(value)
        return array.tolist() if array.dtype.kind == "O" else (array.dtype, array.tobytes())

    def note(name: str, item: Any) -> None:
        own = {k: v for k, v in item.attrs.items() if not k.endswith("_LIST")}
        found.update({f"{name}@{key}": plain(value) for key, value in own.items()})
        if isinstance(item, h5py.Dataset):
            found[name] = plain(item[()])

    with h5py.File(path) as file:
        note("", file)
        file.visititems(note)
    return found


@pytest.fixture(scope="module")
def whole(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of training that nothing disturbed."""
    path = tmp_path_factory.mktemp("whole") / "whole.h5"
    learn(experiment(tiny), path)
    return path


def test_rates_fall_over_the_samples_that_are_asked_for() -> None:
    asked = load_experiment("balanced_targets", samples=400)
    assert asked.networks["balanced_targets"].falling
    for experiment in (asked, Experiment.of_table(asked.table(), "again")):
        assert experiment.networks["balanced_targets"].samples == experiment.samples == 400
    both = load_experiment("dendritic_rules_digits", samples=600)
    assert {network.samples for network in both.networks.values()} == {600}


def test_a_result_says_what_a_trainer_does(tiny: Path, whole: Path) -> None:
    learned = load_learning(whole)
    (outcome,) = learned.networks.values()
    network = load_learner(tiny, {"H1.below_to_E.rate": 0.02})
    data = load_data("digits")
    trainer = make_trainer([Replicate(network, seed, seed) for seed in (0, 3)], data)
    told = []
    errors = []
    for samples in (100, 100, 50):
        seen = trainer.run(samples)
        told.append(seen["correct"].mean(1))
        errors.append(seen["dendritic_error.H1"].mean(1))
    curves = outcome.curves
    assert curves["samples"].values.tolist() == [0, 100, 200, 250]
    np.testing.assert_array_equal(curves["training_accuracy"][1:], told)
    np.testing.assert_array_equal(curves["dendritic_error"].sel(layer="H1")[1:], errors)
    np.testing.assert_array_equal(
        outcome.final["validation_accuracy"], trainer.accuracy(data.validation)
    )
    np.testing.assert_array_equal(
        outcome.final["test_accuracy"], trainer.accuracy(load_test("digits"))
    )
    for name, values in trainer.weights().items():
        np.testing.assert_array_equal(outcome.weights[name], values)
        counts = curves["weights"].sel(projection=name)
        assert (counts.sum("magnitude") == values[0].size).all()
    assert parse_learner(outcome.network, "x") == network.model_copy(update={"base": None})
    assert (learned.attributes["data"], learned.attributes["seeds"]) == ("digits", [0, 3])
    assert len(learned.attributes["data_sha256"]) == len(learned.attributes["test_sha256"]) == 64


def test_xarray_opens_a_group_with_units(whole: Path) -> None:
    for part in ("curves", "final", "weights"):
        with xr.open_dataset(whole, group=f"networks/tiny/{part}", engine="h5netcdf") as data:
            assert all(v.attrs["units"] == "1" and v.attrs["long_name"] for v in data.values())


class Stop(KeyboardInterrupt):
    """Ctrl-C at a chosen moment."""


@pytest.mark.parametrize("chunks", [1, 3])
def test_training_that_was_cut_off_goes_on_to_the_same_bits(
    tiny: Path, whole: Path, tmp_path: Path, chunks: int
) -> None:
    path, done = tmp_path / "whole.h5", []

    def watch(name: str, samples: int, accuracy: float) -> None:
        done.append(samples)
        if len(done) > chunks:
            raise Stop

    with pytest.raises(Stop):
        learn(experiment(tiny), path, watch=watch)
    assert not path.exists()
    resume(path)
    assert contents(path) == contents(whole)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.slow
def test_training_that_was_killed_goes_on_to_the_same_bits(
    tiny: Path, whole: Path, tmp_path: Path
) -> None:
    script = tmp_path / "train.py"
    script.write_text(
        "from tests.learning.test_learn import experiment\n"
        "from neurospine.learning.experiments.learn import learn\n"
        "import os, signal\n"
        "seen = []\n"
        "def watch(*what):\n"
        "    seen.append(what)\n"
        "    if len(seen) == 3: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"learn(experiment({str(tiny)!r}), {str(tmp_path / 'whole.h5')!r}, watch=watch)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, script], env=environment, check=False)
    assert done.returncode == -signal.SIGKILL
    assert (tmp_path / "whole.h5.part" / "tiny.h5").exists()
    resume(tmp_path / "whole.h5")
    assert contents(tmp_path / "whole.h5") == contents(whole)


@pytest.fixture(scope="module")
def cut_off(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with training that was cut off after its first chunk."""
    path = tmp_path_factory.mktemp("cut") / "whole.h5"

    def watch(name: str, samples: int, accuracy: float) -> None:
        if samples:
            raise Stop

    with pytest.raises(Stop):
        learn(experiment(tiny), path, watch=watch)
    return path.parent


def other_network(part: Path) -> None:
    with h5py.File(part / "tiny.h5", "r+") as file:
        del file["state/0"]
        file["state/0"] = np.zeros(3)
        file["state/0"].attrs["path"] = "elsewhere"


def changed_bit(part: Path) -> None:
    with h5py.File(part / "tiny.h5", "r+") as file:
        file["state/0"][0, 0] += 1


def other_facts(**facts: str) -> Callable[[Path], None]:
    def change(part: Path) -> None:
        table = json.loads((part / "experiment.json").read_text())
        table["facts"].update(facts)
        (part / "experiment.json").write_text(json.dumps(table))

    return change


def cut(name: str, size: int) -> Callable[[Path], None]:
    return lambda part: (part / name).write_bytes((part / name).read_bytes()[:size])


def smaller(part: Path) -> None:
    text = (part / "experiment.json").read_text()
    assert "E = 10\\n" in text
    (part / "experiment.json").write_text(text.replace("E = 10\\n", "E = 9\\n", 1))


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (other_facts(data_sha256="0"), "was begun with data_sha256 0, this is 855dd.*not go on"),
        (other_facts(jax="0.1"), "was begun with jax 0.1, this is"),
        (smaller, "tiny.h5: the arrays are those of another network"),
        (changed_bit, r"tiny.h5: is damaged \(its checksum is another\); start again with"),
        (other_network, "tiny.h5: is damaged"),
        (cut("tiny.h5", 3000), "tiny.h5: is damaged"),
        (cut("experiment.json", 300), "experiment.json: is missing or damaged"),
        (cut("experiment.json", 0), "experiment.json: is missing or damaged"),
        (lambda part: (part / "experiment.json").unlink(), "experiment.json: is missing"),
        (shutil.rmtree, "nothing to go on with, there is no folder"),
    ],
)
def test_going_on_is_refused_where_it_would_not_be_the_same(
    cut_off: Path, tmp_path: Path, harm: Callable[[Path], None], message: str
) -> None:
    shutil.copytree(cut_off, tmp_path / "copy")
    part = tmp_path / "copy" / "whole.h5.part"
    harm(part)
    before = {path: path.read_bytes() for path in part.rglob("*.h5")}
    with pytest.raises((ResultError, LearningError), match=message):
        resume(tmp_path / "copy" / "whole.h5")
    assert {path: path.read_bytes() for path in part.rglob("*.h5")} == before


def test_what_was_cut_off_is_not_thrown_away_unasked(tiny: Path, cut_off: Path) -> None:
    with pytest.raises(ResultError, match=r"was cut off there.*--resume .*whole.h5.*--force"):
        learn(experiment(tiny), cut_off / "whole.h5")


def test_what_does_not_fit_leaves_nothing(tiny: Path, tmp_path: Path) -> None:
    with pytest.raises(LearningError, match="has 64 inputs and 10 outputs, spirals has 2 and 4"):
        learn(replace(experiment(tiny), data="spirals"), tmp_path / "a.h5")
    with pytest.raises(LearningError, match="2000 samples of 1000 that there are"):
        learn(replace(experiment(tiny), training=2000), tmp_path / "a.h5")
    assert list(tmp_path.iterdir()) == []


def idx(array: np.ndarray, magic: int) -> bytes:
    return struct.pack(f">{1 + array.ndim}I", magic, *array.shape) + array.tobytes()


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (None, None, "no such folder; train-images-idx3-ubyte of mnist was wanted. Get it from"),
        (b"", None, "0 bytes, shorter than the header of an IDX file"),
        (idx(np.zeros((3, 28, 28), np.uint8), 0x803)[:-9], None, "truncated: 2343 bytes"),
        (idx(np.zeros((3, 28, 28), np.uint8), 0x801), None, "magic number 0x00000801"),
        (idx(np.zeros((3, 28, 28), np.uint8), 0x803), idx(np.uint8([1, 10, 2]), 0x801),
         "label 10 of sample 1 is out of range 0 to 9"),
    ],
)  # fmt: skip
def test_the_command_says_what_is_wrong_with_data(
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
    images: bytes | None,
    labels: bytes | None,
    message: str,
) -> None:
    known = hashlib.md5(images or b"").hexdigest()
    monkeypatch.setitem(CHECKSUMS["mnist"], "train-images-idx3-ubyte", known)
    if images is not None:
        Path("data").mkdir()
        Path("data/train-images-idx3-ubyte").write_bytes(images)
        Path("data/train-labels-idx1-ubyte").write_bytes(labels or b"")
    done = command("learn", "dendritic_targets", "--data", "data", "-o", "a.h5")
    assert (done.status, done.out) == (2, "")
    assert message in done.err
    assert not list(Path().glob("a.*"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["dendritic_target"], "no network named 'dendritic_target'. Did you mean"),
        ([NAME, "--seeds", "0"], "--seeds 0: one or more are wanted"),
        ([NAME, "--seeds", "few"], "--seeds 'few': write a range such as 0:10"),
        ([NAME, "--samples", "0"], "samples 0: one or more are wanted"),
        ([NAME, "--every", "-1"], "every -1: one or more are wanted"),
        ([NAME, "--set", "H1.below_to_E.rat=1.0"], "Did you mean 'rate'?"),
        ([NAME, "--set", "H1.belw_to_E.rate=1.0"], "Did you mean 'below_to_E'?"),
        ([NAME, "--set", "steps=many"], "steps: "),
        ([NAME, "--set", "steps"], "--set 'steps': write NAME=VALUE"),
        ([NAME, "-o", "there.h5"], "there.h5: exists already"),
        ([NAME, "-o", "there.txt"], "there.png: exists already"),
        ([NAME, "-o", "a.png"], "must be the name of an HDF5 file"),
        ([NAME, "-o", "nowhere/a.h5"], "there is no folder nowhere"),
        (["mnist_backprop.toml"], "no file mnist_backprop.toml"),
        ([], "name a network or comparison"),
        (["--resume", "a.h5"], "a.h5: nothing to go on with"),
        ([NAME, "--resume", "a.h5"], "--resume FILE takes all but --data from there"),
        (["dendritic_targets"], "mnist is read from files: name the folder"),
    ],
)
def test_the_command_says_what_is_wrong_with_its_words(
    command: Command, words: list[str], message: str
) -> None:
    for name in ("there.h5", "there.png"):
        Path(name).touch()
    done = command("learn", *words)
    assert (done.status, done.out) == (2, "")
    assert message in done.err


def test_without_jax_the_command_says_what_to_install(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("neurospine.commands.learn.find_spec", lambda name: None)
    done = command("learn", NAME)
    assert done.status == 2
    assert "pip install 'neurospine[learning]'" in done.err


def imported(module: str, seen: set[str]) -> set[str]:
    """Return what a module of ours and those that it imports at its start import, by name."""
    path = Path(neurospine.__file__).parents[1] / (module.replace(".", "/") + ".py")
    if module in seen or not path.is_file():
        return {module}
    seen.add(module)
    names = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names.union(*(imported(name, seen) for name in names))


def test_networks_are_listed_and_read_without_jax() -> None:
    def extra(module: str) -> set[str]:
        packages = {name.split(".")[0] for name in imported(module, set())}
        return packages & {"jax", "jaxlib", "optax", "sklearn"}

    assert extra("neurospine.learning.trainer") == {"jax"}
    assert extra("neurospine.listing") == extra("neurospine.listing_library") == set()
    assert extra("neurospine.learning.experiments.experiment") == extra("neurospine.cli") == set()
