"""What is to be trained: one network or several with the same seeds and samples."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from neurospine.description.library import display, find_file, parse_toml, read_text
from neurospine.errors import LearningError
from neurospine.learning.experiments.comparison import load_comparison
from neurospine.learning.experiments.toml_text import toml_text
from neurospine.learning.kinds import load_learner, parse_learner

#: A course is measured so many times.
CHUNKS = 20


@dataclass(frozen=True)
class Experiment:
    """Networks and what they are trained with.

    Attributes
    ----------
    name
        That of the network or comparison.
    networks
        By name.
    data
        Name of the data set.
    seeds
        Each fixes the weights at the start and the order of samples of one replicate.
    samples
        How many each replicate sees.
    every
        After how many of them it is measured how far training has come.
    training
        How many samples of the training set are used; None: all.
    control
        The network that others are compared with; empty where nothing is compared.
    accuracy
        That by which speeds are compared; None: one that control leads to.
    weights
        Whether weights at the end are kept.
    """

    name: str
    networks: Mapping[str, Any]
    data: str
    seeds: tuple[int, ...]
    samples: int
    every: int
    training: int | None = None
    control: str = ""
    accuracy: float | None = None
    weights: bool = True

    def table(self) -> dict[str, Any]:
        """Return all of it as plain values, networks as TOML with all their values."""
        texts = {name: toml_text(network) for name, network in self.networks.items()}
        return {**vars(self), "networks": texts, "seeds": list(self.seeds)}

    @classmethod
    def of_table(cls, table: Mapping[str, Any], origin: str) -> Experiment:
        """Return the experiment that a `table` is of; `origin` names it in errors."""
        networks = {name: parse_learner(text, origin) for name, text in table["networks"].items()}
        return cls(**{**table, "networks": networks, "seeds": tuple(table["seeds"])})


def load_experiment(
    name: str | Path,
    values: Mapping[str, Any] | None = None,
    *,
    seeds: Sequence[int] | None = None,
    samples: int | None = None,
    every: int | None = None,
    weights: bool | None = None,
) -> Experiment:
    """Return what a network or a comparison of the library means to train.

    Parameters
    ----------
    name
        A file of the folder `networks` of the library, or a path.
    values
        What to change in a network; see `load_network`.
    seeds, samples, every
        Other than five seeds from 0 on, or those of a comparison; what the file says; and a
        twentieth of that. Rates that fall to 0 do so over these samples.
    weights
        Whether weights at the end are kept; by default those of a single network are.

    Raises
    ------
    LearningError
        If a file is wrong, or values are given for a comparison.
    """
    path = find_file(name, "networks")
    if parse_toml(read_text(path), display(path)).get("kind") == "comparison":
        if values:
            raise LearningError(
                f"{display(path)}: is a comparison; values of its methods stand in [methods]"
            )
        found = _of_comparison(path)
    else:
        network = load_learner(path, values)
        found = Experiment(
            network.name, {network.name: network}, network.data, tuple(range(5)),
            network.samples, 0,
        )  # fmt: skip
    if seeds is not None:
        found = replace(found, seeds=tuple(seeds))
    total = samples if samples is not None else found.samples
    batch = math.lcm(*(network.batch for network in found.networks.values()))
    _check(found.seeds, total, every, batch)
    keep = weights if weights is not None else not found.control
    chunk = every or -(-total // CHUNKS // batch) * batch
    networks = {
        name: network.model_copy(update={"samples": total})
        for name, network in found.networks.items()
    }
    return replace(found, networks=networks, samples=total, every=chunk, weights=keep)


def _of_comparison(path: Path) -> Experiment:
    comparison = load_comparison(path)
    return Experiment(
        comparison.name, comparison.networks(display(path)), comparison.data,
        tuple(range(comparison.seeds)), comparison.samples, 0, comparison.training,
        comparison.control, comparison.accuracy,
    )  # fmt: skip


def _check(seeds: Sequence[int], samples: int, every: int | None, batch: int) -> None:
    if not seeds or min(seeds) < 0 or len(set(seeds)) < len(seeds):
        raise LearningError(
            f"seeds {list(seeds)}: one or more are wanted, from 0 on, all different"
        )
    for name, number in (("samples", samples), ("every", every)):
        if number is not None and number < 1:
            raise LearningError(f"{name} {number}: one or more are wanted")
        if number is not None and number % batch:
            raise LearningError(f"{name} {number}: no whole number of batches of {batch}")
