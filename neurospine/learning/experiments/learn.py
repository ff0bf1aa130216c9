"""Train the networks of an experiment, in chunks and from where it was cut off."""

from __future__ import annotations

import hashlib
import platform
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax
import numpy as np
import xarray as xr

from neurospine.errors import LearningError, NeurospineError, ResultError
from neurospine.learning.data.sets import DataSet, Samples, load_data, load_test
from neurospine.learning.experiments.checkpoint import (
    has_checkpoint,
    read_checkpoint,
    recorded,
    started,
    write_checkpoint,
)
from neurospine.learning.experiments.course import Course
from neurospine.learning.experiments.effects import compare_networks
from neurospine.learning.experiments.experiment import Experiment
from neurospine.learning.experiments.outcome import (
    Learning,
    Outcome,
    load_learning,
    read_outcome,
    weight_dataset,
    write_learning,
    write_outcome,
)
from neurospine.learning.experiments.toml_text import toml_text
from neurospine.learning.kinds import make_trainer
from neurospine.learning.trainer import Replicate, Trainer, check_fit
from neurospine.results.part import held, part_of
from neurospine.results.trajectory import check_output

_PACKAGES = ("neurospine", "jax", "jaxlib", "numpy", "h5py")
#: Called with the name of a network, samples seen, and mean validation accuracy.
Watch = Callable[[str, int, float], None]


def learn(
    experiment: Experiment,
    output: str | Path,
    *,
    folder: Path | None = None,
    force: bool = False,
    watch: Watch | None = None,
) -> Learning:
    """Train the networks of an experiment; all seeds of one are one program.

    Parameters
    ----------
    experiment
        See `load_experiment`.
    output
        An HDF5 file to write. Until it is whole there is a folder ``….part`` beside it, with a
        checkpoint after every chunk of samples.
    folder
        Where the files of the data set are, if it has any.
    force
        Replace a file that is there, and what was cut off before.
    watch
        Called after every chunk.

    Returns
    -------
    Learning
        As `load_learning` reads it. The test set is read when the first network is trained, and
        once.

    Raises
    ------
    NeurospineError
        If something is wrong with data, networks or output. What was trained until then stays
        in ``….part``, as it does at an interrupt; `resume` goes on from there.
    """
    path = Path(output)
    check_output(path, force=force)
    data = _data(experiment, folder)
    for network in experiment.networks.values():
        check_fit(_replicates(experiment, network), data)
    with started(path, experiment, _facts(data), force=force) as part:
        return _go_on(experiment, path, part, data, folder, watch)


def resume(
    output: str | Path, *, folder: Path | None = None, watch: Watch | None = None
) -> Learning:
    """Go on with training that was cut off, to the same bits as if it had not been.

    Parameters
    ----------
    output
        The file that was to be written; see `learn`, also for the others.

    Raises
    ------
    NeurospineError
        If there is nothing to go on with, it is damaged, data are others than those of then, or
        the program is another.
    """
    path = Path(output)
    experiment, then = recorded(path)
    part = part_of(path)
    with held(part):
        data = _data(experiment, folder)
        for name, now in _facts(data).items():
            if then.get(name) != now:
                raise ResultError(
                    f"{part}: was begun with {name} {then.get(name)}, this is {now}; it would not "
                    "go on to the same result"
                )
        return _go_on(experiment, path, part, data, folder, watch)


def _go_on(
    experiment: Experiment,
    path: Path,
    part: Path,
    data: DataSet,
    folder: Path | None,
    watch: Watch | None,
) -> Learning:
    """Train what is not trained yet, and write the file; a folder worth nothing does not stay."""
    keep = True
    try:
        outcomes = _outcomes(experiment, part, data, folder, watch or _silent)
        write_learning(path, _learning(experiment, outcomes, data), part)
        keep = False
    except NeurospineError as error:
        keep = has_checkpoint(part)
        more = f". What was learned is in {part}; 'neurospine learn --resume {path}' goes on"
        raise type(error)(f"{error}{more * keep}") from None
    except KeyboardInterrupt:
        keep = has_checkpoint(part)
        raise
    finally:
        if not keep:
            shutil.rmtree(part, ignore_errors=True)
    return load_learning(path)


