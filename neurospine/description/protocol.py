"""A protocol: what is stimulated when, what is measured, what was published.

Times are biological seconds from the start of the run; those of a stimulus
count from the start of its phase. Intervals are half-open: a phase holds its
start and not its stop.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, PrivateAttr, ValidationError

from neurospine.description.conditions import MOST_CONDITIONS, Arrangement, Axis, Conditions
from neurospine.description.entries import LibraryFile
from neurospine.description.library import display, find_file, parse_toml, read_text
from neurospine.description.model import Model, load_model
from neurospine.description.references import check_publication
from neurospine.description.schema import Table, explain
from neurospine.description.stimuli import Stimulus
from neurospine.description.targets import (
    Measure,
    Plot,
    Target,
    check_measures,
    check_plot,
    check_targets,
)
from neurospine.description.units import seconds, whole_steps
from neurospine.errors import ModelError, NeurospineError, ProtocolError, UnitError, shorten

#: Brian2 counts the steps of forced spikes in 32 bits.
LONGEST_RUN = 2**31 - 2
#: Shorter than anything a membrane does, in seconds.
SHORTEST_STEP = 1e-9


class ModelChoice(Table):
    """The model that a protocol was written for."""

    circuit: str
    spine: str | None = None
    parameters: tuple[str, ...] = ()


class Phase(Table):
    """A stretch of time with its stimuli."""

    name: str
    duration: str
    stimuli: tuple[Stimulus, ...] = ()

    @cached_property
    def seconds(self) -> float:
        """The duration in seconds."""
        return seconds(self.duration)


class Traces(Table):
    """Variables of some cells of a population to be recorded at an interval.

    `cells` count from 0 within each copy of the circuit.
    """

    variables: tuple[str, ...]
    cells: tuple[int, ...] = (0,)
    every: str = "1 ms"


class Protocol(LibraryFile):
    """A checked protocol; its fields are the tables of a protocol file.

    Raises
    ------
    ProtocolError
        If a table is wrong; the message names table and key.
    """

    kind: Literal["protocol"] = "protocol"
    summary: str = ""
    model: ModelChoice | None = None
    step: str = "0.1 ms"
    record_every: str = "1 s"
    repeats: Annotated[int, Field(gt=0, le=MOST_CONDITIONS)] = 1
    arrangement: Arrangement = "grid"
    conditions: dict[str, Axis] = {}
    phases: tuple[Phase, ...]
    traces: dict[str, Traces] = {}
    measures: dict[str, Measure] = {}
    targets: tuple[Target, ...] = ()
    plot: Plot | None = None
    _text: str = PrivateAttr(default="")
    _folder: Path = PrivateAttr(default=Path())
    _origin: str = PrivateAttr(default="")

    def __init__(self, **tables: Any) -> None:
        try:
            super().__init__(**tables)
        except ValidationError as problems:
            raise ProtocolError(explain(problems, Protocol)) from None
        _check(self)

    @classmethod
    def from_text(cls, text: str, *, origin: str = "<protocol>", folder: Path = Path()) -> Protocol:
        """Return the protocol that a TOML text describes.

        Parameters
        ----------
        text
            A protocol file.
        origin
            How errors name the text.
        folder
            Where the files that the text names are looked up.
        """
        table = parse_toml(text, origin)
        if table.get("kind") != "protocol":
            raise ProtocolError(
                f"{origin}: kind = 'protocol' is wanted, found {shorten(repr(table.get('kind')))}"
            )
        try:
            protocol = cls(**table)
        except NeurospineError as error:
            raise ProtocolError(f"{origin}: {error}") from None
        protocol._text, protocol._folder, protocol._origin = text, folder, origin
        return protocol

    @property
    def text(self) -> str:
        """The protocol as it was written, or as JSON when it was made in Python."""
        return self._text or self.model_dump_json(exclude_defaults=True, by_alias=True)

    @property
    def place(self) -> str:
        """How errors name the protocol."""
        return f"{self._origin}{': ' * bool(self._origin)}protocol {self.name!r}"

    @property
    def folder(self) -> Path:
        """Where the files that the protocol names are looked up."""
        return self._folder

    @cached_property
    def grid(self) -> Conditions:
        """The conditions with their arrangement."""
        return Conditions(self.conditions, self.arrangement)

    @property
    def step_seconds(self) -> float:
        """The time step in seconds."""
        return seconds(self.step)

    @property
    def record_seconds(self) -> float:
        """The interval between snapshots of the spines in seconds."""
        return seconds(self.record_every)

    @property
    def duration(self) -> float:
        """The whole run in seconds."""
        return sum(phase.seconds for phase in self.phases)

    def phase_times(self) -> dict[str, tuple[float, float]]:
        """Return start and stop of each phase in seconds."""
        times, start = {}, 0.0
        for phase in self.phases:
            times[phase.name] = (start, start + phase.seconds)
            start += phase.seconds
        return times

    def default_model(
        self, *, spine: str | None = None, sets: Sequence[str] | None = None
    ) -> Model:
        """Return the model that the protocol was written for.

        Parameters
        ----------
        spine
            Another spine model to use in it; it then has no parameter sets of the
            protocol.
        sets
            Parameter sets to use instead of the protocol's.
        """
        if self.model is None:
            raise ProtocolError(f"{self.place}: names no [model], so one must be given")
        own = () if spine else self.model.parameters
        try:
            model = load_model(self.model.circuit, spine=spine or self.model.spine)
            for label in own if sets is None else sets:
                model = model.with_set(label)
        except NeurospineError as error:
            raise ProtocolError(f"{self.place}: [model]: {error}") from None
        return model


def load_protocol(name: str | Path) -> Protocol:
    """Return a protocol by library name or path.

    Raises
    ------
    LibraryError
        If there is no such file.
    ProtocolError
        If the file is wrong.
    """
    path = find_file(name, "protocols")
    protocol = Protocol.from_text(read_text(path), origin=display(path), folder=path.parent)
    if protocol.name != path.stem:
        raise ProtocolError(
            f"{display(path)}: the name inside is {protocol.name!r}; it must agree with the "
            f"file's, {path.stem!r}"
        )
    return protocol


def _check(protocol: Protocol) -> None:
    try:
        for key in protocol.references:
            check_publication(key)
    except ModelError as error:
        raise ProtocolError(f"references: {error}") from None
    lengths = {}
    for key in ("step", "record_every"):
        try:
            lengths[key] = seconds(getattr(protocol, key))
        except UnitError as error:
            raise ProtocolError(f"{key}: {error}") from None
        if lengths[key] < SHORTEST_STEP:
            raise ProtocolError(f"{key}: must be positive, at least {SHORTEST_STEP:g} s")
    step, record = lengths["step"], lengths["record_every"]
    if whole_steps(record, step) is None:
        raise ProtocolError(f"record_every: {protocol.record_every} is no multiple of the step")
    if not protocol.phases:
        raise ProtocolError("[[phases]]: a protocol needs at least one phase")
    names = [phase.name for phase in protocol.phases]
    for number, phase in enumerate(protocol.phases):
        place = f"[[phases]] {phase.name!r}"
        if names.index(phase.name) != number:
            raise ProtocolError(f"{place}: two phases have this name")
        try:
            length = phase.seconds
        except UnitError as error:
            raise ProtocolError(f"{place}: duration: {error}") from None
        if length <= 0:
            raise ProtocolError(f"{place}: duration: must be positive, found {phase.duration}")
        if whole_steps(length, record) is None:
            raise ProtocolError(
                f"{place}: duration: {phase.duration} is no multiple of record_every = "
                f"{protocol.record_every}, so its end would not be recorded"
            )
    if protocol.duration / step > LONGEST_RUN:
        raise ProtocolError(
            f"[[phases]]: {protocol.duration / step:.3g} steps are more than {LONGEST_RUN}; use a "
            "longer step"
        )
    protocol.grid.check()
    for name in protocol.measures:
        if not name.isidentifier():
            raise ProtocolError(f"[measures]: {name!r} is no name for a measure")
    check_measures(protocol)
    check_targets(protocol)
    check_plot(protocol)
