"""A run as a page reports it: its file, checked, with what was measured and compared."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import h5py
import pandas as pd

from neurospine.analysis.drawing import with_unit_after
from neurospine.analysis.measures import Measures, measure
from neurospine.analysis.neuron_drawing import words
from neurospine.analysis.validation import Score, compare
from neurospine.description.hdf5_files import opened
from neurospine.description.library import parse_toml
from neurospine.description.protocol import Protocol
from neurospine.errors import NeurospineError, ResultError
from neurospine.results.part import INFO_FILE
from neurospine.results.trajectory import Trajectory
from neurospine.simulation.resume import recorded_protocol

#: What every run says of itself.
_FACTS = ("protocol", "model", "seed", "backend", "neurospine")


@dataclass(frozen=True)
class ReportedRun:
    """A run with its protocol, what was measured, and its scores (none if it was cut off)."""

    path: Path
    trajectory: Trajectory
    protocol: Protocol
    measures: Measures
    scores: list[Score]

    @property
    def conditions(self) -> list[str]:
        """The conditions in words; one without words where there are none."""
        return condition_words(self.trajectory)

    @property
    def modulators(self) -> set[str]:
        """The neuromodulators of the circuit."""
        about = self.trajectory.info
        name = f"models/{about.attributes['model']}"
        return set(parse_toml(about.files.get(name, ""), name).get("neuromodulators", {}))


def open_run(path: Path) -> ReportedRun:
    """Return the run in a result file.

    Raises
    ------
    ResultError
        If there is no such file, it is half a result, a result of `learn` or of another
        kind, or says too little of itself.
    """
    _check_kind(path)
    trajectory = Trajectory.from_hdf5(path)
    missing = [name for name in _FACTS if name not in trajectory.info.attributes]
    if missing:
        raise ResultError(f"{path}: does not say its {', '.join(missing)}, as results of 'run' do")
    try:
        protocol = recorded_protocol(trajectory.info)
        if not trajectory.complete:
            return ReportedRun(path, trajectory, protocol, dict(trajectory.measures), [])
        measures = dict(trajectory.measures)
        if measures.keys() != protocol.measures.keys():
            measures = measure(trajectory, protocol)
        return ReportedRun(
            path, trajectory, protocol, measures, compare(trajectory, protocol, measures)
        )
    except NeurospineError as error:
        raise ResultError(f"{path}: {error}") from None
    except LookupError as error:
        raise ResultError(
            f"{path}: lacks the text or a measure of its protocol ({error})"
        ) from None


def _check_kind(path: Path) -> None:
    if path.is_dir():
        if (path / INFO_FILE).is_file() or path.suffix == ".part":
            raise ResultError(
                f"{path}: is half a result; 'neurospine run --resume' ends the run, 'neurospine "
                f"recover {path}' makes a result file of what it has recorded"
            )
        raise ResultError(f"{path}: is a folder; name the result files in it, such as {path}/*.h5")
    if not path.is_file():
        raise ResultError(f"{path}: no such file")

    def unreadable(why: str) -> ResultError:
        what = "damaged" if h5py.is_hdf5(path) else "no HDF5 file, so no result of 'run'"
        return ResultError(f"{path}: is {what} ({why})")

    with opened(path, unreadable) as file:
        learnt, ran = "networks" in file, "files" in file
    if not ran:
        of = "is a result of 'learn'; reports are of results of 'run'"
        raise ResultError(f"{path}: {of if learnt else 'is no result of ' + repr('run')}")


def condition_words(trajectory: Trajectory) -> list[str]:
    """Return each condition of a run in words; one without words where there are none."""
    info = trajectory.info
    table: pd.DataFrame = info.conditions
    if table.empty:
        return [""]
    found = []
    for _, row in table.iterrows():
        said = []
        for axis in map(str, table):
            value = row[axis]
            if isinstance(value, str):
                said.append(f"{words(axis)} {words(value)}")
            else:
                said.append(with_unit_after(f"{words(axis)} {value:g}", info.axes[axis].unit))
        found.append(", ".join(said))
    return found