def _outcomes(
    experiment: Experiment, part: Path, data: DataSet, folder: Path | None, watch: Watch
) -> dict[str, Outcome]:
    """Return the outcome of every network, of those trained before from their files."""
    test: Samples | None = None
    outcomes = {}
    for name in experiment.networks:
        path = part / f"{name}.outcome.h5"
        if not path.exists():
            trainer, course = _trained(experiment, name, part, data, watch)
            test = test or load_test(experiment.data, folder)
            write_outcome(path, name, _outcome(experiment, name, trainer, course, test))
        outcomes[name] = read_outcome(path, name)
        reached = outcomes[name].final["validation_accuracy"].mean()
        watch(name, experiment.samples, float(reached))
    return outcomes


def _trained(
    experiment: Experiment, name: str, part: Path, data: DataSet, watch: Watch
) -> tuple[Trainer, Course]:
    """Return a network in training after its last sample, and its course."""
    trainer = make_trainer(_replicates(experiment, experiment.networks[name]), data)
    course = read_checkpoint(part, name, trainer)
    if not course.rows:
        course.note(trainer, data.validation, {})
    while trainer.samples < experiment.samples:
        watch(name, trainer.samples, float(course.rows[-1]["validation_accuracy"].mean()))
        seen = trainer.run(min(experiment.every, experiment.samples - trainer.samples))
        course.note(trainer, data.validation, seen)
        write_checkpoint(part, name, trainer, course)
    return trainer, course


def _outcome(
    experiment: Experiment, name: str, trainer: Trainer, course: Course, test: Samples
) -> Outcome:
    """Return what came of a network; here it meets the test set."""
    seeds = experiment.seeds
    said = {"units": "1", "long_name": "share of samples told right at the end"}
    final = xr.Dataset(
        {
            "validation_accuracy": ("seed", trainer.accuracy(trainer.data.validation), said),
            "test_accuracy": ("seed", trainer.accuracy(test), {**said, "sha256": _sha256(test)}),
        },
        {"seed": ("seed", np.array(seeds, np.int64))},
    )
    weights = trainer.weights() if experiment.weights else {}
    text = toml_text(experiment.networks[name])
    return Outcome(text, course.dataset(seeds), final, weight_dataset(weights, seeds))


def _learning(experiment: Experiment, outcomes: Mapping[str, Outcome], data: DataSet) -> Learning:
    """Return what came of all networks, with where it came from."""
    attributes = {**experiment.table(), **_facts(data), "python": platform.python_version()}
    del attributes["networks"]
    first = next(iter(outcomes.values()))
    attributes["order"] = list(outcomes)
    attributes["test_sha256"] = first.final["test_accuracy"].attrs["sha256"]
    known = {key: value for key, value in attributes.items() if value is not None}
    if not experiment.control:
        return Learning(known, outcomes)
    return Learning(known, outcomes, compare_networks(outcomes, experiment))


def _replicates(experiment: Experiment, network: Any) -> list[Replicate]:
    return [Replicate(network, seed, seed) for seed in experiment.seeds]


def _data(experiment: Experiment, folder: Path | None) -> DataSet:
    """Return the data set of an experiment, as much of it as is used."""
    data = load_data(experiment.data, folder)
    most = len(data.training)
    if experiment.training is not None and experiment.training > most:
        raise LearningError(f"training: {experiment.training} samples of {most} that there are")
    return replace(data, training=data.training[: experiment.training])


def _facts(data: DataSet) -> dict[str, str]:
    """Return what has to be the same for training to give the same bits."""
    return {
        "machine": platform.machine(),
        "device": jax.default_backend(),
        **{package: version(package) for package in _PACKAGES},
        "data_sha256": _sha256(data.training, data.validation),
    }


def _sha256(*parts: Samples) -> str:
    """Return the checksum of samples."""
    digest = hashlib.sha256()
    for part in parts:
        for values in (part.inputs, part.labels):
            digest.update(f"{values.dtype} {values.shape} ".encode())
            digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()


def _silent(name: str, samples: int, accuracy: float) -> None:
    """Take no notice of progress."""
