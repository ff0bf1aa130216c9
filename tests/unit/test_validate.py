"""``neurospine validate``: what it runs, prints and leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from neurospine import NeurospineError, Trajectory, load_model, validate
from neurospine.analysis import library_scores
from neurospine.description.fitted import fits_of
from neurospine.description.library import list_files

Command = Callable[..., Any]

MET = """
[[targets]]
phenomenon = "depression"
measure    = "change"
source     = "assumed"
why        = "w"
below      = 0.0
at         = { interval = ["-10 ms", "0 ms"] }
"""
MISS = """
[[targets]]
phenomenon = "growth without spikes [sic]"
measure    = "change"
source     = "sjostrom2001"
why        = "w"
above      = 9.0
"""
PREDICTION = """
[[targets]]
phenomenon = "depression is weaker"
measure    = "change"
source     = "assumed"
why        = "w"
relative_to = "largest"
above      = -0.9
prediction = true
"""
NOWHERE = """
[[targets]]
phenomenon = "far away"
measure    = "change"
source     = "assumed"
why        = "w"
below      = 0.0
at         = { interval = ["70 ms", "80 ms"] }
"""


@pytest.fixture
def add(tiny_text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Add a tiny protocol to the user's library, which is the only one with protocols."""
    root = tmp_path / "library"
    (root / "protocols").mkdir(parents=True)
    monkeypatch.setenv("NEUROSPINE_LIBRARY", str(root))

    def own_files(folder: str) -> dict[str, Path]:
        return {n: p for n, p in list_files(folder).items() if p.is_relative_to(root)}

    monkeypatch.setattr(library_scores, "list_files", own_files)

    def made(name: str, text: str, top: str = "") -> Path:
        path = root / "protocols" / f"{name}.toml"
        head = tiny_text.replace('name         = "tiny"', f'name = "{name}"\n{top}')
        path.write_text(head + text)
        return path

    return made


def files(folder: str) -> list[str]:
    return sorted(path.name for path in Path(folder).iterdir())


def test_validate_runs_all_that_have_targets_and_leaves_what_run_leaves(
    command: Command, add: Any
) -> None:
    add("first", MET + MISS + PREDICTION)
    add("second", MET)
    add("slow", MET, "long = true")
    add("without", "")
    done = command("validate", "--quick", "-o", "scores", "--backend", "numpy", "--seed", "3")
    assert done.status == 0, done.err
    assert files("scores") == ["first.csv", "first.h5", "first.png", "scorecard.csv",
                               "second.csv", "second.h5", "second.png"]  # fmt: skip
    assert done.err.splitlines() == ["1 of 2, first", "2 of 2, second"]

    assert (
        command("run", "first", "-o", "first.h5", "--backend", "numpy", "--seed", "3").status == 0
    )
    for suffix in ("csv", "png"):
        assert Path(f"first.{suffix}").read_bytes() == Path(f"scores/first.{suffix}").read_bytes()
    ours, theirs = (Trajectory.from_hdf5(f) for f in ("scores/first.h5", "first.h5"))
    assert ours.spines["pair"].equals(theirs.spines["pair"])
    pd.testing.assert_frame_equal(ours.measures["change"], theirs.measures["change"])

    table = pd.read_csv("scores/scorecard.csv")
    assert list(table["protocol"]) == ["first"] * 3 + ["second"]
    single = pd.concat([pd.read_csv(f"scores/{n}.csv") for n in ("first", "second")])
    pd.testing.assert_frame_equal(table.drop(columns="protocol"), single.reset_index(drop=True))

    lines = [" ".join(line.split()) for line in done.out.splitlines()]
    for words in ("first", "growth without spikes [sic]", "calibrated 0 0 1 1",
                  "predicted 2 0 0 2", "prediction 1 0 0 1", "all but predictions 2 0 1 3",
                  "left out, as they take long: slow"):  # fmt: skip
        assert any(words in line for line in lines), words
    (line,) = [line for line in lines if line.startswith("interval -10 ms to 0 ms")][:1]
    assert line.endswith("< 0 met predicted assumed")
    (fit,) = [line for line in lines if line.startswith("triplet, set visual_all_to_all_minimal")]
    assert "a3_plus" in fit
    assert fit.endswith("first, second")


