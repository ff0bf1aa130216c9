"""What a page says of a run is what is in its file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from neurospine.analysis.measures import by_repeat
from neurospine.analysis.repeats import tabulate
from neurospine.description.imaging_measures import KaplanMeier
from neurospine.report_page import pools, sampling
from neurospine.report_page.figures import figures
from neurospine.report_page.pools import pools as pools_of
from neurospine.report_page.reported import ReportedRun, open_run
from neurospine.report_page.size_histogram import SizeHistogram
from neurospine.report_page.spikes import spikes
from neurospine.report_page.survival import survival
from neurospine.report_page.traces import traces
from neurospine.results import trajectory

#: Of what a page keeps, four digits.
ROUNDED = 1e-3


def test_lines_of_spines_are_those_of_the_file(living: ReportedRun) -> None:
    (pool,) = pools_of(living)
    dataset = living.trajectory.spines["spines"]
    contacts = living.trajectory.contacts["spines"]
    assert len(pool["spines"]) == min(pools.SPINES, pool["ever"])
    assert np.allclose(pool["times"], dataset["time"])
    stages = living.trajectory.info.spines["spines"].stages
    stage, volume = (dataset[name].values for name in ("stage", "volume"))
    for spine in pool["spines"]:
        slot = spine["slot"]
        wanted = np.where(stage[:, slot] > 0, volume[:, slot], np.nan)
        shown = np.array(spine["volume"], float)
        assert np.allclose(shown, wanted, rtol=ROUNDED, equal_nan=True)
        assert spine["condition"] == dataset["condition"].values[slot]
        assert pool["stages"][spine["end"]] == stages[stage[-1, slot]]
        lives = contacts.loc[contacts["slot"] == slot, ["birth", "death"]]
        assert np.allclose(np.array(spine["lives"], float), lives, equal_nan=True)


def test_every_spine_is_counted_by_size_and_stage(living: ReportedRun) -> None:
    (pool,) = pools_of(living)
    dataset = living.trajectory.spines["spines"]
    condition = dataset["condition"].values
    sizes, flow = np.array(pool["sizes"]["counts"]), np.array(pool["flow"]["counts"])
    for k in range(dataset.sizes["time"]):
        volume, stage = (dataset[name].values[k] for name in ("volume", "stage"))
        for group in (0, 1):
            own = condition == group
            assert sizes[k, group].sum() == (stage[own] > 0).sum()
            edges = pool["sizes"]["edges"]
            assert min(edges) * 0.999 <= volume[own & (stage > 0)].min()
            assert (flow[k, group] == np.bincount(stage[own], minlength=4)).all()


def test_moves_are_between_first_and_last_snapshot(living: ReportedRun) -> None:
    (pool,) = pools_of(living)
    counts = np.array(pool["moves"]["counts"])
    flow = np.array(pool["flow"]["counts"])
    assert (counts.sum(axis=2) == flow[0]).all()
    assert (counts.sum(axis=1) == flow[-1]).all()
    stage = living.trajectory.spines["spines"]["stage"].values
    contacts = living.trajectory.contacts["spines"]
    born = set(contacts.loc[contacts["birth"].notna() & contacts["death"].isna(), "slot"])
    both = set(np.flatnonzero((stage[0] > 0) & (stage[-1] > 0)))
    assert sum(pool["moves"]["replaced"]) == len(born & both) > 0


def test_survival_is_that_of_the_measure(living: ReportedRun) -> None:
    lags = ("2 day", "4 day", "8 day")
    for of, words in (("present", "there at the start"), ("new", "born meanwhile")):
        measure = KaplanMeier(
            kind="kaplan_meier", meaning="m", phase="after", of=of, lags=lags,
            projection="spines",
        )  # fmt: skip
        table = tabulate(living.trajectory, by_repeat(living.trajectory, measure), ["lag"])
        (found,) = (o for o in survival(living) if o["phase"] == "after" and o["of"] == words)
        for curve in found["curves"]:
            wanted = table[table["interval"] == (-10, 10)[curve["condition"]]]
            for name in ("value", "low", "high"):
                shown = [curve[name][k] for k in (15, 30, 60)]
                assert np.allclose(shown, wanted[name], rtol=ROUNDED)
        assert sum(curve["died"] for curve in found["curves"]) > 0


def test_spikes_and_rates_are_those_of_the_first_repeat(living: ReportedRun) -> None:
    found = spikes(living)
    assert found is not None
    assert found["total"] == sum(map(len, living.trajectory.spikes.values()))
    bins = np.array(found["bins"])
    table = living.trajectory.spikes["axons"]
    for own in found["conditions"]:
        copy = own["condition"] * 2
        inside = table[table["cell"] // 60 == copy]
        counted = (own["rates"]["axons"] * np.diff(bins)[:, 0]).sum() * 60
        assert round(counted) == len(inside)
        (window,) = own["windows"]
        rows = found["populations"][0]["cells"]
        drawn = window["spikes"]["axons"]
        cells = np.array(rows)[drawn["row"]] + copy * 60
        shown = inside[(inside["cell"] % 60).isin(rows)]
        order = np.lexsort((cells, drawn["time"]))
        wanted = shown.sort_values(["time", "cell"])
        assert np.allclose(np.array(drawn["time"])[order], wanted["time"])
        assert (cells[order] == wanted["cell"]).all()


def test_many_spikes_are_cut_to_the_first_and_the_last(
    living: ReportedRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("neurospine.report_page.spikes.SPIKES", 45)
    found = spikes(living)
    assert found is not None
    first, last = found["conditions"][0]["windows"]
    for window in (first, last):
        drawn = sum(len(line["time"]) for line in window["spikes"].values())
        assert 45 <= drawn < 120  # spikes at the same time stay together
    assert first["stop"] <= last["start"]


def test_dopamine_is_drawn_and_keeps_its_peaks(dopamine: ReportedRun) -> None:
    (found,) = traces(dopamine, modulators=True)
    assert traces(dopamine, modulators=False) == []
    (line,) = found["lines"]
    recorded = dopamine.trajectory.traces["dopamine"]["concentration"].values
    assert max(line["value"]) == pytest.approx(recorded.max(), rel=ROUNDED)
    assert len(line["time"]) == len(recorded)
    (pool,) = pools_of(dopamine)
    assert pool["flow"] is None
    texts = {figure.kind: figure for figure in figures(dopamine)[0]}
    assert texts["modulators"].shown
    assert not texts["survival"].shown
    assert "neither born nor lost" in texts["survival"].words


def test_a_large_file_is_read_as_it_is_used(
    living: ReportedRun, living_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trajectory, "LARGEST_IN_MEMORY", 0)
    lazy = open_run(living_file)
    assert lazy.trajectory.spines["spines"]["volume"].variable._in_memory is False
    assert pools_of(lazy) == pools_of(living)
    monkeypatch.setattr(pools, "VOLUMES", 5 * 240)
    monkeypatch.setattr(pools, "_FEWEST", 2)
    (pool,) = pools_of(lazy)
    assert len(pool["times"]) == 5
    assert pool["times"][-1] == pytest.approx(float(lazy.trajectory.spines["spines"]["time"][-1]))
    assert "at 5 of 11 snapshots" in figures(lazy)[0][0].words


def test_a_large_pool_gives_two_hundred_spines() -> None:
    size = 200_000
    generator = np.random.default_rng(1)
    first = np.where(generator.random(size) < 0.5, 0.1, 0.0)
    last = np.where(first > 0, first * generator.lognormal(0, 1, size), 0.0)
    condition = np.arange(size) % 4
    turned = generator.random(size) < 0.01
    sample = sampling.choose(first, last, condition, turned, 200)
    assert (np.bincount(condition[sample.rows]) == 50).all()
    assert ((first > 0) | turned)[sample.rows].all()
    assert sample.ever == ((first > 0) | turned).sum()
    change = np.abs(np.log(last[first > 0] / first[first > 0]))
    most = [row for row, why in zip(sample.rows, sample.why, strict=True) if "change" in why]
    assert np.abs(np.log(last[most] / first[most])).min() > np.quantile(change, 0.999)
    for row, why in zip(sample.rows, sample.why, strict=True):
        assert turned[row] or why != sampling.TURNED_OVER
    again = sampling.choose(first, last, condition, turned, 200)
    assert (again.rows == sample.rows).all()


def test_bins_hold_what_is_between_their_edges() -> None:
    volume = np.array([0.0, 0.01, 0.0101, 0.02, 0.5, 0.51])
    made = SizeHistogram(1, 1)
    made.add(0, volume, np.zeros(6, int))
    found = made.data(np.zeros(1))
    (counts,), edges = found["counts"][0], np.array(found["edges"])
    assert sum(counts) == 5
    assert len(counts) == len(edges) - 1 <= 37
    exact = np.histogram(volume[1:], edges * (1 - 1e-3))[0]
    assert (np.array(counts) == exact).sum() >= len(counts) - 2
