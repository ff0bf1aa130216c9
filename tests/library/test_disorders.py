"""Every disorder of the library: what it says, and a protocol that shows what it does."""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import pandas as pd
import pytest

from neurospine import Protocol, compare, load_disorder, load_protocol, measure, simulate
from neurospine.description.disorder import Disorder
from neurospine.description.library import shipped_folder
from neurospine.description.measure_tables import Effect
from neurospine.description.targets import Target

ROOT = shipped_folder()
NAMES = [path.stem for path in sorted((ROOT / "models" / "disorders").glob("*.toml"))]
#: Protocols in which the interval of an effect is looked at, by their text.
PROTOCOLS = [
    path.stem
    for path in sorted((ROOT / "protocols").rglob("*.toml"))
    if re.search(r"^disorders\s*=\s*true", path.read_text(), re.MULTILINE)
    and re.search(r"^excludes\s*=", path.read_text(), re.MULTILINE)
]

#: Effects that the library does not show; the page of validation lists them as misses.
MISSES = {"Setd1a: more extra-large spines", "fragile X: training strengthens less"}


@cache
def protocol(name: str) -> Protocol:
    return load_protocol(name)


def shows(found: Protocol, target: Target) -> set[str]:
    """Return the disorders whose effect a target asks to be other than nothing."""
    effect = found.measures[target.measure]
    if target.excludes is None or not isinstance(effect, Effect):
        return set()
    axis = found.conditions[effect.axis]
    nothing = 1.0 if effect.give == "ratio" else 0.0
    if not axis.disorders or not target.scored or target.excludes != nothing:
        return set()
    values = [v for v in axis.values if v in target.at.get(effect.axis, axis.values)]
    before = set(axis.names(effect.reference))
    return {name for v in values if v != effect.reference for name in set(axis.names(v)) - before}


@cache
def shown_by() -> dict[str, list[str]]:
    """Return for each disorder the protocols that show what it does."""
    found: dict[str, list[str]] = {name: [] for name in NAMES}
    for name in PROTOCOLS:
        for disorder in {d for t in protocol(name).targets for d in shows(protocol(name), t)}:
            found[disorder].append(name)
    return found


def test_there_are_disorders() -> None:
    assert len(NAMES) > 15


@pytest.mark.parametrize("name", NAMES)
def test_a_protocol_shows_what_a_disorder_does(name: str) -> None:
    """A scored target asks that the interval of an effect of it excludes nothing."""
    assert shown_by()[name]


@pytest.mark.parametrize("name", NAMES)
def test_a_disorder_says_how_it_is_known(name: str) -> None:
    disorder: Disorder = load_disorder(name)
    for change in disorder.changes:
        assert change.source in disorder.references
        assert re.match(r"[A-Z]", change.meaning)
        if change.basis == "direction":
            assert re.search(r"assumed|as in|as strong|factors tried", change.where), change.where
        if change.basis == "calibrated":
            assert "tools/" in change.where


@pytest.mark.parametrize("name", NAMES)
def test_values_with_a_disorder_are_in_range_at_all_times(name: str) -> None:
    disorder = load_disorder(name)
    model = protocol(shown_by()[name][0]).default_model().with_disorder(disorder)
    for day in (0.0, 3.0, 7.0, 23.0, 30.0, 100.0):
        numbers = model.at(day * 86400).parameters.entries
        for entry in numbers.values():
            entry.check()


@pytest.mark.slow
@pytest.mark.parametrize("name", PROTOCOLS)
def test_the_interval_of_an_effect_excludes_nothing_but_for_known_misses(name: str) -> None:
    found = protocol(name)
    run = simulate(found.default_model(), found, seed=0)
    tables = measure(run, found)
    verdicts = {score.phenomenon: score.verdict for score in compare(run, found, tables)}
    for target in found.targets:
        if shows(found, target):
            table = only(tables[target.measure], target)
            assert not table.empty
            low, high = table["low"].to_numpy(), table["high"].to_numpy()
            beyond = low > target.excludes if target.side == "above" else high < target.excludes
            shown = target.phenomenon not in MISSES
            assert bool(np.all(beyond)) == shown
            assert verdicts[target.phenomenon] == ("met" if shown else "miss")


def only(table: pd.DataFrame, target: Target) -> pd.DataFrame:
    """Return the rows of a measure that a target is about."""
    for axis, ends in target.at.items():
        if table[axis].dtype == object or pd.api.types.is_string_dtype(table[axis]):
            table = table[table[axis].isin(ends)]
        else:
            numbers = [float(end.split()[0]) for end in ends]
            table = table[table[axis].between(min(numbers) - 1e-9, max(numbers) + 1e-9)]
    return table


def test_the_table_of_learning_has_every_disorder_in_every_column() -> None:
    """Each with a number and its interval, or the reason why there is none."""
    table = pd.read_csv(ROOT / "docs" / "disorders_and_learning.csv")
    table = table[table["question"] == "disorder"]
    columns = set(table["column"])
    assert len(columns) > 10
    for name in NAMES:
        assert set(table.loc[table["row"] == name, "column"]) == columns, name
    known = table["percent"].notna()
    assert (known ^ table["why"].notna()).all()
    numbers = table[known]
    assert (
        (numbers["low"] <= numbers["difference"]) & (numbers["difference"] <= numbers["high"])
    ).all()
    excluded = (numbers["low"] > 0) | (numbers["high"] < 0)
    assert (numbers["excludes_zero"].astype(bool) <= excluded).all()


def test_the_page_of_learning_says_what_is_in_the_table() -> None:
    table = pd.read_csv(ROOT / "docs" / "disorders_and_learning.csv")
    page = (ROOT / "docs" / "disorders_and_learning.md").read_text()
    lines = [[cell.strip(" *") for cell in row.split("|")] for row in page.splitlines()]
    for name in NAMES:
        (line,) = [line for line in lines if len(line) > 3 and line[1] == name]
        values = table[(table["row"] == name) & table["percent"].notna()]["percent"]
        shown = [float(cell.split()[0]) for cell in line if cell[:1] in ("+", "-") and "(" in cell]
        rounded = {round(value) for value in values}
        assert {abs(value) for value in shown} <= {abs(value) for value in rounded}, name
