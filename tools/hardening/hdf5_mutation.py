"""Change HDF5 files: as bytes, or what is in them by means of HDF5 itself."""

import io
from random import Random
from typing import Any

import h5py
import numpy as np

from tools.hardening.mutation import TEXTS, changed_bytes

_TYPES = ("<i8", "<u1", ">f4", "<f8", "<c16", "S3", "?")


def changed_hdf5(data: bytes, random: Random) -> bytes:
    """Return a file changed as bytes or in what it holds."""
    if random.random() < 0.4:
        return changed_bytes(data, random)
    made = io.BytesIO(data)
    try:
        with h5py.File(made, "r+") as file:
            for _ in range(random.choice((1, 1, 2, 4))):
                _change(file, random)
    except Exception:  # one that was damaged before, or would not take this
        return changed_bytes(data, random)
    return made.getvalue()


def _change(file: h5py.File, random: Random) -> None:
    names: list[str] = []
    file.visit(names.append)
    if not names:
        return
    name, other = random.choice(names), random.choice(names)
    item = file[name]
    holder = random.choice((item, item, file))
    match random.randrange(9):
        case 0:
            del file[name]
        case 1:
            del file[name]
            file[name] = _value(random)
        case 2:
            del file[name]
            file.create_group(name)
        case 3 if isinstance(item, h5py.Dataset):
            values = item[()]
            del file[name]
            file[name] = _other(values, random)
        case 4 | 5 if len(holder.attrs):
            key = random.choice(list(holder.attrs))
            if random.random() < 0.4:
                del holder.attrs[key]
            else:
                holder.attrs[key] = _value(random)
        case 6:
            del file[name]
            file[name] = random.choice(
                (h5py.SoftLink(f"/{other}"), h5py.SoftLink("/nowhere"), h5py.SoftLink(f"/{name}"),
                 h5py.ExternalLink("other.h5", "/x"), h5py.ExternalLink("/dev/zero", "/"))
            )  # fmt: skip
        case 7:
            file.move(name, f"{other}_2")
        case _:
            del file[name]
            if random.random() < 0.5:
                shape = random.choice(((10**9,), (10**6, 10**6), (2**40,)))
                file.create_dataset(name, shape, "f8", chunks=(1000,) * len(shape))
            else:
                file.create_dataset(name, (10,), "f8", external=[("/etc/passwd", 0, 80)])


def _value(random: Random) -> Any:
    return random.choice(
        (0, -1, 2**63 - 1, 0.5, float("nan"), True, "", random.choice(TEXTS).replace("\x00", "0"),
         np.zeros(0), np.zeros((2, 2)), np.array([1, 2]), h5py.Empty("f8"), np.bytes_(b"\xff\xfe"),
         ["a", "b"], 1j)
    )  # fmt: skip


def _other(values: Any, random: Random) -> Any:
    array = np.asarray(values)
    match random.randrange(5):
        case 0:
            return array[..., None]
        case 1:
            return array[:-1] if array.ndim and len(array) else array
        case 2 if array.dtype.kind != "O":
            return array.astype(random.choice(_TYPES))
        case 3 if array.dtype.kind in "iuf" and array.size:
            changed = array.copy()
            wrong = (-1, 10**6, 127) if array.dtype.kind in "iu" else (np.nan, np.inf, -1.0)
            changed.flat[random.randrange(array.size)] = random.choice(wrong)
            return changed
    return np.array([random.choice(TEXTS).replace("\x00", "0")] * max(1, array.size), object)
