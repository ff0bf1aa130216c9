"""What reads files from strangers, each with the files that attacks start from."""

import itertools
import os
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from neurospine import Protocol
from neurospine.description.connectivity import Connectivity
from neurospine.description.dimensions import dimension_of
from neurospine.description.edge_lists import EdgeList, edges_text, parse_edges, read_edges
from neurospine.description.evaluate import evaluate, execute
from neurospine.description.expressions import (
    identifiers,
    parse_equations,
    parse_expression,
    parse_statements,
)
from neurospine.description.library import list_files, shipped_folder
from neurospine.description.published import load_reference
from neurospine.description.references import references
from neurospine.description.units import base_unit, convert, parse_quantity, parse_unit, si
from neurospine.errors import ModelError, NeurospineError, UnitError
from neurospine.listing import check_files
from neurospine.simulation.stimuli import spikes
from tools.hardening.mutation import changed_toml, changed_words


@dataclass(frozen=True)
class Seed:
    """An input to start from; readers look at the ending of its name."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Target:
    """A reader of files.

    Attributes
    ----------
    name
        What the table calls it.
    seeds
        Returns the inputs to start from.
    change
        Changes one of them.
    read
        Reads an input, given its bytes, its name and a folder to write it to; a `NeurospineError`
        is what it may raise.
    """

    name: str
    seeds: Callable[[], list[Seed]]
    change: Callable[[bytes, Random], bytes]
    read: Callable[[bytes, str, Path], None]


# -- units and expressions -----------------------------------------------------------------


@cache
def _texts() -> list[str]:
    """Return all texts that stand as values in shipped files."""
    found: set[str] = set()
    for folder in ("models", "protocols", "networks"):
        for path in list_files(folder).values():
            found |= set(_strings(tomllib.loads(path.read_text())))
    return sorted(found)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _strings(inner)


def _accepted(read: Callable[[bytes, str, Path], None], ending: str) -> list[Seed]:
    """Return those texts of shipped files that a reader takes."""
    found = []
    for number, text in enumerate(_texts()):
        try:
            read(text.encode(), "", Path())
        except NeurospineError:
            continue
        found.append(Seed(f"{number}.{ending}", text.encode()))
    return found


def _read_unit(data: bytes, name: str, folder: Path) -> None:
    text = data.decode(errors="replace")
    try:
        value, unit = parse_quantity(text)
    except UnitError:
        value, unit = 1.0, text
    base = base_unit(unit)
    si(value, unit)
    convert(value, unit, base)
    assert parse_unit(base) is not None


def _read_expression(data: bytes, name: str, folder: Path) -> None:
    text = data.decode(errors="replace")
    found, refused = 0, ModelError("")
    for read in (_work_out, _read_equations, _read_statements):
        try:
            read(text)
            found += 1
        except NeurospineError as error:
            refused = error
    if not found:
        raise refused


def _work_out(text: str) -> None:
    parse_expression(text)
    names = identifiers(text)
    dimension_of(text, {name: parse_unit("meter").dim for name in names})
    for value in (0.5, np.array([-1.0, 0.0, 2.0])):
        with np.errstate(all="ignore"):
            evaluate(text, dict.fromkeys(names, value))


def _read_equations(text: str) -> None:
    parse_equations(text)


def _read_statements(text: str) -> None:
    read = {name for s in parse_statements(text) for name in (s.name, *identifiers(s.expression))}
    with np.errstate(all="ignore"):
        execute(text, dict.fromkeys(read, np.array([-1.0, 0.0, 2.0])))


# -- tables --------------------------------------------------------------------------------


def _toml_seeds(folder: str, *kinds: str) -> list[Seed]:
    paths = sorted((shipped_folder() / folder).rglob("*.toml"))
    if folder == "models":
        paths += sorted(Path("tests/unit/valid").glob("*.toml"))
    return [
        Seed(path.name, path.read_bytes())
        for path in paths
        if not kinds or tomllib.loads(path.read_text())["kind"] in kinds
    ]


def _check(data: bytes, name: str, folder: Path) -> None:
    """Do what ``neurospine check FILE`` does."""
    path = placed(data, folder / name)
    for edges in (shipped_folder() / "models" / "circuits").glob("*.csv"):
        if not (folder / edges.name).exists():
            (folder / edges.name).write_bytes(edges.read_bytes())
    list(check_files([str(path)], everything=False))


def placed(data: bytes, path: Path) -> Path:
    """Write a file that looks as if nobody had touched it for years, each at another time."""
    path.write_bytes(data)
    os.utime(path, times=(0, next(_TIMES)))
    return path


_TIMES = itertools.count()


def _read_references(data: bytes, name: str, folder: Path) -> None:
    """As one in the folder that ``NEUROSPINE_LIBRARY`` names."""
    (folder / "library" / "data").mkdir(parents=True, exist_ok=True)
    placed(data, folder / "library/data/references.toml")
    references()


def _published_seeds() -> list[Seed]:
    folder = shipped_folder() / "data" / "reference"
    return [Seed(path.name, path.read_bytes()) for path in sorted(folder.glob("*.csv"))]


def _read_published(data: bytes, name: str, folder: Path) -> None:
    load_reference(str(placed(data, folder / name)))


_WITH_LIST = """
kind = "protocol"
name = "listed"
summary = "Given spikes."
[[phases]]
name = "all"
duration = "10 s"
[[phases.stimuli]]
kind = "spike_list"
population = "cells"
file = "spikes.csv"
"""
_SPIKES = b"cell,time [ms]\n0,1.5\n9,2.0\n3,90.0\n# a remark\n4, 1e2\n"


def _read_spikes(data: bytes, name: str, folder: Path) -> None:
    placed(data, folder / "spikes.csv")
    protocol = Protocol.from_text(_WITH_LIST, folder=folder)
    spikes(protocol, {"cells": 10}, seed=0)


_EDGES = (
    b"pre,post\n0,1\n1,0\n5,5\n",
    b"pre,post,delay [ms],volume [um**3]\n0,1,1.5,0.1\n2,1,0.5,0.2\n",
    b"# a remark\npost,pre,weight\n1,0,0.5\n3,2,1e-3\n",
)


def edge_seeds() -> list[Seed]:
    """Return lists of edges as CSV, and one that a run keeps."""
    seeds = [Seed(f"{number}.csv", data) for number, data in enumerate(_EDGES)]
    shipped = sorted((shipped_folder() / "models" / "circuits").glob("*.csv"))
    packed = edges_text(EdgeList(np.arange(3), np.arange(3), volume=np.full(3, 0.1)))
    return [
        *seeds,
        *(Seed(path.name, path.read_bytes()) for path in shipped),
        Seed("kept.packed", packed.encode()),
    ]


def read_edge_file(data: bytes, name: str, folder: Path) -> None:
    """Read a list of edges as a circuit that names it does."""
    connectivity = Connectivity(rule="edge_list", file=placed(data, folder / name).name)
    packed = name.endswith(".packed")
    text = data.decode(errors="replace") if packed else read_edges(connectivity, folder)
    parse_edges(text, connectivity)


TARGETS = [
    Target("units", lambda: _accepted(_read_unit, "txt"), changed_words, _read_unit),
    Target("expressions", lambda: _accepted(_read_expression, "txt"), changed_words,
           _read_expression),
    Target("model files", lambda: _toml_seeds("models"), changed_toml, _check),
    Target("disorders", lambda: _toml_seeds("models", "disorder"), changed_toml, _check),
    Target("protocols", lambda: _toml_seeds("protocols"), changed_toml, _check),
    Target("networks that learn", lambda: _toml_seeds("networks"), changed_toml, _check),
    Target("references", lambda: [Seed("references.toml",
           (shipped_folder() / "data" / "references.toml").read_bytes()[:4000].rpartition(
               b"\n[")[0])], changed_toml, _read_references),
    Target("published values", _published_seeds, changed_words, _read_published),
    Target("spike lists", lambda: [Seed("spikes.csv", _SPIKES)], changed_words, _read_spikes),
    Target("edges, CSV", edge_seeds, changed_words, read_edge_file),
]  # fmt: skip
