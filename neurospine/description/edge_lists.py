"""Lists of pairs of cells from a file: a CSV table, or edges of a SONATA file.

A CSV file has the columns ``pre`` and ``post`` (cells, counted from 0) and, where wanted,
``delay [ms]`` and either ``volume [um**3]`` or ``weight`` at the start. Of a SONATA file
(HDF5, https://github.com/AllenInstitute/sonata) ``source_node_id`` and
``target_node_id`` of one population of edges are read, and ``delay`` (in ms, as the
format has it) and ``volume`` (um**3) of its group 0 where they are there, in the rows that
``edge_group_index`` says; its
``syn_weight`` is not, for its meaning is the model's that the file was made for.

A run keeps what it read as a text: that of a small CSV file as it is, else the arrays,
compressed.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import h5py
import numpy as np
import pandas as pd

from neurospine.description.arrays import HDF5, Array, is_packed, numbers, pack, population, unpack
from neurospine.description.connectivity import Connectivity
from neurospine.description.hdf5_files import opened
from neurospine.description.units import convert
from neurospine.errors import ModelError, NeurospineError, shorten, suggest

if TYPE_CHECKING:
    from neurospine.description.model import Model

#: A CSV file up to this size (in characters) is kept as it is.
LARGEST_TEXT = 100_000
_KIND = "edges"
_UNITS = {"delay": "second", "volume": "um**3"}
_TYPES = {"pre": np.int32, "post": np.int32} | dict.fromkeys(
    ("delay", "volume", "weight"), np.float64
)
_COLUMNS = tuple(_TYPES)
_KNOWN = (
    "A list of edges has a line with its columns: 'pre' and 'post' (cells from 0), and where "
    "wanted 'delay [ms]' and either 'volume [um**3]' or 'weight'"
)


@dataclass(frozen=True)
class EdgeList:
    """Pairs of cells, sorted by the presynaptic one, then by the postsynaptic one.

    Attributes
    ----------
    pre, post
        Cells within their populations, shape (edges,).
    delay, volume, weight
        In seconds, um**3 and as the readout has it, shape (edges,); None if not given.
    """

    pre: Array
    post: Array
    delay: Array | None = None
    volume: Array | None = None
    weight: Array | None = None


def edges_name(connectivity: Connectivity) -> str:
    """Return the name under which a run keeps the edges that a table names."""
    population = f"#{connectivity.edges}" if connectivity.edges else ""
    return quote(f"{connectivity.file}{population}", safe=" ")


def read_edges(connectivity: Connectivity, folder: Path) -> str:
    """Return the edges in the file that a table names, as the text that a run keeps.

    Raises
    ------
    ModelError
        If the file cannot be read or has no edges; the message names it.
    """
    assert connectivity.file
    path = folder / connectivity.file
    try:
        if path.suffix in HDF5:
            return pack(_KIND, _read_sonata(path, connectivity.edges))
        if connectivity.edges:
            raise ModelError("edges: goes with an HDF5 file, in which populations have names")
        text = path.read_text(encoding="utf-8")
        return text if len(text) <= LARGEST_TEXT else pack(_KIND, _read_csv(text))
    except UnicodeDecodeError:
        raise ModelError(f"connectivity: file: {path}: not a UTF-8 text file") from None
    except OSError as error:
        raise ModelError(f"connectivity: file: {path}: cannot be read ({error.strerror})") from None
    except NeurospineError as error:
        raise ModelError(f"connectivity: file: {path}: {error}") from None


def edge_text(connectivity: Connectivity, folder: Path, given: Mapping[str, str]) -> dict[str, str]:
    """Return the edges that a table names by the name of `edges_name`; nothing if it names none.

    `given` are texts that are used instead of files.

    Raises
    ------
    ModelError
        If there are none, or something is wrong with them.
    """
    if connectivity.rule != "edge_list" or connectivity.file is None:
        return {}
    name = edges_name(connectivity)
    text = given.get(name) or read_edges(connectivity, folder)
    parse_edges(text, connectivity)
    return {name: text}


def given_edges(projection: str) -> Connectivity:
    """Return the rule of a projection whose edges are given by `Model.with_edges`."""
    return Connectivity(rule="edge_list", file=f"<{projection}>")


def edges_text(edges: EdgeList) -> str:
    """Return a list of edges as the text that a run keeps.

    Raises
    ------
    ModelError
        If something is wrong with them.
    """
    columns = {name: getattr(edges, name) for name in _COLUMNS}
    found = {n: np.asarray(values, float) for n, values in columns.items() if values is not None}
    if len({values.shape for values in found.values()}) > 1 or found["pre"].ndim != 1:
        raise ModelError("the columns of a list of edges must have one length")
    return pack(_KIND, _checked(found))


def edges_of(model: Model, projection: str) -> EdgeList | None:
    """Return the list of edges of a projection, if it has one."""
    connectivity = model.circuit.projections[projection].connectivity
    if connectivity.file is None:
        return None
    return parse_edges(model.edge_texts[edges_name(connectivity)], connectivity)


@lru_cache(maxsize=4)
def parse_edges(text: str, connectivity: Connectivity) -> EdgeList:
    """Return the edges in a text that `read_edges` returned.

    Raises
    ------
    ModelError
        If a column is missing or has another content than it must.
    """
    try:
        packed = is_packed(_KIND, text)
        columns = _checked(unpack(text, _TYPES)) if packed else _read_csv(text)
    except NeurospineError as error:
        raise ModelError(f"connectivity: file: {connectivity.file}: {error}") from None
    order = np.lexsort((columns["post"], columns["pre"]))
    return EdgeList(**{name: values[order] for name, values in columns.items()})


def _read_csv(text: str) -> dict[str, Array]:
    try:
        with warnings.catch_warnings(action="error"):  # more fields than names in a line
            table = pd.read_csv(StringIO(text), comment="#", index_col=False)
    except pd.errors.EmptyDataError:
        raise ModelError(f"is empty. {_KNOWN}") from None
    except (ValueError, Warning) as error:
        raise ModelError(f"no list of edges: {shorten(error)}") from None
    columns = {}
    for title in map(str, table.columns):
        name, _, unit = (word.strip("] ") for word in title.partition("["))
        if name not in _COLUMNS:
            hint = suggest(name, _COLUMNS)
            hint = f"{hint} " * hint.startswith("Did you mean")
            raise ModelError(f"column {shorten(title)!r}: unknown. {hint}{_KNOWN}")
        if name in columns:
            raise ModelError(f"column {name!r}: is there twice")
        if bool(unit) != (name in _UNITS):
            wanted = "needs its unit, as in" if name in _UNITS else "has no unit, as in"
            raise ModelError(f"column {shorten(title)!r}: {wanted} {_example(name)!r}")
        try:
            values = pd.to_numeric(table[title], errors="coerce").to_numpy(float)
        except OverflowError as error:
            raise ModelError(f"column {name!r}: {shorten(error)}") from None
        columns[name] = values * (convert(1.0, unit, _UNITS[name]) if unit else 1.0)
    for name in ("pre", "post"):
        if name not in columns:
            raise ModelError(f"no column {name!r}. {_KNOWN}")
    return _checked(columns)


def _example(name: str) -> str:
    return {"delay": "delay [ms]", "volume": "volume [um**3]"}.get(name, name)


def _checked(columns: dict[str, Array]) -> dict[str, Array]:
    """Return columns of the right types, or raise a `ModelError` that names row and column."""
    if missing := {"pre", "post"} - set(columns):
        raise ModelError(f"has no column {min(missing)!r}. {_KNOWN}")
    if {"volume", "weight"} <= set(columns):
        raise ModelError("has both 'volume' and 'weight'; one follows from the other")
    if not columns["pre"].size:
        raise ModelError("has no edges")
    for name, values in columns.items():
        wrong = ~np.isfinite(values) | (values < 0)
        if name in ("pre", "post"):
            wrong |= (values != np.rint(values)) | (values >= 2**31)
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            kind = "whole numbers from 0" if name in ("pre", "post") else "numbers from 0"
            raise ModelError(f"edge {row + 1}: column {name!r}: must be {kind}")
    return {
        name: values.astype(np.int32) if name in ("pre", "post") else values.astype(float)
        for name, values in columns.items()
    }


def _read_sonata(path: Path, wanted: str | None) -> dict[str, Array]:
    if not path.is_file():
        raise ModelError("there is no such file")
    with opened(path, lambda why: ModelError(f"cannot be read ({why})"), links=True) as file:
        group = population(file, "edges", wanted)
        chosen = group.name.rpartition("/")[2]
        columns = {}
        for name, dataset in (("pre", "source_node_id"), ("post", "target_node_id")):
            columns[name] = numbers(group, dataset)
        for name, factor in (("delay", 1e-3), ("volume", 1.0)):
            if f"0/{name}" in group:
                columns[name] = _by_edge(group, numbers(group, f"0/{name}") * factor)
    if len({values.size for values in columns.values()}) > 1:
        raise ModelError(f"edges: {chosen!r}: not all of its datasets have one length")
    return _checked(columns)


def _by_edge(population: h5py.Group, values: Array) -> Array:
    """Return values of group 0 in the order of the edges, which may name their rows in it."""
    if "edge_group_id" in population and numbers(population, "edge_group_id").any():
        raise ModelError(f"edges: {population.name}: some edges are not of group 0; one is read")
    if "edge_group_index" not in population:
        return values
    rows = numbers(population, "edge_group_index")
    if not np.all((rows >= 0) & (rows < values.size) & (rows == np.rint(rows))):
        raise ModelError(f"edges: {population.name}: 'edge_group_index' is outside group 0")
    return np.asarray(values[rows.astype(np.int64)])
