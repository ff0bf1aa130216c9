"""Scorecards of runs side by side, and where the runs differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from neurospine.analysis.scorecard import numbers
from neurospine.analysis.validation import Score
from neurospine.report_page.parameters import parameter_rows
from neurospine.report_page.reported import ReportedRun
from neurospine.report_page.summary import facts

#: What stands for a fact that a run has not.
ABSENT = "-"


@dataclass(frozen=True)
class ScoreLine:
    """A line of a scorecard in words."""

    phenomenon: str
    condition: str
    measured: str
    published: str
    z: str
    verdict: str
    status: str
    source: str


def score_line(score: Score) -> ScoreLine:
    """Return a line of a scorecard as texts."""
    measured, published, z, verdict = numbers(score)
    return ScoreLine(
        score.phenomenon, score.condition, measured, published, z, verdict.plain, score.status,
        score.source,
    )  # fmt: skip


def side_by_side(runs: Sequence[ReportedRun]) -> list[tuple[ScoreLine, list[ScoreLine | None]]]:
    """Return each line of the scorecards, as the first run with it has it, and as each has it."""
    tables = [
        {(line.phenomenon, line.condition): line for line in map(score_line, run.scores)}
        for run in runs
    ]
    keys = dict.fromkeys(key for table in tables for key in table)
    found = []
    for key in keys:
        each = [table.get(key) for table in tables]
        found.append((next(line for line in each if line is not None), each))
    return found


def differences(runs: Sequence[ReportedRun]) -> list[tuple[str, list[str]]]:
    """Return what is not the same in all runs, of facts and parameters that two or more have."""
    tables = []
    for run in runs:
        table = {name: text for name, text in facts(run).items() if name != "Result file"}
        tables.append(table | {row.name: f"{row.value} {row.unit}" for row in parameter_rows(run)})
    names = dict.fromkeys(name for table in tables for name in table)
    found = [(name, [table.get(name, ABSENT) for table in tables]) for name in names]
    return [
        (name, each)
        for name, each in found
        if len(set(each)) > 1 and sum(text != ABSENT for text in each) > 1
    ]
