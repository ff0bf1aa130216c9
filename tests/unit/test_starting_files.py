"""Starting files: every template passes `check`, one runs, and nothing is written over."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from neurospine.description.parts import KINDS
from neurospine.errors import LibraryError
from neurospine.starting_files import kinds, starting_text

Command = Callable[..., Any]


def test_there_is_a_template_for_every_kind_of_model_and_for_protocols() -> None:
    assert set(kinds()) == {*KINDS, "protocol"}


def test_every_template_passes_check(command: Command) -> None:
    for kind in kinds():
        assert command("new", kind, f"my_{kind}").status == 0
    files = sorted(path.name for path in Path().glob("*.toml"))
    done = command("check", *files)
    assert (done.status, done.err) == (0, "")
    assert re.findall(r"^(\S+): ok", done.out, re.MULTILINE) == files


@pytest.mark.parametrize("kind", kinds())
def test_templates_explain_themselves_and_keep_their_numbers_assumed(kind: str) -> None:
    text = starting_text(kind, "mine")
    assert "NAME.toml" not in text
    assert '"NAME"' not in text
    table = tomllib.loads(text)
    assert (table["name"], table["kind"]) == ("mine", kind)
    sources = {entry["source"] for entry in table.get("parameters", {}).values()}
    assert sources <= {"assumed", "numerical"}
    assert text.startswith("# ")
    assert "docs/files.md" in text
    assert all(len(line) <= 100 for line in text.splitlines() if line.startswith("#"))
    # Keys at the top and tables have a comment beside them or above.
    commented = re.findall(r"^\s*[\w.]+\s*=.*#|^#", text, re.MULTILINE)
    assert len(commented) >= 5


def test_the_new_protocol_runs(command: Command) -> None:
    assert command("new", "protocol", "mine").out.startswith("mine.toml: 'neurospine check mine")
    done = command("run", "mine.toml", "--backend", "numpy")
    assert done.status == 0
    assert "1 met, 0 near, 0 miss of 1" in done.out
    assert {path.name for path in Path().iterdir()} == {
        "mine.toml", "mine.h5", "mine.png", "mine.csv",
    }  # fmt: skip


def test_nothing_is_written_over_unless_asked_to(command: Command) -> None:
    Path("mine.toml").write_text("mine")
    done = command("new", "neuron", "mine")
    assert done.status == 2
    assert "mine.toml: exists already" in done.err
    assert "--force" in done.err
    assert Path("mine.toml").read_text() == "mine"
    assert command("new", "neuron", "mine", "--force").status == 0
    assert 'kind    = "neuron"' in Path("mine.toml").read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("neurn", "mine"), "no kind of file 'neurn'. Did you mean 'neuron'?"),
        (("neuron", "my-neuron.toml"), "Did you mean 'my_neuron'?"),
        (("neuron", "../mine"), "is no name"),
        (("neuron", ""), "is no name"),
        (("neuron", "mine", "-o", "nowhere"), "there is no folder nowhere"),
    ],
)
def test_what_is_wrong_is_said(command: Command, words: tuple[str, ...], said: str) -> None:
    done = command("new", *words)
    assert done.status == 2
    assert said in done.err
    assert list(Path().rglob("*")) == []


def test_the_word_model_means_a_circuit() -> None:
    assert starting_text("model", "mine") == starting_text("circuit", "mine")
    with pytest.raises(LibraryError, match="no kind"):
        starting_text("models", "mine")


def test_schemas_are_written_where_editors_look_and_new_files_name_them(command: Command) -> None:
    done = command("schema", "--write", ".")
    assert done.status == 0
    rules = tomllib.loads(Path(".taplo.toml").read_text())["rule"]
    assert all(Path(rule["schema"]["path"]).is_file() for rule in rules)
    Path("deep").mkdir()
    command("new", "protocol", "mine")
    command("new", "disorder", "mine", "-o", "deep")
    for path, schema in (("mine.toml", "protocol"), ("deep/mine.toml", "model")):
        first = Path(path).read_text().splitlines()[0]
        assert first.startswith("#:schema ")
        named = Path(path).parent / first.removeprefix("#:schema ")
        assert named.resolve() == Path(f"neurospine-schemas/{schema}.json").resolve()
    again = command("schema", "--write", ".")
    assert (again.status, "exists already" in again.err) == (2, True)
    assert command("schema", "--write", ".", "--force").status == 0


def test_a_schema_is_printed_as_it_is(command: Command, shipped: Path) -> None:
    printed = command("schema", "protocol").out
    assert printed == (Path(shipped) / "neurospine/schemas/protocol.json").read_text()
    assert command("schema").status == 2
    assert "Did you mean 'protocol'?" in command("schema", "protocl").err


@pytest.mark.parametrize("kind", kinds())
def test_comments_stay_in_line_whatever_the_name(kind: str) -> None:
    for name in ("a", "my_pairing", "frequency_and_timing_of_pairs_in_cortex"):
        line = next(li for li in starting_text(kind, name).splitlines() if li.startswith("name "))
        before = line.index("#")
        assert before == max(35, len(f'name    = "{name}"') + 2)
