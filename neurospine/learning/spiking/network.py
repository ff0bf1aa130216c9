"""What is shown to a circuit of spiking neurons so that it learns, and where its answer is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, PositiveInt, PrivateAttr

from neurospine.description.checks import at
from neurospine.description.entries import LibraryFile
from neurospine.description.library import parse_toml
from neurospine.description.model import Model, load_model
from neurospine.description.references import check_source
from neurospine.description.schema import Number, read_table
from neurospine.description.units import convert, parse_quantity, seconds, whole_steps
from neurospine.errors import LearningError, NeurospineError, suggest

Positive = Annotated[float, Field(strict=True, gt=0)]


class SpikingNetwork(LibraryFile):
    """A circuit with the roles of its populations; the fields are the tables of a file.

    An image is shown for `presentation`, then comes a `pause`. An axon of `images` for each
    input fires at `input_rate` times the input (of 0 to 1), and, where there are twice as many,
    one more at `input_rate` times 1 less the input. In training the axons of `targets` of the
    right class fire at `target_rate` from `target_delay` on. Classes have equal parts of
    `targets` and `outputs`, in order; the answer is the class whose outputs fire most.

    Weights of `learned` are even between 0 and `largest_start` at the start. `learning_rate` is
    the parameter that says how fast they learn; with `halving` it falls as
    1/(1 + samples/halving), by epochs. `values` are those of other parameters of the circuit: a
    number in the parameter's unit, or a quantity.
    """

    kind: Literal["spiking_network"]
    source: str
    where: str = ""
    data: str
    samples: PositiveInt
    inputs: PositiveInt
    classes: PositiveInt
    circuit: str
    images: str
    targets: str
    outputs: str
    learned: str
    learning_rate: str
    halving: Positive | None = None
    largest_start: Positive
    step: str
    presentation: str
    target_delay: str = "0 ms"
    pause: str
    input_rate: str
    target_rate: str
    values: dict[str, Number | str] = {}
    _model: Model | None = PrivateAttr(default=None)

    @property
    def batch(self) -> int:
        """How many samples are learned together."""
        return 1

    @property
    def model(self) -> Model:
        """The circuit with its numbers."""
        assert self._model
        return self._model

    @property
    def rate(self) -> float:
        """The learning rate before it falls."""
        return float(self.model.control.entries[self._rate_name()].value)

    def model_at(self, samples: int) -> Model:
        """Return the circuit as it learns after so many samples."""
        share = 1 / (1 + samples / self.halving) if self.halving else 1.0
        return self.model.with_parameters({self.learning_rate: self.rate * share})

    def resting_model(self) -> Model:
        """Return the circuit without plasticity."""
        return self.model.with_parameters({self.learning_rate: 0.0})

    def steps(self, key: str) -> int:
        """Return a duration in time steps."""
        found = whole_steps(seconds(getattr(self, key)), seconds(self.step))
        if found is None:
            raise LearningError(f"{key}: {getattr(self, key)} is no multiple of the step")
        return found

    def hertz(self, key: str) -> float:
        """Return a rate in hertz."""
        value, unit = parse_quantity(getattr(self, key))
        return convert(value, unit, "hertz")

    def size(self, role: str) -> int:
        """Return the number of cells of the population that has a role."""
        size = self.model.circuit.populations[getattr(self, role)].size
        return size if isinstance(size, int) else round(self.model.number(self.model.name, size))

    def _rate_name(self) -> str:
        entries = self.model.control.entries
        found = [n for n in entries if self.learning_rate in (n, n.rpartition(".")[2])]
        if len(found) != 1:
            known = [name.rpartition(".")[2] for name in entries]
            raise LearningError(
                f"learning_rate: no parameter {self.learning_rate!r}. "
                f"{suggest(self.learning_rate, known)}"
            )
        return found[0]


def parse_spiking_network(
    text: str, origin: str, values: Mapping[str, Any] | None = None
) -> SpikingNetwork:
    """Return the network that a TOML text describes.

    Parameters
    ----------
    text, origin
        A file, and its name in errors.
    values
        What to change: keys of the file, or parameters of the circuit by name.

    Raises
    ------
    LearningError
        If a key is missing, unknown or of the wrong type, or names nothing in the circuit.
    """
    table = parse_toml(text, origin)
    own = {
        key: value for key, value in (values or {}).items() if key in SpikingNetwork.model_fields
    }
    numbers = {key: value for key, value in (values or {}).items() if key not in own}
    table |= {**own, "values": {**table.get("values", {}), **numbers}}
    network = read_table(SpikingNetwork, table, origin, LearningError)
    try:
        with at("source"):
            check_source(network.source)
        network._model = load_model(network.circuit).with_parameters(network.values)
        _check(network)
    except NeurospineError as error:
        raise LearningError(f"{origin}: {error}") from None
    return network


def _check(network: SpikingNetwork) -> None:
    """Raise an error if roles, times or sizes do not fit the circuit."""
    circuit = network.model.circuit
    for role in ("images", "targets", "outputs"):
        name = getattr(network, role)
        if name not in circuit.populations:
            raise LearningError(
                f"{role}: no population {name!r}. {suggest(name, circuit.populations)}"
            )
        forced = circuit.populations[name].neuron is None
        if forced == (role == "outputs"):
            what = "neurons" if role == "outputs" else "axons, without a neuron"
            raise LearningError(f"{role}: {name!r}: {what} are wanted")
    if network.learned not in circuit.projections:
        hint = suggest(network.learned, circuit.projections)
        raise LearningError(f"learned: no projection {network.learned!r}. {hint}")
    for role in ("targets", "outputs"):
        if network.size(role) % network.classes:
            raise LearningError(
                f"{role}: {network.size(role)} cells are no multiple of the classes"
            )
    if network.size("images") not in (network.inputs, 2 * network.inputs):
        raise LearningError(
            f"images: {network.size('images')} axons are neither one nor two for each input"
        )
    if network.steps("target_delay") >= network.steps("presentation"):
        raise LearningError("target_delay: the target must come while the image is shown")
    network.steps("pause"), network._rate_name()
    for key in ("input_rate", "target_rate"):
        if not 0 < network.hertz(key) * seconds(network.step) <= 0.5:
            raise LearningError(f"{key}: must be positive, and a spike in every other step at most")
