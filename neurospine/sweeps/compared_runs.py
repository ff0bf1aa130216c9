"""The runs that are compared: read from their files, and put together by what they are of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from neurospine.analysis.repeat_values import repeat_values, standard_values
from neurospine.description.disorder import CONTROL
from neurospine.description.measures import Measure, axes_of
from neurospine.description.parameters import OVERRIDE
from neurospine.description.protocol import Protocol
from neurospine.errors import ResultError, shorten
from neurospine.results.info import RunInfo
from neurospine.results.trajectory import Trajectory
from neurospine.simulation.resume import recorded_protocol
from neurospine.sweeps.axes import with_unit
from neurospine.sweeps.record import TABLE

#: Facts of a run that tell groups apart, and how each is called in a label.
_FACTS = {"disorders": "", "parameter_sets": "", "spine": "", "model": ""}
#: Parameters that a label names at most.
_MOST_PARAMETERS = 3


@dataclass(frozen=True)
class ComparedRun:
    """One run, measured.

    Attributes
    ----------
    path
        Its file.
    info
        What is known of it.
    seed
        Its seed.
    values
        By measure a table with the axes, `repeat` and `value`.
    meanings
        What the measures are.
    """

    path: Path
    info: RunInfo
    seed: int
    values: Mapping[str, pd.DataFrame]
    meanings: Mapping[str, str]

    @property
    def group(self) -> str:
        """What decides which group it belongs to: everything but the seed."""
        parameters = self.info.parameters
        facts = [self.info.attributes.get(name, "") for name in (*_FACTS, "files_sha256")]
        numbers = dict(zip(parameters["name"], map(float, parameters["value"]), strict=True))
        text = json.dumps([facts, numbers], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Group:
    """Runs of the same model with different seeds."""

    label: str
    runs: tuple[ComparedRun, ...]

    def values(self, measure: str) -> pd.DataFrame:
        """Return a measure in all runs, with a column for the seed."""
        tables = [
            run.values[measure].assign(seed=run.seed) for run in self.runs if measure in run.values
        ]
        return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def result_files(names: Iterable[str | Path]) -> list[Path]:
    """Return the result files that are named, those of a sweep where its folder is.

    Raises
    ------
    ResultError
        If there is no such file, or a folder holds no sweep.
    """
    found: list[Path] = []
    for name in map(Path, names):
        if not name.is_dir():
            found.append(name)
            continue
        table = name / TABLE
        if not table.is_file():
            raise ResultError(f"{name}: is a folder without {TABLE}, so no sweep is in it")
        files = pd.read_csv(table, usecols=["file"])["file"].dropna().unique()
        found += [name / str(file) for file in files]
    for path in found:
        if not path.is_file():
            raise ResultError(f"no file {path}")
    return found


def read_runs(
    paths: Sequence[Path], phase: str | None, watch: Callable[[int, int], None]
) -> list[ComparedRun]:
    """Return runs with what was measured in them.

    Raises
    ------
    ResultError
        If one did not come to its end, or they are not of the same protocol.
    """
    runs: list[ComparedRun] = []
    protocol, text = None, ""
    for number, path in enumerate(paths):
        watch(number, len(paths))
        trajectory = Trajectory.from_hdf5(path)
        if not trajectory.complete:
            raise ResultError(f"{path}: the run was cut off, so it cannot be compared")
        name = str(trajectory.info.attributes["protocol"])
        own = trajectory.info.files.get(f"protocols/{name}")
        if own is None:
            raise ResultError(f"{path}: lacks the text of its protocol {shorten(name)!r}")
        if protocol is None:
            protocol, text = recorded_protocol(trajectory.info), own
        elif protocol.name != name:
            raise ResultError(
                f"{path}: is a run of {name}, {paths[0]} one of {protocol.name}; only runs of the "
                "same protocol can be compared"
            )
        elif own != text:
            raise ResultError(
                f"{path}: the protocol {name} was another one when {paths[0]} was run; run both "
                "again with the same file"
            )
        runs.append(_measured(path, trajectory, protocol, phase))
    watch(len(paths), len(paths))
    return runs


def _measured(
    path: Path, trajectory: Trajectory, protocol: Protocol, phase: str | None
) -> ComparedRun:
    values: dict[str, pd.DataFrame] = {}
    meanings: dict[str, str] = {}
    conditions = {name: axis.unit for name, axis in protocol.conditions.items()}

    def take(name: str, measure: Measure, table: pd.DataFrame) -> None:
        units = conditions | axes_of(protocol, measure)
        columns = {axis: with_unit(axis, unit) for axis, unit in units.items()}
        values[name], meanings[name] = table.rename(columns=columns), measure.meaning

    for name, table in repeat_values(trajectory, protocol).items():
        take(name, protocol.measures[name], table)
    for name, (measure, table) in standard_values(trajectory, phase).items():
        take(name, measure, table)
    seed = int(trajectory.info.attributes["seed"])
    return ComparedRun(path, trajectory.info, seed, values, meanings)


def grouped(runs: Sequence[ComparedRun]) -> list[Group]:
    """Return runs by what they are of, in order; a label says what is particular to each.

    Raises
    ------
    ResultError
        If one is there twice, or all are of the same.
    """
    found: dict[str, dict[int, ComparedRun]] = {}
    for run in runs:
        own = found.setdefault(run.group, {})
        if run.seed in own:
            raise ResultError(
                f"{run.path}: is the same run as {own[run.seed].path}: same model, parameters and "
                "seed"
            )
        own[run.seed] = run
    if len(found) < 2:
        raise ResultError(
            f"{runs[0].path}: all files are of the same model and parameters, so there is nothing "
            "to compare"
        )
    groups = [tuple(own.values()) for own in found.values()]
    labels = _labels([own[0].info for own in groups])
    named = [
        label if label and labels.count(label) == 1 else f"{label} ({own[0].path.stem})".strip()
        for label, own in zip(labels, groups, strict=True)
    ]
    return [Group(label, own) for label, own in zip(named, groups, strict=True)]


def _labels(infos: Sequence[RunInfo]) -> list[str]:
    """Return what is particular to each run."""
    words: list[list[str]] = [[] for _ in infos]
    for fact in _FACTS:
        said = [str(info.attributes.get(fact, "")) for info in infos]
        if len(set(said)) > 1:
            for own, text in zip(words, said, strict=True):
                none = CONTROL if fact == "disorders" else f"no {fact.replace('_', ' ')}"
                own.append(text.replace(" ", " + ") or none)
    for name in _given(infos):
        for own, info in zip(words, infos, strict=True):
            row = info.parameters.set_index("name").loc[name]
            unit = "" if row["unit"] == "1" else f" {row['unit']}"
            own.append(f"{name.rpartition('.')[2]} = {row['value']:g}{unit}")
    return [", ".join(own) for own in words]


def _given(infos: Sequence[RunInfo]) -> list[str]:
    """Return parameters that were given other values, not all the same."""
    tables = [info.parameters.set_index("name") for info in infos]
    shared = [n for n in tables[0].index if all(n in table.index for table in tables)]
    found = []
    for name in shared:
        rows = [table.loc[name] for table in tables]
        given = any(OVERRIDE in (row["source"], row.get("control_source")) for row in rows)
        if given and len({row["value"] for row in rows}) > 1:
            found.append(str(name))
    return found[:_MOST_PARAMETERS]
