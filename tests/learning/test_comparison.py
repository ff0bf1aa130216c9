"""Comparisons: their files, their table, and going on method by method."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

pytest.importorskip("jax")
pytest.importorskip("sklearn")

from neurospine.errors import LearningError
from neurospine.learning.data.sets import load_data
from neurospine.learning.experiments.comparison import parse_comparison
from neurospine.learning.experiments.course import Course
from neurospine.learning.experiments.distributions import EDGES, bound_shares, magnitudes
from neurospine.learning.experiments.effects import p_of_pairs
from neurospine.learning.experiments.experiment import load_experiment
from neurospine.learning.experiments.learn import learn, resume
from neurospine.learning.experiments.outcome import load_learning
from neurospine.learning.kinds import load_learner, make_trainer
from neurospine.learning.trainer import Replicate

Command = Callable[..., Any]
#: A layer alone, which is compiled quickly.
NETWORK = """
kind    = "network"
name    = "alone"
summary = "An output without hidden layers."
source  = "assumed"
data    = "digits"
samples = 250
inputs  = 64
steps   = 1
tau     = 1.0
dale    = false

[layers.Output]
E = 10

[layers.Output.projections]
below_to_E = { rule = "backprop", rate = 0.02, spread = 1.0 }
"""
TEXT = """
kind     = "comparison"
name     = "rates"
summary  = "Rates of a layer."
source   = "assumed"
data     = "digits"
training = 300
samples  = 200
seeds    = 3
control  = "slow"
accuracy = 0.3

[methods.slow]
network = "NETWORK"

[methods.fast]
network = "NETWORK"
values  = { "Output.below_to_E.rate" = 0.1 }

[methods.never]
network = "NETWORK"
values  = { "Output.below_to_E.rate" = 0.0 }
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a comparison of three methods."""
    folder = tmp_path_factory.mktemp("comparison")
    (folder / "alone.toml").write_text(NETWORK)
    path = folder / "rates.toml"
    path.write_text(TEXT.replace("NETWORK", str(folder / "alone.toml")))
    return path


@pytest.fixture(scope="module")
def whole(file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a comparison that nothing disturbed."""
    path = tmp_path_factory.mktemp("whole") / "rates.h5"
    learn(load_experiment(file, every=50), path)
    return path


def test_the_table_is_that_of_paired_differences(whole: Path) -> None:
    learned = load_learning(whole)
    table = learned.comparison.set_index("network")
    test = {n: 100 * o.final["test_accuracy"].values.astype(float)
            for n, o in learned.networks.items()}  # fmt: skip
    assert list(table.index) == ["slow", "fast", "never"]
    assert learned.attributes["training"] == 300
    for name, values in test.items():
        row = table.loc[name]
        np.testing.assert_allclose(100 * row["test"], values.mean())
        np.testing.assert_allclose(100 * row["sem"], values.std(ddof=1) / np.sqrt(3))
        if name == "slow":
            assert (row["difference"], row["low"], row["high"]) == (0, 0, 0)
            assert np.isnan(row["p"])
            continue
        found = stats.ttest_rel(values, test["slow"])
        ends = found.confidence_interval()
        np.testing.assert_allclose(100 * row[["low", "high"]].astype(float), [ends.low, ends.high])
        np.testing.assert_allclose(row["p"], found.pvalue)
    curve = learned.networks["fast"].curves["validation_accuracy"]
    seen = [curve["samples"].values[own >= 0.3].min() for own in curve.values.T]
    assert (table.loc["fast", "samples_to"], table.loc["fast", "reached"]) == (np.mean(seen), 3)
    assert (table.loc["never", "reached"], table.loc["never", "accuracy"]) == (0, 0.3)


def test_methods_share_weights_and_samples(whole: Path) -> None:
    curves = {name: o.curves for name, o in load_learning(whole).networks.items()}
    start = [c["weights"].isel(samples=0).values for c in curves.values()]
    assert all((own == start[0]).all() for own in start)
    assert (curves["never"]["weights"].isel(samples=-1).values == start[0]).all()
    assert (curves["fast"]["weights"].isel(samples=-1).values != start[0]).any()


class Stop(KeyboardInterrupt):
    """Ctrl-C at a chosen moment."""


def test_a_comparison_goes_on_method_by_method(file: Path, whole: Path, tmp_path: Path) -> None:
    path, asked = tmp_path / "rates.h5", []

    def stop(name: str, samples: int, accuracy: float) -> None:
        if name == "fast" and samples == 100:
            raise Stop

    with pytest.raises(Stop):
        learn(load_experiment(file, every=50), path, watch=stop)
    resume(path, watch=lambda name, samples, accuracy: asked.append((name, samples)))
    assert [item for item in asked if item[0] == "slow"] == [("slow", 200)]
    assert min(samples for name, samples in asked if name == "fast") == 100
    ours, theirs = load_learning(path), load_learning(whole)
    pd.testing.assert_frame_equal(ours.comparison, theirs.comparison, check_exact=True)
    for name, outcome in theirs.networks.items():
        assert ours.networks[name].curves.identical(outcome.curves)
        assert ours.networks[name].final.identical(outcome.final)


