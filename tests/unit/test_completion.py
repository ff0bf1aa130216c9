"""What a shell completes: names of the library, parameters and sets of the model that is meant."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from neurospine.commands import completion
from neurospine.description.library import list_files
from neurospine.description.parts import KINDS
from neurospine.listing_library import _WORDS
from neurospine.simulation.simulate import BACKENDS

Complete = Callable[[str], list[str]]

BARE = """
import sys
from neurospine.cli import main
try:
    main()
except SystemExit:
    print(sorted({"brian2", "numpy", "matplotlib", "pandas"} & {*sys.modules}))
"""


@pytest.fixture
def complete(command: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Complete:
    """Complete the last word of a command line, as bash asks for it."""

    def completed(line: str) -> list[str]:
        words = line.split(" ")
        monkeypatch.setenv("_NEUROSPINE_COMPLETE", "complete_bash")
        monkeypatch.setenv("COMP_WORDS", line)
        monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
        done = command()
        assert done.err == ""
        return [word for word in done.out.split("\n") if word]

    return completed


def test_commands_and_options_are_completed(complete: Complete) -> None:
    assert complete("neurospine che") == ["check"]
    assert complete("neurospine run --dis") == ["--disorder"]


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("neurospine run stdp_", ["stdp_window"]),
        ("neurospine sweep stdp_", ["stdp_window"]),
        ("neurospine validate stdp_", ["stdp_window"]),
        ("neurospine show layer5_pyramidal_c", ["layer5_pyramidal_cell"]),
        ("neurospine run stdp_window --disorder frag", ["fragile_x"]),
        ("neurospine run stdp_window --model independent_", ["independent_pairs"]),
        ("neurospine run stdp_window --spine pair_stdp_m", ["pair_stdp_multiplicative"]),
        ("neurospine run stdp_window --backend n", ["numpy"]),
        ("neurospine run stdp_window --form f", ["folded"]),
        ("neurospine learn dendritic_rules_d", ["dendritic_rules_digits"]),
        ("neurospine list neuro", ["neurons", "neuromodulators"]),
        ("neurospine new plas", ["plasticity"]),
        ("neurospine schema p", ["protocol"]),
        ("neurospine run nothing_of_the_kind", []),
    ],
)
def test_names_are_completed(complete: Complete, line: str, wanted: list[str]) -> None:
    assert complete(line) == wanted


def test_parameters_and_sets_are_those_of_the_model_that_is_meant(complete: Complete) -> None:
    assert complete("neurospine run stdp_window --set tau_") == ["tau_minus=", "tau_plus="]
    triplet = complete("neurospine run stdp_window --spine triplet_stdp --set tau_")
    assert {"tau_x=", "tau_y="} <= set(triplet)
    assert "bi_poo_nearest" in complete("neurospine run stdp_window --parameters ")
    assert "bi_poo_nearest" not in complete("neurospine run pairing_frequency --parameters ")
    assert complete("neurospine sweep stdp_window --over dis") == ["disorder="]


def test_parameters_of_files_of_ones_own_are_completed(complete: Complete) -> None:
    text = list_files("models")["pair"].read_text().replace("tau_plus", "tau_mine")
    Path("pair.toml").write_text(text)
    Path("mine.toml").write_text(
        'schema = 1\nkind = "spine"\nname = "mine"\nsummary = "s"\n'
        'use = ["./pair.toml", "head_volume", "volume_weight"]\n'
    )
    line = "neurospine run stdp_window --spine mine.toml --set tau_m"
    assert complete(line) == ["tau_mine=", "tau_minus="]


def test_files_that_cannot_be_read_complete_nothing(complete: Complete) -> None:
    Path("bad.toml").write_text("kind = ")
    assert complete("neurospine run bad.toml --set tau_") == []
    assert complete("neurospine run missing.toml --set tau_") == []


def test_all_parameters_of_a_model_are_found(complete: Complete) -> None:
    from neurospine import load_protocol

    for name in ("stdp_window", "layer5_pyramidal_properties", "network_balance"):
        found = {word[:-1] for word in complete(f"neurospine run {name} --set ")}
        model = load_protocol(name).default_model()
        parts = [part for part in model.parts if part in list_files("models")]
        wanted = {
            parameter
            for part in parts
            for parameter in tomllib.loads(list_files("models")[part].read_text()).get(
                "parameters", {}
            )
        }
        assert wanted <= found, name


def test_words_for_kinds_and_backends_are_those_there_are() -> None:
    assert {*completion.kinds("")} <= {*KINDS, *_WORDS}
    assert {_WORDS.get(word, word) for word in completion.kinds("")} >= {*KINDS, "protocol"}
    assert set(completion.BACKENDS) == set(BACKENDS)


def test_completion_needs_no_large_package(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", BARE], cwd=tmp_path, text=True, capture_output=True, check=True,
        env={**os.environ, "_NEUROSPINE_COMPLETE": "complete_zsh",
             "_TYPER_COMPLETE_ARGS": "neurospine run stdp_window --set tau_p"},
    )  # fmt: skip
    assert "tau_plus=" in done.stdout
    assert "Decay of the presynaptic trace (16.5 ms)" in done.stdout
    assert done.stdout.endswith("[]\n")
