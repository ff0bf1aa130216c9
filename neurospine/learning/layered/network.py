"""Layered networks: dense and convolutional layers, an optimiser, a method against overfitting."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, PositiveInt

from neurospine.description.entries import LibraryFile
from neurospine.description.library import parse_toml
from neurospine.description.references import check_source
from neurospine.description.schema import Table, read_table
from neurospine.errors import LearningError, ModelError
from neurospine.learning.base import set_value, with_base
from neurospine.learning.words import Evidence, Relative

Positive = Annotated[float, Field(strict=True, gt=0)]
NotNegative = Annotated[float, Field(strict=True, ge=0)]
Share = Annotated[float, Field(strict=True, ge=0, lt=1)]
#: Spread of weights before rectified units (He et al. 2015).
_HE = math.sqrt(6.0)


class NoMethod(Table):
    """Nothing but the optimiser."""

    kind: Literal["none"]


class WeightDecay(Table):
    """L2: the gradient has `decay` times the weight added."""

    kind: Literal["weight_decay"]
    decay: NotNegative


class Dropout(Table):
    """Units are silent in training: shares `dropped` of hidden ones, `dropped_inputs` of inputs."""

    kind: Literal["dropout"]
    dropped: Share
    dropped_inputs: Share = 0.0


class SpineBounds(Table):
    """Bounds that adapt; numbers as in `bounds.BoundNumbers`.

    There is a check after `every` so many steps of the optimiser; without it, after each epoch.
    """

    kind: Literal["spine_bounds"]
    start: Positive = 1.0
    relative: Relative = "largest"
    checks: Annotated[float, Field(strict=True, ge=1, allow_inf_nan=True)] = 18.0
    growth: NotNegative = 1.0
    growth_step: NotNegative = 0.0
    shrinkage: Annotated[float, Field(strict=True, ge=0, le=1)] = 0.75
    shrinkage_step: NotNegative = 0.0
    smallest: NotNegative = 0.0
    least_evidence: NotNegative = 0.0
    every: PositiveInt | None = None
    cut: bool = False
    evidence: Evidence = "trend"
    noise: NotNegative = 0.0
    dropped: Share = 0.0
    dropped_inputs: Share = 0.0


class SizeNoise(Table):
    """Weights in training are those learned times one plus `noise` times a normal number."""

    kind: Literal["size_noise"]
    noise: NotNegative


class SizeDropconnect(Table):
    """Weights are left out in training, small ones more often.

    The chance is `dropped` times e to the minus size over the mean size of the layer.
    """

    kind: Literal["size_dropconnect"]
    dropped: Share


class Rewiring(Table):
    """Deep rewiring: a share `connected` of weights, each of one sign; see `sampling.rewiring`."""

    kind: Literal["rewiring"]
    connected: Annotated[float, Field(strict=True, gt=0, le=1)]
    penalty: NotNegative = 0.0
    temperature: NotNegative = 0.0


class SynapticSampling(Table):
    """Langevin dynamics of the logarithm of weights under a prior; see `sampling.sampling`."""

    kind: Literal["synaptic_sampling"]
    mean: Annotated[float, Field(strict=True)]
    spread: Positive
    offset: Positive = 3.0
    strength: NotNegative
    temperature: NotNegative = 0.0
    gain: Positive = 1.0


Method = Annotated[
    NoMethod
    | WeightDecay
    | Dropout
    | SpineBounds
    | SizeNoise
    | SizeDropconnect
    | Rewiring
    | SynapticSampling,
    Field(discriminator="kind"),
]


class StackedLayer(Table):
    """A dense layer of a `size`, or a convolution with `channels` of kernels so `wide`, pooled."""

    size: PositiveInt | None = None
    channels: PositiveInt | None = None
    wide: PositiveInt = 3
    pooled: PositiveInt = 1


class Optimiser(Table):
    """Gradient descent with momentum, in batches."""

    rate: Positive
    momentum: Share = 0.0
    batch: PositiveInt


class LayeredNetwork(LibraryFile):
    """A checked network of layers; its fields are the tables of a file with its bases."""

    kind: Literal["layered"]
    data: str
    source: str
    where: str = ""
    base: str | None = None
    samples: PositiveInt
    inputs: PositiveInt
    planes: PositiveInt = 1
    spread: Positive = _HE
    inhibitory: Share = 0.0
    optimiser: Optimiser
    method: Method
    layers: dict[str, StackedLayer]

    @property
    def batch(self) -> int:
        """How many samples are learned together."""
        return self.optimiser.batch

    @property
    def output(self) -> str:
        """The name of the last layer."""
        return list(self.layers)[-1]

    @property
    def classes(self) -> int:
        """How many classes the network tells apart."""
        return self.layers[self.output].size or 0

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shape of the weights of each layer, postsynaptic cells or channels first."""
        shapes: dict[str, tuple[int, ...]] = {}
        side, planes = self._side, self.planes
        units = self.inputs
        for label, layer in self.layers.items():
            if layer.channels:
                shapes[label] = (layer.channels, planes, layer.wide, layer.wide)
                side, planes = side // layer.pooled, layer.channels
                units = side * side * planes
            else:
                units, below = layer.size or 0, units
                shapes[label] = (units, below)
        return shapes

    @property
    def _side(self) -> int:
        return math.isqrt(self.inputs // self.planes)


def parse_layered(
    text: str, origin: str, values: Mapping[str, Any] | None = None
) -> LayeredNetwork:
    """Return the network of layers that a TOML text describes.

    Parameters
    ----------
    text
        A file, which may name a base.
    origin
        Its name, for errors.
    values
        What to change, by the path of a key, such as ``"method.decay"`` or ``"H1.size"``. A new
        ``method.kind`` takes the place of the method with its keys.

    Raises
    ------
    LearningError
        If a key is missing, unknown or of the wrong type, or layers do not follow on each other.
    """
    table = with_base(parse_toml(text, origin), origin)
    if "method.kind" in (values or {}):
        table["method"] = {}
    for path, value in (values or {}).items():
        set_value(table, path, value, origin)
    network = read_table(LayeredNetwork, table, origin, LearningError)
    try:
        check_source(network.source)
    except ModelError as error:
        raise LearningError(f"{origin}: source: {error}") from None
    _check_layers(network, origin)
    return network


def _check_layers(network: LayeredNetwork, origin: str) -> None:
    """Raise a `LearningError` if a layer is no layer, or cannot follow the one below."""
    if not network.layers:
        raise LearningError(f"{origin}: [layers]: there is none")
    side, dense = network._side, False
    for label, layer in network.layers.items():
        place = f"{origin}: [layers.{label}]"
        if (layer.size is None) == (layer.channels is None):
            raise LearningError(f"{place}: either 'size' or 'channels' must be given")
        if layer.channels is None:
            if {"wide", "pooled"} & layer.model_fields_set:
                raise LearningError(f"{place}: 'wide' and 'pooled' go with 'channels'")
            dense = True
            continue
        if dense:
            raise LearningError(f"{place}: a convolution cannot follow a dense layer")
        if side * side * network.planes != network.inputs and side == network._side:
            raise LearningError(
                f"{origin}: inputs: {network.inputs} are no {network.planes} square planes"
            )
        if layer.wide > side or layer.pooled > side:
            raise LearningError(f"{place}: wider than the {side} pixels below")
        side //= layer.pooled
    if network.classes == 0:
        raise LearningError(f"{origin}: [layers.{network.output}]: the output needs a 'size'")
