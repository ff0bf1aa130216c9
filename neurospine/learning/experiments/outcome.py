"""What came of training, and the HDF5 file that holds it.

`/networks/<name>/curves`, `final` and `weights` open as xarray datasets, `network` is the network
as TOML with all its values. `/comparison` is a table, where networks were compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import xarray as xr

from neurospine.description.hdf5_files import opened
from neurospine.errors import ResultError
from neurospine.results.hdf5 import read_dataset, write_dataset
from neurospine.results.tables import TEXT, new_file, read_table, write_table

#: Of the layout.
SCHEMA = 1
#: Root attribute that says so.
_MARK = "learning_schema"
_GROUP = "networks"
#: Of weights after the seed; those of shared weights have two more.
_AXES = ("post", "pre", "row", "column")


@dataclass(frozen=True)
class Outcome:
    """What came of training one network.

    Attributes
    ----------
    network
        The network as TOML text, with all its values.
    curves
        What was measured by samples seen and seed; histograms of weights and bounds have the
        dimension `magnitude`.
    final
        Accuracy on validation and test set at the end, by seed.
    weights
        Weights at the end by layer and projection (seed, postsynaptic, presynaptic); without
        variables where they were not kept.
    """

    network: str
    curves: xr.Dataset
    final: xr.Dataset
    weights: xr.Dataset


@dataclass(frozen=True)
class Learning:
    """What came of an experiment.

    Attributes
    ----------
    attributes
        Versions, data with checksums, seeds and samples.
    networks
        The outcome of each network, by name.
    comparison
        One row a network: mean, SEM, paired difference to control; empty without one.
    """

    attributes: Mapping[str, Any]
    networks: Mapping[str, Outcome]
    comparison: pd.DataFrame = field(default_factory=pd.DataFrame)


def weight_dataset(weights: Mapping[str, Any], seeds: tuple[int, ...]) -> xr.Dataset:
    """Return weights by name, with axes (seed, postsynaptic, presynaptic), as a dataset."""
    variables = {
        name: (
            ("seed", *(f"{name}.{axis}" for axis in _AXES[: values.ndim - 1])),
            values,
            {"units": "1", "long_name": f"weights {name.replace('_', ' ')}"},
        )
        for name, values in weights.items()
    }
    return xr.Dataset(variables, {"seed": ("seed", np.array(seeds, np.int64))})


def write_outcome(path: Path, name: str, outcome: Outcome) -> None:
    """Write the outcome of one network to a file of its own."""
    with new_file(path) as file:
        _write(file, name, outcome)


def read_outcome(path: Path, name: str) -> Outcome:
    """Return what `write_outcome` wrote.

    Raises
    ------
    ResultError
        If it is not there, or damaged.
    """

    def unreadable(why: str) -> ResultError:
        return ResultError(f"{path}: is damaged ({why}); start again with --force")

    with opened(path, unreadable) as file:
        return _read(file, name)


def write_learning(path: Path, learning: Learning, folder: Path) -> None:
    """Write what came of an experiment; the file is written in `folder`, then moved into place."""
    with new_file(path, folder) as file:
        file.attrs[_MARK] = SCHEMA
        file.attrs.update(learning.attributes)
        for name, outcome in learning.networks.items():
            _write(file, name, outcome)
        if not learning.comparison.empty:
            write_table(file.create_group("comparison"), learning.comparison)


def load_learning(path: str | Path) -> Learning:
    """Return what came of an experiment.

    Parameters
    ----------
    path
        A file that `neurospine learn` wrote.

    Raises
    ------
    ResultError
        If it is no such file, is damaged, or is of a version this one does not read.
    """
    path = Path(path)
    if not path.is_file():
        raise ResultError(f"no file {path}")

    def unreadable(why: str) -> ResultError:
        return ResultError(f"{path}: not a readable result of learning ({why})")

    with opened(path, unreadable) as file:
        if _MARK not in file.attrs:
            raise ResultError(f"{path}: an HDF5 file, but not one that 'learn' wrote")
        if file.attrs[_MARK] != SCHEMA:
            raise ResultError(
                f"{path}: learning schema {file.attrs[_MARK]}, this version reads {SCHEMA}"
            )
        names = file.attrs["order"]
        attributes = {k: _plain(v) for k, v in file.attrs.items() if k != _MARK}
        table = read_table(file["comparison"]) if "comparison" in file else pd.DataFrame()
        outcomes = {name: _read(file, name) for name in names}
    return Learning(attributes, outcomes, table)


def _write(file: h5py.File, name: str, outcome: Outcome) -> None:
    file.create_dataset(f"{_GROUP}/{name}/network", data=outcome.network, dtype=TEXT)
    for part in ("curves", "final", "weights"):
        write_dataset(file, f"{_GROUP}/{name}/{part}", getattr(outcome, part))


def _read(file: h5py.File, name: str) -> Outcome:
    own = file[f"{_GROUP}/{name}"]
    parts = {part: read_dataset(own[part]) for part in ("curves", "final", "weights")}
    return Outcome(own["network"].asstr()[()], **parts)


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    return value.item() if isinstance(value, np.generic) else value