def test_the_table_says_all_in_a_narrow_terminal(
    command: Command, add: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    add("first", MISS)
    monkeypatch.setenv("COLUMNS", "80")
    out = command("validate", "first", "--backend", "numpy").out
    table = out[: out.index("Fitted values")]
    assert max(map(len, out.splitlines())) <= 80
    for words in ("[sic]", "(sjostrom2001,", "calibrated)", "miss", "> 9"):
        assert f" {words} " in table, words
    assert files("validation") == ["first.csv", "first.h5", "first.png", "scorecard.csv"]


def test_an_error_does_not_keep_others_from_being_run(command: Command, add: Any) -> None:
    add("broken", "[[targets]]\nphenomenom = 1\n")
    add("elsewhere", NOWHERE)
    add("last", MISS)
    done = command("validate", "-o", "scores", "--backend", "numpy")
    assert done.status == 1
    assert done.err.splitlines()[:2] == ["1 of 2, elsewhere", "2 of 2, last"]
    assert "error in broken: " in done.err
    assert "unknown key 'phenomenom'" in done.err
    assert "error in elsewhere: target 'far away'" in done.err
    assert list(pd.read_csv("scores/scorecard.csv")["protocol"]) == ["last"]
    assert [line.split() for line in done.out.splitlines() if "error" in line] == [
        ["broken", "error"], ["elsewhere", "error"],
    ]  # fmt: skip


def test_a_fault_of_the_program_is_told_with_its_place(
    add: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    add("first", MET)

    def fault(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("all of a sudden")

    monkeypatch.setattr(library_scores, "simulate", fault)
    found = validate(backend="numpy")
    assert found.scores.empty
    assert found.errors["first"].startswith("Traceback")
    assert found.errors["first"].endswith("ZeroDivisionError: all of a sudden")


def test_nothing_is_run_where_a_file_is_in_the_way(command: Command, add: Any) -> None:
    add("first", MET)
    add("second", MET)
    Path("scores").mkdir()
    for name in ("second.png", "scorecard.csv", "second.h5.part"):
        path = Path("scores") / name
        path.mkdir() if name.endswith("part") else path.write_text("mine")
        done = command("validate", "-o", "scores", "--backend", "numpy")
        assert (done.status, done.out) == (2, "")
        assert name in done.err
        assert "--force" in done.err
        assert files("scores") == [name]
        path.rmdir() if name.endswith("part") else path.unlink()
    Path("scores/scorecard.csv").write_text("mine")
    done = command("validate", "second", "-o", "scores", "--backend", "numpy", "--force")
    assert done.status == 0
    assert list(pd.read_csv("scores/scorecard.csv")["protocol"]) == ["second"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("firts",), "Did you mean 'first'?"),
        (("without",), "has no [[targets]]"),
        (("slow", "--quick"), "nothing to run: slow"),
        (("scorecard",), "the scorecard of all"),
        (("first", "./first.toml"), "first.h5: would be written by"),
        (("first", "-o", "nowhere/scores"), "there is no folder nowhere"),
        (("first", "-o", "first.toml"), "is a file"),
        (("first", "--backend", "nump"), "Did you mean 'numpy'?"),
    ],
)
def test_what_cannot_be_run_is_said_before(
    command: Command, add: Any, words: tuple[str, ...], message: str
) -> None:
    Path("first.toml").write_text(add("first", MET).read_text())
    add("without", "")
    add("slow", MET, "long = true")
    add("scorecard", MET)
    done = command("validate", *words)
    assert (done.status, done.out) == (2, "")
    assert message in " ".join(done.err.split())
    assert not Path("validation").exists()


def test_an_interrupt_keeps_what_was_done(
    command: Command, add: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from neurospine import validation_output

    add("first", MET)
    add("second", MET)

    @contextmanager
    def watch(number: int, total: int, protocol: Any) -> Iterator[None]:
        if number == 2:
            raise KeyboardInterrupt
        yield

    monkeypatch.setattr(validation_output, "watch", watch)
    done = command("validate", "-o", "scores", "--backend", "numpy")
    assert done.status == 130
    assert "interrupted" in done.err
    assert "depression" in done.out
    assert files("scores") == ["first.csv", "first.h5", "first.png", "scorecard.csv"]
    assert list(pd.read_csv("scores/scorecard.csv")["protocol"]) == ["first"]


def test_in_python_nothing_is_written_without_a_folder(command: Command, add: Any) -> None:
    add("first", MET + MISS)
    found = validate("first", backend="numpy")
    assert list(found.scores["verdict"]) == ["met", "miss"]
    assert set(found.fitted["protocol"]) == {"first"}
    assert "sjostrom2001" in found.fitted["to"].iloc[0]
    assert list(Path().iterdir()) == []
    with pytest.raises(NeurospineError, match="no protocol named"):
        validate(["firts"], backend="numpy")


def test_fitted_values_are_those_of_sets_in_use_and_those_that_say_so() -> None:
    model = load_model("independent_pairs", spine="triplet_stdp")
    (fit,) = [f for f in fits_of(model.with_set("hippocampal_nearest_full")) if f.chosen]
    assert (fit.part, fit.chosen) == ("triplet", "hippocampal_nearest_full")
    assert fit.to.startswith("wang2005 (by pfister2006")
    assert "tau_x" in fit.values
    cell = load_model("ca1_pyramidal_cell")
    assert {f.part for f in fits_of(cell)} == {"ca1_pyramidal"}
    pair = load_model("independent_pairs", spine="pair_stdp")
    fitted = fits_of(pair.with_parameters(a_plus=0.5, a_minus=0.5, tau_plus="1 s"))
    assert [f for f in fitted if {"a_plus", "tau_plus"} & set(f.values)] == []