def test_the_command_leaves_a_table_and_a_picture(command: Command, file: Path) -> None:
    done = command("learn", str(file), "--seeds", "4:6", "--samples", "40", "--every", "20")
    assert (done.status, done.err) == (0, "")
    assert sorted(map(str, Path().iterdir())) == ["rates.csv", "rates.h5", "rates.png"]
    for words in ("rates: digits, 300 to learn from, 40 samples, 2 seeds", "control", "less slow",
                  "samples to 30.0 %", "rates.h5, rates.csv, rates.png"):  # fmt: skip
        assert words in done.out, words
    assert list(pd.read_csv("rates.csv")["network"]) == ["slow", "fast", "never"]
    assert load_learning("rates.h5").attributes["seeds"] == [4, 5]
    again = command("learn", str(file))
    assert (again.status, "rates.h5: exists already" in again.err) == (2, True)
    refused = command("learn", str(file), "--set", "steps=2", "-o", "a.h5")
    assert (refused.status, "is a comparison" in refused.err) == (2, True)


def test_show_and_check_know_comparisons(command: Command, file: Path) -> None:
    shown = command("show", str(file)).out
    for words in ("rates (comparison): Rates of a layer.", "Output.below_to_E.rate 0.1", "never"):
        assert words in shown
    assert "ok, methods: slow, fast, never" in command("check", str(file)).out
    assert "dendritic_rules_digits" in command("list", "comparisons").out
    refused = command("show", str(file), "--spine", "pair_stdp")
    assert (refused.status, "is a network: options that choose" in refused.err) == (2, True)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('control  = "slow"', 'control  = "slo"', "control: no method 'slo'. Did you mean 'slow'?"),
        ("methods.never", 'methods."a/b"', "'a/b': letters, digits, '_' and '-' make a name"),
        ('rate" = 0.1', 'rat" = 0.1', "[methods.fast]: "),
        ("samples  =", "sample  =", "unknown key 'sample'. Did you mean 'samples'?"),
        ("seeds    = 3", "seeds    = 0", "seeds: "),
        ('source   = "assumed"', 'source   = "assume"', "source 'assume' is not in"),
        ("accuracy = 0.3", "accuracy = 30.0", "accuracy: "),
        (TEXT[TEXT.index("[methods.fast") :], "", "two or more are compared, found 1"),
    ],
)  # fmt: skip
def test_mistakes_in_files_are_named(file: Path, old: str, new: str, message: str) -> None:
    text, network = file.read_text(), str(file.with_name("alone.toml"))
    old = old.replace("NETWORK", network)
    assert old in text
    with pytest.raises(LearningError, match=f"my.toml: .*{re.escape(message)}"):
        parse_comparison(text.replace(old, new, 1), "my.toml")


def test_batches_are_whole() -> None:
    assert load_experiment("small_digits", samples=1050).every == 100
    with pytest.raises(LearningError, match="samples 1010: no whole number of batches of 50"):
        load_experiment("small_digits", samples=1010)
    with pytest.raises(LearningError, match="every 30: no whole number of batches of 50"):
        load_experiment("small_digits", every=30)


def test_bounds_are_followed_where_there_are_some() -> None:
    values = {"H1.size": 5, "method.kind": "spine_bounds", "method.start": 0.1,
              "method.relative": "one", "method.checks": 1.0, "method.every": 1,
              "method.cut": True}  # fmt: skip
    data = load_data("digits")
    network = load_learner("small_digits", values)
    trainer, course = make_trainer([Replicate(network, 0, 0)], data), Course()
    course.note(trainer, data.validation, {})
    course.note(trainer, data.validation, trainer.run(200))
    curves = course.dataset([0])
    assert list(curves["bounded"].values) == ["H1", "Output"]
    tenth = int(np.searchsorted(EDGES, 0.1 * (1 + 1e-6))) - 1
    start, end = (curves.isel(samples=row) for row in (0, -1))
    assert (start["bounds"][..., tenth] == start["bounds"].sum("magnitude")).all()
    assert (end["at_bound"] > 0.1).all()
    weights, bounds = trainer.weights()["H1"], trainer.bounds()
    held = (weights == bounds["H1.upper"]) | (weights == bounds["H1.lower"])
    np.testing.assert_allclose(end["at_bound"].sel(bounded="H1"), held.mean())


def test_magnitudes_and_shares() -> None:
    values = np.float32([[0.0, -0.5, 2e-7, 1e3], [1.5e-6, 0.5, 0.5, -0.5]])
    counts = magnitudes(values)
    assert counts.sum(1).tolist() == [4, 4]
    assert (counts[0, 0], counts[0, -1], counts[1, 0]) == (2, 1, 0)
    place = np.searchsorted(EDGES, 0.5, "right") - 1
    assert counts[:, place].tolist() == [1, 3]
    weights = np.float32([[[0.0, 0.0, 0.4, -0.2]]])
    upper, lower = np.float32([[[0.0, 0.3, 0.4, 0.1]]]), np.float32([[[0.0, 0.0, -0.1, -0.2]]])
    at_bound, absent = bound_shares(weights, lower, upper)
    assert (at_bound.tolist(), absent.tolist()) == ([0.5], [0.25])


def test_p_is_that_of_a_paired_test_and_none_without_spread() -> None:
    control, value = np.array([1.0, 2.0, 4.0]), np.array([1.5, 2.1, 5.0])
    moved = value - control
    t = moved.mean() / (moved.std(ddof=1) / np.sqrt(3))
    np.testing.assert_allclose(p_of_pairs(control, value), 2 * stats.t.sf(t, 2))
    assert np.isnan(p_of_pairs(control, control + 1))
    assert np.isnan(p_of_pairs(control[:1], value[:1]))
