"""The course of training: what is measured at the start and after every chunk of samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from neurospine.learning.data.sets import Samples
from neurospine.learning.experiments.distributions import EDGES, bound_shares, magnitudes
from neurospine.learning.trainer import Trainer

Array = npt.NDArray[Any]

#: A course is followed with so many samples of the validation set; at the end all count.
FOLLOWED = 1000
#: Dimensions after samples and seed, and what a variable is.
_VARIABLES = {
    "validation_accuracy": ((), "share of validation samples told right"),
    "training_accuracy": ((), "share of samples told right before they were learned"),
    "dendritic_error": (("layer",), "mean magnitude of the dendritic state"),
    "weights": (("projection", "magnitude"), "number of weights by magnitude"),
    "bounds": (("bounded", "magnitude"), "number of weights by the larger of their bounds"),
    "at_bound": (("bounded",), "share of weights at a bound"),
    "absent": (("bounded",), "share of weights whose bounds are 0"),
}


@dataclass
class Course:
    """What was measured so far.

    Attributes
    ----------
    samples
        How many each replicate had seen.
    rows
        What was measured then, by name; every array has the replicate as first axis. What training
        itself shows is missing in the first row.
    labels
        Names along the axes of variables: layers, projections.
    """

    samples: list[int] = field(default_factory=list)
    rows: list[dict[str, Array]] = field(default_factory=list)
    labels: dict[str, list[str]] = field(default_factory=dict)

    def note(self, trainer: Trainer, validation: Samples, seen: Mapping[str, Array]) -> None:
        """Measure how far training has come.

        Parameters
        ----------
        trainer
            What is trained.
        validation
            What it is measured with.
        seen
            What the trainer returned of the last chunk; nothing at the start.
        """
        weights, bounds = trainer.weights(), trainer.bounds()
        row: dict[str, Array] = {
            "validation_accuracy": trainer.accuracy(validation[:FOLLOWED]),
            "weights": np.stack([magnitudes(own) for own in weights.values()], 1),
        }
        bounded = [name for name in weights if f"{name}.upper" in bounds]
        self.labels.update(projection=list(weights), bounded=bounded)
        if bounded:
            ends = [(bounds[f"{name}.lower"], bounds[f"{name}.upper"]) for name in bounded]
            shares = [bound_shares(weights[n], *own) for n, own in zip(bounded, ends, strict=True)]
            row["at_bound"], row["absent"] = (np.stack(s, 1) for s in zip(*shares, strict=True))
            wider = [np.maximum(upper, -lower) for lower, upper in ends]
            row["bounds"] = np.stack([magnitudes(own) for own in wider], 1)
        if seen:
            row["training_accuracy"] = seen["correct"].mean(1)
        errors = {name: own for name, own in seen.items() if name.startswith("dendritic_error.")}
        if errors:
            self.labels["layer"] = [name.partition(".")[2] for name in errors]
            row["dendritic_error"] = np.stack([own.mean(1) for own in errors.values()], 1)
        self.samples.append(trainer.samples)
        self.rows.append(row)

    def dataset(self, seeds: Sequence[int]) -> xr.Dataset:
        """Return all of it, with the dimensions samples, seed and those that variables have."""
        variables, coordinates = {}, {}
        for name, (own, meaning) in _VARIABLES.items():
            if name not in self.rows[-1]:
                continue
            last = self.rows[-1][name]
            values = np.stack([row.get(name, np.full(last.shape, np.nan)) for row in self.rows])
            attributes = {"units": "1", "long_name": meaning}
            variables[name] = (("samples", "seed", *own), values, attributes)
            for axis in own:
                coordinates[axis] = self._coordinate(axis)
        counted = np.array(self.samples, np.int64)
        coordinates["samples"] = ("samples", counted, _said("samples that each replicate has seen"))
        coordinates["seed"] = ("seed", np.array(seeds, np.int64), _said("seed of a replicate"))
        return xr.Dataset(variables, coordinates)

    def _coordinate(self, axis: str) -> Any:
        if axis == "magnitude":
            return (axis, EDGES, _said("lower end of a bin, the next one is the upper end"))
        return (axis, np.array(self.labels[axis], object))


def _said(meaning: str) -> dict[str, str]:
    return {"units": "1", "long_name": meaning}
