"""Loaders of images: official layouts, and what is said of damaged or missing files."""

from __future__ import annotations

import gzip
import hashlib
import os
import pickle
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from neurospine.errors import DataError
from neurospine.learning.data.sets import load_data, load_test
from neurospine.learning.data.spirals import spiral_points

IMAGES = np.arange(12 * 4, dtype=np.uint8).reshape(12, 2, 2)
LABELS = (np.arange(12) % 10).astype(np.uint8)


def idx(array: np.ndarray, magic: int) -> bytes:
    return struct.pack(f">{1 + array.ndim}I", magic, *array.shape) + array.tobytes()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a dozen images in the layout of MNIST, labels compressed."""
    (tmp_path / "mnist").mkdir()
    for stem in ("train", "t10k"):
        file = tmp_path / "mnist" / f"{stem}-images-idx3-ubyte"
        file.write_bytes(idx(IMAGES, 0x803))
        file = tmp_path / "mnist" / f"{stem}-labels-idx1-ubyte.gz"
        file.write_bytes(gzip.compress(idx(LABELS, 0x801)))
    return tmp_path


def test_idx_files_are_read_compressed_or_not(folder: Path) -> None:
    data = load_data("mnist", folder, verify=False)
    np.testing.assert_array_equal(data.training.inputs, IMAGES.reshape(12, 4))
    np.testing.assert_array_equal(data.training.labels, LABELS)
    assert (data.training.full, data.classes, len(data.validation)) == (255.0, 10, 0)
    np.testing.assert_array_equal(load_test("mnist", folder, verify=False).labels, LABELS)


def test_files_may_lie_in_the_folder_itself(folder: Path) -> None:
    np.testing.assert_array_equal(
        load_data("mnist", folder / "mnist", verify=False).training.labels, LABELS
    )


def test_the_test_set_is_read_only_where_it_is_asked_for(folder: Path) -> None:
    for path in folder.rglob("t10k*"):
        path.unlink()
    load_data("mnist", folder, verify=False)
    with pytest.raises(DataError, match="t10k-images-idx3-ubyte"):
        load_test("mnist", folder, verify=False)


def test_what_is_not_the_official_file_is_refused(folder: Path) -> None:
    wrong = hashlib.md5(idx(IMAGES, 0x803)).hexdigest()
    with pytest.raises(DataError, match=f"MD5 {wrong}, 6bbc9ace.*official file of mnist"):
        load_data("mnist", folder)


Damage = Callable[[bytes], bytes]


@pytest.mark.parametrize(
    ("file", "damage", "message"),
    [
        ("images-idx3-ubyte", lambda raw: raw[:-1], "truncated: 47 bytes.*12 x 2 x 2 = 48"),
        ("images-idx3-ubyte", lambda raw: raw + b"0", "too long: 49 bytes"),
        ("images-idx3-ubyte", lambda raw: raw[:7], "7 bytes, shorter than the header"),
        (
            "images-idx3-ubyte",
            lambda raw: b"\0\0\x0d\x03" + raw[4:],
            "magic number 0x00000d03, 0x0",
        ),
        ("images-idx3-ubyte", lambda raw: b"\0\0\x08\x01" + raw[4:], r"\(that of labels\)"),
        ("labels-idx1-ubyte.gz", lambda raw: raw[:-9], "labels-idx1-ubyte.gz: cannot be read"),
        ("labels-idx1-ubyte.gz", lambda raw: b"no gzip", "cannot be read"),
        (
            "labels-idx1-ubyte.gz",
            lambda raw: gzip.compress(idx(np.uint8([1, 2, 10, 3, 255]), 0x801)),
            r"label 10 of sample 2 is out of range 0 to 9 \(2 such",
        ),
        (
            "labels-idx1-ubyte.gz",
            lambda raw: gzip.compress(idx(LABELS[:5], 0x801)),
            "12 images and 5 labels",
        ),
    ],
)
def test_damage_is_named(folder: Path, file: str, damage: Damage, message: str) -> None:
    path = folder / "mnist" / f"train-{file}"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataError, match=message):
        load_data("mnist", folder, verify=False)


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist", "cifar10"])
def test_what_is_missing_is_named_with_where_to_get_it(name: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=f"{name} is read from files: name the folder.*Get it from"):
        load_data(name)
    with pytest.raises(DataError, match=r"no such folder.*Get it from"):
        load_data(name, tmp_path / "nowhere")
    with pytest.raises(DataError, match=f"no file .* of {name}.*Get it from"):
        load_data(name, tmp_path)


def test_an_unknown_data_set_is_an_error_that_names_the_nearest() -> None:
    with pytest.raises(DataError, match="Did you mean 'mnist'"):
        load_data("minst")


PIXELS = np.random.default_rng(1).integers(0, 256, (10, 3072), dtype=np.uint8)
CLASSES = np.arange(10, dtype=np.uint8)


def binary(labels: np.ndarray = CLASSES) -> bytes:
    return np.hstack([labels[:, None], PIXELS]).astype(np.uint8).tobytes()


def pickled(labels: list[int]) -> bytes:
    return pickle.dumps({b"data": PIXELS, b"labels": labels, b"batch_label": b"one"}, protocol=4)


def write_batches(folder: Path, content: bytes, suffix: str) -> None:
    for number in range(1, 6):
        (folder / f"data_batch_{number}{suffix}").write_bytes(content)


@pytest.mark.parametrize(
    ("content", "suffix"), [(binary(), ".bin"), (pickled(list(range(10))), "")], ids=["bin", "py"]
)
def test_both_versions_of_cifar_give_the_same(tmp_path: Path, content: bytes, suffix: str) -> None:
    write_batches(tmp_path, content, suffix)
    data = load_data("cifar10", tmp_path, verify=False)
    np.testing.assert_array_equal(data.training.inputs, np.tile(PIXELS, (5, 1)))
    np.testing.assert_array_equal(data.training.labels, np.tile(CLASSES, 5))


class Command:
    """Runs a command when it is unpickled."""

    def __reduce__(self) -> tuple[object, ...]:
        return os.system, ("exit 1",)


@pytest.mark.parametrize(
    ("content", "suffix", "message"),
    [
        (binary()[:-5], ".bin", "truncated: 30725 bytes, not a whole number of records of 3073"),
        (b"", ".bin", "truncated: 0 bytes"),
        (binary(CLASSES + 5), ".bin", "label 10 of sample 5 is out of range"),
        (pickled([*range(9), 300]), "", "labels from 0 to 300"),
        (pickled([*range(9), 11]), "", "label 11 of sample 9 is out of range"),
        (pickled([1, 2]), "", "2 labels"),
        (pickled(list(range(10)))[:-200], "", "not a batch of CIFAR-10, or truncated"),
        (b"\x80\x02}r\xff\xff\xff\x7f.", "", "numbers an object 2147483647, in a file of 9 bytes"),
        (pickle.dumps(Command()), "", r"holds posix\.system; only arrays of numbers are read"),
    ],
)
def test_damaged_batches_are_named(
    tmp_path: Path, content: bytes, suffix: str, message: str
) -> None:
    write_batches(tmp_path, content, suffix)
    with pytest.raises(DataError, match=message):
        load_data("cifar10", tmp_path, verify=False)


def test_digits_need_no_folder_and_are_split_once() -> None:
    pytest.importorskip("sklearn")
    data, test = load_data("digits"), load_test("digits")
    assert [len(part) for part in (data.training, data.validation, test)] == [1000, 297, 500]
    assert data.training.inputs.max() == data.training.full == 16
    assert data.training.inputs.shape[1] == 64


def test_spirals_lie_on_four_arms() -> None:
    data, test = load_data("spirals"), load_test("spirals")
    assert [len(part) for part in (data.training, data.validation, test)] == [5600, 1200, 1200]
    points, arms = spiral_points(200_000, seed=3)
    radius = np.tile(np.linspace(0, 1, 200_000), 4)
    angle = 2 * np.pi / 4 * (2 * radius + arms)
    off = points - (radius * np.stack([np.sin(angle), np.cos(angle)])).T
    # The noise has a standard deviation of 0.16 times the radius, so 0.16/sqrt(3) on the whole.
    np.testing.assert_allclose(off.std(), 0.16 / np.sqrt(3), rtol=0.01)
    assert not np.array_equal(test.inputs[:300], data.validation.inputs[:300])


@pytest.mark.skipif(
    "NEUROSPINE_REFERENCE_DATA" not in os.environ, reason="NEUROSPINE_REFERENCE_DATA is not set"
)
@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_the_official_files_pass(name: str) -> None:
    folder = Path(os.environ["NEUROSPINE_REFERENCE_DATA"])
    data, test = load_data(name, folder), load_test(name, folder)
    assert [len(part) for part in (data.training, data.validation, test)] == [
        50_000,
        10_000,
        10_000,
    ]
