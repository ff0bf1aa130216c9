"""Compare runs of one protocol: effect sizes, paired by seed and repeat where they go together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pandas as pd

from neurospine.analysis.effect_sizes import COLUMNS, paired_effect, unpaired_effect
from neurospine.errors import ResultError, suggest
from neurospine.sweeps.compared_runs import Group, grouped, read_runs, result_files

_UNITS = ["seed", "repeat"]


@dataclass(frozen=True)
class Comparison:
    """How groups of runs differ from control.

    Attributes
    ----------
    table
        One row for each group but control, measure and place on its axes: `group`, `measure`,
        the axes, `paired`, then the fields of an `Effect`, and `excludes_zero`.
    control
        What the first group is.
    notes
        How runs were paired, and what could not be worked out.
    meanings
        What the measures are.
    """

    table: pd.DataFrame
    control: str
    notes: list[str] = field(default_factory=list)
    meanings: dict[str, str] = field(default_factory=dict)

    @property
    def groups(self) -> list[str]:
        """What is compared with control."""
        return list(dict.fromkeys(self.table["group"]))


def _unwatched(done: int, total: int) -> None:
    """Take no notice of progress."""


def compare_runs(
    files: str | Path | Iterable[str | Path],
    *,
    control: str | None = None,
    phase: str | None = None,
    resamples: int = 0,
    watch: Callable[[int, int], None] = _unwatched,
) -> Comparison:
    """Return how runs differ from control, with 95 % confidence intervals.

    >>> from neurospine import compare_runs
    >>> compare_runs(["control.h5", "fragile_x.h5"]).table           # doctest: +SKIP

    Runs of the same model with different seeds are one group; repeats of all its runs are its
    sample. Where groups have seeds and repeats in common these are pairs, as they share their
    random numbers; otherwise the groups count as independent. Measures are those of the
    protocol, and density, turnover, survival and mean volume where spines are born and die.

    Parameters
    ----------
    files
        Result files, or folders of sweeps. The first run is of the control group.
    control
        Words that the label of the control group has, instead.
    phase
        The phase for density, turnover, survival and mean volume; by default the last of
        consolidation, else the last.
    resamples
        Draw intervals by so many bootstrap samples, with a fixed key; 0 takes those of
        Student's t.
    watch
        Called with how many files have been measured, and of how many.

    Raises
    ------
    ResultError
        If the files do not belong together, or have no measure in common.
    """
    names = [files] if isinstance(files, str | Path) else list(files)
    paths = result_files(names)
    if len(paths) < 2:
        raise ResultError("name two result files or more, or the folder of a sweep")
    groups = grouped(read_runs(paths, phase, watch))
    first = groups[0] if control is None else _named(control, groups)
    rows: list[pd.DataFrame] = []
    notes: list[str] = []
    for group in groups:
        if group is not first:
            found = _compared(first, group, resamples, notes)
            if found and _all_alike(pd.concat(found)):
                notes.append(
                    f"{group.label}: all pairs are alike, as nothing in these runs is random; the "
                    "intervals have no width, and more seeds would tell no more"
                )
            rows += found
    if not rows:
        raise ResultError(
            f"{paths[0]}: the runs have no measure in common; its protocol measures nothing and no "
            "spine is born or dies"
        )
    meanings = dict(first.runs[0].meanings)
    table = pd.concat(rows, ignore_index=True)
    front = ["group", "measure"]
    back = ["paired", *COLUMNS, "excludes_zero"]
    axes = [name for name in table if name not in (*front, *back)]
    return Comparison(table[[*front, *axes, *back]], first.label, notes, meanings)


def _all_alike(table: pd.DataFrame) -> bool:
    """Return whether pairs differ by nothing but rounding, in all measures."""
    size = table[["control", "value"]].abs().max(axis="columns")
    width = (table["high"] - table["low"])[table["n"] > 1]
    return bool(table["paired"].all() and len(width) and (width <= 1e-9 * size).all())


def _named(control: str, groups: list[Group]) -> Group:
    """Return the group whose label a user means."""
    labels = [group.label for group in groups]
    wanted = control.replace("=", " = ").split()
    hits = [
        group
        for group in groups
        if group.label == control or set(wanted) <= set(group.label.replace(",", "").split())
    ]
    if len(hits) != 1:
        what = "no group" if not hits else "several groups"
        raise ResultError(f"--control {control!r}: {what} of that name. {suggest(control, labels)}")
    return hits[0]


def _compared(control: Group, other: Group, resamples: int, notes: list[str]) -> list[pd.DataFrame]:
    """Return the effects in one group, a table for each measure."""
    paired = _pairs(control, other, notes)
    found = []
    for measure in control.runs[0].values:
        theirs, ours = control.values(measure), other.values(measure)
        if ours.empty:
            continue
        axes = [str(name) for name in theirs if name not in (*_UNITS, "value")]
        rows = _effects(theirs, ours, axes, paired, resamples)
        if not rows:
            notes.append(f"{other.label}: {measure} has no place in common with {control.label}")
            continue
        table = pd.DataFrame(rows)
        table.insert(0, "measure", measure)
        table.insert(0, "group", other.label)
        found.append(table)
    return found


def _effects(
    theirs: pd.DataFrame, ours: pd.DataFrame, axes: list[str], paired: bool, resamples: int
) -> list[dict[str, object]]:
    own = dict(_places(ours, axes))
    rows: list[dict[str, object]] = []
    for place, reference in _places(theirs, axes):
        if place not in own:
            continue
        control, value = reference.dropna(), own[place].dropna()
        if paired:
            control, value = control.align(value, join="inner")
        work = paired_effect if paired else unpaired_effect
        effect = work(control.to_numpy(float), value.to_numpy(float), resamples)
        named = dict(zip(axes, place, strict=True))
        facts = {"paired": paired, **asdict(effect), "excludes_zero": effect.excludes_zero}
        rows.append({**named, **facts})
    return rows


def _places(table: pd.DataFrame, axes: list[str]) -> list[tuple[tuple[object, ...], pd.Series]]:
    """Return the values at each place on some axes, by seed and repeat."""
    if not axes:
        return [((), table.set_index(_UNITS)["value"])]
    return [
        (place if isinstance(place, tuple) else (place,), part.set_index(_UNITS)["value"])
        for place, part in table.groupby(axes, sort=False)
    ]


def _pairs(control: Group, other: Group, notes: list[str]) -> bool:
    """Return whether two groups are compared in pairs, and note how."""
    first, second = _units(control), _units(other)
    shared = first & second
    if shared and (first == second or len(shared) > 1):
        rest = len(first ^ second)
        text = f"{other.label}: {len(shared)} pairs of the same seed and repeat"
        if rest:
            text += f"; {rest} runs or repeats without a partner are left out"
        if len(shared) == 1:
            text = f"{other.label}: one run and repeat of each, so there are no intervals"
        notes.append(text)
        return True
    text = (
        f"{other.label}: not paired, as seeds differ; {len(first)} of {control.label} and "
        f"{len(second)} count as independent"
    )
    if min(len(first), len(second)) == 1:
        text += ", and with one alone there are no intervals"
    notes.append(text)
    return False


def _units(group: Group) -> set[tuple[int, int]]:
    """Return the seeds with their repeats that a group has."""
    found: set[tuple[int, int]] = set()
    for run in group.runs:
        for table in run.values.values():
            found |= {(run.seed, int(repeat)) for repeat in table["repeat"].unique()}
    return found
