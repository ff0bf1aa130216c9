"""The kinds of network there are: how a file of each is read, and what trains it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurospine.description.library import display, find_file, parse_toml, read_text
from neurospine.errors import LearningError, suggest
from neurospine.learning.dendritic.network import Network, parse_network
from neurospine.learning.layered.network import LayeredNetwork, parse_layered
from neurospine.learning.spiking.network import SpikingNetwork, parse_spiking_network

if TYPE_CHECKING:  # files are read without JAX
    from neurospine.learning.data.sets import DataSet
    from neurospine.learning.trainer import Replicate, Trainer

_READERS: dict[str, Callable[[str, str, Mapping[str, Any] | None], Any]] = {
    "layered": parse_layered,
    "network": parse_network,
    "spiking_network": parse_spiking_network,
}
#: What `kind` may be in the file of a network.
KINDS_OF_NETWORK = tuple(_READERS)


def load_learner(
    name: str | Path, values: Mapping[str, Any] | None = None
) -> Network | LayeredNetwork | SpikingNetwork:
    """Return a network of any kind by library name or path.

    Parameters
    ----------
    name
        A file of the folder `networks` of the library, or a path.
    values
        What to change, by the path of a key; see `load_network`.

    Raises
    ------
    LearningError
        If the file is wrong, or has no network.
    """
    path = find_file(name, "networks")
    return parse_learner(read_text(path), display(path), values)


def parse_learner(
    text: str, origin: str, values: Mapping[str, Any] | None = None
) -> Network | LayeredNetwork | SpikingNetwork:
    """Return the network that a TOML text describes; see `load_learner`."""
    kind = str(parse_toml(text, origin).get("kind"))
    if kind not in _READERS:
        raise LearningError(f"{origin}: kind: {kind!r} is no network. {suggest(kind, _READERS)}")
    return _READERS[kind](text, origin, values)  # type: ignore[no-any-return]


def make_trainer(replicates: Sequence[Replicate], data: DataSet) -> Trainer:
    """Return what trains some replicates of one network.

    Raises
    ------
    LearningError
        If there is no replicate, structures differ or the data do not fit them.
    """
    from neurospine.learning.dendritic.training import Training
    from neurospine.learning.layered.training import LayeredTraining
    from neurospine.learning.spiking.training import SpikingTraining

    if not replicates:
        raise LearningError("there is no network to train")
    trainers: dict[str, type[Trainer]] = {
        "layered": LayeredTraining,
        "network": Training,
        "spiking_network": SpikingTraining,
    }
    return trainers[replicates[0].network.kind](replicates, data)  # type: ignore[call-arg]
