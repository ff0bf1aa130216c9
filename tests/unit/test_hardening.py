"""A short attack on all readers of files, and what once went wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from neurospine.description.evaluate import evaluate
from neurospine.description.library import find_file
from neurospine.errors import LibraryError, ModelError
from tools.hardening.all_targets import ALL
from tools.hardening.page import PAGE, page

ROOT = Path(__file__).parents[2]
#: Targets whose inputs take longer than the others'.
DEAR = ("model files", "protocols", "networks that learn", "results", "runs cut off", "segments")


def attack(names: list[str], inputs: int, folder: Path) -> None:
    """Attack readers in a process of its own, which ends with status 1 at any finding.

    What goes wrong is kept in the folder, not in the tree that is tested.
    """
    words = ["--inputs", f"{inputs}", "--jobs", "1", "--seed", "1", "--keep", f"{folder}"]
    command = [sys.executable, "-m", "tools.hardening.fuzz", *words, "--only", *names]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not list(folder.iterdir())


@pytest.mark.parametrize("inputs", [15, pytest.param(200, marks=pytest.mark.slow)])
def test_whatever_is_read_is_read_or_refused(inputs: int, tmp_path: Path) -> None:
    attack([target.name for target in ALL if target.name not in DEAR], inputs, tmp_path)


@pytest.mark.slow
def test_whatever_takes_longer_is_read_or_refused(tmp_path: Path) -> None:
    attack(list(DEAR), 20, tmp_path)


def test_the_page_is_made_of_the_results_that_are_there() -> None:
    assert PAGE.read_text() == page(), "run python -m tools.hardening.page"


@pytest.mark.parametrize("expression", ["1/0", "1//(x - x)", "x % 0", "abs(1, 2)"])
def test_an_expression_without_a_value_is_an_error_that_names_it(expression: str) -> None:
    with pytest.raises(ModelError, match="has no value"):
        evaluate(expression, {"x": 99.0})


def test_in_arrays_a_division_by_zero_is_none_of_these() -> None:
    with np.errstate(divide="ignore"):
        assert np.isinf(evaluate("1/x", {"x": np.zeros(2)})).all()


def test_a_name_that_no_file_can_have_is_no_file() -> None:
    with pytest.raises(LibraryError, match=r"no file xxx.*…") as caught:
        find_file("x" * 5000 + ".toml", "models")
    assert len(str(caught.value)) < 200
