"""What `show` and `list` print, also in a narrow terminal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from neurospine.description.stimuli import Uncaging
from neurospine.description.stimuli_in_words import in_words

Command = Callable[..., Any]
WIDE, NARROW = "200", "80"


def shown(command: Command, *words: str) -> str:
    done = command(*words)
    assert (done.status, done.err) == (0, "")
    return str(done.out)


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_show_tells_what_a_circuit_is_made_of(
    command: Command, monkeypatch: pytest.MonkeyPatch, width: str
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    text = shown(command, "show", "balanced_network")
    for words in ("Populations", "conductance_leaky", "glutamate", "Projections",
                  "excitatory -> inhibitory", "living_pair_stdp", "fixed_in_degree",
                  "g_inhibitory += weight*inhibitory_peak", "Drives",
                  "background_rate"):  # fmt: skip
        assert words in text, words
    cell = shown(command, "show", "ca1_spines")
    assert "nmda " in cell
    assert "nS" in cell


def test_targets_are_readable_in_a_narrow_terminal(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", NARROW)
    text = shown(command, "show", "nmda_plateau")
    lines = [line.strip() for line in text.splitlines()]
    for words in ("sixteen inputs on one branch add up to more than their sum",
                  "criterion: > 1.2 at arrangement clustered, inputs 16",
                  "criterion: 0.8 to 1.2 at arrangement distributed, inputs 16",
                  "why: summation between branches is linear",
                  "circuit branch_inputs"):  # fmt: skip
        assert words in lines, words
    assert "volley: a spike in each of 'inputs' cells of 'arrangement'" in text
    assert "peak_deflection" in text
    assert max(len(line) for line in text[text.index("Conditions") :].splitlines()) <= int(NARROW)
    data = shown(command, "show", "bac_firing")
    assert "criterion: data/reference/hay2011_bac.csv" in data
    assert "current: 'tuft' into cell.tuft" in data


def test_show_tells_where_spines_lie_and_which_are_stimulated(command: Command) -> None:
    text = shown(command, "show", "dendritic_line")
    assert "100 um of dendrite, at even distances" in text
    assert "100 um of dendrite, at 50.5 um" in text
    pulses = {"kind": "uncaging", "projection": "spines", "rate": "1 Hz", "count": 60}
    near = Uncaging(**pulses, number="together")
    assert in_words(near, {"together"}) == (
        "uncaging: 60 pulses at 1 Hz onto 'together' spines around the middle, from 0 s"
    )
    listed = Uncaging(**pulses, spines=(4, 5), start="1 s")
    assert in_words(listed) == "uncaging: 60 pulses at 1 Hz onto spines 4, 5, from 1 s"


def test_show_prints_what_a_mechanism_does(command: Command) -> None:
    text = shown(command, "show", "ampa")
    for heading in ("# equations", "# conductance", "(receives)", "tau_ampa"):
        assert heading in text
    assert "(on_spike)" in shown(command, "show", "integrate_and_fire")


def test_the_equations_of_a_cell_stand_by_compartment(command: Command) -> None:
    text = shown(command, "show", "two_compartment", "--equations")
    headings = [line[2:] for line in text.splitlines() if line.startswith("# ")]
    assert headings == [
        "between compartments", "in soma", "in dendrite", "it spikes when", "and then",
        "refractory", "in each step (crank_nicolson)",
    ]  # fmt: skip
    between, soma = (text.index(f"# {words}") for words in ("between", "in soma"))
    assert "\n\n# in soma" in text
    assert between < text.index("axial_dendrite = ") < soma < text.index("dv_soma/dt")
    assert "10 nS" in text[: text.index("# between")]


def test_list_takes_a_kind(command: Command) -> None:
    text = shown(command, "list", "mechanisms")
    assert "Models: mechanism" in text
    assert "nmda" in text
    assert "Protocols" not in text
    assert "nmda_plateau" in shown(command, "list", "protocol")
    done = command("list", "neuron_s")
    assert done.status == 2
    assert "Did you mean 'neurons'?" in done.err


def test_a_narrow_list_leaves_sources_out_and_stays_a_table(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", NARROW)
    text = shown(command, "list", "protocols")
    assert "what it does:" not in text
    assert "bi_poo1998" not in text
    assert max(map(len, text.splitlines())) <= int(NARROW)
    assert "parameter sets" not in shown(command, "list", "disorders")
    monkeypatch.setenv("COLUMNS", WIDE)
    assert "bi_poo1998" in shown(command, "list", "protocols")
    assert "ca1_published" in shown(command, "list", "neurons")
