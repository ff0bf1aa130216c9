"""Data sets to learn from, split into training, validation and test.

MNIST, Fashion-MNIST and CIFAR-10 are read from a folder that the user names; nothing is
downloaded. Digits (scikit-learn's 8 x 8 pixels) and spirals need no folder. The test set is
read by a function of its own, so that what tunes a network cannot have seen it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from neurospine.errors import DataError, suggest
from neurospine.learning.data.checksums import CHECKSUMS
from neurospine.learning.data.cifar import parse_binary, parse_pickled
from neurospine.learning.data.idx import IMAGES, LABELS, parse_idx, read_bytes
from neurospine.learning.data.spirals import ARMS, spiral_points


@dataclass(frozen=True)
class Samples:
    """Inputs, one row each, and the class of each.

    `inputs` count `full` as 1: pixels are kept as bytes.
    """

    inputs: npt.NDArray[np.uint8] | npt.NDArray[np.float32]
    labels: npt.NDArray[np.uint8]
    full: float = 1.0

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, rows: slice) -> Samples:
        return Samples(self.inputs[rows], self.labels[rows], self.full)


@dataclass(frozen=True)
class DataSet:
    """What to train with and what to tune by."""

    name: str
    classes: int
    training: Samples
    validation: Samples

    def first(self, samples: int) -> DataSet:
        """Return the data set with only so many of its training samples.

        Raises
        ------
        DataError
            If there are not so many.
        """
        if not 0 < samples <= len(self.training):
            raise DataError(
                f"{self.name}: {samples} training samples are wanted, it has {len(self.training)}"
            )
        return replace(self, training=self.training[:samples])


@dataclass(frozen=True)
class _Source:
    """How a data set is read: `read` returns the test set, or training and validation together."""

    read: Callable[[Path | None, bool, bool], Samples]
    training: int
    classes: int = 10


def load_data(name: str, folder: Path | None = None, *, verify: bool = True) -> DataSet:
    """Return a data set without its test set.

    Parameters
    ----------
    name
        One of `digits`, `spirals`, `mnist`, `fashion_mnist` and `cifar10`.
    folder
        Where the official files are, directly or in a folder called as the data set.
    verify
        Whether the files must be the official ones, by their checksums.

    Raises
    ------
    DataError
        If there is no such data set, a file is missing or damaged, or a label is no class.
    """
    source = _find(name)
    samples = source.read(folder, False, verify)
    split = source.training
    return DataSet(name, source.classes, samples[:split], samples[split:])


def load_test(name: str, folder: Path | None = None, *, verify: bool = True) -> Samples:
    """Return the test set of a data set, which nothing may be tuned by; see `load_data`."""
    return _find(name).read(folder, True, verify)


def _find(name: str) -> _Source:
    if name not in _SOURCES:
        raise DataError(f"no data set named {name!r}. {suggest(name, _SOURCES)}")
    return _SOURCES[name]


def _digits(folder: Path | None, test: bool, verify: bool) -> Samples:
    """Return scikit-learn's digits: the last 500 are the test set."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    samples = Samples(bunch.data.astype(np.uint8), bunch.target.astype(np.uint8), full=16.0)
    return samples[1297:] if test else samples[:1297]


def _spirals(folder: Path | None, test: bool, verify: bool) -> Samples:
    """Return spirals; training, validation and test have noise of their own."""
    if test:
        return Samples(*spiral_points(300, seed=2))
    both = [spiral_points(1400, seed=0), spiral_points(300, seed=1)]
    points, arms = (np.concatenate([part[i] for part in both]) for i in range(2))
    return Samples(points, arms)


def _idx(name: str, folder: Path | None, test: bool, verify: bool) -> Samples:
    """Return MNIST or Fashion-MNIST."""
    stem = "t10k" if test else "train"
    arrays = []
    for what, magic in (("images-idx3", IMAGES), ("labels-idx1", LABELS)):
        path = _path(name, folder, [f"{stem}-{what}-ubyte", f"{stem}-{what}-ubyte.gz"])
        raw = read_bytes(path)
        arrays.append(parse_idx(raw, magic, path))
        if magic == LABELS:
            _check_labels(arrays[-1], path)
        if verify:
            _check_sum(name, path.name.removesuffix(".gz"), raw, path)
    images, labels = arrays
    if len(images) != len(labels):
        raise DataError(f"{path.parent}: {len(images)} images and {len(labels)} labels of {stem}")
    return Samples(images.reshape(len(images), -1), labels, full=255.0)


