"""The folder of training in progress: what is trained, and how far each network has come.

`FILE.h5.part/` holds the experiment as text and for each network a checkpoint, with all that
training changes and its course. They are written aside and moved into place, so that they are whole
whenever training is stopped.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from neurospine.description.hdf5_files import opened
from neurospine.errors import MESSAGE, LearningError, ResultError, shorten
from neurospine.learning.experiments.course import Course
from neurospine.learning.experiments.experiment import Experiment
from neurospine.learning.trainer import Trainer
from neurospine.results.files import written_aside
from neurospine.results.part import held, part_of
from neurospine.results.tables import new_file

EXPERIMENT_FILE = "experiment.json"
_ADVICE = "start again with --force"
Array = npt.NDArray[Any]


@contextmanager
def started(
    output: Path, experiment: Experiment, facts: Mapping[str, str], *, force: bool
) -> Iterator[Path]:
    """Make the folder for training that will write a file, and hold it.

    Parameters
    ----------
    output
        The file.
    experiment
        What is trained.
    facts
        What has to be the same for training to go on: versions, checksums of data.
    force
        Throw away what was cut off before.

    Raises
    ------
    ResultError
        If there is such a folder already, or it cannot be written.
    """
    folder = part_of(output)
    try:
        if folder.exists() and force:
            with held(folder):
                shutil.rmtree(folder)
        folder.mkdir()
    except FileExistsError:
        raise ResultError(
            f"{folder}: training was cut off there, or goes on: continue (--resume {output}), or "
            "throw it away (--force)"
        ) from None
    except OSError as error:
        raise ResultError(f"{folder}: cannot be written ({error.strerror})") from None
    with held(folder):
        text = json.dumps({"experiment": experiment.table(), "facts": dict(facts)}, indent=1)
        with written_aside(folder / EXPERIMENT_FILE) as aside:
            aside.write_text(text)
        yield folder


def recorded(output: Path) -> tuple[Experiment, dict[str, str]]:
    """Return what was to be trained for a file, and the facts of then.

    Raises
    ------
    ResultError
        If there is nothing to go on with, or it is damaged.
    """
    folder = part_of(output)
    if not folder.is_dir():
        whole = f"; {output.name} is there, so it came to its end" if output.exists() else ""
        raise ResultError(f"{output}: nothing to go on with, there is no folder {folder}{whole}")
    path = folder / EXPERIMENT_FILE
    try:
        table = json.loads(path.read_text())
        return Experiment.of_table(table["experiment"], str(path)), dict(table["facts"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, LearningError) as error:
        raise ResultError(f"{path}: is missing or damaged ({error}); {_ADVICE}") from None


def has_checkpoint(folder: Path) -> bool:
    """Return whether there is anything in a folder to go on with."""
    return any(folder.glob("*.h5"))


def write_checkpoint(folder: Path, name: str, trainer: Trainer, course: Course) -> None:
    """Write all that the training of a network needs to go on, in place of what was there."""
    with new_file(_path(folder, name)) as file:
        state, digest = file.create_group("state"), hashlib.sha256()
        for number, (path, values) in enumerate(trainer.arrays().items()):
            state[f"{number}"] = values
            state[f"{number}"].attrs["path"] = path
            _add(digest, path, values)
        for number, row in enumerate(course.rows):
            for label, values in sorted(row.items()):
                file[f"course/{number}/{label}"] = values
                _add(digest, label, values)
        words = json.dumps({"samples": course.samples, "labels": course.labels})
        digest.update(words.encode())
        file.attrs.update(course=words, sha256=digest.hexdigest())


def read_checkpoint(folder: Path, name: str, trainer: Trainer) -> Course:
    """Bring a trainer to where it was, and return its course; an empty one if it had not begun.

    Raises
    ------
    ResultError
        If the file is damaged.
    LearningError
        If it is that of another network.
    """
    path = _path(folder, name)
    if not path.exists():
        return Course()

    def unreadable(why: str) -> ResultError:
        return ResultError(f"{path}: is damaged ({why}); {_ADVICE}")

    with opened(path, unreadable) as file:
        digest, arrays = hashlib.sha256(), {}
        for number in range(len(file["state"])):
            data = file[f"state/{number}"]
            arrays[str(data.attrs["path"])] = values = data[()]
            _add(digest, str(data.attrs["path"]), values)
        course = Course(**json.loads(file.attrs["course"]))
        for number in range(len(course.samples)):
            group = file[f"course/{number}"]
            course.rows.append({label: group[label][()] for label in sorted(group)})
            for label, values in course.rows[-1].items():
                _add(digest, label, values)
        digest.update(file.attrs["course"].encode())
        known = str(file.attrs["sha256"])
    if digest.hexdigest() != known:
        raise ResultError(f"{path}: is damaged (its checksum is another); {_ADVICE}")
    try:
        trainer.restore(arrays, course.samples[-1])
    except LearningError as error:
        raise LearningError(f"{path}: {shorten(error, MESSAGE)}") from None
    return course


def _path(folder: Path, name: str) -> Path:
    return folder / f"{name}.h5"


def _add(digest: Any, name: str, values: Array) -> None:
    """Add a named array to a checksum."""
    digest.update(f"{name} {values.dtype} {values.shape} ".encode())
    digest.update(np.ascontiguousarray(values).tobytes())
