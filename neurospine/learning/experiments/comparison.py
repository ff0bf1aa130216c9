"""Comparisons of networks that learn: which methods, with which data, seeds and control."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, PositiveInt

from neurospine.description.entries import LibraryFile
from neurospine.description.library import display, find_file, parse_toml, read_text
from neurospine.description.references import check_source
from neurospine.description.schema import Table, read_table
from neurospine.errors import LearningError, ModelError, NeurospineError, suggest
from neurospine.learning.kinds import load_learner

_NAME = re.compile(r"[A-Za-z0-9_-]+")


class Method(Table):
    """A network of the library, and what is changed in it; see `load_network`."""

    network: str
    values: dict[str, Any] = {}


class Comparison(LibraryFile):
    """A checked comparison; its fields are the tables of its file.

    Every method has the same seeds, and so the same weights at the start where networks agree,
    and the same samples in the same order. `training` says how many samples of the training set
    are used at all, `samples` how many are seen. `accuracy` is that by which the
    methods' speeds are compared.

    Raises
    ------
    LearningError
        If a table is wrong; the message names table and key.
    """

    kind: Literal["comparison"]
    data: str
    source: str
    where: str = ""
    training: PositiveInt | None = None
    samples: PositiveInt
    seeds: PositiveInt = 5
    control: str
    accuracy: Annotated[float, Field(strict=True, gt=0, lt=1)] | None = None
    methods: dict[str, Method]

    def networks(self, origin: str) -> dict[str, Any]:
        """Return the network of each method, with its values.

        Raises
        ------
        LearningError
            If there is no such network, or a value does not fit it.
        """
        found = {}
        for name, method in self.methods.items():
            try:
                found[name] = load_learner(method.network, method.values)
            except NeurospineError as error:
                raise LearningError(f"{origin}: [methods.{name}]: {error}") from None
        return found


def load_comparison(name: str | Path) -> Comparison:
    """Return a comparison by library name or path.

    Raises
    ------
    LearningError
        If a key is missing, unknown or of the wrong type, or a method is no network.
    """
    path = find_file(name, "networks")
    return parse_comparison(read_text(path), display(path))


def parse_comparison(text: str, origin: str) -> Comparison:
    """Return the comparison that a TOML text describes; see `load_comparison`."""
    comparison = read_table(Comparison, parse_toml(text, origin), origin, LearningError)
    try:
        check_source(comparison.source)
    except ModelError as error:
        raise LearningError(f"{origin}: source: {error}") from None
    _check_methods(comparison.methods, comparison.control, origin)
    comparison.networks(origin)
    return comparison


def _check_methods(methods: Mapping[str, Method], control: str, origin: str) -> None:
    """Raise a `LearningError` if there is nothing to compare."""
    if len(methods) < 2:
        raise LearningError(f"{origin}: [methods]: two or more are compared, found {len(methods)}")
    for name in methods:
        if not _NAME.fullmatch(name):
            raise LearningError(
                f"{origin}: [methods]: {name!r}: letters, digits, '_' and '-' make a name"
            )
    if control not in methods:
        raise LearningError(
            f"{origin}: control: no method {control!r}. {suggest(control, methods)}"
        )
