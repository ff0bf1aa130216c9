"""A protocol: what is stimulated when, what is measured, what was published.

Times are biological seconds from the start of the run; those of a stimulus
count from the start of its phase. Intervals are half-open: a phase holds its
start and not its stop.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, PrivateAttr, ValidationError

from neurospine.description.conditions import MOST_CONDITIONS, Arrangement, Axis, Conditions
from neurospine.description.disorder import Disorder
from neurospine.description.disordered import load_disorder
from neurospine.description.entries import LibraryFile
from neurospine.description.library import display, find_file, parse_toml, read_text, said_where
from neurospine.description.measure_tables import known
from neurospine.description.model import Model, load_model
from neurospine.description.phases import Cycle, Phase, check_phases, check_times, expand
from neurospine.description.problems import explain
from neurospine.description.protocol_tables import ModelChoice, Record, Traces
from neurospine.description.references import check_publication
from neurospine.description.spike_files import read_spikes, spikes_name
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

#: Shorter than anything a membrane does, in seconds.
SHORTEST_STEP = 1e-9


class Protocol(LibraryFile):
    """A checked protocol; its fields are the tables of a protocol file.

    One that is `long` takes more than about a minute to build and run.

    Raises
    ------
    ProtocolError
        If a table is wrong; the message names table and key.
    """

    kind: Literal["protocol"] = "protocol"
    summary: str = ""
    long: bool = False
    model: ModelChoice | None = None
    step: str = "0.1 ms"
    spine_step: str = "1 s"
    record_every: str = "1 s"
    record: Record = Record()
    repeats: Annotated[int, Field(gt=0, le=MOST_CONDITIONS)] = 1
    disorder_from: str | None = None
    arrangement: Arrangement = "grid"
    conditions: dict[str, Axis] = {}
    phases: tuple[Phase, ...]
    cycle: Cycle | None = None
    traces: dict[str, Traces] = {}
    measures: dict[str, Measure] = {}
    targets: tuple[Target, ...] = ()
    plot: Plot | None = None
    _text: str = PrivateAttr(default="")
    _folder: Path = PrivateAttr(default=Path())
    _inputs: Mapping[str, str] = PrivateAttr(default_factory=dict)
    _disorders: Mapping[str, str] = PrivateAttr(default_factory=dict)
    _origin: str = PrivateAttr(default="")

    def __init__(self, **tables: Any) -> None:
        try:
            super().__init__(**tables)
        except ValidationError as problems:
            raise ProtocolError(explain(problems, Protocol)) from None
        _check(self)

    @classmethod
    def from_text(
        cls,
        text: str,
        *,
        origin: str = "<protocol>",
        folder: Path = Path(),
        inputs: Mapping[str, str] | None = None,
        disorders: Mapping[str, str] | None = None,
    ) -> Protocol:
        """Return the protocol that a text describes.

        Parameters
        ----------
        text
            A protocol file, or the `text` of a protocol that was made in Python.
        origin
            How errors name the text.
        folder
            Where the files that the text names are looked up.
        inputs
            Texts of such files that are used instead (see `spikes_name`).
        disorders
            Texts of disorders, by name, that are used instead of those of the library.
        """
        try:
            table = json.loads(text) if text.startswith("{") else parse_toml(text, origin)
        except (ValueError, RecursionError) as error:
            raise ProtocolError(f"{origin}: not a protocol: {error}") from None
        if table.get("kind") != "protocol":
            raise ProtocolError(
                f"{origin}: kind = 'protocol' is wanted, found {shorten(repr(table.get('kind')))}"
            )
        try:
            protocol = cls(**table)
        except NeurospineError as error:
            raise ProtocolError(f"{origin}: {error}") from None
        protocol._text, protocol._folder, protocol._origin = text, folder, origin
        protocol._inputs, protocol._disorders = dict(inputs or {}), dict(disorders or {})
        return protocol

    def disorder(self, name: str) -> Disorder:
        """Return the disorder that a condition names."""
        known = self._disorders.get(name.removesuffix(".toml").rpartition(os.sep)[2])
        return load_disorder(name) if known is None else Disorder.from_text(known, f"<{name}>")

    def input_text(self, file: str, spikes: str | None = None) -> str:
        """Return the spikes in a file that the protocol names, as a text (see `spike_files`).

        Raises
        ------
        ProtocolError
            If it cannot be read.
        """
        known = self._inputs.get(spikes_name(file, spikes))
        return read_spikes(self._folder / file, spikes) if known is None else known

    @property
    def text(self) -> str:
        """The protocol as it was written, or as JSON when it was made in Python."""
        tables = self.model_dump(mode="json", exclude_defaults=True, by_alias=True)
        return self._text or json.dumps({"kind": self.kind, **tables})

    @property
    def place(self) -> str:
        """How errors name the protocol."""
        return f"{self._origin}{': ' * bool(self._origin)}protocol {self.name!r}"

    @cached_property
    def grid(self) -> Conditions:
        """The conditions with their arrangement."""
        return Conditions(self.conditions, self.arrangement)

    @property
    def step_seconds(self) -> float:
        """The time step in seconds."""
        return seconds(self.step)

    @property
    def spine_seconds(self) -> float:
        """The tick of the spines' slow clock in spiking phases, in seconds."""
        return seconds(self.spine_step)

    def recorded_every(self, phase: Phase) -> float:
        """Return the interval between snapshots of the spines in a phase, in seconds."""
        return seconds(phase.record_every or self.record_every)

    @cached_property
    def epochs(self) -> tuple[Phase, ...]:
        """The phases as they are run, with every turn of the cycle."""
        return expand(self.phases, self.cycle)

    @property
    def duration(self) -> float:
        """The whole run in seconds."""
        return math.fsum(phase.seconds for phase in self.epochs)

    def phase_times(self) -> dict[str, tuple[float, float]]:
        """Return start and stop of each phase in seconds."""
        times, start = {}, 0.0
        for phase in self.epochs:
            times[phase.name] = (start, start + phase.seconds)
            start += phase.seconds
        return times

    @property
    def disorder_start(self) -> float:
        """When the courses of disorders begin, in seconds."""
        return self.phase_times()[self.disorder_from][0] if self.disorder_from else 0.0

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
            with said_where(self.model.circuit, self._folder):
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
    for key in ("step", "spine_step", "record_every"):
        try:
            lengths[key] = seconds(getattr(protocol, key))
        except UnitError as error:
            raise ProtocolError(f"{key}: {error}") from None
        if lengths[key] < SHORTEST_STEP:
            raise ProtocolError(f"{key}: must be positive, at least {SHORTEST_STEP:g} s")
    step = lengths["step"]
    spiking = [phase for phase in protocol.phases if phase.spiking]
    wanted = {
        # Its default matters only where spines live, which the model decides.
        "spine_step": bool(spiking) and "spine_step" in protocol.model_fields_set,
        "record_every": any(not phase.record_every for phase in spiking),
    }
    for key, matters in wanted.items():
        if matters and whole_steps(lengths[key], step) is None:
            raise ProtocolError(f"{key}: {getattr(protocol, key)} is no multiple of the step")
    check_phases(protocol.phases, protocol.cycle)
    check_times(protocol.phases, protocol.cycle, step, lengths["spine_step"], protocol.record_every)
    protocol.grid.check()
    if protocol.disorder_from is not None:
        known("disorder_from", protocol.disorder_from, protocol.phase_times())
    for name in protocol.measures:
        if not name.isidentifier():
            raise ProtocolError(f"[measures]: {name!r} is no name for a measure")
    check_measures(protocol)
    check_targets(protocol)
    check_plot(protocol)
