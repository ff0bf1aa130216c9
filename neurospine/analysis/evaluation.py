"""What follows a run: measures, picture and scorecard, in files beside its own."""

from __future__ import annotations

from pathlib import Path

from neurospine.analysis.measures import Measures, measure
from neurospine.analysis.plots import picture, write_picture
from neurospine.analysis.scorecard import write_scorecard
from neurospine.analysis.validation import Score, compare
from neurospine.description.protocol import Protocol
from neurospine.results.hdf5 import add_measures
from neurospine.results.trajectory import Trajectory


def beside(path: Path, protocol: Protocol) -> list[Path]:
    """Return the files that go beside a result file: a picture, and a scorecard if it has one."""
    return [path.with_suffix(".png"), *([path.with_suffix(".csv")] if protocol.targets else [])]


def evaluate(
    trajectory: Trajectory, protocol: Protocol, path: Path | None = None
) -> tuple[Measures, list[Score]]:
    """Measure a run and compare it with its targets.

    Parameters
    ----------
    trajectory, protocol
        A complete run, and its protocol.
    path
        The file of the run. The measures are added to it; picture and scorecard go beside it.
    """
    measures = measure(trajectory, protocol)
    if path and measures:
        add_measures(path, measures)
    if path:
        write_picture(picture(trajectory, protocol, measures), path.with_suffix(".png"))
    scores = compare(trajectory, protocol, measures)
    if path and protocol.targets:
        write_scorecard(scores, path.with_suffix(".csv"))
    return measures, scores
