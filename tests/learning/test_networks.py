"""Files of networks: what they build on, what can be changed, and what is said of mistakes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from neurospine.description.library import shipped_folder
from neurospine.errors import LearningError, NeurospineError
from neurospine.learning.dendritic.network import load_network, parse_network

TEXT = (shipped_folder() / "networks" / "dendritic_targets.toml").read_text()


def test_a_file_holds_what_differs_from_its_base() -> None:
    base, variant = load_network("dendritic_targets"), load_network("fixed_top_down")
    assert list(variant.layers) == list(base.layers)
    assert variant.layers["H1"].E == base.layers["H1"].E
    before, after = (n.layers["H1"].projections["below_to_E"] for n in (base, variant))
    assert (after.rule, after.rate) == (before.rule, 0.017108107)


@pytest.mark.parametrize("path", ["H1.below_to_E.rate", "layers.H1.projections.below_to_E.rate"])
def test_any_number_can_be_changed(path: str) -> None:
    changed = load_network("dendritic_targets", {path: 0.5, "H1.E": 20, "steps": 3})
    assert changed.layers["H1"].projections["below_to_E"].rate == 0.5
    assert (changed.layers["H1"].E, changed.steps) == (20, 3)
    assert changed.layers["H2"] == load_network("dendritic_targets").layers["H2"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"H1.below_to_E.rat": 1.0},
            r"\[layers.H1.projections.below_to_E\]: .*Did you mean 'rate'",
        ),
        ({"H3.below_to_E.rate": 1.0}, "nothing called 'H3.below_to_E.rate'. Did you mean 'H"),
        ({"H1.E": 2.5}, r"\[layers.H1\]: E: .*found 2.5"),
        ({"steps": 0}, "steps: .*greater than 0"),
        ({"backward_steps": 16}, "backward_steps: more than the 15 steps"),
        ({"H1.DendI": 0}, "DendI_to_E: the layer has no cells DendI"),
        ({"H1.below_to_E.rule": "hebb"}, "below_to_E: rule: 'hebb' is not for it"),
        ({"H1.below_to_E.rule": "btsp"}, "the rule 'btsp' needs the key 'largest'"),
        ({"H1.above_to_E.rule": "fixed"}, "above_to_E: 'spread' or 'total' must say"),
        ({"Output.below_to_E.rule": "backprop"}, "backprop and dendritic_target cannot both"),
        ({"falling": ["below_to_F"]}, "falling: no projection 'below_to_F' with a rate. Did you"),
        ({"Output.adaptation": 0.5}, r"\[layers.Output\]: adaptation is of dendrites"),
        ({"H1.silent_learn": True}, r"\[layers.H1\]: silent_learn is for the output only"),
        ({"H1.balance": 0.5}, r"\[layers.H1\]: balance is for the output only"),
        ({"silenced_in_test": ["Soma"]}, "silenced_in_test"),
        ({"source": "nobody1900"}, "source: source 'nobody1900' is not in data/references.toml"),
    ],
)
def test_mistakes_are_named(change: dict[str, object], message: str) -> None:
    with pytest.raises(LearningError, match=message):
        load_network("dendritic_targets", change)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("E_to_DendI ", "E_to_Dend ", "'E_to_Dend'. Did you mean 'E_to_DendI'"),
        ("above_to_E ", "#", "DendI inhibits what above_to_E excites"),
        ("[layers.Output.projections]", "[layers.Output.projections]\nabove_to_E = {spread = 1.0}",
         "the output has no dendrites"),
        ("data ", "dat ", "unknown key 'dat'"),
        ("[layers.H1]", 'base = "dendritic_targets"\n[layers.H1]', ""),
        ("steps ", "base = 3\nsteps ", "base: a name is wanted"),
    ],
)  # fmt: skip
def test_mistakes_in_files_are_named(old: str, new: str, message: str) -> None:
    assert old in TEXT
    text = TEXT.replace(old, new, 1)
    if message:
        with pytest.raises(LearningError, match=f"my.toml: .*{re.escape(message)}"):
            parse_network(text, "my.toml")
    else:
        parse_network(text, "my.toml")


def test_an_unknown_name_or_base_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(
        NeurospineError, match=r"no network named 'dendritic_target'\. Did you mean"
    ):
        load_network("dendritic_target")
    circle = tmp_path / "circle.toml"
    circle.write_text(f'base = "{circle}"\n')
    with pytest.raises(LearningError, match="base: a name is wanted, of a file with fewer bases"):
        load_network(circle)