def _cifar(folder: Path | None, test: bool, verify: bool) -> Samples:
    """Return CIFAR-10 from its binary batches, or from those of Python."""
    batches = ["test_batch"] if test else [f"data_batch_{number}" for number in range(1, 6)]
    images, labels = [], []
    for batch in batches:
        path = _path("cifar10", folder, [f"{batch}.bin", batch])
        raw = read_bytes(path)
        read = parse_binary if path.suffix == ".bin" else parse_pickled
        pixels, classes = read(raw, path)
        _check_labels(classes, path)
        if verify:
            _check_sum("cifar10", path.name, raw, path)
        images.append(pixels)
        labels.append(classes)
    return Samples(np.concatenate(images), np.concatenate(labels), full=255.0)


#: Validation is what follows the training samples.
_SOURCES = {
    "digits": _Source(_digits, 1000),
    "spirals": _Source(_spirals, ARMS * 1400, ARMS),
    "mnist": _Source(partial(_idx, "mnist"), 50_000),
    "fashion_mnist": _Source(partial(_idx, "fashion_mnist"), 50_000),
    "cifar10": _Source(_cifar, 45_000),
}
#: Folders that the official archives and common libraries unpack to.
_FOLDERS = {
    "mnist": ("mnist", "MNIST/raw"),
    "fashion_mnist": ("fashion_mnist", "FashionMNIST/raw"),
    "cifar10": ("cifar10", "cifar-10-batches-bin", "cifar-10-batches-py"),
}
#: Where the official files are offered.
_ORIGINS = {
    "mnist": "yann.lecun.com/exdb/mnist or github.com/cvdfoundation/mnist",
    "fashion_mnist": "github.com/zalandoresearch/fashion-mnist",
    "cifar10": "www.cs.toronto.edu/~kriz/cifar.html (binary or Python version)",
}


def _places(name: str, folder: Path) -> Iterator[Path]:
    """Yield the folders in which the files of a data set may be."""
    yield from (folder / inner for inner in _FOLDERS[name])
    yield folder


def _path(name: str, folder: Path | None, names: list[str]) -> Path:
    """Return the first file there is of several names.

    Raises
    ------
    DataError
        If there is none; the message says where to get it.
    """
    origin = f"Get it from {_ORIGINS[name]}"
    if folder is None:
        raise DataError(
            f"{name} is read from files: name the folder that holds {' or '.join(names)}. {origin}"
        )
    folder = folder.expanduser()
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder; {names[0]} of {name} was wanted. {origin}")
    for place in _places(name, folder):
        for path in (place / file for file in names):
            if path.is_file():
                return path
    inner = ", ".join(_FOLDERS[name])
    raise DataError(
        f"{folder}: no file {' or '.join(names)} of {name}, there or in its folders {inner}. "
        f"{origin}"
    )


def _check_labels(labels: npt.NDArray[np.uint8], path: Path) -> None:
    """Raise a `DataError` if a label is none of the ten classes."""
    wrong = np.flatnonzero(labels >= 10)
    if wrong.size:
        raise DataError(
            f"{path}: label {labels[wrong[0]]} of sample {wrong[0]} is out of range 0 to 9 "
            f"({wrong.size} such labels)"
        )


def _check_sum(name: str, file: str, raw: bytes, path: Path) -> None:
    """Raise a `DataError` unless what is in a file is what was published."""
    found = hashlib.md5(raw, usedforsecurity=False).hexdigest()
    if found != CHECKSUMS[name][file]:
        raise DataError(
            f"{path}: MD5 {found}, {CHECKSUMS[name][file]} is that of the official file of {name}. "
            f"Get it from {_ORIGINS[name]}"
        )
